using System.Globalization;
using System.Text.Json;
using RobotWorldModel.Drivers.Rdt;
using RobotWorldModel.Drivers.Time;
using RobotWorldModel.Runtime.Protocol;

namespace RobotWorldModel.Bench;

/// <summary>
/// The driver of force sensors on the network against the simulated Net F/T at 1000 Hz, and a loop in C on the same sensor after it: it
/// serves one client. Each has half of the time.
/// </summary>
internal static class ForceBench
{
    private const double RateHz = 1000, TimesCArrival = 1.3, TimesCCpu = 2;

    public static async Task RunAsync(Results results, int runs, double seconds, CancellationToken cancel)
    {
        results.Note("each run has two halves: our driver, then the loop in C");
        using var cell = new BenchCell(
            devices: host => $"force: {{driver: ati_netft, host: {host}, http_port: 8049, latency_ms: 8}}");
        string program = await CProgram.CompileAsync("Rdt/client.c", cell.Folder, cancel);
        var (sim, _) = await cell.StartSimAsync(cancel);
        using var simulated = sim;
        for (int run = 0; run < runs; run++)
        {
            string said = await Receiver.MeasureAsync(Checkout.Bench,
                [ForceDriver.CommandName, cell.Host, $"{cell.Config.Force!.HttpPort}"], results, seconds / 2, cancel);
            var ours = JsonSerializer.Deserialize<ForceDriverReport>(said)!;
            said = await Receiver.MeasureAsync(program,
                [cell.Host, $"{RdtWire.DefaultPort}", $"{RealTime.Priority}", $"{RateHz}"], results, seconds / 2, cancel);
            Report(results, ours, said, seconds / 2);
        }
    }

    private static void Report(Results results, ForceDriverReport ours, string saidByC, double seconds)
    {
        string[] lines = saidByC.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        if (lines is not [var cpuLine, var lostLine, ..] || !cpuLine.StartsWith("cpu ", StringComparison.Ordinal))
            throw new InvalidDataException($"client.c printed '{lines.FirstOrDefault()}' where its processor time was expected");
        double theirCpu = Number(cpuLine[4..]) * 1e-9;
        results.Add("our driver: samples received", "Hz", ours.ArrivalsNs.Length / seconds, Goal.AtLeast(RateHz * 0.999));
        results.Add("our driver: samples lost", "", ours.Lost, Goal.Exactly(0));
        results.Add("our driver: records that were no new samples", "", ours.Others);
        results.Add("our driver: samples that found our own queue full", "", ours.Overrun, Goal.Exactly(0));
        results.Add("our driver: allocated by the reader thread", "bytes", ours.AllocatedBytes, Goal.Exactly(0));
        results.Add("C loop: samples lost", "", Number(lostLine["lost ".Length..]));
        double p99 = AddArrivals(results, "our driver", ours.ArrivalsNs);
        double theirs = AddArrivals(results, "C loop", [.. lines.Skip(2).Select(Number)]);
        results.Add("interval p99, ours / C", "", p99 / theirs, Goal.AtMost(TimesCArrival));
        results.Add("our driver: CPU of the whole process", "% core", 100 * ours.CpuS / seconds);
        results.Add("our driver: of it the reader's thread", "% core", 100 * ours.ReaderCpuS / seconds);
        results.Add("C loop: CPU of the whole process", "% core", 100 * theirCpu / seconds);
        results.Add("CPU of the whole process, ours / C", "", ours.CpuS / theirCpu, Goal.AtMost(TimesCCpu));
    }

    /// <returns>The intervals' p99, ms.</returns>
    private static double AddArrivals(Results results, string who, long[] arrivalsNs)
    {
        var intervals = new Distribution(RtdeBench.Intervals(arrivalsNs), $"intervals of {who}");
        results.Add($"{who}: interval between records p50", "ms", intervals.Median);
        results.Add($"{who}: interval between records p99", "ms", intervals.P99);
        results.Add($"{who}: interval between records max", "ms", intervals.Max);
        return intervals.P99;
    }

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);
}
