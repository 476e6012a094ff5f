using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Simulation.Physics;

namespace RobotWorldModel.Simulation.Scene;

/// <summary>A loose thing on the table that the gripper can take: one convex primitive, centred on its body's frame.</summary>
/// <param name="Body">What is seen of it; its first shape is the one that collides.</param>
/// <param name="MassKg">Evenly spread.</param>
public sealed record CellObject(SceneBody Body, double MassKg)
{
    public Shape Solid => Body.Shapes[0];

    /// <summary>Half of its size along a direction given in the base frame, m.</summary>
    public double HalfExtent(Vec3 unitInBase)
    {
        Vec3 d = Body.PoseInBase.Rotation.Inverse.Rotate(unitInBase);
        Vec3 size = Solid.Size;
        return Solid.Kind switch
        {
            ShapeKind.Box => size.X * Math.Abs(d.X) + size.Y * Math.Abs(d.Y) + size.Z * Math.Abs(d.Z),
            ShapeKind.Cylinder => size.X * Math.Sqrt(d.X * d.X + d.Y * d.Y) + size.Y * Math.Abs(d.Z),
            _ => size.X,
        };
    }

    /// <summary>Half extents of the box around it in its own frame, m.</summary>
    public Vec3 HalfBox => Solid.Kind switch
    {
        ShapeKind.Box => Solid.Size,
        ShapeKind.Cylinder => new(Solid.Size.X, Solid.Size.X, Solid.Size.Y),
        _ => new(Solid.Size.X, Solid.Size.X, Solid.Size.X),
    };
}
