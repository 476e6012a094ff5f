using System.Globalization;
using System.Text.Json;
using RobotWorldModel.Drivers.Time;
using RobotWorldModel.Runtime.Protocol;

namespace RobotWorldModel.Bench;

/// <summary>
/// The drivers of force-torque sensors and grippers against the simulated cell, each in a process of its own: rate, arrival, losses,
/// allocation, processor time; of serial lines beside a loop in C on the streams, and what each takes of its line. Then the cable of each
/// is pulled for a while, and plugged in again.
/// </summary>
internal static class DevicesBench
{
    private const double TimesCArrival = 1.3, TimesCCpu = 2;

    public static async Task RunAsync(Results results, int runs, double seconds, CancellationToken cancel)
    {
        results.Note("lines are pseudo-terminals, the times of whose frames the simulated devices keep; a stream's loop in C runs after "
            + "our driver: a line serves one");
        foreach (DeviceSetting setting in DeviceTable.All)
        {
            using var cell = new BenchCell(devices: setting.Sections, forceDelayMs: 0);
            string loop = await CProgram.CompileAsync("Line/reader.c", cell.Folder, cancel);
            var (sim, _) = await cell.StartSimAsync(cancel);
            using var simulated = sim;
            for (int run = 0; run < runs; run++)
            {
                foreach (MeasuredDevice device in setting.Measured)
                    await MeasureAsync(results, cell, device, loop, seconds, cancel);
                foreach (MeasuredDevice device in setting.Measured.Where(d => d.Cable is not null))
                    CableBench.Pull(results, cell, device, cancel);
            }
        }
    }

    /// <returns>Their p99, ms.</returns>
    public static double AddIntervals(Results results, string name, long[] arrivalsNs)
    {
        var intervals = new Distribution(RtdeBench.Intervals(arrivalsNs), $"intervals of {name}");
        results.Add($"{name}: interval p50", "ms", intervals.Median);
        results.Add($"{name}: interval p99", "ms", intervals.P99);
        results.Add($"{name}: interval max", "ms", intervals.Max);
        return intervals.P99;
    }

    private static async Task MeasureAsync(
        Results results, BenchCell cell, MeasuredDevice device, string loop, double seconds, CancellationToken cancel)
    {
        string address = device.Address(cell.Host), rate = device.RateHz.ToString(CultureInfo.InvariantCulture);
        string said = await Receiver.MeasureAsync(
            Checkout.Bench, [DeviceDriver.CommandName, device.Kind, address, rate], results, seconds, cancel);
        var ours = JsonSerializer.Deserialize<DeviceDriverReport>(said)!;
        string name = device.Name;
        results.Add($"{name}: rate", "Hz", ours.ArrivalsNs.Length / seconds, Goal.AtLeast(device.RateHz * 0.99));
        results.Add($"{name}: lost", "", ours.Lost, device.Streams ? Goal.Exactly(0) : null);
        results.Add($"{name}: samples that found our own queue full", "", ours.Overrun, Goal.Exactly(0));
        results.Add($"{name}: allocated a sample, whole process", "bytes", (double)ours.AllocatedBytes / ours.ArrivalsNs.Length,
            Goal.AtMost(1));
        double p99 = AddIntervals(results, name, ours.ArrivalsNs);
        results.Add($"{name}: CPU of the whole process", "% core", 100 * ours.CpuS / seconds);
        results.Add($"{name}: of it the reader's thread", "% core", 100 * ours.ReaderCpuS / seconds);
        if (device.Baud > 0)
            results.Add($"{name}: of what its line carries", "%",
                100 * ours.ArrivalsNs.Length / seconds * device.LineBits / device.Baud);
        if (device.Loop is not { } start)
            return;
        said = await Receiver.MeasureAsync(loop, [address, $"{RealTime.Priority}", rate, .. start], results, seconds, cancel);
        var (cpuS, arrivalsNs) = Receiver.ReadC(said);
        double theirs = AddIntervals(results, $"{name}, loop in C", arrivalsNs);
        results.Add($"{name}, loop in C: CPU of the whole process", "% core", 100 * cpuS / seconds);
        results.Add($"{name}: interval p99, ours / C", "", p99 / theirs, Goal.AtMost(TimesCArrival));
        results.Add($"{name}: CPU of the whole process, ours / C", "", ours.CpuS / cpuS, Goal.AtMost(TimesCCpu));
    }
}
