using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace RobotWorldModel.Drivers.Geometry;

/// <summary>
/// Six numbers held in place, without an array: joint values (rad, rad/s …), a UR pose (x, y, z m; rotation vector rad), a wrench.
/// </summary>
[InlineArray(6)]
public struct Vector6 : IEquatable<Vector6>
{
    private double _first;

    public Vector6(double a, double b, double c, double d, double e, double f)
    {
        this[0] = a;
        this[1] = b;
        this[2] = c;
        this[3] = d;
        this[4] = e;
        this[5] = f;
    }

    /// <exception cref="ArgumentException">Not six values.</exception>
    public Vector6(ReadOnlySpan<double> values)
    {
        if (values.Length != 6)
            throw new ArgumentException($"six values are needed, {values.Length} were given", nameof(values));
        values.CopyTo(this);
    }

    public readonly bool IsFinite
    {
        get
        {
            foreach (double v in this)
                if (!double.IsFinite(v))
                    return false;
            return true;
        }
    }

    /// <summary>Euclidean length over all six.</summary>
    public readonly double Norm
    {
        get
        {
            double sum = 0;
            foreach (double v in this)
                sum += v * v;
            return Math.Sqrt(sum);
        }
    }

    /// <summary>The largest absolute value.</summary>
    public readonly double MaxAbs
    {
        get
        {
            double max = 0;
            foreach (double v in this)
                max = Math.Max(max, Math.Abs(v));
            return max;
        }
    }

    public readonly double[] ToArray() => [this[0], this[1], this[2], this[3], this[4], this[5]];

    public static Vector6 operator +(in Vector6 a, in Vector6 b)
    {
        Vector6 r = default;
        for (int i = 0; i < 6; i++)
            r[i] = a[i] + b[i];
        return r;
    }

    public static Vector6 operator -(in Vector6 a, in Vector6 b)
    {
        Vector6 r = default;
        for (int i = 0; i < 6; i++)
            r[i] = a[i] - b[i];
        return r;
    }

    public static Vector6 operator *(in Vector6 a, double s)
    {
        Vector6 r = default;
        for (int i = 0; i < 6; i++)
            r[i] = a[i] * s;
        return r;
    }

    public static Vector6 Lerp(in Vector6 a, in Vector6 b, double t) => a + (b - a) * t;

    public readonly bool Equals(Vector6 other) => ((ReadOnlySpan<double>)this).SequenceEqual(other);

    public override readonly bool Equals(object? obj) => obj is Vector6 v && Equals(v);

    public override readonly int GetHashCode() => HashCode.Combine(this[0], this[1], this[2], this[3], this[4], this[5]);

    public static bool operator ==(in Vector6 a, in Vector6 b) => a.Equals(b);

    public static bool operator !=(in Vector6 a, in Vector6 b) => !a.Equals(b);

    public override readonly string ToString() => $"[{string.Join(", ", ToArray().Select(v => v.ToString("0.####")))}]";
}
