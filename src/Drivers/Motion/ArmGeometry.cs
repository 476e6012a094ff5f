using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.UniversalRobots;

namespace RobotWorldModel.Drivers.Motion;

/// <summary>
/// Where the arm and its tool are as capsules, and whether that is allowed: box for the TCP, table plane, links against each other. Radii and
/// offsets are those of Universal Robots' ROS 2 description ("manually measured"). No allocation; a few hundred nanoseconds a pose.
/// </summary>
public sealed class ArmGeometry
{
    private const double BaseRadius = 0.075, UpperArmRadius = 0.054, ForearmRadius = 0.040, WristRadius = 0.045, ToolRadius = 0.055;

    /// <summary>The last part of the tool are fingers, thin enough to be a point at the TCP.</summary>
    private const double FingerLength = 0.045;

    private readonly UrModel _model;
    private readonly MotionLimits _limits;
    private readonly double _shoulderOffset, _elbowOffset;
    private readonly Vec3 _tcp, _toolEnd;
    private readonly double[] _cosAlpha = new double[6], _sinAlpha = new double[6];

    public ArmGeometry(UrModel model, MotionLimits limits)
    {
        (_model, _limits) = (model, limits);
        (_shoulderOffset, _elbowOffset) = model.Name switch
        {
            "UR3e" => (0.120, 0.027),
            "UR10e" => (0.1762, 0.0393),
            _ => (0.138, 0.007),
        };
        _tcp = limits.FlangeToTcp.Position;
        double length = _tcp.Length;
        _toolEnd = length <= FingerLength ? default : _tcp * ((length - FingerLength) / length);
        for (int i = 0; i < 6; i++)
            (_sinAlpha[i], _cosAlpha[i]) = Math.SinCos(model.Alpha[i]);
    }

    /// <summary>Origins and z axes of the base and the six DH frames, and the points of the tool.</summary>
    internal ref struct Points
    {
        public Span<Vec3> Origin, Axis;
        public Vec3 Tcp, ToolEnd;
    }

    internal void Locate(in Vector6 q, ref Points points)
    {
        Vec3 x = Vec3.UnitX, y = Vec3.UnitY, z = Vec3.UnitZ, p = default;
        points.Origin[0] = p;
        points.Axis[0] = z;
        for (int i = 0; i < 6; i++)
        {
            (double s, double c) = Math.SinCos(q[i]);
            Vec3 turnedX = c * x + s * y, turnedY = c * y - s * x;
            p = p + _model.D[i] * z + _model.A[i] * turnedX;
            x = turnedX;
            y = _cosAlpha[i] * turnedY + _sinAlpha[i] * z;
            z = _cosAlpha[i] * z - _sinAlpha[i] * turnedY;
            points.Origin[i + 1] = p;
            points.Axis[i + 1] = z;
        }
        points.Tcp = p + _tcp.X * x + _tcp.Y * y + _tcp.Z * z;
        points.ToolEnd = p + _toolEnd.X * x + _toolEnd.Y * y + _toolEnd.Z * z;
    }

    /// <summary>The TCP's position in the base frame, m.</summary>
    public Vec3 TcpPosition(in Vector6 q)
    {
        Points points = new() { Origin = stackalloc Vec3[7], Axis = stackalloc Vec3[7] };
        Locate(q, ref points);
        return points.Tcp;
    }

    /// <summary>Speed of the TCP, m/s, for joint speeds in rad/s.</summary>
    internal static double TcpSpeed(in Points points, in Vector6 qd)
    {
        Vec3 v = default;
        for (int i = 0; i < 6; i++)
            v += qd[i] * points.Axis[i].Cross(points.Tcp - points.Origin[i]);
        return v.Length;
    }

    /// <summary>Whether a pose keeps at least a margin (m) to the box's sides, the table and itself, and every joint to its range.</summary>
    public bool IsClear(in Vector6 q, double boxMargin, double linkMargin)
    {
        Points points = new() { Origin = stackalloc Vec3[7], Axis = stackalloc Vec3[7] };
        Locate(q, ref points);
        return IsClear(q, points, boxMargin, linkMargin);
    }

    internal bool IsClear(in Vector6 q, in Points p, double boxMargin, double linkMargin)
    {
        for (int i = 0; i < 6; i++)
            if (!(Math.Abs(q[i]) <= _limits.JointRange))
                return false;
        Vec3 low = _limits.WorkspaceMin, high = _limits.WorkspaceMax, t = p.Tcp;
        if (t.X < low.X + boxMargin || t.Y < low.Y + boxMargin || t.Z < low.Z + boxMargin
            || t.X > high.X - boxMargin || t.Y > high.Y - boxMargin || t.Z > high.Z - boxMargin || t.Z < _limits.TableHeight + boxMargin)
            return false;
        double floor = _limits.TableHeight + linkMargin;
        Vec3 elbow = p.Origin[2] + _elbowOffset * p.Axis[2], wrist = p.Origin[3] + _elbowOffset * p.Axis[2];
        if (Math.Min(elbow.Z, wrist.Z) < floor + ForearmRadius
            || Math.Min(Math.Min(p.Origin[4].Z, p.Origin[5].Z), p.Origin[6].Z) < floor + WristRadius
            || p.ToolEnd.Z < floor + ToolRadius)
            return false;
        return IsClearOfItself(p, elbow, wrist, linkMargin);
    }

    private bool IsClearOfItself(in Points p, Vec3 elbow, Vec3 wrist, double margin)
    {
        Vec3 shoulderSide = p.Origin[1] + _shoulderOffset * p.Axis[1], elbowSide = p.Origin[2] + _shoulderOffset * p.Axis[1];
        Vec3 foot = p.Origin[0], shoulder = p.Origin[1];
        return Apart(foot, shoulder, BaseRadius, elbow, wrist, ForearmRadius, margin)
            && Apart(foot, shoulder, BaseRadius, p.Origin[4], p.Origin[5], WristRadius, margin)
            && Apart(foot, shoulder, BaseRadius, p.Origin[6], p.ToolEnd, ToolRadius, margin)
            && Apart(shoulderSide, elbowSide, UpperArmRadius, p.Origin[4], p.Origin[5], WristRadius, margin)
            && Apart(shoulderSide, elbowSide, UpperArmRadius, p.Origin[6], p.ToolEnd, ToolRadius, margin)
            && Apart(elbow, wrist, ForearmRadius, p.Origin[6], p.ToolEnd, ToolRadius, margin);
    }

    private static bool Apart(Vec3 a0, Vec3 a1, double ra, Vec3 b0, Vec3 b1, double rb, double margin)
    {
        double least = ra + rb + margin;
        return SquaredDistance(a0, a1, b0, b1) >= least * least;
    }

    /// <summary>Between two segments (Ericson, "Real-Time Collision Detection", 5.1.9).</summary>
    internal static double SquaredDistance(Vec3 p1, Vec3 q1, Vec3 p2, Vec3 q2)
    {
        Vec3 d1 = q1 - p1, d2 = q2 - p2, r = p1 - p2;
        double a = d1.Dot(d1), e = d2.Dot(d2), f = d2.Dot(r), s, t;
        if (a <= 1e-12 && e <= 1e-12)
            return r.Dot(r);
        if (a <= 1e-12)
        {
            (s, t) = (0, Math.Clamp(f / e, 0, 1));
        }
        else
        {
            double c = d1.Dot(r);
            if (e <= 1e-12)
            {
                (s, t) = (Math.Clamp(-c / a, 0, 1), 0);
            }
            else
            {
                double b = d1.Dot(d2), denominator = a * e - b * b;
                s = denominator > 1e-12 ? Math.Clamp((b * f - c * e) / denominator, 0, 1) : 0;
                t = (b * s + f) / e;
                if (t < 0)
                    (t, s) = (0, Math.Clamp(-c / a, 0, 1));
                else if (t > 1)
                    (t, s) = (1, Math.Clamp((b - c) / a, 0, 1));
            }
        }
        Vec3 gap = p1 + s * d1 - (p2 + t * d2);
        return gap.Dot(gap);
    }
}
