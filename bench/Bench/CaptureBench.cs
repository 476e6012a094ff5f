using System.Diagnostics;
using System.Text.Json;
using RobotWorldModel.Collector.Capture;
using RobotWorldModel.Drivers.Time;
using RobotWorldModel.Runtime.Configuration;
using RobotWorldModel.Runtime.Protocol;

namespace RobotWorldModel.Bench;

/// <summary>
/// A long recording of everything that the cell has, nothing left out (keep: all): that all of it arrives and is in the log, that its
/// times are right, and what it costs.
/// </summary>
internal static class CaptureBench
{
    private const double BytesPerSecond = 92e6 * 1.5; // the log, and the encoder's files beside it
    private static readonly TimeSpan s_settle = TimeSpan.FromSeconds(2);

    /// <summary>Clock maps are judged from this long after the service was ready.</summary>
    private const long JudgeAfterNs = 10_000_000_000;

    public static async Task RunAsync(Results results, int runs, double seconds, CancellationToken cancel)
    {
        for (int run = 0; run < runs; run++)
        {
            using var cell = new BenchCell(KeepLog.All);
            long free = new DriveInfo(cell.Folder).AvailableFreeSpace;
            if (free < seconds * BytesPerSecond)
                throw new RobotException(ExitCode.Disk,
                    $"{cell.Folder}: {free / 1e9:0} GB are free, {seconds * BytesPerSecond / 1e9:0} GB are needed; "
                    + "make room, set TMPDIR to a larger disk, or give fewer --seconds");
            await RunOnceAsync(cell, results, seconds, cancel);
        }
    }

    private static async Task RunOnceAsync(BenchCell cell, Results results, double seconds, CancellationToken cancel)
    {
        var (sim, _) = await cell.StartSimAsync(cancel);
        using var simulated = sim;
        EpisodeSummary episode;
        var (service, readyNs) = await cell.StartServiceAsync(cancel);
        using (service)
        {
            await using var core = await cell.ConnectAsync(cancel);
            await BenchCell.AllFreshAsync(core, cancel);
            await Task.Delay(s_settle, cancel);
            episode = await RecordAsync(core, service.Pid, results, seconds, cancel);
        }
        results.Add("frames", "", episode.Frames);
        results.Add("rows with a stale stream", "", episode.Stale);
        results.Add("tick lateness p99 while recording", "ms", episode.LatenessMs.P99);
        using var control = cell.Control();
        Report(CaptureLogCheck.Run(Path.Combine(episode.Path, CaptureLog.FileName), control, readyNs + JudgeAfterNs), results, seconds);
    }

    private static async Task<EpisodeSummary> RecordAsync(
        CoreClient core, int corePid, Results results, double seconds, CancellationToken cancel)
    {
        int desk = ProcessUse.Child(corePid, "desk") ?? throw new RobotException(ExitCode.Device, "the dashboard's process does not run");
        var before = await BenchCell.StatusAsync(core, cancel);
        var (coreCpu, deskCpu) = (ProcessUse.CpuSeconds(corePid), ProcessUse.CpuSeconds(desk));
        string id = (await core.CallAsync(CoreMethods.RecordStart, new { task = "bench", source = "none" }, cancel))
            .GetProperty("id").GetString()!;
        var clock = Stopwatch.StartNew();
        int? encoder = null;
        while (encoder is null && clock.Elapsed.TotalSeconds < seconds)
        {
            encoder = ProcessUse.Child(corePid, "encode");
            await Task.Delay(10, cancel);
        }
        await Task.Delay(TimeSpan.FromSeconds(Math.Max(0, seconds - clock.Elapsed.TotalSeconds)), cancel);

        double elapsed = clock.Elapsed.TotalSeconds;
        var after = await BenchCell.StatusAsync(core, cancel);
        Percent("core", coreCpu, ProcessUse.CpuSeconds(corePid));
        Percent("desk", deskCpu, ProcessUse.CpuSeconds(desk));
        Percent("encoder", 0, encoder is { } pid ? ProcessUse.CpuSeconds(pid) : null);
        double span = (after.TimeNs - before.TimeNs) * 1e-9;
        results.Add("managed allocation of core", "MB/s",
            (after.AllocatedBytes!.Value - before.AllocatedBytes!.Value) / span / 1e6, Goal.AtMost(1));

        await core.CallAsync(CoreMethods.RecordStop, new { outcome = "unknown" }, cancel);
        long stoppedNs = HostClock.NowNs;
        var episode = (await core.CallAsync(CoreMethods.RecordWait, new { id }, cancel))
            .Deserialize<EpisodeSummary>(ProtocolJson.Lenient)!;
        results.Add("from the end to the commit", "s", (HostClock.NowNs - stoppedNs) * 1e-9);
        return episode;

        void Percent(string who, double? from, double? to)
        {
            if (from is null || to is null)
                results.Note($"the {who} ended during the recording: its CPU is not known");
            else
                results.Add($"CPU of the {who}", "% core", 100 * (to.Value - from.Value) / elapsed);
        }
    }

    private static void Report(CaptureLogCheck check, Results results, double seconds)
    {
        results.Add("log written", "MB/s", check.Bytes / seconds / 1e6);
        results.Add("worst first sample to its sync", "ms", check.WorstSyncDelayMs, Goal.AtMost(500));
        foreach (var stream in check.Streams)
        {
            results.Add($"{stream.Name}: sent", "", stream.Sent);
            results.Add($"{stream.Name}: received", "", stream.Received);
            results.Add($"{stream.Name}: in the log", "", stream.InLog);
            results.Add($"{stream.Name}: sent, received, in the log apart by", "",
                Math.Max(Math.Abs(stream.Sent - stream.InLog), Math.Abs(stream.Received - stream.InLog)), CountGoalOf(stream));
            results.Add($"{stream.Name}: rate", "Hz", stream.RateHz, RateGoalOf(stream));
            if (stream.Pictures)
                results.Add($"{stream.Name}: pictures with a wrong number", "", stream.WrongNumbers, Goal.Exactly(0));
            var errors = new Distribution(stream.ErrorsMs, stream.Name);
            results.Add($"{stream.Name}: originating time off by p50", "ms", errors.Median);
            results.Add($"{stream.Name}: originating time off by p99", "ms", errors.P99, GoalOf(stream));
            results.Add($"{stream.Name}: true time to arrival p50", "ms", new Distribution(stream.DelaysMs, stream.Name).Median);
        }
    }

    /// <summary>The gripper's ends are paired by time alone, within half of a question's round: one may fall outside.</summary>
    private static Goal CountGoalOf(LoggedStream stream) => stream.Name == "gripper" ? Goal.AtMost(1) : Goal.Exactly(0);

    /// <summary>
    /// A cell that falls behind sends less, and nothing would seem to be lost: the nominal rate, less 0.1 % for clocks that run slow.
    /// </summary>
    private static Goal? RateGoalOf(LoggedStream stream) => stream switch
    {
        { Pictures: true } => Goal.AtLeast(0.999 * 30),
        { Name: "robot" } => Goal.AtLeast(0.999 * 500),
        { Name: "force" } => Goal.AtLeast(0.999 * 100),
        _ => null,
    };

    private static Goal? GoalOf(LoggedStream stream) => stream switch
    {
        { Pictures: true } => Goal.AtMost(3),
        { Name: "robot" or "force" } => Goal.AtMost(1),
        _ => null, // the gripper is polled: its times are those of questions and answers
    };
}
