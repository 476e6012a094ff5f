using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.UniversalRobots;

namespace RobotWorldModel.Simulation.Controller;

/// <summary>The path of one movej or movel, travelled with a trapezoid of speed: up, level, down.</summary>
internal sealed class MovePath(UrKinematics kinematics)
{
    /// <summary>How much path a turn of the tool counts for, m/rad: a turn on the spot needs time too.</summary>
    private const double TurnLength = 0.3;

    private Vector6 _fromQ, _toQ;
    private Pose _fromPose, _toPose, _flangeToTcp;
    private Vec3 _turn;
    private bool _isLine;
    private double _speed, _timeS, _length, _at, _peak, _ramp, _duration;

    public bool Started { get; private set; }

    public bool Arrived => Started && _at >= _duration;

    /// <summary>What joints slow down with before the path begins, rad/s².</summary>
    public double Acceleration { get; private set; }

    public void SetJoints(in Vector6 target, double acceleration, double speed, double timeS)
    {
        (_isLine, _toQ) = (false, target);
        Set(acceleration, speed, timeS);
    }

    public void SetLine(in Pose target, in Pose flangeToTcp, double acceleration, double speed, double timeS)
    {
        (_isLine, _toPose, _flangeToTcp) = (true, target, flangeToTcp);
        Set(acceleration, speed, timeS);
    }

    /// <summary>Goes on for so many seconds of path time.</summary>
    /// <param name="q">In: the set-point. Out: the next one.</param>
    /// <returns>Null, or why the path cannot be followed.</returns>
    public string? Advance(double dt, ref Vector6 q)
    {
        if (!Started)
            Begin(q, dt);
        _at = Math.Min(_at + dt, _duration);
        double share = _length > 0 ? Math.Min(Travelled(_at) / _length, 1) : 1;
        if (!_isLine)
        {
            q = _at >= _duration ? _toQ : Vector6.Lerp(_fromQ, _toQ, share);
            return null;
        }
        Quat rotation = Quat.FromRotationVector(_turn * share) * _fromPose.Rotation;
        var pose = new Pose(_fromPose.Position + (_toPose.Position - _fromPose.Position) * share, rotation);
        double error = kinematics.Inverse(ref q, pose, _flangeToTcp);
        return error < 1e-5 ? null : "C154: position in singularity: the line leads out of reach or through a singularity";
    }

    private void Set(double acceleration, double speed, double timeS)
    {
        (Acceleration, _speed, _timeS) = (acceleration, speed, timeS);
        Started = false;
    }

    private void Begin(in Vector6 q, double dt)
    {
        Started = true;
        _at = 0;
        double speed = _speed;
        if (_isLine)
        {
            _fromPose = kinematics.Flange(q) * _flangeToTcp;
            _turn = (_toPose.Rotation * _fromPose.Rotation.Inverse).ToRotationVector();
            _length = Math.Max((_toPose.Position - _fromPose.Position).Length, _turn.Length * TurnLength);
        }
        else
        {
            _fromQ = q;
            Vector6 way = _toQ - _fromQ;
            _length = way.MaxAbs;
            for (int i = 0; i < 6; i++) // no joint faster than it can
                speed = Math.Min(speed, kinematics.Model.MaxJointSpeed[i] * _length / Math.Max(Math.Abs(way[i]), 1e-12));
        }
        PlanTrapezoid(speed, dt);
    }

    // The duration is a whole number of cycles, so that the last one slows down no harder than the others.
    private void PlanTrapezoid(double speed, double dt)
    {
        double peak = Math.Min(speed, Math.Sqrt(_length * Acceleration));
        double duration = _timeS > 0 ? _timeS : _length > 0 ? _length / peak + peak / Acceleration : 0;
        _duration = dt > 0 ? Math.Ceiling(duration / dt - 1e-9) * dt : duration;
        if (_timeS > 0) // a third each for up, level and down
        {
            (_ramp, _peak) = (_duration / 3, 1.5 * _length / _duration);
            return;
        }
        double root = Math.Sqrt(Math.Max(0, _duration * _duration - 4 * _length / Acceleration));
        _peak = Acceleration * (_duration - root) / 2; // from length = peak · (duration - peak / acceleration)
        _ramp = _peak / Acceleration;
    }

    private double Travelled(double t)
    {
        if (t < _ramp)
            return 0.5 * _peak * t * t / _ramp;
        if (t < _duration - _ramp)
            return _peak * (t - _ramp / 2);
        double left = _duration - t;
        return _length - 0.5 * _peak * left * left / _ramp;
    }
}
