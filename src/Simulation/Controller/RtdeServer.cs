using RobotWorldModel.Drivers.Time;
using RobotWorldModel.Simulation.Devices;

namespace RobotWorldModel.Simulation.Controller;

/// <summary>
/// RTDE: clients, who owns which input, and the transport. The control cycle packs the data; a thread of its own sends each package when
/// its transport delay is over.
/// </summary>
internal sealed class RtdeServer : IDisposable
{
    private const int CyclesOnTheWay = 4096, LookMs = 50;

    private readonly UrControllerOptions _options;
    private readonly double _baseRateHz;
    private readonly ControllerVersion _version;
    private readonly NetworkCable _cable;
    private readonly Random _random;
    private readonly RtdeSession?[] _owners = new RtdeSession?[RtdeInputs.Count];
    private readonly long[] _touchedCycle = new long[RtdeInputs.Count];
    private readonly DeviceThread _sender;
    private readonly AutoResetEvent _cycleQueued = new(false); // a semaphore spins before it waits: a tenth of a core
    private readonly long[] _dueNs = new long[CyclesOnTheWay];
    private volatile RtdeSession[] _sessions = []; // replaced as a whole: the sender's thread walks it too
    private ClientListener? _listener;
    private bool _disposed;
    private long _cycle, _published, _lastDueNs;

    public RtdeServer(UrControllerOptions options, double baseRateHz, ControllerVersion version, NetworkCable cable)
    {
        (_options, _baseRateHz, _version, _cable) = (options, baseRateHz, version, cable);
        _random = new(options.Seed);
        // Beside the control cycle's own: what that made in time would otherwise leave late on a busy machine, and motion would end.
        _sender = new("sim-rtde-send", Send, timed: true);
    }

    public int Clients => _sessions.Length;

    /// <summary>A fault: at least this share of the packages is lost, 0..1.</summary>
    public double LostShare { get; set; }

    /// <summary>A fault: on top of the transport's delay, ms.</summary>
    public double ExtraDelayMs { get; set; }

    /// <summary>
    /// A fault: another client wants the registers of external clients (24-47, bits 64-127) and has whichever of them nobody has.
    /// </summary>
    public bool AnotherClientHasRegisters { get; set; }

    /// <summary>One sample a control cycle, whether or not a client listens.</summary>
    public SentLog Sent { get; } = new();

    /// <summary>Starts the thread that sends; clients come once the port is open.</summary>
    public void Start() => _sender.Start();

    /// <exception cref="IOException">The address is taken or not ours.</exception>
    public void Open() => _listener = new(_options.Host, 30004 + _options.PortOffset, "RTDE", _cable);

    /// <summary>Ends every connection and leaves the port; <see cref="Open"/> takes it again.</summary>
    public void Close()
    {
        _listener?.Dispose();
        _listener = null;
        foreach (RtdeSession session in _sessions)
            Drop(session);
        Array.Clear(_touchedCycle);
    }

    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        _listener?.Dispose();
        foreach (RtdeSession session in _sessions)
            session.Dispose();
        _sender.Dispose();
        _cycleQueued.Dispose();
    }

    /// <summary>Lets clients in and out, and takes in what they sent.</summary>
    /// <param name="cyclesBehind">Cycles that the cell has yet to make up for after this one.</param>
    public void Receive(ControllerState state, long nowNs, long cyclesBehind, bool accept)
    {
        _cycle++;
        if (accept && _listener?.Accept() is { } connection)
            _sessions = [.. _sessions, new RtdeSession(connection, this, _version, _baseRateHz)];
        foreach (RtdeSession session in _sessions)
        {
            session.Receive(state, nowNs, cyclesBehind);
            if (session.Connection.Flush(nowNs) > _options.DrainTimeoutS * 1e9)
                session.Dispose();
            if (session.Connection.Closed)
                Drop(session);
        }
    }

    /// <summary>Hands this cycle's values to the transport.</summary>
    public void Publish(ControllerState state, long nowNs, long deviceNs)
    {
        TransportOptions transport = _options.Transport;
        double share = Math.Max(transport.DropShare, LostShare);
        bool dropped = share > 0 && _random.NextDouble() < share;
        Sent.Add(nowNs, deviceNs, dropped);
        if (dropped)
            return;
        double delayMs = transport.DelayMsMin + (transport.DelayMsMax - transport.DelayMsMin) * _random.NextDouble()
            + transport.ExtraDelayMs + ExtraDelayMs;
        _lastDueNs = Math.Max(_lastDueNs, nowNs + (long)(delayMs * 1e6));
        foreach (RtdeSession session in _sessions)
            session.Queue(state, _cycle, _lastDueNs);
        _dueNs[_published % CyclesOnTheWay] = _lastDueNs;
        Volatile.Write(ref _published, _published + 1);
        _cycleQueued.Set();
    }

    /// <summary>Someone else owns it: another client, or the fieldbus.</summary>
    public bool IsTaken(RtdeInput input, RtdeSession by) => _owners[input.Index] is { } owner
        ? owner != by
        : input.OfFieldbus ? _options.FieldbusEnabled : AnotherClientHasRegisters && input.IsRegister;

    public void Take(RtdeInput[] inputs, RtdeSession by)
    {
        foreach (RtdeInput input in inputs)
            _owners[input.Index] = by;
    }

    public void Touched(RtdeInput input) => _touchedCycle[input.Index] = _cycle;

    /// <summary>Cycles since a client last wrote an input.</summary>
    public long CyclesSince(RtdeInput input) => _cycle - _touchedCycle[input.Index];

    private void Drop(RtdeSession session)
    {
        session.Dispose();
        _sessions = Array.FindAll(_sessions, s => s != session);
        for (int i = 0; i < _owners.Length; i++)
            if (_owners[i] == session)
                _owners[i] = null;
    }

    private void Send(CancellationToken stop)
    {
        for (long taken = 0; !stop.IsCancellationRequested;)
        {
            if (taken == Volatile.Read(ref _published))
            {
                _cycleQueued.WaitOne(LookMs);
                continue;
            }
            long dueNs = _dueNs[taken++ % CyclesOnTheWay];
            AbsoluteGrid.SleepUntil(dueNs);
            long nowNs = Math.Max(dueNs, HostClock.NowNs);
            foreach (RtdeSession session in _sessions)
                session.SendDue(nowNs);
        }
    }
}
