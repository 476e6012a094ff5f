using RobotWorldModel.Drivers.Rdt;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Drivers.Tests.Rdt;

/// <summary>The sensor in Python (tests/peers/netft.py), on the maker's UDP port of an address of its own.</summary>
internal sealed class NetFtPeer : IDisposable
{
    public const int HttpPort = 8049;
    private readonly bool _onRobot;
    private PythonPeer? _peer;

    public NetFtPeer(bool onRobot = false, bool on = true)
    {
        _onRobot = onRobot;
        if (on)
            SwitchOn();
    }

    public string Host { get; } = Ports.FreeLoopbackAddress();

    /// <summary>Gives it an order; what it printed before its "ok".</summary>
    public string Order(string line)
    {
        _peer!.WriteLine(line);
        string said = "";
        for (string next = _peer.ReadLine(); next != "ok"; next = _peer.ReadLine())
            said = next;
        return said;
    }

    public void SwitchOn()
    {
        string[] arguments = [Host, $"{RdtWire.DefaultPort}", $"{HttpPort}", .. _onRobot ? ["--onrobot"] : Array.Empty<string>()];
        _peer = new("netft.py", arguments);
        Assert.Equal("ready", _peer.ReadLine());
    }

    public void SwitchOff() => _peer!.Dispose();

    public AtiNetFt Connect(Action<AtiNetFtOptions>? change = null)
    {
        var options = new AtiNetFtOptions { Host = Host, HttpPort = HttpPort };
        change?.Invoke(options);
        var sensor = new AtiNetFt(options);
        sensor.Start();
        return sensor;
    }

    /// <summary>With the driver of its own kind; counts as those of the Net F/T's page.</summary>
    public RdtSensor ConnectEither()
    {
        if (!_onRobot)
            return Connect();
        var sensor = new OnRobotHex(new() { Host = Host, CountsPerForce = 1, CountsPerTorque = 1000 });
        sensor.Start();
        return sensor;
    }

    public void Dispose() => _peer?.Dispose();

    public static void WaitForData(RdtSensor sensor, int samples = 20)
    {
        long wanted = sensor.Wrenches.Counters.Received + samples;
        Eventually.True(() => sensor.Wrenches.Counters.Received >= wanted && sensor.Status.Connected, $"data: {sensor.Status.Message}");
    }

    public static void WaitFor(RdtSensor sensor, string message) =>
        Eventually.True(() => sensor.Status.Message.Contains(message), $"'{message}': {sensor.Status.Message}");

    public static List<Sample<Wrench>> Take(SampleQueue<Wrench> queue, int count)
    {
        var samples = new List<Sample<Wrench>>();
        Eventually.True(() =>
        {
            while (queue.TryDequeue(out var sample))
                samples.Add(sample);
            return samples.Count >= count;
        }, $"{count} wrenches");
        return samples;
    }
}
