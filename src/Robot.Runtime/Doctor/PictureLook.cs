namespace RobotWorldModel.Runtime.Doctor;

/// <summary>What a colour picture looks like, in numbers.</summary>
/// <param name="Mean">Brightness, 0 black to 255 white.</param>
/// <param name="Spread">Standard deviation of the brightness.</param>
/// <param name="Saturated">Share of pixels with a channel at its end.</param>
/// <param name="Sharpness">Standard deviation of the Laplacian of the brightness: little where nothing has an edge.</param>
internal sealed record PictureLook(int Width, int Height, double Mean, double Spread, double Saturated, double Sharpness)
{
    /// <param name="rgb">Rows from the top, three bytes a pixel.</param>
    public static PictureLook Of(ReadOnlySpan<byte> rgb, int width, int height)
    {
        int pixels = width * height;
        byte[] gray = new byte[pixels];
        double sum = 0, squares = 0;
        int saturated = 0;
        for (int i = 0; i < pixels; i++)
        {
            int r = rgb[3 * i], g = rgb[3 * i + 1], b = rgb[3 * i + 2];
            int y = (299 * r + 587 * g + 114 * b) / 1000;
            gray[i] = (byte)y;
            sum += y;
            squares += (double)y * y;
            if (Math.Max(r, Math.Max(g, b)) == 255)
                saturated++;
        }
        double mean = sum / pixels;
        return new(width, height, mean, Math.Sqrt(Math.Max(0, squares / pixels - mean * mean)), (double)saturated / pixels,
            Laplacian(gray, width, height));
    }

    private static double Laplacian(byte[] gray, int width, int height)
    {
        double sum = 0, squares = 0;
        for (int y = 1; y < height - 1; y++)
            for (int x = 1; x < width - 1; x++)
            {
                int at = y * width + x;
                int edge = gray[at - 1] + gray[at + 1] + gray[at - width] + gray[at + width] - 4 * gray[at];
                sum += edge;
                squares += (double)edge * edge;
            }
        int count = Math.Max(1, (width - 2) * (height - 2));
        return Math.Sqrt(Math.Max(0, squares / count - sum / count * (sum / count)));
    }
}
