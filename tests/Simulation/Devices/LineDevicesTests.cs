using System.Net.Sockets;
using RobotWorldModel.Drivers.Bota;
using RobotWorldModel.Drivers.Robotiq;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.Serial;
using RobotWorldModel.Drivers.Time;
using RobotWorldModel.Simulation.Devices;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Simulation.Tests.Devices;

/// <summary>The simulated devices of a serial line, on each kind of port, read by the drivers, and what can be made to go wrong.</summary>
public sealed class LineDevicesTests : IDisposable
{
    private readonly FingersAndForce _physics = new();
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private PortAddress Port(PortKind kind) => kind == PortKind.Serial
        ? new(kind, _folder["line"], 0)
        : new(kind, "127.0.0.1", Ports.FreePort());

    private Ft300LineServer Sensor(PortAddress port) => new(_physics, new() { Port = port }, new(0, 0, 0));

    private static void Flows(IForceTorqueSensor sensor) =>
        Eventually.True(() => sensor.Status.Connected, $"data: {sensor.Status.Message}");

    private static void Says(IForceTorqueSensor sensor, string text) =>
        Eventually.True(() => !sensor.Status.Connected && sensor.Status.Message.Contains(text), text);

    [Theory]
    [InlineData(PortKind.Serial, true)]
    [InlineData(PortKind.Serial, false)]
    [InlineData(PortKind.Gateway, true)]
    [InlineData(PortKind.Gateway, false)]
    [InlineData(PortKind.ModbusTcp, false)]
    public void A_force_sensor_is_read_on_each_kind_of_port(PortKind kind, bool stream)
    {
        _physics.SensorWrench = new(10, -20, 30, 0.1, -0.2, 0.3);
        PortAddress port = Port(kind);
        using var loop = new Loop(_physics, Sensor(port));
        var options = new Ft300LineOptions { Port = port };
        using IForceTorqueSensor sensor = stream ? new Ft300Stream(options) : new Ft300Modbus(options);
        sensor.Start();
        Flows(sensor);
        Assert.Equal(new ForceSensorInfo("Robotiq FT 300", "SIM-0001", "FTS-2.0.6"), sensor.Info);
        Assert.True(sensor.Wrenches.TryGetNewest(out var sample));
        Assert.Equal(10 + 1.2, sample.Value.Fx, 1.0); // with its bias, and noise of 0.1 N
        Assert.Equal(-0.2 - 0.02, sample.Value.Ty, 0.05);
    }

    [Fact]
    public void What_can_go_wrong_with_a_force_sensor_is_seen_and_over_again()
    {
        PortAddress port = Port(PortKind.Serial);
        Ft300LineServer server = Sensor(port);
        IForceSensorFaults faults = server;
        using var loop = new Loop(_physics, server);
        using var sensor = new Ft300Stream(new() { Port = port });
        sensor.Start();
        Flows(sensor);
        faults.PullCable(true);
        Says(sensor, "there is no ");
        faults.PullCable(false);
        Flows(sensor);
        faults.SwitchOff(true);
        Says(sensor, "did not answer");
        faults.SwitchOff(false);
        Flows(sensor);
        faults.Freeze(true);
        Says(sensor, "its converter stands still");
        faults.Freeze(false);
        Flows(sensor);
        faults.SendGarbage(true);
        Says(sensor, "no whole frame");
        faults.SendGarbage(false);
        Flows(sensor);
        long lost = sensor.Wrenches.Counters.Lost;
        faults.Disturb(0.2);
        Eventually.True(() => sensor.Wrenches.Counters.Lost > lost + 3, "lost frames");
        Assert.Contains("a FT 300 says nothing of its health", Assert.Throws<ArgumentException>(() => faults.ReportError(true)).Message);
    }

    [Fact]
    public void What_can_go_wrong_with_a_Bota_sensor_is_seen_and_over_again()
    {
        _physics.SensorWrench = new(10, -20, 30, 0.1, -0.2, 0.3);
        PortAddress port = Port(PortKind.Serial);
        var clock = new DeviceClock(0, 0, 30);
        var server = new BotaLineServer(_physics, new() { Port = port }, clock);
        IForceSensorFaults faults = server;
        using var loop = new Loop(_physics, server);
        using var sensor = new BotaSerial(new() { Port = port });
        sensor.Start();
        Flows(sensor);
        Assert.True(sensor.Wrenches.TryGetNewest(out var sample));
        Assert.Equal(10 + 1.2, sample.Value.Fx, 0.5); // with its bias, and noise of 0.05 N
        Assert.Equal(-0.2 - 0.02, sample.Value.Ty, 0.02);
        faults.PullCable(true);
        Says(sensor, "there is no ");
        faults.PullCable(false);
        Flows(sensor);
        faults.SwitchOff(true);
        Says(sensor, "no answer within 1000 ms");
        faults.SwitchOff(false);
        Flows(sensor);
        faults.Freeze(true);
        Says(sensor, "its converter stands still");
        faults.Freeze(false);
        Flows(sensor);
        faults.SendGarbage(true);
        Says(sensor, "no new sample");
        faults.SendGarbage(false);
        Flows(sensor);
        faults.ReportError(true);
        Says(sensor, "0x0004 (invalid measurements)");
        faults.ReportError(false);
        Flows(sensor);
        long lost = sensor.Wrenches.Counters.Lost;
        faults.Disturb(0.2);
        Eventually.True(() => sensor.Wrenches.Counters.Lost > lost + 3, "lost frames");
    }

    [Fact]
    public void A_Bota_sensors_times_are_those_of_its_clock_behind_a_gateway_too()
    {
        PortAddress port = Port(PortKind.Gateway);
        var transport = new TransportOptions { DelayMsMin = 0, DelayMsMax = 6 };
        var clock = new DeviceClock(HostClock.NowNs, 4_294_000_000_000, 30);
        var server = new BotaLineServer(_physics, new() { Port = port, Transport = transport }, clock);
        using var loop = new Loop(_physics, server);
        using var sensor = new BotaSerial(new() { Port = port, RateHz = 800 });
        var queue = sensor.Wrenches.Subscribe(8192);
        sensor.Start();
        var errors = new List<double>();
        var samples = new List<Sample<Wrench>>();
        Eventually.True(() =>
        {
            while (queue.TryDequeue(out var sample))
                samples.Add(sample);
            return samples.Count > 1000;
        }, "samples");
        SentLog sent = server.Sent["force"];
        long turn = (1L << 32) * 1000; // of its stamps, which came before or after the first sample
        foreach (var sample in samples.Skip(500))
        {
            long trueNs = (sent.TrueTimeOf(sample.DeviceNs) ?? sent.TrueTimeOf(sample.DeviceNs + turn))!.Value;
            errors.Add(Math.Abs(sample.OriginatingNs - trueNs) / 1e6);
        }
        Assert.InRange(errors.Order().ElementAt(errors.Count / 2), 0, 1.5);
        Assert.All(samples.Zip(samples.Skip(1)), p => Assert.Equal(1250_000 * (p.Second.Sequence - p.First.Sequence),
            p.Second.DeviceNs - p.First.DeviceNs, 1000.0));
    }

    [Theory]
    [InlineData(PortKind.Serial)]
    [InlineData(PortKind.Gateway)]
    [InlineData(PortKind.ModbusTcp)]
    public void A_gripper_is_driven_on_each_kind_of_port(PortKind kind)
    {
        PortAddress port = Port(kind);
        var server = new GripperLineServer(_physics, new() { Line = port });
        IGripperFaults faults = server;
        using var loop = new Loop(_physics, server);
        using var gripper = new RobotiqGripperModbus(new() { Line = port });
        IGripperControl control = gripper;
        gripper.Start();
        Eventually.True(() => gripper.Status.Message.Contains("not activated"), "it is found");
        control.Request(1, mayActivate: true);
        Eventually.True(() => gripper.States.TryGetNewest(out var s) && s.Value is { Position: > 0.98, Moving: false }, "it is closed");
        faults.InjectFault(12);
        Eventually.True(() => gripper.Status.Message.Contains("0x0C, internal fault"), "the fault");
        control.Obey(GripperOrder.Activate);
        Eventually.True(() => gripper.Active, "a reset and an activation clear it");
        faults.SwitchOff(true);
        Eventually.True(() => !gripper.Status.Connected, "no power");
        faults.SwitchOff(false);
        Eventually.True(() => gripper.Status is { Connected: true } s && s.Message.Contains("not activated"), "power, and no activation");
        faults.PullCable(true);
        Eventually.True(() => !gripper.Status.Connected, "no cable");
        faults.PullCable(false);
        Eventually.True(() => gripper.Status.Connected, "the cable");
    }

    /// <summary>Nobody is told: what is seen is that nothing comes.</summary>
    [Theory]
    [InlineData("stream", PortKind.Gateway, "its stream has ended, no byte for 200 ms")]
    [InlineData("poll", PortKind.ModbusTcp, "unit 9 did not answer within 300 ms")]
    [InlineData("bota", PortKind.Gateway, "its stream has ended, no byte for 200 ms")]
    [InlineData("gripper", PortKind.ModbusTcp, "unit 9 did not answer within ")]
    public void A_network_cable_that_is_pulled_is_seen_by_the_silence(string what, PortKind kind, string says)
    {
        PortAddress port = Port(kind);
        using var loop = new Loop(_physics, what switch
        {
            "bota" => new BotaLineServer(_physics, new() { Port = port }, new(0, 0, 0)),
            "gripper" => new GripperLineServer(_physics, new() { Line = port }),
            _ => Sensor(port),
        });
        using var cable = new NetworkCable(port.Number);
        PortAddress near = new(kind, port.Path, cable.Port);
        using IDevice device = what switch
        {
            "stream" => new Ft300Stream(new() { Port = near }),
            "poll" => new Ft300Modbus(new() { Port = near }),
            "bota" => new BotaSerial(new() { Port = near }),
            _ => new RobotiqGripperModbus(new() { Line = near }),
        };
        device.Start();
        Eventually.True(() => device.Status.Connected, $"data: {device.Status.Message}");
        cable.Pull();
        Eventually.True(() => device.Status.LastLoss.Contains(says), $"the loss: {device.Status.Message}");
        string unanswered = $"no answer from 127.0.0.1:{cable.Port} within 1 s: is it on, and on this network?";
        Eventually.True(() => !device.Status.Connected && device.Status.Message.Contains(unanswered), unanswered);
        cable.Plug();
        Eventually.True(() => device.Status.Connected, "data again");
        Assert.Equal(1, device.Status.Reconnects);
    }

    [Theory]
    [InlineData("000100000000")] // no unit
    [InlineData("000100000001" + "09")] // no function
    [InlineData("000100000002" + "0903")] // no address
    [InlineData("000100000006" + "091003E80003")] // no values
    [InlineData("000100000004" + "09170000")]
    public void A_broken_frame_over_Tcp_is_passed_over(string frame)
    {
        PortAddress port = Port(PortKind.ModbusTcp);
        using var loop = new Loop(_physics, Sensor(port));
        using var client = new TcpClient(port.Path, port.Number);
        client.Client.Send(Convert.FromHexString(frame));
        client.Client.Send(Convert.FromHexString("000200000006" + "090300B40001"));
        byte[] answer = new byte[11];
        client.Client.ReceiveTimeout = 30_000;
        client.GetStream().ReadExactly(answer);
        Assert.Equal("0002000000050903", Convert.ToHexString(answer.AsSpan(0, 8)));
    }
}
