using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.UniversalRobots;
using RobotWorldModel.Simulation.Physics;

namespace RobotWorldModel.Simulation.Scene;

/// <summary>What is seen of a UR arm: cylinders in the DH frames of <see cref="UrKinematics.Frames"/>.</summary>
internal static class RobotBodies
{
    private const uint Tube = 0xD9DCE0, Housing = 0xC2C7CD, Cap = 0x4C93CB, Steel = 0x8E949B, Foot = 0x9BA1A8;

    private enum Axis { X, Y, Z }

    // Radii: UR's description package, "manually measured" for the UR5e; the others in proportion to their size.
    private sealed record Build(double Scale, double UpperArmOffset, double ForearmOffset)
    {
        public double Shoulder => 0.060 * Scale;

        public double UpperArm => 0.050 * Scale;

        public double Forearm => 0.040 * Scale;

        public double Wrist => 0.043 * Scale;
    }

    /// <summary>The pedestal in the base frame, then one body for each of the frames 1…6.</summary>
    public static SceneBody[] Create(UrModel model)
    {
        Build build = model.Name switch
        {
            "UR3e" or "UR3" => new(0.85, 0.120, 0.027),
            "UR10e" or "UR16e" => new(1.25, 0.1762, 0.0393),
            "UR10" => new(1.25, 0.220941, 0.049042),
            _ => new(1, 0.138, 0.007),
        };
        double shoulder = build.Shoulder, upper = build.UpperArmOffset, fore = build.ForearmOffset;
        // Along the joint axes of shoulder, elbow and wrist 1, the housings meet halfway between the tubes that they join.
        double shoulderEnd = upper - shoulder - 0.004, elbowMiddle = (upper + fore) / 2;
        double forearmEnd = fore + 0.052 * build.Scale;
        return
        [
            new("base",
            [
                Cylinder(Axis.Z, 1.25 * shoulder, 0, 0.03, default, Foot),
                Cylinder(Axis.Z, 1.02 * shoulder, 0.03, model.D[0] - 1.25 * shoulder, default, Housing),
            ]),
            new("shoulder", Shoulder(model, shoulder, shoulderEnd)),
            new("upper_arm", UpperArm(-model.A[1], build, shoulderEnd, elbowMiddle)),
            new("forearm", Forearm(-model.A[2], build, elbowMiddle, forearmEnd)),
            new("wrist_1", Wrist1(model, build.Wrist, forearmEnd)),
            new("wrist_2", Wrist2(model, build.Wrist)),
            new("wrist_3",
            [
                Cylinder(Axis.Z, 0.9 * build.Wrist, -model.D[5] + 1.3 * build.Wrist, -0.012, default, Steel),
                Cylinder(Axis.Z, 0.8 * build.Wrist, -0.012, 0, default, Housing),
            ]),
        ];
    }

    // Frame 1: y up along joint 1, z along joint 2.
    private static Shape[] Shoulder(UrModel model, double r, double end) =>
    [
        Cylinder(Axis.Y, r, -1.25 * r, 0.95 * r, default, Tube),
        Cylinder(Axis.Z, 0.98 * r, -1.05 * r, end, default, Housing),
        Cylinder(Axis.Z, 0.9 * r, -1.3 * r, -1.05 * r, default, Cap),
    ];

    // Frame 2 stands in the elbow; the shoulder is at x = length. The tube lies beside the joints' plane.
    private static Shape[] UpperArm(double length, Build b, double shoulderEnd, double elbowMiddle)
    {
        double z = b.UpperArmOffset, r = b.Shoulder, e = 0.92 * b.Shoulder;
        return
        [
            Cylinder(Axis.Z, r, shoulderEnd, z + r, new(length, 0, 0), Tube),
            Cylinder(Axis.Z, 0.9 * r, z + r, z + 1.2 * r, new(length, 0, 0), Cap),
            Cylinder(Axis.X, b.UpperArm, 0, length, new(0, 0, z), Tube),
            Cylinder(Axis.Z, e, elbowMiddle, z + e, default, Tube),
            Cylinder(Axis.Z, 0.9 * e, z + e, z + 1.2 * e, default, Cap),
        ];
    }

    // Frame 3 stands at wrist 1's axis; the elbow is at x = length.
    private static Shape[] Forearm(double length, Build b, double elbowMiddle, double end)
    {
        double z = b.ForearmOffset, e = 0.86 * b.Shoulder, w = b.Wrist;
        return
        [
            Cylinder(Axis.Z, e, z - e, elbowMiddle, new(length, 0, 0), Housing),
            Cylinder(Axis.Z, 0.9 * e, z - 1.25 * e, z - e, new(length, 0, 0), Cap),
            Cylinder(Axis.X, b.Forearm, 0, length, new(0, 0, z), Tube),
            Cylinder(Axis.Z, w, z - w, end, default, Tube),
            Cylinder(Axis.Z, 0.9 * w, z - 1.25 * w, z - w, default, Cap),
        ];
    }

    // Frame 4: y along joint 4, z along joint 5.
    private static Shape[] Wrist1(UrModel model, double r, double forearmEnd) =>
    [
        Cylinder(Axis.Y, r, forearmEnd - model.D[3], 1.05 * r, default, Housing),
        Cylinder(Axis.Y, 0.9 * r, 1.05 * r, 1.3 * r, default, Cap),
        Cylinder(Axis.Z, 0.98 * r, -0.9 * r, 1.25 * r, default, Housing),
    ];

    // Frame 5: -y along joint 5, z along joint 6.
    private static Shape[] Wrist2(UrModel model, double r) =>
    [
        Cylinder(Axis.Y, r, -1.05 * r, model.D[4] - 1.25 * r, default, Tube),
        Cylinder(Axis.Y, 0.9 * r, -1.3 * r, -1.05 * r, default, Cap),
        Cylinder(Axis.Z, 0.98 * r, -0.9 * r, 1.3 * r, default, Housing),
    ];

    private static Shape Cylinder(Axis axis, double radius, double from, double to, Vec3 offset, uint color)
    {
        double middle = (from + to) / 2, half = Math.Abs(to - from) / 2;
        (Vec3 along, Quat turn) = axis switch
        {
            Axis.X => (Vec3.UnitX, Quat.FromAxisAngle(Vec3.UnitY, Math.PI / 2)),
            Axis.Y => (Vec3.UnitY, Quat.FromAxisAngle(Vec3.UnitX, -Math.PI / 2)),
            _ => (Vec3.UnitZ, Quat.Identity),
        };
        return new(ShapeKind.Cylinder, new(radius, half, 0), new(offset + middle * along, turn), color);
    }
}
