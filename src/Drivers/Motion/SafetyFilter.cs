using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.UniversalRobots;

namespace RobotWorldModel.Drivers.Motion;

/// <summary>Which limits shortened a target.</summary>
[Flags]
public enum Clamp
{
    None = 0, JointRange = 1, JointSpeed = 2, TcpSpeed = 4, Workspace = 8, Table = 16, SelfCollision = 32,
}

/// <summary>What became of a command.</summary>
/// <param name="Accepted">The arm goes there.</param>
/// <param name="Clamped">Why <paramref name="Guarded"/> is not what was asked; none where it is.</param>
/// <param name="Guarded">Where the arm goes, rad, whatever the command's kind; where it would have stayed if refused.</param>
/// <param name="Refusal">One line: why, and what to do; null where accepted.</param>
public readonly record struct SendResult(bool Accepted, Clamp Clamped, Vector6 Guarded, string? Refusal);

/// <summary>
/// Makes of each command a timed joint target that may be driven: refuses what cannot be meant, shortens what goes too far or too fast
/// along the line from the target before. Keeps a little inside the limits that the set-points must hold. One thread at a time; no
/// allocation unless it refuses.
/// </summary>
public sealed class SafetyFilter(UrKinematics kinematics, MotionLimits limits)
{
    /// <summary>How far targets stay from box, table and the arm itself, m.</summary>
    public const double Margin = 0.005;

    /// <summary>
    /// How far targets stay from the ends of a joint's range, rad: an arm that comes there at speed goes past its set-points by some
    /// thousandths, and the controller stops it beyond.
    /// </summary>
    public const double JointMargin = 0.02;

    /// <summary>The share of the speed limits that targets may use; the rest is for the arm to catch up with them.</summary>
    public const double SpeedShare = 0.9;

    /// <summary>A target is due at most this far ahead.</summary>
    public const long MaxAheadNs = 500_000_000;

    private const double LargestTurnRad = 0.5, RoundingRad = 1e-6, Absurd = 100;
    private readonly ArmGeometry _geometry = new(kinematics, limits);
    private Vector6 _previous;
    private long _previousDueNs;
    private bool _first = true;

    /// <summary>The limit that keeps the arm from an obstacle.</summary>
    public static Clamp ClampOf(Obstacle obstacle) => obstacle switch
    {
        Obstacle.Workspace => Clamp.Workspace,
        Obstacle.Table => Clamp.Table,
        _ => Clamp.SelfCollision,
    };

    /// <summary>The arm stands here, and the next target is a first one.</summary>
    public void Seed(in Vector6 commanded)
    {
        _previous = commanded;
        _first = true;
    }

    /// <summary>Goes on where another one with the same limits is.</summary>
    internal void CopyFrom(SafetyFilter other) =>
        (_previous, _previousDueNs, _first) = (other._previous, other._previousDueNs, other._first);

    /// <summary>Judges a command at <paramref name="nowNs"/>; what is accepted is the line's next start.</summary>
    /// <param name="speedFraction">How fast the controller's time runs, 0..1: the speeds allowed shrink with it.</param>
    public SendResult Check(in Command command, long nowNs, double speedFraction = 1)
    {
        if (!command.Arm.IsFinite || double.IsInfinity(command.Gripper))
            return Refuse("the command holds a value that is not a number: its source is broken");
        if (command.Arm.MaxAbs > Absurd)
            return Refuse($"the command holds {command.Arm.MaxAbs:G3}, which no arm can mean: its source is broken");
        if (_first)
            _previousDueNs = nowNs;
        double seconds = (command.DueNs - _previousDueNs) * 1e-9;
        if (seconds <= 0)
            return Refuse(_first
                ? "the command was due before it was sent: its source is late"
                : "the command is not due after the one before");
        if (command.DueNs - nowNs > MaxAheadNs)
            return Refuse("the command is due more than half a second ahead");
        if (nowNs - command.DueNs > limits.TargetTimeoutMs * 1e6)
            return Refuse("the command was due too long ago: its source is late");
        seconds = Math.Min(seconds, limits.TargetTimeoutMs * 1e-3); // after a gap the arm does not make up for all of it at once

        Clamp clamped = Clamp.None;
        double speed = SpeedShare * Math.Clamp(speedFraction, 0, 1);
        string? refusal = ToJoints(command, seconds, speed, ref clamped, out Vector6 wanted);
        if (refusal is null && _first && (wanted - _previous).MaxAbs > limits.FirstTargetRad)
            refusal = $"the first target is {(wanted - _previous).MaxAbs:0.###} rad from where the arm stands, "
                + $"at most {limits.FirstTargetRad:0.###} is allowed: move there first";
        if (refusal is not null)
            return Refuse(refusal);

        _previous = Shorten(wanted, seconds, speed, ref clamped);
        _previousDueNs = command.DueNs;
        _first = false;
        return new(true, clamped, _previous, null);
    }

    private SendResult Refuse(string why) => new(false, Clamp.None, _previous, why);

    private string? ToJoints(in Command command, double seconds, double speed, ref Clamp clamped, out Vector6 wanted)
    {
        wanted = _previous;
        Pose from, to;
        switch (command.Kind)
        {
            case CommandKind.JointPosition:
                wanted = command.Arm;
                return null;
            case CommandKind.JointVelocity:
                wanted += command.Arm * (seconds * speed / SpeedShare);
                return null;
            case CommandKind.TcpPose:
                from = kinematics.Flange(_previous) * limits.FlangeToTcp;
                to = Pose.FromVector(command.Arm);
                break;
            case CommandKind.TcpVelocity:
                from = kinematics.Flange(_previous) * limits.FlangeToTcp;
                to = Moved(from, command.Arm * (seconds * speed / SpeedShare));
                break;
            default:
                return $"the command's kind {(int)command.Kind} is not known";
        }
        if (_first && command.Kind == CommandKind.TcpPose)
        {
            Vector6 there = _previous; // the whole way: shortened, any first target would be near
            if (!(kinematics.Inverse(ref there, to, limits.FlangeToTcp) < 1e-5))
                return "the arm cannot reach the first pose of the tool from here";
            wanted = there;
            if ((there - _previous).MaxAbs > limits.FirstTargetRad)
                return null; // refused by who asks
            wanted = _previous;
        }
        // The straight line of the TCP is shortened before joints are sought, so that it stays straight.
        Vector6 step = UrKinematics.Difference(to, from);
        double distance = new Vec3(step[0], step[1], step[2]).Length, turn = new Vec3(step[3], step[4], step[5]).Length;
        if (distance > limits.TcpSpeed * speed * seconds)
        {
            clamped |= Clamp.TcpSpeed;
            step *= limits.TcpSpeed * speed * seconds / distance;
            turn *= limits.TcpSpeed * speed * seconds / distance;
        }
        if (turn > limits.JointSpeed * speed * seconds)
        {
            clamped |= Clamp.JointSpeed;
            step *= limits.JointSpeed * speed * seconds / turn;
        }
        double error = kinematics.Inverse(ref wanted, Moved(from, step), limits.FlangeToTcp);
        if (!(error < 1e-5))
            return "the arm cannot reach that pose of the tool from here: it is out of reach or at a singularity";
        if ((wanted - _previous).MaxAbs > LargestTurnRad)
            return "the way to that pose of the tool leads through a singularity: go around it, or move there joint by joint";
        return null;
    }

    private static Pose Moved(in Pose from, in Vector6 step) =>
        new(from.Position + new Vec3(step[0], step[1], step[2]),
            (Quat.FromRotationVector(new(step[3], step[4], step[5])) * from.Rotation).Normalized);

    // The longest part of the way from the previous target that all limits allow.
    private Vector6 Shorten(in Vector6 wanted, double seconds, double speed, ref Clamp clamped)
    {
        Vector6 step = wanted - _previous;
        double fraction = 1;
        double jointStep = limits.JointSpeed * speed * seconds;
        if (step.MaxAbs > jointStep)
        {
            clamped |= Clamp.JointSpeed;
            fraction = jointStep / step.MaxAbs;
        }
        for (int i = 0; i < 6; i++)
        {
            double room = step[i] > 0 ? limits.JointMax[i] - JointMargin - _previous[i] : limits.JointMin[i] + JointMargin - _previous[i];
            // What rounding leaves to a joint without a part in the motion holds nothing up; the set-points' own check has the last word.
            if (Math.Abs(step[i]) < RoundingRad || Math.Abs(step[i]) * fraction <= Math.Max(0, room * Math.Sign(step[i])))
                continue;
            clamped |= Clamp.JointRange;
            fraction = Math.Max(0, room / step[i]);
        }
        Vec3 tcp = _geometry.Tcp(_previous);
        double tcpStep = limits.TcpSpeed * speed * seconds;
        // A hair of tolerance: a step that was shortened to the limit as a pose may exceed it by rounding as joints.
        if ((_geometry.Tcp(_previous + step * fraction) - tcp).Length > tcpStep * (1 + 1e-6))
        {
            clamped |= Clamp.TcpSpeed;
            fraction = LargestFraction(step, fraction, tcp, tcpStep);
        }
        double margin = Math.Min(Margin, _geometry.Clearance(_previous, out _)); // from closer in, every way out is allowed
        if (!PathIsClear(step, fraction, margin, out Obstacle nearest))
        {
            clamped |= ClampOf(nearest);
            fraction = LargestFraction(step, fraction, margin);
        }
        return fraction == 1 ? wanted : _previous + step * fraction;
    }

    private double LargestFraction(in Vector6 step, double fraction, Vec3 tcp, double tcpStep)
    {
        double good = 0, bad = fraction;
        for (int i = 0; i < 14; i++)
        {
            double middle = (good + bad) / 2;
            if ((_geometry.Tcp(_previous + step * middle) - tcp).Length <= tcpStep)
                good = middle;
            else
                bad = middle;
        }
        return good;
    }

    private double LargestFraction(in Vector6 step, double fraction, double margin)
    {
        double good = 0, bad = fraction;
        for (int i = 0; i < 14; i++)
        {
            double middle = (good + bad) / 2;
            if (PathIsClear(step, middle, margin, out _))
                good = middle;
            else
                bad = middle;
        }
        return good;
    }

    // Steps are short: their end and their middle are looked at.
    private bool PathIsClear(in Vector6 step, double fraction, double margin, out Obstacle nearest) =>
        _geometry.Clearance(_previous + step * fraction, out nearest) >= margin
        && _geometry.Clearance(_previous + step * (fraction / 2), out nearest) >= margin - 1e-3;
}
