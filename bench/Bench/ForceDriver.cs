using System.Text.Json;
using RobotWorldModel.Drivers.Rdt;
using RobotWorldModel.Drivers.Samples;
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
/// The driver of force sensors on the network as a <see cref="DriverProcess"/>; <see cref="ForceBench"/> starts it.
/// </summary>
internal static class ForceDriver
{
    public const string CommandName = "force-driver";
    private const string ReaderThread = "force";

    public static int Run(string host, int httpPort)
    {
        DriverProcess.Prepare();
        using var sensor = new AtiNetFt(new() { Host = host, HttpPort = httpPort });
        sensor.Start();
        DriverProcess.WaitFor(sensor);
        var (fromNs, toNs) = DriverProcess.Ready(CommandName);
        Console.WriteLine(JsonSerializer.Serialize(Measure(sensor, fromNs, toNs)));
        return ExitCode.Done;
    }

    private static ForceDriverReport Measure(AtiNetFt sensor, long fromNs, long toNs)
    {
        static (long ArrivalNs, long Sequence) Keep(Sample<Wrench> sample) => (sample.ArrivalNs, sample.Sequence);
        var samples = DriverProcess.Room<(long ArrivalNs, long Sequence)>(fromNs, toNs, sensor.Wrenches.RateHz);
        var queue = sensor.Wrenches.Subscribe(DriverProcess.QueueSize);
        DriverProcess.Collect(queue, samples, Keep, fromNs); // what is compiled now is not compiled in the time that counts
        double reader = DriverProcess.ReaderSeconds(ReaderThread), cpu = DriverProcess.CpuSeconds();
        samples.Clear();
        (long allocated, RdtCounters others) = (sensor.ReaderAllocatedBytes, sensor.Counters);
        DriverProcess.Collect(queue, samples, Keep, toNs);
        cpu = DriverProcess.CpuSeconds() - cpu;
        reader = DriverProcess.ReaderSeconds(ReaderThread) - reader;
        allocated = sensor.ReaderAllocatedBytes - allocated;
        samples.RemoveAll(sample => sample.ArrivalNs < fromNs || sample.ArrivalNs >= toNs);
        if (samples.Count < 2)
            throw new RobotException(ExitCode.Device, $"no data came: {sensor.Status.Message}");
        return new(cpu, reader, [.. samples.Select(s => s.ArrivalNs)], samples[^1].Sequence - samples[0].Sequence + 1 - samples.Count,
            Sum(sensor.Counters) - Sum(others), queue.Overrun, allocated);
    }

    private static long Sum(RdtCounters c) => c.Duplicates + c.Late + c.Repeats + c.Faulty + c.Restarts + c.Garbage;
}
