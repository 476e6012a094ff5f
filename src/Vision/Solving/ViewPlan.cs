using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Vision.Boards;

namespace RobotWorldModel.Vision.Solving;

/// <summary>
/// Where to look at a board from: tilted to all sides, turned, nearer and further, and in other parts of the picture, because each of
/// these tells something of the camera that the others do not.
/// </summary>
public static class ViewPlan
{
    private const double GoldenAngle = 2.39996; // successive ones lie apart, however many there are
    private const double Edge = 0.04; // of the picture, that stays free

    private static readonly double[] s_tilts = [0.22, 0.35, 0.45], s_rolls = [0, 0.4, -0.4, 0.7, -0.7], s_distances = [1, 0.88, 1.14];

    /// <summary>Of the tool about its own axes, rad, one after the other: small enough that the board stays in sight unseen.</summary>
    public static IReadOnlyList<Quat> First { get; } =
    [
        Quat.FromAxisAngle(Vec3.UnitX, 0.10), Quat.FromAxisAngle(Vec3.UnitX, -0.10), Quat.FromAxisAngle(Vec3.UnitY, 0.10),
        Quat.FromAxisAngle(Vec3.UnitY, -0.10), Quat.FromAxisAngle(Vec3.UnitZ, 0.18), Quat.FromAxisAngle(Vec3.UnitZ, -0.18),
    ];

    /// <summary>Poses of the board before the camera, without end, in each of which all of it is in the picture.</summary>
    /// <param name="now">Where it is now: the distance is kept, and which side is up.</param>
    public static IEnumerable<Pose> Around(Pose now, CalibrationBoard board, Lens lens, int width, int height)
    {
        // Straight before the camera, turned as little as possible: the normal against the optical axis.
        Vec3 normal = now.Rotation.Rotate(Vec3.UnitZ), axis = normal.Cross(-Vec3.UnitZ);
        Quat straight = axis.Length < 1e-9 ? now.Rotation
            : Quat.FromAxisAngle(axis.Normalized, Math.Atan2(axis.Length, -normal.Z)) * now.Rotation;
        double distance = now.Position.Length;
        for (int k = 0; ; k++)
        {
            double azimuth = k * GoldenAngle, tilt = s_tilts[k % s_tilts.Length];
            Quat turn = Quat.FromAxisAngle(new(Math.Cos(azimuth), Math.Sin(azimuth), 0), tilt)
                * Quat.FromAxisAngle(Vec3.UnitZ, s_rolls[k % s_rolls.Length]) * straight;
            double z = distance * s_distances[k / s_tilts.Length % s_distances.Length];
            for (double share = 0.28; share > -0.01; share -= 0.07)
            {
                var (x, y) = lens.Ray(width / 2.0 + share * width * Math.Cos(1.7 * azimuth),
                    height / 2.0 + share * height * Math.Sin(1.7 * azimuth));
                Pose pose = new(z * new Vec3(x, y, 1), turn.Normalized);
                if (!IsInside(pose, board, lens, width, height))
                    continue;
                yield return pose;
                break;
            }
        }
    }

    private static bool IsInside(in Pose pose, CalibrationBoard board, Lens lens, int width, int height)
    {
        double halfX = board.Width / 2 + board.Margin, halfY = board.Height / 2 + board.Margin;
        foreach (var (sx, sy) in ((int, int)[])[(1, 1), (1, -1), (-1, -1), (-1, 1)])
        {
            Vec3 p = pose.Transform(new(sx * halfX, sy * halfY, 0));
            if (p.Z < 0.02)
                return false;
            var (u, v) = lens.Project(p);
            if (u < Edge * width || v < Edge * height || u > (1 - Edge) * width || v > (1 - Edge) * height)
                return false;
        }
        return true;
    }
}
