using System.Globalization;
using System.Text.Json;
using RobotWorldModel.Drivers.Rdt;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.Time;
using RobotWorldModel.Runtime.Protocol;

namespace RobotWorldModel.Bench;

/// <summary>What the driver of a force sensor found in its time.</summary>
/// <param name="CpuS">Processor time of the whole process.</param>
/// <param name="ReaderCpuS">Of it the reader's thread, to 10 ms.</param>
/// <param name="ArrivalsNs">Host times.</param>
/// <param name="Lost">Samples between the first and the last that did not come.</param>
/// <param name="Others">Records that were no new samples.</param>
/// <param name="AllocatedBytes">By the reader's thread.</param>
internal sealed record ForceDriverReport(
    double CpuS, double ReaderCpuS, long[] ArrivalsNs, long Lost, long Others, long Overrun, long AllocatedBytes);

/// <summary>
/// The driver of force sensors on the network in a process of its own that does nothing else, so that the process's processor time is the
/// driver's. A hidden sub-command; <see cref="ForceBench"/> starts it.
/// </summary>
internal static class ForceDriver
{
    public const string CommandName = "force-driver";
    private const int CollectMs = 1000, QueueSize = 8192; // 8 s at 1000 Hz
    private const string ReaderThread = "force";
    private static readonly TimeSpan s_connectDeadline = TimeSpan.FromSeconds(25);

    public static int Run(string host, int httpPort)
    {
        if (RealTime.TryRaiseProcess() is { } why) // as core does
            Console.Error.WriteLine($"no real-time class: {why}");
        if (RealTime.TryLockMemory() is { } unlocked)
            Console.Error.WriteLine(unlocked);
        using var sensor = new AtiNetFt(new() { Host = host, HttpPort = httpPort });
        sensor.Start();
        long deadline = Environment.TickCount64 + (long)s_connectDeadline.TotalMilliseconds;
        while (!sensor.Status.Connected)
        {
            if (Environment.TickCount64 > deadline)
                throw new RobotException(ExitCode.Device, $"the driver did not connect: {sensor.Status.Message}");
            Thread.Sleep(20);
        }
        Console.WriteLine("ready");
        long[] order = [.. (Console.ReadLine() ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Select(t => long.Parse(t, CultureInfo.InvariantCulture))];
        if (order is not [var fromNs, var toNs])
            throw new RobotException(ExitCode.Usage, $"{CommandName} takes two times on its standard input");
        Console.WriteLine(JsonSerializer.Serialize(Measure(sensor, fromNs, toNs)));
        return ExitCode.Done;
    }

    private static ForceDriverReport Measure(AtiNetFt sensor, long fromNs, long toNs)
    {
        int expected = (int)((toNs - fromNs) * 1e-9 * sensor.Wrenches.RateHz);
        var samples = new List<(long ArrivalNs, long Sequence)>(expected + expected / 10 + 1000);
        var queue = sensor.Wrenches.Subscribe(QueueSize);
        Collect(queue, samples, fromNs); // what is compiled now is not compiled in the time that counts
        double reader = ReaderSeconds(), cpu = CpuSeconds();
        samples.Clear();
        (long allocated, RdtCounters others) = (sensor.ReaderAllocatedBytes, sensor.Counters);
        Collect(queue, samples, toNs);
        cpu = CpuSeconds() - cpu;
        reader = ReaderSeconds() - reader;
        allocated = sensor.ReaderAllocatedBytes - allocated;
        samples.RemoveAll(sample => sample.ArrivalNs < fromNs || sample.ArrivalNs >= toNs);
        if (samples.Count < 2)
            throw new RobotException(ExitCode.Device, $"no data came: {sensor.Status.Message}");
        return new(cpu, reader, [.. samples.Select(s => s.ArrivalNs)], samples[^1].Sequence - samples[0].Sequence + 1 - samples.Count,
            Sum(sensor.Counters) - Sum(others), queue.Overrun, allocated);
    }

    private static long Sum(RdtCounters c) => c.Duplicates + c.Late + c.Repeats + c.Faulty + c.Restarts + c.Garbage;

    // Wakes once a second: who collects is not what is measured.
    private static void Collect(SampleQueue<Wrench> queue, List<(long ArrivalNs, long Sequence)> into, long untilNs)
    {
        for (bool over = false; !over;)
        {
            AbsoluteGrid.SleepUntil(Math.Min(untilNs, HostClock.NowNs + CollectMs * 1_000_000L));
            over = HostClock.NowNs >= untilNs;
            while (queue.TryDequeue(out var sample))
                into.Add((sample.ArrivalNs, sample.Sequence));
        }
    }

    private static double CpuSeconds() => Environment.CpuUsage.TotalTime.TotalSeconds;

    private static double ReaderSeconds() => ProcessUse.ThreadCpuSeconds(Environment.ProcessId, ReaderThread)
        ?? throw new RobotException(ExitCode.Device, $"the driver has no thread '{ReaderThread}' any more; correct ForceDriver.cs");
}
