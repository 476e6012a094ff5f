using RobotWorldModel.Collector.Codecs;

namespace RobotWorldModel.Collector.Episodes;

/// <summary>
/// What frames.csv says, for the rules of the other files: by row the slot and, by stream, sequence, originating time and status.
/// </summary>
internal sealed class Timeline(int rows, IReadOnlyList<string> streams)
{
    public int Rows { get; } = rows;

    public double[] Slots { get; } = new double[rows];

    public bool[] Skipped { get; } = new bool[rows];

    /// <summary>Of the tick, s; 0 where it was skipped.</summary>
    public double[] LatenessS { get; } = new double[rows];

    public Dictionary<string, StreamTrack> Streams { get; } = streams.ToDictionary(s => s, _ => new StreamTrack(rows));
}

internal sealed class StreamTrack(int rows)
{
    public StreamStatus[] Status { get; } = new StreamStatus[rows];

    public long[] Sequence { get; } = new long[rows];

    /// <summary>Originating time, s since t0; NaN where missing.</summary>
    public double[] Originating { get; } = new double[rows];

    /// <summary>
    /// Whether the row is filled from the same sample as the one before: a device that has started anew may give a number again, but no
    /// time.
    /// </summary>
    public bool SameAsBefore(int row) =>
        row > 0 && Status[row] != StreamStatus.Missing && Status[row - 1] != StreamStatus.Missing && Sequence[row] == Sequence[row - 1]
        && Math.Abs(Originating[row] - Originating[row - 1]) <= FrameRules.AgeTolerance;
}

/// <summary>The rules of frames.csv: the grid, and how each stream's status follows from sequence and age.</summary>
internal static class FrameRules
{
    /// <summary>Slots are written with ns.</summary>
    public const double SlotTolerance = 5e-9;

    /// <summary>Ages are written in whole µs, so what follows from two of them may be off by one and the doubles' own error.</summary>
    public const double AgeTolerance = 1.1e-6;

    private const string File = EpisodeLayout.Frames;

    /// <summary>Null where the table is too damaged to say anything about the others.</summary>
    public static Timeline? Check(CsvTable? table, EpisodeMetadata metadata, EpisodeShape shape, Findings findings)
    {
        if (table is null)
            return null;
        bool inOrder = TableRules.CheckRows(File, table, metadata.Frames, findings);
        var timeline = new Timeline(table.Rows, shape.Streams);
        bool readable = CheckGrid(table, metadata, timeline, findings);
        for (int i = 0; i < shape.Streams.Count; i++)
        {
            string stream = shape.Streams[i];
            if (!ReadStream(table, stream, 5 + 3 * i, timeline, findings))
                readable = false;
            else if (inOrder)
                CheckStream(stream, metadata, timeline, findings);
        }
        if (metadata.NeverAllFresh && inOrder && readable)
            CheckNeverAllFresh(timeline, findings);
        return inOrder && readable && table.Rows == metadata.Frames ? timeline : null;
    }

    private static bool CheckGrid(CsvTable table, EpisodeMetadata metadata, Timeline timeline, Findings findings)
    {
        bool readable = true;
        var lateness = new double[table.Rows];
        for (int row = 0; row < table.Rows; row++)
        {
            double expected = StreamRules.Slot(row, metadata.RateHz);
            timeline.Slots[row] = expected;
            if (!table.TryNumber(row, 2, out double slot) || !(Math.Abs(slot - expected) <= SlotTolerance))
                findings.Add(File, row, $"slot is '{table.Text(row, 2)}'; row {row} at {metadata.RateHz} Hz is {expected}");
            if (!table.Cell(row, 1).SequenceEqual(table.Cell(row, 2)))
                findings.Add(File, row, $"timestamp '{table.Text(row, 1)}' is not the slot '{table.Text(row, 2)}'");
            bool ok = table.Cell(row, 3).SequenceEqual("ok"u8);
            timeline.Skipped[row] = !ok;
            if (!ok && !table.Cell(row, 3).SequenceEqual("skipped"u8))
            {
                findings.Add(File, row, $"tick_status is '{table.Text(row, 3)}'; it is ok or skipped");
                readable = false;
            }
            if (table.IsEmpty(row, 4) == ok || !table.TryNumber(row, 4, out lateness[row]))
                findings.Add(File, row, $"lateness_us is '{table.Text(row, 4)}' and tick_status '{table.Text(row, 3)}': "
                    + "a tick that ran has a lateness, a skipped one none");
            timeline.LatenessS[row] = double.IsFinite(lateness[row]) ? Math.Max(0, lateness[row] * 1e-6) : 0;
        }
        if (readable && table.Rows == metadata.Frames && metadata.Tick is { } tick && TickReport.From(lateness) is var found
            && !Agrees(tick, found))
            findings.Add(File, null, $"its lateness gives {found}; {EpisodeLayout.Metadata} says {tick}");
        return readable;
    }

    private static bool Agrees(TickReport a, TickReport b) =>
        a.SkippedSlots == b.SkippedSlots && Math.Abs(a.P50Us - b.P50Us) < 1e-6 && Math.Abs(a.P99Us - b.P99Us) < 1e-6
            && Math.Abs(a.MaxUs - b.MaxUs) < 1e-6;

    private static bool ReadStream(CsvTable table, string stream, int column, Timeline timeline, Findings findings)
    {
        StreamTrack track = timeline.Streams[stream];
        bool readable = true;
        for (int row = 0; row < table.Rows; row++)
        {
            StreamStatus? status = StreamRules.Parse(table.Cell(row, column + 2));
            bool missing = status == StreamStatus.Missing;
            if (status is null
                || missing != table.IsEmpty(row, column) || missing != table.IsEmpty(row, column + 1)
                || !table.TryNumber(row, column, out double sequence) || !table.TryNumber(row, column + 1, out double ageUs)
                || !missing && (sequence != Math.Floor(sequence) || ageUs != Math.Floor(ageUs) || ageUs < 0))
            {
                findings.Add(File, row, $"{stream} has sequence '{table.Text(row, column)}', age '{table.Text(row, column + 1)}' and "
                    + $"status '{table.Text(row, column + 2)}', which do not go together");
                readable = false;
                continue;
            }
            track.Status[row] = status.Value;
            track.Sequence[row] = missing ? 0 : (long)sequence;
            track.Originating[row] = timeline.Slots[row] - ageUs * 1e-6;
        }
        return readable;
    }

    /// <summary>The first row that a search for t0 would have found.</summary>
    private static void CheckNeverAllFresh(Timeline timeline, Findings findings)
    {
        for (int row = 0; row < timeline.Rows; row++)
            if (!timeline.Skipped[row] && !timeline.Streams.Values.Any(t => t.Status[row] is StreamStatus.Stale or StreamStatus.Missing))
            {
                findings.Add(File, row, $"every stream is fresh; {EpisodeLayout.Metadata} says that at no slot they were");
                return;
            }
    }

    private static void CheckStream(string stream, EpisodeMetadata metadata, Timeline timeline, Findings findings)
    {
        StreamReport report = metadata.Streams[stream];
        StreamTrack track = timeline.Streams[stream];
        long periodNs = StreamRules.PeriodNs(report.RateHz);
        bool interpolated = stream is EpisodeLayout.RobotStream or EpisodeLayout.ForceStream
            || track.Status.Contains(StreamStatus.Interpolated);
        var tally = new StreamTally(stream);
        double newest = double.NaN; // at least as old is the newest sample that any row so far was made from
        for (int row = 0; row < timeline.Rows; row++)
        {
            StreamStatus status = track.Status[row];
            long ageNs = (long)Math.Round((timeline.Slots[row] - track.Originating[row]) * 1e9);
            tally.Add(new StreamCell(track.Sequence[row], ageNs, status));
            if (row == 0 && !metadata.NeverAllFresh && status is not (StreamStatus.Ok or StreamStatus.Interpolated))
                findings.Add(File, row, $"{stream} is {StreamRules.Name(status)}; an episode begins where every stream is fresh");
            if (status == StreamStatus.Missing)
            {
                double gap = timeline.Slots[row] - newest;
                if (gap <= StreamRules.MissingAfterNs * 1e-9 - AgeTolerance)
                    findings.Add(File, row, $"{stream} is missing only {gap:0.000} s after a sample; that is stale until 0.5 s");
                continue;
            }
            string? wrong = interpolated ? WrongInterpolated(track, row, ageNs, periodNs) : WrongNewest(track, row, ageNs, periodNs);
            if (wrong is not null)
                findings.Add(File, row, $"{stream} is {StreamRules.Name(status)} at an age of {ageNs / 1000} µs: {wrong}");
            newest = status == StreamStatus.Interpolated ? timeline.Slots[row] - 1.5e-9 * periodNs : track.Originating[row];
        }
        if (tally.CountsOver(report.Counts) is var counts && counts != report.Counts && timeline.Rows > 0)
            findings.Add(File, null, $"{stream} has {counts}; {EpisodeLayout.Metadata} says {report.Counts}");
    }

    private static string? WrongInterpolated(StreamTrack track, int row, long ageNs, long periodNs) => track.Status[row] switch
    {
        StreamStatus.Interpolated => ageNs == 0 ? null : "what is interpolated is that of the slot",
        StreamStatus.Stale => Possible(age => StreamRules.Interpolated(age, periodNs), ageNs, StreamStatus.Stale) || EndsAt(track, row)
            ? null
            : $"with a period of {periodNs / 1000} µs it is not",
        _ => "it can be interpolated, stale or missing",
    };

    /// <summary>No later sample follows at once: a row after the stream's last sample is that sample, however young.</summary>
    private static bool EndsAt(StreamTrack track, int row) =>
        row + 1 == track.Status.Length || track.Status[row + 1] == StreamStatus.Missing || track.SameAsBefore(row + 1);

    private static string? WrongNewest(StreamTrack track, int row, long ageNs, long periodNs)
    {
        StreamStatus status = track.Status[row];
        bool same = track.SameAsBefore(row);
        if (row > 0 && track.Status[row - 1] != StreamStatus.Missing)
        {
            double step = track.Originating[row] - track.Originating[row - 1];
            if (step < -AgeTolerance)
                return "its sample is older than the one of the row before";
            bool sameNumber = track.Sequence[row] == track.Sequence[row - 1];
            if (sameNumber && !same && step < 0.5e-9 * periodNs) // a device that counts anew takes longer to come back
                return "the same sequence as in the row before has another time";
            if (!sameNumber && step <= AgeTolerance)
                return "another sequence than in the row before has the same time";
        }
        return Possible(age => StreamRules.Newest(age, periodNs, same), ageNs, status)
            ? null
            : $"with a period of {periodNs / 1000} µs, and {(same ? "the same sample as" : "another sample than")} the row before, "
                + $"it is {StreamRules.Name(StreamRules.Newest(ageNs, periodNs, same))}";
    }

    /// <summary>Whether the rule gives the status for some age that is written as this one.</summary>
    private static bool Possible(Func<long, StreamStatus> rule, long ageNs, StreamStatus status) =>
        rule(ageNs) == status || rule(Math.Max(0, ageNs - 600)) == status || rule(ageNs + 600) == status;
}
