using RobotWorldModel.Drivers.Force;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.Serial;
using RobotWorldModel.Drivers.Sockets;
using RobotWorldModel.Drivers.Time;

namespace RobotWorldModel.Drivers.Bota;

/// <summary>A Bota Systems sensor (Rokubi, SensONE, MiniONE) on its serial line, or behind a gateway.</summary>
public sealed class BotaSerialOptions
{
    /// <summary>What it is told where nobody asks for another: some ten samples a tick.</summary>
    public const double DefaultRateHz = 400;

    public string Name { get; set; } = "force";

    /// <summary>Where it is: <see cref="PortAddress.Parse"/>.</summary>
    public PortAddress? Port { get; set; }

    /// <summary>What its line is set to: one of <see cref="BotaWire.Bauds"/>.</summary>
    public int Baud { get; set; } = BotaWire.DefaultBaud;

    /// <summary>What it is told to send, Hz: one of <see cref="BotaWire.SincLengths"/> that its line has room for.</summary>
    public double RateHz { get; set; } = DefaultRateHz;

    /// <summary>The constant part of the delay from force to host, ms, beyond the frame's time on the line: its filters'.</summary>
    public double LatencyMs { get; set; }

    /// <exception cref="ArgumentException">Says which value is missing or out of range.</exception>
    internal BotaSerialOptions Validated()
    {
        if (Port is null || Port.Kind == PortKind.ModbusTcp)
            throw new ArgumentException($"{Name}.line must be a path such as /dev/serial/by-id/usb-… or tcp://host:port (a gateway); "
                + "a Bota sensor speaks no Modbus");
        if (!BotaWire.Bauds.Contains(Baud))
            throw new ArgumentException($"{Name}.baud must be one of {string.Join(", ", BotaWire.Bauds)}");
        ArgumentOutOfRangeException.ThrowIfNegative(LatencyMs, $"{Name}.latency_ms");
        return WhyNot(RateHz, Baud) is { } why ? throw new ArgumentException($"{Name}.rate_hz: {RateHz} {why}") : this;
    }

    /// <summary>Why a sensor cannot send at this rate; null where it can.</summary>
    public static string? WhyNot(double rateHz, int baud)
    {
        string rates = string.Join(", ", BotaWire.SincLengths.Keys.Where(r => FitsOn(r, baud)).Order());
        return !BotaWire.SincLengths.ContainsKey((int)rateHz) || rateHz != (int)rateHz
            ? $"is none that the sensor has: use {string.Join(", ", BotaWire.SincLengths.Keys.Order())}"
            : FitsOn(rateHz, baud) ? null
            : $"is more than {baud} baud carry: " + (rates.Length > 0 ? $"use {rates}, or a faster line" : "use a faster line");
    }

    private static bool FitsOn(double rateHz, int baud) => rateHz * BotaWire.FrameMs(baud) <= 900; // of each second, with room to catch up
}

/// <summary>
/// A Bota sensor that streams over its serial line. Frames carry the sensor's own stamp, which gives them their times
/// (<see cref="ClockMap"/>) and tells losses. Values are the sensor's own, in its frame, not tared; samples that it calls wrong are not
/// published, and count as lost. It is set with each connection, because a restart brings back what was saved on it.
/// </summary>
public sealed class BotaSerial : IForceTorqueSensor
{
    private const int SilenceMs = 200, NothingNewMs = 500;
    private const long FaultyForNs = 100_000_000, TellAgainNs = 1_000_000_000;
    private readonly BotaSerialOptions _options;
    private readonly PortDevice _device;
    private readonly int _sincLength;
    private readonly double _rateHz;
    private readonly BotaFrameReader _reader = new();
    private readonly (BotaFrame Frame, long DeviceNs, long Steps)[] _batch = new (BotaFrame, long, long)[BotaFrameReader.MostFrames];
    private readonly BotaClock _clock;
    private readonly FrozenWatch _frozen = new();
    private readonly Published<(bool Any, long OffsetNs, double DriftPpm, long ResidualNs)> _fit = new();
    private long _sequence = -1, _newestNs, _faultySinceNs, _toldNs, _late, _toldLate;
    private bool _faultySaid, _frozenSaid;

    /// <exception cref="ArgumentException">An option is missing or out of range.</exception>
    public BotaSerial(BotaSerialOptions options)
    {
        _options = options.Validated();
        _sincLength = BotaWire.SincLengths[(int)options.RateHz];
        _rateHz = 1e6 / BotaWire.PeriodUs(_sincLength); // 1004 where 1000 is asked for
        double latencyMs = BotaWire.FrameMs(options.Baud) + options.LatencyMs;
        _clock = new((long)(latencyMs * 1e6));
        Wrenches = new(options.Name, _rateHz, latencyMs);
        _device = new(options.Name, options.Port!, options.Baud, "the gateway of the Bota sensor", Session);
    }

    public string Name => _options.Name;

    public DeviceStatus Status => _device.Status;

    public SampleStream<Wrench> Wrenches { get; }

    /// <summary>Its frames tell neither type nor serial number.</summary>
    public ForceSensorInfo Info { get; } = new("Bota Systems, serial");

    /// <inheritdoc/>
    public ClockMapReport? Clock =>
        _fit.Read() is (true, var offset, var drift, var residual) ? new("sensor", offset, drift, residual) : null;

    public void Start() => _device.Start();

    public void Dispose() => _device.Dispose();

    private void Session(BytePort port, CancellationToken stop)
    {
        Begin(port);
        while (true)
            ReadSamples(port);
    }

    internal void Begin(BytePort port)
    {
        new BotaDialog(port, _options.Baud).Configure(_sincLength);
        _reader.Reset();
        _clock.Begin(BotaWire.PeriodUs(_sincLength));
        _newestNs = HostClock.NowNs;
        (_faultySinceNs, _faultySaid, _frozenSaid) = (0, false, false);
    }

    /// <summary>Reads once, and publishes what is whole.</summary>
    internal void ReadSamples(BytePort port)
    {
        int read = port.Receive(_reader.Free, SilenceMs);
        if (read == 0)
            throw new DeviceLostException($"its stream has ended, no byte for {SilenceMs} ms: look at its cable and power");
        long arrival = HostClock.NowNs;
        _reader.Added(read);
        int count = 0;
        bool restarted = false;
        while (!restarted && _reader.TryNext(out BotaFrame frame))
        {
            long steps = _clock.Add(frame.StampUs, arrival, out long deviceNs);
            restarted = steps < 0;
            if (steps > 0) // one that is sent again is recorded once
                _batch[count++] = (frame, deviceNs, steps);
        }
        for (int i = 0; i < count; i++)
            Take(_batch[i].Frame, _batch[i].DeviceNs, _batch[i].Steps, arrival);
        for (bool left = restarted; left; left = _reader.TryNext(out _))
            Lose(1); // that one and those after it: whole, and not used
        if (restarted || _reader.HasBooted)
            throw new DeviceLostException("it has started anew, and is set again: if that was not you, look at its power");
        if (arrival - _newestNs > NothingNewMs * 1_000_000L)
            throw new DeviceLostException($"bytes come, but no new sample for {NothingNewMs} ms: check cable, ground and shield");
    }

    private void Take(in BotaFrame frame, long deviceNs, long steps, long arrival)
    {
        long originating = _clock.NextOriginating(deviceNs, arrival);
        _newestNs = arrival;
        _fit.Write((true, _clock.OffsetNs, _clock.DriftPpm, _clock.ResidualNs));
        _late += (frame.Status & BotaStatus.TookTooLong) != 0 ? 1 : 0;
        Lose(steps - 1);
        if ((frame.Status & BotaStatus.Unusable) != 0 || !IsFinite(frame.Wrench))
            Refuse(frame, arrival);
        else if (_frozen.Add(frame.Wrench, arrival))
        {
            Lose(1);
            if (!_frozenSaid)
                _device.Say(false, FrozenWatch.Message);
            _frozenSaid = true;
        }
        else
        {
            Wrenches.Publish(new(frame.Wrench, originating, deviceNs, arrival, ++_sequence));
            Tell(arrival);
        }
    }

    private static bool IsFinite(in Wrench w) => double.IsFinite(w.Fx + w.Fy + w.Fz + w.Tx + w.Ty + w.Tz);

    private void Lose(long samples)
    {
        if (samples == 0)
            return;
        Wrenches.CountLost(samples);
        _sequence += samples;
    }

    private void Refuse(in BotaFrame frame, long arrival)
    {
        Lose(1);
        if (_faultySinceNs == 0)
            _faultySinceNs = arrival;
        if (_faultySaid || arrival - _faultySinceNs < FaultyForNs)
            return;
        _faultySaid = true;
        _device.Say(false, (frame.Status & BotaStatus.Unusable) != 0
            ? $"its status is {BotaWire.Describe(frame.Status)}: its values are not used while it says so"
            : "its values are no numbers: they are not used; switch its power off and on");
    }

    private void Tell(long arrival)
    {
        _faultySinceNs = 0;
        // What was counted is said once a second at most.
        if (_device.Status.Connected && (_late == _toldLate || arrival - _toldNs < TellAgainNs))
            return;
        (_faultySaid, _frozenSaid, _toldNs, _toldLate) = (false, false, arrival, _late);
        _device.Found($"Bota sensor at {_options.Port}, {_rateHz:0.#} Hz"
            + (_late > 0 ? $"; of {_late} samples it says that its program took too long" : ""));
    }
}
