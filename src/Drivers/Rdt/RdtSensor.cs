using System.Net.Sockets;
using RobotWorldModel.Drivers.Force;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.Sockets;
using RobotWorldModel.Drivers.Time;

namespace RobotWorldModel.Drivers.Rdt;

/// <summary>What a session with a sensor goes by.</summary>
/// <param name="NewtonPerCount">And N·m a count of torque.</param>
/// <param name="RateHz">Records a second.</param>
/// <param name="Description">One line for a person: who it is, how it is set.</param>
internal sealed record RdtSetup(
    double NewtonPerCount, double NewtonMetrePerCount, double RateHz, ForceSensorInfo Info, string Description);

/// <summary>What a sensor has sent besides new samples, since the driver was made. None of it is published but the warned ones.</summary>
/// <param name="Duplicates">Records that came twice.</param>
/// <param name="Late">Records that a later one had overtaken.</param>
/// <param name="Repeats">Records with the sample of the one before: its converter did not make a new one.</param>
/// <param name="Faulty">Records whose status says that the counts are not to be believed.</param>
/// <param name="Restarts">Counts that began anew while the stream went on.</param>
/// <param name="Garbage">Datagrams that are no records.</param>
/// <param name="Warned">Records, published, whose status says that a threshold which somebody set on the sensor was passed.</param>
public readonly record struct RdtCounters(
    long Duplicates, long Late, long Repeats, long Faulty, long Restarts, long Garbage, long Warned)
{
    /// <summary>Empty where there were none.</summary>
    public override string ToString() => string.Join(", ", new[]
    {
        (Duplicates, "duplicates"), (Late, "late"), (Repeats, "repeats of one sample"), (Faulty, "faulty"), (Restarts, "restarts"),
        (Garbage, "datagrams that are no records"), (Warned, "with a threshold passed"),
    }.Where(c => c.Item1 > 0).Select(c => $"{c.Item1} {c.Item2}"));
}

/// <summary>
/// A force-torque sensor that sends RDT records over UDP. It serves one client: who starts it last has its stream. Lost, repeated and
/// faulty records are counted as lost, and leave a gap in the samples' numbers; originating times come from the records' numbers
/// (<see cref="SequenceClock"/>). Half a second without a new sample, and it is asked who it is and started anew. Values are the sensor's
/// own, not tared by us. Nothing is allocated for a record.
/// </summary>
public abstract class RdtSensor : IForceTorqueSensor
{
    private const int SilenceMs = 500, LookMs = 50, StartTries = 10, StartWaitMs = 100, LongestDatagram = 4096;
    private const long FaultyForNs = 100_000_000, TellAgainNs = 1_000_000_000;
    private readonly ConnectedDevice<Socket> _device;
    private readonly RdtSequence _sequence = new();
    private readonly SequenceClock _clock;
    private readonly byte[] _datagram = GC.AllocateUninitializedArray<byte>(LongestDatagram, pinned: true);
    private readonly Published<(double RateHz, long OffsetNs, double DriftPpm, long ResidualNs)> _fit = new();
    private readonly Lock _reportLock = new();
    private (double RateHz, long, double, long) _reportOf;
    private ClockMapReport? _report;
    private readonly FrozenWatch _frozen = new();
    private readonly Published<RdtCounters> _told = new();
    private RdtSetup _setup;
    private RdtCounters _counters;
    private volatile ForceSensorInfo _info;
    private long _newestRecordNs, _newestSampleNs, _faultySinceNs, _toldNs, _allocated;
    private double _toldRateHz;
    private bool _found, _faultySaid, _untold;
    private uint _warning; // the newest published record's status

    private protected RdtSensor(string name, string host, int port, double rateHz, double latencyMs, string model)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(host, $"{name}.host");
        ArgumentOutOfRangeException.ThrowIfNegative(latencyMs, $"{name}.latency_ms");
        _clock = new(latencyMs);
        _info = new(model);
        _setup = new(0, 0, rateHz, _info, "");
        Wrenches = new(name, rateHz, latencyMs);
        _device = new(name, $"{host}:{port} (UDP)", _ => Datagrams.Connect(host, port), Session);
    }

    public string Name => Wrenches.Name;

    public DeviceStatus Status => _device.Status;

    public SampleStream<Wrench> Wrenches { get; }

    public ForceSensorInfo Info => _info;

    public RdtCounters Counters => _told.Read();

    /// <summary>Managed bytes that the reader's thread has allocated so far: unchanged while good records come.</summary>
    public long ReaderAllocatedBytes => Interlocked.Read(ref _allocated);

    /// <summary>The sensor has no clock on the wire: the map is from its count of records, at the rate named in the domain.</summary>
    public ClockMapReport? Clock
    {
        get
        {
            var fit = _fit.Read();
            lock (_reportLock)
            {
                if (fit != _reportOf)
                    _report = new($"record count at {fit.RateHz:0.###} Hz", fit.OffsetNs, fit.DriftPpm, fit.ResidualNs);
                _reportOf = fit;
                return _report;
            }
        }
    }

    public void Start() => _device.Start();

    public void Dispose()
    {
        _device.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Finds out what a count means and how fast they come. Blocks for seconds at most.</summary>
    /// <exception cref="DeviceLostException">It does not say, or something that cannot be; names what.</exception>
    internal abstract RdtSetup Prepare(CancellationToken stop);

    /// <summary>Sends what makes it stream; may be lost, and is then sent again.</summary>
    internal abstract void SendStart(Socket socket, CancellationToken stop);

    /// <summary>Why no record comes any more, and what to do.</summary>
    internal abstract string WhySilent(CancellationToken stop);

    private protected static void Send(Socket socket, RdtCommand command, uint data = 0)
    {
        Span<byte> request = stackalloc byte[RdtWire.RequestBytes];
        RdtWire.WriteRequest(request, command, data);
        Datagrams.Send(socket, request);
    }

    private void Session(Socket socket, CancellationToken stop)
    {
        BeginSession(Prepare(stop));
        socket.ReceiveTimeout = LookMs;
        try
        {
            StartStream(socket, stop);
            while (true)
            {
                bool any = ReadDatagram(socket, stop);
                Volatile.Write(ref _allocated, GC.GetAllocatedBytesForCurrentThread());
                if (!any && HostClock.NowNs - _newestRecordNs > SilenceMs * 1_000_000L)
                {
                    _device.Say(false, $"no new record for {SilenceMs} ms");
                    throw new DeviceLostException($"no new record for {SilenceMs} ms: {WhySilent(stop)}");
                }
            }
        }
        finally
        {
            // Not after a loss: the stream may be another program's by then.
            if (stop.IsCancellationRequested)
                Send(socket, RdtCommand.Stop);
        }
    }

    internal void BeginSession(RdtSetup setup)
    {
        (_setup, _info) = (setup, setup.Info);
        Wrenches.RateHz = setup.RateHz;
        _sequence.Begin();
        _clock.Begin(setup.RateHz);
        _newestRecordNs = _newestSampleNs = HostClock.NowNs;
        (_found, _faultySaid, _faultySinceNs, _toldRateHz) = (false, false, 0, setup.RateHz);
    }

    private void StartStream(Socket socket, CancellationToken stop)
    {
        long garbage = _counters.Garbage;
        for (int i = 0; i < StartTries; i++)
        {
            SendStart(socket, stop);
            long until = HostClock.NowNs + StartWaitMs * 1_000_000L;
            while (HostClock.NowNs < until)
                if (ReadDatagram(socket, stop))
                    return;
        }
        throw new DeviceLostException(_counters.Garbage > garbage
            ? $"datagrams come from {socket.RemoteEndPoint}, but no RDT records: is that a force-torque sensor?"
            : $"no record from {socket.RemoteEndPoint} (UDP) after {StartTries} requests: {WhySilent(stop)}");
    }

    /// <summary>Reads one datagram, waiting up to 50 ms for it; true where a new record was in it.</summary>
    internal bool ReadDatagram(Socket socket, CancellationToken stop)
    {
        int bytes = Datagrams.Receive(socket, _datagram);
        long arrival = HostClock.NowNs;
        stop.ThrowIfCancellationRequested();
        if (bytes < 0)
            return false;
        if (bytes == 0 || bytes == LongestDatagram || bytes % RdtRecord.Bytes != 0)
        {
            Count(_counters with { Garbage = _counters.Garbage + 1 });
            return false;
        }
        bool any = false;
        for (int at = 0; at < bytes; at += RdtRecord.Bytes)
            any |= Take(RdtRecord.Read(_datagram.AsSpan(at)), arrival);
        return any;
    }

    /// <summary>True for a record that has not been here.</summary>
    private bool Take(in RdtRecord record, long arrival)
    {
        RdtPlace place = _sequence.Take(record, out long lost);
        if (lost > 0)
            Wrenches.CountLost(lost);
        if (place is RdtPlace.Duplicate or RdtPlace.Late)
        {
            Count(place == RdtPlace.Late
                ? _counters with { Late = _counters.Late + 1 }
                : _counters with { Duplicates = _counters.Duplicates + 1 });
            return false;
        }
        if (place == RdtPlace.Restart)
        {
            Count(_counters with { Restarts = _counters.Restarts + 1 });
            _clock.Begin(_setup.RateHz);
        }
        _newestRecordNs = arrival;
        long originating = _clock.Stamp(_sequence.Index, arrival);
        _fit.Write((_clock.RateHz, _clock.OffsetNs, _clock.DriftPpm, _clock.ResidualNs));
        if (place == RdtPlace.Repeat)
            CountRepeat(arrival);
        else if (!RdtStatus.IsValid(record.Status))
            CountFaulty(record.Status, arrival);
        else
            Publish(record, originating, arrival);
        return true;
    }

    private void Count(in RdtCounters now)
    {
        (_counters, _untold) = (now, true);
        _told.Write(now);
    }

    private void Publish(in RdtRecord r, long originating, long arrival)
    {
        double n = _setup.NewtonPerCount, nm = _setup.NewtonMetrePerCount;
        var wrench = new Wrench(r.Fx * n, r.Fy * n, r.Fz * n, r.Tx * nm, r.Ty * nm, r.Tz * nm);
        if (_frozen.Add(wrench, arrival)) // its sample number may go on
        {
            CountRepeat(arrival);
            return;
        }
        Wrenches.Publish(new(wrench, originating, Sample<Wrench>.NoDeviceTime, arrival, _sequence.Index));
        (_newestSampleNs, _faultySinceNs) = (arrival, 0);
        if (r.Status != 0)
            Count(_counters with { Warned = _counters.Warned + 1 });
        _untold |= r.Status != _warning;
        _warning = r.Status;
        // What was counted is said once a second at most.
        if (!_found || _faultySaid || _clock.RateHz != _toldRateHz || (_untold && arrival - _toldNs >= TellAgainNs))
            Tell(arrival);
    }

    private void CountRepeat(long arrival)
    {
        Count(_counters with { Repeats = _counters.Repeats + 1 });
        Wrenches.CountLost(1);
        if (arrival - _newestSampleNs > SilenceMs * 1_000_000L)
            throw new DeviceLostException($"its records come, but have held one and the same sample for {SilenceMs} ms: its converter "
                + "stands still; switch its power off and on");
    }

    private void CountFaulty(uint status, long arrival)
    {
        Count(_counters with { Faulty = _counters.Faulty + 1 });
        Wrenches.CountLost(1);
        _newestSampleNs = arrival; // a new one, though not a good one
        if (_faultySinceNs == 0)
            _faultySinceNs = arrival;
        if (_faultySaid || arrival - _faultySinceNs < FaultyForNs)
            return;
        _faultySaid = true;
        _device.Say(false, $"its status is {DescribeStatus(status)}: its values are not used while it says so");
    }

    private protected virtual string DescribeStatus(uint status) => RdtStatus.Describe(status);

    private void Tell(long arrival)
    {
        (_found, _faultySaid, _untold, _toldNs, _toldRateHz) = (true, false, false, arrival, _clock.RateHz);
        string text = _setup.Description;
        if (Math.Abs(_clock.RateHz / _setup.RateHz - 1) > 0.02)
        {
            text += $"; it sends {_clock.RateHz:0.#} Hz, which is not what it is set to";
            Wrenches.RateHz = _clock.RateHz;
        }
        if (_warning != 0)
            text += $"; its status is 0x{_warning:X8}: a threshold that somebody set on it was passed (its values are used)";
        string counted = _counters.ToString();
        _device.Found(counted.Length > 0 ? $"{text}; since the start {counted}" : text);
    }
}
