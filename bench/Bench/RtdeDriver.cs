using System.Globalization;
using System.Text.Json;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.Time;
using RobotWorldModel.Drivers.UniversalRobots;
using RobotWorldModel.Runtime.Protocol;

namespace RobotWorldModel.Bench;

/// <summary>What our driver found in its time.</summary>
/// <param name="CpuS">Processor time of the whole process.</param>
/// <param name="ReaderCpuS">Of it the reader's thread, to 10 ms.</param>
/// <param name="ArrivalsNs">Host times.</param>
/// <param name="FirstDeviceNs">The controller's stamp of the first package.</param>
/// <param name="LastDeviceNs">And of the last.</param>
/// <param name="Lost">Cycles between the two that did not come.</param>
/// <param name="Overrun">Packages that found our own queue full.</param>
/// <param name="AllocatedBytes">By the reader's thread.</param>
internal sealed record RtdeDriverReport(
    double CpuS, double ReaderCpuS, long[] ArrivalsNs, long FirstDeviceNs, long LastDeviceNs, long Lost, long Overrun,
    long AllocatedBytes);

/// <summary>
/// The RTDE driver in a process of its own that does nothing else, so that the process's processor time is the driver's. A hidden
/// sub-command; <see cref="Receiver"/> starts it.
/// </summary>
internal static class RtdeDriver
{
    public const string CommandName = "rtde-driver";
    private const int CollectMs = 1000, QueueSize = 4096; // 8 s at 500 Hz
    private const string ReaderThread = "robot rtde";
    private static readonly TimeSpan s_connectDeadline = TimeSpan.FromSeconds(25);

    public static int Run(string host, string model, double latencyMs)
    {
        if (RealTime.TryRaiseProcess() is { } why) // as core does
            Console.Error.WriteLine($"no real-time class: {why}");
        if (RealTime.TryLockMemory() is { } unlocked)
            Console.Error.WriteLine(unlocked);
        using var arm = Connect(host, model, latencyMs);
        Console.WriteLine("ready");
        long[] order = [.. (Console.ReadLine() ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Select(t => long.Parse(t, CultureInfo.InvariantCulture))];
        if (order is not [var fromNs, var toNs])
            throw new RobotException(ExitCode.Usage, $"{CommandName} takes two times on its standard input");
        Console.WriteLine(JsonSerializer.Serialize(Measure(arm, fromNs, toNs)));
        return ExitCode.Done;
    }

    /// <summary>A driver with data, whose questions to the controller have been answered.</summary>
    public static UrArm Connect(string host, string model, double latencyMs)
    {
        var arm = new UrArm(new() { Host = host, Model = model, LatencyMs = latencyMs });
        arm.Start();
        long deadline = Environment.TickCount64 + (long)s_connectDeadline.TotalMilliseconds;
        while (!arm.Status.Connected || arm.Identity is null)
        {
            if (Environment.TickCount64 > deadline)
            {
                using (arm)
                    throw new RobotException(ExitCode.Device, $"the driver did not connect: {arm.Status.Message}");
            }
            Thread.Sleep(20);
        }
        return arm;
    }

    private static RtdeDriverReport Measure(UrArm arm, long fromNs, long toNs)
    {
        int expected = (int)((toNs - fromNs) * 1e-9 * arm.States.RateHz);
        var samples = new List<(long ArrivalNs, long DeviceNs, long Sequence)>(expected + expected / 10 + 1000);
        var queue = arm.States.Subscribe(QueueSize);
        Collect(queue, samples, fromNs); // what is compiled now is not compiled in the time that counts
        double reader = ReaderSeconds(), cpu = CpuSeconds();
        samples.Clear();
        long allocated = arm.ReaderAllocatedBytes;
        Collect(queue, samples, toNs);
        cpu = CpuSeconds() - cpu;
        reader = ReaderSeconds() - reader;
        allocated = arm.ReaderAllocatedBytes - allocated;
        samples.RemoveAll(sample => sample.ArrivalNs < fromNs || sample.ArrivalNs >= toNs);
        if (samples.Count < 2)
            throw new RobotException(ExitCode.Device, $"no data came: {arm.Status.Message}");
        long lost = samples[^1].Sequence - samples[0].Sequence + 1 - samples.Count;
        return new(cpu, reader, [.. samples.Select(s => s.ArrivalNs)], samples[0].DeviceNs, samples[^1].DeviceNs, lost, queue.Overrun,
            allocated);
    }

    // Wakes once a second: who collects is not what is measured.
    private static void Collect(SampleQueue<RobotState> queue, List<(long ArrivalNs, long DeviceNs, long Sequence)> into, long untilNs)
    {
        for (bool over = false; !over;)
        {
            AbsoluteGrid.SleepUntil(Math.Min(untilNs, HostClock.NowNs + CollectMs * 1_000_000L));
            over = HostClock.NowNs >= untilNs;
            while (queue.TryDequeue(out var sample))
                into.Add((sample.ArrivalNs, sample.DeviceNs, sample.Sequence));
        }
    }

    private static double CpuSeconds() => Environment.CpuUsage.TotalTime.TotalSeconds;

    private static double ReaderSeconds() => ProcessUse.ThreadCpuSeconds(Environment.ProcessId, ReaderThread)
        ?? throw new RobotException(ExitCode.Device, $"the driver has no thread '{ReaderThread}' any more; correct RtdeDriver.cs");
}
