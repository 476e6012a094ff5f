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
    private readonly Link[] _links = new Link[6];
    private readonly LinkShape _shape;
    private readonly Pose _flangeToTcp;
    private readonly Vec3 _boxMin, _boxMax, _toolEnd;
    private readonly double _table, _toolRadius;
    private readonly bool _hasTool;

    public ArmGeometry(UrKinematics kinematics, MotionLimits limits)
    {
        Span<Pose> frames = stackalloc Pose[6];
        kinematics.Frames(default, frames);
        for (int i = 0; i < 6; i++)
            _links[i] = new(i == 0 ? frames[0] : frames[i - 1].Inverse * frames[i]);
        _shape = LinkShape.Of(kinematics.Model);
        _flangeToTcp = limits.FlangeToTcp;
        (_boxMin, _boxMax, _table, _toolRadius) = (limits.WorkspaceMin, limits.WorkspaceMax, limits.TableHeight, limits.ToolRadius);
        double length = _flangeToTcp.Position.Length;
        _hasTool = length > 1e-6;
        // The capsule's round end touches the TCP, so that a tool pointing down may reach the table with its tip.
        _toolEnd = _hasTool ? _flangeToTcp.Position * (Math.Max(0, length - _toolRadius) / length) : default;
        Reach = Reaches(_links, _flangeToTcp.Position);
    }

    /// <summary>
    /// For each joint, how far anything that it moves can be from its axis, m: a turn of dq moves no point by more than Reach · |dq|.
    /// </summary>
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
        return posture.TcpVelocity(qd);
    }

    /// <summary>Whether box, table and the arm's own links are all at least <paramref name="margin"/> (m) away.</summary>
    public bool IsClear(in Vector6 q, double margin = 0) => Clearance(q, out _) >= margin;

    /// <summary>
    /// The least distance, m, negative inside: of the TCP to the box's faces, of elbow, forearm, wrist and tool to the table, of the arm's
    /// parts to each other. Changes by no more than sum of Reach · |dq|.
    /// </summary>
    public double Clearance(in Vector6 q, out Obstacle nearest)
    {
        Forward(q, out Posture posture);
        return ClearanceOf(posture, out nearest);
    }

    /// <summary>As <see cref="Clearance(in Vector6, out Obstacle)"/>, of a posture that is known.</summary>
    internal double ClearanceOf(in Posture p, out Obstacle nearest) => ClearancesOf(p).Least(out nearest);

    /// <summary>The same, each kind by itself.</summary>
    internal Clearances ClearancesOf(in Posture p)
    {
        Vec3 z1 = p.Axes[1], z3 = p.Axes[3];
        Vec3 shoulder = p.Origins[1], elbow = p.Origins[2];
        Vec3 wrist0 = p.Origins[3] + z3 * _shape.ForearmOffset, wrist1 = p.Origins[4], wrist2 = p.Origins[5];
        Segment body = new(default, shoulder), shoulderLink = new(shoulder, shoulder + z1 * _shape.UpperArmOffset);
        Segment upperArm = new(shoulderLink.B, elbow + z1 * _shape.UpperArmOffset);
        Segment forearm = new(elbow + z1 * _shape.ForearmOffset, wrist0), wristA = new(wrist0, wrist1), wristB = new(wrist1, wrist2);
        Segment wristC = new(wrist2, p.Flange), tool = new(p.Flange, p.ToolEnd);

        Clearances c;
        c.Box = BoxDistance(p.Tcp);
        double wristHeight = Math.Min(Math.Min(wrist0.Z, wrist1.Z), Math.Min(wrist2.Z, p.Flange.Z)) - _shape.Wrist;
        double height = Math.Min(elbow.Z - _shape.UpperArm, wristHeight);
        if (_hasTool)
            height = Math.Min(height, p.ToolEnd.Z - _toolRadius);
        c.Table = height - _table;

        // Neighbours touch by construction; wrist parts turn freely past each other on every UR arm.
        c.Shoulder = Math.Min(Pairs(body, _shape.Shoulder, forearm, wristA, wristB, wristC),
            Pairs(shoulderLink, _shape.Shoulder, forearm, wristA, wristB, wristC));
        c.UpperArm = Wrists(upperArm, _shape.UpperArm, wristA, wristB, wristC);
        c.Wrist = Segment.Distance(forearm, wristC) - _shape.Forearm - _shape.Wrist;
        if (_hasTool)
        {
            c.Shoulder = Math.Min(c.Shoulder, Segment.Distance(body, tool) - _shape.Shoulder - _toolRadius);
            c.Shoulder = Math.Min(c.Shoulder, Segment.Distance(shoulderLink, tool) - _shape.Shoulder - _toolRadius);
            c.UpperArm = Math.Min(c.UpperArm, Segment.Distance(upperArm, tool) - _shape.UpperArm - _toolRadius);
            c.Wrist = Math.Min(c.Wrist, Segment.Distance(forearm, tool) - _shape.Forearm - _toolRadius);
            c.Wrist = Math.Min(c.Wrist, Segment.Distance(wristA, tool) - _shape.Wrist - _toolRadius);
        }
        return c;
    }

    /// <summary>By how much each clearance may change where the joints turn by so much, rad.</summary>
    internal Clearances ChangesOf(in Vector6 turn)
    {
        double wrist = Reach[3] * Math.Abs(turn[3]) + Reach[4] * Math.Abs(turn[4]) + Reach[5] * Math.Abs(turn[5]);
        double upperArm = wrist + Reach[2] * Math.Abs(turn[2]), shoulder = upperArm + Reach[1] * Math.Abs(turn[1]);
        return new()
        {
            Box = shoulder + Reach[0] * Math.Abs(turn[0]),
            Table = shoulder, // the base turns about an upright axis: heights stay, and so does all against the body on that axis
            Shoulder = shoulder,
            UpperArm = upperArm,
            Wrist = wrist,
        };
    }

    private double Pairs(in Segment part, double radius, in Segment forearm, in Segment wristA, in Segment wristB, in Segment wristC) =>
        Math.Min(Segment.Distance(part, forearm) - radius - _shape.Forearm, Wrists(part, radius, wristA, wristB, wristC));

    private double Wrists(in Segment part, double radius, in Segment a, in Segment b, in Segment c) =>
        Math.Min(Segment.Distance(part, a), Math.Min(Segment.Distance(part, b), Segment.Distance(part, c))) - radius - _shape.Wrist;

    /// <summary>Of a TCP to the workspace box's faces, m, negative outside.</summary>
    internal double BoxDistance(Vec3 p)
    {
        double low = Math.Min(Math.Min(p.X - _boxMin.X, p.Y - _boxMin.Y), p.Z - _boxMin.Z);
        double high = Math.Min(Math.Min(_boxMax.X - p.X, _boxMax.Y - p.Y), _boxMax.Z - p.Z);
        return Math.Min(low, high);
    }

    /// <summary>
    /// Forward kinematics, with rotation matrices as columns: several times faster than quaternions, and called at every set-point.
    /// </summary>
    internal void Forward(in Vector6 q, out Posture posture)
    {
        posture = default;
        Vec3 x = Vec3.UnitX, y = Vec3.UnitY, z = Vec3.UnitZ, p = default;
        for (int i = 0; i < 6; i++)
        {
            posture.Axes[i] = z;
            posture.Origins[i] = p;
            (double sin, double cos) = Math.SinCos(q[i]);
            Vec3 turnedX = x * cos + y * sin, turnedY = y * cos - x * sin, along = z;
            Link link = _links[i];
            p += turnedX * link.Offset.X + turnedY * link.Offset.Y + along * link.Offset.Z;
            x = turnedX * link.X.X + turnedY * link.X.Y + along * link.X.Z;
            y = turnedX * link.Y.X + turnedY * link.Y.Y + along * link.Y.Z;
            z = turnedX * link.Z.X + turnedY * link.Z.Y + along * link.Z.Z;
        }
        Vec3 tcp = _flangeToTcp.Position;
        posture.Flange = p;
        posture.Tcp = p + x * tcp.X + y * tcp.Y + z * tcp.Z;
        posture.ToolEnd = p + x * _toolEnd.X + y * _toolEnd.Y + z * _toolEnd.Z;
    }

    private static Vector6 Reaches(Link[] links, Vec3 tool)
    {
        Link last = links[5];
        Vec3 tcp = last.Offset + last.X * tool.X + last.Y * tool.Y + last.Z * tool.Z;
        double offAxis = Math.Max(OffAxis(last.Offset), OffAxis(tcp)); // a calibrated flange is a little off its axis too
        double fromWrist3 = last.Offset.Length + tool.Length;
        double fromWrist1 = links[4].Offset.Length + fromWrist3;
        double fromElbow = links[2].Offset.Length + links[3].Offset.Length + fromWrist1;
        double fromShoulder = links[1].Offset.Length + fromElbow;
        return new(fromShoulder, fromShoulder, fromElbow, fromWrist1, fromWrist3, offAxis);
    }

    private static double OffAxis(Vec3 v) => Math.Sqrt(v.X * v.X + v.Y * v.Y);

    /// <summary>
    /// Least distances, m: of the TCP to the box's faces; of all that could to the table; of what is beyond to body and shoulder, to the
    /// upper arm, to forearm and first wrist. No joint before one of the two parts changes their distance.
    /// </summary>
    internal struct Clearances
    {
        public double Box, Table, Shoulder, UpperArm, Wrist;

        public readonly double Least(out Obstacle nearest)
        {
            double least = Box, self = Math.Min(Shoulder, Math.Min(UpperArm, Wrist));
            nearest = Obstacle.Workspace;
            if (Table < least)
                (least, nearest) = (Table, Obstacle.Table);
            if (self < least)
                (least, nearest) = (self, Obstacle.Self);
            return least;
        }

        /// <summary>What is left of the least of them after two changes for the worse.</summary>
        public readonly double LeftAfter(in Clearances one, in Clearances other)
        {
            double outside = Math.Min(Box - one.Box - other.Box, Table - one.Table - other.Table);
            double self = Math.Min(UpperArm - one.UpperArm - other.UpperArm, Wrist - one.Wrist - other.Wrist);
            return Math.Min(outside, Math.Min(self, Shoulder - one.Shoulder - other.Shoulder));
        }
    }

    [InlineArray(6)]
    internal struct Six
    {
        private Vec3 _first;
    }

    /// <summary>Where everything is at some joint angles: base frame, m.</summary>
    internal struct Posture
    {
        public Six Origins, Axes;
        public Vec3 Flange, ToolEnd, Tcp;

        /// <summary>For joint speeds in rad/s, m/s.</summary>
        public readonly Vec3 TcpVelocity(in Vector6 qd)
        {
            Vec3 velocity = default;
            for (int i = 0; i < 6; i++)
                velocity += Axes[i].Cross(Tcp - Origins[i]) * qd[i];
            return velocity;
        }
    }

    // What lies between one joint's axis and the next.
    private readonly struct Link(Pose pose)
    {
        public readonly Vec3 Offset = pose.Position;
        public readonly Vec3 X = pose.Rotation.Rotate(Vec3.UnitX), Y = pose.Rotation.Rotate(Vec3.UnitY),
            Z = pose.Rotation.Rotate(Vec3.UnitZ);
    }

    // Radii of the links and where upper arm and forearm lie along the shoulder's axis, m.
    private sealed record LinkShape(
        double Shoulder, double UpperArm, double Forearm, double Wrist, double UpperArmOffset, double ForearmOffset)
    {
        public static LinkShape Of(UrModel model) => model.ControllerType switch
        {
            1 => new(0.060, 0.054, 0.040, 0.045, 0.138, 0.007),
            3 => new(0.060, 0.054, 0.040, 0.045, 0.120, 0.027),
            // The radii of UR10(e) and UR16e are not published: taken wider than their drawings show.
            _ => new(0.100, 0.085, 0.060, 0.055, 0.1762, 0.0393),
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
