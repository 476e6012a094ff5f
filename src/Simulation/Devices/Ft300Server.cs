using System.Net.Sockets;
using System.Text.Unicode;
using RobotWorldModel.Simulation.Physics;

namespace RobotWorldModel.Simulation.Devices;

public sealed class Ft300ServerOptions : IForceSensorNoise
{
    public string Host { get; set; } = "127.0.1.1";

    public int StreamPort { get; set; } = 63351;

    public int CommandPort { get; set; } = 63350;

    public double RateHz { get; set; } = 100;

    /// <summary>Standard deviation of each force (N) and torque (N·m).</summary>
    public double NoiseForceN { get; set; } = 0.1;

    public double NoiseTorqueNm { get; set; } = 0.004;

    /// <summary>What an unloaded sensor reads: Fx, Fy, Fz (N), Mx, My, Mz (N·m).</summary>
    public double[] Bias { get; set; } = [1.2, -0.8, 2.5, 0.03, -0.02, 0.01];

    public string Serial { get; set; } = "SIM-FT-0001";

    public string Firmware { get; set; } = "FTS-2.0.6";

    public TransportOptions Transport { get; set; } = new() { DelayMsMin = 8, DelayMsMax = 8 };

    public int Seed { get; set; } = 1;
}

/// <summary>
/// A Robotiq FT 300 behind the URCap's ports: text tuples without end to whoever connects, made on the grid of the sensor's own clock, and
/// the accessor commands SET ZRO, GET SNU, GET FMW, GET PYE. What goes wrong with it is the sensor's or its cable's: the URCap's ports
/// stay open.
/// </summary>
public sealed class Ft300Server : ISimulatedDevice, IForceSensorFaults
{
    private const int AcceptEvery = 5, FirstDigitAt = 2;
    private const double Resolution = 1e-4; // of the text
    private readonly Ft300ServerOptions _options;
    private readonly TransportDraw _transport;
    private readonly WrenchSampler _sampler;
    private readonly TextPort _commands;
    private readonly TimedSender _sender;
    private readonly SentLog _sent = new();
    private readonly Dictionary<string, SentLog> _sentByName;
    private readonly double[] _zero = new double[6];
    private readonly byte[] _text = new byte[TimedSender.LongestMessage];
    private readonly Random _random; // for what is disturbed
    private Socket? _listener;
    private int _step;
    private bool _cableOut, _off, _garbage;
    private double _disturbed;

    /// <exception cref="ArgumentException">An option out of range.</exception>
    public Ft300Server(ICellPhysics physics, Ft300ServerOptions options, DeviceClock clock)
    {
        TransportDraw.Validated("force", options.Transport);
        if (options.RateHz is not (> 0 and <= 250) || options.Bias.Length != 6)
            throw new ArgumentException("simulation.force: rate_hz must be above 0 and at most 250, bias six values");
        (_options, _random) = (options, new(options.Seed + 2));
        _transport = new(options.Transport, options.Seed);
        _sampler = new(physics, clock, options.RateHz, Resolution, options.Seed + 1) { Bias = options.Bias };
        _sentByName = new() { ["force"] = _sent };
        _commands = new("force", options.Host, options.CommandPort, (line, _, _) => Answer(line));
        _sender = new("sim-force");
    }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, SentLog> Sent => _sentByName;

    /// <summary>Clients of the stream.</summary>
    public int Clients => _sender.Clients;

    public void Start()
    {
        _listener = Listening.Tcp("force", _options.Host, _options.StreamPort);
        _commands.Start();
        _sender.Start();
    }

    public void Dispose()
    {
        _sender.Dispose();
        _commands.Dispose();
        _listener?.Dispose();
    }

    public void Step(long nowNs, double dt)
    {
        if (_step++ % AcceptEvery == 0 && Listening.TryAccept(_listener!) is { } client)
            _sender.Add(client);
        if (!_cableOut)
            _commands.Step(nowNs);
        (_sampler.NoiseForceN, _sampler.NoiseTorqueNm) = (_options.NoiseForceN, _options.NoiseTorqueNm);
        _sampler.Step(nowNs);
        while (_sampler.TryNext(out long trueNs, out long deviceNs))
            if (!_off)
                Emit(trueNs, deviceNs);
    }

    void IForceSensorFaults.PullCable(bool pulled) => _cableOut = pulled;

    void IForceSensorFaults.SwitchOff(bool off)
    {
        if (off == _off)
            return;
        _off = off;
        _sampler.Restart();
        Array.Clear(_zero);
    }

    void IForceSensorFaults.Freeze(bool frozen) => _sampler.Frozen = frozen;

    void IForceSensorFaults.ReportError(bool error) =>
        throw new ArgumentException("force_error: a FT 300 says nothing of its health; use force_freeze, force_garbage or force_power");

    void IForceSensorFaults.Disturb(double share) => _disturbed = share;

    void IForceSensorFaults.SendGarbage(bool garbage) => _garbage = garbage;

    private void Emit(long trueNs, long deviceNs)
    {
        long due = _transport.Due(trueNs, _transport.DelayNs());
        bool sent = !_transport.Drops() && !_cableOut && !Draw() && _sender.Enqueue(due, Format(broken: Draw()));
        _sent.Add(trueNs, deviceNs, dropped: !sent);
        if (_garbage && !_cableOut)
            _sender.Enqueue(due, "#\0 7.5 , FT ) \xFF\r\n"u8);
    }

    private bool Draw() => _disturbed > 0 && _random.NextDouble() < _disturbed;

    // TCP brings nothing twice and nothing out of order: what is disturbed between sensor and controller is missing or broken here.
    private ReadOnlySpan<byte> Format(bool broken)
    {
        Span<double> v = stackalloc double[6];
        for (int i = 0; i < 6; i++)
            v[i] = _sampler.Values[i] - _zero[i];
        Utf8.TryWrite(_text, $"( {v[0]:F4} , {v[1]:F4} , {v[2]:F4} , {v[3]:F5} , {v[4]:F5} , {v[5]:F5} )", out int length);
        if (broken)
            _text[FirstDigitAt] = (byte)'?';
        return _text.AsSpan(0, length);
    }

    private string Answer(string line)
    {
        if (_off) // the URCap has nobody to ask
            return "?\n";
        if (line == "SET ZRO")
            _sampler.Values.CopyTo(_zero);
        return line switch
        {
            "SET ZRO" => "Done\n",
            "GET SNU" => $"{_options.Serial}\n",
            "GET FMW" => $"{_options.Firmware}\n",
            "GET PYE" => "2024\n",
            _ => "?\n",
        };
    }
}
