using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.UniversalRobots;
using RobotWorldModel.Simulation.UrScript;

namespace RobotWorldModel.Simulation.Controller;

/// <summary>What the built-ins reach of the robot.</summary>
internal sealed record RobotContext(
    ControllerState State, MotionGenerator Motion, UrKinematics Kinematics, PrimaryMessages Messages, InputWatchdogs Watchdogs)
{
    public double StepTimeS => 1 / Kinematics.Model.BaseRateHz;

    public Pose FlangeToTcp => Pose.FromVector(State.TcpOffset);

    public long Cycles(double seconds) => (long)Math.Round(seconds / StepTimeS);

    /// <summary>The tool that a function is given, or the one in use.</summary>
    public Pose Tool(in Value tcp) => Arguments.IsGiven(tcp) ? Pose.FromVector(tcp.AsPose()) : FlangeToTcp;

    public Pose Tcp(in Vector6 q) => Kinematics.Flange(q) * FlangeToTcp;

    /// <summary>A target that a program names as a pose or as joint angles.</summary>
    public Pose PoseOf(in Value target) =>
        target.Kind == ValueKind.Pose ? Pose.FromVector(target.AsPose()) : Tcp(Arguments.Finite(target, "move"));

    /// <summary>Of all joint angles that bring the TCP there, the nearest.</summary>
    public bool TryInverse(in Vector6 pose, in Vector6 near, in Pose tool, out Vector6 q) =>
        Kinematics.TryInverse(Pose.FromVector(pose), tool, near, out q);

    public Vector6 Inverse(in Vector6 pose, in Vector6 near, in Pose tool) => TryInverse(pose, near, tool, out Vector6 q)
        ? q
        : throw new ScriptFaultException("get_inverse_kin: unable to find an inverse kinematics solution");
}
