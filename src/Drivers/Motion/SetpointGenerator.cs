using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.UniversalRobots;

namespace RobotWorldModel.Drivers.Motion;

/// <summary>What the set-points do.</summary>
internal enum GeneratorState { Holding, Following, Braking }

/// <summary>
/// Makes set-points at the controller's rate from timed targets. Pure: stepped by times that the caller gives, the same targets at the
/// same times give the same set-points. It takes a next set-point only where a way to rest from there, known in full, stays inside every
/// limit; else it goes on along the way to rest that was known before. So no target, and no lack of one, can lead a set-point out of the
/// limits. One thread at a time; no allocation after construction.
/// </summary>
internal sealed class SetpointGenerator
{
    private readonly MotionLimits _limits;
    private readonly BrakeCheck _check;
    private readonly TargetReference _ofTicks, _ofCycles;
    private readonly double _dt;
    private readonly long _timeoutNs;
    private BrakePlan _plan, _candidate;
    private BrakePlan.State _state;
    private TargetReference _reference;
    private int _planStep;
    private long _newestTargetNs;

    public SetpointGenerator(UrKinematics kinematics, MotionLimits limits, double rateHz)
    {
        _limits = limits;
        _dt = 1 / rateHz;
        _timeoutNs = (long)(limits.TargetTimeoutMs * 1e6);
        _check = new BrakeCheck(new ArmGeometry(kinematics, limits), limits, _dt);
        (_ofTicks, _ofCycles) = (TargetReference.OfTicks(rateHz), TargetReference.OfCycles(rateHz));
        _reference = _ofTicks;
        (_plan, _candidate) = (new BrakePlan(limits, _dt), new BrakePlan(limits, _dt));
        Seed(default);
    }

    public GeneratorState State { get; private set; }

    /// <summary>How often targets stopped coming.</summary>
    public long Timeouts { get; private set; }

    /// <summary>rad.</summary>
    public Vector6 Position => _state.P;

    /// <summary>rad/s.</summary>
    public Vector6 Velocity => _state.V;

    /// <summary>rad/s².</summary>
    public Vector6 Acceleration => _state.A;

    /// <summary>
    /// The arm stands here. Its pose must be clear of all limits by <see cref="BrakeCheck.Margin"/>, or it stays where it is.
    /// </summary>
    public void Seed(in Vector6 q)
    {
        _state = new() { P = q };
        _plan.TryPlan(_state);
        _planStep = 0;
        _reference.Seed(q);
        State = GeneratorState.Holding;
    }

    /// <summary>Goes on where another one with the same limits and rate is, to the bit.</summary>
    public void CopyFrom(SetpointGenerator other)
    {
        _plan.CopyFrom(other._plan);
        _check.CopyFrom(other._check);
        _ofTicks.CopyFrom(other._ofTicks);
        _ofCycles.CopyFrom(other._ofCycles);
        _reference = other._reference == other._ofTicks ? _ofTicks : _ofCycles;
        (_state, _planStep, _newestTargetNs) = (other._state, other._planStep, other._newestTargetNs);
        (State, Timeouts) = (other.State, other.Timeouts);
    }

    /// <summary>A target that the safety filter let pass. Ignored while the arm brakes.</summary>
    /// <param name="everyCycle">They come once a cycle and not once a tick; heard where the arm holds.</param>
    public void Add(in Vector6 target, long dueNs, long nowNs, bool everyCycle = false)
    {
        if (State == GeneratorState.Braking)
            return;
        if (State == GeneratorState.Holding)
        {
            _reference = everyCycle ? _ofCycles : _ofTicks;
            _reference.Seed(_state.P);
            State = GeneratorState.Following;
        }
        _reference.Add(target, dueNs, nowNs);
        _newestTargetNs = nowNs;
    }

    /// <summary>Ramps to a stop from the next step on, and holds.</summary>
    public void Brake()
    {
        if (State == GeneratorState.Following)
            State = GeneratorState.Braking;
    }

    /// <summary>One period on, to the set-point for <paramref name="nowNs"/>.</summary>
    public void Step(long nowNs)
    {
        if (State == GeneratorState.Following && nowNs - _newestTargetNs > _timeoutNs)
        {
            Timeouts++;
            State = GeneratorState.Braking;
        }
        if (State == GeneratorState.Following)
            Follow(nowNs);
        else if (!GoOnBraking())
            State = GeneratorState.Holding;
    }

    private void Follow(long nowNs)
    {
        Vector6 wanted = Wanted(nowNs);
        if (TryTake(wanted))
            return;
        // At the edge of what is allowed: half way between following and braking keeps the acceleration from jumping from one to the
        // other.
        Vector6 braking = _planStep < _plan.Length ? _plan.At(_planStep + 1).A : default;
        if (!TryTake(Vector6.Lerp(braking, wanted, 0.5)))
            GoOnBraking();
    }

    // The acceleration of each joint that follows the reference within the joint's own limits.
    private Vector6 Wanted(long nowNs)
    {
        Vector6 p = _state.P - _reference.Position, v = _state.V - _reference.Velocity, a = _state.A - _reference.Acceleration;
        _reference.Advance(nowNs);
        Vector6 wanted = _reference.Acceleration;
        double most = _limits.JointAcceleration, step = _limits.JointJerk * _dt;
        for (int i = 0; i < 6; i++)
        {
            double next = wanted[i]
                + Tracker.NextAcceleration(p[i], v[i], a[i], _dt, TrackingShare * most, TrackingShare * _limits.JointJerk);
            next = Math.Clamp(next, -Slowing(_limits.JointSpeed + _state.V[i]), Slowing(_limits.JointSpeed - _state.V[i]));
            wanted[i] = Math.Clamp(Math.Clamp(next, -most, most), _state.A[i] - step, _state.A[i] + step);
        }
        return wanted;
    }

    // While it catches up, a joint leaves this share of its acceleration and jerk to the reference's own.
    private const double TrackingShare = 0.7;

    // The largest acceleration that full jerk can end before this much more speed is gained.
    private double Slowing(double room)
    {
        double step = _limits.JointJerk * _dt, steps = Math.Max(0, room) * SpeedShare / (_dt * step);
        double n = Math.Floor((Math.Sqrt(1 + 8 * steps) - 1) / 2);
        return step * (steps + n * (n + 1) / 2) / (n + 1);
    }

    private const double SpeedShare = 0.8; // braking ramps are shared by all joints, so some joint's may be slower than full jerk

    private bool TryTake(in Vector6 acceleration)
    {
        BrakePlan.State next = _state;
        next.A = acceleration;
        next.V += next.A * _dt;
        next.P += next.V * _dt;
        if (!_candidate.TryPlan(next) || !_check.IsSafe(_state.P, next, _candidate))
            return false;
        _state = next;
        (_plan, _candidate) = (_candidate, _plan);
        _planStep = 0;
        return true;
    }

    // Along the way to rest that was checked when it was taken. False when the arm was at rest already.
    private bool GoOnBraking()
    {
        if (_planStep >= _plan.Length)
            return false;
        _state = _plan.At(++_planStep);
        return true;
    }
}
