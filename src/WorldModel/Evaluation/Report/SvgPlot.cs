using System.Globalization;
using System.Net;
using System.Text;

namespace RobotWorldModel.WorldModel.Evaluation.Report;

/// <summary>A line of a plot; breaks where y is no number.</summary>
/// <param name="Style">Class of the page's style sheet: real, model, repeat, velocity, other.</param>
/// <param name="Dots">Whether points are marked.</param>
internal sealed record PlotLine(string Name, string Style, IReadOnlyList<(double X, double Y)> Points, bool Dots = false)
{
    public bool IsDrawn => Points.Any(p => double.IsFinite(p.Y));
}

/// <summary>A line plot as inline SVG. Its colours are the page's, so that light and dark are its too.</summary>
internal sealed record SvgPlot(string Title, string X, string Y)
{
    private const int Left = 56, Right = 12, Bottom = 38, LegendLetter = 7, LegendSample = 24;

    public int Width { get; init; } = 430;

    public int Height { get; init; } = 250;

    /// <summary>Whether the y axis begins at 0: where a length means an amount.</summary>
    public bool FromZero { get; init; } = true;

    /// <summary>Whether both axes have the same range, with a line where y is x.</summary>
    public bool Diagonal { get; init; }

    public bool Legend { get; init; } = true;

    /// <summary>A vertical line, where imagining begins.</summary>
    public double? Mark { get; init; }

    public required IReadOnlyList<PlotLine> Lines { get; init; }

    /// <summary>The element; a line of text where there is nothing to draw.</summary>
    public override string ToString()
    {
        (double X, double Y)[] points = [.. Lines.SelectMany(line => line.Points).Where(p => double.IsFinite(p.Y))];
        if (points.Length == 0)
            return $"<p class=\"none\">{WebUtility.HtmlEncode(Title)}: nothing was observed.</p>";
        Axis x = Axis.Over(points.Select(p => p.X), fromZero: false, tight: true, count: Width / 80);
        Axis y = Axis.Over(points.Select(p => p.Y), FromZero, tight: false, count: Height / 45);
        if (Diagonal)
            x = y = Axis.Over(points.Select(p => p.X).Concat(points.Select(p => p.Y)), fromZero: false, tight: false, count: Height / 45);
        var svg = new StringBuilder();
        int top = Legend ? 44 : 26;
        var frame = new Frame(x, y, Left, top, Width - Right, Height - Bottom);
        svg.Append(CultureInfo.InvariantCulture, $"<svg viewBox=\"0 0 {Width} {Height}\" width=\"{Width}\" role=\"img\">");
        svg.Append(CultureInfo.InvariantCulture, $"<title>{WebUtility.HtmlEncode(Title)}</title>");
        Text(svg, Left, 16, "title", Title);
        Grid(svg, frame);
        if (Legend)
            Names(svg);
        if (Mark is { } mark)
            Segment(svg, "mark", frame.X(mark), frame.Top, frame.X(mark), frame.Bottom);
        if (Diagonal)
            Segment(svg, "mark", frame.X(x.From), frame.Y(x.From), frame.X(x.To), frame.Y(x.To));
        foreach (PlotLine line in Lines.Where(line => line.IsDrawn))
            Draw(svg, frame, line);
        return svg.Append("</svg>").ToString();
    }

    private void Grid(StringBuilder svg, Frame frame)
    {
        foreach (double tick in frame.YAxis.Ticks())
        {
            Segment(svg, "grid", frame.Left, frame.Y(tick), frame.Right, frame.Y(tick));
            Text(svg, frame.Left - 6, frame.Y(tick) + 4, "tick end", frame.YAxis.Label(tick));
        }
        foreach (double tick in frame.XAxis.Ticks())
            Text(svg, frame.X(tick), frame.Bottom + 15, "tick middle", frame.XAxis.Label(tick));
        Segment(svg, "axis", frame.Left, frame.Bottom, frame.Right, frame.Bottom);
        Text(svg, (frame.Left + frame.Right) / 2, Height - 6, "label middle", X);
        double middle = (frame.Top + frame.Bottom) / 2;
        svg.Append(CultureInfo.InvariantCulture, $"<text class=\"label middle\" transform=\"translate(12 {middle:0.#}) rotate(-90)\">");
        svg.Append(WebUtility.HtmlEncode(Y)).Append("</text>");
    }

    private void Names(StringBuilder svg)
    {
        double at = Left;
        foreach (PlotLine line in Lines)
        {
            string name = line.IsDrawn ? line.Name : $"{line.Name}: above";
            Segment(svg, $"line {line.Style}", at, 31, at + 18, 31);
            Text(svg, at + LegendSample, 35, "legend", name);
            at += LegendSample + 12 + LegendLetter * name.Length;
        }
    }

    private static void Draw(StringBuilder svg, Frame frame, PlotLine line)
    {
        svg.Append(CultureInfo.InvariantCulture, $"<path class=\"line {line.Style}\" d=\"");
        bool pen = false;
        foreach ((double x, double y) in line.Points)
        {
            if (double.IsFinite(y))
                svg.Append(CultureInfo.InvariantCulture, $"{(pen ? 'L' : 'M')}{frame.X(x):0.#} {frame.Y(y):0.#}");
            pen = double.IsFinite(y);
        }
        svg.Append("\"/>");
        foreach ((double x, double y) in line.Points)
            if (line.Dots && double.IsFinite(y))
                svg.Append(CultureInfo.InvariantCulture,
                    $"<circle class=\"dot {line.Style}\" cx=\"{frame.X(x):0.#}\" cy=\"{frame.Y(y):0.#}\" r=\"3\"/>");
    }

    private static void Text(StringBuilder svg, double x, double y, string style, string text) =>
        svg.Append(CultureInfo.InvariantCulture, $"<text class=\"{style}\" x=\"{x:0.#}\" y=\"{y:0.#}\">")
            .Append(WebUtility.HtmlEncode(text)).Append("</text>");

    private static void Segment(StringBuilder svg, string style, double x1, double y1, double x2, double y2) =>
        svg.Append(CultureInfo.InvariantCulture, $"<path class=\"{style}\" d=\"M{x1:0.#} {y1:0.#}L{x2:0.#} {y2:0.#}\"/>");

    private sealed record Frame(Axis XAxis, Axis YAxis, double Left, double Top, double Right, double Bottom)
    {
        public double X(double value) => Left + XAxis.Share(value) * (Right - Left);

        public double Y(double value) => Bottom - YAxis.Share(value) * (Bottom - Top);
    }
}

/// <summary>A range of numbers with ticks at 1, 2 or 5 times a power of ten.</summary>
internal sealed record Axis(double From, double To, double Step)
{
    public static Axis Over(IEnumerable<double> values, bool fromZero, bool tight, int count)
    {
        double[] all = [.. values];
        double from = fromZero ? Math.Min(0, all.Min()) : all.Min(), to = all.Max();
        if (to - from <= 1e-6 * Math.Max(Math.Abs(from), Math.Abs(to))) // one value: a range around it, not the noise of rounding
            (from, to) = (from - Math.Max(0.5, Math.Abs(from) / 2), to + Math.Max(0.5, Math.Abs(to) / 2));
        double rough = (to - from) / Math.Max(2, count), power = Math.Pow(10, Math.Floor(Math.Log10(rough)));
        double step = power * (rough / power is var r && r <= 1 ? 1 : r <= 2 ? 2 : r <= 5 ? 5 : 10);
        return tight ? new(from, to, step) : new(Math.Floor(from / step) * step, Math.Ceiling(to / step) * step, step);
    }

    public double Share(double value) => (value - From) / (To - From);

    public IEnumerable<double> Ticks()
    {
        for (double k = Math.Ceiling(From / Step - 1e-9); k * Step <= To + 1e-9 * Step; k++)
            yield return k * Step;
    }

    public string Label(double tick) => Math.Abs(tick) < Step / 2
        ? "0" : tick.ToString(Math.Abs(tick) is >= 1e5 or < 1e-3 ? "0.##e0" : "0.#####", CultureInfo.InvariantCulture);
}
