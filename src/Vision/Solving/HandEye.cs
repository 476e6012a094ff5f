using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Vision.Detection;

namespace RobotWorldModel.Vision.Solving;

/// <summary>One picture of the board, with the arm at rest.</summary>
/// <param name="FlangeInBase">As the controller says.</param>
public sealed record BoardView(Pose FlangeInBase, IReadOnlyList<SeenCorner> Corners);

/// <summary>Where a camera and a board were, from views of one on the arm and the other standing still.</summary>
/// <param name="Camera">The optical frame: in the flange where the camera is on the arm, else in the base.</param>
/// <param name="Board">In the base where the camera is on the arm, else in the flange.</param>
/// <param name="ResidualPx">Root mean square distance of a corner from where it should be seen.</param>
/// <param name="ViewPx">The same of each view.</param>
/// <param name="ResidualMm">Root mean square over the views, of where a view alone sees the board from where it should be.</param>
/// <param name="ResidualDeg">The same of how it is turned.</param>
/// <param name="ErrorMm">Standard error of the camera's position, from how it changes without one view (jackknife).</param>
/// <param name="ErrorDeg">The same of how the camera is turned.</param>
/// <param name="HeldOutPx">As <paramref name="ResidualPx"/>, each view against the result of all others.</param>
public sealed record HandEyeResult(
    Pose Camera, Pose Board, double ResidualPx, IReadOnlyList<double> ViewPx, double ResidualMm, double ResidualDeg, double ErrorMm,
    double ErrorDeg, double HeldOutPx);

/// <summary>
/// Hand-eye calibration. The start is AX = XB in closed form: the rotation that turns the arm's turns into the camera's (Park and Martin,
/// 1994, solved as Wahba's problem by Davenport), then the position; the end is the camera and the board at which all corners in all
/// views are nearest to where they are seen, in pixels.
/// </summary>
public static class HandEye
{
    /// <summary>Three are what the equations need; with fewer than this nothing would tell how good the result is.</summary>
    public const int FewestViews = 6;

    private const int FewestCorners = 4;
    private const double SmallestTurn = 0.03, LeastSpread = 0.07; // rad

    /// <param name="onFlange">The camera is on the arm and the board stands still; else the other way round.</param>
    /// <param name="fewestViews">Less for a rough result on the way.</param>
    /// <exception cref="VisionException">Too few views, or they are too much alike; says what to do.</exception>
    public static HandEyeResult Solve(IReadOnlyList<BoardView> views, Lens lens, bool onFlange, int fewestViews = FewestViews)
    {
        BoardView[] good = [.. views.Where(v => v.Corners.Count >= FewestCorners)
            .Select(v => v with { Corners = PlanarPose.WithoutStrays(v.Corners, lens) })];
        if (good.Length < fewestViews)
            throw new VisionException(
                $"the board was seen in {good.Length} of {views.Count} views, and at least {fewestViews} are needed");
        Pose[] moving = [.. good.Select(v => onFlange ? v.FlangeInBase.Inverse : v.FlangeInBase)];
        Pose[] seen = [.. good.Select(v => PlanarPose.Solve(v.Corners, lens).BoardInCamera)];
        Pose camera = ClosedForm(moving, seen);
        Pose board = moving[0].Inverse * camera * seen[0];
        (camera, board) = Refine(camera, board, good, moving, lens);
        double[] viewPx = [.. good.Select((v, i) => Rms(camera, board, moving[i], v, lens))];
        var (mm, degrees) = Residuals(camera, board, moving, seen);
        var (errorMm, errorDeg, heldOut) = LeaveOneOut(camera, board, good, moving, lens);
        return new(camera, board, RootMeanSquare(viewPx), viewPx, mm, degrees, errorMm, errorDeg, heldOut);
    }

    /// <summary>Where a view's board should be before the camera.</summary>
    /// <param name="moving">The flange in the base; turned round where the camera is on the flange.</param>
    private static Pose Predicted(in Pose camera, in Pose board, in Pose moving) => camera.Inverse * moving * board;

    private static Pose ClosedForm(Pose[] moving, Pose[] seen)
    {
        // A_ij X = X C_ij, with A_ij how the arm moved and C_ij how the board moved before the camera.
        var turns = new List<(Vec3 Arm, Vec3 Camera, Pose A, Pose C)>();
        for (int i = 0; i < moving.Length; i++)
            for (int j = i + 1; j < moving.Length; j++)
            {
                Pose a = moving[j] * moving[i].Inverse, c = seen[j] * seen[i].Inverse;
                Vec3 turn = a.Rotation.ToRotationVector();
                if (turn.Length > SmallestTurn && turn.Length < Math.PI - 0.2) // near half a turn the axis may come out the other way
                    turns.Add((turn, c.Rotation.ToRotationVector(), a, c));
            }
        CheckTurns([.. turns.Select(t => t.Arm)]);
        Quat rotation = Align([.. turns.Select(t => (t.Camera, t.Arm))]);
        // (R_A - 1) x = R c - a: three equations a pair, least squares.
        double[,] normal = new double[3, 4];
        foreach (var (_, _, a, c) in turns)
        {
            Vec3 right = rotation.Rotate(c.Position) - a.Position;
            Vec3[] columns = [.. new[] { Vec3.UnitX, Vec3.UnitY, Vec3.UnitZ }.Select(e => a.Rotation.Rotate(e) - e)];
            for (int i = 0; i < 3; i++)
            {
                for (int j = 0; j < 3; j++)
                    normal[i, j] += columns[i].Dot(columns[j]);
                normal[i, 3] += columns[i].Dot(right);
            }
        }
        Span<double> x = stackalloc double[3];
        LeastSquares.Solve(normal, x);
        return new(new(x[0], x[1], x[2]), rotation);
    }

    /// <summary>About one axis alone the camera could be anywhere along it.</summary>
    private static void CheckTurns(Vec3[] turns)
    {
        double[,] spread = new double[3, 3];
        foreach (Vec3 t in turns)
        {
            double[] v = [t.X, t.Y, t.Z];
            for (int i = 0; i < 3; i++)
                for (int j = 0; j < 3; j++)
                    spread[i, j] += v[i] * v[j] / turns.Length;
        }
        double second = turns.Length == 0 ? 0 : Math.Sqrt(Math.Max(0, SymmetricEigen.Of(spread).Values[1]));
        if (second < LeastSpread)
            throw new VisionException($"the views are too much alike: the tool turned by {second * 180 / Math.PI:0.0}° about a second "
                + $"axis where {LeastSpread * 180 / Math.PI:0}° are the least; tilt it to several sides and turn it about its own axis, "
                + "20 to 30° each");
    }

    private static Quat Align(List<(Vec3 From, Vec3 To)> pairs)
    {
        double[,] k = new double[4, 4];
        foreach (var (f, t) in pairs)
        {
            double[,] b =
            {
                { f.X * t.X, f.Y * t.X, f.Z * t.X }, { f.X * t.Y, f.Y * t.Y, f.Z * t.Y }, { f.X * t.Z, f.Y * t.Z, f.Z * t.Z },
            };
            double trace = b[0, 0] + b[1, 1] + b[2, 2];
            Vec3 z = f.Cross(t);
            double[] side = [z.X, z.Y, z.Z];
            for (int i = 0; i < 3; i++)
            {
                for (int j = 0; j < 3; j++)
                    k[i, j] += b[i, j] + b[j, i] - (i == j ? trace : 0);
                k[i, 3] += side[i];
                k[3, i] += side[i];
            }
            k[3, 3] += trace;
        }
        double[] q = SymmetricEigen.Of(k).Vectors[0];
        return new Quat(q[0], q[1], q[2], q[3]).Normalized;
    }

    private static (Pose Camera, Pose Board) Refine(Pose camera, Pose board, BoardView[] views, Pose[] moving, Lens lens)
    {
        Span<double> d = stackalloc double[12];
        d.Clear();
        LeastSquares.Minimize((p, r) =>
        {
            Pose c = PlanarPose.Step(camera, p[..6]), b = PlanarPose.Step(board, p[6..]);
            int at = 0;
            for (int i = 0; i < views.Length; i++)
            {
                Pose pose = Predicted(c, b, moving[i]);
                foreach (var corner in views[i].Corners)
                {
                    var (u, v) = lens.Project(pose.Transform(corner.Board));
                    (r[at++], r[at++]) = (u - corner.U, v - corner.V);
                }
            }
        }, d, 2 * views.Sum(v => v.Corners.Count));
        return (PlanarPose.Step(camera, d[..6]), PlanarPose.Step(board, d[6..]));
    }

    private static double Rms(in Pose camera, in Pose board, in Pose moving, BoardView view, Lens lens)
    {
        Pose pose = Predicted(camera, board, moving);
        double squares = 0;
        foreach (var corner in view.Corners)
        {
            var (u, v) = lens.Project(pose.Transform(corner.Board));
            squares += (u - corner.U) * (u - corner.U) + (v - corner.V) * (v - corner.V);
        }
        return Math.Sqrt(squares / view.Corners.Count);
    }

    private static (double Mm, double Deg) Residuals(Pose camera, Pose board, Pose[] moving, Pose[] seen)
    {
        var off = moving.Select((m, i) => Difference(Predicted(camera, board, m), seen[i])).ToList();
        return (RootMeanSquare(off.Select(o => o.Mm)), RootMeanSquare(off.Select(o => o.Deg)));
    }

    private static (double Mm, double Deg, double HeldOutPx) LeaveOneOut(
        Pose camera, Pose board, BoardView[] views, Pose[] moving, Lens lens)
    {
        double mm = 0, degrees = 0;
        double[] heldOut = new double[views.Length];
        for (int i = 0; i < views.Length; i++)
        {
            int without = i;
            var (c, b) = Refine(camera, board, [.. views.Where((_, j) => j != without)], [.. moving.Where((_, j) => j != without)], lens);
            var (dMm, dDeg) = Difference(camera, c);
            (mm, degrees) = (mm + dMm * dMm, degrees + dDeg * dDeg);
            heldOut[i] = Rms(c, b, moving[i], views[i], lens);
        }
        double factor = (views.Length - 1.0) / views.Length;
        return (Math.Sqrt(factor * mm), Math.Sqrt(factor * degrees), RootMeanSquare(heldOut));
    }

    /// <summary>How far apart two poses of one frame are: mm and degrees.</summary>
    public static (double Mm, double Deg) Difference(in Pose a, in Pose b) => (
        1000 * (a.Position - b.Position).Length, (a.Rotation.Inverse * b.Rotation).ToRotationVector().Length * 180 / Math.PI);

    private static double RootMeanSquare(IEnumerable<double> values) => Math.Sqrt(values.Average(v => v * v));
}
