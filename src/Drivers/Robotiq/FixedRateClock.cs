using RobotWorldModel.Drivers.Time;

namespace RobotWorldModel.Drivers.Robotiq;

/// <summary>
/// Times for samples that carry neither stamp nor number, from a device that makes them at a fixed rate over a connection that keeps their
/// order. Sample n was made at n periods of the device's clock; a <see cref="ClockMap"/> under the arrivals of the newest of each read
/// ties that count to the host's clock, so a burst after a late read gets its true spacing back.
/// A loss shifts all later arrivals by whole periods against the count, and at once; a late delivery does not, because what was made
/// meanwhile arrives with it. So a lag that has jumped by a period or more against the least of the last eight reads is a loss of as many
/// samples. Where later samples turn out to come too early for that, the loss is taken back. Single-threaded; allocates nothing after
/// construction.
/// </summary>
internal sealed class FixedRateClock
{
    private const int RecentReads = 8;
    private const long ForgetSlipAfter = 50; // samples after which a counted loss is final
    private const double SlackOfPeriod = 0.03, WrongGridOfPeriod = 0.3, MaxRateError = 0.05;
    private readonly double _nominalNs;
    private readonly long _latencyNs;
    private readonly ClockMap _map = new();
    private readonly double[] _recentLag = new double[RecentReads];
    private int _recent;
    private double _periodNs, _leastLag;
    private long _index, _mapped, _newestOriginating;
    private long _slip, _slipIndex, _watchStart, _baseIndex, _baseArrival;
    private bool _any;

    /// <param name="latencyMs">The constant part of the delay, which arrivals cannot show.</param>
    public FixedRateClock(double nominalHz, double latencyMs)
    {
        (_nominalNs, _latencyNs) = (1e9 / nominalHz, (long)(latencyMs * 1e6));
        Reset();
    }

    /// <summary>The rate in use, Hz: nominal until a second of arrivals has shown that it is another.</summary>
    public double RateHz => 1e9 / _periodNs;

    public long OffsetNs => _map.OffsetNs;

    public double DriftPpm => _map.DriftPpm;

    public long ResidualNs => _map.ResidualNs;

    /// <summary>Forgets everything: a new connection.</summary>
    public void Reset()
    {
        _periodNs = _nominalNs;
        _any = false;
        _newestOriginating = long.MinValue;
    }

    /// <summary>
    /// Whether <see cref="Add"/> would count a loss. Reading on for a moment first tells a loss from a read between two of a burst.
    /// </summary>
    public bool WouldCountLoss(int samples, long arrivalNs) => _any && Slip(Lag(_index + samples, arrivalNs)) > 0;

    /// <summary>Takes in one read.</summary>
    /// <param name="samples">How many it brought.</param>
    /// <param name="arrivalNs">When its last byte was there, host ns.</param>
    /// <returns>Samples lost just before these; negative where as many losses counted before turned out to be none.</returns>
    public long Add(int samples, long arrivalNs)
    {
        if (!_any)
        {
            Begin(samples - 1, arrivalNs);
            return 0;
        }
        double lag = Lag(_index + samples, arrivalNs);
        long slip = Slip(lag);
        if (slip > 0)
            (_slip, _slipIndex) = (SlipInDoubt ? _slip + slip : slip, _index);
        else if (lag < -WrongGridOfPeriod * _periodNs && SlipInDoubt)
        {
            slip = -Math.Min(_slip, (long)Math.Ceiling(-lag / _periodNs - SlackOfPeriod)); // nothing arrives before it was made
            _slip += slip;
        }
        _index += samples + slip;
        lag -= slip * _periodNs;
        _recentLag[_recent++ % RecentReads] = lag;
        _leastLag = Math.Min(_leastLag, lag);

        bool early = lag < -WrongGridOfPeriod * _periodNs;
        bool late = _index - _watchStart >= 1e9 / _periodNs && _leastLag > WrongGridOfPeriod * _periodNs;
        if (early || late) // no arrival of the last second fits: another rate, or the device began its grid anew
            Rebase(arrivalNs);
        else if (_index > _mapped && (lag > -SlackOfPeriod * _periodNs || !SlipInDoubt))
            AddToMap(arrivalNs);
        if (_index - _watchStart >= 1e9 / _periodNs)
            (_watchStart, _leastLag) = (_index, double.MaxValue);
        return slip;
    }

    /// <summary>
    /// When a sample of the last read was true, host ns: never after its arrival less the latency, never at or before the one before it.
    /// Ask once for each, oldest first.
    /// </summary>
    /// <param name="back">0 for the newest of the read, 1 for the one before it …</param>
    public long NextOriginating(int back, long arrivalNs)
    {
        long grid = Math.Min(_map.ToHost(DeviceNs(_index - back)), arrivalNs) - _latencyNs;
        return _newestOriginating = Math.Max(grid, _newestOriginating + 1);
    }

    /// <summary>A loss was counted a moment ago, and what comes early now may show that it was none.</summary>
    private bool SlipInDoubt => _slip > 0 && _index - _slipIndex < ForgetSlipAfter;

    private long DeviceNs(long index) => (long)(index * _periodNs);

    private double Lag(long index, long arrivalNs) => arrivalNs - _map.ToHost(DeviceNs(index));

    private long Slip(double lag)
    {
        double usual = double.MaxValue;
        for (int i = 0; i < Math.Min(_recent, RecentReads); i++)
            usual = Math.Min(usual, _recentLag[i]);
        double jump = lag - Math.Max(0, usual);
        return Math.Max(0, (long)Math.Floor(jump / _periodNs + SlackOfPeriod));
    }

    private void Begin(long index, long arrivalNs)
    {
        (_any, _index, _recent, _slip) = (true, index, 0, 0);
        (_watchStart, _leastLag) = (index, double.MaxValue);
        (_baseIndex, _baseArrival) = (index, arrivalNs);
        _recentLag[_recent++] = 0;
        _map.Reset();
        AddToMap(arrivalNs);
    }

    private void AddToMap(long arrivalNs)
    {
        _map.Add(DeviceNs(_index), arrivalNs);
        _mapped = _index;
    }

    private void Rebase(long arrivalNs)
    {
        long samples = _index - _baseIndex;
        double measuredNs = samples > 0 ? (double)(arrivalNs - _baseArrival) / samples : 0;
        // Over less than a second, lateness of a few ms would pass for a rate error of some per mille.
        if (arrivalNs - _baseArrival >= 1_000_000_000 && Math.Abs(measuredNs / _nominalNs - 1) < MaxRateError)
            _periodNs = measuredNs;
        Begin(_index, arrivalNs);
    }
}
