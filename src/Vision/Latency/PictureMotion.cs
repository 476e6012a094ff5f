namespace RobotWorldModel.Vision.Latency;

/// <summary>How much a picture differs from the one before it.</summary>
/// <param name="FromNs">When the one before was taken, and when this one.</param>
/// <param name="Energy">Variance of the difference between the two in grey levels: none of the light's going up and down as a whole.
/// </param>
public readonly record struct MotionSample(long FromNs, long ToNs, double Energy);

/// <summary>How much moves in a camera's pictures, one after the other. Small pictures do: noise averages out in them.</summary>
public sealed class PictureMotion
{
    private const int SmallWidth = 160;
    private float[]? _last, _now;
    private long _lastNs;

    public List<MotionSample> Samples { get; } = [];

    /// <param name="originatingNs">When it was taken, as far as is known; later than the last one's.</param>
    /// <param name="rgb">Rows from the top, three bytes a pixel.</param>
    /// <exception cref="ArgumentException">It has another size than the last one.</exception>
    public void Add(long originatingNs, ReadOnlySpan<byte> rgb, int width, int height)
    {
        int step = Math.Max(1, width / SmallWidth), w = width / step, h = height / step;
        _now ??= new float[w * h];
        if (_now.Length != w * h)
            throw new ArgumentException($"a picture of {width} x {height} pixels after others of another size");
        Shrink(rgb, width, step, w, h, _now);
        if (_last is null)
            _last = new float[w * h];
        else
            Samples.Add(new(_lastNs, originatingNs, Variance(_last, _now)));
        (_last, _now, _lastNs) = (_now, _last, originatingNs);
    }

    private static void Shrink(ReadOnlySpan<byte> rgb, int width, int step, int w, int h, float[] into)
    {
        for (int y = 0; y < h; y++)
            for (int x = 0; x < w; x++)
            {
                int sum = 0;
                for (int j = 0; j < step; j++)
                {
                    int at = ((y * step + j) * width + x * step) * 3;
                    for (int i = 0; i < step; i++, at += 3)
                        sum += rgb[at] + 2 * rgb[at + 1] + rgb[at + 2];
                }
                into[y * w + x] = sum / (4f * step * step);
            }
    }

    private static double Variance(float[] a, float[] b)
    {
        double sum = 0, squares = 0;
        for (int i = 0; i < a.Length; i++)
        {
            double d = b[i] - a[i];
            sum += d;
            squares += d * d;
        }
        double mean = sum / a.Length;
        return squares / a.Length - mean * mean;
    }
}
