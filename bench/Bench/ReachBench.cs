using System.Diagnostics;
using System.Text.Json.Nodes;
using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Time;
using RobotWorldModel.Drivers.UniversalRobots;
using RobotWorldModel.Runtime.Commands;
using RobotWorldModel.Runtime.Protocol;
using RobotWorldModel.Runtime.Simulate;
using RobotWorldModel.Simulation.Cell;
using RobotWorldModel.Simulation.Tasks;
using RobotWorldModel.WorldModel.Data;
using RobotWorldModel.WorldModel.Training;

namespace RobotWorldModel.Bench;

/// <summary>
/// Goals of seeds that no training has seen, reached by planning in a learned model: simulated controller, service, safety filter, 30 Hz.
/// Where the arm ends is asked of the cell, not of the arm.
/// </summary>
internal static class ReachBench
{
    private const ulong FirstSeed = 20_000;
    private const int LastTicks = 15;
    private const double FrameMs = 1000 / ReachTask.RateHz;

    /// <summary>One way in which the world is worse than it could be.</summary>
    /// <param name="LateTicks">By which states come later; the config and the planner know.</param>
    /// <param name="Load">Processes that compute and do nothing else.</param>
    /// <param name="Lost">Share of the controller's packages.</param>
    private sealed record Condition(string Name, int LateTicks, int Load, double Lost);

    private static readonly Condition s_quiet = new("quiet", 0, 0, 0);

    private static readonly Condition[] s_disturbed =
    [
        new("a busy process on each core", 0, Environment.ProcessorCount, 0),
        new("states 1 frame late", 1, 0, 0),
        new("states 2 frames late", 2, 0, 0),
        new("states 3 frames late", 3, 0, 0),
        new("1 state in 20 lost", 0, 0, 0.05),
    ];

    /// <summary>What is asked for, and of which model.</summary>
    private sealed record Trial(string Run, int Goals, Pictures Pictures, Condition Condition);

    /// <summary>What the cameras do meanwhile.</summary>
    /// <param name="Side">Of their pictures; null: as the config has them.</param>
    /// <param name="Recorded">Each goal is an episode, with both cameras' pictures in colour and depth.</param>
    internal sealed record Pictures(bool On, int? Side, bool Recorded)
    {
        public override string ToString() => !On ? "the cameras are off"
            : $"both cameras are on{(Side is { } side ? $" at {side}x{side}" : "")}{(Recorded ? ", and each goal is recorded" : "")}";
    }

    public static async Task RunAsync(
        Results results, string? model, int goals, int disturbed, Pictures pictures, CancellationToken cancel)
    {
        string run = Path.GetFullPath(model ?? Shipped.Path(Shipped.ReachModel));
        results.Note($"{goals} goals, reach's seeds {FirstSeed} and on; {pictures}; reached: the cell's "
            + $"true TCP within {ReachTask.SuccessM * 1000:0} mm of the goal at {ReachTask.Seconds:0} s and in the {LastTicks} ticks "
            + "before");
        await MeasureAsync(results, new(run, goals, pictures, s_quiet), cancel);
        if (disturbed > 0)
            foreach (Condition condition in s_disturbed)
                await MeasureAsync(results, new(run, disturbed, pictures, condition), cancel);
        results.Add("an untrained model, faster than real time: reached", "share", Untrained(goals, cancel), Goal.AtMost(0.20));
    }

    private static async Task MeasureAsync(Results results, Trial trial, CancellationToken cancel)
    {
        Condition condition = trial.Condition;
        using var cell = new BenchCell(cameras: trial.Pictures.On, robotDelayMs: 1 + Math.Round(condition.LateTicks * FrameMs),
            pictureSide: trial.Pictures.Side);
        var (sim, _) = await cell.StartSimAsync(cancel);
        using var simulated = sim;
        var (service, _) = await cell.StartServiceAsync(cancel);
        using var running = service;
        await using var core = await cell.ConnectAsync(cancel);
        await BenchCell.AllFreshAsync(core, cancel);
        using var control = cell.Control();
        if (condition.Lost > 0)
            control.Call("fault", new JsonObject { ["name"] = "drop", ["seconds"] = 3600, ["value"] = condition.Lost });
        var load = Enumerable.Range(0, condition.Load).Select(_ => Process.Start("sh", ["-c", "while :; do :; done"])).ToList();
        try
        {
            var (end, worst) = await ReachAsync(core, control, trial, cell.Config.Robot!.Model, cancel);
            Tell(results, trial, end, worst);
            results.Add($"{condition.Name}: slots of the 30 Hz tick missed, since the service began", "",
                (await BenchCell.StatusAsync(core, cancel)).Tick.Missed);
        }
        finally
        {
            load.ForEach(busy => busy.Kill());
        }
    }

    private static void Tell(Results results, Trial trial, MpcStatus end, List<double> worst)
    {
        string name = trial.Condition.Name;
        bool quiet = trial.Condition == s_quiet;
        if (end.State != "done")
            results.Note($"{name}: {end.State} after {end.Outcomes.Count} of {trial.Goals} goals: {end.Message}");
        results.Add($"{name}: reached", "share", worst.Count(m => m <= ReachTask.SuccessM) / (double)trial.Goals,
            quiet ? Goal.AtLeast(0.98) : null);
        string missed = string.Join(", ", worst.Index().Where(goal => goal.Item > ReachTask.SuccessM)
            .Select(goal => $"{FirstSeed + (ulong)goal.Index} by {goal.Item * 1000:0} mm"));
        if (missed.Length > 0)
            results.Note($"{name}: missed {missed}");
        if (worst.Count > 0)
        {
            results.Add($"{name}: farthest in the last ticks, median", "mm", new Distribution(worst, "error").Median * 1000);
            results.Add($"{name}: farthest in the last ticks, worst goal", "mm", worst.Max() * 1000);
        }
        results.Add($"{name}: ticks", "", end.Ticks);
        if (trial.Pictures.Recorded)
            results.Add($"{name}: episodes recorded", "", end.Episodes.Count);
        results.Add($"{name}: ticks without the plan made for them", "share", (end.Late + end.Held) / (double)Math.Max(1, end.Ticks),
            Goal.AtMost(quiet ? 1e-5 : 1e-3));
        results.Add($"{name}: ticks in which the arm was told to stand", "", end.Held + end.Stale);
        results.Add($"{name}: plan p50", "ms", end.PlanP50Ms ?? double.NaN);
        results.Add($"{name}: plan p99", "ms", end.PlanP99Ms ?? double.NaN, quiet ? Goal.AtMost(12) : null);
        results.Add($"{name}: plan max", "ms", end.PlanMaxMs ?? double.NaN);
    }

    /// <returns>The run's end, and of each goal the true TCP's largest distance in the last ticks, m.</returns>
    private static async Task<(MpcStatus End, List<double> Worst)> ReachAsync(
        CoreClient core, CellControl control, Trial trial, string arm, CancellationToken cancel)
    {
        long startedNs = HostClock.NowNs;
        await core.CallAsync(CoreMethods.MpcStart, new JsonObject
        {
            ["model"] = trial.Run,
            ["delay_ticks"] = trial.Condition.LateTicks,
            ["record"] = trial.Pictures.Recorded,
            ["seeds"] = new JsonArray([.. Enumerable.Range(0, trial.Goals).Select(i => (JsonNode)(FirstSeed + (ulong)i))]),
        }, cancel);
        var task = new ReachTask(new(UrModel.ByName(arm)), ReachTask.CellLimits());
        var worst = new List<double>();
        while (true)
        {
            await Task.Delay(100, cancel);
            CoreStatus status = await BenchCell.StatusAsync(core, cancel);
            if (status.Mpc is not { } mpc || status.TimeNs < startedNs)
                continue;
            for (; worst.Count < mpc.Outcomes.Count; Console.Error.Write('.'))
                worst.Add(Farthest(control, task, FirstSeed + (ulong)worst.Count, mpc.Outcomes[worst.Count].EndNs));
            if (mpc.State is not ("done" or "stopped"))
                continue;
            Console.Error.WriteLine();
            return (mpc, worst);
        }
    }

    private static double Farthest(CellControl control, ReachTask task, ulong seed, long endNs)
    {
        long fromNs = endNs - (long)(LastTicks * FrameMs * 1e6);
        JsonArray places = control.Call("joints", new JsonObject { ["from"] = fromNs, ["to"] = endNs })!.AsArray();
        if (places.Count == 0)
            throw new RobotException(ExitCode.Device, "the cell does not know where the arm was");
        Vec3 goal = task.Draw(seed).Goal;
        return places.Max(place =>
        {
            double[] q = [.. place!.AsArray().Skip(1).Select(v => (double)v!)];
            return (task.Tcp(new(q[0], q[1], q[2], q[3], q[4], q[5])) - goal).Length;
        });
    }

    // A model that has learned for one step, at no rate to speak of.
    private static double Untrained(int goals, CancellationToken cancel)
    {
        SimulatedTask task = SimulatedTask.Named("reach");
        DirectoryInfo folder = Directory.CreateTempSubdirectory("robot-bench-");
        try
        {
            (string data, string run) = (Path.Combine(folder.FullName, "data"), Path.Combine(folder.FullName, "run"));
            SimulationRun.Play(new(task, PolicyKind.Noise(1), 10, 0, 0, data, 1), _ => { }, cancel);
            TrainConfig config = TrainCommand.Configured("rssm-small", Path.Combine(Checkout.Root, "tasks", "reach.yaml"),
                ["steps=1", "optimizer.warmup=1", "optimizer.learning_rate=1e-12", "validate_every=1"]);
            Dataset episodes = Dataset.Open(data, config.Data, Console.Error.WriteLine);
            using (var trainer = new Trainer(config, episodes, new RunFolder(run), goOn: false))
                trainer.Run(_ => { }, cancel);
            LearnedModel model = LearnedModel.Open(run, task, task.Make());
            PolicyKind policy = PolicyKind.Model(model, task.Search, value: false);
            SimulationReport played = SimulationRun.Play(
                new(task, policy, goals, FirstSeed, 0, null, Environment.ProcessorCount), _ => { }, cancel);
            return played.Successes.Count(s => s == true) / (double)goals;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
