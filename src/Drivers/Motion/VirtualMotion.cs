using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.UniversalRobots;

namespace RobotWorldModel.Drivers.Motion;

/// <summary>
/// What <see cref="ArmMotion"/> would make of commands, without an arm and on the caller's time: the same safety filter and the same
/// set-points, as fast as the machine computes. One thread at a time; no allocation unless it refuses.
/// </summary>
public sealed class VirtualMotion
{
    private readonly SafetyFilter _filter;
    private readonly SetpointGenerator _generator;
    private bool _posted;
    private long _postedDueNs;
    private Vector6 _postedQ;

    /// <param name="kinematics">The arm's.</param>
    /// <param name="limits">The cell's.</param>
    /// <param name="rateHz">Of the controller: <see cref="Step"/> is called so often.</param>
    /// <exception cref="ArgumentException">Limits that make no sense.</exception>
    public VirtualMotion(UrKinematics kinematics, MotionLimits limits, double rateHz)
    {
        limits.Validate();
        _filter = new(kinematics, limits);
        _generator = new(kinematics, limits, rateHz);
    }

    /// <summary>Of the last <see cref="Step"/>, rad.</summary>
    public Vector6 Setpoint => _generator.Position;

    public MotionState State => _generator.State switch
    {
        GeneratorState.Following => MotionState.Moving,
        GeneratorState.Braking => MotionState.Stopping,
        _ => MotionState.Holding,
    };

    /// <summary>The arm stands here, as a lease begins. Its pose must be clear of all limits, or it stays where it is.</summary>
    public void Seed(in Vector6 q)
    {
        _generator.Seed(q);
        _posted = false;
    }

    /// <summary>As <see cref="MotionLease.Send"/>; once between two steps at most.</summary>
    /// <exception cref="InvalidOperationException">The command before has not been taken by a step yet.</exception>
    public SendResult Send(in Command command, long nowNs)
    {
        if (_posted)
            throw new InvalidOperationException("two commands without a step between them");
        if (_generator.State == GeneratorState.Braking)
            return new(false, Clamp.None, _generator.Position, MotionSession.IsStopping);
        if (_generator.State == GeneratorState.Holding)
            _filter.Seed(_generator.Position);
        SendResult result = _filter.Check(command, nowNs);
        (_posted, _postedQ, _postedDueNs) = (result.Accepted, result.Guarded, command.DueNs);
        return result;
    }

    /// <summary>One cycle of the controller on.</summary>
    public void Step(long nowNs)
    {
        if (_posted)
            _generator.Add(_postedQ, _postedDueNs, nowNs);
        _posted = false;
        _generator.Step(nowNs);
    }

    /// <summary>Goes on where another one with the same arm, limits and rate is, to the bit.</summary>
    public void CopyFrom(VirtualMotion other)
    {
        _filter.CopyFrom(other._filter);
        _generator.CopyFrom(other._generator);
        (_posted, _postedQ, _postedDueNs) = (other._posted, other._postedQ, other._postedDueNs);
    }
}
