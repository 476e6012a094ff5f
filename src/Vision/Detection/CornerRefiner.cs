namespace RobotWorldModel.Vision.Detection;

/// <summary>
/// The corner near a place to a fraction of a pixel: where every edge around it points to, in least squares (Förstner and Gülch, 1987;
/// OpenCV's cornerSubPix). For corners of squares that meet, and for corners of one square.
/// </summary>
internal static class CornerRefiner
{
    private const int MostSteps = 40;
    private const double Enough = 0.002, LeastContrast = 10;

    /// <param name="half">The window reaches so many pixels to every side; nothing else may lie in it.</param>
    /// <returns>Null where there is no such corner, or it lies outside of the picture.</returns>
    public static (double X, double Y)? Refine(GrayImage image, double x, double y, int half)
    {
        int side = 2 * half + 3;
        Span<double> window = stackalloc double[side * side];
        double startX = x, startY = y;
        for (int step = 0; step < MostSteps; step++)
        {
            if (x < half + 1 || y < half + 1 || x > image.Width - half - 2 || y > image.Height - half - 2)
                return null;
            Sample(image, x, y, window, side);
            if (Step(window, side, half) is not var (dx, dy))
                return null;
            x += dx;
            y += dy;
            if (Math.Max(Math.Abs(x - startX), Math.Abs(y - startY)) > half)
                return null;
            if (dx * dx + dy * dy < Enough * Enough)
                return (x, y);
        }
        return null;
    }

    private static void Sample(GrayImage image, double x, double y, Span<double> window, int side)
    {
        for (int j = 0; j < side; j++)
            for (int i = 0; i < side; i++)
                window[j * side + i] = image.At(x + i - side / 2, y + j - side / 2);
    }

    private static (double, double)? Step(ReadOnlySpan<double> window, int side, int half)
    {
        double xx = 0, xy = 0, yy = 0, bx = 0, by = 0, weights = 0;
        for (int j = -half; j <= half; j++)
            for (int i = -half; i <= half; i++)
            {
                int at = (j + half + 1) * side + i + half + 1;
                double gx = (window[at + 1] - window[at - 1]) / 2, gy = (window[at + side] - window[at - side]) / 2;
                double weight = Math.Exp(-2.0 * (i * i + j * j) / (half * half + 1e-9));
                weights += weight;
                (xx, xy, yy) = (xx + weight * gx * gx, xy + weight * gx * gy, yy + weight * gy * gy);
                (bx, by) = (bx + weight * (gx * gx * i + gx * gy * j), by + weight * (gx * gy * i + gy * gy * j));
            }
        double determinant = xx * yy - xy * xy, trace = xx + yy;
        // Edges of two directions, and of more contrast than noise has.
        if (trace < LeastContrast * weights || determinant < 0.002 * trace * trace)
            return null;
        return ((yy * bx - xy * by) / determinant, (xx * by - xy * bx) / determinant);
    }
}
