using RobotWorldModel.Drivers.Geometry;

namespace RobotWorldModel.Vision.Boards;

/// <summary>A marker on a board.</summary>
/// <param name="Centre">Board frame, m.</param>
/// <param name="Size">Edge of its black border, m.</param>
public sealed record BoardMarker(int Id, Vec3 Centre, double Size)
{
    /// <summary>Top left, top right, bottom right, bottom left, as printed.</summary>
    public IReadOnlyList<Vec3> Corners { get; } =
    [
        Centre + Size / 2 * new Vec3(-1, 1, 0), Centre + Size / 2 * new Vec3(1, 1, 0),
        Centre + Size / 2 * new Vec3(1, -1, 0), Centre + Size / 2 * new Vec3(-1, -1, 0),
    ];
}

/// <summary>
/// A flat board to calibrate cameras with, printed black on white. Its frame lies in the middle of the print: x to the right, y up, z out
/// of the paper towards whoever looks at it.
/// </summary>
public sealed class CalibrationBoard
{
    private const int MostSquares = 40;

    private readonly BlackCells _black;

    /// <param name="between">Whether what lies between the markers is black, by the place to the right of and below the top left corner.
    /// </param>
    private CalibrationBoard(
        string description, MarkerDictionary dictionary, double width, double height, double margin, IReadOnlyList<BoardMarker> markers,
        IReadOnlyList<Vec3> chessCorners, Func<double, double, bool> between)
    {
        (Description, Dictionary, Width, Height, Margin) = (description, dictionary, width, height, margin);
        (Markers, ChessCorners) = (markers, chessCorners);
        int cells = dictionary.CellsWithBorder;
        _black = new(
            [-width / 2, width / 2, .. chessCorners.Select(c => c.X), .. markers.SelectMany(m => LinesOf(m.Centre.X, m.Size, cells))],
            [-height / 2, height / 2, .. chessCorners.Select(c => c.Y), .. markers.SelectMany(m => LinesOf(m.Centre.Y, m.Size, cells))],
            (x, y) => OfMarker(x, y) ?? between(x + width / 2, height / 2 - y));
    }

    /// <summary>ChArUco, 7 x 5 squares of 30 mm …</summary>
    public string Description { get; }

    public MarkerDictionary Dictionary { get; }

    /// <summary>From edge to edge of what is printed, m.</summary>
    public double Width { get; }

    public double Height { get; }

    /// <summary>White that must stay around the print, m.</summary>
    public double Margin { get; }

    public IReadOnlyList<BoardMarker> Markers { get; }

    /// <summary>Where four squares meet, row by row from the top left; empty on a board of tags alone.</summary>
    public IReadOnlyList<Vec3> ChessCorners { get; }

    /// <summary>
    /// A chessboard with a marker in each white square, counted row by row from the top left, whose own square is black: as OpenCV draws
    /// it from 4.7 on (before, a board of an even number of rows began with a white square).
    /// </summary>
    /// <exception cref="ArgumentException">Sizes that make no such board; says which.</exception>
    public static CalibrationBoard Charuco(int columns, int rows, double square, double marker, string dictionary)
    {
        var markers = MarkerDictionary.ByName(dictionary);
        if (dictionary == MarkerDictionary.AprilTag)
            throw new ArgumentException("a ChArUco board has markers of 4x4, 5x5 or 6x6");
        if (columns is < 3 or > MostSquares || rows is < 3 or > MostSquares || columns * rows / 2 > markers.Codes.Count)
            throw new ArgumentException($"{columns} x {rows} squares: 3 to {MostSquares} each way and "
                + $"{2 * markers.Codes.Count} in all are allowed");
        if (!(square is >= 0.002 and <= 1 && marker > 0.3 * square && marker < 0.95 * square))
            throw new ArgumentException($"squares of {square} m with markers of {marker} m: "
                + "a square has 2 mm to 1 m, its marker 0.3 to 0.95 of that");
        var list = new List<BoardMarker>();
        for (int y = 0; y < rows; y++)
            for (int x = 0; x < columns; x++)
                if ((x + y) % 2 != 0)
                    list.Add(new(list.Count, Place(x + 0.5, y + 0.5), marker));
        var corners = new List<Vec3>();
        for (int y = 1; y < rows; y++)
            for (int x = 1; x < columns; x++)
                corners.Add(Place(x, y));
        return new($"ChArUco, {columns} x {rows} squares of {1000 * square:0.###} mm, {dictionary} markers of {1000 * marker:0.###} mm",
            markers, columns * square, rows * square, square / 2, list, corners,
            (x, y) => ((int)Math.Floor(x / square) + (int)Math.Floor(y / square)) % 2 == 0);

        Vec3 Place(double x, double y) => new((x - columns / 2.0) * square, (rows / 2.0 - y) * square, 0);
    }

    /// <summary>AprilTags (tag36h11) side by side, row by row from the top left; one alone is a board, too.</summary>
    /// <param name="tag">Edge of the black border, m.</param>
    /// <param name="gap">White between two, m.</param>
    /// <param name="firstId">Of the top left; the others count on from it.</param>
    /// <exception cref="ArgumentException">Sizes that make no such board; says which.</exception>
    public static CalibrationBoard AprilTags(int columns, int rows, double tag, double gap, int firstId = 0)
    {
        var markers = MarkerDictionary.ByName(MarkerDictionary.AprilTag);
        if (columns is < 1 or > MostSquares || rows is < 1 or > MostSquares || firstId < 0
            || firstId + columns * rows > markers.Codes.Count)
            throw new ArgumentException($"{columns} x {rows} tags from {firstId}: 1 to {MostSquares} each way and "
                + $"numbers below {markers.Codes.Count} are allowed");
        double cell = tag / markers.CellsWithBorder;
        if (!(tag is >= 0.005 and <= 2 && (gap >= cell || columns * rows == 1)))
            throw new ArgumentException($"tags of {tag} m with gaps of {gap} m: a tag has 5 mm to 2 m, a gap at least an eighth of that");
        var list = new List<BoardMarker>();
        double pitch = tag + gap, width = columns * pitch - gap, height = rows * pitch - gap;
        for (int y = 0; y < rows; y++)
            for (int x = 0; x < columns; x++)
                list.Add(new(firstId + list.Count, new(x * pitch + tag / 2 - width / 2, height / 2 - y * pitch - tag / 2, 0), tag));
        return new($"AprilTag, {columns} x {rows} tags {MarkerDictionary.AprilTag} of {1000 * tag:0.###} mm, from number {firstId}, "
            + $"{1000 * gap:0.###} mm apart", markers, width, height, cell, list, [], (_, _) => false);
    }

    /// <summary>Whether a place of the board's plane is printed black; board frame, m. Outside of the print all is white.</summary>
    public bool IsBlack(double x, double y) => _black.At(x, y);

    /// <summary>Rectangles that make up all that is black: left, bottom, width and height, board frame, m.</summary>
    public IEnumerable<(double X, double Y, double W, double H)> BlackRectangles => _black.Runs();

    private static IEnumerable<double> LinesOf(double centre, double size, int cells) =>
        Enumerable.Range(0, cells + 1).Select(i => centre + size * ((double)i / cells - 0.5));

    /// <summary>Null between the markers.</summary>
    private bool? OfMarker(double x, double y)
    {
        foreach (var marker in Markers)
        {
            double cell = marker.Size / Dictionary.CellsWithBorder;
            double mx = (x - marker.Centre.X + marker.Size / 2) / cell, my = (marker.Centre.Y + marker.Size / 2 - y) / cell;
            if (mx >= 0 && my >= 0 && mx < Dictionary.CellsWithBorder && my < Dictionary.CellsWithBorder)
                return !Dictionary.IsWhite(marker.Id, (int)mx - 1, (int)my - 1);
        }
        return null;
    }
}
