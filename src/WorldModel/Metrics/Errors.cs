namespace RobotWorldModel.WorldModel.Metrics;

/// <summary>Errors between what was predicted and what was observed, all sums in double precision.</summary>
public static class Errors
{
    /// <summary>PSNR of pictures that are equal, dB: the true one is infinite, which no mean survives.</summary>
    public const double HighestPsnr = 100;

    /// <summary>Mean of |a − b|.</summary>
    /// <exception cref="ArgumentException">Nothing was given, or lengths differ; so all of these.</exception>
    public static double MeanAbsolute(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        Check(a, b);
        double sum = 0;
        for (int i = 0; i < a.Length; i++)
            sum += Math.Abs((double)a[i] - b[i]);
        return sum / a.Length;
    }

    /// <summary>Mean of (a − b)².</summary>
    public static double MeanSquare(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        Check(a, b);
        double sum = 0;
        for (int i = 0; i < a.Length; i++)
        {
            double gap = (double)a[i] - b[i];
            sum += gap * gap;
        }
        return sum / a.Length;
    }

    public static double RootMeanSquare(ReadOnlySpan<float> a, ReadOnlySpan<float> b) => Math.Sqrt(MeanSquare(a, b));

    /// <summary>10·log10(MAX² / MSE) of one picture, dB, at most <see cref="HighestPsnr"/>.</summary>
    /// <param name="max">MAX, the range of a pixel's values: 1 for [0, 1], 2 for [-1, 1], 255 for bytes.</param>
    public static double Psnr(ReadOnlySpan<float> a, ReadOnlySpan<float> b, double max)
    {
        double square = MeanSquare(a, b);
        return Math.Min(HighestPsnr, 10 * Math.Log10(max * max / square));
    }

    /// <summary>Mean over pictures of each one's PSNR, which is not the PSNR of their mean error.</summary>
    /// <param name="a">Pictures one after another.</param>
    /// <param name="pixels">Values of one picture, all its channels.</param>
    public static double MeanPsnr(ReadOnlySpan<float> a, ReadOnlySpan<float> b, int pixels, double max)
    {
        Check(a, b);
        if (pixels < 1 || a.Length % pixels != 0)
            throw new ArgumentException($"{a.Length} values are no whole number of pictures of {pixels}", nameof(pixels));
        double sum = 0;
        for (int at = 0; at < a.Length; at += pixels)
            sum += Psnr(a.Slice(at, pixels), b.Slice(at, pixels), max);
        return sum / (a.Length / pixels);
    }

    /// <summary>
    /// Temporal consistency: mean over t of ‖(x̂[t+1] − x̂[t]) − (x[t+1] − x[t])‖, how far steps from frame to frame are
    /// off, whatever constant error the frames have.
    /// </summary>
    /// <param name="predicted">x̂ [T, D], T at least 2.</param>
    /// <param name="observed">x [T, D].</param>
    /// <param name="size">D.</param>
    public static double TemporalConsistency(ReadOnlySpan<float> predicted, ReadOnlySpan<float> observed, int size)
    {
        Check(predicted, observed);
        if (size < 1 || predicted.Length % size != 0 || predicted.Length < 2 * size)
            throw new ArgumentException($"{predicted.Length} values are not two or more frames of {size}", nameof(size));
        double total = 0;
        for (int at = size; at < predicted.Length; at += size)
        {
            double sum = 0;
            for (int i = at; i < at + size; i++)
            {
                double gap = ((double)predicted[i] - predicted[i - size]) - ((double)observed[i] - observed[i - size]);
                sum += gap * gap;
            }
            total += Math.Sqrt(sum);
        }
        return total / (predicted.Length / size - 1);
    }

    private static void Check(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        if (a.IsEmpty || a.Length != b.Length)
            throw new ArgumentException($"{a.Length} values were given to compare with {b.Length}");
    }
}
