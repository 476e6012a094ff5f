using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Simulation.Scene;

namespace RobotWorldModel.Simulation.Physics;

/// <summary>
/// Objects that nobody holds fall straight down, turn flat on the way, and rest on the table, on each other, or on the floor.
/// </summary>
internal sealed class LooseObjects(CellObject[] objects)
{
    private const double TurnRate = 8; // rad/s: a tilted object lies flat after falling a few centimetres
    private const double Carries = 0.003; // m that a support may stand above the object's lowest point and still carry it

    private const double UnderTable = 0.1; // m below its top: pressed in by a kinematic arm, it still comes back up

    private readonly double[] _fallSpeed = new double[objects.Length];

    public void Stop(CellObject it) => _fallSpeed[IndexOf(it)] = 0;

    public void Step(double dt, CellObject? held)
    {
        for (int i = 0; i < objects.Length; i++)
        {
            CellObject it = objects[i];
            if (ReferenceEquals(it, held))
            {
                _fallSpeed[i] = 0;
                continue;
            }
            Pose pose = it.Body.PoseInBase;
            double bottom = pose.Position.Z - it.HalfExtent(Vec3.UnitZ);
            double support = SupportBelow(it, held, bottom);
            LevelOut(it, TurnRate * dt);
            _fallSpeed[i] += ArmDynamics.Gravity * dt;
            double height = it.HalfExtent(Vec3.UnitZ);
            double z = pose.Position.Z - _fallSpeed[i] * dt;
            if (z - height <= support)
            {
                z = support + height;
                _fallSpeed[i] = 0;
            }
            it.Body.PoseInBase = it.Body.PoseInBase with { Position = new(pose.Position.X, pose.Position.Y, z) };
        }
    }

    private double SupportBelow(CellObject it, CellObject? held, double bottom)
    {
        Vec3 at = it.Body.PoseInBase.Position;
        double support = bottom > -UnderTable ? CellScene.GroundZ(at) : CellScene.FloorZ;
        foreach (CellObject other in objects)
        {
            if (ReferenceEquals(other, it) || ReferenceEquals(other, held))
                continue;
            Vec3 between = other.Body.PoseInBase.Position - at;
            double top = other.Body.PoseInBase.Position.Z + other.HalfExtent(Vec3.UnitZ);
            if (top <= bottom + Carries && top > support && Overlap(it, other, new(between.X, between.Y, 0)))
                support = top;
        }
        return support;
    }

    private static bool Overlap(CellObject a, CellObject b, Vec3 between)
    {
        double distance = between.Length;
        if (distance < 1e-6)
            return true;
        Vec3 direction = between * (1 / distance);
        return distance < a.HalfExtent(direction) + b.HalfExtent(direction);
    }

    // Turns the axis that is nearest to the vertical towards it by at most an angle.
    private static void LevelOut(CellObject it, double most)
    {
        if (it.Solid.Kind == ShapeKind.Sphere)
            return;
        Quat turn = it.Body.PoseInBase.Rotation;
        Vec3 nearest = turn.Rotate(Vec3.UnitZ);
        foreach (Vec3 unit in (ReadOnlySpan<Vec3>)[Vec3.UnitX, Vec3.UnitY])
        {
            Vec3 axis = turn.Rotate(unit);
            if (Math.Abs(axis.Z) > Math.Abs(nearest.Z))
                nearest = axis;
        }
        Vec3 up = nearest.Z < 0 ? -nearest : nearest;
        Vec3 about = up.Cross(Vec3.UnitZ);
        double sine = about.Length;
        if (sine < 1e-9)
            return;
        double angle = Math.Min(Math.Atan2(sine, up.Z), most);
        Quat step = Quat.FromAxisAngle(about * (1 / sine), angle);
        it.Body.PoseInBase = it.Body.PoseInBase with { Rotation = (step * turn).Normalized };
    }

    private int IndexOf(CellObject it)
    {
        int i = 0;
        while (!ReferenceEquals(objects[i], it))
            i++;
        return i;
    }
}
