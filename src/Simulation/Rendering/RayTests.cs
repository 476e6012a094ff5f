using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using RobotWorldModel.Simulation.Physics;
using F = System.Runtime.Intrinsics.Vector256<float>;

namespace RobotWorldModel.Simulation.Rendering;

/// <summary>
/// Eight rays at once against one kind of primitive, in its local frame: where each enters and leaves, in multiples of its direction.
/// Vector256's operations are computed in software where the processor has none: slower, with the same results.
/// </summary>
internal interface IRayTest
{
    /// <returns>All bits set where a ray hits.</returns>
    static abstract F Hit(in Primitive p, F ox, F oy, F oz, F dx, F dy, F dz, out F enter, out F leave);
}

internal static class Lanes
{
    public static readonly F Index = Vector256.Create(0f, 1, 2, 3, 4, 5, 6, 7);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F All(float value) => Vector256.Create(value);

    /// <summary>a · b + c, rounded once: the same on every processor.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F MulAdd(F a, F b, F c) => Vector256.FusedMultiplyAdd(a, b, c);

    // A direction of exactly zero would make 0 · ∞; this changes no other value that matters.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F Inverse(F direction) => F.One / (direction + All(1e-9f));
}

/// <summary>Slabs: |x| ≤ A, |y| ≤ B, |z| ≤ C.</summary>
internal readonly struct BoxTest : IRayTest
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F Hit(in Primitive p, F ox, F oy, F oz, F dx, F dy, F dz, out F enter, out F leave)
    {
        F ix = Lanes.Inverse(dx), iy = Lanes.Inverse(dy), iz = Lanes.Inverse(dz);
        F mx = -ox * ix, my = -oy * iy, mz = -oz * iz;
        F hx = Lanes.All(p.A) * Vector256.Abs(ix), hy = Lanes.All(p.B) * Vector256.Abs(iy), hz = Lanes.All(p.C) * Vector256.Abs(iz);
        enter = Vector256.MaxNative(Vector256.MaxNative(mx - hx, my - hy), mz - hz);
        leave = Vector256.MinNative(Vector256.MinNative(mx + hx, my + hy), mz + hz);
        return Vector256.LessThan(enter, leave);
    }
}

/// <summary>x² + y² ≤ A², |z| ≤ B.</summary>
internal readonly struct CylinderTest : IRayTest
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F Hit(in Primitive p, F ox, F oy, F oz, F dx, F dy, F dz, out F enter, out F leave)
    {
        F a = Lanes.MulAdd(dx, dx, Lanes.MulAdd(dy, dy, Lanes.All(1e-12f)));
        F b = Lanes.MulAdd(ox, dx, oy * dy);
        F c = Lanes.MulAdd(ox, ox, Lanes.MulAdd(oy, oy, Lanes.All(-p.A * p.A)));
        F discriminant = Lanes.MulAdd(b, b, -(a * c));
        F root = Vector256.Sqrt(Vector256.MaxNative(discriminant, F.Zero));
        F ia = F.One / a, iz = Lanes.Inverse(dz);
        F mz = -oz * iz, hz = Lanes.All(p.B) * Vector256.Abs(iz);
        enter = Vector256.MaxNative((-b - root) * ia, mz - hz);
        leave = Vector256.MinNative((root - b) * ia, mz + hz);
        return Vector256.LessThan(enter, leave) & Vector256.GreaterThan(discriminant, F.Zero);
    }
}

/// <summary>x² + y² + z² ≤ A².</summary>
internal readonly struct SphereTest : IRayTest
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F Hit(in Primitive p, F ox, F oy, F oz, F dx, F dy, F dz, out F enter, out F leave)
    {
        F a = Lanes.MulAdd(dx, dx, Lanes.MulAdd(dy, dy, dz * dz));
        F b = Lanes.MulAdd(ox, dx, Lanes.MulAdd(oy, dy, oz * dz));
        F c = Lanes.MulAdd(ox, ox, Lanes.MulAdd(oy, oy, Lanes.MulAdd(oz, oz, Lanes.All(-p.A * p.A))));
        F discriminant = Lanes.MulAdd(b, b, -(a * c));
        F root = Vector256.Sqrt(Vector256.MaxNative(discriminant, F.Zero)), ia = F.One / a;
        enter = (-b - root) * ia;
        leave = (root - b) * ia;
        return Vector256.GreaterThan(discriminant, F.Zero);
    }
}

/// <summary>z = 0, seen from above.</summary>
internal readonly struct PlaneTest : IRayTest
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F Hit(in Primitive p, F ox, F oy, F oz, F dx, F dy, F dz, out F enter, out F leave)
    {
        enter = leave = -oz / dz;
        return Vector256.LessThan(dz, F.Zero);
    }
}
