using System.Globalization;
using RobotWorldModel.Collector.Codecs;

namespace RobotWorldModel.Collector.Episodes;

/// <summary>
/// The rules of all tables but frames.csv: rows in order, numbers in round-trip form, times by their stream's status, and what ties
/// values together.
/// </summary>
internal sealed class TableRules(
    EpisodeMetadata metadata, Timeline? timeline, IReadOnlyDictionary<string, CsvTable?> tables, Findings findings)
{
    public void Check()
    {
        foreach ((string file, CsvTable? table) in tables)
        {
            if (table is null || !CheckRows(file, table, metadata.Frames, findings))
                continue;
            CheckStatistics(file, table);
            if (timeline is null)
                continue;
            string name = Path.GetFileNameWithoutExtension(file);
            string stream = file == EpisodeLayout.Joints ? EpisodeLayout.RobotStream : name;
            if (timeline.Streams.TryGetValue(stream, out StreamTrack? track))
                CheckAgainstStream(file, table, stream, track);
            else if (file is EpisodeLayout.Rewards or EpisodeLayout.Task)
                CheckAtSlots(file, table);
            else
                CheckAdvancing(file, table);
        }
        CheckRange(EpisodeLayout.Gripper, "position", 0, 1, whole: false);
        CheckRange(EpisodeLayout.Gripper, "object", 0, 1, whole: true);
        CheckRange(EpisodeLayout.Rewards, "terminal", 0, 1, whole: true);
        CheckRange(EpisodeLayout.Rewards, "success", 0, 1, whole: true);
        CheckActions();
        CheckReturn();
    }

    /// <summary>
    /// Frame column 0 … n-1, no cell that is half there, numbers written as we write them, CR LF after each row. True where rows stand
    /// where they belong, so that they can be compared with those of other tables.
    /// </summary>
    public static bool CheckRows(string file, CsvTable table, int frames, Findings findings)
    {
        int before = -1;
        bool inOrder = true;
        bool[] unsent = Unsent(file, table);
        for (int row = 0; row < table.Rows; row++)
        {
            if (!table.TryNumber(row, 0, out double cell) || cell != Math.Floor(cell) || !(Math.Abs(cell) < int.MaxValue))
            {
                findings.Add(file, row, $"frame is '{table.Text(row, 0)}'");
                inOrder = false;
                before++;
                continue;
            }
            int frame = (int)cell;
            if (frame != before + 1)
            {
                string what = frame == before ? $"frame {frame} is there twice"
                    : frame > before ? $"frame {before + 1} is missing before frame {frame}"
                    : $"frame {frame} comes after frame {before}";
                findings.Add(file, row, what);
                inOrder = false;
            }
            before = frame;
            CheckCells(file, table, row, unsent, findings);
        }
        if (table.Rows != frames)
            findings.Add(file, Math.Min(table.Rows, frames),
                $"the file has {table.Rows} rows; {EpisodeLayout.Metadata} says {frames} frames");
        return inOrder && table.Rows == frames;
    }

    /// <summary>Columns that are empty in every row because the arm's controller does not send them.</summary>
    private static bool[] Unsent(string file, CsvTable table)
    {
        var unsent = new bool[table.Columns.Length];
        if (file != EpisodeLayout.Joints)
            return unsent;
        foreach ((int from, int count) in EpisodeLayout.OptionalJointColumns)
        {
            bool empty = true;
            for (int row = 0; row < table.Rows && empty; row++)
                for (int c = from; c < from + count; c++)
                    empty &= table.IsEmpty(row, c);
            Array.Fill(unsent, empty, from, count);
        }
        return unsent;
    }

    private static void CheckCells(string file, CsvTable table, int row, bool[] unsent, Findings findings)
    {
        int length = table.Columns.Length + 1; // commas, CR and LF
        bool text = file == EpisodeLayout.Frames;
        int empty = 0, sent = 0;
        for (int c = 0; c < table.Columns.Length; c++)
        {
            ReadOnlySpan<byte> cell = table.Cell(row, c);
            length += cell.Length;
            sent += unsent[c] ? 0 : 1;
            empty += cell.IsEmpty && !unsent[c] ? 1 : 0;
            if (text && table.Columns[c].EndsWith("_status", StringComparison.Ordinal))
                continue;
            if (!cell.IsEmpty && !IsRoundTripForm(cell))
                findings.Add(file, row, $"{table.Columns[c]} is '{table.Text(row, c)}', not a number in round-trip form");
        }
        if (!text && empty > 0 && empty != sent - 1)
            findings.Add(file, row, "some of its cells are empty and some are not");
        if (table.Line(row).Length != length || !table.Line(row).EndsWith("\r\n"u8))
            findings.Add(file, row, "its line does not end in CR LF");
    }

    private static bool IsRoundTripForm(ReadOnlySpan<byte> cell)
    {
        Span<byte> again = stackalloc byte[32];
        return double.TryParse(cell, NumberStyles.Float, CultureInfo.InvariantCulture, out double value)
            && value.TryFormat(again, out int n, default, CultureInfo.InvariantCulture) && again[..n].SequenceEqual(cell);
    }

    /// <summary>
    /// Rows that a stream fills: empty where it is missing, its originating time, and the same values for the same sample.
    /// </summary>
    private void CheckAgainstStream(string file, CsvTable table, string stream, StreamTrack track)
    {
        for (int row = 0; row < table.Rows; row++)
        {
            StreamStatus status = track.Status[row];
            if (table.IsEmpty(row, 1) != (status == StreamStatus.Missing))
            {
                findings.Add(file, row, $"its cells are {(table.IsEmpty(row, 1) ? "empty" : "filled")} and "
                    + $"{stream} is {StreamRules.Name(status)} in {EpisodeLayout.Frames}");
                continue;
            }
            if (status == StreamStatus.Missing || !table.TryNumber(row, 1, out double timestamp))
                continue;
            double tolerance = status == StreamStatus.Interpolated ? FrameRules.SlotTolerance : FrameRules.AgeTolerance;
            if (!(Math.Abs(timestamp - track.Originating[row]) <= tolerance))
                findings.Add(file, row, $"timestamp is {Number(timestamp)}; "
                    + $"slot and age in {EpisodeLayout.Frames} give {Number(track.Originating[row])}");
            if (status != StreamStatus.Interpolated && track.SameAsBefore(row) && track.Status[row - 1] != StreamStatus.Interpolated
                && !SameCells(table, row))
                findings.Add(file, row, $"{stream} is the same sample as in the row before, the values are not");
        }
    }

    private static bool SameCells(CsvTable table, int row, int from = 1)
    {
        for (int c = from; c < table.Columns.Length; c++)
            if (!table.Cell(row, c).SequenceEqual(table.Cell(row - 1, c)))
                return false;
        return true;
    }

    private void CheckAtSlots(string file, CsvTable table)
    {
        for (int row = 0; row < table.Rows; row++)
            if (!table.IsEmpty(row, 1) && table.TryNumber(row, 1, out double timestamp)
                && !(Math.Abs(timestamp - timeline!.Slots[row]) <= FrameRules.SlotTolerance))
                findings.Add(file, row, $"timestamp is {Number(timestamp)}, the slot {Number(timeline.Slots[row])}");
    }

    private void CheckAdvancing(string file, CsvTable table)
    {
        double before = double.NegativeInfinity;
        for (int row = 0; row < table.Rows; row++)
        {
            if (table.IsEmpty(row, 1) || !table.TryNumber(row, 1, out double timestamp))
                continue;
            if (timestamp < before)
                findings.Add(file, row, $"timestamp {Number(timestamp)} is before the one of the row before, {Number(before)}");
            before = timestamp;
        }
    }

    /// <summary>A row without the arm or a gripper that has an action, or none at all, demonstrates no action.</summary>
    private bool IsUnmeasured(int row) =>
        row >= timeline!.Rows
        || (timeline.Streams.TryGetValue(EpisodeLayout.RobotStream, out var robot) && robot.Status[row] == StreamStatus.Missing)
        || (metadata.Action is { Names.Count: > 6 } && timeline.Streams.TryGetValue(EpisodeLayout.GripperStream, out var gripper)
            && gripper.Status[row] == StreamStatus.Missing);

    private void CheckActions()
    {
        if (tables.GetValueOrDefault(EpisodeLayout.Actions) is not { } table || metadata.Action is not { } action || timeline is null
            || table.Rows != timeline.Rows)
            return;
        for (int row = 0; row < table.Rows; row++)
        {
            if (table.IsEmpty(row, 1))
            {
                if (action.Source == ActionDescription.Demonstrated && !IsUnmeasured(row + 1))
                    findings.Add(EpisodeLayout.Actions, row, "it is empty although the next row was measured");
                continue;
            }
            double slot = timeline.Slots[row];
            if (table.TryNumber(row, 1, out double timestamp)
                && !(timestamp >= slot - FrameRules.AgeTolerance && timestamp < slot + timeline.LatenessS[row] + 2 / metadata.RateHz))
                findings.Add(EpisodeLayout.Actions, row,
                    $"timestamp {Number(timestamp)} is not that of a command of the tick at {Number(slot)}");
            for (int i = 0; i < action.Names.Count; i++)
            {
                double? lower = Bound(action.Lower, i), upper = Bound(action.Upper, i);
                if (table.TryNumber(row, 2 + i, out double a) && (a < lower - 1e-9 || a > upper + 1e-9))
                    findings.Add(EpisodeLayout.Actions, row, $"{action.Names[i]} is {Number(a)}; its bounds are {lower} … {upper}");
            }
        }
        if (action is { Kind: ActionKind.JointPosition, Source: ActionDescription.Demonstrated })
            CheckDemonstrated(table);
    }

    /// <summary>Metadata may name fewer bounds than numbers, which is said where metadata is checked.</summary>
    private static double? Bound(double?[]? bounds, int number) => number < bounds?.Length ? bounds[number] : null;

    /// <summary>Where a person led the arm, an action is what was measured one frame later; the last row repeats the one before.</summary>
    private void CheckDemonstrated(CsvTable actions)
    {
        int dimension = actions.Columns.Length - 2; // not metadata's, which may be wrong
        CsvTable? joints = tables.GetValueOrDefault(EpisodeLayout.Joints), gripper = tables.GetValueOrDefault(EpisodeLayout.Gripper);
        if (joints is null || joints.Rows != actions.Rows || gripper is not null && gripper.Rows != actions.Rows)
            return;
        for (int row = 0; row < actions.Rows - 1; row++)
        {
            if (actions.IsEmpty(row, 1))
                continue; // its own rule says whether it may be
            if (IsUnmeasured(row + 1))
                findings.Add(EpisodeLayout.Actions, row, $"it has an action, and frame {row + 1} was not measured");
            for (int i = 0; i < dimension; i++)
            {
                CsvTable? measured = i < 6 ? joints : gripper;
                ReadOnlySpan<byte> expected = measured is null ? actions.Cell(row, 2 + i) : measured.Cell(row + 1, i < 6 ? 2 + i : 2);
                if (!expected.IsEmpty && !actions.Cell(row, 2 + i).SequenceEqual(expected))
                    findings.Add(EpisodeLayout.Actions, row, $"{actions.Columns[2 + i]} is {actions.Text(row, 2 + i)}; "
                        + $"frame {row + 1} was measured at {System.Text.Encoding.ASCII.GetString(expected)}");
            }
        }
        if (actions.Rows > 1 && !SameCells(actions, actions.Rows - 1, from: 2))
            findings.Add(EpisodeLayout.Actions, actions.Rows - 1, "the last row does not repeat the one before");
    }

    private void CheckRange(string file, string column, double low, double high, bool whole)
    {
        if (tables.GetValueOrDefault(file) is not { } table || table.Column(column) is var c && c < 0)
            return;
        for (int row = 0; row < table.Rows; row++)
            if (!table.IsEmpty(row, c)
                && !(table.TryNumber(row, c, out double v) && v >= low - 1e-9 && v <= high + 1e-9 && (!whole || v == Math.Floor(v))))
                findings.Add(file, row, $"{column} is '{table.Text(row, c)}'; it is {(whole ? $"{low} or {high}" : $"{low} … {high}")}");
    }

    private void CheckReturn()
    {
        if (tables.GetValueOrDefault(EpisodeLayout.Rewards) is not { } table || metadata.Return is not { } promised)
            return;
        double sum = 0;
        for (int row = 0; row < table.Rows; row++)
            if (table.TryNumber(row, 2, out double reward) && double.IsFinite(reward))
                sum += reward;
        if (!(Math.Abs(sum - promised) <= 1e-9 * Math.Max(1, Math.Abs(sum))))
            findings.Add(EpisodeLayout.Rewards, null,
                $"its rewards sum to {Number(sum)}; {EpisodeLayout.Metadata} says a return of {Number(promised)}");
    }

    private void CheckStatistics(string file, CsvTable table)
    {
        if (!metadata.Statistics.TryGetValue(Path.GetFileNameWithoutExtension(file), out ModalityStatistics? promised))
            return;
        var statistics = new TableStatistics(table.Columns.Length - 2);
        var values = new double[table.Columns.Length - 2];
        for (int row = 0; row < table.Rows; row++)
        {
            for (int c = 0; c < values.Length; c++)
                _ = table.TryNumber(row, c + 2, out values[c]); // what is no number has been said by CheckCells
            statistics.Add(values);
        }
        if (!statistics.Result().Agrees(promised))
            findings.Add(file, null, $"minimum, maximum, mean and deviation of its columns are not those in {EpisodeLayout.Metadata}");
    }

    private static string Number(double value) => value.ToString(CultureInfo.InvariantCulture);
}
