using RobotWorldModel.Drivers.Geometry;

namespace RobotWorldModel.Drivers.Motion;

/// <summary>
/// Timed targets in, one set-point a cycle out. The reference runs on straight lines between targets, from the time of one to the time of the next,
/// and is averaged over one period of the tick, which rounds its corners (and delays it by half a period). A tracker follows it within speed,
/// acceleration and jerk. A next set-point is taken only if the whole braking way from it is known to be allowed; else the arm brakes along the
/// way that was checked before. So nothing that is asked of it can lead it out of its limits: the way to rest is always there, and always clean.
/// Pure: stepped by time, no clock, no thread, no allocation. The same targets shifted in time give the same set-points shifted in time, to
/// within a cycle's phase.
/// </summary>
public sealed class SetpointGenerator
{
    /// <summary>Margins of the braking check: more than a point of the arm can move between two checked set-points.</summary>
    internal const double BoxMargin = 0.0015, LinkMargin = 0.008;

    private const double SpeedMargin = 0.97, PositionGain = 15, ProfileShare = 0.6;
    private const long InTimeNs = 15_000_000;
    private const int CheckEvery = 2, LongestBrake = 4000;
    private readonly MotionLimits _limits;
    private readonly ArmGeometry _geometry;
    private readonly JerkLimit _joint;
    private readonly double _dt;
    private readonly long _timeoutNs;
    private readonly Vector6[] _window; // the last reference points, whose mean is followed
    private int _windowAt;
    private Vector6 _p, _v, _a, _sum;
    private Vector6 _fromTarget, _toTarget;
    private long _fromNs, _toNs, _lastTargetNs = long.MinValue;
    private bool _stopping;

    /// <param name="rateHz">Set-points a second.</param>
    /// <param name="tickHz">Targets a second.</param>
    public SetpointGenerator(ArmGeometry geometry, MotionLimits limits, double rateHz, double tickHz = 30)
    {
        (_geometry, _limits, _dt) = (geometry, limits, 1 / rateHz);
        _joint = new(limits.JointSpeed, limits.JointAcceleration, limits.JointJerk, _dt);
        _window = new Vector6[Math.Max(1, (int)Math.Round(rateHz / tickHz))];
        _timeoutNs = (long)(limits.TargetTimeoutMs * 1e6);
        Reset(default);
    }

    /// <summary>The set-point: rad, rad/s, rad/s².</summary>
    public Vector6 Position => _p;

    public Vector6 Velocity => _v;

    public Vector6 Acceleration => _a;

    public bool AtRest => _v == default && _a == default;

    /// <summary>Targets stopped coming and the arm ramped to a stop, in all.</summary>
    public long Timeouts { get; private set; }

    /// <summary>Cycles in which following would have led out of the limits, in all.</summary>
    public long Held { get; private set; }

    /// <summary>Starts anew from a pose at rest.</summary>
    public void Reset(in Vector6 q)
    {
        (_p, _v, _a) = (q, default, default);
        SettleAt(q);
        _stopping = false;
    }

    /// <summary>A target that the filter has passed, to be reached at a time. Ends a stop.</summary>
    public void SetTarget(in Vector6 q, long dueNs, long nowNs)
    {
        // Where a target comes in time the line starts at the last one's time, so that a tick's own lateness does not show in the path.
        bool inTime = _lastTargetNs != long.MinValue && nowNs >= _toNs && nowNs - _toNs < InTimeNs;
        (_fromTarget, _fromNs) = inTime ? (_toTarget, _toNs) : (Reference(nowNs), nowNs);
        (_toTarget, _toNs) = (q, Math.Max(dueNs, nowNs));
        _lastTargetNs = nowNs;
        _stopping = false;
    }

    /// <summary>Ramps to a stop from now on; the next target starts from there.</summary>
    public void Stop() => _stopping = true;

    /// <summary>One cycle: the next set-point.</summary>
    /// <param name="nowNs">The reference's time; it may run slower than the clock (speed scaling).</param>
    public void Step(long nowNs)
    {
        if (!_stopping && _lastTargetNs != long.MinValue && nowNs - _lastTargetNs > _timeoutNs)
        {
            _stopping = true;
            Timeouts++;
        }
        if (_stopping || _lastTargetNs == long.MinValue)
        {
            Brake();
            SettleAt(_p);
            return;
        }
        Follow(Reference(nowNs));
    }

    /// <summary>On the line between the last two targets, by their times; it stays at the last one.</summary>
    private Vector6 Reference(long nowNs)
    {
        if (nowNs >= _toNs)
            return _toTarget;
        double share = (double)(nowNs - _fromNs) / (_toNs - _fromNs);
        return Vector6.Lerp(_fromTarget, _toTarget, Math.Clamp(share, 0, 1));
    }

    private void SettleAt(in Vector6 q)
    {
        (_fromTarget, _toTarget, _lastTargetNs) = (q, q, long.MinValue);
        Array.Fill(_window, q);
        _sum = q * _window.Length;
    }

    private void Follow(in Vector6 reference)
    {
        Vector6 meanBefore = _sum * (1.0 / _window.Length);
        _sum = _sum + reference - _window[_windowAt];
        _window[_windowAt] = reference;
        _windowAt = (_windowAt + 1) % _window.Length;
        Vector6 mean = _sum * (1.0 / _window.Length);
        Vector6 p = _p, v = _v, a = _a;
        for (int i = 0; i < 6; i++)
        {
            double along = (mean[i] - meanBefore[i]) / _dt, behind = meanBefore[i] - _p[i];
            double catchUp = Math.Min(PositionGain * Math.Abs(behind), ProfileShare * _joint.SpeedToStopWithin(Math.Abs(behind)));
            a[i] = _joint.ForSpeed(along + Math.CopySign(catchUp, behind), _v[i], _a[i]);
            v[i] += a[i] * _dt;
            p[i] += v[i] * _dt;
        }
        if (TryTake(p, v, a))
            return;
        Held++;
        (p, v, a) = (_p, _v, _a);
        for (int i = 0; i < 6; i++) // not faster than now, where following is too fast
        {
            a[i] = _joint.ForSpeed(_v[i], _v[i], _a[i]);
            v[i] += a[i] * _dt;
            p[i] += v[i] * _dt;
        }
        if (!TryTake(p, v, a))
            Brake();
    }

    private bool TryTake(in Vector6 p, in Vector6 v, in Vector6 a)
    {
        if (!BrakingIsClear(p, v, a))
            return false;
        (_p, _v, _a) = (p, v, a);
        return true;
    }

    private void Brake() => Brake(ref _p, ref _v, ref _a);

    private void Brake(ref Vector6 p, ref Vector6 v, ref Vector6 a)
    {
        for (int i = 0; i < 6; i++)
            _joint.Brake(ref p[i], ref v[i], ref a[i]);
    }

    /// <summary>Whether a set-point and every later one of the braking way from it are allowed.</summary>
    private bool BrakingIsClear(Vector6 p, Vector6 v, Vector6 a)
    {
        double speedLimit = SpeedMargin * _limits.TcpSpeed;
        ArmGeometry.Points points = new() { Origin = stackalloc Vec3[7], Axis = stackalloc Vec3[7] };
        for (int cycle = 0; cycle < LongestBrake; cycle++)
        {
            bool rest = v == default && a == default;
            if (cycle % CheckEvery == 0 || rest)
            {
                _geometry.Locate(p, ref points);
                if (!(ArmGeometry.TcpSpeed(points, v) <= speedLimit) || !_geometry.IsClear(p, points, BoxMargin, LinkMargin))
                    return false;
            }
            if (rest)
                return true;
            Brake(ref p, ref v, ref a);
        }
        return false;
    }
}
