using System.Text.Json.Nodes;
using RobotWorldModel.Drivers.Time;
using RobotWorldModel.Runtime.Protocol;
using RobotWorldModel.Simulation.Cell;

namespace RobotWorldModel.Bench;

/// <summary>
/// The controller is gone for a second while the arm moves, once because its cable was pulled, once because it was restarted: how long it
/// then takes until its data is fresh, and from a person's word until the arm truly moves again. Through the whole service; the cell's own
/// record of the motion is the witness.
/// </summary>
internal static class RecoveryBench
{
    private const double GoneS = 1, DataS = 1, MotionS = 3;
    private const string Robot = "robot";
    private static readonly TimeSpan s_between = TimeSpan.FromSeconds(1), s_motionDeadline = TimeSpan.FromSeconds(30);

    public static async Task RunAsync(Results results, int runs, CancellationToken cancel)
    {
        results.Note("asked every 5 ms; the person's word is an acknowledgement and a move asked for");
        for (int run = 0; run < runs; run++)
        {
            using var cell = new BenchCell();
            var (sim, _) = await cell.StartSimAsync(cancel);
            using var simulated = sim;
            var (service, _) = await cell.StartServiceAsync(cancel);
            using var running = service;
            await using var core = await cell.ConnectAsync(cancel);
            using var control = cell.Control();
            await BenchCell.AllFreshAsync(core, cancel);
            await ReadyAsync(core, cancel);
            await LoseAsync("half_open", "cable pulled", core, control, results, cancel);
            await RecoverAsync("cable pulled", up: false, core, control, results, cancel);
            await LoseAsync("restart", "restarted", core, control, results, cancel);
            await PowerAsync(core, results, cancel);
            await RecoverAsync("restarted", up: true, core, control, results, cancel);
        }
    }

    /// <summary>The controller goes while the arm moves, and its data is waited for.</summary>
    private static async Task LoseAsync(
        string fault, string name, CoreClient core, CellControl control, Results results, CancellationToken cancel)
    {
        await MoveAsync(core, up: true, cancel);
        await BenchCell.UntilAsync(core, "the arm moving", s => s.Motion is { State: "moving", Arm: "moving" }, cancel);
        long orderedNs = HostClock.NowNs;
        control.Call("fault", new JsonObject { ["name"] = fault, ["seconds"] = GoneS });
        var lost = await BenchCell.UntilAsync(core, "the arm seen as lost", s => !StreamOf(s).Connected, cancel);
        long before = StreamOf(lost).Received, backNs = orderedNs + (long)(GoneS * 1e9);
        var back = await BenchCell.UntilAsync(
            core, "the arm back", s => StreamOf(s) is { Fresh: true } robot && robot.Received > before, cancel);
        results.Add($"{name}: controller back to fresh data", "s", (back.TimeNs - backNs) * 1e-9, Goal.AtMost(DataS));
    }

    /// <summary>A restarted controller boots without power to the arm, which a person gives.</summary>
    private static async Task PowerAsync(CoreClient core, Results results, CancellationToken cancel)
    {
        long fromNs = HostClock.NowNs;
        await BenchCell.UntilAsync(core, "the controller booted", s => s.Motion.Arm == "powered_off", cancel);
        results.Add("restarted: fresh data to the controller's having booted", "s", (HostClock.NowNs - fromNs) * 1e-9);
        long wordNs = HostClock.NowNs;
        await core.CallAsync(CoreMethods.ArmOrder, new { order = "power_on" }, cancel);
        results.Add("restarted: power asked for to brakes released", "s", (HostClock.NowNs - wordNs) * 1e-9);
    }

    private static async Task RecoverAsync(
        string name, bool up, CoreClient core, CellControl control, Results results, CancellationToken cancel)
    {
        await ReadyAsync(core, cancel);
        long wordNs = HostClock.NowNs;
        await core.CallAsync(CoreMethods.Acknowledge, null, cancel);
        await MoveAsync(core, up, cancel);
        results.Add($"{name}: the word to first motion", "s", (await FirstMotionAsync(control, wordNs, cancel) - wordNs) * 1e-9,
            Goal.AtMost(MotionS));
        await core.CallAsync(CoreMethods.ArmMoved, null, cancel);
        await core.CallAsync(CoreMethods.Stop, null, cancel);
        await Task.Delay(s_between, cancel);
    }

    private static Task MoveAsync(CoreClient core, bool up, CancellationToken cancel) =>
        core.CallAsync(CoreMethods.ArmMove, new { by = (double[])[0, 0, up ? 0.05 : -0.05, 0, 0, 0], share = 0.2 }, cancel);

    private static Task ReadyAsync(CoreClient core, CancellationToken cancel) =>
        BenchCell.UntilAsync(core, "the arm ready", s => s.Motion.Arm == "ready", cancel);

    /// <summary>Host time of the first cycle in which the arm moved, by the cell.</summary>
    private static async Task<long> FirstMotionAsync(CellControl control, long fromNs, CancellationToken cancel)
    {
        long deadline = Environment.TickCount64 + (long)s_motionDeadline.TotalMilliseconds;
        while (true)
        {
            var account = control.Call("motion", new JsonObject { ["from"] = fromNs, ["to"] = HostClock.NowNs })!;
            if (account["began"]!.AsArray() is [var began, ..])
                return (long)began!;
            if (Environment.TickCount64 > deadline)
                throw new RobotException(ExitCode.Device, $"the arm did not move within {s_motionDeadline.TotalSeconds:0} s of the word");
            await Task.Delay(5, cancel);
        }
    }

    private static StreamStatus StreamOf(CoreStatus status) => status.Streams.First(s => s.Name == Robot);
}
