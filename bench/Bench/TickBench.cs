using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using RobotWorldModel.Collector.Capture;
using RobotWorldModel.Drivers.Time;
using RobotWorldModel.Runtime.Protocol;

namespace RobotWorldModel.Bench;

/// <summary>
/// How late the tick is, beside a C loop of the same rate, policy and priority: the cell, the service, a recording and an open dashboard
/// run all the time; in one minute the tick is looked at, in the next the C loop. Both take turns in being first.
/// </summary>
internal static class TickBench
{
    private const double MsOverC = 0.1, TimesC = 1.5;
    private static readonly TimeSpan s_settle = TimeSpan.FromSeconds(3), s_pageDeadline = TimeSpan.FromSeconds(60);

    /// <summary>Of recording before the first pair: of three programs that just started the machine is later, whoever is first.</summary>
    private static readonly TimeSpan s_warmUp = TimeSpan.FromSeconds(30);

    /// <param name="minutes">Of each of the two.</param>
    public static async Task RunAsync(Results results, double minutes, CancellationToken cancel)
    {
        using var cell = new BenchCell();
        string loop = await CProgram.CompileAsync("Tick/loop.c", cell.Folder, cancel);
        var (sim, _) = await cell.StartSimAsync(cancel);
        using var simulated = sim;
        var (service, _) = await cell.StartServiceAsync(cancel);
        using var running = service;
        await using var core = await cell.ConnectAsync(cancel);
        await BenchCell.AllFreshAsync(core, cancel);
        using var dashboard = Dashboard.Open(cell.DashboardUrl, cell.Folder);
        if (dashboard is null)
            results.Note("Chromium is not installed: without a dashboard");
        else
            await PageConnectedAsync(cell, cancel);
        Directory.Delete(await RecordAsync(core, () => Task.Delay(s_warmUp, cancel), cancel), recursive: true);

        int pairs = Math.Max(1, (int)Math.Round(minutes));
        var slice = TimeSpan.FromMinutes(minutes / pairs);
        var ticks = new List<double>();
        var loops = new List<double>();
        long missed = 0;
        int port = PortOf(cell), withoutPage = 0;
        for (int pair = 0; pair < pairs; pair++)
            missed += await PairAsync(core, results, loop, slice, loopFirst: pair % 2 == 1, ticks, loops, LookAtPage, cancel);
        Report(results, ticks, loops, missed);
        if (dashboard is not null)
            results.Add("seconds in which the dashboard was not connected", "s", withoutPage, Goal.Exactly(0));

        void LookAtPage() => withoutPage += Dashboard.Connections(port) == 0 ? 1 : 0;
    }

    /// <summary>One recording: a slice of the tick and one of the loop. Returns the slots that the tick missed in all of it.</summary>
    /// <param name="eachSecond">Called in both slices.</param>
    private static async Task<long> PairAsync(
        CoreClient core, Results results, string loop, TimeSpan slice, bool loopFirst, List<double> ticks, List<double> loops,
        Action eachSecond, CancellationToken cancel)
    {
        long missedBefore = (await BenchCell.StatusAsync(core, cancel)).Tick.Missed, missed = 0, fromNs = 0, toNs = 0;
        var looped = new List<double>();
        string episode = await RecordAsync(core, async () =>
        {
            await Task.Delay(s_settle, cancel);
            using var looking = new Timer(_ => eachSecond(), null, TimeSpan.Zero, TimeSpan.FromSeconds(1));
            if (loopFirst)
                looped = await LoopAsync(loop, slice, results, cancel);
            fromNs = HostClock.NowNs;
            await Task.Delay(slice, cancel);
            toNs = HostClock.NowNs;
            if (!loopFirst)
                looped = await LoopAsync(loop, slice, results, cancel);
            looking.Change(Timeout.Infinite, Timeout.Infinite);
            missed = (await BenchCell.StatusAsync(core, cancel)).Tick.Missed - missedBefore;
        }, cancel);
        var ticked = ReadTicks(Path.Combine(episode, CaptureLog.FileName), fromNs, toNs);
        Directory.Delete(episode, recursive: true); // the next needs its room
        results.Add("tick lateness p99, each slice", "ms", new Distribution(ticked, "tick").P99);
        results.Add("C loop lateness p99, each slice", "ms", new Distribution(looped, "C loop").P99);
        ticks.AddRange(ticked);
        loops.AddRange(looped);
        return missed;
    }

    /// <summary>Records while something is done, and waits for the commit. Returns the episode's folder.</summary>
    private static async Task<string> RecordAsync(CoreClient core, Func<Task> during, CancellationToken cancel)
    {
        string id = (await core.CallAsync(CoreMethods.RecordStart, new { task = "bench", source = "none" }, cancel))
            .GetProperty("id").GetString()!;
        await during();
        await core.CallAsync(CoreMethods.RecordStop, new { outcome = "unknown" }, cancel);
        return (await core.CallAsync(CoreMethods.RecordWait, new { id }, cancel))
            .Deserialize<EpisodeSummary>(ProtocolJson.Lenient)!.Path;
    }

    private static void Report(Results results, List<double> ticks, List<double> loops, long missed)
    {
        var (tick, loop) = (new Distribution(ticks, "tick"), new Distribution(loops, "C loop"));
        double promised = TimesC * loop.P99 + MsOverC;
        results.Add("tick: slots", "", tick.Count);
        results.Add("tick lateness p50", "ms", tick.Median);
        results.Add("tick lateness p99", "ms", tick.P99, Goal.AtMost(promised));
        results.Add("tick lateness max", "ms", tick.Max);
        results.Add("tick: slots missed", "", missed, Goal.Exactly(0));
        results.Add("C loop: slots", "", loop.Count);
        results.Add("C loop lateness p50", "ms", loop.Median);
        results.Add("C loop lateness p99", "ms", loop.P99);
        results.Add("C loop lateness max", "ms", loop.Max);
        results.Add("tick p99 / (1.5 C p99 + 0.1 ms)", "", tick.P99 / promised, Goal.AtMost(1));
    }

    private static List<double> ReadTicks(string log, long fromNs, long toNs)
    {
        var lateness = new List<double>();
        using var reader = new CaptureReader(log);
        while (reader.TryRead(out var message))
            if (message.Kind == CaptureKind.Tick && message.Tick() is var tick && tick.SlotNs >= fromNs && tick.SlotNs <= toNs)
                lateness.Add(tick.LatenessNs * 1e-6);
        return reader.Damage is { } damage ? throw new InvalidDataException(damage) : lateness;
    }

    /// <summary>Lateness of each slot, ms.</summary>
    private static async Task<List<double>> LoopAsync(string program, TimeSpan slice, Results results, CancellationToken cancel)
    {
        var info = new ProcessStartInfo(program,
            [slice.TotalSeconds.ToString(CultureInfo.InvariantCulture), RealTime.Priority.ToString(CultureInfo.InvariantCulture)])
        { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(info)!;
        var said = process.StandardError.ReadToEndAsync(cancel);
        string[] lines = (await process.StandardOutput.ReadToEndAsync(cancel)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        await process.WaitForExitAsync(cancel);
        if (process.ExitCode != 0)
            throw new RobotException(ExitCode.Usage, $"{program} ended with {process.ExitCode}: {await said}");
        foreach (string line in (await said).Split('\n', StringSplitOptions.RemoveEmptyEntries))
            results.Note(line); // no real-time class: the tick has none either
        return [.. lines.Select(l => long.Parse(l, CultureInfo.InvariantCulture) * 1e-6)];
    }

    private static async Task PageConnectedAsync(BenchCell cell, CancellationToken cancel)
    {
        long deadline = Environment.TickCount64 + (long)s_pageDeadline.TotalMilliseconds;
        while (Dashboard.Connections(PortOf(cell)) == 0)
        {
            if (Environment.TickCount64 > deadline)
                throw new RobotException(ExitCode.Device,
                    $"Chromium did not open {cell.DashboardUrl} within {s_pageDeadline.TotalSeconds:0} s");
            await Task.Delay(100, cancel);
        }
    }

    private static int PortOf(BenchCell cell) => new Uri(cell.DashboardUrl).Port;
}
