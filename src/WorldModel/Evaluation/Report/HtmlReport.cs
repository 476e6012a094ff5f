using System.Globalization;
using System.Net;
using System.Text;
using RobotWorldModel.WorldModel.Data;
using RobotWorldModel.WorldModel.Metrics;
using RobotWorldModel.WorldModel.Training;

namespace RobotWorldModel.WorldModel.Evaluation.Report;

/// <summary>The evaluation as one HTML page: style, plots and pictures lie in it, and it asks no network for anything.</summary>
internal sealed class HtmlReport
{
    private readonly StringBuilder _html = new();
    private readonly EvaluationResult _result;
    private readonly ModelCard _card;
    private readonly IReadOnlyList<Example> _examples;

    private HtmlReport(EvaluationResult result, ModelCard card, IReadOnlyList<Example> examples) =>
        (_result, _card, _examples) = (result, card, examples);

    /// <summary>The page.</summary>
    public static string Of(EvaluationResult result, ModelCard card, IReadOnlyList<Example> examples)
    {
        var report = new HtmlReport(result, card, examples);
        report.Head();
        report.Errors();
        report.Pictures();
        report.Actions();
        report.Rewards();
        report.Divergence();
        report.Traces();
        report.Films();
        report.Card();
        return report._html.Append("</body></html>\n").ToString();
    }

    private void Head()
    {
        EvaluationSubject s = _result.Subject;
        string title = $"{s.Model} on {s.Data}";
        _html.Append("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>").Append(Text(title));
        _html.Append("</title><meta name=\"viewport\" content=\"width=device-width\"><style>\n").Append(ReportStyle.Css);
        _html.Append("</style></head><body><h1>").Append(Text(title)).Append("</h1>");
        string part = s.Part == "all" ? "all episodes" : $"the {s.Part} part";
        string data = !s.OwnData ? "not the data that the model learned from: the split is by the episodes' names"
            : s.Part is "train" or "all" ? "with episodes that the model learned from"
            : "episodes of its own data that the model did not learn from";
        Paragraph(string.Create(CultureInfo.InvariantCulture,
            $"{s.Windows} of {s.WindowsThere} windows in {s.Episodes} episodes, {part}: {data}. Of each window the model was shown "
                + $"{s.Context} steps of {s.StepSeconds:0.####} s, and imagined {s.Horizon} more from the actions that were taken."));
        foreach (string warning in _result.Warnings)
            _html.Append("<p class=\"warn\">").Append(Text(warning)).Append("</p>");
    }

    private void Errors()
    {
        Heading("Open-loop error");
        Paragraph("Root mean square error of what was imagined, beside predictions that know no actions: the last frame repeated, and its "
            + "change continued. The last column is the model's error as a share of the better of the two, at the last step: under 100 % "
            + "it knows something.", "soft");
        IReadOnlyList<int> steps = EvaluationResult.TableSteps;
        _html.Append("<div class=\"scroll\"><table><thead><tr><th></th><th>unit</th><th></th>");
        foreach (int step in steps)
            _html.Append(CultureInfo.InvariantCulture, $"<th class=\"number\">+{step}</th>");
        _html.Append("<th class=\"number\">of the better</th></tr></thead><tbody>");
        foreach (ErrorTable table in ErrorTable.Of(_result))
        {
            Row(table, "model", row => row.Model, table.Share);
            Row(table with { Name = "", FullName = "", Unit = "" }, "repeat last", row => row.RepeatLast, null);
            Row(table with { Name = "", FullName = "", Unit = "" }, "constant velocity", row => row.ConstantVelocity, null);
        }
        _html.Append("</tbody></table></div>");
        Plots(ErrorTable.Of(_result).Where(table => table.Rows.Count > 0).Select(table =>
            ReportPlots.Errors(table.Unit is "-" or "" ? table.Name : $"{table.Name}, {table.Unit}", table.Unit, table.Rows)));
    }

    private void Row(ErrorTable table, string who, Func<OpenLoopRow, StepError> of, double? share)
    {
        _html.Append("<tr>").Append(NameCell(table.Name, table.FullName)).Append("<td>").Append(Text(table.Unit));
        _html.Append("</td><td>").Append(who);
        _html.Append("</td>");
        foreach (int step in EvaluationResult.TableSteps)
            Cell(table.At(step) is { } row ? Number(of(row).Rmse) : "-");
        if (share is { } part)
            Cell(string.Create(CultureInfo.InvariantCulture, $"{100 * part:0} %"), part < 1 ? "good" : "bad");
        else
            Cell("");
        _html.Append("</tr>");
    }

    private void Pictures()
    {
        ModalityResult[] cameras = [.. _result.Modalities.Where(m => m.Pictures.Count > 0)];
        if (_result.Modalities.Any(m => m.Temporal is not null))
        {
            Heading("Temporal consistency");
            Paragraph("Mean norm of what imagined changes from step to step differ by from the real ones; of vectors normalised, of "
                + "pictures 0 … 1. A prediction that stands still has the size of the real changes.", "soft");
            Table(["", "model", "standing still"], _result.Modalities.Where(m => m.Temporal is not null)
                .Select(m => (string[])[ShortName.OfModality(m.Name), Number(m.Temporal!.Model), Number(m.Temporal.RepeatLast)]));
        }
        if (cameras.Length == 0)
            return;
        Heading("Pictures");
        Paragraph("PSNR with MAX = 1 and SSIM (Gaussian window of 11x11), each the mean over pictures of 0 … 1; depth as a share of the "
            + "farthest point seen in training.", "soft");
        Plots(cameras.SelectMany(m => (SvgPlot[])[ReportPlots.Psnr(m), ReportPlots.Ssim(m)]));
    }

    private void Actions()
    {
        if (_result.Actions is not { } actions)
            return;
        Heading("What predictions owe to the actions");
        Paragraph(string.Create(CultureInfo.InvariantCulture, $"The same windows imagined with the actions of another window (they differ "
            + $"by {actions.ActionsApart:0.###} root mean square, of -1 … 1). The ratio of both errors is over 1 where the model knows "
            + $"what actions do; at 1 it could as well have none. Of what no action changes, a goal for example, it is 1 too."), "soft");
        Table(["", "error with another's actions, to the true ones'", "predictions differ by (RMS)"], actions.Predictions.Select(p =>
            (string[])[ShortName.OfModality(p.Name), p.Ratio is { } ratio ? Number(ratio) : "-", Number(p.Apart)]));
        Plots(actions.Predictions.Select(ReportPlots.Dependence));
    }

    private void Rewards()
    {
        if (_result.Reward is not { } reward)
            return;
        Heading("Reward");
        Paragraph($"Rewards of all imagined steps in {reward.Calibration.Bins.Count} bins of equally many, by prediction. A planner looks "
            + "for the highest predictions: the rightmost points must lie on the line. Mean distance over bins: "
            + $"{Number(reward.Calibration.Error)}.", "soft");
        Plots([ReportPlots.Calibration(reward.Calibration)]);
    }

    private void Divergence()
    {
        Heading("How surprising what came was");
        Paragraph("KL divergence from the prior, what was expected, to the posterior, what was seen: with all before seen, and imagined "
            + "from step 0 on. The first step of a window is left out: everything is news there.", "soft");
        Plots([ReportPlots.Kl(_result.Kl, _result.Subject.Context)]);
    }

    private void Traces()
    {
        if (!_card.Data.Modalities.Any(m => m.Kind == ModalityKind.Vector))
            return;
        Heading("Imagined beside real");
        _html.Append("<div class=\"key\">").Append(Key("real", "real")).Append(Key("model", "imagined"));
        _html.Append("<span>dotted: the last step seen</span></div>");
        foreach (Example example in _examples)
            foreach (ExampleModality vector in example.Modalities.Where(m => m.Modality.Kind == ModalityKind.Vector))
            {
                Heading($"{ShortName.OfModality(vector.Modality.Name)}, {example.Origin.Episode} from frame {example.Origin.Frame}", 3);
                Plots(Enumerable.Range(0, vector.Modality.Size)
                    .Select(column => ReportPlots.Trace(example, vector, column, _result.Subject.StepSeconds)));
            }
    }

    private void Films()
    {
        if (!_card.Data.Modalities.Any(m => m.Kind != ModalityKind.Vector))
            return;
        Heading("Films, imagined beside real");
        Paragraph("Difference: absolute, black where equal. Depth is shown from 0, black, where nothing came back, to the farthest point "
            + "seen in training, white.", "soft");
        var strip = new FilmStrip();
        foreach (Example example in _examples)
            foreach (ExampleModality camera in example.Modalities.Where(m => m.Modality.Kind != ModalityKind.Vector))
                _html.Append(strip.Of(example, camera));
    }

    private void Card()
    {
        Heading("Model and data");
        DatasetSummary learned = _card.Data;
        Table(["", ""],
        [
            ["model", string.Create(
                CultureInfo.InvariantCulture, $"{_card.Config.Model}, {_card.Parameters:N0} numbers, step {_card.Step}")],
            ["saved", _card.Saved.ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture)],
            ["weights (SHA-256)", _card.Sha256],
            ["validation loss", _card.Validation is { } v ? Number(v.Loss) : "none"],
            ["learned from", string.Create(CultureInfo.InvariantCulture,
                $"{learned.Name}: {learned.Train} of {learned.Episodes} episodes, {learned.Hours:0.##} h, {learned.RateHz:0.##} Hz")],
            ["robot", learned.Robot ?? "none"],
            ["tasks", string.Join(", ", learned.Tasks.Select(t => $"{t.Key} ({t.Value})"))],
            ["actions", learned.Actions.ToString()],
            ["sees", string.Join(", ", learned.Modalities.Select(m => m.Name))],
            ["evaluated on", $"{_result.Subject.Data}, {_result.Subject.Part} (episodes' digest {_result.Subject.DataDigest[..12]})"],
        ]);
        _html.Append("<details><summary>All settings</summary><pre>").Append(Text(_card.Config.ToJson())).Append("</pre></details>");
    }

    private void Heading(string text, int level = 2) =>
        _html.Append(CultureInfo.InvariantCulture, $"<h{level}>{Text(text)}</h{level}>");

    private void Paragraph(string text, string style = "") =>
        _html.Append("<p").Append(style.Length > 0 ? $" class=\"{style}\">" : ">").Append(Text(text)).Append("</p>");

    private void Plots(IEnumerable<SvgPlot> plots)
    {
        _html.Append("<div class=\"plots\">");
        foreach (SvgPlot plot in plots)
            _html.Append(plot);
        _html.Append("</div>");
    }

    private void Table(string[] head, IEnumerable<string[]> rows)
    {
        _html.Append("<div class=\"scroll\"><table><thead><tr>");
        foreach (string cell in head)
            _html.Append("<th>").Append(Text(cell)).Append("</th>");
        _html.Append("</tr></thead><tbody>");
        foreach (string[] row in rows)
        {
            _html.Append("<tr>");
            foreach (string cell in row)
                _html.Append("<td>").Append(Text(cell)).Append("</td>");
            _html.Append("</tr>");
        }
        _html.Append("</tbody></table></div>");
    }

    // What was shortened is whole where the pointer rests on it.
    private static string NameCell(string name, string full) =>
        name == full ? $"<td>{Text(name)}</td>" : $"<td title=\"{Text(full)}\">{Text(name)}</td>";

    private void Cell(string text, string style = "") =>
        _html.Append("<td class=\"number ").Append(style).Append("\">").Append(Text(text)).Append("</td>");

    private static string Key(string style, string name) =>
        $"<span><svg width=\"22\" height=\"8\"><path class=\"line {style}\" d=\"M0 4L18 4\"/></svg>{name}</span>";

    private static string Text(string text) => WebUtility.HtmlEncode(text);

    private static string Number(double value) => ErrorTable.Number(value);
}
