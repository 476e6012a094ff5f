namespace RobotWorldModel.WorldModel.Training;

/// <summary>What changes with the optimiser's step k, counted from 0.</summary>
public static class Schedule
{
    /// <summary>
    /// Learning rate: linear from 0 to its peak over the warm-up, then half a cosine down to its floor at the last step, where it stays.
    /// lr·k/w for k &lt; w, else lr_min + ½(lr − lr_min)(1 + cos(π(k − w)/(K − w))); Loshchilov and Hutter 2017, no restarts.
    /// At k = 0 of a warm-up it is 0: count the first step as 1 where it is to have an effect.
    /// </summary>
    /// <param name="warmup">w, steps; 0 for none.</param>
    /// <param name="total">K, steps of the whole run, the warm-up's among them.</param>
    /// <exception cref="ArgumentOutOfRangeException">A step below 0, or a warm-up below 0 or longer than the run.</exception>
    public static double WarmupCosine(long step, double peak, double floor, long warmup, long total)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        ArgumentOutOfRangeException.ThrowIfNegative(warmup);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(warmup, total);
        if (step < warmup)
            return peak * step / warmup;
        if (step >= total)
            return floor;
        return floor + 0.5 * (peak - floor) * (1 + Math.Cos(Math.PI * (step - warmup) / (total - warmup)));
    }

    /// <summary>Weight of the KL terms: w·min(1, step / steps); the whole weight at once where <paramref name="steps"/> is 0.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A step or number of steps below 0.</exception>
    public static double Anneal(long step, double weight, long steps)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        ArgumentOutOfRangeException.ThrowIfNegative(steps);
        return steps == 0 ? weight : weight * Math.Min(1, (double)step / steps);
    }
}
