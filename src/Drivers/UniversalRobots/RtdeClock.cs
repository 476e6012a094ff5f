using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.Time;

namespace RobotWorldModel.Drivers.UniversalRobots;

/// <summary>The times of one RTDE data package.</summary>
/// <param name="Lost">Cycles that the controller made between the package before and this one.</param>
internal readonly record struct RtdeTimes(long OriginatingNs, long DeviceNs, long Sequence, long Lost);

/// <summary>
/// Turns the controller's timestamp (seconds since it started) into host times and cycle numbers. A stamp that steps back, or that the
/// controller's clock cannot have reached yet, is a restarted controller: a new epoch with a new map. The reader thread's own.
/// </summary>
internal sealed class RtdeClock(long latencyNs)
{
    private const long FromTheFutureNs = 50_000_000, ForgottenNs = 500_000_000;
    private readonly ClockMap _map = new();
    private double _rateHz;
    private long _deviceNs = -1, _originatingNs = long.MinValue, _sequence;
    private bool _first;
    private long _offset, _residual;
    private double _drift;
    private int _epochs;

    /// <summary>How often the controller's clock was found to have started anew, the first time included.</summary>
    public int Epochs => Volatile.Read(ref _epochs);

    /// <summary>From any thread; null before the first package.</summary>
    public ClockMapReport? Report => Epochs == 0
        ? null
        : new("controller", Interlocked.Read(ref _offset), Volatile.Read(ref _drift), Interlocked.Read(ref _residual));

    public void BeginConnection(double rateHz)
    {
        _rateHz = rateHz;
        _first = true;
    }

    /// <param name="timestamp">s, not negative.</param>
    public RtdeTimes Stamp(double timestamp, long arrivalNs)
    {
        long deviceNs = (long)Math.Round(timestamp * 1e9);
        long lost = 0;
        if (Restarted(deviceNs, arrivalNs))
        {
            _map.Reset();
            Volatile.Write(ref _epochs, _epochs + 1);
            _sequence = _deviceNs < 0 ? (long)Math.Round(timestamp * _rateHz) : _sequence + 1;
        }
        else
        {
            // From package to package, not from zero: the controller's cycle need not be exactly 1/rate on its own clock.
            long cycles = Math.Max(1, (long)Math.Round((deviceNs - _deviceNs) * 1e-9 * _rateHz));
            lost = cycles - 1;
            _sequence += cycles;
        }
        _deviceNs = deviceNs;
        _first = false;
        _map.Add(deviceNs, arrivalNs);
        // A map that improves may step back by a little; the times of a stream never do.
        _originatingNs = Math.Max(_map.ToHost(deviceNs) - latencyNs, _originatingNs + 1);
        Interlocked.Exchange(ref _offset, _map.OffsetNs);
        Volatile.Write(ref _drift, _map.DriftPpm);
        Interlocked.Exchange(ref _residual, _map.ResidualNs);
        return new(_originatingNs, deviceNs, _sequence, lost);
    }

    private bool Restarted(long deviceNs, long arrivalNs)
    {
        if (_deviceNs < 0 || deviceNs < _deviceNs)
            return true;
        long delay = arrivalNs - _map.ToHost(deviceNs);
        return delay < -FromTheFutureNs || (_first && delay > ForgottenNs);
    }
}
