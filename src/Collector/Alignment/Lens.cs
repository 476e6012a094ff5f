using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Samples;

namespace RobotWorldModel.Collector.Alignment;

/// <summary>
/// Pinhole and Brown-Conrady distortion, k1, k2, p1, p2, k3, as OpenCV writes it. Pixel (0, 0) has its centre at 0, 0.
/// </summary>
public static class Lens
{
    private const int Steps = 20;

    /// <summary>Where a point of the camera's optical frame (m, z ahead) falls, pixels.</summary>
    public static (double U, double V) Project(CameraIntrinsics lens, in Vec3 point)
    {
        var (x, y) = Bend(lens.Distortion, point.X / point.Z, point.Y / point.Z);
        return (lens.Fx * x + lens.Cx, lens.Fy * y + lens.Cy);
    }

    /// <summary>The direction that a pixel looks in: x and y at z = 1. By fixed-point iteration, as OpenCV's undistortPoints.</summary>
    public static (double X, double Y) Straighten(CameraIntrinsics lens, double u, double v)
    {
        double bentX = (u - lens.Cx) / lens.Fx, bentY = (v - lens.Cy) / lens.Fy;
        double x = bentX, y = bentY;
        for (int i = 0; i < Steps && lens.Distortion.Length > 0; i++)
        {
            var (toX, toY) = Bend(lens.Distortion, x, y);
            (x, y) = (x + bentX - toX, y + bentY - toY);
        }
        return (x, y);
    }

    private static (double X, double Y) Bend(double[] k, double x, double y)
    {
        if (k.Length == 0)
            return (x, y);
        double r2 = x * x + y * y, radial = 1 + r2 * (At(k, 0) + r2 * (At(k, 1) + r2 * At(k, 4)));
        double p1 = At(k, 2), p2 = At(k, 3);
        return (x * radial + 2 * p1 * x * y + p2 * (r2 + 2 * x * x), y * radial + 2 * p2 * x * y + p1 * (r2 + 2 * y * y));
    }

    private static double At(double[] k, int index) => index < k.Length ? k[index] : 0;
}
