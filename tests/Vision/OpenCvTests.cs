using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Tests.Shared;
using RobotWorldModel.Vision.Boards;
using RobotWorldModel.Vision.Detection;

namespace RobotWorldModel.Vision.Tests;

/// <summary>Boards that others print, and what others find on them.</summary>
public sealed class OpenCvTests : IDisposable
{
    private const int Columns = 7, Rows = 5, Width = 800, Height = 600;
    private const double Square = 0.03;
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    // The sums are of the tables in js-aruco2 2.0.0 (dictionaries/aruco_4x4_1000.js …, apriltag_36h11.js), which are OpenCV's and
    // AprilTag's own: taken and compared on 2026-11-29.
    [Theory]
    [InlineData("4x4", 250, "c5e112cc71185a225911a6170a0eab309254353dff2a457f5b26f54bf021ea6c")]
    [InlineData("5x5", 250, "155fcbcdd4127f06f16ad9f9b841d5b337133538ab20e72050fcc764c3b3e8c5")]
    [InlineData("6x6", 250, "0987e11c64cc593bfffe160632d937c32522026187b1455b93327c7b3534f0e5")]
    [InlineData(MarkerDictionary.AprilTag, 587, "6b169a919fb72d9350b9e0fa02fcf89741b6cb51f3ce181298407f54cca1a474")]
    public void The_markers_are_those_of_other_programs(string dictionary, int count, string sha256)
    {
        var codes = MarkerDictionary.ByName(dictionary).Codes;
        Assert.Equal(count, codes.Count);
        byte[] text = Encoding.ASCII.GetBytes(string.Join(' ', codes.Select(c => c.ToString("x", CultureInfo.InvariantCulture))));
        Assert.Equal(sha256, Convert.ToHexStringLower(SHA256.HashData(text)));
    }

    [SkippableTheory]
    [InlineData("4x4")]
    [InlineData("5x5")]
    [InlineData("6x6")]
    public void On_a_board_that_opencv_draws_the_same_corners_are_found_as_opencv_finds(string dictionary)
    {
        Skip.IfNot(BoardDetectorTests.HasLibrary, BoardDetectorTests.NoLibrary);
        using var peer = new PythonPeer("charuco.py", $"{Columns}", $"{Rows}", dictionary, _folder["picture"]);
        string[] lines = peer.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Skip.If(lines is ["none"], "OpenCV is missing: apt-get install python3-opencv (106 MB, with Qt)");

        var board = CalibrationBoard.Charuco(Columns, Rows, Square, 0.022, dictionary);
        using var detector = new BoardDetector(board);
        var seen = detector.Find(new(Width, Height, File.ReadAllBytes(_folder["picture"])));
        Assert.Equal(board.ChessCorners.Count, lines.Length);
        Assert.Equal(lines.Length, seen.Count);
        foreach (string line in lines)
        {
            double[] theirs = [.. line.Split(' ').Select(v => double.Parse(v, CultureInfo.InvariantCulture))];
            Vec3 place = new(theirs[0] * Square - board.Width / 2, board.Height / 2 - theirs[1] * Square, 0);
            var ours = Assert.Single(seen, s => (s.Board - place).Length < 1e-6);
            Assert.InRange(Math.Max(Math.Abs(ours.U - theirs[2]), Math.Abs(ours.V - theirs[3])), 0, 0.1); // pixels
        }
    }
}
