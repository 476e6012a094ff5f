using RobotWorldModel.Drivers.Geometry;

namespace RobotWorldModel.Drivers.Tests.Motion;

/// <summary>
/// The arm a second time, for checking: joint frames as Universal Robots' ROS 2 description gives them (not Denavit-Hartenberg), and
/// distances computed another way. Shares nothing with the code under test but vectors.
/// </summary>
internal sealed class IndependentArm
{
    private static readonly Dictionary<string, double[]> s_joints = new()
    {
        // shoulder z; elbow x; wrist 1 x, z; wrist 2 y; wrist 3 y; upper arm's and forearm's offsets; radii of shoulder, upper arm,
        // forearm, wrist
        ["UR5e"] = [0.1625, -0.425, -0.3922, 0.1333, -0.0997, 0.0996, 0.138, 0.007, 0.060, 0.054, 0.040, 0.045],
        ["UR3e"] = [0.15185, -0.24355, -0.2132, 0.13105, -0.08535, 0.0921, 0.120, 0.027, 0.060, 0.054, 0.040, 0.045],
    };

    private readonly double[] _n;
    private readonly Vec3 _tcp;
    private readonly double _toolRadius;
    private readonly Vec3[] _a = new Vec3[8], _b = new Vec3[8], _middle = new Vec3[8];
    private readonly double[] _radius = new double[8], _half = new double[8];

    // base, shoulder, upper arm, forearm, wrist 1, 2, 3, tool: which pairs may touch
    private static readonly (int, int)[] s_pairs =
    [
        (0, 3), (0, 4), (0, 5), (0, 6), (0, 7), (1, 3), (1, 4), (1, 5), (1, 6), (1, 7),
        (2, 4), (2, 5), (2, 6), (2, 7), (3, 6), (3, 7), (4, 7),
    ];

    public IndependentArm(string model, Vec3 tcp, double toolRadius)
    {
        (_n, _tcp, _toolRadius) = (s_joints[model], tcp, toolRadius);
        double[] radii = [_n[8], _n[8], _n[9], _n[10], _n[11], _n[11], _n[11], toolRadius];
        radii.CopyTo(_radius, 0);
    }

    /// <summary>The TCP of the last pose.</summary>
    public Vec3 Tcp { get; private set; }

    public void Place(in Vector6 q)
    {
        // rotation as rows of the base: columns x, y, z of the moving frame
        Vec3 x = new(1, 0, 0), y = new(0, 1, 0), z = new(0, 0, 1);
        Vec3 p = new(0, 0, _n[0]);
        _a[0] = default;
        _b[0] = p;
        Turn(ref x, ref y, q[0]);
        Roll(ref y, ref z); // shoulder lift: rpy (pi/2, 0, 0)
        Turn(ref x, ref y, q[1]);
        Vec3 side = z;
        _a[1] = p;
        _b[1] = _a[2] = p + side * _n[6];
        p += x * _n[1];
        _b[2] = p + side * _n[6];
        Vec3 elbow = p;
        Turn(ref x, ref y, q[2]);
        p += x * _n[2] + z * _n[3]; // wrist 1
        _a[3] = elbow + side * _n[7];
        _b[3] = _a[4] = p - side * (_n[3] - _n[7]);
        _b[4] = _a[5] = p;
        Turn(ref x, ref y, q[3]);
        p += y * _n[4];
        _b[5] = _a[6] = p;
        Roll(ref y, ref z);
        Turn(ref x, ref y, q[4]);
        p += y * _n[5];
        // wrist 3: rpy (pi/2, pi, pi) is the same as a roll of -pi/2
        (y, z) = (-z, y);
        Turn(ref x, ref y, q[5]);
        _b[6] = _a[7] = p;
        Tcp = p + x * _tcp.X + y * _tcp.Y + z * _tcp.Z;
        double length = _tcp.Length;
        _b[7] = p + (Tcp - p) * (length > 1e-6 ? Math.Max(0, length - _toolRadius) / length : 0);
    }

    /// <summary>The lowest point of elbow, forearm, wrist and tool, m.</summary>
    public double Lowest()
    {
        double low = _b[2].Z - _radius[2];
        for (int i = 3; i < 8; i++)
            low = Math.Min(low, Math.Min(_a[i].Z, _b[i].Z) - _radius[i]);
        return low;
    }

    /// <summary>Whether any two parts that can touch do.</summary>
    public bool TouchesItself()
    {
        for (int i = 0; i < 8; i++)
        {
            _middle[i] = (_a[i] + _b[i]) * 0.5;
            _half[i] = (_b[i] - _a[i]).Length / 2 + _radius[i];
        }
        foreach ((int i, int k) in s_pairs)
        {
            if ((_middle[i] - _middle[k]).Length > _half[i] + _half[k])
                continue;
            if (Distance(_a[i], _b[i], _a[k], _b[k]) < _radius[i] + _radius[k])
                return true;
        }
        return false;
    }

    // Least over the four ends against the other segment, and the common normal where it meets both.
    private static double Distance(Vec3 a, Vec3 b, Vec3 c, Vec3 d)
    {
        double least = Math.Min(Math.Min(ToSegment(a, c, d), ToSegment(b, c, d)), Math.Min(ToSegment(c, a, b), ToSegment(d, a, b)));
        Vec3 u = b - a, v = d - c, normal = u.Cross(v);
        double square = normal.Dot(normal);
        if (square < 1e-14)
            return least;
        double s = (c - a).Cross(v).Dot(normal) / square, t = (c - a).Cross(u).Dot(normal) / square;
        return s is >= 0 and <= 1 && t is >= 0 and <= 1 ? Math.Min(least, Math.Abs((c - a).Dot(normal)) / Math.Sqrt(square)) : least;
    }

    private static double ToSegment(Vec3 p, Vec3 a, Vec3 b)
    {
        Vec3 u = b - a;
        double square = u.Dot(u);
        double t = square < 1e-18 ? 0 : Math.Clamp((p - a).Dot(u) / square, 0, 1);
        return (p - a - u * t).Length;
    }

    private static void Turn(ref Vec3 x, ref Vec3 y, double angle)
    {
        (double s, double c) = Math.SinCos(angle);
        (x, y) = (x * c + y * s, y * c - x * s);
    }

    private static void Roll(ref Vec3 y, ref Vec3 z) => (y, z) = (z, -y);
}
