using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.UniversalRobots;

namespace RobotWorldModel.Drivers.Motion;

/// <summary>What the arm may do. Set once, before motion starts.</summary>
public sealed class MotionLimits
{
    /// <summary>Of the TCP, m/s.</summary>
    public double TcpSpeed { get; set; } = 0.25;

    /// <summary>Of each joint: rad/s, rad/s², rad/s³.</summary>
    public double JointSpeed { get; set; } = 1.5;

    public double JointAcceleration { get; set; } = 8;

    public double JointJerk { get; set; } = 120;

    /// <summary>Each joint stays within ± this, rad.</summary>
    public double JointRange { get; set; } = UrModel.JointRange;

    /// <summary>Box for the TCP in the base frame, m.</summary>
    public Vec3 WorkspaceMin { get; set; } = new(-0.75, -0.75, 0);

    public Vec3 WorkspaceMax { get; set; } = new(0.75, 0.75, 0.9);

    /// <summary>Nothing of forearm, wrist or tool goes below, base frame, m.</summary>
    public double TableHeight { get; set; }

    /// <summary>Beyond this change of force since the lease began motion ends, N.</summary>
    public double ForceLimitN { get; set; } = 50;

    /// <summary>The tool; must equal the controller's TCP.</summary>
    public Pose FlangeToTcp { get; set; } = Pose.Identity;

    /// <summary>Must equal the controller's payload, kg.</summary>
    public double ExpectedPayloadKg { get; set; }

    /// <summary>Without a new target for this long the arm ramps to a stop.</summary>
    public double TargetTimeoutMs { get; set; } = 100;

    /// <summary>A first target further than this from the last commanded pose is refused, rad.</summary>
    public double FirstTargetRad { get; set; } = 0.05;

    /// <summary>Without a sample of the arm's state for this long motion ends.</summary>
    public double StateTimeoutMs { get; set; } = 100;
}
