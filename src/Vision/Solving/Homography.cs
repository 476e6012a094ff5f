using RobotWorldModel.Drivers.Geometry;

namespace RobotWorldModel.Vision.Solving;

/// <summary>How a plane's points are seen by a camera without distortion: pixel ~ H (x, y, 1).</summary>
internal sealed class Homography
{
    private readonly double[] _h;

    private Homography(double[] h) => _h = h;

    /// <summary>Element of row and column.</summary>
    public double this[int row, int column] => _h[3 * row + column];

    public (double U, double V) Map(double x, double y)
    {
        double w = _h[6] * x + _h[7] * y + _h[8];
        return ((_h[0] * x + _h[1] * y + _h[2]) / w, (_h[3] * x + _h[4] * y + _h[5]) / w);
    }

    /// <summary>From four points or more, with both sides moved and scaled to about 1 (Hartley, 1997).</summary>
    public static Homography Fit(IReadOnlyList<(double X, double Y, double U, double V)> points)
    {
        var (cx, cy, cs) = Scale(points.Select(p => (p.X, p.Y)));
        var (du, dv, ds) = Scale(points.Select(p => (p.U, p.V)));
        double[,] sums = new double[9, 9];
        Span<double> row = stackalloc double[9];
        foreach (var p in points)
        {
            double x = (p.X - cx) * cs, y = (p.Y - cy) * cs, u = (p.U - du) * ds, v = (p.V - dv) * ds;
            Set(row, x, y, 1, 0, 0, 0, -u * x, -u * y, -u);
            Add(sums, row);
            Set(row, 0, 0, 0, x, y, 1, -v * x, -v * y, -v);
            Add(sums, row);
        }
        double[] h = SymmetricEigen.Of(sums).Vectors[^1];
        // Back: (u/ds + du) and ((x - cx) cs).
        double[] left = new double[9], whole = new double[9];
        for (int i = 0; i < 3; i++)
        {
            left[i] = h[i] / ds + du * h[6 + i];
            left[3 + i] = h[3 + i] / ds + dv * h[6 + i];
            left[6 + i] = h[6 + i];
        }
        for (int r = 0; r < 3; r++)
        {
            whole[3 * r] = left[3 * r] * cs;
            whole[3 * r + 1] = left[3 * r + 1] * cs;
            whole[3 * r + 2] = left[3 * r + 2] - cs * (cx * left[3 * r] + cy * left[3 * r + 1]);
        }
        return new(whole);
    }

    private static (double X, double Y, double Factor) Scale(IEnumerable<(double X, double Y)> points)
    {
        var list = points.ToList();
        double x = list.Average(p => p.X), y = list.Average(p => p.Y);
        double spread = Math.Sqrt(list.Average(p => (p.X - x) * (p.X - x) + (p.Y - y) * (p.Y - y)));
        return (x, y, spread > 0 ? Math.Sqrt(2) / spread : 1);
    }

    private static void Set(Span<double> row, params ReadOnlySpan<double> values) => values.CopyTo(row);

    private static void Add(double[,] sums, ReadOnlySpan<double> row)
    {
        for (int i = 0; i < 9; i++)
            for (int j = 0; j < 9; j++)
                sums[i, j] += row[i] * row[j];
    }
}
