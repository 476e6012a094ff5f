using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using RobotWorldModel.Runtime.Protocol;
using RobotWorldModel.WorldModel.Data;
using RobotWorldModel.WorldModel.Evaluation;
using RobotWorldModel.WorldModel.Training;
using Spectre.Console;

namespace RobotWorldModel.Runtime.Commands;

/// <summary>robot train: a world model from a folder of episodes.</summary>
internal static class TrainCommand
{
    public static Command Create()
    {
        var model = new Argument<string>("MODEL") { Description = "One of 'robot models list'" };
        var data = SharedOptions.Data();
        var run = new Option<string>("--out")
        {
            Description = "The run's folder: checkpoints, metrics.jsonl, TensorBoard events",
            Required = true,
            HelpName = "RUN",
        };
        var config = new Option<string?>("--config", "-c")
        {
            Description = "YAML or JSON that changes the model's settings",
            HelpName = "FILE",
        };
        var set = new Option<string[]>("--set")
        {
            Description = "Changes one setting: --set optimizer.learning_rate=1e-4 ('robot models show MODEL' has them all)",
            HelpName = "KEY=VALUE",
            AllowMultipleArgumentsPerToken = true,
            DefaultValueFactory = _ => [],
        };
        var resume = new Option<bool>("--resume")
        {
            Description = "Goes on with a run that was stopped or killed, from its last checkpoint",
        };
        var command = new Command(
            "train", "Learns a world model from recorded episodes. Ctrl-C keeps a checkpoint; --resume goes on from it.\n"
                + "Example:  robot train rssm-small --data data --out runs/first --set steps=2000")
        {
            model, data, run, config, set, resume,
        };
        command.SetAction((parsed, cancel) => Task.Run(() => Run(
            new RunFolder(parsed.GetValue(run)!), parsed.GetValue(data)!,
            () => Configured(parsed.GetValue(model)!, parsed.GetValue(config), parsed.GetValue(set)!), parsed.GetValue(resume), cancel)));
        return command;
    }

    /// <exception cref="RobotException">There is no such model.</exception>
    internal static Preset Preset(string name)
    {
        try
        {
            return Presets.Named(name);
        }
        catch (ArgumentException e)
        {
            throw new RobotException(ExitCode.Usage, e.Message);
        }
    }

    private static int Run(RunFolder run, string root, Func<TrainConfig> configured, bool resume, CancellationToken cancel)
    {
        if (!resume && run.Checkpoint is not null)
            throw new RobotException(ExitCode.Usage, $"{run.Path} has a run already: --resume goes on with it, another --out begins anew");
        TrainConfig config = configured();
        return Learning.Run(() =>
        {
            if (resume && File.Exists(run.ConfigFile) && run.ReadConfig().ToJson() is var before && before != config.ToJson())
                throw new RobotException(ExitCode.Config, $"{run.ConfigFile} differs from what is asked for: a run goes on with the "
                    + "settings that it began with. Give the same MODEL, --config and --set, or another --out.");
            Dataset data = Dataset.Open(root, config.Data, line => Console.Error.WriteLine($"robot: {line}"));
            using var trainer = new Trainer(config, data, run, resume);
            Tell(config, data, trainer, run);
            Train(trainer, config, cancel);
            LoaderReport loading = trainer.Loading;
            if (loading.Waits > 0)
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                    $"waited for data {loading.Waits} times, {loading.Waited.TotalSeconds:0.0} s in all, at most "
                    + $"{loading.LongestWait.TotalMilliseconds:0} ms: more workers help (--set workers=2)"));
            if (trainer.Step < config.Steps)
            {
                Console.WriteLine($"stopped after step {trainer.Step}: --resume goes on");
                return ExitCode.Interrupted;
            }
            Console.WriteLine($"done: {run.Path}. Next: robot evaluate {run.Path} --data {root}");
            return ExitCode.Done;
        });
    }

    private static void Tell(TrainConfig config, Dataset data, Trainer trainer, RunFolder run)
    {
        DatasetSummary s = data.Summary;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{config.Model}: {trainer.Parameters:N0} numbers to learn, on {config.Device}"));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"data: {s.Train} episodes to learn from, {s.Validation} to validate, {s.Hours:0.##} h at {s.RateHz:0.##} Hz, "
            + $"robot {s.Robot ?? "none"}"));
        Console.WriteLine($"sees {string.Join(", ", data.Modalities.Select(m => ShortName.OfModality(m.Name)))}; does {s.Actions}");
        Console.WriteLine($"run: {run.Path}{(trainer.Step > 0 ? $", goes on after step {trainer.Step}" : "")}");
    }

    private static void Train(Trainer trainer, TrainConfig config, CancellationToken cancel)
    {
        if (Console.IsOutputRedirected)
        {
            DateTime next = DateTime.MinValue;
            trainer.Run(progress =>
            {
                bool due = DateTime.UtcNow >= next || progress.Step == progress.Steps;
                if (!due && progress.Validation is null)
                    return;
                Console.WriteLine(Line(progress));
                next = DateTime.UtcNow.AddSeconds(10);
            }, cancel);
            return;
        }
        AnsiConsole.Progress().Columns(
            new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(),
            new RemainingTimeColumn()).Start(bars =>
            {
                ProgressTask bar = bars.AddTask("step", maxValue: config.Steps);
                bar.Value = trainer.Step;
                trainer.Run(progress =>
                {
                    bar.Value = progress.Step;
                    bar.Description = Markup.Escape(Line(progress));
                    if (progress.Validation is not null)
                        AnsiConsole.WriteLine(Line(progress));
                }, cancel);
            });
    }

    private static string Line(TrainProgress p)
    {
        string part = p.Numbers.TryGetValue("kl", out double kl) ? $"kl {kl.ToString("0.##", CultureInfo.InvariantCulture)}"
            : $"value {p.Numbers["imagined_return"].ToString("0.##", CultureInfo.InvariantCulture)}";
        string line = string.Create(CultureInfo.InvariantCulture,
            $"step {p.Step}/{p.Steps}  loss {p.Numbers["loss"]:0.####}  {part}  {p.StepsPerSecond:0.#} steps/s");
        return p.Validation is null ? line : line + string.Create(CultureInfo.InvariantCulture,
            $"  validation {p.Validation.Loss:0.####}{(p.IsBest ? " (best so far)" : "")}");
    }

    /// <summary>A preset with what a file and settings change.</summary>
    /// <exception cref="RobotException">There is no such model, file or setting.</exception>
    internal static TrainConfig Configured(string model, string? file, string[] settings)
    {
        TrainConfig config = Preset(model).Config;
        try
        {
            if (file is not null)
                config = config.With(YamlFile.Read(file));
            foreach (string setting in settings)
                config = config.Set(setting);
            return config;
        }
        catch (JsonException e)
        {
            throw new RobotException(ExitCode.Config, file is null ? e.Message : $"{file}: {e.Message}");
        }
    }
}
