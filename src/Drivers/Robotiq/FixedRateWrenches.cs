using RobotWorldModel.Drivers.Force;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.Time;

namespace RobotWorldModel.Drivers.Robotiq;

/// <summary>
/// Publishes the samples of a sensor that makes them at a fixed rate and sends neither stamp nor number with them: read by read they are
/// gathered, timed by their count (<see cref="FixedRateClock"/>) and handed on, losses counted. For the device's own thread; allocates
/// nothing per sample.
/// </summary>
/// <param name="most">Samples of one read.</param>
internal sealed class FixedRateWrenches(SampleStream<Wrench> stream, double nominalHz, double latencyMs, int most)
{
    private readonly FixedRateClock _clock = new(nominalHz, latencyMs);
    private readonly FrozenWatch _frozen = new();
    private readonly Wrench[] _batch = new Wrench[most];
    private readonly bool[] _whole = new bool[most];
    private readonly Lock _reportLock = new();
    private ClockMapReport? _report;
    private (double RateHz, long OffsetNs, double DriftPpm, long ResidualNs)? _fit;
    private long _sequence = -1;

    /// <summary>Samples of this read so far.</summary>
    public int Count { get; private set; }

    public int Room => most - Count;

    /// <summary>The sensor repeats one value; nothing is published until it changes.</summary>
    public bool IsFrozen => _frozen.IsFrozen;

    /// <summary>The sensor has no clock on the wire: the map is from its count of samples, at the rate named in the domain.</summary>
    public ClockMapReport? Clock
    {
        get
        {
            lock (_reportLock)
            {
                if (_report is null && _fit is var (rate, offset, drift, residual))
                    _report = new($"sample count at {rate:0.##} Hz", offset, drift, residual);
                return _report;
            }
        }
    }

    public void BeginSession()
    {
        _clock.Reset();
        Count = 0;
    }

    /// <summary>A sample of this read; it takes its place among the others also where it came broken.</summary>
    public void Add(in Wrench wrench, bool whole = true) => (_batch[Count], _whole[Count++]) = (wrench, whole);

    /// <summary>See <see cref="FixedRateClock.WouldCountLoss"/>.</summary>
    public bool WouldCountLoss(long arrivalNs) => _clock.WouldCountLoss(Count, arrivalNs);

    /// <summary>Ends the read, whose last byte was there at this time.</summary>
    public void Publish(long arrivalNs)
    {
        if (Count == 0)
            return;
        long lost = _clock.Add(Count, arrivalNs);
        if (lost != 0)
            stream.CountLost(lost);
        _sequence += Math.Max(0, lost);
        for (int i = 0; i < Count; i++)
        {
            long originating = _clock.NextOriginating(Count - 1 - i, arrivalNs);
            _sequence++;
            if (_whole[i] && !_frozen.Add(_batch[i], arrivalNs))
                stream.Publish(new(_batch[i], originating, Sample<Wrench>.NoDeviceTime, arrivalNs, _sequence));
            else
                stream.CountLost(1);
        }
        Count = 0;
        lock (_reportLock)
        {
            _fit = (_clock.RateHz, _clock.OffsetNs, _clock.DriftPpm, _clock.ResidualNs);
            _report = null;
        }
    }
}
