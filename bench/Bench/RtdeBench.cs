using System.Text.Json;
using System.Text.Json.Nodes;
using RobotWorldModel.Drivers.Time;

namespace RobotWorldModel.Bench;

/// <summary>
/// The RTDE driver against the simulated controller at its own 500 Hz, beside a plain client in C on the same controller at the same time:
/// cycles lost, bytes allocated, when packages arrive, and processor time. Each connects first for half of the time: the controller sends
/// to its clients one after the other.
/// </summary>
internal static class RtdeBench
{
    private const double CycleMs = 2, TimesCArrival = 1.3, TimesCCpu = 2;

    /// <summary>From the moment at which both have data to the one from which they measure.</summary>
    private static readonly TimeSpan s_settle = TimeSpan.FromSeconds(2);

    public static async Task RunAsync(Results results, int runs, double seconds, CancellationToken cancel)
    {
        results.Note("each run has two halves: our driver connects first, then the client in C");
        using var cell = new BenchCell();
        string program = await CProgram.CompileAsync("Rtde/client.c", cell.Folder, cancel);
        var (sim, _) = await cell.StartSimAsync(cancel);
        using var simulated = sim;
        string fields = FieldsOf(cell);
        for (int run = 0; run < runs; run++)
        {
            var halves = new List<Half>();
            foreach (bool oursFirst in (bool[])[true, false])
                halves.Add(await MeasureAsync(cell, results, program, fields, seconds / 2, oursFirst, cancel));
            ReportDriver(cell, results, halves);
            ReportBoth(results, halves, seconds);
        }
    }

    /// <summary>The names that our driver asks this controller for, and gets.</summary>
    public static string FieldsOf(BenchCell cell)
    {
        using var arm = RtdeDriver.Connect(cell.Host, cell.Config.Robot!.Model, cell.Config.Robot.LatencyMs);
        return string.Join(',', arm.OutputNames);
    }

    private sealed record Half(RtdeDriverReport Ours, double CpuS, long[] ArrivalsNs);

    private static async Task<Half> MeasureAsync(
        BenchCell cell, Results results, string program, string fields, double seconds, bool oursFirst, CancellationToken cancel)
    {
        using var first = oursFirst
            ? await Receiver.OursAsync(cell, cancel)
            : await Receiver.InCAsync(program, cell, fields, cancel);
        using var second = oursFirst
            ? await Receiver.InCAsync(program, cell, fields, cancel)
            : await Receiver.OursAsync(cell, cancel);
        long fromNs = HostClock.NowNs + (long)(s_settle.TotalSeconds * 1e9), toNs = fromNs + (long)(seconds * 1e9);
        first.Measure(fromNs, toNs);
        second.Measure(fromNs, toNs);
        var (ours, theirs) = oursFirst ? (first, second) : (second, first);
        var driver = JsonSerializer.Deserialize<RtdeDriverReport>(await ours.ResultAsync(toNs, results, cancel))!;
        var (cpuS, arrivalsNs) = Receiver.ReadC(await theirs.ResultAsync(toNs, results, cancel));
        return new(driver, cpuS, arrivalsNs);
    }

    private static void ReportDriver(BenchCell cell, Results results, List<Half> halves)
    {
        long received = halves.Sum(h => h.Ours.ArrivalsNs.LongLength), sent;
        using (var control = cell.Control())
        {
            sent = halves.Sum(h => (long)control.Call("sent", new JsonObject
            {
                ["stream"] = "robot",
                ["from"] = h.Ours.FirstDeviceNs,
                ["to"] = h.Ours.LastDeviceNs,
                ["device_time"] = true,
            })!);
        }
        results.Add("packages received", "", received);
        results.Add("sent by the controller in that time, less received", "", sent - received, Goal.Exactly(0));
        results.Add("cycles lost", "", halves.Sum(h => h.Ours.Lost), Goal.Exactly(0));
        results.Add("packages that found our own queue full", "", halves.Sum(h => h.Ours.Overrun), Goal.Exactly(0));
        results.Add("allocated by the reader thread", "bytes", halves.Sum(h => h.Ours.AllocatedBytes), Goal.Exactly(0));
    }

    private static void ReportBoth(Results results, List<Half> halves, double seconds)
    {
        double ours = AddArrivals(results, "our driver", halves.Select(h => h.Ours.ArrivalsNs));
        double theirs = AddArrivals(results, "C client", halves.Select(h => h.ArrivalsNs));
        results.Add("interval p99, ours / C", "", ours / theirs, Goal.AtMost(TimesCArrival));
        double cpu = halves.Sum(h => h.Ours.CpuS), theirCpu = halves.Sum(h => h.CpuS);
        results.Add("our driver: CPU of the whole process", "% core", 100 * cpu / seconds);
        results.Add("our driver: of it the reader's thread", "% core", 100 * halves.Sum(h => h.Ours.ReaderCpuS) / seconds);
        results.Add("C client: CPU of the whole process", "% core", 100 * theirCpu / seconds);
        results.Add("CPU of the whole process, ours / C", "", cpu / theirCpu, Goal.AtMost(TimesCCpu));
        foreach (var (half, who) in halves.Zip((string[])["ours first", "C first"]))
            results.Add($"CPU of the whole process, ours / C, {who}", "", half.Ours.CpuS / half.CpuS);
    }

    /// <returns>The intervals' p99, ms.</returns>
    private static double AddArrivals(Results results, string who, IEnumerable<long[]> halves)
    {
        double[] ms = [.. halves.SelectMany(Intervals)];
        var intervals = new Distribution(ms, $"intervals of {who}");
        results.Add($"{who}: interval between packages p50", "ms", intervals.Median);
        results.Add($"{who}: interval between packages p99", "ms", intervals.P99);
        results.Add($"{who}: interval between packages max", "ms", intervals.Max);
        AddJitter(results, who, ms);
        return intervals.P99;
    }

    /// <summary>How far intervals are from a cycle, absolute, of a client that gets every package.</summary>
    public static void AddJitter(Results results, string who, IEnumerable<double> intervalsMs)
    {
        var jitter = new Distribution(intervalsMs.Select(ms => Math.Abs(ms - CycleMs)), $"jitter, {who}");
        results.Add($"{who}: jitter (interval less 2 ms) p50", "ms", jitter.Median);
        results.Add($"{who}: jitter (interval less 2 ms) p99", "ms", jitter.P99);
        results.Add($"{who}: jitter (interval less 2 ms) max", "ms", jitter.Max);
    }

    /// <summary>Between packages, ms.</summary>
    public static IEnumerable<double> Intervals(long[] arrivalsNs) => arrivalsNs.Zip(arrivalsNs.Skip(1), (a, b) => (b - a) * 1e-6);
}
