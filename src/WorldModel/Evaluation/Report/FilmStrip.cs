using System.Globalization;
using System.Net;
using System.Text;
using RobotWorldModel.Collector.Codecs;
using RobotWorldModel.WorldModel.Data;

namespace RobotWorldModel.WorldModel.Evaluation.Report;

/// <summary>One camera of one window: rows of what came, what was imagined and what they differ by; all pictures lie in the page.</summary>
internal sealed class FilmStrip
{
    private readonly PngEncoder _png = new();
    private byte[] _rgb = [];

    /// <summary>Imagined steps that have a column, of those that a window has.</summary>
    public static IReadOnlyList<int> Steps { get; } = [1, 2, 3, 4, 6, 8, 10, 12, 14, 16];

    /// <summary>A figure with its pictures.</summary>
    public string Of(Example example, ExampleModality camera)
    {
        int[] steps = [.. Steps.Where(s => s <= example.Horizon)];
        int size = camera.Modality.Size;
        string name = $"{camera.Modality.Name}, {example.Origin.Episode} from frame {example.Origin.Frame}";
        var html = new StringBuilder("<figure><figcaption>").Append(WebUtility.HtmlEncode(name));
        html.Append("</figcaption><table class=\"film\"><thead><tr><th></th><th>last seen</th>");
        foreach (int step in steps)
            html.Append(CultureInfo.InvariantCulture, $"<th>+{step}</th>");
        html.Append("</tr></thead><tbody>");
        int last = example.Context - 1;
        Row("real", step => camera.Mask[last + step] == 0 ? default : camera.Frames.AsMemory((last + step) * size, size));
        Row("imagined", step => step == 0 ? default : camera.Imagined.AsMemory((step - 1) * size, size));
        Row("difference", step => step == 0 || camera.Mask[last + step] == 0 ? default : Difference(
            camera.Frames.AsSpan((last + step) * size, size), camera.Imagined.AsSpan((step - 1) * size, size)));
        return html.Append("</tbody></table></figure>").ToString();

        void Row(string what, Func<int, ReadOnlyMemory<float>> picture)
        {
            html.Append(CultureInfo.InvariantCulture, $"<tr><th>{what}</th>");
            foreach (int step in (int[])[0, .. steps])
            {
                html.Append("<td>");
                ReadOnlyMemory<float> values = picture(step);
                if (!values.IsEmpty)
                    Picture(html, camera.Modality, values.Span, $"{name}, {what}, step {step}");
                else if (what == "real" || step > 0)
                    html.Append("<span class=\"gap\">no picture</span>");
                html.Append("</td>");
            }
            html.Append("</tr>");
        }
    }

    private static float[] Difference(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        var apart = new float[a.Length];
        for (int i = 0; i < a.Length; i++)
            apart[i] = Math.Abs(a[i] - b[i]);
        return apart;
    }

    // Planes of 0 … 1, three of colour or one of depth, to bytes pixel by pixel.
    private void Picture(StringBuilder html, Modality modality, ReadOnlySpan<float> planes, string alternative)
    {
        int plane = modality.Side * modality.Side, channels = modality.Columns.Count;
        Array.Resize(ref _rgb, plane * 3);
        for (int i = 0; i < plane; i++)
            for (int c = 0; c < 3; c++)
                _rgb[i * 3 + c] = (byte)Math.Round(Math.Clamp(planes[Math.Min(c, channels - 1) * plane + i], 0, 1) * 255);
        html.Append("<img alt=\"").Append(WebUtility.HtmlEncode(alternative)).Append("\" src=\"data:image/png;base64,");
        html.Append(Convert.ToBase64String(_png.Encode(_rgb, modality.Side, modality.Side).Span)).Append("\">");
    }
}
