using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Motion;
using RobotWorldModel.Drivers.UniversalRobots;
using RobotWorldModel.Simulation.Controller;

namespace RobotWorldModel.Simulation.Tasks;

/// <summary>How the control path delays and smooths what is commanded; the defaults are the simulated cell's and its config's.</summary>
public sealed record ControlPath
{
    /// <summary>servoj's gain, 100..2000.</summary>
    public double ServojGain { get; init; } = new UrArmOptions().ServojGain;

    /// <summary>servoj's lookahead time, 0.03..0.2 s.</summary>
    public double ServojLookaheadS { get; init; } = new UrArmOptions().ServojLookaheadS;

    /// <summary>From the controller's cycle until its state is known here.</summary>
    public double StateDelayMs { get; init; } = 1;

    /// <summary>
    /// From the tick until its command is handed over: what deciding takes. Up to the 10 ms that set-points allow for it changes nothing.
    /// </summary>
    public double DecisionMs { get; init; } = 8;

    /// <summary>Ticks by which commands come late besides.</summary>
    public int ExtraTicks { get; init; }
}

/// <summary>
/// The arm of the kinematic cell behind its whole control path, on virtual time: safety filter and set-points as the arm's thread makes
/// them, servoj as the simulated controller answers it. Left out is only what does nothing at these speeds: the control program's own
/// limit and the controller's watch over its path. Time begins at 0 with the arm at rest; a cycle of the controller at every multiple of
/// its period.
/// </summary>
internal sealed class VirtualArm
{
    /// <summary>A set-point goes out so long after the state of its cycle has come (as <see cref="ArmMotion"/>).</summary>
    private const long AfterStateNs = 250_000;

    private readonly VirtualMotion _motion;
    private readonly ControlPath _path;
    private readonly Vector6 _maxSpeed;
    private readonly long _periodNs, _stateDelayNs;
    private Vector6 _q, _qd, _beforeQ, _beforeQd, _target;
    private long _cycle; // the next one
    private bool _setpointDue; // the arm's thread has yet to answer the cycle before

    public VirtualArm(UrKinematics kinematics, MotionLimits limits, ControlPath path)
    {
        double rateHz = kinematics.Model.BaseRateHz;
        (_motion, _path, _maxSpeed) = (new(kinematics, limits, rateHz), path, kinematics.Model.MaxJointSpeed);
        (_periodNs, _stateDelayNs) = ((long)(1e9 / rateHz), (long)(path.StateDelayMs * 1e6));
    }

    /// <summary>ns.</summary>
    public long NowNs { get; private set; }

    /// <summary>Where the arm truly is, rad.</summary>
    public Vector6 Q => _q;

    /// <summary>rad/s.</summary>
    public Vector6 Qd => _qd;

    /// <summary>The newest state that is known now: rad, rad/s.</summary>
    public (Vector6 Q, Vector6 Qd) Known => _stateDelayNs + (_cycle - 1) * _periodNs <= NowNs ? (_q, _qd) : (_beforeQ, _beforeQd);

    public void Seed(in Vector6 q)
    {
        _motion.Seed(q);
        _q = _beforeQ = _target = q;
        _qd = _beforeQd = default;
        (NowNs, _cycle, _setpointDue) = (0, 0, false);
        AdvanceTo(0);
    }

    /// <summary>A command for the arm, now.</summary>
    public SendResult Send(in Command command) => _motion.Send(command, NowNs);

    public void AdvanceTo(long ns)
    {
        while (true)
        {
            long cycleNs = _cycle * _periodNs, setpointNs = cycleNs - _periodNs + _stateDelayNs + AfterStateNs;
            if (_setpointDue && setpointNs <= Math.Min(cycleNs, ns))
            {
                _motion.Step(setpointNs);
                _target = _motion.Setpoint;
                _setpointDue = false;
            }
            else if (cycleNs <= ns)
            {
                (_beforeQ, _beforeQd) = (_q, _qd);
                ServoResponse.Step(ref _q, ref _qd, _target, _maxSpeed, _path.ServojLookaheadS, _path.ServojGain, _periodNs * 1e-9);
                _cycle++;
                _setpointDue = true;
            }
            else
            {
                NowNs = ns;
                return;
            }
        }
    }

    /// <summary>Goes on where another one of the same kind is, to the bit.</summary>
    public void CopyFrom(VirtualArm other)
    {
        _motion.CopyFrom(other._motion);
        (_q, _qd, _beforeQ, _beforeQd, _target) = (other._q, other._qd, other._beforeQ, other._beforeQd, other._target);
        (NowNs, _cycle, _setpointDue) = (other.NowNs, other._cycle, other._setpointDue);
    }
}
