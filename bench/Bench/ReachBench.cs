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
    /// <param name="Fault">Of the cell, for as long as it runs; null for none.</param>
    /// <param name="Value">The fault's.</param>
    /// <param name="DelayTicks">What the planner is told of it.</param>
    /// <param name="Load">Processes that compute and do nothing else.</param>
    private sealed record Condition(string Name, string? Fault, double Value, int DelayTicks, int Load);

    private static readonly Condition s_quiet = new("quiet", null, 0, 0, 0);

    private static readonly Condition[] s_disturbed =
    [
        new("a busy process on each core", null, 0, 0, Environment.ProcessorCount),
        new("states 1 frame late", "delay", FrameMs, 1, 0),
        new("states 2 frames late", "delay", 2 * FrameMs, 2, 0),
        new("states 3 frames late", "delay", 3 * FrameMs, 3, 0),
        new("1 state in 20 lost", "drop", 0.05, 0, 0),
    ];

    public static async Task RunAsync(
        Results results, string? model, int goals, int disturbed, bool cameras, CancellationToken cancel)
    {
        string run = Path.GetFullPath(model ?? Shipped.Path(Shipped.ReachModel));
        results.Note($"{goals} goals, reach's seeds {FirstSeed} and on; the cameras are {(cameras ? "on" : "off")}; reached: the cell's true TCP "
            + $"within {ReachTask.SuccessM * 1000:0} mm of the goal at {ReachTask.Seconds:0} s and in the {LastTicks} ticks before");
        using var cell = new BenchCell(cameras: cameras);
        var (sim, _) = await cell.StartSimAsync(cancel);
        using var simulated = sim;
        var (service, _) = await cell.StartServiceAsync(cancel);
        using var running = service;
        await using var core = await cell.ConnectAsync(cancel);
        await BenchCell.AllFreshAsync(core, cancel);
        await MeasureAsync(results, cell, core, run, s_quiet, goals, cancel);
        if (disturbed > 0)
            foreach (Condition condition in s_disturbed)
                await MeasureAsync(results, cell, core, run, condition, disturbed, cancel);
        results.Add("an untrained model, faster than real time: reached", "share", Untrained(cell.Folder, goals, cancel), Goal.AtMost(0.20));
    }

    private static async Task MeasureAsync(
        Results results, BenchCell cell, CoreClient core, string run, Condition condition, int goals, CancellationToken cancel)
    {
        using var control = cell.Control();
        var load = Enumerable.Range(0, condition.Load).Select(_ => Process.Start("sh", ["-c", "while :; do :; done"])).ToList();
        MpcStatus end;
        (int Reached, List<double> Worst) truth;
        try
        {
            if (condition.Fault is not null)
                control.Call("fault", new JsonObject { ["name"] = condition.Fault, ["seconds"] = 3600, ["value"] = condition.Value });
            (end, truth) = await ReachAsync(cell, core, control, run, condition.DelayTicks, goals, cancel);
        }
        finally
        {
            load.ForEach(busy => busy.Kill());
            if (condition.Fault is not null)
                control.Call("fault", new JsonObject { ["name"] = condition.Fault, ["seconds"] = 0.001, ["value"] = condition.Value });
        }
        string name = condition.Name;
        bool quiet = condition == s_quiet;
        if (end.State != "done")
            results.Note($"{name}: {end.State} after {end.Outcomes.Count} of {goals} goals: {end.Message}");
        results.Add($"{name}: reached", "share", truth.Reached / (double)goals, quiet ? Goal.AtLeast(0.98) : null);
        if (truth.Worst.Count > 0)
        {
            var worst = new Distribution(truth.Worst, "error");
            results.Add($"{name}: farthest in the last ticks, median", "mm", worst.Median);
            results.Add($"{name}: farthest in the last ticks, worst goal", "mm", truth.Worst.Max());
        }
        results.Add($"{name}: ticks", "", end.Ticks);
        results.Add($"{name}: ticks without the plan made for them", "share", (end.Late + end.Held) / (double)Math.Max(1, end.Ticks),
            Goal.AtMost(quiet ? 1e-5 : 1e-3));
        results.Add($"{name}: ticks in which the arm was told to stand", "", end.Held + end.Stale);
        results.Add($"{name}: plan p50", "ms", end.PlanP50Ms ?? double.NaN);
        results.Add($"{name}: plan p99", "ms", end.PlanP99Ms ?? double.NaN, quiet ? Goal.AtMost(12) : null);
        results.Add($"{name}: plan max", "ms", end.PlanMaxMs ?? double.NaN);
    }

    private static async Task<(MpcStatus End, (int Reached, List<double> Worst) Truth)> ReachAsync(
        BenchCell cell, CoreClient core, CellControl control, string run, int delayTicks, int goals, CancellationToken cancel)
    {
        long startedNs = HostClock.NowNs;
        await core.CallAsync(CoreMethods.MpcStart, new JsonObject
        {
            ["model"] = run,
            ["delay_ticks"] = delayTicks,
            ["seeds"] = new JsonArray([.. Enumerable.Range(0, goals).Select(i => (JsonNode)(FirstSeed + (ulong)i))]),
        }, cancel);
        var task = new ReachTask(new(UrModel.ByName(cell.Config.Robot!.Model)), ReachTask.CellLimits());
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
            return (mpc, (worst.Count(m => m <= ReachTask.SuccessM), [.. worst.Select(m => m * 1000)]));
        }
    }

    // The true TCP's largest distance to the goal in the last ticks, m.
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
    private static double Untrained(string folder, int goals, CancellationToken cancel)
    {
        SimulatedTask task = SimulatedTask.Named("reach");
        (string data, string run) = (Path.Combine(folder, "untrained-data"), Path.Combine(folder, "untrained"));
        SimulationRun.Play(new(task, PolicyKind.Noise(1), 10, 0, 0, data, 1), _ => { }, cancel);
        TrainConfig config = TrainCommand.Configured("rssm-small", Path.Combine(Checkout.Root, "tasks", "reach.yaml"),
            ["steps=1", "optimizer.warmup=1", "optimizer.learning_rate=1e-12", "validate_every=1"]);
        using (var trainer = new Trainer(config, Dataset.Open(data, config.Data, Console.Error.WriteLine), new RunFolder(run), goOn: false))
            trainer.Run(_ => { }, cancel);
        LearnedModel model = LearnedModel.Open(run, task, task.Make());
        SimulationReport played = SimulationRun.Play(
            new(task, PolicyKind.Model(model, task.Search, value: false), goals, FirstSeed, 0, null, Environment.ProcessorCount), _ => { }, cancel);
        return played.Successes.Count(s => s == true) / (double)goals;
    }
}
