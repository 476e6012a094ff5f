using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.UniversalRobots;

namespace RobotWorldModel.Drivers.Motion;

/// <summary>Which limits shortened a target's step.</summary>
[Flags]
public enum Clamp
{
    None = 0, JointRange = 1, JointSpeed = 2, TcpSpeed = 4,

    /// <summary>The box, the table or the arm itself was in the way.</summary>
    Space = 8,
}

/// <summary>What became of a command.</summary>
/// <param name="Guarded">The joint target handed to the arm, rad; where refused, the last one, which stays in force.</param>
/// <param name="Refusal">Why nothing of it was taken; null where it was.</param>
public readonly record struct SendResult(bool Accepted, Clamp Clamped, Vector6 Guarded, string? Refusal);

/// <summary>
/// Turns every kind of command into a joint target that is allowed: each step from the target before is shortened along its line until joint
/// range, joint speed, TCP speed, box, table and the arm's own links allow it. Nonsense is refused. The tick's side of safety; the
/// <see cref="SetpointGenerator"/> watches every set-point besides.
/// </summary>
public sealed class SafetyFilter(UrKinematics kinematics, ArmGeometry geometry, MotionLimits limits)
{
    // A little inside what the generator allows, so that an accepted target can also be reached.
    private const double SpeedShare = 0.94, BoxMargin = 2 * SetpointGenerator.BoxMargin, LinkMargin = SetpointGenerator.LinkMargin + 0.002;
    private const double LargestIkError = 1e-5;
    private const long LongestStepNs = 100_000_000, ShortestStepNs = 5_000_000;
    private const int Halvings = 12;
    private Vector6 _last;
    private long _lastDueNs;
    private bool _first = true;

    /// <summary>Starts anew from the commanded pose: the next target is a first one.</summary>
    public void Reset(in Vector6 commanded, long nowNs) => (_last, _lastDueNs, _first) = (commanded, nowNs, true);

    /// <summary>Whether the arm may start from a pose; else it must be led back by hand.</summary>
    public bool MayStartFrom(in Vector6 q) => geometry.IsClear(q, BoxMargin, LinkMargin);

    /// <summary>Checks a command and shortens it where it must.</summary>
    public SendResult Guard(in Command command, long nowNs)
    {
        if (!command.Arm.IsFinite)
            return Refuse("the target is not a number");
        if (command.DueNs < nowNs - 1_000_000_000 || command.DueNs > nowNs + 1_000_000_000)
            return Refuse("the target's time is more than a second off");
        long stepNs = Math.Clamp(command.DueNs - _lastDueNs, ShortestStepNs, LongestStepNs);
        double seconds = stepNs * 1e-9;
        if (!TryJoints(command, seconds, out Vector6 wanted))
            return Refuse("no joint angles reach the target from here");
        if (_first && (wanted - _last).MaxAbs > limits.FirstTargetRad)
            return Refuse($"the first target is {(wanted - _last).MaxAbs:0.000} rad from the commanded pose; {limits.FirstTargetRad} is allowed");
        Vector6 guarded = Shorten(wanted, seconds, out Clamp clamped);
        (_last, _lastDueNs, _first) = (guarded, command.DueNs, false);
        return new(true, clamped, guarded, null);
    }

    private SendResult Refuse(string why) => new(false, Clamp.None, _last, why);

    private bool TryJoints(in Command command, double seconds, out Vector6 q)
    {
        q = _last;
        switch (command.Kind)
        {
            case CommandKind.JointPosition:
                q = command.Arm;
                return true;
            case CommandKind.JointVelocity:
                q = _last + command.Arm * seconds;
                return true;
            case CommandKind.TcpPose:
                return kinematics.Inverse(ref q, Pose.FromVector(command.Arm), limits.FlangeToTcp) < LargestIkError;
            case CommandKind.TcpVelocity:
                Pose at = kinematics.Flange(_last) * limits.FlangeToTcp;
                Vector6 v = command.Arm;
                var to = new Pose(at.Position + new Vec3(v[0], v[1], v[2]) * seconds,
                    Quat.FromRotationVector(new Vec3(v[3], v[4], v[5]) * seconds) * at.Rotation);
                return kinematics.Inverse(ref q, to, limits.FlangeToTcp) < LargestIkError;
            default:
                return false;
        }
    }

    private Vector6 Shorten(in Vector6 wanted, double seconds, out Clamp clamped)
    {
        clamped = Clamp.None;
        Vector6 step = wanted - _last;
        double share = 1;
        double fastest = step.MaxAbs / (limits.JointSpeed * SpeedShare * seconds);
        if (fastest > 1)
        {
            share = 1 / fastest;
            clamped |= Clamp.JointSpeed;
        }
        for (int i = 0; i < 6; i++)
        {
            double room = limits.JointRange - Math.CopySign(1, step[i]) * _last[i];
            if (Math.Abs(step[i]) * share > room)
            {
                share = Math.Max(0, room) / Math.Abs(step[i]);
                clamped |= Clamp.JointRange;
            }
        }
        Vec3 from = geometry.TcpPosition(_last);
        double most = limits.TcpSpeed * SpeedShare * seconds;
        for (int n = 0; n < Halvings && (geometry.TcpPosition(_last + step * share) - from).Length is var length && length > most; n++)
        {
            share *= Math.Max(0.5, 0.999 * most / length);
            clamped |= Clamp.TcpSpeed;
        }
        if ((geometry.TcpPosition(_last + step * share) - from).Length > most)
            share = 0; // so far that halving does not tame it
        if (geometry.IsClear(_last + step * share, BoxMargin, LinkMargin))
            return _last + step * share;
        clamped |= Clamp.Space;
        double clear = 0, blocked = share;
        for (int n = 0; n < Halvings; n++)
        {
            double middle = (clear + blocked) / 2;
            if (geometry.IsClear(_last + step * middle, BoxMargin, LinkMargin))
                clear = middle;
            else
                blocked = middle;
        }
        return _last + step * clear;
    }
}
