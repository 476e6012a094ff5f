namespace RobotWorldModel.Vision.Detection;

/// <summary>A picture in shades of grey: a byte a pixel, rows from the top.</summary>
public sealed class GrayImage(int width, int height, byte[] pixels)
{
    public int Width { get; } = width;

    public int Height { get; } = height;

    public byte[] Pixels { get; } = pixels;

    /// <summary>Red, green and blue weighed as the eye does (BT.601).</summary>
    public static GrayImage FromRgb(ReadOnlySpan<byte> rgb, int width, int height)
    {
        byte[] pixels = new byte[width * height];
        for (int i = 0; i < pixels.Length; i++)
            pixels[i] = (byte)((77 * rgb[3 * i] + 150 * rgb[3 * i + 1] + 29 * rgb[3 * i + 2] + 128) >> 8);
        return new(width, height, pixels);
    }

    /// <summary>Between the pixels in a straight line; (0, 0) is the first pixel's centre, and outside the edge goes on.</summary>
    public double At(double x, double y)
    {
        x = Math.Clamp(x, 0, Width - 1);
        y = Math.Clamp(y, 0, Height - 1);
        int x0 = Math.Min((int)x, Width - 2), y0 = Math.Min((int)y, Height - 2), i = y0 * Width + x0;
        double fx = x - x0, fy = y - y0;
        return (1 - fy) * ((1 - fx) * Pixels[i] + fx * Pixels[i + 1])
            + fy * ((1 - fx) * Pixels[i + Width] + fx * Pixels[i + Width + 1]);
    }
}
