namespace RobotWorldModel.WorldModel.Data;

/// <summary>
/// Steele, Lea and Flood's generator (2014): the same numbers on every machine and in every version of the runtime, from a seed that may
/// be any number.
/// </summary>
internal struct SplitMix64(ulong seed)
{
    private ulong _state = seed;

    public ulong Next() => Mix(_state += 0x9E3779B97F4A7C15);

    /// <summary>0 ≤ value &lt; bound, each as likely (Lemire 2019).</summary>
    public int Below(int bound)
    {
        for (; ; )
        {
            ulong high = Math.BigMul(Next(), (ulong)bound, out ulong low);
            if (low >= (0 - (ulong)bound) % (ulong)bound)
                return (int)high;
        }
    }

    /// <summary>Fisher and Yates' shuffle.</summary>
    public void Shuffle(Span<int> values)
    {
        for (int i = values.Length - 1; i > 0; i--)
        {
            int j = Below(i + 1);
            (values[i], values[j]) = (values[j], values[i]);
        }
    }

    public static ulong Mix(ulong z)
    {
        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
        z = (z ^ z >> 27) * 0x94D049BB133111EB;
        return z ^ z >> 31;
    }
}
