using System.Text;
using RobotWorldModel.Drivers.Bota;
using RobotWorldModel.Drivers.Serial;
using RobotWorldModel.Simulation.Physics;

namespace RobotWorldModel.Simulation.Devices;

public sealed class BotaLineServerOptions : IForceSensorNoise
{
    /// <summary>Where a driver finds it: a pseudo-terminal's name, or the address of a gateway.</summary>
    public required PortAddress Port { get; init; }

    /// <summary>Of its line; a pseudo-terminal is as fast as it is asked to be, so it says only how long a frame takes.</summary>
    public int Baud { get; init; } = BotaWire.DefaultBaud;

    public double NoiseForceN { get; set; } = 0.05;

    public double NoiseTorqueNm { get; set; } = 0.002;

    /// <summary>What an unloaded sensor reads: Fx, Fy, Fz (N), Mx, My, Mz (N·m).</summary>
    public double[] Bias { get; set; } = [1.2, -0.8, 2.5, 0.03, -0.02, 0.01];

    public TransportOptions Transport { get; set; } = new();

    public int Seed { get; set; } = 1;
}

/// <summary>
/// A Bota Systems sensor on its serial line: switched on it says so, then streams as it is set, 100 Hz at first, until it is told to be
/// configured. What it is set to is forgotten with its power.
/// </summary>
public sealed class BotaLineServer : ISimulatedDevice, IForceSensorFaults
{
    private const int Capacity = 4096, FirstSincLength = 512, LongestCommand = 32;
    private const long BootNs = 300_000_000;
    private const double ResolutionN = 0.001;
    private const float TemperatureC = 31.5f;
    private readonly BotaLineServerOptions _options;
    private readonly ICellPhysics _physics;
    private readonly DeviceClock _clock;
    private readonly TransportDraw _transport;
    private readonly DevicePort _port;
    private readonly TimedQueue _queue;
    private readonly SentLog _sent = new();
    private readonly Dictionary<string, SentLog> _sentByName;
    private readonly Random _random; // for what is disturbed
    private readonly byte[] _read = new byte[256], _frame = new byte[BotaWire.FrameBytes];
    private readonly StringBuilder _command = new(LongestCommand);
    private WrenchSampler _sampler;
    private long _nowNs, _bootsUntilNs;
    private bool _configures, _off, _booting, _garbage, _error;
    private double _disturbed;

    /// <exception cref="ArgumentException">An option out of range.</exception>
    public BotaLineServer(ICellPhysics physics, BotaLineServerOptions options, DeviceClock clock)
    {
        TransportDraw.Validated("force", options.Transport);
        (_physics, _options, _clock, _random) = (physics, options, clock, new(options.Seed + 2));
        _sampler = Sampler(FirstSincLength, frozen: false);
        _transport = new(options.Transport, options.Seed);
        _port = new("force", options.Port);
        _queue = new("sim-force", Capacity, bytes => _port.Write(bytes));
        _sentByName = new() { ["force"] = _sent };
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
        int read = _port.Read(_read);
        if (_booting && nowNs >= _bootsUntilNs)
        {
            _booting = false;
            SendLater(nowNs, "\r\nApp Init"u8);
        }
        if (read > 0 && !_off && !_booting)
            Hear(_read.AsSpan(0, read));
        (_sampler.NoiseForceN, _sampler.NoiseTorqueNm) = (_options.NoiseForceN, _options.NoiseTorqueNm);
        _sampler.Step(nowNs);
        while (_sampler.TryNext(out long trueNs, out long deviceNs))
            if (!_off && !_booting && !_configures)
                SendFrame(trueNs, deviceNs);
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
        if (off == _off)
            return;
        (_off, _booting, _configures, _bootsUntilNs) = (off, !off, false, _nowNs + BootNs);
        _command.Clear();
        _clock.Set(_nowNs, 0);
        _sampler = Sampler(FirstSincLength, _sampler.Frozen);
    }

    void IForceSensorFaults.Freeze(bool frozen) => _sampler.Frozen = frozen;

    void IForceSensorFaults.ReportError(bool error) => _error = error;

    void IForceSensorFaults.Disturb(double share) => _disturbed = share;

    void IForceSensorFaults.SendGarbage(bool garbage) => _garbage = garbage;

    private WrenchSampler Sampler(int sincLength, bool frozen) =>
        new(_physics, _clock, 1e6 / BotaWire.PeriodUs(sincLength), ResolutionN, _options.Seed + 1)
        {
            Bias = _options.Bias,
            Frozen = frozen,
        };

    private void Hear(ReadOnlySpan<byte> bytes)
    {
        foreach (byte b in bytes)
        {
            if (!_configures)
            {
                if (b == 'C')
                {
                    _configures = true;
                    Answer('C', done: true);
                }
                continue;
            }
            if (_command.Length == LongestCommand)
                _command.Clear();
            _command.Append((char)b);
            if (Obey(_command.ToString()))
                _command.Clear();
        }
    }

    /// <summary>False where there is more to come: a command has no end but its last number, of one digit.</summary>
    private bool Obey(string command)
    {
        if (command == "R")
        {
            Answer('R', done: true);
            _configures = false;
            return true;
        }
        string[] words = command.Split(',');
        if (words[0] is not ("c" or "f"))
        {
            Answer(command[0], done: command == "C");
            return true;
        }
        if (words.Length < 5 || words[4].Length == 0)
            return false;
        bool good = words[0] == "c"
            ? words[3] == "0" && words[4] == $"{BotaWire.Bauds.ToList().IndexOf(_options.Baud)}" // it can write frames, and not CSV
            : int.TryParse(words[1], out int length) && BotaWire.SincLengths.Values.Contains(length);
        if (good && words[0] == "f")
            _sampler = Sampler(int.Parse(words[1]), _sampler.Frozen);
        Answer(words[0][0], good);
        return true;
    }

    private void Answer(char command, bool done) => SendLater(_nowNs, Encoding.ASCII.GetBytes($"r,0,{command},{(done ? 0 : 1)}"));

    private void SendFrame(long trueNs, long deviceNs)
    {
        ReadOnlySpan<double> v = _sampler.Values;
        BotaWire.Write(new(_error ? BotaStatus.Invalid : BotaStatus.None, new(v[0], v[1], v[2], v[3], v[4], v[5]),
            (uint)(deviceNs / 1000), TemperatureC), _frame);
        if (_garbage || (_disturbed > 0 && _random.NextDouble() < _disturbed))
            _frame[3] ^= 0x55;
        bool dropped = _transport.Drops();
        if (!dropped)
            SendLater(trueNs, _frame);
        _sent.Add(trueNs, deviceNs / 1000 * 1000, dropped || !_port.Plugged);
    }

    private void SendLater(long madeNs, ReadOnlySpan<byte> bytes)
    {
        long lineNs = (long)(bytes.Length * 10 * 1e9 / _options.Baud);
        _queue.Enqueue(_transport.Due(madeNs, lineNs + _transport.DelayNs()), bytes);
    }
}
