namespace RobotWorldModel.Vision.Boards;

/// <summary>What a person says of a board: enough to print it, to find it, and to write it down.</summary>
/// <param name="Kind">charuco or apriltag.</param>
/// <param name="Columns">Of squares, or of tags.</param>
/// <param name="Square">Edge of a square, m; of a ChArUco board.</param>
/// <param name="Marker">Edge of a marker's or a tag's black border, m.</param>
/// <param name="Gap">White between two tags, m.</param>
/// <param name="Dictionary">Of a ChArUco board's markers.</param>
/// <param name="FirstId">Of the tags.</param>
public sealed record BoardSpec(
    string Kind, int Columns, int Rows, double Square, double Marker, double Gap, string Dictionary, int FirstId = 0)
{
    public const string Charuco = "charuco", AprilTag = "apriltag";

    /// <exception cref="ArgumentException">Such a board cannot be; says why.</exception>
    public CalibrationBoard ToBoard() => Kind switch
    {
        Charuco => CalibrationBoard.Charuco(Columns, Rows, Square, Marker, Dictionary),
        AprilTag => CalibrationBoard.AprilTags(Columns, Rows, Marker, Gap, FirstId),
        _ => throw new ArgumentException($"'{Kind}' is no kind of board; use {Charuco} or {AprilTag}"),
    };
}
