namespace RobotWorldModel.WorldModel.Metrics;

/// <param name="Count">Rewards in it.</param>
/// <param name="Predicted">Their mean as predicted.</param>
/// <param name="Received">Their mean as received.</param>
public readonly record struct CalibrationBin(int Count, double Predicted, double Received);

/// <summary>
/// Predicted against received rewards, in bins of equally many by prediction: a planner that maximises predictions ends up in the highest
/// bins, which must therefore be right.
/// </summary>
/// <param name="Bins">By rising prediction.</param>
/// <param name="Error">Mean of |predicted − received| over bins, weighted by their counts.</param>
public sealed record RewardCalibration(IReadOnlyList<CalibrationBin> Bins, double Error)
{
    /// <param name="bins">How many; fewer where there are not as many rewards.</param>
    /// <exception cref="ArgumentException">Lengths differ, or there are none, or a value is not finite.</exception>
    public static RewardCalibration Of(ReadOnlySpan<float> predicted, ReadOnlySpan<float> received, int bins = 10)
    {
        if (predicted.IsEmpty || predicted.Length != received.Length || bins < 1)
            throw new ArgumentException($"{predicted.Length} predictions, {received.Length} rewards and {bins} bins were given");
        float[] keys = predicted.ToArray(), values = received.ToArray();
        if (!Array.TrueForAll(keys, float.IsFinite) || !Array.TrueForAll(values, float.IsFinite))
            throw new ArgumentException("a reward is not finite");
        Array.Sort(keys, values);
        int count = Math.Min(bins, keys.Length);
        var made = new CalibrationBin[count];
        double error = 0;
        for (int b = 0; b < count; b++)
        {
            int from = (int)((long)b * keys.Length / count), to = (int)((long)(b + 1) * keys.Length / count);
            made[b] = new(to - from, Mean(keys.AsSpan(from..to)), Mean(values.AsSpan(from..to)));
            error += made[b].Count * Math.Abs(made[b].Predicted - made[b].Received);
        }
        return new(made, error / keys.Length);
    }

    private static double Mean(ReadOnlySpan<float> values)
    {
        double sum = 0;
        foreach (float v in values)
            sum += v;
        return sum / values.Length;
    }
}
