using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Simulation.Physics;
using RobotWorldModel.Simulation.Rendering;

namespace RobotWorldModel.Simulation.Tests.Rendering;

/// <summary>
/// The truth that the renderer is held against: rays marched through signed distances in double precision. It shares no formula with the
/// renderer's interval tests.
/// </summary>
internal static class RayMarcher
{
    /// <summary>
    /// Says whether a depth in mm is right to 1 mm at a pixel's centre; on a silhouette, right for some point within a twentieth of a
    /// pixel of it.
    /// </summary>
    public static bool Agrees(IReadOnlyList<SceneBody> bodies, CameraModel camera, Pose cameraInBase, int x, int y, int millimetres)
    {
        (double least, double most) = (double.MaxValue, double.MinValue);
        foreach ((double dx, double dy) in new[] { (0.0, 0.0), (-0.05, 0), (0.05, 0), (0.0, -0.05), (0.0, 0.05) })
        {
            double z = Depth(bodies, camera, cameraInBase, x + 0.5 + dx, y + 0.5 + dy);
            int expected = z is >= 0.15 and <= 3 ? (int)Math.Round(z * 1000) : 0;
            (least, most) = (Math.Min(least, expected), Math.Max(most, expected));
            if (millimetres >= least - 1 && millimetres <= most + 1)
                return true;
        }
        return false;
    }

    // Depth along the optical axis of the nearest surface behind a point of the picture, m; infinite where there is none within 10 m.
    private static double Depth(IReadOnlyList<SceneBody> bodies, CameraModel camera, Pose cameraInBase, double u, double v)
    {
        Vec3 direction = new((u - camera.Cx) / camera.Fx, (v - camera.Cy) / camera.Fy, 1);
        double length = direction.Length, t = 0.02 * length;
        Vec3 ray = cameraInBase.Rotation.Rotate(direction * (1 / length));
        for (int step = 0; step < 5000 && t < 10; step++)
        {
            double distance = Distance(bodies, cameraInBase.Position + t * ray);
            if (distance < 1e-7)
                return t / length;
            t += distance;
        }
        return double.PositiveInfinity;
    }

    private static double Distance(IReadOnlyList<SceneBody> bodies, Vec3 p)
    {
        double least = double.MaxValue;
        foreach (SceneBody body in bodies)
            foreach (Shape shape in body.Shapes)
                least = Math.Min(least, Distance(shape, (body.PoseInBase * shape.Local).Inverse.Transform(p)));
        return least;
    }

    private static double Distance(Shape s, Vec3 p) => s.Kind switch
    {
        ShapeKind.Plane => p.Z,
        ShapeKind.Sphere => p.Length - s.Size.X,
        ShapeKind.Cylinder => Outside(Math.Sqrt(p.X * p.X + p.Y * p.Y) - s.Size.X, Math.Abs(p.Z) - s.Size.Y, -1),
        _ => Outside(Math.Abs(p.X) - s.Size.X, Math.Abs(p.Y) - s.Size.Y, Math.Abs(p.Z) - s.Size.Z),
    };

    private static double Outside(double x, double y, double z)
    {
        Vec3 out3 = new(Math.Max(x, 0), Math.Max(y, 0), Math.Max(z, 0));
        return out3.Length + Math.Min(0, Math.Max(x, Math.Max(y, z)));
    }
}
