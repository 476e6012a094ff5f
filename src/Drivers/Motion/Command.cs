using RobotWorldModel.Drivers.Geometry;

namespace RobotWorldModel.Drivers.Motion;

public enum CommandKind
{
    /// <summary>rad.</summary>
    JointPosition,

    /// <summary>rad/s.</summary>
    JointVelocity,

    /// <summary>p[m, rotation vector rad] in the base frame.</summary>
    TcpPose,

    /// <summary>m/s and rad/s in the base frame.</summary>
    TcpVelocity,
}

/// <summary>What a lease's owner wants of the arm and the gripper, once a tick.</summary>
/// <param name="Kind">How to read <paramref name="Arm"/>.</param>
/// <param name="Arm">Six values by kind.</param>
/// <param name="Gripper">0 open … 1 closed; NaN leaves the gripper as it is.</param>
/// <param name="DueNs">Host time at which the arm should be there: the tick's slot plus one period. Targets are interpolated between
/// their times.</param>
public readonly record struct Command(CommandKind Kind, Vector6 Arm, double Gripper, long DueNs)
{
    /// <summary>Joint angles, rad.</summary>
    /// <param name="dueNs">As <see cref="DueNs"/>; a <see cref="ControlCallback"/> leaves it out.</param>
    public static Command Joints(in Vector6 q, long dueNs = 0) => new(CommandKind.JointPosition, q, double.NaN, dueNs);

    /// <inheritdoc cref="CommandKind.JointVelocity"/>
    public static Command JointSpeeds(in Vector6 qd, long dueNs = 0) => new(CommandKind.JointVelocity, qd, double.NaN, dueNs);

    /// <summary>The pose of the TCP in the base frame.</summary>
    public static Command Tcp(in Pose pose, long dueNs = 0) => new(CommandKind.TcpPose, pose.ToVector(), double.NaN, dueNs);

    /// <inheritdoc cref="CommandKind.TcpVelocity"/>
    public static Command TcpSpeeds(in Vector6 speeds, long dueNs = 0) => new(CommandKind.TcpVelocity, speeds, double.NaN, dueNs);
}
