using RobotWorldModel.Drivers.Time;

namespace RobotWorldModel.Drivers.Rdt;

/// <summary>
/// Times for samples that carry no stamp but a number, from a device that makes them at a fixed rate: number n was made n periods after
/// number 0 (ATI: "elapsed time = RDT sequence / RDT rate"). A <see cref="ClockMap"/> ties that to the host's clock. The rate that a
/// device tells may be rounded (976 for 976.5625 Hz, 0.6 per mille) or not true at all, which is more than a map takes for drift: so the
/// least delays of a quarter second each are compared, half a second, one, two, four … after the beginning, and the period is corrected
/// where they lie on a slope. Single-threaded; allocates nothing after construction.
/// </summary>
/// <param name="latencyMs">The constant part of the delay, which arrivals cannot show.</param>
internal sealed class SequenceClock(double latencyMs)
{
    private const long WindowNs = 250_000_000, FirstLookNs = 500_000_000, LongestPauseNs = 64_000_000_000;

    /// <summary>
    /// So far from the last look no drift leads. Where two windows in a row are, and the lag still changes between them, the device has
    /// another rate now; a lag that stays is a path that has become slower, and no reason to take its delay for none.
    /// </summary>
    private const long FarOffNs = 100_000_000, LearningNs = 1_500_000_000, StillChangingNs = 5_000_000;

    /// <summary>Less is left to the map, which follows a drift.</summary>
    private const double LeastSlope = 100e-6;

    /// <summary>Less may be jitter.</summary>
    private const long LeastShiftNs = 300_000;

    private readonly long _latencyNs = (long)(latencyMs * 1e6);
    private readonly ClockMap _map = new();
    private double _periodNs;
    private long _base, _newestNs = long.MinValue;
    private long _leastIndex, _leastArrival, _began, _windowEnd, _look;
    private Low _least, _first, _middle, _farOff;
    private bool _any;

    /// <summary>The least lag of a window against the grid of the period, and where on it.</summary>
    private readonly record struct Low(long LagNs, long AtNs)
    {
        public static Low None => new(long.MaxValue, 0);

        public double SlopeTo(in Low later) => (double)(later.LagNs - LagNs) / (later.AtNs - AtNs);
    }

    /// <summary>As the device told it until arrivals showed that it is another.</summary>
    public double RateHz => 1e9 / _periodNs;

    public long OffsetNs => _map.OffsetNs;

    public double DriftPpm => _map.DriftPpm;

    public long ResidualNs => _map.ResidualNs;

    /// <summary>A new count, at the rate that the device tells.</summary>
    public void Begin(double rateHz) => (_any, _periodNs) = (false, 1e9 / rateHz);

    /// <summary>When a sample was true, host ns: never after its arrival less the latency, never at or before the one before it.</summary>
    /// <param name="index">Must rise.</param>
    public long Stamp(long index, long arrivalNs)
    {
        if (!_any)
        {
            _any = true;
            Rebase(index, arrivalNs);
        }
        if (arrivalNs >= _windowEnd)
            CloseWindow(index, arrivalNs);
        long deviceNs = DeviceNs(index);
        if (arrivalNs - deviceNs < _least.LagNs)
            (_least, _leastIndex, _leastArrival) = (new(arrivalNs - deviceNs, deviceNs), index, arrivalNs);
        _map.Add(deviceNs, arrivalNs);
        long originating = Math.Min(_map.ToHost(deviceNs), arrivalNs) - _latencyNs;
        return _newestNs = Math.Max(originating, _newestNs + 1);
    }

    private long DeviceNs(long index) => (long)((index - _base) * _periodNs);

    private void Rebase(long index, long arrivalNs)
    {
        _base = index;
        _map.Reset();
        _map.Add(0, arrivalNs);
        (_began, _windowEnd, _look) = (arrivalNs, arrivalNs + WindowNs, arrivalNs + FirstLookNs);
        _least = _first = _middle = _farOff = Low.None;
    }

    private void CloseWindow(long index, long nowNs)
    {
        _windowEnd = nowNs + WindowNs;
        Low low = _least;
        _least = Low.None;
        if (low == Low.None)
            return;
        if (nowNs - _began > LearningNs && _middle != Low.None && Math.Abs(low.LagNs - _middle.LagNs) > FarOffNs)
        {
            if (_farOff != Low.None && Math.Abs(low.LagNs - _farOff.LagNs) > StillChangingNs)
                Rebase(index, nowNs);
            else
                _farOff = low;
            return;
        }
        _farOff = Low.None;
        if (_first == Low.None)
            _first = low;
        else if (nowNs >= _look)
        {
            if (_middle != Low.None && IsSlope(low))
            {
                _periodNs *= 1 + _first.SlopeTo(low);
                Rebase(_leastIndex, _leastArrival);
                return;
            }
            _middle = low;
            _look += Math.Min(_look - _began, LongestPauseNs);
        }
    }

    // A path that has become slower, or a machine that stood still, makes a step: all of the shift lies on one side of the middle.
    private bool IsSlope(in Low low) =>
        Math.Abs(low.LagNs - _first.LagNs) >= LeastShiftNs
        && Math.Abs(_first.SlopeTo(low)) >= LeastSlope
        && _first.SlopeTo(_middle) / _middle.SlopeTo(low) is > 0.4 and < 2.5;
}
