using System.Net.Sockets;
using System.Text.Unicode;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.Time;
using RobotWorldModel.Simulation.Physics;

namespace RobotWorldModel.Simulation.Devices;

public sealed class Ft300ServerOptions
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
/// the accessor commands SET ZRO, GET SNU, GET FMW, GET PYE.
/// </summary>
public sealed class Ft300Server : ISimulatedDevice
{
    private const int AcceptEvery = 5;
    private const long FarBehindNs = 1_000_000_000; // a step this late follows others that were let go
    private readonly ICellPhysics _physics;
    private readonly Ft300ServerOptions _options;
    private readonly DeviceClock _clock;
    private readonly TransportDraw _transport;
    private readonly Random _noise;
    private readonly TextPort _commands;
    private readonly TimedSender _sender;
    private readonly SentLog _sent = new();
    private readonly Dictionary<string, SentLog> _sentByName;
    private readonly double[] _zero = new double[6];
    private readonly double[] _values = new double[6];
    private readonly byte[] _text = new byte[TimedSender.LongestMessage];
    private Socket? _listener;
    private Wrench _before, _now;
    private long _beforeNs = long.MinValue, _sample = -1, _firstDeviceNs;
    private int _step;

    /// <exception cref="ArgumentException">An option out of range.</exception>
    public Ft300Server(ICellPhysics physics, Ft300ServerOptions options, DeviceClock clock)
    {
        TransportDraw.Validated("force", options.Transport);
        if (options.RateHz is not (> 0 and <= 250) || options.Bias.Length != 6)
            throw new ArgumentException("simulation.force: rate_hz must be above 0 and at most 250, bias six values");
        (_physics, _options, _clock) = (physics, options, clock);
        _transport = new(options.Transport, options.Seed);
        _noise = new Random(options.Seed + 1);
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
        _commands.Step(nowNs);

        (_before, _now) = (_now, _physics.SensorWrench);
        if (_beforeNs == long.MinValue)
        {
            (_before, _firstDeviceNs) = (_now, _clock.ToDevice(nowNs));
            _beforeNs = nowNs;
        }
        long deviceNow = _clock.ToDevice(nowNs);
        if (nowNs - _beforeNs >= FarBehindNs) // the cell has let cycles go: what would have been sent is over
            _sample = (long)((deviceNow - _firstDeviceNs) * 1e-9 * _options.RateHz) - 1;
        while (DeviceTimeOf(_sample + 1) <= deviceNow)
            Emit(++_sample, nowNs, deviceNow);
        _beforeNs = nowNs;
    }

    private long DeviceTimeOf(long sample) => _firstDeviceNs + (long)(sample * 1e9 / _options.RateHz);

    private void Emit(long sample, long nowNs, long deviceNow)
    {
        long deviceNs = DeviceTimeOf(sample);
        long trueNs = nowNs - (long)((deviceNow - deviceNs) / (1 + _clock.DriftPpm * 1e-6));
        double share = nowNs > _beforeNs ? Math.Clamp((double)(trueNs - _beforeNs) / (nowNs - _beforeNs), 0, 1) : 1;
        Measure(share);
        long due = _transport.Due(trueNs, _transport.DelayNs());
        bool sent = !_transport.Drops() && _sender.Enqueue(due, Format());
        _sent.Add(trueNs, deviceNs, dropped: !sent);
    }

    /// <summary>What the sensor reads between the last two cycles; linear, as forces are smooth at 500 Hz.</summary>
    private void Measure(double share)
    {
        ReadOnlySpan<double> a = [_before.Fx, _before.Fy, _before.Fz, _before.Tx, _before.Ty, _before.Tz];
        ReadOnlySpan<double> b = [_now.Fx, _now.Fy, _now.Fz, _now.Tx, _now.Ty, _now.Tz];
        for (int i = 0; i < 6; i++)
        {
            double noise = i < 3 ? _options.NoiseForceN : _options.NoiseTorqueNm;
            _values[i] = a[i] + (b[i] - a[i]) * share + _options.Bias[i] + Gaussian() * noise;
        }
    }

    private ReadOnlySpan<byte> Format()
    {
        Span<double> v = stackalloc double[6];
        for (int i = 0; i < 6; i++)
            v[i] = _values[i] - _zero[i];
        Utf8.TryWrite(_text, $"( {v[0]:F4} , {v[1]:F4} , {v[2]:F4} , {v[3]:F5} , {v[4]:F5} , {v[5]:F5} )", out int length);
        return _text.AsSpan(0, length);
    }

    private string Answer(string line)
    {
        if (line == "SET ZRO")
            _values.CopyTo(_zero, 0);
        return line switch
        {
            "SET ZRO" => "Done\n",
            "GET SNU" => $"{_options.Serial}\n",
            "GET FMW" => $"{_options.Firmware}\n",
            "GET PYE" => "2024\n",
            _ => "?\n",
        };
    }

    private double Gaussian() => Math.Sqrt(-2 * Math.Log(1 - _noise.NextDouble())) * Math.Cos(2 * Math.PI * _noise.NextDouble());
}
