using System.Diagnostics;
using RobotWorldModel.Planner.Planners;
using RobotWorldModel.Runtime.Commands;
using RobotWorldModel.Runtime.Simulate;
using RobotWorldModel.WorldModel.Data;
using RobotWorldModel.WorldModel.Training;

namespace RobotWorldModel.Bench;

/// <summary>
/// Episodes, training and planning in what was learned, beside planning in the true dynamics with the same budget from the same starts,
/// and beside what was published.
/// </summary>
internal static class LearnedControlBench
{
    private const ulong NoiseSeed = 0, PlannedSeed = 1000, StartSeed = 10_000;
    private const double ExplorationStd = 0.3;

    /// <param name="Task">Of <see cref="SimulatedTask"/>.</param>
    /// <param name="Published">Returns of others, and whose.</param>
    /// <param name="Apart">Whether the number to beat is an absolute distance to the true dynamics; else a share of them.</param>
    /// <param name="Goal">The number to beat; null where it is what the value adds.</param>
    /// <param name="Planned">Episodes of CEM in the true dynamics.</param>
    private sealed record Row(string Task, (string Whose, double Return)[] Published, bool Apart, double? Goal, int Planned = 100);

    // rl-baselines3-zoo; Hafner et al. 2019 (PlaNet); Hansen et al. 2024 (TD-MPC2).
    private static readonly Row[] s_rows =
    [
        new("pendulum-v1", [("TD3", -151.9), ("SAC", -157.0), ("A2C", -163), ("PPO", -172.2)], Apart: true, 15),
        new("cartpole-swingup", [("PlaNet", 821), ("PlaNet's planner in the true simulator", 850), ("TD-MPC2 at 100k steps", 839)],
            Apart: false, 0.90),
        new("pendulum-swingup", [], Apart: false, null, Planned: 50), // each looks far ahead, and takes as long as ten of the others
    ];

    /// <param name="task">One alone; null for all.</param>
    /// <param name="folder">Where data and runs are kept, and found again; null: they are removed.</param>
    /// <param name="quick">Too little of everything: to see that it works.</param>
    /// <param name="asItIs">Runs that are in the folder learn no further, however far they are.</param>
    public static void Run(Results results, string? task, string? folder, bool quick, bool asItIs, CancellationToken cancel)
    {
        string work = folder ?? Directory.CreateTempSubdirectory("rwm-control-").FullName;
        try
        {
            if (quick)
                results.Note("quick: 4 episodes, 20 steps, 2 starts; the numbers say nothing");
            else
                results.Note("learned offline from 100 episodes of coloured noise and 100 (pendulum-swingup: 50) of CEM in the true "
                    + "dynamics with action noise of 0.3; returns are means over 50 starts, seeds 10000 to 10049, the same for every row "
                    + "of ours");
            foreach (Row row in s_rows.Where(r => task is null || r.Task == task))
                Measure(results, row, Path.Combine(work, row.Task), quick, asItIs, cancel);
        }
        finally
        {
            if (folder is null)
                Directory.Delete(work, recursive: true);
        }
    }

    private static void Measure(Results results, Row row, string work, bool quick, bool asItIs, CancellationToken cancel)
    {
        SimulatedTask task = SimulatedTask.Named(row.Task);
        (string data, string run) = (Path.Combine(work, "data"), Path.Combine(work, "run"));
        int noisy = quick ? 2 : 100, shown = quick ? 2 : row.Planned, starts = quick ? 2 : 50;
        CemOptions teacher = quick ? task.Teacher with { Horizon = Math.Min(task.Teacher.Horizon, 20) } : task.Teacher;
        bool begins = !Directory.Exists(data); // else minutes are not those of all of it
        if (!begins)
            results.Note($"{row.Task}: episodes and run of before were gone on with; minutes are those of this time alone");
        long begun = Stopwatch.GetTimestamp();
        Play("noise", PolicyKind.Noise(1), noisy, NoiseSeed, 0, data);
        double taught = Play("planner", PolicyKind.TruePlanner(teacher), shown, PlannedSeed, ExplorationStd, data).Mean;
        double dataMinutes = Stopwatch.GetElapsedTime(begun).TotalMinutes;
        begun = Stopwatch.GetTimestamp();
        if (!asItIs || new RunFolder(run).Checkpoint is null)
            Train(task, data, run, quick, cancel);
        double trainMinutes = Stopwatch.GetElapsedTime(begun).TotalMinutes;

        double noise = Play("noise", PolicyKind.Noise(1), starts, StartSeed, 0, null).Mean;
        SimulationReport planned = Play("true dynamics", PolicyKind.TruePlanner(task.Search), starts, StartSeed, 0, null);
        LearnedModel model = LearnedModel.Open(run, task, task.Make());
        (long steps, long all) = (model.Card.Step, model.Card.Config.Steps);
        if (asItIs && steps < all)
            results.Note($"{row.Task}: the model is that after {steps} of the run's {all} steps");
        SimulationReport learned = Play("model", PolicyKind.Model(model, task.Search, value: false), starts, StartSeed, 0, null);

        results.Note($"{row.Task}: {Budget(task.Search)}");
        foreach ((string whose, double value) in row.Published)
            results.Add($"{row.Task}: published, {whose}", "return", value);
        results.Add($"{row.Task}: coloured noise", "return", noise);
        results.Add($"{row.Task}: planning in the true dynamics", "return", planned.Mean);
        results.Add($"{row.Task}: planning in the learned model", "return", learned.Mean);
        results.Add($"{row.Task}: the same, standard deviation", "return", learned.Std);
        if (row.Goal is not { } goal)
            AddValue();
        else if (row.Apart)
            results.Add($"{row.Task}: true less learned", "return", planned.Mean - learned.Mean, Only(Goal.AtMost(goal)));
        else
            results.Add($"{row.Task}: learned over true", "share", learned.Mean / planned.Mean, Only(Goal.AtLeast(goal)));
        results.Add($"{row.Task}: steps learned", "steps", steps);
        results.Add($"{row.Task}: making the episodes", "min", dataMinutes);
        results.Add($"{row.Task}: training", "min", trainMinutes);
        results.Add($"{row.Task}: episodes and training", "min", dataMinutes + trainMinutes, begins ? Only(Goal.AtMost(30)) : null);

        // What the value at the end of each imagined sequence adds, start by start.
        void AddValue()
        {
            PolicyKind withValue = PolicyKind.Model(model, task.Search, value: true);
            SimulationReport valued = Play("model and value", withValue, starts, StartSeed, 0, null);
            results.Note($"{row.Task}: episodes planned in the truth: {Budget(teacher)}");
            results.Add($"{row.Task}: episodes planned in the truth, with their noise and other starts", "return", taught);
            results.Add($"{row.Task}: planning in the learned model with its value", "return", valued.Mean);
            results.Add($"{row.Task}: with the value, standard deviation", "return", valued.Std);
            var (mean, margin) = PairedDifference(valued.Returns, learned.Returns);
            results.Add($"{row.Task}: with less without the value, paired", "return", mean);
            results.Add($"{row.Task}: the same, lower end of its 95 % interval", "return", mean - margin, Only(Goal.Above(0)));
            results.Add($"{row.Task}: the same, upper end of its 95 % interval", "return", mean + margin);
            results.Add($"{row.Task}: starts that the value made better", "starts",
                valued.Returns.Zip(learned.Returns).Count(pair => pair.First > pair.Second));
        }

        Goal? Only(Goal goal) => quick ? null : goal;

        SimulationReport Play(string who, PolicyKind policy, int count, ulong seed, double noise, string? root) => SimulationRun.Play(
            new(task, policy, count, seed, noise, root, Environment.ProcessorCount), Progress($"{task.Name}: {who}"), cancel);
    }

    private static string Budget(CemOptions search) => $"CEM {search.Candidates}x{search.Iterations}, horizon {search.Horizon}"
        + (search.NoiseExponent == 0 ? "" : $", coloured by {search.NoiseExponent:0.#}");

    /// <summary>Every ten seconds a line: what takes minutes must not look dead.</summary>
    private static Action<SimulationProgress> Progress(string what)
    {
        long said = Stopwatch.GetTimestamp();
        return progress =>
        {
            if (Stopwatch.GetElapsedTime(said).TotalSeconds < 10 && progress.Done < progress.Episodes)
                return;
            said = Stopwatch.GetTimestamp();
            Console.Error.WriteLine($"bench: {what}: {progress.Done} of {progress.Episodes} episodes, return {progress.Mean:0.0} so far");
        };
    }

    /// <summary>Mean of the differences, and half the width of its 95 % interval by Student's t.</summary>
    private static (double Mean, double Margin) PairedDifference(IReadOnlyList<double> with, IReadOnlyList<double> without)
    {
        double[] differences = [.. with.Zip(without, (a, b) => a - b)];
        (int n, double mean) = (differences.Length, differences.Average());
        double variance = differences.Sum(d => (d - mean) * (d - mean)) / (n - 1);
        return (mean, StudentT975(n - 1) * Math.Sqrt(variance / n));
    }

    /// <summary>
    /// The quantile of 0.975 with so many degrees of freedom, by Cornish and Fisher's expansion: right to 1e-3 from 10 on.
    /// </summary>
    private static double StudentT975(int freedom)
    {
        const double Z = 1.959964, Z3 = Z * Z * Z, Z5 = Z3 * Z * Z, Z7 = Z5 * Z * Z;
        double n = freedom;
        return Z + (Z3 + Z) / (4 * n) + (5 * Z5 + 16 * Z3 + 3 * Z) / (96 * n * n)
            + (3 * Z7 + 19 * Z5 + 17 * Z3 - 15 * Z) / (384 * n * n * n);
    }

    private static void Train(SimulatedTask task, string data, string run, bool quick, CancellationToken cancel)
    {
        TrainConfig config = TrainCommand.Configured(
            "rssm-small", Path.Combine(Checkout.Root, "tasks", task.Name + ".yaml"),
            quick ? ["steps=20", "optimizer.warmup=5", "validate_every=20"] : []);
        var folder = new RunFolder(run);
        Dataset episodes = Dataset.Open(data, config.Data, Console.Error.WriteLine);
        using var trainer = new Trainer(config, episodes, folder, goOn: folder.Checkpoint is not null);
        trainer.Run(progress =>
        {
            if (progress.Step % 500 == 0)
                Console.Error.WriteLine($"bench: {task.Name}: step {progress.Step} of {progress.Steps}");
        }, cancel);
        cancel.ThrowIfCancellationRequested();
    }
}
