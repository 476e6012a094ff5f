namespace RobotWorldModel.Tests.Shared;

/// <summary>How much later one signal is than another, by trying every shift: slow, and too plain to be wrong.</summary>
public static class Alignment
{
    private const int LongestMs = 400;

    /// <summary>
    /// The shift of the commanded signal that lays it on the measured one best, in least squares over all joints, ms. Both sorted by time.
    /// </summary>
    public static double ShiftMs(
        IReadOnlyList<(double Seconds, double[] Q)> commanded, IReadOnlyList<(double Seconds, double[] Q)> measured)
    {
        double[] apart = [.. Enumerable.Range(0, LongestMs + 1).Select(ms => Apart(commanded, measured, ms * 1e-3))];
        int best = Array.IndexOf(apart, apart.Min());
        Assert.InRange(best, 1, LongestMs - 1);
        double before = apart[best - 1], after = apart[best + 1];
        return best + 0.5 * (before - after) / (before - 2 * apart[best] + after);
    }

    // Mean square distance, where every shift has something to compare with.
    private static double Apart(
        IReadOnlyList<(double Seconds, double[] Q)> commanded, IReadOnlyList<(double Seconds, double[] Q)> measured, double later)
    {
        double sum = 0;
        int count = 0, at = 0;
        foreach (var (seconds, q) in measured)
        {
            if (seconds - LongestMs * 1e-3 < commanded[0].Seconds || seconds > commanded[^1].Seconds)
                continue;
            double wanted = seconds - later;
            while (at + 2 < commanded.Count && commanded[at + 1].Seconds <= wanted)
                at++;
            var (from, to) = (commanded[at], commanded[at + 1]);
            double share = (wanted - from.Seconds) / (to.Seconds - from.Seconds);
            for (int j = 0; j < q.Length; j++)
                sum += Math.Pow(q[j] - (from.Q[j] + (to.Q[j] - from.Q[j]) * share), 2);
            count++;
        }
        Assert.True(count > 50, $"only {count} samples can be compared");
        return sum / count;
    }
}
