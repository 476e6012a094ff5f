using System.Runtime.CompilerServices;

namespace RobotWorldModel.Planner.Engine;

/// <summary>
/// Functions of a vector, within 2 units in the last place or so of the exact ones (relative error below 3e-7 where the result is a normal
/// number). Not-a-number stays what it is. Polynomials: Cephes (Moshier), expf.c; log1p is the series of the inverse hyperbolic tangent.
/// </summary>
internal static class VectorMath
{
    private const float Log2E = 1.44269504f, Ln2High = 0.693359375f, Ln2Low = -2.12194440e-4f;
    private const float Shift = 12582912f; // 1.5 · 2^23: what is added to it is rounded to an integer, found in the lowest bits

    /// <summary>e^x; x is taken into [-87, 88].</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Exp<T>(T x) where T : unmanaged, ILanes<T>
    {
        T above = ExpOfRemainder(x, out T n);
        return T.AddExponent(above + T.Create(1), n);
    }

    /// <summary>e^x - 1, precise near 0 too; x is taken into [-87, 88].</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T ExpMinusOne<T>(T x) where T : unmanaged, ILanes<T>
    {
        T above = ExpOfRemainder(x, out T n);
        T scale = T.AddExponent(T.Create(1), n);
        return T.MultiplyAdd(above, scale, scale - T.Create(1));
    }

    /// <summary>1 / (1 + e^-x).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Sigmoid<T>(T x) where T : unmanaged, ILanes<T> => T.Create(1) / (T.Create(1) + Exp(T.Create(0) - x));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Tanh<T>(T x) where T : unmanaged, ILanes<T>
    {
        T e = ExpMinusOne(x + x);
        return e / (e + T.Create(2));
    }

    /// <summary>ln(1 + e^x).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Softplus<T>(T x) where T : unmanaged, ILanes<T>
    {
        T zero = T.Create(0);
        return T.Max(zero, x) + LogOnePlus(Exp(T.Min(x, zero - x)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Elu<T>(T x) where T : unmanaged, ILanes<T>
    {
        T zero = T.Create(0);
        return T.Max(zero, x) + ExpMinusOne(T.Min(zero, x));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Silu<T>(T x) where T : unmanaged, ILanes<T> => x * Sigmoid(x);

    /// <summary>x tanh(ln(1 + e^x)).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Mish<T>(T x) where T : unmanaged, ILanes<T>
    {
        // tanh(ln(1 + e)) = n / (n + 2) with n = e (e + 2); above 20 it is 1 to the last bit, and e² soon beyond a float.
        T e = Exp(T.Min(T.Create(20), x)), n = e * (e + T.Create(2));
        return x * (n / (n + T.Create(2)));
    }

    /// <summary>ln(1 + y) for y in [0, 1].</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T LogOnePlus<T>(T y) where T : unmanaged, ILanes<T>
    {
        T z = y / (y + T.Create(2)); // at most 1/3
        T square = z * z;
        T p = T.Create(2f / 15);
        p = T.MultiplyAdd(p, square, T.Create(2f / 13));
        p = T.MultiplyAdd(p, square, T.Create(2f / 11));
        p = T.MultiplyAdd(p, square, T.Create(2f / 9));
        p = T.MultiplyAdd(p, square, T.Create(2f / 7));
        p = T.MultiplyAdd(p, square, T.Create(2f / 5));
        p = T.MultiplyAdd(p, square, T.Create(2f / 3));
        return T.MultiplyAdd(p * square, z, z + z);
    }

    /// <summary>e^r - 1 for x = n ln 2 + r; n as <see cref="ILanes{T}.AddExponent"/> takes it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T ExpOfRemainder<T>(T x, out T n) where T : unmanaged, ILanes<T>
    {
        x = T.Max(T.Create(-87), T.Min(T.Create(88), x));
        n = T.MultiplyAdd(x, T.Create(Log2E), T.Create(Shift));
        T whole = n - T.Create(Shift);
        T r = T.MultiplyAdd(whole, T.Create(-Ln2High), x);
        r = T.MultiplyAdd(whole, T.Create(-Ln2Low), r);
        // In pairs (Estrin): half as long a chain as Horner's.
        T square = r * r;
        T high = T.MultiplyAdd(T.Create(1.9875691500e-4f), r, T.Create(1.3981999507e-3f));
        T middle = T.MultiplyAdd(T.Create(8.3334519073e-3f), r, T.Create(4.1665795894e-2f));
        T low = T.MultiplyAdd(T.Create(1.6666665459e-1f), r, T.Create(5.0000001201e-1f));
        T p = T.MultiplyAdd(T.MultiplyAdd(high, square, middle), square, low);
        return T.MultiplyAdd(p, square, r);
    }
}
