using RobotWorldModel.Drivers.Modbus;
using RobotWorldModel.Drivers.Robotiq;
using RobotWorldModel.Drivers.Serial;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Drivers.Tests.Robotiq;

/// <summary>A gripper on a serial line: what is its wire's own. What it does with requests is the same as behind the URCap.</summary>
public class RobotiqGripperModbusTests
{
    [SkippableFact]
    public void It_is_activated_moved_and_felt_over_its_registers()
    {
        using var bench = GripperBench.OnALine();
        bench.Says("not activated");
        Eventually.True(() => bench.Gripper.States.Counters.Received > 30, "it polls");
        Assert.Equal("", bench.Tell("log")); // connecting has written nothing
        bench.Ask(1);
        bench.Says("activating");
        Eventually.True(() => bench.Newest is { Position: 1, Moving: false, ObjectDetected: false }, "closed");
        Assert.Equal(["SET ACT 0 ATR 0 GTO 0", "SET ACT 1", "SET POS 230 SPE 255 FOR 47 GTO 1"], bench.Tell("log").Split(';'));
        bench.Tell("block 120");
        bench.Ask(0);
        Eventually.True(() => bench.Newest is { Position: 0, Moving: false }, "open");
        bench.Ask(1);
        Eventually.True(() => bench.Newest is { ObjectDetected: true, Moving: false, ForceN: > 59 and < 60.5 }, "an object");
        Assert.Equal((120 - 3) / 227.0, bench.Newest.Position, 6);
    }

    [SkippableFact]
    public void A_halt_stops_the_fingers_also_in_an_activation()
    {
        using var bench = GripperBench.OnALine();
        bench.Says("not activated");
        bench.Ask(1);
        Eventually.True(() => bench.Tell("log").EndsWith("SET ACT 1", StringComparison.Ordinal), "the stroke begins");
        bench.Control.Halt();
        Eventually.True(() => bench.Tell("log").EndsWith("SET ACT 0 ATR 0 GTO 0", StringComparison.Ordinal), "it is told to stop");
        bench.Active();
        bench.Ask(1);
        bench.Control.Halt();
        Eventually.True(() => bench.Tell("log").EndsWith("SET GTO 0", StringComparison.Ordinal), "the fingers are told to stop");
    }

    [SkippableTheory]
    [InlineData(5, "0x05, it waits for its activation")]
    [InlineData(7, "0x07, it must be activated first")]
    [InlineData(8, "0x08, too hot")]
    [InlineData(10, "0x0A, its voltage is too low")]
    [InlineData(13, "0x0D, its activation failed")]
    public void Faults_come_in_words(int fault, string words)
    {
        using var bench = GripperBench.OnALine();
        bench.Active();
        bench.Tell($"FLT {fault}");
        bench.Says(words);
        Eventually.True(() => bench.Newest.Fault == fault, "the code");
        Assert.False(bench.Gripper.Active);
    }

    [SkippableFact]
    public void Without_power_or_cable_it_is_lost_and_comes_back_without_moving()
    {
        using var bench = GripperBench.OnALine();
        bench.Active();
        bench.Tell("unpowered 1");
        bench.Says("unit 9 did not answer");
        Assert.False(bench.Gripper.Status.Connected);
        bench.Ask(1); // must not be remembered
        bench.Tell("unpowered 0");
        bench.Says("active at");
        long seen = bench.Gripper.States.Counters.Received;
        Eventually.True(() => bench.Gripper.States.Counters.Received > seen + 20, "polls");
        Assert.Equal(0, bench.Newest.Position);
        bench.Unplug();
        bench.Says("there is no ");
    }

    [SkippableFact]
    public void What_is_wrong_on_its_line_is_said_and_over_with_its_cause()
    {
        using var bench = GripperBench.OnALine();
        bench.Says("not activated");
        bench.Tell("garbage 1");
        bench.Says("an answer with a wrong checksum");
        bench.Tell("garbage 0");
        bench.Says("not activated");
        bench.Tell("foreign 1"); // another Modbus device
        bench.Says("it refuses function 3 (code 2, illegal address)");
        bench.Tell("foreign 0");
        bench.Says("not activated");
        bench.Tell("slow 120");
        Eventually.True(
            () => bench.Gripper.States.TryGetNewest(out var s) && s.ArrivalNs - s.OriginatingNs > 60_000_000, "half of a long round trip");
        Assert.True(bench.Gripper.Status.Connected, bench.Gripper.Status.Message);
    }

    [SkippableFact]
    public void A_port_that_another_program_holds_is_left_to_it_and_had_when_it_is_free()
    {
        using var line = new SerialPair();
        using var peer = new PythonPeer("gripmini.py", Ports.FreeLoopbackAddress(), "63352", "rtu", line.Far);
        peer.ReadLine();
        using var gripper = new RobotiqGripperModbus(new() { Line = PortAddress.Parse(line.Near) });
        using (SerialPort.Open(line.Near, 115200, CancellationToken.None))
        {
            gripper.Start();
            Eventually.True(() => gripper.Status.Message.Contains("another program uses"), "it is said");
        }
        Eventually.True(() => gripper.Status.Connected, "the port is had");
    }

    [SkippableFact]
    public void Polling_allocates_nothing()
    {
        using var line = new SerialPair();
        using var peer = new PythonPeer("gripmini.py", Ports.FreeLoopbackAddress(), "63352", "rtu", line.Far);
        peer.ReadLine();
        using var gripper = new RobotiqGripperModbus(new() { Line = PortAddress.Parse(line.Near) });
        using var port = SerialPort.Open(line.Near, 115200, CancellationToken.None);
        var link = new GripperModbusLink(new ModbusRtu(port, 9, 1000));
        gripper.BeginSession(link);
        Assert.Equal(0, Allocations.OfOneRound(() =>
        {
            for (int i = 0; i < 100; i++)
            {
                gripper.Poll(link);
                gripper.Obey(link);
            }
        }));
    }

    [Theory]
    [InlineData("2F-85", 0.085, 235)]
    [InlineData("2F-140", 0.140, 125)]
    [InlineData("Hand-E", 0.050, 185)]
    public void Each_model_has_its_stroke_and_force(string model, double stroke, double force) =>
        Assert.Equal((stroke, force), (RobotiqGripperOptions.ForModel(model).StrokeM, RobotiqGripperOptions.ForModel(model).MaxForceN));

    [Fact]
    public void Options_that_cannot_be_are_refused()
    {
        Assert.Contains("2F-85, 2F-140 or Hand-E", Assert.Throws<ArgumentException>(() => RobotiqGripperOptions.ForModel("3F")).Message);
        Assert.Contains("gripper.line must be a path", Assert.Throws<ArgumentException>(() => new RobotiqGripperModbus(new())).Message);
        Assert.Contains("unit must be 1 to 247",
            Assert.Throws<ArgumentException>(() => new RobotiqGripperModbus(new() { Line = PortAddress.Parse("/x"), Unit = 0 })).Message);
    }
}
