using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Simulation.Rendering;
using RobotWorldModel.Simulation.Scene;
using RobotWorldModel.Vision.Boards;
using RobotWorldModel.Vision.Detection;
using RobotWorldModel.Vision.Solving;

namespace RobotWorldModel.Vision.Tests;

public sealed class HandEyeTests
{
    private static readonly CameraIntrinsics s_bent = new(640, 480, 600, 610, 330, 235, [0.08, -0.15, 0.001, -0.002, 0.05]);
    private static readonly CalibrationBoard s_charuco = CalibrationBoard.Charuco(7, 5, 0.03, 0.022, "4x4");

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Made_up_corners_without_noise_give_the_exact_place(bool onFlange)
    {
        var (camera, board, views) = MadeUp(onFlange, 0, 8);
        var found = HandEye.Solve(views, new(s_bent), onFlange);
        MustBeNear(camera, found.Camera, 1e-4, 1e-5);
        MustBeNear(board, found.Board, 1e-4, 1e-5);
        Assert.InRange(found.ResidualPx, 0, 1e-5);
    }

    [Fact]
    public void The_error_that_is_told_is_about_the_error_that_is_made()
    {
        double mm = 0, told = 0;
        for (int seed = 0; seed < 6; seed++)
        {
            var (camera, _, views) = MadeUp(true, 0.3, 8, seed);
            var found = HandEye.Solve(views, new(s_bent), onFlange: true);
            mm += Math.Pow(HandEye.Difference(camera, found.Camera).Mm, 2) / 6;
            told += Math.Pow(found.ErrorMm, 2) / 6;
        }
        Assert.InRange(Math.Sqrt(told / mm), 0.4, 2.5);
    }

    [Fact]
    public void Turns_about_one_axis_alone_are_refused()
    {
        var (_, _, views) = MadeUp(true, 0, 8, turns: k => Quat.FromAxisAngle(Vec3.UnitZ, 0.2 * k));
        Assert.Contains("too much alike", Assert.Throws<VisionException>(() => HandEye.Solve(views, new(s_bent), true)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Too_few_views_with_the_board_are_refused()
    {
        var (_, _, views) = MadeUp(true, 0, 8);
        BoardView[] few = [.. views.Select((v, i) => i < 5 ? v : v with { Corners = [] })];
        Assert.Contains("seen in 5 of 8", Assert.Throws<VisionException>(() => HandEye.Solve(few, new(s_bent), true)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_camera_that_nobody_has_measured_is_refused() => Assert.Contains("intrinsics",
        Assert.Throws<ArgumentException>(() => new Lens(CameraIntrinsics.Unknown(640, 480))).Message, StringComparison.Ordinal);

    [SkippableFact]
    public void A_wrist_camera_is_found_from_rendered_pictures_of_a_chessboard()
    {
        Pose board = new(new(-0.49, 0.33, 0.003), Quat.FromAxisAngle(Vec3.UnitZ, 0.4));
        var cell = new Rendered(new(s_charuco, false, board), CameraModel.Wrist);
        FindRendered(cell, new(new(0.02, 0.01, 0.38), Quat.FromAxisAngle(Vec3.UnitX, Math.PI - 0.3)), 7);
    }

    [SkippableFact]
    public void A_camera_beside_the_arm_is_found_from_rendered_pictures_of_tags_on_the_flange()
    {
        var board = CalibrationBoard.AprilTags(2, 2, 0.08, 0.02);
        Pose home = new Rendered(null, CameraModel.Scene).Home, camera = CameraModel.Scene.Extrinsics;
        Vec3 towardsCamera = home.Rotation.Inverse.Rotate((camera.Position - home.Position).Normalized);
        Quat facing = home.Rotation.Inverse * camera.Rotation * Quat.FromAxisAngle(Vec3.UnitX, Math.PI);
        var cell = new Rendered(new(board, true, new(new Vec3(0, 0, 0.08) + 0.16 * towardsCamera, facing)), CameraModel.Scene);
        FindRendered(cell, cell.Truth(cell.Home), 7);
    }

    private static void FindRendered(Rendered cell, Pose start, int count)
    {
        Skip.IfNot(BoardDetectorTests.HasLibrary, BoardDetectorTests.NoLibrary);
        var lens = new Lens(cell.Intrinsics);
        using var detector = new BoardDetector(cell.Board!.Print);
        BoardView[] views = [.. ViewPlan.Around(start, cell.Board.Print, lens, cell.Camera.Width, cell.Camera.Height).Take(count)
            .Select(p => cell.FlangeFor(p)).Select((flange, i) => new BoardView(flange, detector.Find(cell.Take(flange, i))))];
        var found = HandEye.Solve(views, lens, cell.Camera.OnFlange);
        MustBeNear(cell.Camera.Extrinsics, found.Camera, 2, 0.3);
        MustBeNear(cell.Board.Pose, found.Board, 2, 0.3);
        Assert.InRange(found.ResidualPx, 0, 0.5);
        Assert.InRange(found.ErrorMm, 0, 2);
    }

    private static (Pose Camera, Pose Board, BoardView[] Views) MadeUp(
        bool onFlange, double noisePx, int count, int seed = 1, Func<int, Quat>? turns = null)
    {
        Pose camera = onFlange ? new(new(0.03, -0.08, 0.04), Quat.FromRpy(0.3, -0.2, 1.4))
            : CameraModel.LookAt(new(1.1, 0.4, 0.6), new(0.4, 0, 0.3));
        Pose board = onFlange ? new(new(0.5, 0.1, 0), Quat.FromRpy(0, 0, 0.5)) : new(new(0, 0.02, 0.12), Quat.FromRpy(0.4, 0.1, 0.2));
        var lens = new Lens(s_bent);
        var random = new Random(seed);
        Pose start = new(new(0.01, 0, 0.5), Quat.FromRpy(Math.PI - 0.2, 0.1, 0.3));
        IEnumerable<Pose> wanted = turns is null ? ViewPlan.Around(start, s_charuco, lens, 640, 480)
            : Enumerable.Range(0, 100).Select(k => new Pose(start.Position, turns(k) * start.Rotation));
        BoardView[] views = [.. wanted.Take(count).Select(seen => new BoardView(
            onFlange ? board * seen.Inverse * camera.Inverse : camera * seen * board.Inverse,
            [.. s_charuco.ChessCorners.Select(corner =>
            {
                var (u, v) = lens.Project(seen.Transform(corner));
                return new SeenCorner(corner, u + noisePx * Normal(random), v + noisePx * Normal(random));
            })]))];
        return (camera, board, views);
    }

    private static double Normal(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());

    private static void MustBeNear(in Pose expected, in Pose actual, double withinMm, double withinDeg)
    {
        var (mm, degrees) = HandEye.Difference(expected, actual);
        Assert.True(mm <= withinMm && degrees <= withinDeg, $"{mm:0.0000} mm and {degrees:0.0000} degrees off");
    }
}
