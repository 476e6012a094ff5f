using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Simulation.Scene;

namespace RobotWorldModel.Simulation.Physics;

/// <summary>
/// What table and objects push back with when the gripper, or what it holds, presses on them: a stiff spring and damper on the deepest of
/// a set of points, capped. A loose object that is met from the side is moved away instead, without a force.
/// </summary>
internal sealed class ToolContact(CellObject[] objects)
{
    /// <summary>N/m.</summary>
    public const double Stiffness = 20_000;

    /// <summary>N·s/m, while it is pressed in further.</summary>
    public const double Damping = 100;

    /// <summary>N: where a real arm would long have stopped itself.</summary>
    public const double MaxForce = 300;

    private static readonly Vec3[] s_tool = ToolPoints();
    private readonly Vec3[] _held = new Vec3[8];
    private double _depth;

    /// <summary>Force on the tool, base frame, N.</summary>
    public Vec3 Force { get; private set; }

    /// <summary>Where it acts, base frame, m.</summary>
    public Vec3 Point { get; private set; }

    public void Step(double dt, in Pose flange, double fingerWidth, CellObject? held)
    {
        double deepest = 0, weight = 0;
        Vec3 normal = Vec3.UnitZ, point = default;
        for (int i = 0; i < s_tool.Length; i++)
        {
            Vec3 p = s_tool[i]; // the pads' points are given for closed fingers
            if (p.Z > 2 * GripperGeometry.BodyHalfZ)
                p = p with { X = p.X + Math.Sign(p.X) * fingerWidth / 2 };
            Press(flange.Transform(p), held, ref deepest, ref weight, ref normal, ref point);
        }
        int points = held == null ? 0 : HeldPoints(held);
        for (int i = 0; i < points; i++)
            Press(_held[i], held, ref deepest, ref weight, ref normal, ref point);

        double rate = Math.Max(0, (deepest - _depth) / dt);
        _depth = deepest;
        double newton = deepest > 0 ? Math.Min(MaxForce, Stiffness * deepest + Damping * rate) : 0;
        Force = newton * normal;
        Point = weight > 0 ? point * (1 / weight) : flange.Position;
    }

    // One point against table and objects. The force acts at the points' mean, weighted by their depth.
    private void Press(Vec3 p, CellObject? held, ref double deepest, ref double weight, ref Vec3 normal, ref Vec3 sum)
    {
        double depth = p.Z < 0 && p.Z > -0.1 && CellScene.OverTable(p) ? -p.Z : 0;
        Vec3 up = Vec3.UnitZ;
        foreach (CellObject it in objects)
        {
            if (ReferenceEquals(it, held) || !Inside(it, p, out double into, out Vec3 outward))
                continue;
            if (outward.Z > 0.7)
                (depth, up) = into > depth ? (into, outward) : (depth, up);
            else if (Math.Abs(outward.Z) < 0.7)
                it.Body.PoseInBase = it.Body.PoseInBase with { Position = it.Body.PoseInBase.Position - into * Horizontal(outward) };
        }
        if (depth <= 0)
            return;
        sum += depth * p;
        weight += depth;
        if (depth > deepest)
            (deepest, normal) = (depth, up);
    }

    private static Vec3 Horizontal(Vec3 v) => new Vec3(v.X, v.Y, 0).Normalized;

    // Depth below the nearest face, and that face's normal in the base frame.
    private static bool Inside(CellObject it, Vec3 point, out double depth, out Vec3 outward)
    {
        Pose pose = it.Body.PoseInBase;
        Vec3 p = pose.Rotation.Inverse.Rotate(point - pose.Position), half = it.HalfBox;
        double x = half.X - Math.Abs(p.X), y = half.Y - Math.Abs(p.Y), z = half.Z - Math.Abs(p.Z);
        Vec3 side = x < y ? new(Math.Sign(p.X), 0, 0) : new(0, Math.Sign(p.Y), 0);
        double across = Math.Min(x, y);
        if (it.Solid.Kind != ShapeKind.Box)
        {
            double radial = Math.Sqrt(p.X * p.X + p.Y * p.Y);
            across = half.X - radial;
            side = radial > 1e-9 ? new(p.X / radial, p.Y / radial, 0) : Vec3.UnitX;
        }
        (depth, Vec3 normal) = z < across ? (z, new Vec3(0, 0, Math.Sign(p.Z))) : (across, side);
        outward = pose.Rotation.Rotate(normal);
        return depth > 0;
    }

    // The corners of what is held, drawn in a little: set down flush on its like, they lie on its top, not on its edge.
    private int HeldPoints(CellObject held)
    {
        Vec3 half = held.HalfBox;
        double round = held.Solid.Kind == ShapeKind.Box ? 0.9 : 0.7;
        for (int i = 0; i < 8; i++)
        {
            (double x, double y) = ((i & 1) == 0 ? -round : round, (i & 2) == 0 ? -round : round);
            _held[i] = held.Body.PoseInBase.Transform(new(x * half.X, y * half.Y, (i & 4) == 0 ? -half.Z : half.Z));
        }
        return 8;
    }

    // Corners of the gripper's body, corners and edge middles of the pads' ends: flange frame, fingers closed.
    private static Vec3[] ToolPoints()
    {
        var points = new List<Vec3>();
        double tip = GripperGeometry.PadZ + GripperGeometry.PadHalfZ, outer = 2 * GripperGeometry.PadHalfX;
        foreach (int x in (ReadOnlySpan<int>)[-1, 1])
        {
            foreach (int y in (ReadOnlySpan<int>)[-1, 0, 1])
            {
                points.Add(new(x * 1e-6, y * GripperGeometry.PadHalfY, tip)); // the sign of x says which finger it belongs to
                points.Add(new(x * outer, y * GripperGeometry.PadHalfY, tip));
            }
            foreach (int y in (ReadOnlySpan<int>)[-1, 1])
            {
                points.Add(new(x * GripperGeometry.BodyHalfX, y * GripperGeometry.BodyHalfY, 2 * GripperGeometry.BodyHalfZ));
                points.Add(new(x * GripperGeometry.BodyHalfX, y * GripperGeometry.BodyHalfY, 0));
            }
        }
        return [.. points];
    }
}
