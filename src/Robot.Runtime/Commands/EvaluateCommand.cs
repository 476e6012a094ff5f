using System.CommandLine;
using System.Globalization;
using RobotWorldModel.Runtime.Protocol;
using RobotWorldModel.WorldModel.Data;
using RobotWorldModel.WorldModel.Evaluation;
using RobotWorldModel.WorldModel.Metrics;
using RobotWorldModel.WorldModel.Training;
using Spectre.Console;

namespace RobotWorldModel.Runtime.Commands;

/// <summary>robot evaluate: how well a model imagines what then came.</summary>
internal static class EvaluateCommand
{
    private const string All = "all";

    public static Command Create()
    {
        var run = new Argument<string>("RUN") { Description = "Folder of a run (its best model) or of a model" };
        var data = SharedOptions.Data();
        var part = new Option<string>("--part")
        {
            Description = "Which episodes, by the model's own split",
            HelpName = "PART",
            DefaultValueFactory = _ => "validation",
        };
        part.AcceptOnlyFromAmong("validation", "test", "train", All);
        var output = new Option<string?>("--out")
        {
            Description = "Where report.html and evaluation.json go; RUN/evaluation if not given",
            HelpName = "FOLDER",
        };
        var windows = new Option<int>("--windows")
        {
            Description = "Windows to look at, at most, spread over the episodes",
            HelpName = "N",
            DefaultValueFactory = _ => new EvaluationOptions().Windows,
        };
        var json = new Option<bool>("--json") { Description = "Prints all numbers as JSON, and nothing else" };
        var command = new Command(
            "evaluate", "Shows a world model the beginning of recorded windows, lets it imagine the rest from the actions that were\n"
                + "taken, and compares that with what came: errors at 1, 4, 8 and 16 steps beside the last frame repeated and its\n"
                + "change continued, and whether what it predicts depends on the actions at all. A page with plots and films:\n"
                + "report.html.\n"
                + "Example:  robot evaluate runs/first --data data")
        {
            run, data, part, output, windows, json,
        };
        command.SetAction((parsed, cancel) => Task.Run(() => Run(
            parsed.GetValue(run)!, parsed.GetValue(data)!, new EvaluationOptions
            {
                Part = parsed.GetValue(part) is All ? null : Enum.Parse<DataPart>(parsed.GetValue(part)!, ignoreCase: true),
                Windows = parsed.GetValue(windows),
            }, parsed.GetValue(output), parsed.GetValue(json), cancel)));
        return command;
    }

    private static int Run(string run, string root, EvaluationOptions options, string? output, bool json, CancellationToken cancel)
    {
        (ModelCard card, string weights) = Open(run);
        string folder = output ?? Path.Combine(run, EvaluationReport.Folder);
        return Learning.Run(() =>
        {
            EvaluationReport report = Evaluate(card, weights, root, options, cancel);
            report.Save(folder);
            if (json)
                Console.WriteLine(report.Result.ToJson());
            else
                Tell(report.Result, Path.Combine(folder, EvaluationReport.ReportFile));
            return ExitCode.Done;
        });
    }

    private static (ModelCard Card, string Weights) Open(string run)
    {
        try
        {
            return ModelCard.Open(run);
        }
        catch (InvalidDataException e)
        {
            throw new RobotException(ExitCode.Usage, e.Message);
        }
    }

    // What is said on the way goes to the error stream: --json leaves the output to its numbers.
    private static EvaluationReport Evaluate(
        ModelCard card, string weights, string root, EvaluationOptions options, CancellationToken cancel)
    {
        EvaluationReport Evaluated(Action<int, int> progress) => Evaluator.Run(
            card, weights, root, options, line => Console.Error.WriteLine($"robot: {line}"), progress, cancel);
        if (Console.IsErrorRedirected || Console.IsOutputRedirected)
            return Evaluated((_, _) => { });
        return AnsiConsole.Progress().AutoClear(true)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
            .Start(bars =>
            {
                ProgressTask bar = bars.AddTask("windows");
                return Evaluated((done, all) => (bar.MaxValue, bar.Value) = (all, done));
            });
    }

    private static void Tell(EvaluationResult result, string report)
    {
        EvaluationSubject s = result.Subject;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{s.Model} after {s.Step} steps, on {s.Windows} of {s.WindowsThere} windows in {s.Episodes} episodes of {s.Data} ({s.Part}): "
                + $"{s.Context} steps shown, {s.Horizon} of {s.StepSeconds:0.####} s imagined"));
        Table table = new Table().Border(TableBorder.None).AddColumns("RMSE", "unit", "");
        foreach (int step in EvaluationResult.TableSteps)
            table.AddColumn(new TableColumn($"+{step}").RightAligned());
        foreach (ErrorTable errors in ErrorTable.Of(result))
        {
            Row(table, errors, errors.Name, errors.Unit, "model", row => row.Model);
            Row(table, errors, "", "", "repeat last", row => row.RepeatLast);
            Row(table, errors, "", "", "constant velocity", row => row.ConstantVelocity);
        }
        AnsiConsole.Write(table);
        foreach (ModalityResult m in result.Modalities.Where(m => m.Pictures.Count > 0))
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{ShortName.OfModality(m.Name)}: PSNR {m.Pictures[^1].Psnr:0.0} dB of 1, "
                    + $"SSIM {m.Pictures[^1].Ssim:0.000} at +{m.Pictures[^1].Step}; "
                    + $"repeat last {m.Pictures[^1].PsnrRepeatLast:0.0} dB, {m.Pictures[^1].SsimRepeatLast:0.000}"));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"KL {result.Kl.OneStep.Skip(s.Context).Average():0.##} nats one step ahead, "
                + $"{result.Kl.Imagined[^1]:0.##} imagined to +{s.Horizon}"));
        if (result.Actions is { } actions)
            Console.WriteLine("error with another window's actions, to that with the true ones: "
                + string.Join(", ", actions.Predictions.Select(
                    p => $"{ShortName.OfModality(p.Name)} {(p.Ratio is { } r ? ErrorTable.Number(r) : "-")}")));
        foreach (string warning in result.Warnings)
            Console.WriteLine($"warning: {warning}");
        Console.WriteLine($"report: {report}");
    }

    private static void Row(Table table, ErrorTable errors, string name, string unit, string who, Func<OpenLoopRow, StepError> of) =>
        table.AddRow([.. ((string[])[name, unit, who]).Select(Markup.Escape), .. EvaluationResult.TableSteps.Select(step =>
            errors.At(step) is { } row ? ErrorTable.Number(of(row).Rmse) : "-")]);
}
