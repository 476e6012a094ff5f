using System.Text.Json;
using RobotWorldModel.Drivers.Samples;
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
/// The RTDE driver as a <see cref="DriverProcess"/>.
/// </summary>
internal static class RtdeDriver
{
    public const string CommandName = "rtde-driver";
    private const string ReaderThread = "robot rtde";

    public static int Run(string host, string model, double latencyMs)
    {
        DriverProcess.Prepare();
        using var arm = Connect(host, model, latencyMs);
        var (fromNs, toNs) = DriverProcess.Ready(CommandName);
        Console.WriteLine(JsonSerializer.Serialize(Measure(arm, fromNs, toNs)));
        return ExitCode.Done;
    }

    /// <summary>A driver with data, whose questions to the controller have been answered.</summary>
    public static UrArm Connect(string host, string model, double latencyMs)
    {
        var arm = new UrArm(new() { Host = host, Model = model, LatencyMs = latencyMs });
        arm.Start();
        try
        {
            DriverProcess.WaitFor(arm, () => arm.Identity is not null);
        }
        catch
        {
            arm.Dispose();
            throw;
        }
        return arm;
    }

    private static RtdeDriverReport Measure(UrArm arm, long fromNs, long toNs)
    {
        static (long ArrivalNs, long DeviceNs, long Sequence) Keep(Sample<RobotState> s) => (s.ArrivalNs, s.DeviceNs, s.Sequence);
        var samples = DriverProcess.Room<(long ArrivalNs, long DeviceNs, long Sequence)>(fromNs, toNs, arm.States.RateHz);
        var queue = arm.States.Subscribe(DriverProcess.QueueSize);
        DriverProcess.Collect(queue, samples, Keep, fromNs); // what is compiled now is not compiled in the time that counts
        double reader = DriverProcess.ReaderSeconds(ReaderThread), cpu = DriverProcess.CpuSeconds();
        samples.Clear();
        long allocated = arm.ReaderAllocatedBytes;
        DriverProcess.Collect(queue, samples, Keep, toNs);
        cpu = DriverProcess.CpuSeconds() - cpu;
        reader = DriverProcess.ReaderSeconds(ReaderThread) - reader;
        allocated = arm.ReaderAllocatedBytes - allocated;
        samples.RemoveAll(sample => sample.ArrivalNs < fromNs || sample.ArrivalNs >= toNs);
        if (samples.Count < 2)
            throw new RobotException(ExitCode.Device, $"no data came: {arm.Status.Message}");
        long lost = samples[^1].Sequence - samples[0].Sequence + 1 - samples.Count;
        return new(cpu, reader, [.. samples.Select(s => s.ArrivalNs)], samples[0].DeviceNs, samples[^1].DeviceNs, lost, queue.Overrun,
            allocated);
    }
}
