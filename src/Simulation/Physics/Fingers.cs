using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Simulation.Scene;

namespace RobotWorldModel.Simulation.Physics;

/// <summary>
/// The parallel fingers: they move at a speed, centre and align a box that lies between the pads as they close, stop on it, and carry it
/// until they open. No friction or force: whatever fits between the pads is held.
/// </summary>
internal sealed class Fingers(CellObject[] objects)
{
    // Parts of an object that must lie between the pads, along their height and width, to be touched by them.
    private const double MinOverlap = 0.004;
    private const double ReleaseMargin = 0.0005;

    private Pose _heldInFlange;
    private double _graspWidth;

    public double Width { get; private set; } = GripperGeometry.MaxWidth;

    public double Target { get; set; } = GripperGeometry.MaxWidth;

    /// <summary>Rate of the opening, m/s: both fingers together.</summary>
    public double Speed { get; set; } = 0.1;

    public CellObject? Held { get; private set; }

    public bool Blocked { get; private set; }

    public void Release()
    {
        Held = null;
        Blocked = false;
    }

    /// <summary>Moves fingers and what they hold. The held object follows the flange first, then the opening changes.</summary>
    public void Step(double dt, in Pose flange)
    {
        double wanted = Math.Clamp(Target, 0, GripperGeometry.MaxWidth);
        double next = Width + Math.Clamp(wanted - Width, -Speed * dt, Speed * dt);
        if (Held != null)
        {
            Held.Body.PoseInBase = flange * _heldInFlange;
            if (wanted > _graspWidth + ReleaseMargin)
                Release();
            else
                next = _graspWidth;
        }
        if (Held == null)
        {
            Blocked = false;
            foreach (CellObject candidate in objects)
                next = Touch(candidate, flange, next);
        }
        Width = next;
    }

    // Lets the pads act on one object on their way to the next opening; returns the opening that they reach.
    private double Touch(CellObject it, in Pose flange, double next)
    {
        Pose inFlange = flange.Inverse * it.Body.PoseInBase;
        Vec3 across = flange.Rotation.Rotate(Vec3.UnitX);
        double halfY = it.HalfExtent(flange.Rotation.Rotate(Vec3.UnitY)), halfZ = it.HalfExtent(flange.Rotation.Rotate(Vec3.UnitZ));
        Vec3 p = inFlange.Position;
        double overlapZ = Math.Min(p.Z + halfZ, GripperGeometry.PadZ + GripperGeometry.PadHalfZ)
            - Math.Max(p.Z - halfZ, GripperGeometry.PadZ - GripperGeometry.PadHalfZ);
        if (Math.Abs(p.X) > Width / 2 || overlapZ < MinOverlap || Math.Abs(p.Y) > halfY + GripperGeometry.PadHalfY - MinOverlap)
            return next;

        double half = it.HalfExtent(across);
        if (2 * half > Width + 0.001)
            return next; // it never fitted: the fingers stand on it, not around it
        if (2 * half > next && it.Solid.Kind == ShapeKind.Box && Align(it, flange, next))
        {
            Shift(it, -p.X * across);
            return next;
        }
        half = it.HalfExtent(across);
        if (2 * half >= next)
        {
            next = 2 * half;
            Blocked = true;
            _graspWidth = next;
            Shift(it, -p.X * across);
            Held = it;
            _heldInFlange = flange.Inverse * it.Body.PoseInBase;
            return next;
        }
        double room = next / 2 - half; // a pad that has touched pushes the object on until the other one touches too
        Shift(it, (Math.Clamp(p.X, -room, room) - p.X) * across);
        return next;
    }

    // A box that stands askew turns as the pads close on its corners: of length a and depth b, askew by θ, it is a·cos θ + b·sin θ wide.
    // True while it is still askew.
    private static bool Align(CellObject it, in Pose flange, double opening)
    {
        Quat turn = it.Body.PoseInBase.Rotation;
        Vec3 across = flange.Rotation.Rotate(Vec3.UnitX);
        // It turns towards the side on which its diagonal leans: the one with the larger cosine per length.
        Vec3 best = default;
        double bestRatio = 0, length = 0;
        for (int i = 0; i < 3; i++)
        {
            Vec3 unit = i == 0 ? Vec3.UnitX : i == 1 ? Vec3.UnitY : Vec3.UnitZ;
            Vec3 axis = turn.Rotate(unit);
            double cos = axis.Dot(across), size = 2 * it.Solid.Size.Dot(unit);
            if (Math.Abs(cos) / size <= bestRatio)
                continue;
            (best, bestRatio, length) = (cos < 0 ? -axis : axis, Math.Abs(cos) / size, size);
        }
        double angle = Math.Acos(Math.Min(1, best.Dot(across)));
        if (angle < 1e-6)
            return false;
        double depth = (2 * it.HalfExtent(across) - length * Math.Cos(angle)) / Math.Sin(angle);
        double diagonal = Math.Sqrt(length * length + depth * depth);
        double wanted = opening <= length ? 0 : Math.Atan2(depth, length) - Math.Acos(Math.Min(1, opening / diagonal));
        var step = Quat.FromAxisAngle(best.Cross(across).Normalized, angle - Math.Clamp(wanted, 0, angle));
        it.Body.PoseInBase = new(it.Body.PoseInBase.Position, (step * turn).Normalized);
        return wanted > 0;
    }

    private static void Shift(CellObject it, Vec3 by)
    {
        Pose pose = it.Body.PoseInBase;
        it.Body.PoseInBase = pose with { Position = pose.Position + by };
    }
}
