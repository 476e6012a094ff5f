using System.Net.Sockets;
using System.Text;
using RobotWorldModel.Drivers.Robotiq;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.Serial;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Drivers.Tests.Robotiq;

/// <summary>A driver and a gripper written in Python, behind the URCap's socket or on a serial line.</summary>
internal sealed class GripperBench : IDisposable
{
    private readonly string[] _style;
    private readonly SerialPair? _line;
    private PythonPeer? _peer;

    public GripperBench(params string[] style)
    {
        _style = style;
        PowerOn();
        Gripper = new RobotiqGripperSocket(new() { Host = Host, ForceN = 60, SpeedPercent = 100 });
        Gripper.Start();
    }

    private GripperBench(SerialPair line, int answerMs)
    {
        (_line, _style) = (line, ["rtu", line.Far]);
        PowerOn();
        Gripper = new RobotiqGripperModbus(
            new() { Line = PortAddress.Parse(line.Near), AnswerMs = answerMs, ForceN = 60, SpeedPercent = 100 });
        Gripper.Start();
    }

    public string Host { get; } = Ports.FreeLoopbackAddress();

    public RobotiqGripper Gripper { get; }

    public IGripperControl Control => Gripper;

    public GripperState Newest => Gripper.States.TryGetNewest(out var sample) ? sample.Value : default;

    public static GripperBench OnALine(int answerMs = 1000) => new(new SerialPair(), answerMs);

    public void Unplug() => _line!.Unplug();

    public void PowerOn()
    {
        _peer = new PythonPeer("gripmini.py", [Host, "63352", .. _style]);
        Assert.Equal("ready", _peer.ReadLine());
    }

    public void PowerOff() => _peer!.Dispose();

    public void Ask(double position, bool mayActivate = true) => Control.Request(position, mayActivate);

    /// <summary>The stand-in's own words, over a second connection, as the pendant has.</summary>
    public string Tell(string words)
    {
        using var client = new TcpClient(Host, 63352);
        client.Client.Send(Encoding.ASCII.GetBytes($"TEST {words}\n"));
        using var reader = new StreamReader(client.GetStream());
        return reader.ReadLine()!;
    }

    public void Says(string words) => Eventually.True(() => Gripper.Status.Message.Contains(words), $"'{words}' in the status");

    public void Active()
    {
        Says("not activated");
        Ask(0);
        Says("active at");
        Eventually.True(() => Tell("log").Contains("SET POS"), "the request that it was activated for is sent");
        Eventually.True(() => !Newest.Moving && Newest.Position == 0, "it is open");
    }

    public void Dispose()
    {
        Gripper.Dispose();
        PowerOff();
        _line?.Dispose();
    }
}
