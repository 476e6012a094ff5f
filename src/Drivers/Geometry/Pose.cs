using System.Runtime.CompilerServices;

namespace RobotWorldModel.Drivers.Geometry;

/// <summary>
/// A point or direction in metres, double precision. Always inlined: a set-point takes hundreds of these sums, and the JIT on its own does
/// not see that.
/// </summary>
public readonly record struct Vec3(double X, double Y, double Z)
{
    public static readonly Vec3 UnitX = new(1, 0, 0), UnitY = new(0, 1, 0), UnitZ = new(0, 0, 1);

    // A record would print its computed properties too, Normalized's own Normalized included, without end.
    public override string ToString() => $"({X:0.######}, {Y:0.######}, {Z:0.######})";

    public double Length => Math.Sqrt(Dot(this));

    public Vec3 Normalized => this * (1 / Length);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public double Dot(Vec3 o) => X * o.X + Y * o.Y + Z * o.Z;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vec3 Cross(Vec3 o) => new(Y * o.Z - Z * o.Y, Z * o.X - X * o.Z, X * o.Y - Y * o.X);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vec3 operator +(Vec3 a, Vec3 b) => new(a.X + b.X, a.Y + b.Y, a.Z + b.Z);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vec3 operator -(Vec3 a, Vec3 b) => new(a.X - b.X, a.Y - b.Y, a.Z - b.Z);

    public static Vec3 operator -(Vec3 a) => new(-a.X, -a.Y, -a.Z);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vec3 operator *(Vec3 a, double s) => new(a.X * s, a.Y * s, a.Z * s);

    public static Vec3 operator *(double s, Vec3 a) => a * s;
}

/// <summary>A unit quaternion; rotates vectors of the child frame into the parent frame.</summary>
public readonly record struct Quat(double X, double Y, double Z, double W)
{
    public static readonly Quat Identity = new(0, 0, 0, 1);

    public override string ToString() => $"({X:0.######}, {Y:0.######}, {Z:0.######}; {W:0.######})";

    public Quat Inverse => new(-X, -Y, -Z, W);

    public Quat Normalized
    {
        get
        {
            double s = 1 / Math.Sqrt(X * X + Y * Y + Z * Z + W * W);
            return new(X * s, Y * s, Z * s, W * s);
        }
    }

    public static Quat FromAxisAngle(Vec3 unitAxis, double angle)
    {
        double s = Math.Sin(angle / 2);
        return new(unitAxis.X * s, unitAxis.Y * s, unitAxis.Z * s, Math.Cos(angle / 2));
    }

    /// <summary>From a rotation vector (axis times angle, rad), the way UR writes orientations.</summary>
    public static Quat FromRotationVector(Vec3 r)
    {
        double angle = r.Length;
        return angle < 1e-12 ? new Quat(r.X / 2, r.Y / 2, r.Z / 2, 1).Normalized : FromAxisAngle(r * (1 / angle), angle);
    }

    /// <summary>Rotation about fixed x, then y, then z (rad).</summary>
    public static Quat FromRpy(double roll, double pitch, double yaw) =>
        FromAxisAngle(Vec3.UnitZ, yaw) * FromAxisAngle(Vec3.UnitY, pitch) * FromAxisAngle(Vec3.UnitX, roll);

    /// <summary>The rotation whose matrix has these columns: where a child's axes point in its parent (Shepperd's method).</summary>
    public static Quat FromAxes(Vec3 x, Vec3 y, Vec3 z)
    {
        double trace = x.X + y.Y + z.Z;
        Quat q = trace >= Math.Max(x.X, Math.Max(y.Y, z.Z)) ? new(y.Z - z.Y, z.X - x.Z, x.Y - y.X, 1 + trace)
            : x.X >= y.Y && x.X >= z.Z ? new(1 + x.X - y.Y - z.Z, x.Y + y.X, z.X + x.Z, y.Z - z.Y)
            : y.Y >= z.Z ? new(x.Y + y.X, 1 + y.Y - x.X - z.Z, y.Z + z.Y, z.X - x.Z)
            : new(z.X + x.Z, y.Z + z.Y, 1 + z.Z - x.X - y.Y, x.Y - y.X);
        return q.Normalized;
    }

    /// <summary>The shorter rotation vector, of length at most pi (rad).</summary>
    public Vec3 ToRotationVector()
    {
        Quat q = W < 0 ? new(-X, -Y, -Z, -W) : this;
        var v = new Vec3(q.X, q.Y, q.Z);
        double s = v.Length;
        return s < 1e-12 ? v * 2 : v * (2 * Math.Atan2(s, q.W) / s);
    }

    public Vec3 Rotate(Vec3 v)
    {
        var u = new Vec3(X, Y, Z);
        Vec3 t = 2 * u.Cross(v);
        return v + W * t + u.Cross(t);
    }

    public static Quat operator *(Quat a, Quat b) => new(
        a.W * b.X + a.X * b.W + a.Y * b.Z - a.Z * b.Y,
        a.W * b.Y - a.X * b.Z + a.Y * b.W + a.Z * b.X,
        a.W * b.Z + a.X * b.Y - a.Y * b.X + a.Z * b.W,
        a.W * b.W - a.X * b.X - a.Y * b.Y - a.Z * b.Z);
}

/// <summary>A rigid transform: where a child frame stands in its parent. <c>baseToTool = baseToFlange * flangeToTool</c>.</summary>
public readonly record struct Pose(Vec3 Position, Quat Rotation)
{
    public static readonly Pose Identity = new(default, Quat.Identity);

    public override string ToString() => $"{Position} {Rotation}";

    public Pose Inverse => new(-Rotation.Inverse.Rotate(Position), Rotation.Inverse);

    public Vec3 Transform(Vec3 point) => Position + Rotation.Rotate(point);

    public static Pose operator *(Pose a, Pose b) => new(a.Transform(b.Position), (a.Rotation * b.Rotation).Normalized);

    /// <summary>From UR's p[x, y, z, rx, ry, rz]: metres and rotation vector in rad.</summary>
    public static Pose FromVector(in Vector6 p) => new(new(p[0], p[1], p[2]), Quat.FromRotationVector(new(p[3], p[4], p[5])));

    /// <summary>UR's p[x, y, z, rx, ry, rz].</summary>
    public Vector6 ToVector()
    {
        Vec3 r = Rotation.ToRotationVector();
        return new(Position.X, Position.Y, Position.Z, r.X, r.Y, r.Z);
    }
}
