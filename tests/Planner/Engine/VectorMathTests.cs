using RobotWorldModel.Planner.Engine;

namespace RobotWorldModel.Planner.Tests.Engine;

/// <summary>Functions of vectors against double precision, and of one width against another.</summary>
public class VectorMathTests
{
    private const int Count = 1 << 16;

    [Fact]
    public void Exponential_and_its_kin_are_exact_to_three_parts_in_ten_million()
    {
        Check(-80, 80, VectorMath.Exp<Lanes256>, VectorMath.Exp<Lanes512>, VectorMath.Exp<Lane>, Math.Exp);
        Check(-10, 10, VectorMath.ExpMinusOne<Lanes256>, VectorMath.ExpMinusOne<Lanes512>, VectorMath.ExpMinusOne<Lane>, ExpMinusOne);
        Check(
            -1e-3f, 1e-3f, VectorMath.ExpMinusOne<Lanes256>, VectorMath.ExpMinusOne<Lanes512>, VectorMath.ExpMinusOne<Lane>, ExpMinusOne);
        Check(-60, 60, VectorMath.Sigmoid<Lanes256>, VectorMath.Sigmoid<Lanes512>, VectorMath.Sigmoid<Lane>, x => 1 / (1 + Math.Exp(-x)));
        Check(-12, 12, VectorMath.Tanh<Lanes256>, VectorMath.Tanh<Lanes512>, VectorMath.Tanh<Lane>, Math.Tanh);
        Check(-60, 60, VectorMath.Softplus<Lanes256>, VectorMath.Softplus<Lanes512>, VectorMath.Softplus<Lane>, Softplus);
        Check(-12, 12, VectorMath.Elu<Lanes256>, VectorMath.Elu<Lanes512>, VectorMath.Elu<Lane>, x => x > 0 ? x : ExpMinusOne(x));
        Check(-60, 60, VectorMath.Silu<Lanes256>, VectorMath.Silu<Lanes512>, VectorMath.Silu<Lane>, x => x / (1 + Math.Exp(-x)));
        Check(-40, 60, VectorMath.Mish<Lanes256>, VectorMath.Mish<Lanes512>, VectorMath.Mish<Lane>, x => x * Math.Tanh(Softplus(x)));
    }

    [Fact]
    public unsafe void Not_a_number_stays_one_and_infinities_are_bounded()
    {
        float[] inputs = [float.NaN, float.PositiveInfinity, float.NegativeInfinity];
        Func<Lane, Lane>[] all = [VectorMath.Exp, VectorMath.Sigmoid, VectorMath.Tanh, VectorMath.Elu, VectorMath.Softplus,
            VectorMath.Mish];
        foreach (var f in all)
            Assert.True(float.IsNaN(Apply(f, float.NaN)));
        Assert.Equal([1, -1, 1, 0], new[]
        {
            Apply(VectorMath.Tanh, inputs[1]), Apply(VectorMath.Tanh, inputs[2]), Apply(VectorMath.Sigmoid, inputs[1]),
            Apply(VectorMath.Sigmoid, inputs[2]),
        }.Select(v => MathF.Round(v)));
        float* nan = stackalloc float[8];
        new Span<float>(nan, 8).Fill(float.NaN);
        VectorMath.Elu(Lanes256.Load(nan)).Store(nan);
        Assert.True(float.IsNaN(nan[0]) && float.IsNaN(nan[7]));
    }

    private static unsafe void Check(
        float from, float to, Func<Lanes256, Lanes256> f256, Func<Lanes512, Lanes512> f512, Func<Lane, Lane> f1,
        Func<double, double> exact)
    {
        using var x = new NativeBuffer(Count);
        using var a = new NativeBuffer(Count);
        using var b = new NativeBuffer(Count);
        using var c = new NativeBuffer(Count);
        for (int i = 0; i < Count; i++)
            x.Start[i] = from + (to - from) * i / Count;
        for (int i = 0; i < Count; i += 8)
            f256(Lanes256.Load(x.Start + i)).Store(a.Start + i);
        for (int i = 0; i < Count; i += 16)
            f512(Lanes512.Load(x.Start + i)).Store(b.Start + i);
        for (int i = 0; i < Count; i++)
            f1(Lane.Load(x.Start + i)).Store(c.Start + i);
        double worst = 0;
        for (int i = 0; i < Count; i++)
        {
            double e = exact(x.Start[i]);
            if (e != 0)
                worst = Math.Max(worst, Math.Abs(a.Start[i] - e) / Math.Abs(e));
        }
        Assert.InRange(worst, 0, 3e-7);
        Assert.True(a.Span.SequenceEqual(b.Span), "512 bits differ from 256");
        Assert.True(a.Span.SequenceEqual(c.Span), "256 bits differ from one lane");
    }

    private static unsafe float Apply(Func<Lane, Lane> f, float x)
    {
        f(Lane.Create(x)).Store(&x);
        return x;
    }

    // Math has none: the series where 1 would swallow the digits.
    private static double ExpMinusOne(double x) =>
        Math.Abs(x) < 1e-4 ? x * (1 + x / 2 * (1 + x / 3 * (1 + x / 4))) : Math.Exp(x) - 1;

    private static double Softplus(double x)
    {
        double e = Math.Exp(-Math.Abs(x));
        return Math.Max(x, 0) + (e < 1e-4 ? e * (1 - e / 2 + e * e / 3) : Math.Log(1 + e));
    }
}
