using RobotWorldModel.Drivers.Geometry;

namespace RobotWorldModel.Drivers.Motion;

/// <summary>
/// What the arm should follow: straight lines between timed targets, smoothed by two moving averages (of the first, corners become
/// constant accelerations; of the second, these become constant jerks). Averages never overshoot and delay everything by the same time,
/// half of both together less one period; <see cref="LateAllowanceNs"/> comes on top. No allocation.
/// </summary>
internal sealed class TargetReference
{
    private readonly double _dt;
    private readonly double[] _weights;
    private readonly Vector6[] _raw;
    private readonly (long DueNs, Vector6 Q)[] _targets = new (long, Vector6)[32];
    private (long DueNs, Vector6 Q) _from;
    private int _first, _count, _newest;
    private long _timeNs;
    private bool _running;

    private TargetReference(double rateHz, double longerS, double shorterS, double lateS)
    {
        _dt = 1 / rateHz;
        LateAllowanceNs = (long)(lateS * 1e9);
        int longer = Math.Max(1, (int)Math.Round(rateHz * longerS)), shorter = Math.Max(1, (int)Math.Round(rateHz * shorterS));
        _weights = new double[longer + shorter - 1];
        for (int i = 0; i < longer; i++)
            for (int k = 0; k < shorter; k++)
                _weights[i + k] += 1.0 / (longer * shorter);
        _raw = new Vector6[_weights.Length];
    }

    /// <summary>For a target a tick: averages of 33 ms (the tick's period) and 16 ms; 33 ms of delay in all.</summary>
    public static TargetReference OfTicks(double rateHz) => new(rateHz, 1 / 30.0, 0.016, 0.010);

    /// <summary>For a target a cycle of the controller: averages of 8 ms and 4 ms; 9 ms of delay in all at 500 Hz.</summary>
    public static TargetReference OfCycles(double rateHz) => new(rateHz, 0.008, 0.004, Math.Max(0.005, 1 / rateHz));

    /// <summary>A target may arrive this long after the time of the one before it without any effect on the motion.</summary>
    public long LateAllowanceNs { get; }

    /// <summary>Of the last <see cref="Advance"/>: rad, and what its differences make, rad/s and rad/s².</summary>
    public Vector6 Position, Velocity, Acceleration;

    /// <summary>Stands still here; forgets all targets.</summary>
    public void Seed(in Vector6 q)
    {
        Array.Fill(_raw, q);
        Position = q;
        Velocity = Acceleration = default;
        _from = (long.MinValue, q);
        _count = 0;
        _running = false;
    }

    /// <summary>Goes on where another one of the same kind is.</summary>
    public void CopyFrom(TargetReference other)
    {
        other._raw.CopyTo(_raw, 0);
        other._targets.CopyTo(_targets, 0);
        (_from, _first, _count, _newest) = (other._from, other._first, other._count, other._newest);
        (_timeNs, _running) = (other._timeNs, other._running);
        (Position, Velocity, Acceleration) = (other.Position, other.Velocity, other.Acceleration);
    }

    /// <summary>A further target, due after all before it.</summary>
    public void Add(in Vector6 q, long dueNs, long nowNs)
    {
        if (!_running)
        {
            _from.DueNs = nowNs;
            _timeNs = nowNs - LateAllowanceNs;
            _running = true;
        }
        if (_count == _targets.Length)
            _count--; // a burst: the newest targets replace each other
        _targets[(_first + _count) % _targets.Length] = (dueNs, q);
        _count++;
    }

    /// <summary>Goes on to what is to be commanded at <paramref name="nowNs"/>, one or more of the controller's periods.</summary>
    public void Advance(long nowNs)
    {
        long wanted = nowNs - LateAllowanceNs, period = (long)(_dt * 1e9);
        int steps = !_running ? 1 : (int)Math.Clamp((wanted - _timeNs + period / 2) / period, 1, _raw.Length);
        for (int i = steps - 1; i >= 0; i--)
        {
            _newest = (_newest + 1) % _raw.Length;
            _raw[_newest] = LineAt(wanted - i * period);
        }
        _timeNs = wanted;

        Vector6 before = Position, velocityBefore = Velocity;
        Position = Smoothed();
        Velocity = (Position - before) * (1 / _dt);
        Acceleration = (Velocity - velocityBefore) * (1 / _dt);
    }

    private Vector6 LineAt(long timeNs)
    {
        while (_count > 0 && _targets[_first].DueNs <= timeNs)
        {
            _from = _targets[_first];
            _first = (_first + 1) % _targets.Length;
            _count--;
        }
        if (_count == 0 || timeNs <= _from.DueNs)
            return _from.Q;
        var to = _targets[_first];
        return Vector6.Lerp(_from.Q, to.Q, (double)(timeNs - _from.DueNs) / (to.DueNs - _from.DueNs));
    }

    // As differences to the newest, so that a constant stays the same to the bit.
    private Vector6 Smoothed()
    {
        Vector6 newest = _raw[_newest], sum = default;
        int slot = _newest;
        for (int i = 0; i < _weights.Length; i++)
        {
            ref Vector6 raw = ref _raw[slot];
            double w = _weights[i];
            for (int k = 0; k < 6; k++)
                sum[k] += w * (raw[k] - newest[k]);
            slot = slot == 0 ? _raw.Length - 1 : slot - 1;
        }
        return newest + sum;
    }
}
