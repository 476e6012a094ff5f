using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Motion;
using RobotWorldModel.Drivers.UniversalRobots;

namespace RobotWorldModel.Runtime.Core.Policies;

/// <summary>What a move would be: its commands through the safety filter, tick by tick, without an arm.</summary>
/// <param name="Seconds">From start to end.</param>
/// <param name="JointsRad">The way of the joint that turns furthest.</param>
/// <param name="TcpM">The way of the tool.</param>
/// <param name="JointSpeed">Of the fastest joint at its fastest, rad/s.</param>
/// <param name="TcpSpeed">Of the tool at its fastest, m/s.</param>
/// <param name="Obstruction">One line, why it is not begun; null where all is well.</param>
/// <param name="TooFast">Speed alone is in the way: slower it may do.</param>
internal sealed record MoveRehearsal(
    double Seconds, double JointsRad, double TcpM, double JointSpeed, double TcpSpeed, string? Obstruction, bool TooFast)
{
    private const Clamp Speeds = Clamp.JointSpeed | Clamp.TcpSpeed;

    /// <param name="motion">Used up by this; another is made to be driven.</param>
    public static MoveRehearsal Of(IMotion motion, in Vector6 start, UrKinematics kinematics, MotionLimits limits, double rateHz)
    {
        var filter = new SafetyFilter(kinematics, limits);
        filter.Seed(start);
        long periodNs = (long)(1e9 / rateHz);
        Vector6 at = start, turned = default;
        double way = 0, jointSpeed = 0, tcpSpeed = 0;
        string? obstruction = null;
        Clamp clamped = Clamp.None;
        for (long tick = 1; !motion.Done && obstruction is null; tick++)
        {
            SendResult sent = filter.Check(motion.Next((tick + 1) * periodNs), tick * periodNs);
            obstruction = !sent.Accepted ? sent.Refusal
                : sent.Clamped != Clamp.None ? $"the way there would leave what this cell allows ({ReplayRehearsal.Name(sent.Clamped)})"
                : null;
            clamped = sent.Clamped;
            Vector6 step = sent.Guarded - at;
            double moved = (Tcp(kinematics, limits, sent.Guarded) - Tcp(kinematics, limits, at)).Length;
            for (int i = 0; i < 6; i++)
                turned[i] += Math.Abs(step[i]);
            (way, at) = (way + moved, sent.Guarded);
            (jointSpeed, tcpSpeed) = (Math.Max(jointSpeed, step.MaxAbs * rateHz), Math.Max(tcpSpeed, moved * rateHz));
        }
        return new(motion.Duration, turned.MaxAbs, way, jointSpeed, tcpSpeed, obstruction,
            clamped != Clamp.None && (clamped & ~Speeds) == 0);
    }

    /// <summary>How far and how fast, for the person.</summary>
    public override string ToString() => $"{TcpM * 1e3:0} mm with the tool, {JointsRad:0.00} rad with the joint that turns furthest, "
        + $"in {Seconds:0.0} s, at up to {TcpSpeed:0.00} m/s and {JointSpeed:0.00} rad/s";

    private static Vec3 Tcp(UrKinematics kinematics, MotionLimits limits, in Vector6 q) =>
        (kinematics.Flange(q) * limits.FlangeToTcp).Position;
}
