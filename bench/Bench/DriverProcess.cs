using System.Globalization;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.Time;
using RobotWorldModel.Runtime.Protocol;

namespace RobotWorldModel.Bench;

/// <summary>
/// What the processes have in common that hold one driver and do nothing else, so that the process's processor time is the driver's. Each
/// is a hidden sub-command that <see cref="Receiver"/> starts.
/// </summary>
internal static class DriverProcess
{
    public const int QueueSize = 8192; // 8 s at 1000 Hz
    private const int CollectMs = 1000;
    private static readonly TimeSpan s_connectDeadline = TimeSpan.FromSeconds(25);

    /// <summary>As core is.</summary>
    public static void Prepare()
    {
        if (RealTime.TryRaiseProcess() is { } why)
            Console.Error.WriteLine($"no real-time class: {why}");
        if (RealTime.TryLockMemory() is { } unlocked)
            Console.Error.WriteLine(unlocked);
    }

    /// <exception cref="RobotException">No data flow in 25 s; says why.</exception>
    public static void WaitFor(IDevice device, Func<bool>? also = null)
    {
        long deadline = Environment.TickCount64 + (long)s_connectDeadline.TotalMilliseconds;
        while (!device.Status.Connected || also?.Invoke() == false)
        {
            if (Environment.TickCount64 > deadline)
                throw new RobotException(ExitCode.Device, $"the driver did not connect: {device.Status.Message}");
            Thread.Sleep(20);
        }
    }

    /// <summary>Says that data flow, and takes from when to when to measure.</summary>
    public static (long FromNs, long ToNs) Ready(string command)
    {
        Console.WriteLine("ready");
        long[] order = [.. (Console.ReadLine() ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Select(t => long.Parse(t, CultureInfo.InvariantCulture))];
        return order is [var fromNs, var toNs]
            ? (fromNs, toNs)
            : throw new RobotException(ExitCode.Usage, $"{command} takes two times on its standard input");
    }

    /// <summary>Room for what a measurement keeps, so that it allocates nothing while it counts.</summary>
    public static List<TKept> Room<TKept>(long fromNs, long toNs, double rateHz)
    {
        int expected = (int)((toNs - fromNs) * 1e-9 * rateHz);
        return new(expected + expected / 10 + 1000);
    }

    /// <summary>Wakes once a second: who collects is not what is measured.</summary>
    public static void Collect<T, TKept>(SampleQueue<T> queue, List<TKept> into, Func<Sample<T>, TKept> keep, long untilNs)
    {
        for (bool over = false; !over;)
        {
            AbsoluteGrid.SleepUntil(Math.Min(untilNs, HostClock.NowNs + CollectMs * 1_000_000L));
            over = HostClock.NowNs >= untilNs;
            while (queue.TryDequeue(out var sample))
                into.Add(keep(sample));
        }
    }

    /// <summary>Of this process so far.</summary>
    public static double CpuSeconds() => Environment.CpuUsage.TotalTime.TotalSeconds;

    /// <summary>Of the threads of this process with that name, to 10 ms.</summary>
    /// <exception cref="RobotException">There is none.</exception>
    public static double ReaderSeconds(string thread) => ProcessUse.ThreadCpuSeconds(Environment.ProcessId, thread)
        ?? throw new RobotException(ExitCode.Device, $"the driver has no thread '{thread}' any more; correct the bench");
}
