namespace RobotWorldModel.WorldModel.Data;

/// <summary>
/// Brings pictures to the small square that a model sees, the same way in training and live. Each pixel becomes the mean of the area that
/// it covers. One instance serves one thread and reuses its buffers.
/// </summary>
/// <param name="side">Width and height of the result, px.</param>
public sealed class PictureScaler(int side, PictureFit fit)
{
    private (int Width, int Height) _size;
    private Axis _x = new([], []), _y = new([], []);
    private float[] _sums = [];

    /// <param name="rgb">Rows from the top, three bytes a pixel.</param>
    /// <param name="planes">Filled: [3, side, side], red, green, blue.</param>
    /// <exception cref="ArgumentException">Spans that are not of these sizes.</exception>
    public void Color(ReadOnlySpan<byte> rgb, int width, int height, Span<byte> planes)
    {
        if (rgb.Length != width * height * 3 || planes.Length != 3 * side * side)
            throw new ArgumentException($"{rgb.Length} bytes are no RGB of {width}x{height}, or {planes.Length} no planes of {side}x{side}");
        Plan(width, height);
        int row = side * 3;
        if (_sums.Length < row)
            _sums = new float[row];
        for (int v = 0; v < side; v++)
        {
            Span<float> sums = _sums.AsSpan(0, row);
            sums.Clear();
            float[] down = _y.Weights[v];
            for (int k = 0; k < down.Length; k++)
                AddRow(rgb.Slice((_y.First[v] + k) * width * 3, width * 3), down[k], sums);
            for (int u = 0; u < side; u++)
                for (int c = 0; c < 3; c++)
                    planes[(c * side + v) * side + u] = (byte)(sums[u * 3 + c] + 0.5f);
        }
    }

    /// <summary>
    /// Depth takes the pixel in the middle: a mean over an edge, or over pixels without return, is a distance that nothing has.
    /// </summary>
    /// <param name="depth">Rows from the top.</param>
    /// <param name="small">Filled: [side, side].</param>
    /// <exception cref="ArgumentException">Spans that are not of these sizes.</exception>
    public void Depth(ReadOnlySpan<ushort> depth, int width, int height, Span<ushort> small)
    {
        if (depth.Length != width * height || small.Length != side * side)
            throw new ArgumentException($"{depth.Length} values are no depth picture of {width}x{height}, or {small.Length} not {side}²");
        (double left, double top, double across, double down) = Area(width, height);
        for (int v = 0; v < side; v++)
        {
            int y = (int)(top + (v + 0.5) * down / side);
            for (int u = 0; u < side; u++)
                small[v * side + u] = depth[y * width + (int)(left + (u + 0.5) * across / side)];
        }
    }

    private void AddRow(ReadOnlySpan<byte> pixels, float weight, Span<float> sums)
    {
        for (int u = 0; u < side; u++)
        {
            float[] across = _x.Weights[u];
            ReadOnlySpan<byte> p = pixels[(_x.First[u] * 3)..];
            float r = 0, g = 0, b = 0;
            for (int k = 0; k < across.Length; k++)
            {
                r += across[k] * p[3 * k];
                g += across[k] * p[3 * k + 1];
                b += across[k] * p[3 * k + 2];
            }
            sums[3 * u] += weight * r;
            sums[3 * u + 1] += weight * g;
            sums[3 * u + 2] += weight * b;
        }
    }

    private void Plan(int width, int height)
    {
        if (_size == (width, height))
            return;
        (double left, double top, double across, double down) = Area(width, height);
        (_x, _y) = (Axis.Of(left, across, width, side), Axis.Of(top, down, height, side));
        _size = (width, height);
    }

    private (double Left, double Top, double Across, double Down) Area(int width, int height)
    {
        int square = Math.Min(width, height);
        return fit == PictureFit.Stretch ? (0, 0, width, height) : ((width - square) / 2, (height - square) / 2, square, square);
    }

    /// <summary>For each pixel of the result the pixels that it covers along one side, and what share of it each is.</summary>
    private sealed record Axis(int[] First, float[][] Weights)
    {
        public static Axis Of(double from, double length, int pixels, int side)
        {
            var axis = new Axis(new int[side], new float[side][]);
            for (int u = 0; u < side; u++)
            {
                double start = from + u * length / side, end = from + (u + 1) * length / side;
                int first = (int)Math.Floor(start), last = Math.Min(pixels, (int)Math.Ceiling(end - 1e-9));
                axis.First[u] = first;
                axis.Weights[u] = [.. Enumerable.Range(first, last - first)
                    .Select(x => (float)((Math.Min(x + 1, end) - Math.Max(x, start)) / (end - start)))];
            }
            return axis;
        }
    }
}
