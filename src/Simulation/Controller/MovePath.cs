using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.UniversalRobots;

namespace RobotWorldModel.Simulation.Controller;

internal enum PathKind { Joints, Line, Arc }

/// <summary>A move as a program commands it.</summary>
internal readonly record struct Move(PathKind Kind, Pose FlangeToTcp, double Acceleration, double Speed)
{
    /// <summary>Where <see cref="PathKind.Joints"/> leads, rad.</summary>
    public Vector6 ToQ { get; init; }

    /// <summary>Where the TCP is led, base frame; an arc leads through Via.</summary>
    public Pose ToPose { get; init; }

    public Vec3 Via { get; init; }

    /// <summary>An arc on which the tool turns with the tangent, in place of straight from its first orientation to its last.</summary>
    public bool TurnsWithArc { get; init; }

    /// <summary>s; above 0 it overrides speed and acceleration.</summary>
    public double TimeS { get; init; }

    /// <summary>How far from its end the next move may begin, m; 0: it ends at rest.</summary>
    public double BlendRadius { get; init; }

    /// <summary>
    /// Speed and acceleration are shares (0..1) of what the arm is able to on this path, and the ramps of its speed are smooth.
    /// </summary>
    public bool Optimized { get; init; }
}

/// <summary>
/// The path of one move, travelled with a trapezoid of speed. Where it is blended into the next, it slows down from where it enters the
/// radius on, and the next speeds up meanwhile: the sum of both is the rounded corner. Where it turns back, both accelerations add up.
/// </summary>
internal sealed class MovePath(UrKinematics kinematics)
{
    /// <summary>How much path a turn of the tool counts for, m/rad: a turn on the spot needs time too.</summary>
    private const double TurnLength = 0.3;

    private Move _move;
    private Vector6 _fromQ;
    private Pose _fromPose;
    private Vec3 _turn, _centre, _axis;
    private bool _isArc;
    private double _angle, _length, _at, _blendLength;
    private SpeedProfile _profile;

    public bool Started { get; private set; }

    public bool Arrived => Started && _at >= _profile.Duration;

    /// <summary>It has entered its blend radius and slows down: the next move may begin.</summary>
    public bool InBlend => Started && _move.BlendRadius > 0 && _at >= _profile.Duration - _profile.Down
        && _length - _profile.Travelled(_at) <= _blendLength * (1 + 1e-9);

    /// <summary>Where it has come to, rad.</summary>
    public Vector6 Q { get; private set; }

    /// <summary>Where it will end, once it is so near that <see cref="FindEnd"/> was called; rad.</summary>
    public Vector6 EndQ { get; private set; }

    /// <summary>s.</summary>
    public double TimeLeft => _profile.Duration - _at;

    public double BlendRadius => _move.BlendRadius;

    /// <summary>What joints slow down with before the path begins, rad/s².</summary>
    public double Acceleration => _move.Acceleration * (_move.Optimized ? MotionGenerator.JointAcceleration : 1);

    /// <summary>The TCP at its end.</summary>
    public Pose Target => _move.Kind == PathKind.Joints ? kinematics.Flange(_move.ToQ) * _move.FlangeToTcp : _move.ToPose;

    public void Set(in Move move)
    {
        _move = move;
        Started = false;
    }

    /// <param name="q">Where it begins, rad: the set-point, or the end of the move that it is blended with.</param>
    /// <param name="before">The move that it is blended with; null: it begins at rest.</param>
    public void Begin(in Vector6 q, double dt, MovePath? before)
    {
        (Started, _fromQ, Q, _at) = (true, q, q, 0);
        _length = _move.Kind == PathKind.Joints ? (_move.ToQ - _fromQ).MaxAbs : LayOut();
        double speed = _move.Speed, acceleration = _move.Acceleration;
        if (_move.Optimized)
        {
            var (fastest, hardest) = Ability();
            (speed, acceleration) = (speed * fastest, acceleration * hardest / SpeedProfile.SmoothRise);
        }
        else if (_move.Kind == PathKind.Joints)
        {
            speed = Math.Min(speed, SpeedLimit(_move.ToQ - _fromQ, _length));
        }
        _blendLength = _move.BlendRadius > 0 ? Math.Min(WithinOfEnd(_move.BlendRadius), 0.5) * _length : 0;
        Plan(speed, acceleration, dt, before);
    }

    /// <summary>Goes on for so many seconds of path time.</summary>
    /// <returns>Null, or why the path cannot be followed.</returns>
    public string? Advance(double dt)
    {
        _at = Math.Min(_at + dt, _profile.Duration);
        double share = _length > 0 ? Math.Min(_profile.Travelled(_at) / _length, 1) : 1;
        if (_move.Kind != PathKind.Joints)
            return Follow(share);
        Q = _at >= _profile.Duration ? _move.ToQ : Vector6.Lerp(_fromQ, _move.ToQ, share);
        return null;
    }

    /// <summary>Walks what is left of the path, to know the joint angles at its end. Once, when a blend begins.</summary>
    public string? FindEnd()
    {
        EndQ = _move.ToQ;
        if (_move.Kind == PathKind.Joints)
            return null;
        const int Steps = 8;
        Vector6 here = Q;
        double from = _length > 0 ? _profile.Travelled(_at) / _length : 1;
        string? problem = null;
        for (int i = 1; i <= Steps && problem == null; i++)
            problem = Follow(from + (1 - from) * i / Steps);
        (EndQ, Q) = (Q, here);
        return problem;
    }

    // How fast a stretch of the path may be travelled so that no joint is faster than it can.
    private double SpeedLimit(in Vector6 way, double length)
    {
        double speed = double.PositiveInfinity;
        for (int i = 0; i < 6; i++)
            speed = Math.Min(speed, kinematics.Model.MaxJointSpeed[i] * length / Math.Max(Math.Abs(way[i]), 1e-12));
        return speed;
    }

    // The speed and the acceleration that the joints can keep along the whole path. One that cannot be followed says so later.
    private (double Speed, double Acceleration) Ability()
    {
        if (_move.Kind == PathKind.Joints || _length <= 0)
            return (SpeedLimit(_move.ToQ - _fromQ, _length), MotionGenerator.JointAcceleration);
        const int Steps = 16;
        double speed = double.PositiveInfinity, acceleration = double.PositiveInfinity;
        for (int i = 1; i <= Steps; i++)
        {
            Vector6 before = Q;
            if (Follow((double)i / Steps) != null)
                break;
            Vector6 way = Q - before;
            speed = Math.Min(speed, SpeedLimit(way, _length / Steps));
            acceleration = Math.Min(acceleration, MotionGenerator.JointAcceleration * _length / Steps / Math.Max(way.MaxAbs, 1e-12));
        }
        Q = _fromQ;
        return double.IsFinite(speed) ? (speed, acceleration) : (1, 1); // it cannot even begin
    }

    private double LayOut()
    {
        _fromPose = kinematics.Flange(_fromQ) * _move.FlangeToTcp;
        _turn = (_move.ToPose.Rotation * _fromPose.Rotation.Inverse).ToRotationVector();
        _isArc = _move.Kind == PathKind.Arc && LayOutArc();
        double way = _isArc ? (_fromPose.Position - _centre).Length * _angle : (_move.ToPose.Position - _fromPose.Position).Length;
        return Math.Max(way, (_move.TurnsWithArc ? 0 : _turn.Length) * TurnLength);
    }

    // The circle through three points: from, via, to. On a line it is a circle of no curvature, and the path is straight.
    private bool LayOutArc()
    {
        Vec3 via = _move.Via - _fromPose.Position, to = _move.ToPose.Position - _fromPose.Position;
        Vec3 normal = via.Cross(to);
        if (normal.Length < 1e-6 * via.Length * to.Length || normal.Length == 0)
            return false;
        Vec3 centre = (to.Dot(to) * normal.Cross(via) + via.Dot(via) * to.Cross(normal)) * (0.5 / normal.Dot(normal));
        Vec3 start = -centre, end = to - centre;
        _axis = normal.Normalized;
        _centre = _fromPose.Position + centre;
        _angle = Math.Atan2(start.Cross(end).Dot(_axis), start.Dot(end));
        _angle += _angle < 0 ? 2 * Math.PI : 0;
        return true;
    }

    private void Plan(double speed, double acceleration, double dt, MovePath? before)
    {
        if (_move.TimeS > 0)
        {
            _profile = SpeedProfile.InTime(_length, _move.TimeS, dt);
            if (before != null) // not out of the radius before the other has arrived
                _at = -Math.Max(0, before.TimeLeft - _profile.TimeOf(WithinOfStart(before.BlendRadius) * _length));
            return;
        }
        double up = acceleration, down = acceleration;
        if (before is { TimeLeft: > 0 } && _length > 0)
            up = Math.Clamp(2 * WithinOfStart(before.BlendRadius) * _length / (before.TimeLeft * before.TimeLeft), 1e-3, up);
        _profile = SpeedProfile.Within(_length, speed, up, down, dt, _move.Optimized);
        if (_blendLength <= 0)
            return;
        down = Math.Min(down, _profile.Peak * _profile.Peak / (2 * _blendLength)); // the whole radius, not its innermost part
        _profile = SpeedProfile.Within(_length, speed, up, down, dt, _move.Optimized);
    }

    private string? Follow(double share)
    {
        Vector6 q = Q;
        double error = kinematics.Inverse(ref q, PoseAt(share), _move.FlangeToTcp);
        Q = q;
        return error < 1e-5 ? null : "C154: position in singularity: the line leads out of reach or through a singularity";
    }

    private Pose PoseAt(double share)
    {
        if (_move.Kind == PathKind.Joints)
            return kinematics.Flange(Vector6.Lerp(_fromQ, _move.ToQ, share)) * _move.FlangeToTcp;
        Quat rotation = Quat.FromRotationVector(_turn * share) * _fromPose.Rotation;
        if (!_isArc)
            return new(_fromPose.Position + (_move.ToPose.Position - _fromPose.Position) * share, rotation);
        var along = Quat.FromAxisAngle(_axis, _angle * share);
        return new(_centre + along.Rotate(_fromPose.Position - _centre), _move.TurnsWithArc ? along * _fromPose.Rotation : rotation);
    }

    private double WithinOfEnd(double radius) => 1 - Crossing(PoseAt(1).Position, radius, outside: 0.5, inside: 1);

    private double WithinOfStart(double radius) => Crossing(PoseAt(0).Position, radius, outside: 0.5, inside: 0);

    // The share of the path at which the TCP crosses a sphere around one of its ends; no further than the middle, which leaves the other
    // half to the neighbour's radius.
    private double Crossing(Vec3 centre, double radius, double outside, double inside)
    {
        if ((PoseAt(outside).Position - centre).Length <= radius)
            return outside;
        for (int i = 0; i < 30; i++)
        {
            double middle = (outside + inside) / 2;
            if ((PoseAt(middle).Position - centre).Length > radius)
                outside = middle;
            else
                inside = middle;
        }
        return inside;
    }
}
