using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Simulation.Physics;

namespace RobotWorldModel.Simulation.Scene;

/// <summary>The simulated gripper's geometry, 2F-85 like, in the flange frame: fingers open along x, tool points along z.</summary>
public static class GripperGeometry
{
    /// <summary>Largest opening between the pads, m.</summary>
    public const double MaxWidth = 0.085;

    /// <summary>TCP above the flange, m: in the middle of the pads' lower half.</summary>
    public const double TcpZ = 0.145;

    /// <summary>Body and fingers, kg.</summary>
    public const double MassKg = BodyMassKg + 2 * FingerMassKg;

    /// <summary>Centre of mass above the flange, m; fingers move symmetrically.</summary>
    public const double CentreOfMassZ = (BodyMassKg * BodyHalfZ + 2 * FingerMassKg * PadZ) / MassKg;

    internal const double BodyHalfX = 0.06, BodyHalfY = 0.035, BodyHalfZ = 0.05;
    internal const double PadHalfX = 0.005, PadHalfY = 0.011, PadHalfZ = 0.03, PadZ = 0.13;
    private const double BodyMassKg = 0.725, FingerMassKg = 0.1;
    private const uint Dark = 0x34383E, Accent = 0x5A6068, Pad = 0x22252A, Lens = 0x0E1013;

    /// <summary>Where the wrist camera's housing sits on the gripper's body, flange frame.</summary>
    internal static readonly Pose CameraMount = new(new(0, -0.090, 0.030), Quat.FromAxisAngle(Vec3.UnitX, -0.42));

    /// <summary>The wrist camera's optical frame (z forward, x right, y down) in the flange frame.</summary>
    internal static readonly Pose CameraOptics = CameraMount;

    public static Pose FlangeToTcp { get; } = new(new(0, 0, TcpZ), Quat.Identity);

    /// <summary>A finger in the flange frame. <paramref name="side"/> is +1 for the left one (at +x), -1 for the right one.</summary>
    internal static Pose Finger(double width, int side) => new(new(side * (width / 2 + PadHalfX), 0, PadZ), Quat.Identity);

    internal static SceneBody CreateBody() => new("gripper",
    [
        Box(new(BodyHalfX, BodyHalfY, 0.030), new(0, 0, 0.046), Dark),
        new(ShapeKind.Cylinder, new(0.0375, 0.008, 0), new(new(0, 0, 0.008), Quat.Identity), Accent),
        Box(new(0.045, 0.028, 0.012), new(0, 0, 0.088), Accent),
        Box(new(0.015, 0.022, 0.003), new(0, -0.057, 0.020), Accent),
        new(ShapeKind.Box, new(0.045, 0.0125, 0.0125), CameraMount * new Pose(new(0, 0, -0.010), Quat.Identity), Accent),
        new(ShapeKind.Cylinder, new(0.008, 0.001, 0), CameraMount * new Pose(new(0.02, 0, 0.0030), Quat.Identity), Lens),
        new(ShapeKind.Cylinder, new(0.008, 0.001, 0), CameraMount * new Pose(new(-0.02, 0, 0.0030), Quat.Identity), Lens),
    ]);

    internal static SceneBody CreateFinger(string name, int side) => new(name,
    [
        Box(new(PadHalfX, PadHalfY, PadHalfZ), default, Pad),
        Box(new(0.006, 0.010, 0.022), new(side * 0.010, 0, -0.014), Accent),
    ]);

    private static Shape Box(Vec3 half, Vec3 at, uint color) => new(ShapeKind.Box, half, new(at, Quat.Identity), color);
}
