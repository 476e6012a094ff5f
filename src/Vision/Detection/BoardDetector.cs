using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Vision.Boards;
using RobotWorldModel.Vision.Solving;

namespace RobotWorldModel.Vision.Detection;

/// <summary>A corner of a board in a picture.</summary>
/// <param name="Board">Where it is on the board, board frame, m.</param>
/// <param name="U">Pixels from the first one's centre, to the right and down.</param>
public readonly record struct SeenCorner(Vec3 Board, double U, double V);

/// <summary>
/// Finds a board in pictures: its markers by libapriltag; of a ChArUco board the corners where squares meet, each refined to a fraction of
/// a pixel; of tags their own corners. Not thread-safe.
/// </summary>
public sealed class BoardDetector : IDisposable
{
    /// <summary>What finds the markers, as the loader looks for it.</summary>
    public const string Library = AprilTagLibrary.SystemLibrary;

    private const int SmallestWindow = 2, LargestWindow = 9;
    private readonly CalibrationBoard _board;
    private readonly MarkerDetector _markers;

    /// <exception cref="VisionException">libapriltag is not installed.</exception>
    public BoardDetector(CalibrationBoard board)
    {
        _board = board;
        _markers = new(board.Dictionary, board.Markers[0].Id, board.Markers.Count);
    }

    /// <summary>Whether boards can be found here. Null, or what is missing and what to do.</summary>
    public static string? WhyNot()
    {
        try
        {
            _ = new AprilTagLibrary();
            return null;
        }
        catch (VisionException e)
        {
            return e.Message;
        }
    }

    /// <summary>The board's corners that are seen; empty where it is not.</summary>
    public IReadOnlyList<SeenCorner> Find(GrayImage image)
    {
        var seen = Consistent(_markers.Detect(image.Pixels, image.Width, image.Height));
        return _board.ChessCorners.Count > 0 ? ChessCorners(image, seen) : TagCorners(seen);
    }

    public void Dispose() => _markers.Dispose();

    /// <summary>
    /// Each marker once, and none that the others say is elsewhere: something that looks like a marker, or one of another board.
    /// </summary>
    private List<(BoardMarker Marker, SeenMarker Seen)> Consistent(IReadOnlyList<SeenMarker> found)
    {
        int first = _board.Markers[0].Id;
        var list = found.GroupBy(s => s.Id).Where(g => g.Count() == 1).Select(g => (_board.Markers[g.Key - first], g.Single())).ToList();
        while (list.Count > 2)
        {
            var plane = Homography.Fit([.. list.SelectMany(Points)]);
            var (worst, off) = list.Select(m => (m, Off: Points(m).Max(p => Distance(plane, p)))).MaxBy(m => m.Off);
            double side = Math.Sqrt(Points(worst).Zip(Points(worst).Skip(1),
                (a, b) => (a.U - b.U) * (a.U - b.U) + (a.V - b.V) * (a.V - b.V)).Max());
            if (off < Math.Max(3, side / 5)) // a bent board and an uncorrected lens do less
                break;
            list.Remove(worst);
        }
        return list;
    }

    /// <summary>
    /// As libapriltag has them, from lines along the sides: looking for the corner in its own window is worse, for it is round.
    /// </summary>
    private static List<SeenCorner> TagCorners(List<(BoardMarker Marker, SeenMarker Seen)> seen) =>
        [.. seen.SelectMany(Points).Select(p => new SeenCorner(new(p.X, p.Y, 0), p.U, p.V))];

    /// <summary>Where the markers beside a corner, each a plane of its own, say that it is; then the corner that is there.</summary>
    private List<SeenCorner> ChessCorners(GrayImage image, List<(BoardMarker Marker, SeenMarker Seen)> seen)
    {
        var planes = seen.Select(m => (m.Marker, Plane: Homography.Fit([.. Points(m)]), Side: ShortestSide(m.Seen))).ToList();
        double square = 2 * _board.Margin, gap = (square - _board.Markers[0].Size) / 2;
        var corners = new List<SeenCorner>();
        foreach (Vec3 corner in _board.ChessCorners)
        {
            var beside = planes.Where(p => (p.Marker.Centre - corner).Length < 0.75 * square).ToList();
            if (beside.Count == 0)
                continue;
            double u = beside.Average(p => p.Plane.Map(corner.X, corner.Y).U), v = beside.Average(p => p.Plane.Map(corner.X, corner.Y).V);
            double pixelsPerMetre = beside.Min(p => p.Side / p.Marker.Size);
            int half = Math.Clamp((int)(gap * pixelsPerMetre * 1.1), SmallestWindow, LargestWindow);
            if (CornerRefiner.Refine(image, u, v, half) is var (x, y))
                corners.Add(new(corner, x, y));
        }
        return corners;
    }

    private static IEnumerable<(double X, double Y, double U, double V)> Points((BoardMarker Marker, SeenMarker Seen) m) =>
        m.Marker.Corners.Zip(m.Seen.Corners, (p, at) => (p.X, p.Y, at.X, at.Y));

    private static double ShortestSide(SeenMarker seen)
    {
        double shortest = double.MaxValue;
        for (int i = 0; i < 4; i++)
        {
            var (a, b) = (seen.Corners[i], seen.Corners[(i + 1) % 4]);
            shortest = Math.Min(shortest, Math.Sqrt((a.X - b.X) * (a.X - b.X) + (a.Y - b.Y) * (a.Y - b.Y)));
        }
        return shortest;
    }

    private static double Distance(Homography plane, (double X, double Y, double U, double V) p)
    {
        var (u, v) = plane.Map(p.X, p.Y);
        return Math.Sqrt((u - p.U) * (u - p.U) + (v - p.V) * (v - p.V));
    }
}
