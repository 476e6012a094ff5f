namespace RobotWorldModel.Simulation.Devices;

/// <summary>
/// Draws what the transport does to each sample: its delay, and whether it is dropped. Repeatable by its seed; one thread.
/// </summary>
internal sealed class TransportDraw(TransportOptions options, int seed)
{
    private readonly Random _random = new(seed);
    private long _lastDueNs = long.MinValue;

    public bool Drops() => options.DropShare > 0 && _random.NextDouble() < options.DropShare;

    public long DelayNs()
    {
        double ms = options.DelayMsMin + (options.DelayMsMax - options.DelayMsMin) * _random.NextDouble();
        return (long)((ms + options.ExtraDelayMs) * 1e6);
    }

    /// <summary>When something with a delay arrives, never before what was sent earlier.</summary>
    public long Due(long madeNs, long delayNs) => _lastDueNs = Math.Max(_lastDueNs, madeNs + delayNs);

    /// <exception cref="ArgumentException">Says which setting is out of range.</exception>
    public static TransportOptions Validated(string device, TransportOptions options)
    {
        if (!(options.DelayMsMin >= 0 && options.DelayMsMax >= options.DelayMsMin && options.DelayMsMax <= 10_000))
            throw new ArgumentException($"simulation.{device}: delay_ms_min {options.DelayMsMin} and delay_ms_max {options.DelayMsMax} "
                + "must be 0 to 10000, min not above max");
        if (options.ExtraDelayMs is not (>= 0 and <= 10_000))
            throw new ArgumentException($"simulation.{device}: extra_delay_ms {options.ExtraDelayMs} must be 0 to 10000");
        if (options.DropShare is not (>= 0 and <= 1))
            throw new ArgumentException($"simulation.{device}: drop_share {options.DropShare} must be 0 to 1");
        return options;
    }
}
