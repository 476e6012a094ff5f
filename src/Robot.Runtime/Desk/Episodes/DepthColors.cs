using RobotWorldModel.Collector.Codecs;

namespace RobotWorldModel.Runtime.Desk.Episodes;

/// <summary>m; nearer and farther take the colours at the ends.</summary>
internal sealed record DepthRange(double NearM, double FarM);

/// <summary>How depth looks in colours: near is red, far is blue, no return is dark grey.</summary>
internal static class DepthColors
{
    private static readonly uint[] s_turbo = TurboTable();

    /// <summary>The range that nearly all of the picture lies in, a tenth wider.</summary>
    /// <param name="scale">Metres per unit.</param>
    public static DepthRange Range(in DepthPicture picture, double scale)
    {
        ushort[] seen = [.. picture.Values.Span];
        Array.Sort(seen);
        seen = seen[(Array.LastIndexOf(seen, (ushort)0) + 1)..];
        if (seen.Length == 0)
            return new DepthRange(0, 1);
        (double near, double far) = (seen[seen.Length / 100] * scale, seen[(int)(seen.Length * 0.99)] * scale);
        double margin = Math.Max(0.01, (far - near) / 10);
        return new DepthRange(Math.Round(Math.Max(0, near - margin), 3), Math.Round(far + margin, 3));
    }

    /// <returns>A PNG.</returns>
    public static byte[] Paint(in DepthPicture picture, double scale, DepthRange range)
    {
        ReadOnlySpan<ushort> units = picture.Values.Span;
        byte[] rgb = new byte[units.Length * 3];
        double perUnit = scale * 255 / (range.FarM - range.NearM), atNear = range.NearM * 255 / (range.FarM - range.NearM);
        for (int i = 0, at = 0; i < units.Length; i++, at += 3)
        {
            uint color = units[i] == 0 ? 0x202020 : s_turbo[255 - (int)Math.Clamp(units[i] * perUnit - atNear, 0, 255)];
            (rgb[at], rgb[at + 1], rgb[at + 2]) = ((byte)(color >> 16), (byte)(color >> 8), (byte)color);
        }
        return new PngEncoder().Encode(rgb, picture.Width, picture.Height).ToArray();
    }

    /// <summary>Turbo by its authors' polynomial fit (A. Mikhailov, Google, 2019, Apache-2.0).</summary>
    private static uint[] TurboTable()
    {
        uint[] table = new uint[256];
        for (int i = 0; i < 256; i++)
        {
            double x = i / 255.0;
            table[i] = (Channel(x, 0.13572138, 4.61539260, -42.66032258, 132.13108234, -152.94239396, 59.28637943) << 16)
                | (Channel(x, 0.09140261, 2.19418839, 4.84296658, -14.18503333, 4.27729857, 2.82956604) << 8)
                | Channel(x, 0.10667330, 12.64194608, -60.58204836, 110.36276771, -89.90310912, 27.34824973);
        }
        return table;

        static uint Channel(double x, double a, double b, double c, double d, double e, double f) =>
            (uint)Math.Round(255 * Math.Clamp(a + x * (b + x * (c + x * (d + x * (e + x * f)))), 0, 1));
    }
}
