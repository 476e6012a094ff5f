using RobotWorldModel.Drivers.Force;
using RobotWorldModel.Drivers.Modbus;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.Serial;
using RobotWorldModel.Drivers.Sockets;
using RobotWorldModel.Drivers.Time;

namespace RobotWorldModel.Drivers.Robotiq;

/// <summary>
/// A FT 300 asked for its values by Modbus: RTU on its serial line or behind a gateway, or Modbus TCP. Slower than its stream, which its
/// maker recommends for measurement; for gateways that cannot pass that on. Values are the sensor's own, in its frame, not tared.
/// </summary>
public sealed class Ft300Modbus : IForceTorqueSensor
{
    private const int AnswerBytes = 17, FailuresInARow = 3;
    private readonly Ft300LineOptions _options;
    private readonly PortDevice _device;
    private readonly FrozenWatch _frozen = new();
    private readonly ushort[] _registers = new ushort[6];
    private readonly long _lineNs;
    private long _sequence = -1;
    private bool? _saidFrozen; // in this session

    /// <exception cref="ArgumentException">An option is missing or out of range.</exception>
    public Ft300Modbus(Ft300LineOptions options)
    {
        _options = options.Validated();
        _lineNs = options.Port!.Kind == PortKind.ModbusTcp ? 0 : (long)(AnswerBytes * 10 * 1e9 / Ft300Line.Baud);
        Wrenches = new(options.Name, options.RateHz, _lineNs / 1e6 + options.LatencyMs);
        _device = new(options.Name, options.Port, Ft300Line.Baud, "the gateway of the FT 300", Session);
    }

    public string Name => _options.Name;

    public DeviceStatus Status => _device.Status;

    public SampleStream<Wrench> Wrenches { get; }

    /// <inheritdoc/>
    public ForceSensorInfo Info { get; private set; } = new("Robotiq FT 300");

    /// <summary>Null: it is asked, and has no clock on the wire.</summary>
    public ClockMapReport? Clock => null;

    public void Start() => _device.Start();

    public void Dispose() => _device.Dispose();

    internal static string Identity(ForceSensorInfo info) => (info.Serial.Length > 0 ? $" serial {info.Serial}" : "")
        + (info.Firmware.Length > 0 ? $" firmware {info.Firmware}" : "");

    private void Session(BytePort port, CancellationToken stop)
    {
        if (_options.Port!.Kind != PortKind.ModbusTcp)
            Ft300Line.StopStream(port);
        ModbusClient client = ModbusClient.Over(_options.Port.Kind, port, _options.Unit, Ft300Line.AnswerMs);
        Info = Ft300Line.Identify(client);
        var grid = new AbsoluteGrid(_options.RateHz, HostClock.NowNs);
        long asked = 0;
        int failures = 0;
        _saidFrozen = null;
        while (true)
        {
            long slot = grid.WaitNext();
            stop.ThrowIfCancellationRequested();
            Lose(slot - asked); // the line took longer than a period
            asked = slot + 1;
            try
            {
                client.ReadHolding(Ft300Line.ForceRegister, _registers);
                failures = 0;
            }
            catch (ModbusException) when (++failures < FailuresInARow)
            {
                Lose(1);
                continue;
            }
            Publish(client.RoundTrip);
        }
    }

    private void Lose(long samples)
    {
        Wrenches.CountLost(samples);
        _sequence += samples;
    }

    private void Publish((long SentNs, long AnsweredNs) trip)
    {
        Wrench wrench = Ft300Line.ToWrench((short)_registers[0], (short)_registers[1], (short)_registers[2],
            (short)_registers[3], (short)_registers[4], (short)_registers[5]);
        if (_frozen.Add(wrench, trip.AnsweredNs))
            Lose(1);
        else // measured before the answer went on the line, and not before it was asked for
            Wrenches.Publish(new(wrench, Math.Max(trip.AnsweredNs - _lineNs, trip.SentNs) - (long)(_options.LatencyMs * 1e6),
                Sample<Wrench>.NoDeviceTime, trip.AnsweredNs, ++_sequence));
        if (_saidFrozen == _frozen.IsFrozen)
            return;
        _saidFrozen = _frozen.IsFrozen;
        if (_frozen.IsFrozen)
            _device.Say(false, FrozenWatch.Message);
        else
            _device.Found($"{Info.Model}{Identity(Info)} at {_options.Port}, polled at {_options.RateHz:0.#} Hz");
    }
}
