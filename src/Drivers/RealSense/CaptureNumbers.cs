namespace RobotWorldModel.Drivers.RealSense;

/// <summary>
/// Numbers the captures of a camera whose colour and depth come by themselves: pictures whose stamps are within half a period of each
/// other belong to one capture and have one number, until they have drifted apart. Within a stream a lost picture leaves a gap. The
/// library's own sets are not trusted: they pair what came together, and wait for it. Not thread-safe; allocates nothing.
/// </summary>
/// <param name="first">None is below it.</param>
internal sealed class CaptureNumbers(long periodNs, long first)
{
    private const int Kept = 16; // pictures by which one stream may be behind the other

    /// <summary>Periods. More than a half: two that run half a period apart must not change partners with every jitter.</summary>
    private const double Slack = 0.6;

    private const long Never = long.MinValue / 2; // far from every stamp, and not so far that the difference overflows
    private readonly long[,] _times = new long[2, Kept], _numbers = new long[2, Kept];
    private readonly int[] _count = new int[2];

    /// <param name="stream">0 or 1.</param>
    /// <param name="stampNs">On the clock that both streams have: host times would not do, they move while that clock is being fitted.
    /// Null where there is none to be believed: the stream counts on by itself.</param>
    /// <param name="step">How far the stream's own counter has gone since its picture before.</param>
    public long Next(int stream, long? stampNs, long step)
    {
        long least = _count[stream] == 0 ? first : Last(stream) + 1;
        long number = _count[stream] == 0 ? first : Last(stream) + Math.Max(1, step);
        if (stampNs is { } timeNs && Nearest(1 - stream, timeNs) is var (time, other))
        {
            double apart = (timeNs - time) / (double)periodNs;
            if (Math.Abs(apart) <= Kept && (_count[stream] == 0 || Math.Abs(number - other - apart) > Slack))
                number = other + (long)Math.Round(apart);
        }
        number = Math.Max(number, least);
        int slot = _count[stream]++ % Kept;
        (_times[stream, slot], _numbers[stream, slot]) = (stampNs ?? Never, number);
        return number;
    }

    private long Last(int stream) => _numbers[stream, (_count[stream] - 1) % Kept];

    private (long Time, long Number)? Nearest(int stream, long timeNs)
    {
        (long, long)? nearest = null;
        long least = long.MaxValue;
        for (int i = 0; i < Math.Min(Kept, _count[stream]); i++)
        {
            long apart = Math.Abs(_times[stream, i] - timeNs);
            if (apart < least)
                (least, nearest) = (apart, (_times[stream, i], _numbers[stream, i]));
        }
        return nearest;
    }
}
