using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Vision.Detection;

namespace RobotWorldModel.Vision.Solving;

/// <summary>
/// Where a flat board is before a camera, from one picture. A small or distant board looks almost the same from two sides (Schweighofer
/// and Pinz, 2006): both are tried, the better one is taken.
/// </summary>
public static class PlanarPose
{
    private const int FewestCorners = 4;
    private const double StrayPx = 0.8, StrayShare = 5;

    /// <summary>What a step in the solver's parameters does to a pose: a turn in its parent's axes, and a shift.</summary>
    internal static Pose Step(in Pose pose, ReadOnlySpan<double> d) => new(
        pose.Position + new Vec3(d[0], d[1], d[2]),
        (Quat.FromRotationVector(new(d[3], d[4], d[5])) * pose.Rotation).Normalized);

    /// <param name="corners">Four or more.</param>
    /// <returns>The board in the camera's optical frame, and the root mean square of what is left, pixels.</returns>
    public static (Pose BoardInCamera, double ResidualPx) Solve(IReadOnlyList<SeenCorner> corners, Lens lens)
    {
        Pose first = Guess(corners, lens);
        var best = Refine(first, corners, lens);
        // The other one: the board's normal mirrored about the line of sight.
        Vec3 sight = best.BoardInCamera.Position.Normalized, normal = best.BoardInCamera.Rotation.Rotate(Vec3.UnitZ);
        Vec3 mirrored = 2 * normal.Dot(sight) * sight - normal, axis = normal.Cross(mirrored);
        if (axis.Length < 1e-6)
            return best;
        double angle = Math.Atan2(axis.Length, normal.Dot(mirrored));
        Pose other = new(best.BoardInCamera.Position,
            (Quat.FromAxisAngle(axis.Normalized, angle) * best.BoardInCamera.Rotation).Normalized);
        var second = Refine(other, corners, lens);
        return second.ResidualPx < best.ResidualPx ? second : best;
    }

    /// <summary>
    /// Without corners that lie elsewhere than the board's plane says, of which something else in the picture was taken for one: a finger
    /// before the board has corners, too.
    /// </summary>
    internal static IReadOnlyList<SeenCorner> WithoutStrays(IReadOnlyList<SeenCorner> corners, Lens lens)
    {
        while (corners.Count > FewestCorners)
        {
            Pose pose = Solve(corners, lens).BoardInCamera;
            double[] off = [.. corners.Select(c => Off(pose, c, lens))];
            double typical = off.Order().ElementAt(off.Length / 2), worst = off.Max();
            if (worst < Math.Max(StrayPx, StrayShare * typical))
                break;
            corners = [.. corners.Where((_, i) => off[i] < worst)];
        }
        return corners;
    }

    private static double Off(in Pose pose, SeenCorner corner, Lens lens)
    {
        var (u, v) = lens.Project(pose.Transform(corner.Board));
        return Math.Sqrt((u - corner.U) * (u - corner.U) + (v - corner.V) * (v - corner.V));
    }

    private static Pose Guess(IReadOnlyList<SeenCorner> corners, Lens lens)
    {
        var h = Homography.Fit([.. corners.Select(c =>
        {
            var (x, y) = lens.Ray(c.U, c.V);
            return (c.Board.X, c.Board.Y, x, y);
        })]);
        Vec3 a = new(h[0, 0], h[1, 0], h[2, 0]), b = new(h[0, 1], h[1, 1], h[2, 1]), t = new(h[0, 2], h[1, 2], h[2, 2]);
        double scale = 2 / (a.Length + b.Length) * (t.Z < 0 ? -1 : 1); // it is in front of the camera
        (a, b, t) = (a * scale, b * scale, t * scale);
        Vec3 z = a.Cross(b).Normalized, x = (a - a.Dot(z) * z).Normalized;
        return new(t, Quat.FromAxes(x, z.Cross(x), z));
    }

    private static (Pose BoardInCamera, double ResidualPx) Refine(Pose start, IReadOnlyList<SeenCorner> corners, Lens lens)
    {
        Span<double> d = stackalloc double[6];
        d.Clear();
        double squares = LeastSquares.Minimize((p, r) =>
        {
            Pose pose = Step(start, p);
            for (int i = 0; i < corners.Count; i++)
            {
                var (u, v) = lens.Project(pose.Transform(corners[i].Board));
                (r[2 * i], r[2 * i + 1]) = (u - corners[i].U, v - corners[i].V);
            }
        }, d, 2 * corners.Count);
        return (Step(start, d), Math.Sqrt(squares / corners.Count));
    }
}
