using RobotWorldModel.Drivers.Samples;

namespace RobotWorldModel.Drivers.Geometry;

/// <summary>
/// From the camera's optical frame to its pixels: a pinhole with Brown-Conrady distortion k1, k2, p1, p2, k3 and OpenCV's rational k4, k5,
/// k6, as far as they are given.
/// </summary>
public sealed class Lens
{
    private const int InverseSteps = 20;
    private readonly double[] _k = new double[8];

    /// <exception cref="ArgumentException">Nobody has measured the camera's focal length or centre.</exception>
    public Lens(CameraIntrinsics camera)
    {
        if (!(camera.Fx > 0 && camera.Fy > 0 && double.IsFinite(camera.Cx + camera.Cy)))
            throw new ArgumentException("its intrinsics are not known: without focal length and centre no distance can be told. "
                + "Put them into the config (intrinsics: fx, fy, cx, cy, k1 …), or let the camera's driver say them");
        (Fx, Fy, Cx, Cy) = (camera.Fx, camera.Fy, camera.Cx, camera.Cy);
        camera.Distortion.AsSpan(0, Math.Min(_k.Length, camera.Distortion.Length)).CopyTo(_k);
    }

    public double Fx { get; }

    public double Fy { get; }

    public double Cx { get; }

    public double Cy { get; }

    /// <summary>A point of the optical frame (z forward), in front of the camera, in pixels from the first one's centre.</summary>
    public (double U, double V) Project(Vec3 p)
    {
        var (x, y) = Bend(p.X / p.Z, p.Y / p.Z);
        return (Fx * x + Cx, Fy * y + Cy);
    }

    /// <summary>Where a pixel's ray meets z = 1.</summary>
    public (double X, double Y) Ray(double u, double v)
    {
        double xd = (u - Cx) / Fx, yd = (v - Cy) / Fy, x = xd, y = yd;
        for (int i = 0; i < InverseSteps; i++) // a fixed point: each step leaves a small part of the error
        {
            var (bx, by) = Bend(x, y);
            (x, y) = (x + xd - bx, y + yd - by);
        }
        return (x, y);
    }

    private (double X, double Y) Bend(double x, double y)
    {
        double r2 = x * x + y * y;
        double radial = (1 + r2 * (_k[0] + r2 * (_k[1] + r2 * _k[4]))) / (1 + r2 * (_k[5] + r2 * (_k[6] + r2 * _k[7])));
        return (x * radial + 2 * _k[2] * x * y + _k[3] * (r2 + 2 * x * x), y * radial + _k[2] * (r2 + 2 * y * y) + 2 * _k[3] * x * y);
    }
}
