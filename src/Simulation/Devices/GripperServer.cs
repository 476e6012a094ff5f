using System.Globalization;
using RobotWorldModel.Simulation.Physics;

namespace RobotWorldModel.Simulation.Devices;

/// <summary>What can go wrong with a simulated gripper when it is asked for. Called in the cell's loop.</summary>
internal interface IGripperFaults
{
    /// <summary>No byte passes, in neither direction; the gripper goes on.</summary>
    void PullCable(bool pulled);

    /// <summary>Off, its fingers stay where they are; on again, it wants its activation.</summary>
    void SwitchOff(bool off);

    /// <summary>It has a fault of this code; 0: none any more.</summary>
    void InjectFault(int code);
}

/// <summary>A Robotiq 2F-85 behind the URCap's socket.</summary>
public sealed class GripperServer : ISimulatedDevice, IGripperFaults
{
    private static readonly string[] s_writable = ["ACT", "GTO", "ATR", "ARD", "ADR", "POS", "SPE", "FOR", "SID", "STA"];
    private readonly SimulatedGripper _gripper;
    private readonly TextPort _port;
    private readonly SentLog _sent = new();
    private readonly Dictionary<string, SentLog> _sentByName;
    private bool _cableOut;

    /// <exception cref="ArgumentException">An option out of range.</exception>
    public GripperServer(ICellPhysics physics, GripperServerOptions options)
    {
        _gripper = new(physics, options);
        _sentByName = new() { ["gripper"] = _sent };
        _port = new("gripper", options.Host, options.Port, Answer, new TransportDraw(options.Transport, options.Seed));
    }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, SentLog> Sent => _sentByName;

    /// <summary>False: every variable reads "?", as in an emergency stop.</summary>
    public bool Powered { get => _gripper.Powered; set => _gripper.Powered = value; }

    /// <summary>Clients that hold a connection.</summary>
    public int Clients => _port.Clients;

    /// <inheritdoc cref="SimulatedGripper.InjectFault"/>
    public void InjectFault(int code) => _gripper.InjectFault(code);

    public void Start() => _port.Start();

    public void Dispose() => _port.Dispose();

    public void Step(long nowNs, double dt)
    {
        _gripper.Step(nowNs);
        if (!_cableOut)
            _port.Step(nowNs);
    }

    void IGripperFaults.PullCable(bool pulled) => _cableOut = pulled;

    void IGripperFaults.SwitchOff(bool off) => Powered = !off;

    private string Answer(string line, long nowNs, bool dropped)
    {
        string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return words switch
        {
            ["GET", var name] => Get(name, nowNs, dropped),
            ["SET", .. var pairs] when pairs.Length is > 0 and <= 20 && pairs.Length % 2 == 0 => Set(pairs, nowNs),
            _ => "?\n",
        };
    }

    private string Get(string name, long nowNs, bool dropped)
    {
        if (!Powered)
            return $"{name} ?\n";
        if (name == "POS")
            _sent.Add(nowNs, nowNs, dropped);
        return _gripper.Get(name) is { } number ? $"{name} {number}\n" : "?\n";
    }

    private string Set(string[] pairs, long nowNs)
    {
        for (int i = 0; i < pairs.Length; i += 2)
            if (!s_writable.Contains(pairs[i]) || !int.TryParse(pairs[i + 1], NumberStyles.None, null, out int v) || v > 255)
                return "?\n";
        if (!Powered)
            return "?\n";
        for (int i = 0; i < pairs.Length; i += 2)
            _gripper.Set(pairs[i], int.Parse(pairs[i + 1]), nowNs);
        return "ack"; // without a line end, as the URCap
    }
}
