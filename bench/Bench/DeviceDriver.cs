using System.Text.Json;
using RobotWorldModel.Drivers.Bota;
using RobotWorldModel.Drivers.Rdt;
using RobotWorldModel.Drivers.Robotiq;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.Serial;
using RobotWorldModel.Drivers.UniversalRobots;
using RobotWorldModel.Runtime.Protocol;

namespace RobotWorldModel.Bench;

/// <summary>What a driver found in its time.</summary>
/// <param name="CpuS">Processor time of the whole process.</param>
/// <param name="ReaderCpuS">Of it the reader's thread, to 10 ms.</param>
/// <param name="ArrivalsNs">Host times.</param>
/// <param name="Lost">Samples between the first and the last that did not come.</param>
/// <param name="AllocatedBytes">By the whole process.</param>
internal sealed record DeviceDriverReport(
    double CpuS, double ReaderCpuS, long[] ArrivalsNs, long Lost, long Overrun, long AllocatedBytes);

/// <summary>One driver of those that <see cref="DevicesBench"/> measures, as a <see cref="DriverProcess"/>.</summary>
internal static class DeviceDriver
{
    public const string CommandName = "device-driver";
    public const string Ft300Streams = "ft300-stream", Ft300Polled = "ft300-modbus", Ft300BehindUrcap = "ft300-socket", Bota = "bota",
        NetFt = "netft", Hex = "hex", GripperOnALine = "gripper-line", GripperBehindUrcap = "gripper-socket", ArmsOwn = "ur-force";

    /// <summary>Where the simulated Net F/T tells its calibration: a real one's 80 is root's.</summary>
    public const int NetFtPage = 8049;

    /// <param name="address">A line, its address on the network, or a host.</param>
    /// <param name="rateHz">What is asked for, where the driver takes a rate.</param>
    public static int Run(string kind, string address, double rateHz)
    {
        DriverProcess.Prepare();
        if (kind == ArmsOwn)
        {
            using var arm = new UrArm(new() { Host = address });
            UrForceSensor own = arm.CreateForceSensor("force", UrForceSource.Tcp);
            arm.Start();
            return Report(own, own.Wrenches, "robot rtde");
        }
        if (kind is GripperOnALine or GripperBehindUrcap)
        {
            using RobotiqGripper gripper = Gripper(kind, address, rateHz);
            gripper.Start();
            return Report(gripper, gripper.States, gripper.Name);
        }
        using IForceTorqueSensor sensor = Sensor(kind, address, rateHz);
        sensor.Start();
        return Report(sensor, sensor.Wrenches, sensor.Name);
    }

    /// <inheritdoc cref="Run"/>
    public static IForceTorqueSensor Sensor(string kind, string address, double rateHz) => kind switch
    {
        Ft300Streams => new Ft300Stream(new() { Port = PortAddress.Parse(address) }),
        Ft300Polled => new Ft300Modbus(new() { Port = PortAddress.Parse(address), RateHz = rateHz }),
        Ft300BehindUrcap => new Ft300Socket(new() { Host = address, NominalRateHz = rateHz }),
        Bota => new BotaSerial(new() { Port = PortAddress.Parse(address), RateHz = rateHz }),
        NetFt => new AtiNetFt(new() { Host = address, HttpPort = NetFtPage, RateHz = rateHz }),
        Hex => new OnRobotHex(new() { Host = address, RateHz = rateHz }),
        _ => throw new RobotException(ExitCode.Usage, $"{CommandName}: '{kind}' is not known"),
    };

    /// <inheritdoc cref="Run"/>
    public static RobotiqGripper Gripper(string kind, string address, double rateHz) => kind == GripperOnALine
        ? new RobotiqGripperModbus(new() { Line = PortAddress.Parse(address), PollHz = rateHz })
        : new RobotiqGripperSocket(new() { Host = address, PollHz = rateHz });

    private static int Report<T>(IDevice device, SampleStream<T> stream, string thread)
    {
        DriverProcess.WaitFor(device);
        var (fromNs, toNs) = DriverProcess.Ready(CommandName);
        Console.WriteLine(JsonSerializer.Serialize(Measure(device, stream, thread, fromNs, toNs)));
        return ExitCode.Done;
    }

    private static DeviceDriverReport Measure<T>(IDevice device, SampleStream<T> stream, string thread, long fromNs, long toNs)
    {
        static (long ArrivalNs, long Sequence) Keep(Sample<T> sample) => (sample.ArrivalNs, sample.Sequence);
        var samples = DriverProcess.Room<(long ArrivalNs, long Sequence)>(fromNs, toNs, stream.RateHz);
        var queue = stream.Subscribe(DriverProcess.QueueSize);
        DriverProcess.Collect(queue, samples, Keep, fromNs); // what is compiled now is not compiled in the time that counts
        double reader = DriverProcess.ReaderSeconds(thread), cpu = DriverProcess.CpuSeconds();
        samples.Clear();
        long allocated = GC.GetTotalAllocatedBytes(precise: true);
        DriverProcess.Collect(queue, samples, Keep, toNs);
        allocated = GC.GetTotalAllocatedBytes(precise: true) - allocated;
        cpu = DriverProcess.CpuSeconds() - cpu;
        reader = DriverProcess.ReaderSeconds(thread) - reader;
        samples.RemoveAll(sample => sample.ArrivalNs < fromNs || sample.ArrivalNs >= toNs);
        if (samples.Count < 2)
            throw new RobotException(ExitCode.Device, $"no data came: {device.Status.Message}");
        return new(cpu, reader, [.. samples.Select(s => s.ArrivalNs)], samples[^1].Sequence - samples[0].Sequence + 1 - samples.Count,
            queue.Overrun, allocated);
    }
}
