using System.Text.Json;
using RobotWorldModel.Drivers.Time;
using RobotWorldModel.Runtime.Protocol;

namespace RobotWorldModel.Bench;

/// <summary>What a person waits for: the start, a controller that comes back, the commit of an episode.</summary>
internal static class TimesBench
{
    private const string Robot = "robot";
    private static readonly TimeSpan s_between = TimeSpan.FromSeconds(1);

    /// <param name="seconds">Length of the episode.</param>
    public static async Task RunAsync(Results results, int runs, double seconds, CancellationToken cancel)
    {
        results.Note("asked every 5 ms");
        for (int run = 0; run < runs; run++)
        {
            using var cell = new BenchCell();
            var (sim, simReadyNs) = await cell.StartSimAsync(cancel);
            using var first = sim;
            results.Add("start of the cell to its ready line", "s", (simReadyNs - sim.StartedNs) * 1e-9);
            var (service, readyNs) = await cell.StartServiceAsync(cancel);
            using var running = service;
            results.Add("start of the service to its ready line", "s", (readyNs - service.StartedNs) * 1e-9);
            await using var core = await cell.ConnectAsync(cancel);
            var fresh = await BenchCell.AllFreshAsync(core, cancel);
            results.Add("start of the service to every stream fresh", "s", (fresh.TimeNs - service.StartedNs) * 1e-9);
            await Task.Delay(s_between, cancel);
            await CommitAsync(core, results, seconds, cancel);
            await StartNextAsync(core, results, cancel);
            await LoseControllerAsync(cell, sim, core, results, cancel);
        }
    }

    private static async Task CommitAsync(CoreClient core, Results results, double seconds, CancellationToken cancel)
    {
        string id = (await core.CallAsync(CoreMethods.RecordStart, new { task = "bench", source = "none" }, cancel))
            .GetProperty("id").GetString()!;
        await Task.Delay(TimeSpan.FromSeconds(seconds), cancel);
        long stopNs = HostClock.NowNs;
        await core.CallAsync(CoreMethods.RecordStop, new { outcome = "unknown" }, cancel);
        var episode = (await core.CallAsync(CoreMethods.RecordWait, new { id }, cancel))
            .Deserialize<EpisodeSummary>(ProtocolJson.Lenient)!;
        results.Add($"end of a {seconds:0} s recording to its commit", "s", (HostClock.NowNs - stopNs) * 1e-9);
        results.Add("frames of it", "", episode.Frames);
    }

    /// <summary>From the request to end a recording until the next one records.</summary>
    private static async Task StartNextAsync(CoreClient core, Results results, CancellationToken cancel)
    {
        var start = new { task = "bench", source = "none" };
        string first = (await core.CallAsync(CoreMethods.RecordStart, start, cancel)).GetProperty("id").GetString()!;
        await Task.Delay(s_between, cancel);
        long endNs = HostClock.NowNs;
        await core.CallAsync(CoreMethods.RecordStop, new { outcome = "unknown" }, cancel);
        string second = (await core.CallAsync(CoreMethods.RecordStart, start, cancel)).GetProperty("id").GetString()!;
        results.Add("end of a recording to the next one recording", "s", (HostClock.NowNs - endNs) * 1e-9, Goal.AtMost(0.3));
        await Task.Delay(s_between, cancel);
        await core.CallAsync(CoreMethods.RecordStop, new { outcome = "unknown" }, cancel);
        foreach (string id in (string[])[first, second])
            await core.CallAsync(CoreMethods.RecordWait, new { id }, cancel);
    }

    /// <summary>
    /// The cell is killed as a power cut would, and started again: from its ready line to the first fresh sample of the arm.
    /// </summary>
    private static async Task LoseControllerAsync(
        BenchCell cell, RobotProcess sim, CoreClient core, Results results, CancellationToken cancel)
    {
        sim.Kill();
        var lost = await BenchCell.UntilAsync(core, "the arm seen as lost", s => !StreamOf(s).Connected, cancel);
        long before = StreamOf(lost).Received;
        await Task.Delay(s_between, cancel);
        var restarting = cell.StartSimAsync(cancel);
        // The driver may be back before the ready line is: then the time is below zero.
        var back = await BenchCell.UntilAsync(
            core, "the arm back", s => StreamOf(s) is { Fresh: true } robot && robot.Received > before, cancel);
        var (again, againReadyNs) = await restarting;
        using var second = again;
        results.Add("controller ready again to fresh data", "s", (back.TimeNs - againReadyNs) * 1e-9, Goal.AtMost(1));
        var all = await BenchCell.AllFreshAsync(core, cancel);
        results.Add("cell ready again to every stream fresh", "s", (all.TimeNs - againReadyNs) * 1e-9);
    }

    private static StreamStatus StreamOf(CoreStatus status) => status.Streams.First(s => s.Name == Robot);
}
