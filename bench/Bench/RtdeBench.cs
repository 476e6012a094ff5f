using System.Text.Json.Nodes;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.Time;
using RobotWorldModel.Drivers.UniversalRobots;
using RobotWorldModel.Runtime.Protocol;

namespace RobotWorldModel.Bench;

/// <summary>The RTDE driver against the simulated controller at its own 500 Hz: cycles lost, bytes allocated, jitter of arrival.</summary>
internal static class RtdeBench
{
    private const double RateHz = 500, CycleMs = 1000 / RateHz;
    private static readonly TimeSpan s_warmUp = TimeSpan.FromSeconds(2), s_connectDeadline = TimeSpan.FromSeconds(30);

    public static async Task RunAsync(Results results, int runs, double seconds, CancellationToken cancel)
    {
        using var cell = new BenchCell();
        var (sim, _) = await cell.StartSimAsync(cancel);
        using (sim)
        {
            // As core does, and after the cell was started, which would inherit it.
            if (RealTime.TryRaiseProcess() is { } why)
                results.Note($"no real-time class: {why}");
            if (RealTime.TryLockMemory() is { } unlocked)
                results.Note(unlocked);
            for (int run = 0; run < runs; run++)
                await RunOnceAsync(cell, results, (int)(seconds * RateHz), cancel);
        }
    }

    private static async Task RunOnceAsync(BenchCell cell, Results results, int packages, CancellationToken cancel)
    {
        using var arm = new UrArm(new() { Host = cell.Host, Model = cell.Config.Robot!.Model, LatencyMs = cell.Config.Robot.LatencyMs });
        arm.Start();
        long deadline = Environment.TickCount64 + (long)s_connectDeadline.TotalMilliseconds;
        while (!arm.Status.Connected || arm.Identity is null)
        {
            if (Environment.TickCount64 > deadline)
                throw new RobotException(ExitCode.Device, $"the driver did not connect: {arm.Status.Message}");
            await Task.Delay(20, cancel);
        }
        await Task.Delay(s_warmUp, cancel);

        var queue = arm.States.Subscribe(1 << 14);
        var samples = new List<(long Arrival, long Device, long Sequence)>(packages);
        long allocated = arm.ReaderAllocatedBytes;
        Collect(queue, samples, packages, cancel);
        allocated = arm.ReaderAllocatedBytes - allocated;
        arm.States.Detach(queue);
        Report(cell, results, samples, allocated, queue.Overrun);
    }

    private static void Collect(
        SampleQueue<RobotState> queue, List<(long Arrival, long Device, long Sequence)> samples, int packages, CancellationToken cancel)
    {
        long deadlineNs = HostClock.NowNs + (long)((packages / RateHz * 1.5 + 10) * 1e9);
        while (samples.Count < packages)
        {
            while (samples.Count < packages && queue.TryDequeue(out var sample))
                samples.Add((sample.ArrivalNs, sample.DeviceNs, sample.Sequence));
            if (HostClock.NowNs > deadlineNs)
                throw new RobotException(ExitCode.Device,
                    $"only {samples.Count} of {packages} packages came in time: the controller stopped sending");
            cancel.ThrowIfCancellationRequested();
            Thread.Sleep(5);
        }
    }

    private static void Report(
        BenchCell cell, Results results, List<(long Arrival, long Device, long Sequence)> samples, long allocated, long overrun)
    {
        long gaps = samples[^1].Sequence - samples[0].Sequence + 1 - samples.Count;
        long sent;
        using (var control = cell.Control())
        {
            sent = (long)control.Call("sent", new JsonObject
            {
                ["stream"] = "robot",
                ["from"] = samples[0].Device,
                ["to"] = samples[^1].Device,
                ["device_time"] = true,
            })!;
        }
        var jitter = new Distribution(samples.Zip(samples.Skip(1),
            (a, b) => Math.Abs((b.Arrival - a.Arrival) * 1e-6 - (b.Sequence - a.Sequence) * CycleMs)), "arrival jitter");
        results.Add("packages received", "", samples.Count);
        results.Add("sent by the controller in that time", "", sent, Goal.Exactly(samples.Count));
        results.Add("cycles lost", "", gaps, Goal.Exactly(0));
        results.Add("packages that found our own queue full", "", overrun, Goal.Exactly(0));
        results.Add("allocated by the reader thread", "bytes", allocated, Goal.Exactly(0));
        results.Add("arrival jitter p50", "ms", jitter.Median);
        results.Add("arrival jitter p99", "ms", jitter.P99);
        results.Add("arrival jitter max", "ms", jitter.Max);
    }
}
