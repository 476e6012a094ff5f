using System.Buffers.Binary;
using RobotWorldModel.Drivers.Modbus;
using RobotWorldModel.Drivers.Serial;
using RobotWorldModel.Simulation.Physics;

namespace RobotWorldModel.Simulation.Devices;

public sealed class Ft300LineServerOptions : IForceSensorNoise
{
    /// <summary>Where a driver finds it: a pseudo-terminal's name, or the address of a gateway or a Modbus TCP server.</summary>
    public required PortAddress Port { get; init; }

    public byte Unit { get; set; } = 9;

    public double NoiseForceN { get; set; } = 0.1;

    public double NoiseTorqueNm { get; set; } = 0.004;

    /// <summary>What an unloaded sensor reads: Fx, Fy, Fz (N), Mx, My, Mz (N·m).</summary>
    public double[] Bias { get; set; } = [1.2, -0.8, 2.5, 0.03, -0.02, 0.01];

    /// <summary>Three letters, and the number behind them.</summary>
    public string Serial { get; set; } = "SIM-0001";

    public TransportOptions Transport { get; set; } = new();

    public int Seed { get; set; } = 1;
}

/// <summary>
/// A Robotiq FT 300 on its serial line at 19200 baud: Modbus RTU until it is told to stream, then frames at 100 Hz until it hears bytes of
/// 0xFF. What it sends arrives when its last byte has gone over the line. As Modbus TCP it has no stream.
/// </summary>
public sealed class Ft300LineServer : ISimulatedDevice, IForceSensorFaults, IModbusRegisters
{
    private const int StopAfter = 20, FrameBytes = 16, IllegalAddress = 2;
    private const ushort StreamOutput = 0x0200;
    private const double RateHz = 100, LineBaud = 19200, NewtonPerCount = 0.01, NewtonMetrePerCount = 0.001;
    private readonly TransportDraw _transport;
    private readonly WrenchSampler _sampler;
    private readonly DevicePort _port;
    private readonly ModbusUnit _modbus;
    private readonly TimedQueue _queue;
    private readonly SentLog _sent = new();
    private readonly Dictionary<string, SentLog> _sentByName;
    private readonly Ft300LineServerOptions _options;
    private readonly Random _random;
    private readonly byte[] _read = new byte[256], _frame = new byte[FrameBytes];
    private int _stopBytes;
    private bool _streams, _off, _garbage;
    private long _trueNs, _deviceNs;
    private double _disturbed;

    /// <exception cref="ArgumentException">An option out of range.</exception>
    public Ft300LineServer(ICellPhysics physics, Ft300LineServerOptions options, DeviceClock clock)
    {
        TransportDraw.Validated("force", options.Transport);
        (_options, _random) = (options, new(options.Seed + 2));
        _transport = new(options.Transport, options.Seed);
        _sampler = new(physics, clock, RateHz, NewtonPerCount, options.Seed + 1) { Bias = options.Bias };
        _port = new("force", options.Port);
        _modbus = new(options.Unit, options.Port.Kind == PortKind.ModbusTcp, this);
        _queue = new("sim-force", 1024, bytes => _port.Write(bytes));
        _sentByName = new() { ["force"] = _sent };
    }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, SentLog> Sent => _sentByName;

    /// <summary>It sends frames by itself.</summary>
    public bool Streams => _streams;

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
        int read = _port.Read(_read);
        if (read > 0 && !_off)
            Hear(_read.AsSpan(0, read), nowNs);
        (_sampler.NoiseForceN, _sampler.NoiseTorqueNm) = (_options.NoiseForceN, _options.NoiseTorqueNm);
        _sampler.Step(nowNs);
        while (_sampler.TryNext(out _trueNs, out _deviceNs))
            if (_streams && !_off)
                SendFrame();
    }

    void IForceSensorFaults.PullCable(bool pulled)
    {
        if (pulled)
            _port.Unplug();
        else
            _port.Plug();
    }

    void IForceSensorFaults.SwitchOff(bool off)
    {
        (_off, _streams) = (off, false);
        _modbus.Reset();
        _sampler.Restart();
    }

    void IForceSensorFaults.Freeze(bool frozen) => _sampler.Frozen = frozen;

    void IForceSensorFaults.ReportError(bool error) =>
        throw new ArgumentException("force_error: a FT 300 says nothing of its health; use force_freeze, force_garbage or force_power");

    void IForceSensorFaults.Disturb(double share) => _disturbed = share;

    void IForceSensorFaults.SendGarbage(bool garbage) => _garbage = garbage;

    int IModbusRegisters.Read(bool input, int address, Span<ushort> into)
    {
        if (input)
            return IllegalAddress;
        for (int i = 0; i < into.Length; i++)
        {
            if (Register(address + i) is not { } value)
                return IllegalAddress;
            into[i] = value;
        }
        if (address is >= 180 and < 186) // polled values count as sent when they are asked for
            _sent.Add(_trueNs, _deviceNs, dropped: false);
        return 0;
    }

    int IModbusRegisters.Write(int address, ReadOnlySpan<ushort> values)
    {
        if (address != 410 || values.Length != 1)
            return IllegalAddress;
        _streams = values[0] == StreamOutput && _port.Kind != PortKind.ModbusTcp;
        return 0;
    }

    private ushort? Register(int address) => address switch
    {
        >= 180 and < 186 => (ushort)CountOf(address - 180),
        190 or 191 => 0,
        192 => 1000, // at rest: 1 g along z
        410 => _streams ? StreamOutput : (ushort)0,
        500 => 'F' << 8 | 'T',
        501 => 'S' << 8 | 2,
        502 => 0 << 8 | 6,
        510 => (ushort)(_options.Serial[0] << 8 | _options.Serial[1]),
        511 => (ushort)(_options.Serial[2] << 8),
        512 => ushort.Parse(_options.Serial.AsSpan(4)),
        513 => 0,
        514 => 2024,
        _ => null,
    };

    private short CountOf(int axis) => (short)Math.Clamp(
        Math.Round(_sampler.Values[axis] / (axis < 3 ? NewtonPerCount : NewtonMetrePerCount)), -30000, 30000);

    private void Hear(ReadOnlySpan<byte> bytes, long nowNs)
    {
        if (_streams)
        {
            _stopBytes += bytes.Count((byte)0xFF);
            if (_stopBytes < StopAfter)
                return;
            (_streams, _stopBytes) = (false, 0);
            _modbus.Reset();
            return;
        }
        _stopBytes = 0;
        for (ReadOnlySpan<byte> answer = _modbus.Next(bytes, nowNs); answer.Length > 0; answer = _modbus.Next([], nowNs))
            if (!_transport.Drops() && !Draw())
                SendAfter(nowNs, answer);
    }

    private void SendFrame()
    {
        (_frame[0], _frame[1]) = (0x20, 0x4E);
        for (int i = 0; i < 6; i++)
            BinaryPrimitives.WriteInt16LittleEndian(_frame.AsSpan(2 + 2 * i), CountOf(i));
        Crc16.Close(_frame);
        if (Draw() || _garbage)
            _frame[3] ^= 0x55;
        bool dropped = _transport.Drops();
        if (!dropped)
            SendAfter(_trueNs, _frame);
        _sent.Add(_trueNs, _deviceNs, dropped || !_port.Plugged);
    }

    private void SendAfter(long madeNs, ReadOnlySpan<byte> bytes)
    {
        long lineNs = _port.Kind == PortKind.ModbusTcp ? 0 : (long)(bytes.Length * 10 * 1e9 / LineBaud);
        _queue.Enqueue(_transport.Due(madeNs, lineNs + _transport.DelayNs()), bytes);
    }

    private bool Draw() => _disturbed > 0 && _random.NextDouble() < _disturbed;
}
