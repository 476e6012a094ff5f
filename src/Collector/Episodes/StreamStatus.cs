namespace RobotWorldModel.Collector.Episodes;

/// <summary>How a row came by a stream's value; written in lower case to frames.csv.</summary>
public enum StreamStatus
{
    /// <summary>A sample of its own, fresh.</summary>
    Ok,

    /// <summary>Linear between the two samples around the slot.</summary>
    Interpolated,

    /// <summary>Older than 1.5 of its stream's periods.</summary>
    Stale,

    /// <summary>The same sample as the row before, written again, and not yet stale.</summary>
    Repeated,

    /// <summary>Nothing for 0.5 s: empty cells, no file.</summary>
    Missing,
}

public enum TickStatus { Ok, Skipped }

/// <summary>
/// The one place where a row's status, age and times are decided; the grid writes by it and the verifier checks by it.
/// Stale wins over repeated: a repeated sample is at least one row old, so otherwise a camera at the grid's rate could never be stale.
/// </summary>
public static class StreamRules
{
    public const long MissingAfterNs = 500_000_000;

    /// <summary>
    /// For images, grippers and whatever else is not interpolated: by the newest sample whose originating time is not after the slot.
    /// </summary>
    /// <param name="ageNs">Slot minus originating time, at least 0.</param>
    /// <param name="periodNs">Of the stream at its native rate.</param>
    /// <param name="sameAsRowBefore">The row before was filled from the same sample.</param>
    public static StreamStatus Newest(long ageNs, long periodNs, bool sameAsRowBefore) =>
        ageNs > MissingAfterNs ? StreamStatus.Missing
        : 2 * ageNs > 3 * periodNs ? StreamStatus.Stale
        : sameAsRowBefore ? StreamStatus.Repeated
        : StreamStatus.Ok;

    /// <summary>
    /// For robot and force: interpolated while the sample before the slot is fresh; else stale, which is that sample as it is, with its
    /// own time, because a line over a gap is a guess.
    /// </summary>
    /// <param name="ageNs">Slot minus the originating time of the sample at or before it.</param>
    public static StreamStatus Interpolated(long ageNs, long periodNs) =>
        ageNs > MissingAfterNs ? StreamStatus.Missing : 2 * ageNs > 3 * periodNs ? StreamStatus.Stale : StreamStatus.Interpolated;

    public static long PeriodNs(double rateHz) => (long)Math.Round(1e9 / rateHz);

    /// <summary>A time relative to t0 as the files write it, s.</summary>
    public static double Seconds(long sinceT0Ns) => sinceT0Ns / 1e9;

    /// <summary>An age as frames.csv writes it: whole microseconds, rounded.</summary>
    public static long AgeUs(long ageNs) => (ageNs + (ageNs < 0 ? -500 : 500)) / 1000;

    /// <summary>Slot k as frames.csv writes it: s since t0, rounded to ns.</summary>
    public static double Slot(long frame, double rateHz) => Seconds((long)Math.Round(frame * 1e9 / rateHz));

    internal static string Name(StreamStatus status) => status switch
    {
        StreamStatus.Ok => "ok",
        StreamStatus.Interpolated => "interpolated",
        StreamStatus.Stale => "stale",
        StreamStatus.Repeated => "repeated",
        StreamStatus.Missing => "missing",
        _ => throw new ArgumentOutOfRangeException(nameof(status)),
    };

    internal static StreamStatus? Parse(ReadOnlySpan<byte> name)
    {
        for (StreamStatus s = StreamStatus.Ok; s <= StreamStatus.Missing; s++)
            if (System.Text.Ascii.Equals(name, Name(s)))
                return s;
        return null;
    }
}
