using RobotWorldModel.Drivers.Serial;
using RobotWorldModel.Simulation.Physics;

namespace RobotWorldModel.Simulation.Devices;

/// <summary>A Robotiq gripper on its serial line at 115200 baud: Modbus RTU, or Modbus TCP.</summary>
public sealed class GripperLineServer : ISimulatedDevice, IGripperFaults, IModbusRegisters
{
    private const int RequestRegister = 0x03E8, StatusRegister = 0x07D0, Count = 3, IllegalAddress = 2;
    private const double LineBaud = 115200;
    private readonly SimulatedGripper _gripper;
    private readonly DevicePort _port;
    private readonly ModbusUnit _modbus;
    private readonly TimedQueue _queue;
    private readonly TransportDraw _transport;
    private readonly SentLog _sent = new();
    private readonly Dictionary<string, SentLog> _sentByName;
    private readonly ushort[] _request = new ushort[Count];
    private readonly byte[] _read = new byte[256];
    private long _nowNs;

    /// <exception cref="ArgumentException">An option out of range, or no line.</exception>
    public GripperLineServer(ICellPhysics physics, GripperServerOptions options)
    {
        PortAddress line = options.Line ?? throw new ArgumentException("simulation.gripper: it has no line");
        _gripper = new(physics, options);
        _port = new("gripper", line);
        _modbus = new(options.Unit, line.Kind == PortKind.ModbusTcp, this);
        _queue = new("sim-gripper", 64, bytes => _port.Write(bytes));
        _transport = new(options.Transport, options.Seed);
        _sentByName = new() { ["gripper"] = _sent };
    }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, SentLog> Sent => _sentByName;

    public void Start()
    {
        _port.Plug();
        _queue.Start();
    }

    public void Dispose()
    {
        _queue.Dispose();
        _port.Dispose();
    }

    public void Step(long nowNs, double dt)
    {
        _nowNs = nowNs;
        _gripper.Step(nowNs);
        int read = _port.Read(_read);
        if (read == 0 || !_gripper.Powered)
            return;
        for (ReadOnlySpan<byte> answer = _modbus.Next(_read.AsSpan(0, read), nowNs); answer.Length > 0; answer = _modbus.Next([], nowNs))
        {
            if (_transport.Drops())
                continue;
            long lineNs = _port.Kind == PortKind.ModbusTcp ? 0 : (long)(answer.Length * 10 * 1e9 / LineBaud);
            _queue.Enqueue(_transport.Due(nowNs, lineNs + _transport.DelayNs()), answer);
        }
    }

    void IGripperFaults.PullCable(bool pulled)
    {
        if (pulled)
            _port.Unplug();
        else
            _port.Plug();
    }

    void IGripperFaults.SwitchOff(bool off)
    {
        _gripper.Powered = !off;
        _modbus.Reset();
        Array.Clear(_request);
    }

    void IGripperFaults.InjectFault(int code) => _gripper.InjectFault(code);

    int IModbusRegisters.Read(bool input, int address, Span<ushort> into)
    {
        if (address < StatusRegister || address + into.Length > StatusRegister + Count)
            return IllegalAddress;
        int V(string name) => _gripper.Get(name) ?? 0;
        Span<ushort> all =
        [
            (ushort)((V("ACT") | V("GTO") << 3 | V("STA") << 4 | V("OBJ") << 6) << 8),
            (ushort)(V("FLT") << 8 | V("PRE")),
            (ushort)(V("POS") << 8 | V("CUR")),
        ];
        all.Slice(address - StatusRegister, into.Length).CopyTo(into);
        _sent.Add(_nowNs, _nowNs, dropped: false);
        return 0;
    }

    int IModbusRegisters.Write(int address, ReadOnlySpan<ushort> values)
    {
        if (address < RequestRegister || address + values.Length > RequestRegister + Count)
            return IllegalAddress;
        values.CopyTo(_request.AsSpan(address - RequestRegister));
        int action = _request[0] >> 8;
        _gripper.Set("ACT", action & 1, _nowNs);
        _gripper.Set("ARD", action >> 5 & 1, _nowNs);
        _gripper.Set("ATR", action >> 4 & 1, _nowNs);
        _gripper.Set("SPE", _request[2] >> 8, _nowNs);
        _gripper.Set("FOR", _request[2] & 0xFF, _nowNs);
        if ((action & 8) != 0)
            _gripper.Set("POS", _request[1] & 0xFF, _nowNs);
        _gripper.Set("GTO", action >> 3 & 1, _nowNs);
        return 0;
    }
}
