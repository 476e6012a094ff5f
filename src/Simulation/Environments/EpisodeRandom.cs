using System.Numerics;

namespace RobotWorldModel.Simulation.Environments;

/// <summary>
/// xoshiro256** (Blackman, Vigna, "Scrambled Linear Pseudorandom Number Generators", 2021), seeded by SplitMix64 as its authors advise.
/// Our own, because System.Random promises no sequence: an episode's seed means the same episode in every version of the runtime.
/// </summary>
public struct EpisodeRandom
{
    private ulong _a, _b, _c, _d;

    public EpisodeRandom(ulong seed)
    {
        _a = SplitMix(ref seed);
        _b = SplitMix(ref seed);
        _c = SplitMix(ref seed);
        _d = SplitMix(ref seed);
    }

    public ulong Next()
    {
        ulong result = BitOperations.RotateLeft(_b * 5, 7) * 9, shifted = _b << 17;
        _c ^= _a;
        _d ^= _b;
        _b ^= _c;
        _a ^= _d;
        _c ^= shifted;
        _d = BitOperations.RotateLeft(_d, 45);
        return result;
    }

    /// <summary>From the lower bound up to, and without, the upper; 53 bits.</summary>
    public double Uniform(double from, double to) => from + (to - from) * ((Next() >> 11) * (1.0 / (1UL << 53)));

    /// <summary>Mean 0, variance 1 (Box and Muller).</summary>
    public double Normal()
    {
        double radius = Math.Sqrt(-2 * Math.Log(1 - Uniform(0, 1)));
        return radius * Math.Cos(Uniform(0, 2 * Math.PI));
    }

    private static ulong SplitMix(ref ulong state)
    {
        ulong z = state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
