using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using RobotWorldModel.Drivers.Bota;
using RobotWorldModel.Drivers.Robotiq;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.Time;
using RobotWorldModel.Runtime.Configuration;
using RobotWorldModel.Runtime.Protocol;
using RobotWorldModel.Simulation.Cell;

namespace RobotWorldModel.Bench;

/// <summary>
/// The drivers of serial lines, of the gripper's socket and of the arm's own force sensor against the simulated cell, each in a process of
/// its own: rate, arrival, losses, allocation, processor time; beside a loop in C on the streams, and what each takes of its line. Then
/// the cable of each is pulled for a second, and plugged in again.
/// </summary>
internal static class DevicesBench
{
    private const string ForceLine = "bench-force.tty", GripperLine = "bench-gripper.tty";
    private const double TimesCArrival = 1.3, TimesCCpu = 2, GoneS = 1, SeenMs = 50, BackS = 0.5;

    /// <summary>From the moment at which data flow to the one from which is measured.</summary>
    private static readonly TimeSpan s_settle = TimeSpan.FromSeconds(2), s_recoveryDeadline = TimeSpan.FromSeconds(30);

    /// <summary>What hangs on the cell, and what is measured there.</summary>
    private sealed record Setting(Func<string, string> Devices, params Device[] Measured);

    /// <param name="RateHz">What is asked of it.</param>
    /// <param name="LineBits">Of a sample on its line, both ways; 0: no line.</param>
    /// <param name="Baud">Of its line.</param>
    /// <param name="Streams">It sends by itself: none may be missing.</param>
    /// <param name="Loop">How the loop in C is told to read it; null: it is not.</param>
    private sealed record Device(
        string Name, string Kind, double RateHz, double LineBits = 0, int Baud = 0, bool Streams = false, string[]? Loop = null);

    private static readonly Setting[] s_settings =
    [
        new(_ => Sections($"{{driver: robotiq_ft300_stream, line: {ForceLine}}}", $"{{driver: robotiq_modbus, line: {GripperLine}}}"),
            new("FT 300 stream", DeviceDriver.Ft300Streams, 100, 160, 19200, Streams: true,
                // fifty bytes of 0xFF end a stream, then a register starts it (Robotiq's manual)
                Loop: ["204E", "16", string.Concat(Enumerable.Repeat("FF", 50)), "0910019A0001020200CDCA"]),
            new("gripper on a line", DeviceDriver.GripperOnALine, 60, 190, 115200),
            new("arm's own force sensor", DeviceDriver.ArmsOwn, 500, Streams: true)),
        new(host => Sections($"{{driver: robotiq_ft300_modbus, line: {ForceLine}}}", $"{{driver: robotiq_socket, host: {host}}}"),
            new("FT 300 polled", DeviceDriver.Ft300Polled, 60, 250, 19200),
            new("gripper on the socket", DeviceDriver.GripperBehindUrcap, 60)),
        new(_ => Sections($"{{driver: bota_serial, line: {ForceLine}}}", null), Bota(400), Bota(800)),
    ];

    public static async Task RunAsync(Results results, int runs, double seconds, CancellationToken cancel)
    {
        results.Note("lines are pseudo-terminals, the times of whose frames the simulated devices keep; a stream's loop in C runs after "
            + "our driver: a line serves one");
        foreach (Setting setting in s_settings)
        {
            using var cell = new BenchCell(devices: setting.Devices, forceDelayMs: 0);
            string loop = await CProgram.CompileAsync("Line/reader.c", cell.Folder, cancel);
            var (sim, _) = await cell.StartSimAsync(cancel);
            using var simulated = sim;
            for (int run = 0; run < runs; run++)
            {
                foreach (Device device in setting.Measured)
                    await MeasureAsync(results, cell, device, loop, seconds, cancel);
                foreach (Device device in setting.Measured.Where(d => d.Kind != DeviceDriver.ArmsOwn))
                    Recover(results, cell, device, cancel);
            }
        }
    }

    private static Device Bota(double rateHz) => new($"Bota at {rateHz} Hz", DeviceDriver.Bota, rateHz, BotaWire.FrameBytes * 10,
        BotaWire.DefaultBaud, Streams: true,
        Loop: ["AA", $"{BotaWire.FrameBytes}", "43", Hex("c,0,1,0,4"), Hex($"f,{BotaWire.SincLengths[(int)rateHz]},0,0,1"), Hex("R")]);

    private static string Hex(string command) => Convert.ToHexString(System.Text.Encoding.ASCII.GetBytes(command));

    private static string Sections(string force, string? gripper) =>
        $"force: {force}\n" + (gripper is null ? "" : $"gripper: {gripper}\n");

    private static string AddressOf(BenchCell cell, Device device) => device.Kind switch
    {
        DeviceDriver.ArmsOwn or DeviceDriver.GripperBehindUrcap => cell.Host,
        DeviceDriver.GripperOnALine => RuntimeFolder.Resolve(GripperLine),
        _ => RuntimeFolder.Resolve(ForceLine),
    };

    private static async Task MeasureAsync(
        Results results, BenchCell cell, Device device, string loop, double seconds, CancellationToken cancel)
    {
        string address = AddressOf(cell, device), rate = device.RateHz.ToString(CultureInfo.InvariantCulture);
        string said = await MeasureAsync(Checkout.Program("bench/Bench", "RobotWorldModel.Bench"),
            [DeviceDriver.CommandName, device.Kind, address, rate], results, seconds, cancel);
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
        said = await MeasureAsync(loop, [address, $"{RealTime.Priority}", rate, .. start], results, seconds, cancel);
        var (cpuS, arrivalsNs) = Receiver.ReadC(said);
        double theirs = AddIntervals(results, $"{name}, loop in C", arrivalsNs);
        results.Add($"{name}, loop in C: CPU of the whole process", "% core", 100 * cpuS / seconds);
        results.Add($"{name}: interval p99, ours / C", "", p99 / theirs, Goal.AtMost(TimesCArrival));
        results.Add($"{name}: CPU of the whole process, ours / C", "", ours.CpuS / cpuS, Goal.AtMost(TimesCCpu));
    }

    private static async Task<string> MeasureAsync(
        string program, string[] arguments, Results results, double seconds, CancellationToken cancel)
    {
        using Receiver receiver = await Receiver.StartAsync(program, arguments, cancel);
        long fromNs = HostClock.NowNs + (long)(s_settle.TotalSeconds * 1e9), toNs = fromNs + (long)(seconds * 1e9);
        receiver.Measure(fromNs, toNs);
        return await receiver.ResultAsync(toNs, results, cancel);
    }

    /// <returns>Their p99, ms.</returns>
    private static double AddIntervals(Results results, string name, long[] arrivalsNs)
    {
        var intervals = new Distribution(RtdeBench.Intervals(arrivalsNs), $"intervals of {name}");
        results.Add($"{name}: interval p50", "ms", intervals.Median);
        results.Add($"{name}: interval p99", "ms", intervals.P99);
        results.Add($"{name}: interval max", "ms", intervals.Max);
        return intervals.P99;
    }

    /// <summary>Its cable is out for a second.</summary>
    private static void Recover(Results results, BenchCell cell, Device device, CancellationToken cancel)
    {
        bool gripper = device.Kind is DeviceDriver.GripperOnALine or DeviceDriver.GripperBehindUrcap;
        if (gripper)
        {
            using RobotiqGripper hand = DeviceDriver.Gripper(device.Kind, AddressOf(cell, device), device.RateHz);
            Recover(results, cell, device, hand, hand.States, "gripper_cable", cancel);
            return;
        }
        using IForceTorqueSensor sensor = DeviceDriver.Sensor(device.Kind, AddressOf(cell, device), device.RateHz);
        Recover(results, cell, device, sensor, sensor.Wrenches, "force_cable", cancel);
    }

    private static void Recover<T>(
        Results results, BenchCell cell, Device device, IDevice driver, SampleStream<T> stream, string fault, CancellationToken cancel)
    {
        driver.Start();
        DriverProcess.WaitFor(driver, () => stream.Counters.Received > device.RateHz / 2);
        using CellControl control = cell.Control();
        control.Call("counts", []); // compiles what the order needs
        long outNs = HostClock.NowNs; // before the order: what it takes counts
        control.Call("fault", new JsonObject { ["name"] = fault, ["seconds"] = GoneS });
        Wait(() => !driver.Status.Connected, $"the loss of the {device.Name}", cancel);
        long seenNs = HostClock.NowNs, backNs = outNs + (long)(GoneS * 1e9), received = stream.Counters.Received;
        Wait(() => stream.Counters.Received > received, $"the {device.Name} again", cancel);
        stream.TryGetNewest(out var newest);
        Goal? seen = device.Baud > 0 ? Goal.AtMost(SeenMs) : null, back = device.Baud > 0 ? Goal.AtMost(BackS) : null;
        results.Add($"{device.Name}: cable out to its being said", "ms", (seenNs - outNs) * 1e-6, seen);
        results.Add($"{device.Name}: cable in to the first new sample", "s", (newest.ArrivalNs - backNs) * 1e-9, back);
    }

    /// <summary>Looks every 0.2 ms.</summary>
    private static void Wait(Func<bool> condition, string what, CancellationToken cancel)
    {
        long deadline = HostClock.NowNs + (long)(s_recoveryDeadline.TotalSeconds * 1e9);
        while (!condition())
        {
            cancel.ThrowIfCancellationRequested();
            if (HostClock.NowNs > deadline)
                throw new RobotException(ExitCode.Device, $"not within {s_recoveryDeadline.TotalSeconds:0} s: {what}");
            AbsoluteGrid.SleepUntil(HostClock.NowNs + 200_000);
        }
    }
}
