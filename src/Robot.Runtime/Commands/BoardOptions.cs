using System.CommandLine;
using System.Globalization;
using RobotWorldModel.Runtime.Protocol;
using RobotWorldModel.Vision.Boards;

namespace RobotWorldModel.Runtime.Commands;

/// <summary>The options that say what board is used.</summary>
internal sealed class BoardOptions
{
    private readonly Option<string> _kind = new("--board")
    {
        Description = "charuco (a chessboard with markers) or apriltag (tags of tag36h11, one or several)",
        DefaultValueFactory = _ => BoardSpec.Charuco,
    };

    private readonly Option<string> _squares = Text("--squares", "ChArUco: squares across and down", "7x5", "NxM");
    private readonly Option<string> _square = Text("--square", "ChArUco: edge of a square, measured on the print", "30mm", "LENGTH");
    private readonly Option<string> _marker = Text("--marker", "ChArUco: edge of a marker", "22mm", "LENGTH");
    private readonly Option<string> _dictionary = Text("--dictionary", "ChArUco: 4x4, 5x5 or 6x6", "4x4", "NAME");
    private readonly Option<string> _tags = Text("--tags", "AprilTag: tags across and down", "1x1", "NxM");
    private readonly Option<string> _tag = Text("--tag", "AprilTag: edge of a tag's black border, as measured", "100mm", "LENGTH");
    private readonly Option<string> _gap = Text("--gap", "AprilTag: white between two tags", "20mm", "LENGTH");

    private readonly Option<int> _firstId = new("--first-id") { Description = "AprilTag: number of the first tag" };

    public BoardOptions() => _kind.AcceptOnlyFromAmong(BoardSpec.Charuco, BoardSpec.AprilTag);

    public IReadOnlyList<Option> All => [_kind, _squares, _square, _marker, _dictionary, _tags, _tag, _gap, _firstId];

    /// <exception cref="RobotException">A number is none, or the board cannot be (64).</exception>
    public (BoardSpec Spec, CalibrationBoard Board) Read(ParseResult parsed)
    {
        bool charuco = parsed.GetValue(_kind) == BoardSpec.Charuco;
        var (columns, rows) = Counts(parsed, charuco ? _squares : _tags);
        var spec = new BoardSpec(parsed.GetValue(_kind)!, columns, rows, Length(parsed, _square), Length(parsed, charuco ? _marker : _tag),
            Length(parsed, _gap), parsed.GetValue(_dictionary)!, parsed.GetValue(_firstId));
        try
        {
            return (spec, spec.ToBoard());
        }
        catch (ArgumentException e)
        {
            throw new RobotException(ExitCode.Usage, e.Message);
        }
    }

    private static Option<string> Text(string name, string description, string usual, string help) =>
        new(name) { Description = description, DefaultValueFactory = _ => usual, HelpName = help };

    private static (int Columns, int Rows) Counts(ParseResult parsed, Option<string> option)
    {
        string text = parsed.GetValue(option)!;
        return text.Split('x') is [var columns, var rows]
            && int.TryParse(columns, NumberStyles.None, CultureInfo.InvariantCulture, out int c)
            && int.TryParse(rows, NumberStyles.None, CultureInfo.InvariantCulture, out int r)
            ? (c, r)
            : throw new RobotException(ExitCode.Usage, $"{option.Name} '{text}' is not two numbers, as in 7x5");
    }

    /// <summary>30mm, 3cm, 0.03m or 0.03, in m.</summary>
    private static double Length(ParseResult parsed, Option<string> option)
    {
        string text = parsed.GetValue(option)!.Trim();
        var (number, unit) = text.EndsWith("mm", StringComparison.Ordinal) ? (text[..^2], 0.001)
            : text.EndsWith("cm", StringComparison.Ordinal) ? (text[..^2], 0.01)
            : text.EndsWith('m') ? (text[..^1], 1) : (text, 1);
        return double.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && value >= 0
            ? value * unit
            : throw new RobotException(ExitCode.Usage, $"{option.Name} '{text}' is no length, as in 30mm");
    }
}
