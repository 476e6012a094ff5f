namespace RobotWorldModel.Vision.Latency;

/// <summary>How much a picture differs from the one before it.</summary>
/// <param name="FromNs">When the one before was taken, and when this one.</param>
/// <param name="Energy">Variance of the difference between the two in grey levels: none of the light's going up and down as a whole.
/// </param>
public readonly record struct MotionSample(long FromNs, long ToNs, double Energy);

/// <summary>
/// How much moves in a camera's pictures, one after the other, in pictures made small: noise averages out in them, and the difference
/// grows with the motion until that is as large as what is to be seen. Which size does best is the scene's, so that there are several.
/// </summary>
public sealed class PictureMotion
{
    private const int Sizes = 3, LargestWidth = 160;
    private readonly List<MotionSample>[] _samples = [.. Enumerable.Range(0, Sizes).Select(_ => new List<MotionSample>())];
    private float[][]? _last, _now;
    private long _lastNs;

    /// <summary>By the pictures' size, the largest first.</summary>
    public IReadOnlyList<IReadOnlyList<MotionSample>> Samples => _samples;

    /// <param name="originatingNs">When it was taken, as far as is known; later than the last one's.</param>
    /// <param name="rgb">Rows from the top, three bytes a pixel.</param>
    /// <exception cref="ArgumentException">It has another size than the last one.</exception>
    public void Add(long originatingNs, ReadOnlySpan<byte> rgb, int width, int height)
    {
        int step = Math.Max(1, width / LargestWidth), w = width / step, h = height / step;
        float[][] Make() => [.. Enumerable.Range(0, Sizes).Select(i => new float[(w >> i) * (h >> i)])];
        _now ??= Make();
        if (_now[0].Length != w * h)
            throw new ArgumentException($"a picture of {width} x {height} pixels after others of another size");
        Shrink(rgb, width, step, w, h, _now[0]);
        for (int i = 1; i < Sizes; i++)
            Halve(_now[i - 1], w >> (i - 1), _now[i], w >> i, h >> i);
        if (_last is null)
            _last = Make();
        else
            for (int i = 0; i < Sizes; i++)
                _samples[i].Add(new(_lastNs, originatingNs, Variance(_last[i], _now[i])));
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

    private static void Halve(float[] from, int fromWidth, float[] into, int w, int h)
    {
        for (int y = 0; y < h; y++)
            for (int x = 0; x < w; x++)
            {
                int at = 2 * y * fromWidth + 2 * x;
                into[y * w + x] = (from[at] + from[at + 1] + from[at + fromWidth] + from[at + fromWidth + 1]) / 4;
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
