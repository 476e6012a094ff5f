using System.Runtime.InteropServices;
using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Simulation.Rendering;
using RobotWorldModel.Vision.Boards;
using RobotWorldModel.Vision.Detection;
using RobotWorldModel.Vision.Solving;

namespace RobotWorldModel.Vision.Tests;

public sealed class BoardDetectorTests
{
    public const string NoLibrary = "libapriltag is missing: apt-get install libapriltag3";

    public static bool HasLibrary { get; } = NativeLibrary.TryLoad(AprilTagLibrary.SystemLibrary, out _);

    public static TheoryData<string> Boards => ["4x4", "5x5", "6x6", MarkerDictionary.AprilTag];

    [SkippableTheory]
    [MemberData(nameof(Boards))]
    public void Every_corner_of_a_rendered_board_is_found_to_a_fraction_of_a_pixel(string dictionary)
    {
        Skip.IfNot(HasLibrary, NoLibrary);
        var board = Board(dictionary);
        var cell = new Rendered(new(board, false, new(new(-0.49, 0.33, 0.003), Quat.FromAxisAngle(Vec3.UnitZ, 2.4))), CameraModel.Wrist);
        Pose flange = cell.FlangeFor(new(new(0.01, -0.03, 0.36), Quat.FromAxisAngle(new(0.6, 0.8, 0), 2.8)));
        var lens = new Lens(cell.Intrinsics);
        using var detector = new BoardDetector(board);
        var seen = detector.Find(cell.Take(flange));
        Assert.Equal(dictionary == MarkerDictionary.AprilTag ? 4 * board.Markers.Count : board.ChessCorners.Count, seen.Count);
        double squares = 0, right = 0, down = 0;
        foreach (var corner in seen)
        {
            var (u, v) = lens.Project(cell.Truth(flange).Transform(corner.Board));
            Assert.InRange(Math.Max(Math.Abs(corner.U - u), Math.Abs(corner.V - v)), 0, 0.6);
            squares += (corner.U - u) * (corner.U - u) + (corner.V - v) * (corner.V - v);
            (right, down) = (right + corner.U - u, down + corner.V - v);
        }
        Assert.InRange(Math.Sqrt(squares / seen.Count), 0, 0.25);
        Assert.InRange(right / seen.Count, -0.08, 0.08); // half a pixel would be another idea of where the first one is
        Assert.InRange(down / seen.Count, -0.08, 0.08);
    }

    [SkippableFact]
    public void Another_board_is_none()
    {
        Skip.IfNot(HasLibrary, NoLibrary);
        var cell = new Rendered(new(Board("4x4"), false, new(new(-0.49, 0.33, 0.003), Quat.Identity)), CameraModel.Wrist);
        Pose flange = cell.FlangeFor(new(new(0, 0, 0.36), Quat.FromAxisAngle(Vec3.UnitX, Math.PI)));
        using var detector = new BoardDetector(Board("6x6"));
        Assert.Empty(detector.Find(cell.Take(flange)));
    }

    [SkippableTheory]
    [MemberData(nameof(Boards))]
    public void A_marker_is_found_as_it_is_printed(string dictionary)
    {
        Skip.IfNot(HasLibrary, NoLibrary);
        var board = Board(dictionary);
        const double pixel = 0.0004; // m
        int width = (int)(1.3 * board.Width / pixel), height = (int)(1.3 * board.Height / pixel);
        byte[] gray = new byte[width * height];
        for (int i = 0; i < gray.Length; i++)
            gray[i] = (byte)(board.IsBlack((i % width - width / 2.0 + 0.5) * pixel, (height / 2.0 - i / width - 0.5) * pixel) ? 20 : 235);
        using var markers = new MarkerDetector(board.Dictionary, board.Markers[0].Id, board.Markers.Count);
        var seen = markers.Detect(gray, width, height);
        Assert.Equal(board.Markers.Select(m => m.Id), seen.Select(s => s.Id).Order());
        foreach (var marker in seen)
            foreach (var (corner, at) in board.Markers.Single(m => m.Id == marker.Id).Corners.Zip(marker.Corners))
            {
                Assert.InRange(at.X, corner.X / pixel + width / 2.0 - 1.5, corner.X / pixel + width / 2.0 + 0.5);
                Assert.InRange(at.Y, height / 2.0 - corner.Y / pixel - 1.5, height / 2.0 - corner.Y / pixel + 0.5);
            }
    }

    [Fact]
    public void A_print_has_all_that_is_black_at_its_true_size()
    {
        var board = Board("4x4");
        string svg = BoardPrint.ToSvg(board);
        Assert.Contains("width=\"240mm\"", svg, StringComparison.Ordinal); // 7 squares of 30 mm and half a square on each side
        double black = board.BlackRectangles.Sum(r => r.W * r.H), counted = 0;
        const double step = 0.0005;
        for (double x = -board.Width / 2 + step / 2; x < board.Width / 2; x += step)
            for (double y = -board.Height / 2 + step / 2; y < board.Height / 2; y += step)
                counted += board.IsBlack(x, y) ? step * step : 0;
        Assert.InRange(black / counted, 0.98, 1.02);
        Assert.True(board.IsBlack(-board.Width / 2 + 0.001, board.Height / 2 - 0.001)); // the top left square
    }

    [Fact]
    public void Boards_that_cannot_be_are_refused()
    {
        Assert.Throws<ArgumentException>(() => CalibrationBoard.Charuco(7, 5, 0.03, 0.031, "4x4"));
        Assert.Throws<ArgumentException>(() => CalibrationBoard.Charuco(2, 5, 0.03, 0.022, "4x4"));
        Assert.Throws<ArgumentException>(() => CalibrationBoard.Charuco(7, 5, 0.03, 0.022, "7x7"));
        Assert.Throws<ArgumentException>(() => CalibrationBoard.AprilTags(2, 2, 0.08, 0.001));
    }

    private static CalibrationBoard Board(string dictionary) => dictionary == MarkerDictionary.AprilTag
        ? CalibrationBoard.AprilTags(3, 2, 0.05, 0.02, firstId: 7)
        : CalibrationBoard.Charuco(7, 5, 0.03, 0.022, dictionary);
}
