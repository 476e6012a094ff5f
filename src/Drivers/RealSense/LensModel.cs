using RobotWorldModel.Drivers.Samples;

namespace RobotWorldModel.Drivers.RealSense;

/// <summary>
/// A RealSense lens as episodes describe lenses: Brown-Conrady from the ideal to the distorted picture, as OpenCV and ROS have it. The
/// colour cameras' coefficients go the other way by their name (inverse Brown-Conrady, from the distorted to the ideal picture), and are
/// turned round: the five numbers that fit best over the picture, in least squares. That name is in doubt among librealsense's own users
/// (its projection applies them in the other direction); on cameras whose coefficients are zero, as most D435's, it is no matter.
/// </summary>
internal static class LensModel
{
    private const int Grid = 24, Coefficients = 5;

    /// <exception cref="NotSupportedException">A fisheye's model, which these five numbers cannot describe.</exception>
    public static CameraIntrinsics Describe(in RsIntrinsics lens)
    {
        double[] k = [lens.K1, lens.K2, lens.P1, lens.P2, lens.K3];
        double[] distortion = lens.Model switch
        {
            RsLens.None => new double[Coefficients],
            _ when Array.TrueForAll(k, v => v == 0) => k,
            RsLens.BrownConrady or RsLens.ModifiedBrownConrady => k, // the modified one differs in the second order of small numbers
            RsLens.InverseBrownConrady => Invert(lens, k),
            _ => throw new NotSupportedException($"its lens model ({lens.Model}) is none that an episode can describe"),
        };
        return new(lens.Width, lens.Height, lens.Fx, lens.Fy, lens.Cx, lens.Cy, distortion);
    }

    /// <summary>Brown-Conrady's polynomial: k1, k2, p1, p2, k3; x and y are the offset from the centre, in focal lengths.</summary>
    public static (double X, double Y) Bend(double[] k, double x, double y)
    {
        double r2 = x * x + y * y, radial = 1 + r2 * (k[0] + r2 * (k[1] + r2 * k[4]));
        return (x * radial + 2 * k[2] * x * y + k[3] * (r2 + 2 * x * x), y * radial + 2 * k[3] * x * y + k[2] * (r2 + 2 * y * y));
    }

    private static double[] Invert(in RsIntrinsics lens, double[] inverse)
    {
        // Linear in the five: normal equations over a grid of pixels, each with its ideal place by the inverse polynomial.
        var a = new double[Coefficients, Coefficients + 1];
        for (int i = 0; i <= Grid; i++)
            for (int j = 0; j <= Grid; j++)
            {
                double xd = ((double)lens.Width * i / Grid - lens.Cx) / lens.Fx, yd = ((double)lens.Height * j / Grid - lens.Cy) / lens.Fy;
                var (x, y) = Bend(inverse, xd, yd);
                double r2 = x * x + y * y;
                Add(a, [x * r2, x * r2 * r2, 2 * x * y, r2 + 2 * x * x, x * r2 * r2 * r2], xd - x);
                Add(a, [y * r2, y * r2 * r2, r2 + 2 * y * y, 2 * x * y, y * r2 * r2 * r2], yd - y);
            }
        return Solve(a);
    }

    private static void Add(double[,] a, ReadOnlySpan<double> row, double right)
    {
        for (int i = 0; i < Coefficients; i++)
        {
            for (int j = 0; j < Coefficients; j++)
                a[i, j] += row[i] * row[j];
            a[i, Coefficients] += row[i] * right;
        }
    }

    /// <summary>Gauss-Jordan; the matrix is symmetric and positive definite, so that no pivot is searched for.</summary>
    private static double[] Solve(double[,] a)
    {
        for (int p = 0; p < Coefficients; p++)
            for (int i = 0; i < Coefficients; i++)
            {
                if (i == p)
                    continue;
                double f = a[i, p] / a[p, p];
                for (int j = p; j <= Coefficients; j++)
                    a[i, j] -= f * a[p, j];
            }
        return [.. Enumerable.Range(0, Coefficients).Select(i => a[i, Coefficients] / a[i, i])];
    }
}
