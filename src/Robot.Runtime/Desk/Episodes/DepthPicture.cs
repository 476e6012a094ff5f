using System.Buffers.Binary;
using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace RobotWorldModel.Runtime.Desk.Episodes;

/// <summary>A depth picture of an episode: uint16 (H, W) out of an NPZ, and how it looks in colours.</summary>
internal sealed partial class DepthPicture
{
    private static readonly uint[] s_turbo = TurboTable();

    private DepthPicture(int width, int height, ushort[] units)
    {
        (Width, Height, Units) = (width, height, units);
    }

    public int Width { get; }

    public int Height { get; }

    /// <summary>Row by row; 0 is no return.</summary>
    public ushort[] Units { get; }

    /// <exception cref="InvalidDataException">It is not an NPZ with one uint16 array of two dimensions.</exception>
    public static DepthPicture Read(string path)
    {
        try
        {
            using ZipArchive zip = ZipFile.OpenRead(path);
            ZipArchiveEntry entry = zip.GetEntry("depth.npy") ?? throw new InvalidDataException("there is no array 'depth' in it");
            using Stream stream = entry.Open();
            Span<byte> start = stackalloc byte[10];
            stream.ReadExactly(start);
            if (start[0] != 0x93 || !start[1..6].SequenceEqual("NUMPY"u8) || start[6] != 1)
                throw new InvalidDataException("its array has no numpy header");
            byte[] header = new byte[BinaryPrimitives.ReadUInt16LittleEndian(start[8..])];
            stream.ReadExactly(header);
            Match match = Shape().Match(System.Text.Encoding.ASCII.GetString(header));
            if (!match.Success)
                throw new InvalidDataException("its array is not uint16 of (height, width)");
            (int height, int width) = (int.Parse(match.Groups[1].ValueSpan), int.Parse(match.Groups[2].ValueSpan));
            ushort[] units = new ushort[checked(width * height)];
            stream.ReadExactly(MemoryMarshal.AsBytes(units.AsSpan()));
            return new DepthPicture(width, height, units);
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException or OverflowException)
        {
            throw new InvalidDataException($"{Path.GetFileName(path)} is damaged: {e.Message}", e);
        }
    }

    /// <summary>The range that nearly all of the picture lies in, a tenth wider, m.</summary>
    public DepthRange Range(double scale)
    {
        ushort[] seen = [.. Units.Where(u => u != 0)];
        if (seen.Length == 0)
            return new DepthRange(0, 1);
        Array.Sort(seen);
        (double near, double far) = (seen[seen.Length / 100] * scale, seen[(int)(seen.Length * 0.99)] * scale);
        double margin = Math.Max(0.01, (far - near) / 10);
        return new DepthRange(Math.Round(Math.Max(0, near - margin), 3), Math.Round(far + margin, 3));
    }

    /// <summary>Near is red, far is blue, no return is dark grey.</summary>
    public byte[] ToPng(double scale, DepthRange range)
    {
        byte[] rgb = new byte[Width * Height * 3];
        double perUnit = scale * 255 / (range.FarM - range.NearM), atNear = range.NearM * 255 / (range.FarM - range.NearM);
        for (int i = 0, at = 0; i < Units.Length; i++, at += 3)
        {
            uint color = Units[i] == 0 ? 0x202020 : s_turbo[255 - (int)Math.Clamp(Units[i] * perUnit - atNear, 0, 255)];
            (rgb[at], rgb[at + 1], rgb[at + 2]) = ((byte)(color >> 16), (byte)(color >> 8), (byte)color);
        }
        return PngWriter.Rgb(rgb, Width, Height);
    }

    [GeneratedRegex(@"'descr': '<u2'.*'fortran_order': False.*'shape': \((\d{1,5}), (\d{1,5})\)")]
    private static partial Regex Shape();

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
