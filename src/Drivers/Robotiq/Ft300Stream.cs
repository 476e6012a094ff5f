using RobotWorldModel.Drivers.Force;
using RobotWorldModel.Drivers.Modbus;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.Serial;
using RobotWorldModel.Drivers.Sockets;
using RobotWorldModel.Drivers.Time;

namespace RobotWorldModel.Drivers.Robotiq;

/// <summary>
/// A FT 300 that streams at 100 Hz over its own serial line, or over that line behind a gateway. Frames carry neither stamp nor number:
/// <see cref="FixedRateWrenches"/>. Values are the sensor's own, in its frame, not tared.
/// </summary>
public sealed class Ft300Stream : IForceTorqueSensor
{
    /// <summary>How long a frame is on the line, ms: 16 bytes of 10 bits at 19200 baud.</summary>
    public const double FrameMs = 16 * 10 * 1000.0 / Ft300Line.Baud;

    private const double StreamHz = 100;
    private const int SilenceMs = 200, SettleMs = 2; // two frames take 20 ms: the maker calls a stream dead after 80, its link after 160
    private readonly Ft300LineOptions _options;
    private readonly PortDevice _device;
    private readonly Ft300FrameReader _reader = new();
    private readonly FixedRateWrenches _samples;
    private long _lastFrameNs;

    /// <exception cref="ArgumentException">An option is missing or out of range.</exception>
    public Ft300Stream(Ft300LineOptions options)
    {
        _options = options.Validated();
        if (options.Port!.Kind == PortKind.ModbusTcp)
            throw new ArgumentException($"{options.Name}.line: Modbus TCP carries no data stream; poll the sensor (robotiq_ft300_modbus)");
        double latency = FrameMs + options.LatencyMs;
        Wrenches = new(options.Name, StreamHz, latency);
        _samples = new(Wrenches, StreamHz, latency, Ft300FrameReader.BufferBytes / Ft300FrameReader.FrameBytes * 4);
        _device = new(options.Name, options.Port, Ft300Line.Baud, "the gateway of the FT 300", Session);
    }

    public string Name => _options.Name;

    public DeviceStatus Status => _device.Status;

    public SampleStream<Wrench> Wrenches { get; }

    /// <inheritdoc/>
    public ForceSensorInfo Info { get; private set; } = new("Robotiq FT 300");

    /// <inheritdoc/>
    public ClockMapReport? Clock => _samples.Clock;

    public void Start() => _device.Start();

    public void Dispose() => _device.Dispose();

    private void Session(BytePort port, CancellationToken stop)
    {
        Begin(port);
        try
        {
            for (bool? said = null; ;) // a sensor that stands still may do so from a connection's beginning
            {
                if (!ReadSamples(port) || said == _samples.IsFrozen)
                    continue;
                said = _samples.IsFrozen;
                if (_samples.IsFrozen)
                    _device.Say(false, FrozenWatch.Message);
                else
                    _device.Found($"{Info.Model}{Ft300Modbus.Identity(Info)} at {_options.Port}, streams at {StreamHz:0} Hz");
            }
        }
        finally
        {
            Ft300Line.LeaveQuiet(port);
        }
    }

    internal void Begin(BytePort port)
    {
        _reader.Reset();
        _samples.BeginSession();
        Ft300Line.StopStream(port);
        var client = new ModbusRtu(port, _options.Unit, Ft300Line.AnswerMs);
        Info = Ft300Line.Identify(client);
        client.WriteMultiple(Ft300Line.OutputRegister, [Ft300Line.StreamOutput]);
        _lastFrameNs = HostClock.NowNs;
    }

    /// <summary>Reads once, and publishes what is whole; false where no frame is.</summary>
    internal bool ReadSamples(BytePort port)
    {
        long arrival = Read(port, SilenceMs);
        if (arrival == 0)
            throw new DeviceLostException($"its stream has ended, no byte for {SilenceMs} ms: look at its cable and power");
        if (_samples.Count == 0)
            return arrival - _lastFrameNs <= SilenceMs * 1_000_000L ? false : throw new DeviceLostException(
                $"bytes come, but no whole frame for {SilenceMs} ms: check cable, ground and shield");
        try
        {
            // What looks like a loss may be a read between two of a burst: give its rest a moment to come.
            while (_samples.Room > Ft300FrameReader.BufferBytes / Ft300FrameReader.FrameBytes && _samples.WouldCountLoss(arrival)
                && Read(port, SettleMs) is > 0 and var later)
                arrival = later;
        }
        finally
        {
            _samples.Publish(arrival);
        }
        _lastFrameNs = arrival;
        return true;
    }

    private long Read(BytePort port, int waitMs)
    {
        int read = port.Receive(_reader.Free, waitMs);
        if (read == 0)
            return 0;
        long arrival = HostClock.NowNs;
        _reader.Added(read);
        while (_reader.TryNext(out Wrench wrench))
            _samples.Add(wrench);
        return arrival;
    }
}
