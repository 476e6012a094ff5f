namespace RobotWorldModel.WorldModel.Metrics;

/// <summary>
/// Structural similarity (Wang et al. 2004) with their Gaussian window of 11x11 and σ 1.5, C1 = (0.01 L)² and C2 = (0.03 L)². The mean
/// is over the pixels whose window lies inside the picture, then over channels. Population moments, as theirs. One instance serves one
/// thread and reuses its buffers.
/// </summary>
public sealed class Ssim
{
    public const int Window = 11;
    private const double Sigma = 1.5;
    private static readonly double[] s_weights = MakeWeights();
    private double[] _rows = [];

    /// <param name="a">Planes [C, H, W].</param>
    /// <param name="b">The same shape.</param>
    /// <param name="range">L, of a pixel's values: 1 for [0, 1], 255 for bytes.</param>
    /// <returns>-1 … 1; 1 for equal pictures.</returns>
    /// <exception cref="ArgumentException">A side below 11, or spans that do not have C · H · W values.</exception>
    public double Of(ReadOnlySpan<float> a, ReadOnlySpan<float> b, int channels, int height, int width, double range)
    {
        if (width < Window || height < Window || channels < 1)
            throw new ArgumentException($"SSIM needs pictures of at least {Window}x{Window}; this is {width}x{height} of {channels}");
        int plane = height * width;
        if (a.Length != channels * plane || b.Length != a.Length)
            throw new ArgumentException($"{channels}x{height}x{width} pixels were expected, {a.Length} and {b.Length} were given");
        double sum = 0;
        for (int c = 0; c < channels; c++)
            sum += OfPlane(a.Slice(c * plane, plane), b.Slice(c * plane, plane), height, width, range);
        return sum / channels;
    }

    private double OfPlane(ReadOnlySpan<float> a, ReadOnlySpan<float> b, int height, int width, double range)
    {
        double c1 = 0.01 * range * (0.01 * range), c2 = 0.03 * range * (0.03 * range);
        int across = width - Window + 1, down = height - Window + 1;
        Filter(a, b, height, width, across);
        double sum = 0;
        for (int y = 0; y < down; y++)
            for (int x = 0; x < across; x++)
            {
                double ma = 0, mb = 0, aa = 0, bb = 0, ab = 0;
                for (int k = 0; k < Window; k++)
                {
                    ReadOnlySpan<double> at = _rows.AsSpan(((y + k) * across + x) * 5, 5);
                    double w = s_weights[k];
                    ma += w * at[0];
                    mb += w * at[1];
                    aa += w * at[2];
                    bb += w * at[3];
                    ab += w * at[4];
                }
                double va = aa - ma * ma, vb = bb - mb * mb, cov = ab - ma * mb;
                sum += (2 * ma * mb + c1) * (2 * cov + c2) / ((ma * ma + mb * mb + c1) * (va + vb + c2));
            }
        return sum / (across * down);
    }

    /// <summary>Along each row: the weighted sums of a, b, a², b² and ab side by side [H, across, 5].</summary>
    private void Filter(ReadOnlySpan<float> a, ReadOnlySpan<float> b, int height, int width, int across)
    {
        if (_rows.Length < height * across * 5)
            _rows = new double[height * across * 5];
        for (int y = 0; y < height; y++)
            for (int x = 0; x < across; x++)
            {
                double ma = 0, mb = 0, aa = 0, bb = 0, ab = 0;
                for (int k = 0; k < Window; k++)
                {
                    double w = s_weights[k], p = a[y * width + x + k], q = b[y * width + x + k];
                    ma += w * p;
                    mb += w * q;
                    aa += w * p * p;
                    bb += w * q * q;
                    ab += w * p * q;
                }
                Span<double> to = _rows.AsSpan((y * across + x) * 5, 5);
                (to[0], to[1], to[2], to[3], to[4]) = (ma, mb, aa, bb, ab);
            }
    }

    private static double[] MakeWeights()
    {
        var weights = new double[Window];
        for (int i = 0; i < Window; i++)
            weights[i] = Math.Exp(-Math.Pow(i - Window / 2, 2) / (2 * Sigma * Sigma));
        double sum = weights.Sum();
        return [.. weights.Select(w => w / sum)];
    }
}
