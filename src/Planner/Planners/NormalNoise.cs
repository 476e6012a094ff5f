using System.Runtime.Intrinsics;

namespace RobotWorldModel.Planner.Planners;

/// <summary>
/// Random numbers of our own, so that a seed means the same on every machine and in every release: xoshiro128++ (Blackman and Vigna 2019)
/// in eight lanes, seeded by SplitMix64, and normal variates by Box and Muller's transform. Every operation is exactly rounded: the same
/// bits on every processor.
/// </summary>
public sealed class NormalNoise
{
    private Vector256<uint> _a, _b, _c, _d;

    public NormalNoise(ulong seed, ulong stream = 0) => Restart(seed, stream);

    /// <summary>Starts a stream anew.</summary>
    public void Restart(ulong seed, ulong stream)
    {
        ulong state = Mix(seed) ^ stream * 0xd1342543de82ef95;
        (_a, _b, _c, _d) = (Lanes(ref state), Lanes(ref state), Lanes(ref state), Lanes(ref state));
    }

    /// <summary>Fills with standard normal variates, |x| at most 5.8.</summary>
    public void Fill(Span<float> values)
    {
        Span<float> rest = stackalloc float[16];
        for (int i = 0; i < values.Length; i += 16)
        {
            var (sine, cosine) = Pair();
            var to = values.Length - i >= 16 ? values.Slice(i, 16) : rest;
            sine.CopyTo(to);
            cosine.CopyTo(to[8..]);
            if (values.Length - i < 16)
                rest[..(values.Length - i)].CopyTo(values[i..]);
        }
    }

    /// <summary>Fills with variates of the standard Gumbel distribution, -ln(-ln u): noise of categorical classes.</summary>
    public void FillGumbel(Span<float> values)
    {
        // u in (0, 1): neither end has a logarithm of one.
        for (int i = 0; i < values.Length; i += 8)
        {
            var inner = Log(Uniform() - Vector256.Create(0.5f / (1 << 24)));
            for (int k = 0; k < Math.Min(8, values.Length - i); k++)
                values[i + k] = -MathF.Log(-inner[k]);
        }
    }

    /// <summary>One number in [0, 1).</summary>
    public float NextUniform() => (Next()[0] >> 8) * (1f / (1 << 24));

    private (Vector256<float> Sine, Vector256<float> Cosine) Pair()
    {
        var radius = Vector256.Sqrt(Vector256.Create(-2f) * Log(Uniform()));
        var (sine, cosine) = SinCosOfTurns(Uniform());
        return (radius * sine, radius * cosine);
    }

    /// <summary>In (0, 1], multiples of 2^-24.</summary>
    private Vector256<float> Uniform() =>
        (Vector256.ConvertToSingle((Next() >> 8).AsInt32()) + Vector256<float>.One) * Vector256.Create(1f / (1 << 24));

    private Vector256<uint> Next()
    {
        var result = Rotate(_a + _d, 7) + _a;
        var t = _b << 9;
        _c ^= _a;
        _d ^= _b;
        _b ^= _c;
        _a ^= _d;
        _c ^= t;
        _d = Rotate(_d, 11);
        return result;
    }

    private static Vector256<uint> Rotate(Vector256<uint> x, int bits) => (x << bits) | (x >>> (32 - bits));

    /// <summary>ln x of normal numbers; Cephes, logf.c.</summary>
    private static Vector256<float> Log(Vector256<float> x)
    {
        // x = 2^e · m, m in [sqrt(1/2), sqrt(2)).
        var shifted = x.AsInt32() - Vector256.Create(0x3f3504f3);
        var e = Vector256.ConvertToSingle(shifted >> 23);
        var m = ((shifted & Vector256.Create(0x7fffff)) + Vector256.Create(0x3f3504f3)).AsSingle() - Vector256<float>.One;
        var square = m * m;
        var p = Vector256.Create(7.0376836292e-2f);
        foreach (float next in (ReadOnlySpan<float>)
            [-1.1514610310e-1f, 1.1676998740e-1f, -1.2420140846e-1f, 1.4249322787e-1f, -1.6668057665e-1f, 2.0000714765e-1f,
             -2.4999993993e-1f, 3.3333331174e-1f])
            p = Vector256.FusedMultiplyAdd(p, m, Vector256.Create(next));
        var y = p * m * square;
        y = Vector256.FusedMultiplyAdd(e, Vector256.Create(-2.12194440e-4f), y);
        y = Vector256.FusedMultiplyAdd(Vector256.Create(-0.5f), square, y);
        return Vector256.FusedMultiplyAdd(e, Vector256.Create(0.693359375f), m + y);
    }

    /// <summary>
    /// sin and cos of 2π t, t in [0, 1]; Cephes, sinf.c, on an eighth of a turn to either side of a quarter's multiple.
    /// </summary>
    private static (Vector256<float> Sine, Vector256<float> Cosine) SinCosOfTurns(Vector256<float> turns)
    {
        var quarters = turns * Vector256.Create(4f);
        var whole = Vector256.Round(quarters, MidpointRounding.ToEven);
        var x = (quarters - whole) * Vector256.Create(1.57079633f);
        var q = Vector256.ConvertToInt32(whole);
        var square = x * x;
        var s = Vector256.FusedMultiplyAdd(Vector256.Create(-1.9515295891e-4f), square, Vector256.Create(8.3321608736e-3f));
        s = Vector256.FusedMultiplyAdd(s, square, Vector256.Create(-1.6666654611e-1f));
        s = Vector256.FusedMultiplyAdd(s * square, x, x);
        var c = Vector256.FusedMultiplyAdd(Vector256.Create(2.443315711809948e-5f), square, Vector256.Create(-1.388731625493765e-3f));
        c = Vector256.FusedMultiplyAdd(c, square, Vector256.Create(4.166664568298827e-2f));
        var start = Vector256.FusedMultiplyAdd(Vector256.Create(-0.5f), square, Vector256<float>.One);
        c = Vector256.FusedMultiplyAdd(c * square, square, start);
        var odd = Vector256.Equals(q & Vector256<int>.One, Vector256<int>.One).AsSingle();
        var sign = Vector256.Create(1 << 31);
        var sineSign = ((q & Vector256.Create(2)) << 30) & sign;
        var cosineSign = (((q + Vector256<int>.One) & Vector256.Create(2)) << 30) & sign;
        return ((Vector256.ConditionalSelect(odd, c, s).AsInt32() ^ sineSign).AsSingle(),
            (Vector256.ConditionalSelect(odd, s, c).AsInt32() ^ cosineSign).AsSingle());
    }

    private static Vector256<uint> Lanes(ref ulong state)
    {
        Span<uint> lanes = stackalloc uint[8];
        foreach (ref uint lane in lanes)
        {
            state += 0x9e3779b97f4a7c15;
            lane = (uint)(Mix(state) >> 32);
        }
        return Vector256.Create<uint>(lanes);
    }

    private static ulong Mix(ulong z)
    {
        z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
        z = (z ^ z >> 27) * 0x94d049bb133111eb;
        return z ^ z >> 31;
    }
}
