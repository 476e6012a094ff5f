using RobotWorldModel.Planner.Planners;

namespace RobotWorldModel.Planner.Tests.Planners;

/// <summary>Random numbers: against the algorithms in plain arithmetic, and their statistics.</summary>
public class NormalNoiseTests
{
    [Fact]
    public void Numbers_are_those_of_the_published_algorithms()
    {
        float[] values = new float[16 * 100];
        new NormalNoise(seed: 42, stream: 7).Fill(values);
        uint[][] lanes = Seeded(42, 7);
        double worst = 0;
        for (int i = 0; i < values.Length; i += 16)
        {
            double[] first = [.. lanes.Select(Draw)], second = [.. lanes.Select(Draw)];
            for (int lane = 0; lane < 8; lane++)
            {
                double radius = Math.Sqrt(-2 * Math.Log(first[lane]));
                worst = Math.Max(worst, Math.Abs(values[i + lane] - radius * Math.Sin(2 * Math.PI * second[lane])));
                worst = Math.Max(worst, Math.Abs(values[i + 8 + lane] - radius * Math.Cos(2 * Math.PI * second[lane])));
            }
        }
        Assert.InRange(worst, 0, 2e-6);

        static double Draw(uint[] s) => ((Next(s) >> 8) + 1) / (double)(1 << 24);
    }

    [Fact]
    public void Normal_variates_have_the_moments_and_tails_of_a_normal_distribution()
    {
        const int count = 1 << 20;
        float[] values = new float[count];
        new NormalNoise(1).Fill(values);
        Assert.InRange(values.Average(), -0.005, 0.005);
        Assert.InRange(values.Average(v => (double)v * v), 0.99, 1.01);
        Assert.InRange(values.Average(v => Math.Pow(v, 4)), 2.95, 3.05);
        Assert.InRange(values.Count(v => Math.Abs(v) > 1) / (double)count, 0.3158, 0.3188); // 0.3173
        Assert.InRange(values.Count(v => v > 3) / (double)count, 0.00120, 0.00150); // 0.00135
        Assert.InRange(values.Zip(values.Skip(8), (a, b) => (double)a * b).Average(), -0.005, 0.005);
        Assert.All(values.Take(10000), v => Assert.InRange(v, -5.8f, 5.8f));
    }

    [Fact]
    public void Gumbel_variates_have_the_mean_and_variance_of_theirs()
    {
        float[] values = new float[1 << 18];
        new NormalNoise(3).FillGumbel(values);
        Assert.All(values, v => Assert.True(float.IsFinite(v)));
        double mean = values.Average(v => (double)v);
        Assert.InRange(mean, 0.5772 - 0.01, 0.5772 + 0.01);
        Assert.InRange(values.Average(v => Math.Pow(v - mean, 2)), 1.6449 - 0.03, 1.6449 + 0.03); // π² / 6
    }

    [Fact]
    public void Seeds_and_streams_differ_and_a_restart_repeats()
    {
        float[] First(ulong seed, ulong stream)
        {
            float[] values = new float[19]; // no multiple of what is drawn at a time
            new NormalNoise(seed, stream).Fill(values);
            return values;
        }
        Assert.Equal(First(1, 0), First(1, 0));
        var all = new[] { First(1, 0), First(2, 0), First(1, 1), First(0, 0), First(0, 1) };
        Assert.Equal(all.Length * 19, all.SelectMany(v => v).Distinct().Count());
        var noise = new NormalNoise(5);
        noise.Fill(new float[100]);
        noise.Restart(1, 0);
        float[] again = new float[19];
        noise.Fill(again);
        Assert.Equal(all[0], again);
    }

    [Theory]
    [InlineData(2, 30)]
    [InlineData(2, 15)]
    [InlineData(3.5, 12)]
    [InlineData(0, 12)]
    public void Power_of_coloured_noise_falls_as_its_exponent_says(double exponent, int horizon)
    {
        const int sequences = 10000;
        float[] values = new float[sequences * horizon * 2];
        new ColoredNoise(exponent, horizon, 2).Fill(new NormalNoise(9), values);
        double[] power = new double[horizon / 2 + 1];
        for (int n = 0; n < sequences; n++)
        {
            for (int k = 1; k <= horizon / 2; k++)
            {
                double re = 0, im = 0;
                for (int t = 0; t < horizon; t++)
                {
                    double v = values[(n * horizon + t) * 2 + n % 2];
                    (re, im) = (re + v * Math.Cos(2 * Math.PI * k * t / horizon), im + v * Math.Sin(2 * Math.PI * k * t / horizon));
                }
                power[k] += (re * re + im * im) / sequences;
            }
        }
        // The last of an even horizon has no imaginary part: it is half as strong where noise is made, the same where it is white.
        for (int k = 2; k < (horizon + 1) / 2; k++)
            Assert.InRange(power[k] / power[1] * Math.Pow(k, exponent), 0.95, 1.05);
        double expected = 0;
        for (int k = 1; k <= horizon / 2; k++)
            expected += power[k] * (2 * k == horizon ? 1 : 2) / horizon / horizon;
        double whole = exponent == 0 ? (horizon - 1.0) / horizon : 1; // white noise has its constant part in its unit variance
        Assert.InRange(expected / whole, 0.96, 1.04);
    }

    private static uint[][] Seeded(ulong seed, ulong stream)
    {
        ulong state = Mix(seed) ^ unchecked(stream * 0xd1342543de82ef95);
        uint[][] lanes = [.. Enumerable.Range(0, 8).Select(_ => new uint[4])];
        for (int word = 0; word < 4; word++)
        {
            foreach (uint[] lane in lanes)
            {
                state = unchecked(state + 0x9e3779b97f4a7c15);
                lane[word] = (uint)(Mix(state) >> 32);
            }
        }
        return lanes;
    }

    private static ulong Mix(ulong z)
    {
        unchecked
        {
            z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
            z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
            return z ^ (z >> 31);
        }
    }

    // xoshiro128plusplus.c
    private static uint Next(uint[] s)
    {
        uint result = uint.RotateLeft(unchecked(s[0] + s[3]), 7);
        result = unchecked(result + s[0]);
        uint t = s[1] << 9;
        s[2] ^= s[0];
        s[3] ^= s[1];
        s[1] ^= s[2];
        s[0] ^= s[3];
        s[2] ^= t;
        s[3] = uint.RotateLeft(s[3], 11);
        return result;
    }
}
