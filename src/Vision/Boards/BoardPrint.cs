using System.Globalization;
using System.Text;

namespace RobotWorldModel.Vision.Boards;

/// <summary>
/// A board as an SVG drawing in millimetres: browsers and Inkscape print it at its true size ("100 %", not "fit to page").
/// </summary>
public static class BoardPrint
{
    private const double TextMm = 3.5;

    public static string ToSvg(CalibrationBoard board)
    {
        double margin = 1000 * board.Margin, width = 1000 * board.Width + 2 * margin, height = 1000 * board.Height + 2 * margin;
        var svg = new StringBuilder();
        svg.AppendLine(CultureInfo.InvariantCulture, $"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:0.###}mm\" "
            + $"height=\"{height + 2 * TextMm:0.###}mm\" viewBox=\"0 0 {width:0.###} {height + 2 * TextMm:0.###}\">");
        svg.AppendLine("<rect width=\"100%\" height=\"100%\" fill=\"white\"/>");
        svg.Append("<path fill=\"black\" shape-rendering=\"crispEdges\" d=\"");
        foreach (var (x, y, w, h) in board.BlackRectangles)
            svg.Append(CultureInfo.InvariantCulture,
                $"M{1000 * (x + board.Width / 2) + margin:0.####} {1000 * (board.Height / 2 - y - h) + margin:0.####}"
                + $"h{1000 * w:0.####}v{1000 * h:0.####}h{-1000 * w:0.####}z");
        svg.AppendLine("\"/>");
        svg.AppendLine(CultureInfo.InvariantCulture, $"<text x=\"{margin:0.###}\" y=\"{height + TextMm:0.###}\" font-size=\"{TextMm}\" "
            + $"font-family=\"sans-serif\">{board.Description}; the print is {1000 * board.Width:0.##} mm wide: measure it</text>");
        svg.AppendLine("</svg>");
        return svg.ToString();
    }
}
