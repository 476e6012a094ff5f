using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace RobotWorldModel.Planner.Engine;

/// <summary>
/// A vector of floats as the kernels use it, so that each is written once for all widths. Every operation rounds as IEEE 754 says,
/// whatever the width, and <see cref="MultiplyAdd"/> rounds once.
/// </summary>
internal unsafe interface ILanes<T> where T : unmanaged, ILanes<T>
{
    static abstract int Count { get; }

    static abstract T Create(float value);

    static abstract T Load(float* source);

    void Store(float* target);

    static abstract T operator +(T a, T b);

    static abstract T operator -(T a, T b);

    static abstract T operator *(T a, T b);

    static abstract T operator /(T a, T b);

    /// <summary>a · b + c.</summary>
    static abstract T MultiplyAdd(T a, T b, T c);

    /// <summary>
    /// Adds a · b to this. In a loop of sums it saves the copy that the compiler makes of what <see cref="MultiplyAdd"/> returns: a third
    /// of the time of a matrix product on Zen 1.
    /// </summary>
    void Accumulate(T a, T b);

    /// <summary>The smaller; <paramref name="b"/> where either is not a number.</summary>
    static abstract T Min(T a, T b);

    /// <summary>The larger; <paramref name="b"/> where either is not a number.</summary>
    static abstract T Max(T a, T b);

    /// <summary>a · 2^n, n the integer in the lowest 9 bits of the other's mantissa; a and the result are normal numbers.</summary>
    static abstract T AddExponent(T a, T n);

    /// <summary>Sum of all lanes.</summary>
    float Sum();

    /// <summary>The largest of all lanes.</summary>
    float Largest();
}

internal unsafe struct Lanes512(Vector512<float> value) : ILanes<Lanes512>
{
    private Vector512<float> _v = value;

    public static int Count => 16;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 Create(float value) => new(Vector512.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 Load(float* source) => new(Vector512.Load(source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void Store(float* target) => _v.Store(target);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 operator +(Lanes512 a, Lanes512 b) => new(a._v + b._v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 operator -(Lanes512 a, Lanes512 b) => new(a._v - b._v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 operator *(Lanes512 a, Lanes512 b) => new(a._v * b._v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 operator /(Lanes512 a, Lanes512 b) => new(a._v / b._v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 MultiplyAdd(Lanes512 a, Lanes512 b, Lanes512 c) => new(Vector512.FusedMultiplyAdd(a._v, b._v, c._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Accumulate(Lanes512 a, Lanes512 b) => _v = Vector512.FusedMultiplyAdd(a._v, b._v, _v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 Min(Lanes512 a, Lanes512 b) => new(Vector512.MinNative(a._v, b._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 Max(Lanes512 a, Lanes512 b) => new(Vector512.MaxNative(a._v, b._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 AddExponent(Lanes512 a, Lanes512 n) => new((a._v.AsInt32() + (n._v.AsInt32() << 23)).AsSingle());

    public readonly float Sum() => new Lanes256(_v.GetLower() + _v.GetUpper()).Sum();

    public readonly float Largest() => new Lanes256(Vector256.MaxNative(_v.GetLower(), _v.GetUpper())).Largest();
}

internal unsafe struct Lanes256(Vector256<float> value) : ILanes<Lanes256>
{
    private Vector256<float> _v = value;

    public static int Count => 8;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 Create(float value) => new(Vector256.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 Load(float* source) => new(Vector256.Load(source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void Store(float* target) => _v.Store(target);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 operator +(Lanes256 a, Lanes256 b) => new(a._v + b._v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 operator -(Lanes256 a, Lanes256 b) => new(a._v - b._v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 operator *(Lanes256 a, Lanes256 b) => new(a._v * b._v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 operator /(Lanes256 a, Lanes256 b) => new(a._v / b._v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 MultiplyAdd(Lanes256 a, Lanes256 b, Lanes256 c) => new(Vector256.FusedMultiplyAdd(a._v, b._v, c._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Accumulate(Lanes256 a, Lanes256 b) => _v = Vector256.FusedMultiplyAdd(a._v, b._v, _v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 Min(Lanes256 a, Lanes256 b) => new(Vector256.MinNative(a._v, b._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 Max(Lanes256 a, Lanes256 b) => new(Vector256.MaxNative(a._v, b._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 AddExponent(Lanes256 a, Lanes256 n) => new((a._v.AsInt32() + (n._v.AsInt32() << 23)).AsSingle());

    public readonly float Sum() => Vector128.Sum(_v.GetLower() + _v.GetUpper());

    public readonly float Largest()
    {
        var v = Vector128.MaxNative(_v.GetLower(), _v.GetUpper());
        return Math.Max(Math.Max(v[0], v[1]), Math.Max(v[2], v[3]));
    }
}

/// <summary>One float: for machines without vectors, and what the others are tested against.</summary>
internal unsafe struct Lane(float value) : ILanes<Lane>
{
    private float _v = value;

    public static int Count => 1;

    public static Lane Create(float value) => new(value);

    public static Lane Load(float* source) => new(*source);

    public readonly void Store(float* target) => *target = _v;

    public static Lane operator +(Lane a, Lane b) => new(a._v + b._v);

    public static Lane operator -(Lane a, Lane b) => new(a._v - b._v);

    public static Lane operator *(Lane a, Lane b) => new(a._v * b._v);

    public static Lane operator /(Lane a, Lane b) => new(a._v / b._v);

    // Without the instruction the C library's fused one takes a hundred times as long as two roundings.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane MultiplyAdd(Lane a, Lane b, Lane c) =>
        new(Fma.IsSupported || AdvSimd.IsSupported ? MathF.FusedMultiplyAdd(a._v, b._v, c._v) : a._v * b._v + c._v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Accumulate(Lane a, Lane b) => _v = MultiplyAdd(a, b, this)._v;

    public static Lane Min(Lane a, Lane b) => new(a._v < b._v ? a._v : b._v);

    public static Lane Max(Lane a, Lane b) => new(a._v > b._v ? a._v : b._v);

    public static Lane AddExponent(Lane a, Lane n) =>
        new(BitConverter.Int32BitsToSingle(BitConverter.SingleToInt32Bits(a._v) + (BitConverter.SingleToInt32Bits(n._v) << 23)));

    public readonly float Sum() => _v;

    public readonly float Largest() => _v;
}
