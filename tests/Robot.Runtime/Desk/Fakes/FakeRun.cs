using System.Globalization;
using RobotWorldModel.WorldModel.Evaluation;
using RobotWorldModel.WorldModel.Metrics;
using RobotWorldModel.WorldModel.Training;

namespace RobotWorldModel.Runtime.Tests.Desk.Fakes;

/// <summary>Files of a training run, as a trainer leaves them while it learns.</summary>
internal static class FakeRun
{
    /// <summary>A run of so many steps, validated each 100; the loss of step k is 100 / k.</summary>
    public static string Write(string root, string id, int step, int steps = 1000)
    {
        string folder = Path.Combine(root, id);
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "config.json"), (Presets.Named("rssm-small").Config with { Steps = steps }).ToJson());
        File.WriteAllLines(Path.Combine(folder, "metrics.jsonl"), Enumerable.Range(1, step).Select(Line));
        return folder;
    }

    public static string Line(int step) => string.Create(CultureInfo.InvariantCulture,
        $$"""{"step":{{step}},"reward":{{1.0 / step}},"kl":2.5,"loss":{{100.0 / step}},"gradient_norm":3,"learning_rate":1e-3""")
        + (step % 100 == 0 ? string.Create(CultureInfo.InvariantCulture, $$""","validation_loss":{{200.0 / step}}}""") : "}");

    public static void Tell(string folder, RunPhase phase, int step, long processStart, string message = "") => File.WriteAllText(
        Path.Combine(folder, "progress.json"), new RunProgress
        {
            Phase = phase,
            Step = step,
            Steps = 1000,
            StepsPerSecond = 8,
            Started = DateTime.UtcNow,
            Updated = DateTime.UtcNow,
            Process = Environment.ProcessId,
            ProcessStart = processStart,
            Message = message,
        }.ToJson());

    /// <summary>This process's: a run of it is alive.</summary>
    public static long OwnStart { get; } = RunProgress.StartOf(Environment.ProcessId);

    public static void Evaluate(string folder)
    {
        StepError Error(double rmse) => new(rmse / 2, rmse);
        OpenLoopRow[] rows = [.. Enumerable.Range(1, 16).Select(
            k => new OpenLoopRow(k, 10, Error(0.01 * k), Error(0.1 * k), Error(0.02 * k * k)))];
        new EvaluationReport(new EvaluationResult
        {
            Subject = new EvaluationSubject
            {
                Model = "rssm-small",
                Step = 1000,
                Sha256 = "",
                Data = "data",
                DataDigest = "",
                OwnData = true,
                Part = "validation",
                Episodes = 4,
                Windows = 16,
                WindowsThere = 16,
                Context = 5,
                Horizon = 16,
                StepSeconds = 0.04,
            },
            Modalities =
            [
                new ModalityResult
                {
                    Name = "task:cos,sin,speed", Kind = "vector", LeftOut = 0, Normalised = rows, Units = [], Pictures = [],
                    Temporal = null,
                },
            ],
            Reward = null,
            Kl = new([], []),
            Actions = null,
            Warnings = [],
        }, "<!doctype html><title>report</title>").Save(Path.Combine(folder, EvaluationReport.Folder));
    }
}
