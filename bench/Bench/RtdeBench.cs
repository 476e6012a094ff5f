using System.Text.Json;
using System.Text.Json.Nodes;
using RobotWorldModel.Drivers.Time;

namespace RobotWorldModel.Bench;

/// <summary>
/// The RTDE driver against the simulated controller at its own 500 Hz, beside a plain client in C on the same controller at the same time:
/// cycles lost, bytes allocated, when packages arrive, and processor time. Who connects first changes from run to run: the controller
/// sends to its clients one after the other.
/// </summary>
internal static class RtdeBench
{
    private const double CycleMs = 2, TimesCArrival = 1.3, TimesCCpu = 2;

    /// <summary>From the moment at which both have data to the one from which they measure.</summary>
    private static readonly TimeSpan s_settle = TimeSpan.FromSeconds(2);

    public static async Task RunAsync(Results results, int runs, double seconds, CancellationToken cancel)
    {
        results.Note("who connects first changes from run to run");
        using var cell = new BenchCell();
        string program = await CProgram.CompileAsync("Rtde/client.c", cell.Folder, cancel);
        var (sim, _) = await cell.StartSimAsync(cancel);
        using var simulated = sim;
        string fields = FieldsOf(cell);
        for (int run = 0; run < runs; run++)
            await RunOnceAsync(cell, results, program, fields, seconds, oursFirst: run % 2 == 0, cancel);
    }

    /// <summary>The names that our driver asks this controller for, and gets.</summary>
    public static string FieldsOf(BenchCell cell)
    {
        using var arm = RtdeDriver.Connect(cell.Host, cell.Config.Robot!.Model, cell.Config.Robot.LatencyMs);
        return string.Join(',', arm.OutputNames);
    }

    private static async Task RunOnceAsync(
        BenchCell cell, Results results, string program, string fields, double seconds, bool oursFirst, CancellationToken cancel)
    {
        using var first = oursFirst
            ? await RtdeReceiver.OursAsync(cell, cancel)
            : await RtdeReceiver.InCAsync(program, cell, fields, cancel);
        using var second = oursFirst
            ? await RtdeReceiver.InCAsync(program, cell, fields, cancel)
            : await RtdeReceiver.OursAsync(cell, cancel);
        long fromNs = HostClock.NowNs + (long)(s_settle.TotalSeconds * 1e9), toNs = fromNs + (long)(seconds * 1e9);
        first.Measure(fromNs, toNs);
        second.Measure(fromNs, toNs);
        var (ours, theirs) = oursFirst ? (first, second) : (second, first);
        var driver = JsonSerializer.Deserialize<RtdeDriverReport>(await ours.ResultAsync(toNs, results, cancel))!;
        var (cpuS, arrivalsNs) = RtdeReceiver.ReadC(await theirs.ResultAsync(toNs, results, cancel));
        ReportDriver(cell, results, driver);
        ReportBoth(results, driver, cpuS, arrivalsNs, seconds);
    }

    private static void ReportDriver(BenchCell cell, Results results, RtdeDriverReport driver)
    {
        long sent;
        using (var control = cell.Control())
        {
            sent = (long)control.Call("sent", new JsonObject
            {
                ["stream"] = "robot",
                ["from"] = driver.FirstDeviceNs,
                ["to"] = driver.LastDeviceNs,
                ["device_time"] = true,
            })!;
        }
        results.Add("packages received", "", driver.ArrivalsNs.Length);
        results.Add("sent by the controller in that time, less received", "", sent - driver.ArrivalsNs.Length, Goal.Exactly(0));
        results.Add("cycles lost", "", driver.Lost, Goal.Exactly(0));
        results.Add("packages that found our own queue full", "", driver.Overrun, Goal.Exactly(0));
        results.Add("allocated by the reader thread", "bytes", driver.AllocatedBytes, Goal.Exactly(0));
    }

    private static void ReportBoth(Results results, RtdeDriverReport driver, double cpuS, long[] arrivalsNs, double seconds)
    {
        Distribution ours = Intervals(driver.ArrivalsNs, "our driver"), theirs = Intervals(arrivalsNs, "the C client");
        AddArrivals(results, "our driver", driver.ArrivalsNs, ours);
        AddArrivals(results, "C client", arrivalsNs, theirs);
        results.Add("interval p99, ours / C", "", ours.P99 / theirs.P99, Goal.AtMost(TimesCArrival));
        results.Add("our driver: CPU of the whole process", "% core", 100 * driver.CpuS / seconds);
        results.Add("our driver: of it the reader's thread", "% core", 100 * driver.ReaderCpuS / seconds);
        results.Add("C client: CPU of the whole process", "% core", 100 * cpuS / seconds);
        results.Add("CPU of the whole process, ours / C", "", driver.CpuS / cpuS, Goal.AtMost(TimesCCpu));
    }

    private static void AddArrivals(Results results, string who, long[] arrivalsNs, Distribution intervals)
    {
        results.Add($"{who}: interval between packages p50", "ms", intervals.Median);
        results.Add($"{who}: interval between packages p99", "ms", intervals.P99);
        results.Add($"{who}: interval between packages max", "ms", intervals.Max);
        AddJitter(results, who, arrivalsNs);
    }

    /// <summary>How far intervals are from a cycle, absolute, of a client that gets every package.</summary>
    public static void AddJitter(Results results, string who, long[] arrivalsNs)
    {
        var jitter = new Distribution(
            arrivalsNs.Zip(arrivalsNs.Skip(1), static (a, b) => Math.Abs((b - a) * 1e-6 - CycleMs)), $"jitter, {who}");
        results.Add($"{who}: jitter (interval less 2 ms) p50", "ms", jitter.Median);
        results.Add($"{who}: jitter (interval less 2 ms) p99", "ms", jitter.P99);
        results.Add($"{who}: jitter (interval less 2 ms) max", "ms", jitter.Max);
    }

    private static Distribution Intervals(long[] arrivalsNs, string who) =>
        new(arrivalsNs.Zip(arrivalsNs.Skip(1), static (a, b) => (b - a) * 1e-6), $"intervals of {who}");
}
