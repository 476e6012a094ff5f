namespace RobotWorldModel.Simulation.Devices;

/// <summary>
/// A simulated device's own clock: it starts somewhere else than the host's and runs a little fast or slow. Safe from any thread.
/// </summary>
/// <param name="originNs">Host monotonic time at which the device's clock showed <paramref name="offsetNs"/>.</param>
/// <param name="offsetNs">What it showed then.</param>
/// <param name="driftPpm">Positive: it runs fast.</param>
public sealed class DeviceClock(long originNs, long offsetNs, double driftPpm)
{
    private sealed record Anchor(long HostNs, long DeviceNs);

    private volatile Anchor _anchor = new(originNs, offsetNs);

    public double DriftPpm { get; } = driftPpm;

    /// <summary>What the device's clock shows at a host time, as it is set now.</summary>
    public long ToDevice(long hostNs)
    {
        Anchor anchor = _anchor;
        return anchor.DeviceNs + (hostNs - anchor.HostNs) + (long)((hostNs - anchor.HostNs) * DriftPpm * 1e-6);
    }

    /// <summary>From here on it shows something else: it was set, or the device was switched on again.</summary>
    public void Set(long hostNs, long deviceNs) => _anchor = new(hostNs, deviceNs);
}

/// <summary>How a device's samples travel to the host; in the cell's config.</summary>
public sealed class TransportOptions
{
    /// <summary>Each sample's delay is drawn evenly between these, ms; order is kept.</summary>
    public double DelayMsMin { get; set; }

    public double DelayMsMax { get; set; }

    /// <summary>Added on top, to rehearse a bad day, ms.</summary>
    public double ExtraDelayMs { get; set; }

    /// <summary>Share of samples that never arrive, 0..1.</summary>
    public double DropShare { get; set; }
}

/// <summary>Every sample that a device made, as the truth that tests and reports compare with.</summary>
public sealed class SentLog
{
    private const int Kept = 1 << 19; // 17 minutes at 500 Hz
    private readonly Lock _lock = new();
    private readonly long[] _trueNs = new long[Kept], _deviceNs = new long[Kept];
    private long _sent, _dropped;

    /// <summary>Samples handed to the transport, and of those, the ones that the config made it drop.</summary>
    public (long Sent, long Dropped) Counts
    {
        get
        {
            lock (_lock)
                return (_sent, _dropped);
        }
    }

    /// <param name="trueHostNs">When the value was true, host monotonic clock.</param>
    /// <param name="deviceNs">The stamp on the wire.</param>
    /// <param name="dropped">It is never put on the wire.</param>
    public void Add(long trueHostNs, long deviceNs, bool dropped)
    {
        lock (_lock)
        {
            if (dropped)
            {
                _dropped++;
                return;
            }
            _trueNs[_sent % Kept] = trueHostNs;
            _deviceNs[_sent % Kept] = deviceNs;
            _sent++;
        }
    }

    /// <summary>Samples sent with a true host time in [fromNs, toNs], or with a device stamp in it.</summary>
    public long CountBetween(long fromNs, long toNs, bool deviceTime)
    {
        lock (_lock)
        {
            long[] times = deviceTime ? _deviceNs : _trueNs;
            long count = 0;
            for (long i = Math.Max(0, _sent - Kept); i < _sent; i++)
                if (times[i % Kept] >= fromNs && times[i % Kept] <= toNs)
                    count++;
            return count;
        }
    }

    /// <summary>
    /// True host time and device stamp of each sample that was sent with a true host time in [fromNs, toNs], in the order sent.
    /// </summary>
    public IReadOnlyList<(long TrueNs, long DeviceNs)> Between(long fromNs, long toNs)
    {
        var found = new List<(long, long)>();
        lock (_lock)
        {
            for (long i = Math.Max(0, _sent - Kept); i < _sent; i++)
                if (_trueNs[i % Kept] >= fromNs && _trueNs[i % Kept] <= toNs)
                    found.Add((_trueNs[i % Kept], _deviceNs[i % Kept]));
        }
        return found;
    }

    /// <summary>The true host time of the sample with a device stamp; null where it is not kept.</summary>
    public long? TrueTimeOf(long deviceNs)
    {
        lock (_lock)
        {
            for (long i = _sent - 1; i >= Math.Max(0, _sent - Kept); i--)
                if (_deviceNs[i % Kept] == deviceNs)
                    return _trueNs[i % Kept];
            return null;
        }
    }
}

/// <summary>A part of the cell that is stepped by the cell's 500 Hz loop.</summary>
public interface ISimulatedDevice : IDisposable
{
    /// <summary>What it sent, by stream name (robot, force, gripper, wrist_rgb …).</summary>
    IReadOnlyDictionary<string, SentLog> Sent { get; }

    /// <summary>Opens its sockets; from then on clients may come and go.</summary>
    /// <exception cref="IOException">An address is taken; says which and what to do.</exception>
    void Start();

    /// <summary>One cycle. Must not wait for a client: what a client cannot take is dropped for that client or closes it.</summary>
    /// <param name="nowNs">Host monotonic time of the cycle (the grid's, even when the loop is late).</param>
    void Step(long nowNs, double dt);
}
