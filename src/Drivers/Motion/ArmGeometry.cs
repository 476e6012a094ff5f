using System.Runtime.CompilerServices;
using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.UniversalRobots;

namespace RobotWorldModel.Drivers.Motion;

/// <summary>What an arm's pose comes closest to.</summary>
public enum Obstacle
{
    /// <summary>The faces of the workspace box, for the TCP.</summary>
    Workspace,

    Table,

    /// <summary>One part of the arm and tool against another.</summary>
    Self,
}

/// <summary>
/// The arm and its tool as capsules, and how far a pose is from the workspace box, the table and itself. Radii and offsets from Universal
/// Robots' ROS 2 description. Immutable, thread-safe, no allocation.
/// </summary>
public sealed class ArmGeometry
{
    private readonly Vector6 _a, _d, _cosAlpha, _sinAlpha;
    private readonly LinkShape _shape;
    private readonly double _upperArm, _wristOffset;
    private readonly Pose _flangeToTcp;
    private readonly Vec3 _boxMin, _boxMax, _toolEnd;
    private readonly double _table, _toolRadius;
    private readonly bool _hasTool;

    public ArmGeometry(UrKinematics kinematics, MotionLimits limits)
    {
        UrModel model = kinematics.Model;
        (_a, _d) = (model.A, model.D);
        for (int i = 0; i < 6; i++)
            (_sinAlpha[i], _cosAlpha[i]) = Math.SinCos(model.Alpha[i]);
        _shape = LinkShape.Of(model);
        // A calibrated arm may carry large offsets along its three parallel axes that cancel at the wrist: capsules use nominal lengths.
        UrModel nominal = UrModel.All.FirstOrDefault(m => m.ControllerType == model.ControllerType) ?? model;
        (_upperArm, _wristOffset) = (nominal.A[1], nominal.D[3]);
        _flangeToTcp = limits.FlangeToTcp;
        (_boxMin, _boxMax, _table, _toolRadius) = (limits.WorkspaceMin, limits.WorkspaceMax, limits.TableHeight, limits.ToolRadius);
        double length = _flangeToTcp.Position.Length;
        _hasTool = length > 1e-6;
        // The capsule's round end touches the TCP, so that a tool pointing down may reach the table with its tip.
        _toolEnd = _hasTool ? _flangeToTcp.Position * (Math.Max(0, length - _toolRadius) / length) : default;
        Reach = Reaches(nominal, length, Math.Sqrt(Square(_flangeToTcp.Position.X) + Square(_flangeToTcp.Position.Y)));
    }

    /// <summary>For each joint, how far anything that it moves can be from its axis, m: a turn of dq moves no point by more than Reach · |dq|.</summary>
    public Vector6 Reach { get; }

    /// <summary>The TCP in the base frame.</summary>
    public Vec3 Tcp(in Vector6 q)
    {
        Forward(q, out Posture posture);
        return posture.Tcp;
    }

    /// <summary>The TCP's velocity for joint speeds in rad/s, m/s.</summary>
    public Vec3 TcpVelocity(in Vector6 q, in Vector6 qd)
    {
        Forward(q, out Posture posture);
        Vec3 velocity = default;
        for (int i = 0; i < 6; i++)
            velocity += posture.Axes[i].Cross(posture.Tcp - posture.Origins[i]) * qd[i];
        return velocity;
    }

    /// <summary>Whether box, table and the arm's own links are all at least <paramref name="margin"/> (m) away.</summary>
    public bool IsClear(in Vector6 q, double margin = 0) => Clearance(q, out _) >= margin;

    /// <summary>
    /// The least distance, m, negative inside: of the TCP to the box's faces, of elbow, forearm, wrist and tool to the table, of the arm's
    /// parts to each other. Changes by no more than sum of Reach · |dq|.
    /// </summary>
    public double Clearance(in Vector6 q, out Obstacle nearest)
    {
        Forward(q, out Posture p);
        Vec3 z1 = p.Axes[1], z3 = p.Axes[3];
        Vec3 shoulder = p.Origins[1], elbow = shoulder + p.UpperArmAxis * _upperArm;
        Vec3 wrist1 = p.Origins[4], wrist0 = wrist1 - z3 * (_wristOffset - _shape.ForearmOffset), wrist2 = p.Origins[5];
        Segment body = new(default, shoulder), shoulderLink = new(shoulder, shoulder + z1 * _shape.UpperArmOffset);
        Segment upperArm = new(shoulderLink.B, elbow + z1 * _shape.UpperArmOffset);
        Segment forearm = new(elbow + z1 * _shape.ForearmOffset, wrist0), wristA = new(wrist0, wrist1), wristB = new(wrist1, wrist2);
        Segment wristC = new(wrist2, p.Flange), tool = new(p.Flange, p.ToolEnd);

        nearest = Obstacle.Workspace;
        double least = BoxDistance(p.Tcp);

        double wristHeight = Math.Min(Math.Min(wrist0.Z, wrist1.Z), Math.Min(wrist2.Z, p.Flange.Z)) - _shape.Wrist;
        double height = Math.Min(elbow.Z - _shape.UpperArm, wristHeight);
        if (_hasTool)
            height = Math.Min(height, p.ToolEnd.Z - _toolRadius);
        Take(ref least, ref nearest, height - _table, Obstacle.Table);

        // Neighbours touch by construction; wrist parts turn freely past each other on every UR arm.
        double self = Pairs(body, _shape.Shoulder, forearm, wristA, wristB, wristC);
        self = Math.Min(self, Pairs(shoulderLink, _shape.Shoulder, forearm, wristA, wristB, wristC));
        self = Math.Min(self, Wrists(upperArm, _shape.UpperArm, wristA, wristB, wristC));
        self = Math.Min(self, Segment.Distance(forearm, wristC) - _shape.Forearm - _shape.Wrist);
        if (_hasTool)
        {
            self = Math.Min(self, Segment.Distance(body, tool) - _shape.Shoulder - _toolRadius);
            self = Math.Min(self, Segment.Distance(shoulderLink, tool) - _shape.Shoulder - _toolRadius);
            self = Math.Min(self, Segment.Distance(upperArm, tool) - _shape.UpperArm - _toolRadius);
            self = Math.Min(self, Segment.Distance(forearm, tool) - _shape.Forearm - _toolRadius);
            self = Math.Min(self, Segment.Distance(wristA, tool) - _shape.Wrist - _toolRadius);
        }
        Take(ref least, ref nearest, self, Obstacle.Self);
        return least;
    }

    private double Pairs(in Segment part, double radius, in Segment forearm, in Segment wristA, in Segment wristB, in Segment wristC) =>
        Math.Min(Segment.Distance(part, forearm) - radius - _shape.Forearm, Wrists(part, radius, wristA, wristB, wristC));

    private double Wrists(in Segment part, double radius, in Segment a, in Segment b, in Segment c) =>
        Math.Min(Segment.Distance(part, a), Math.Min(Segment.Distance(part, b), Segment.Distance(part, c))) - radius - _shape.Wrist;

    private double BoxDistance(Vec3 p)
    {
        double low = Math.Min(Math.Min(p.X - _boxMin.X, p.Y - _boxMin.Y), p.Z - _boxMin.Z);
        double high = Math.Min(Math.Min(_boxMax.X - p.X, _boxMax.Y - p.Y), _boxMax.Z - p.Z);
        return Math.Min(low, high);
    }

    private static void Take(ref double least, ref Obstacle nearest, double distance, Obstacle obstacle)
    {
        if (distance < least)
            (least, nearest) = (distance, obstacle);
    }

    // Denavit-Hartenberg with rotation matrices as columns: several times faster than quaternions, and called at every set-point.
    private void Forward(in Vector6 q, out Posture posture)
    {
        posture = default;
        Vec3 x = Vec3.UnitX, y = Vec3.UnitY, z = Vec3.UnitZ, p = default;
        for (int i = 0; i < 6; i++)
        {
            posture.Axes[i] = z;
            posture.Origins[i] = p;
            (double sin, double cos) = Math.SinCos(q[i]);
            Vec3 turnedX = x * cos + y * sin, turnedY = y * cos - x * sin;
            p += z * _d[i] + turnedX * _a[i];
            x = turnedX;
            y = turnedY * _cosAlpha[i] + z * _sinAlpha[i];
            z = z * _cosAlpha[i] - turnedY * _sinAlpha[i];
            if (i == 1)
                posture.UpperArmAxis = x;
        }
        Vec3 tcp = _flangeToTcp.Position;
        posture.Flange = p;
        posture.Tcp = p + x * tcp.X + y * tcp.Y + z * tcp.Z;
        posture.ToolEnd = p + x * _toolEnd.X + y * _toolEnd.Y + z * _toolEnd.Z;
    }

    private static Vector6 Reaches(UrModel model, double tool, double toolOffAxis)
    {
        double fromWrist3 = model.D[5] + tool;
        double fromWrist1 = model.D[4] + fromWrist3;
        double fromElbow = Math.Abs(model.A[2]) + model.D[3] + fromWrist1;
        double fromShoulder = Math.Abs(model.A[1]) + fromElbow;
        return new(fromShoulder, fromShoulder, fromElbow, fromWrist1, fromWrist3, toolOffAxis);
    }

    private static double Square(double v) => v * v;

    [InlineArray(6)]
    private struct Six
    {
        private Vec3 _first;
    }

    private struct Posture
    {
        public Six Origins, Axes;
        public Vec3 UpperArmAxis, Flange, ToolEnd, Tcp;
    }

    // Radii of the links and where upper arm and forearm lie along the shoulder's axis, m.
    private sealed record LinkShape(double Shoulder, double UpperArm, double Forearm, double Wrist, double UpperArmOffset, double ForearmOffset)
    {
        public static LinkShape Of(UrModel model) => model.ControllerType switch
        {
            1 => new(0.060, 0.054, 0.040, 0.045, 0.138, 0.007),
            3 => new(0.060, 0.054, 0.040, 0.045, 0.120, 0.027),
            // The UR10e's radii are not published: taken wider than its drawings show.
            2 => new(0.100, 0.085, 0.060, 0.055, 0.1762, 0.0393),
            _ => throw new ArgumentException($"the shape of a {model.Name} is not known here; known are UR3e, UR5e and UR10e"),
        };
    }
}

/// <summary>A straight line between two points, m.</summary>
internal readonly record struct Segment(Vec3 A, Vec3 B)
{
    /// <summary>The least distance of two segments (Ericson, "Real-Time Collision Detection", 5.1.9).</summary>
    public static double Distance(in Segment one, in Segment two)
    {
        Vec3 d1 = one.B - one.A, d2 = two.B - two.A, r = one.A - two.A;
        double a = d1.Dot(d1), e = d2.Dot(d2), f = d2.Dot(r);
        const double Point = 1e-12;
        double s, t;
        if (a <= Point && e <= Point)
            return r.Length;
        if (a <= Point)
        {
            s = 0;
            t = Math.Clamp(f / e, 0, 1);
        }
        else
        {
            double c = d1.Dot(r);
            if (e <= Point)
            {
                t = 0;
                s = Math.Clamp(-c / a, 0, 1);
            }
            else
            {
                double b = d1.Dot(d2), denominator = a * e - b * b;
                s = denominator > 1e-12 * a * e ? Math.Clamp((b * f - c * e) / denominator, 0, 1) : 0;
                t = (b * s + f) / e;
                if (t < 0)
                    (t, s) = (0, Math.Clamp(-c / a, 0, 1));
                else if (t > 1)
                    (t, s) = (1, Math.Clamp((b - c) / a, 0, 1));
            }
        }
        return (r + d1 * s - d2 * t).Length;
    }
}
