using System.Text.Json;
using RobotWorldModel.Collector.Codecs;

namespace RobotWorldModel.Collector.Episodes;

/// <summary>
/// Finds what is wrong with an episode and names file and row. First every file against SHA256SUMS; then, on its own, the content against
/// the format's rules, so that most of what was changed and hashed again is found too; then, where a reference is given, against the
/// capture log.
/// </summary>
public static class EpisodeVerifier
{
    /// <summary>Verifies a committed episode; an empty list means that nothing is wrong. Changes nothing.</summary>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    public static IReadOnlyList<Finding> Verify(string episode, IRowReference? reference = null)
    {
        var findings = new Findings();
        List<string> files = List(episode, findings);
        CheckSums(episode, files, findings);
        CheckContent(episode, files, reference, findings);
        return findings.All();
    }

    /// <summary>The same without SHA256SUMS, for a recording whose files are written and not committed yet.</summary>
    public static IReadOnlyList<Finding> VerifyContent(string folder, IRowReference? reference = null)
    {
        var findings = new Findings();
        List<string> files = List(folder, findings);
        files.RemoveAll(f => f.EndsWith(EpisodeLayout.TemporarySuffix, StringComparison.Ordinal));
        CheckContent(folder, files, reference, findings);
        return findings.All();
    }

    /// <summary>All files but SHA256SUMS and what a marking under way left, which its start-up scan finishes.</summary>
    private static List<string> List(string episode, Findings findings)
    {
        var files = new List<string>();
        foreach (var entry in new DirectoryInfo(episode).EnumerateFileSystemInfos("*", SearchOption.AllDirectories))
        {
            string name = Path.GetRelativePath(episode, entry.FullName);
            if (entry.LinkTarget is not null)
                findings.Add(name, null, "is a link; an episode has plain files only");
            else if (entry is DirectoryInfo folder && !folder.EnumerateFileSystemInfos().Any()
                && name.Split('/')[0] is not ("rgb" or "depth"))
                findings.Add(name, null, "is an empty folder that does not belong here");
            else if (entry is FileInfo && name != EpisodeLayout.Sums && !EpisodeMark.IsLeftover(name))
                files.Add(name);
        }
        files.Sort(StringComparer.Ordinal);
        return files;
    }

    private static void CheckSums(string episode, List<string> files, Findings findings)
    {
        string path = Path.Combine(episode, EpisodeLayout.Sums);
        if (!File.Exists(path))
        {
            findings.Add(EpisodeLayout.Sums, null, "is missing");
            return;
        }
        SortedDictionary<string, string> digests =
            EpisodeSums.Parse(File.ReadAllBytes(path), (line, what) => findings.Add(EpisodeLayout.Sums, line, what));
        string? halfMarked = EpisodeMark.NewMetadataDigest(episode, digests);
        foreach (string name in digests.Keys.Except(files))
            findings.Add(name, EpisodeLayout.FrameOf(name), $"is missing; {EpisodeLayout.Sums} knows it");
        foreach (string name in files)
        {
            if (!digests.TryGetValue(name, out string? digest))
                findings.Add(name, EpisodeLayout.FrameOf(name), $"does not belong here; {EpisodeLayout.Sums} does not know it");
            else if (EpisodeSums.DigestOf(Path.Combine(episode, name)) is var found && found != digest
                && !(name == EpisodeLayout.Metadata && found == halfMarked))
                findings.Add(name, EpisodeLayout.FrameOf(name),
                    $"is not what was committed: its SHA-256 is {found[..12]}…, {EpisodeLayout.Sums} says {digest[..12]}…");
        }
    }

    private static void CheckContent(string episode, List<string> files, IRowReference? reference, Findings findings)
    {
        if (reference is not null)
            CompareWithReference(episode, files, reference, findings);
        EpisodeMetadata metadata;
        try
        {
            metadata = EpisodeMetadata.Parse(File.ReadAllBytes(Path.Combine(episode, EpisodeLayout.Metadata)));
        }
        catch (FileNotFoundException)
        {
            findings.Add(EpisodeLayout.Metadata, null, "is missing");
            return;
        }
        catch (JsonException e)
        {
            findings.Add(EpisodeLayout.Metadata, null, $"is no valid metadata: {e.Message}");
            return;
        }
        MetadataRules.Check(metadata, Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(episode))), findings);
        if (!(metadata.RateHz > 0) || metadata.Frames < 0)
            return; // nothing below means anything

        var shape = EpisodeShape.Of(metadata);
        var timeline = FrameRules.Check(
            Open(episode, EpisodeLayout.Frames, EpisodeLayout.FrameColumns(shape.Streams), findings), metadata, shape, findings);
        var tables = shape.AllTables().ToDictionary(t => t.File, t => Open(episode, t.File, t.Columns, findings));
        new TableRules(metadata, timeline, tables, findings).Check();
        CheckFileSet(files, metadata, shape, timeline, findings);
        if (timeline is not null)
            PictureRules.Check(episode, metadata, timeline, findings);
        if (metadata.Planner is { } planner && files.Contains(EpisodeLayout.Plan))
            PlanRules.Check(Path.Combine(episode, EpisodeLayout.Plan), planner.Shape, metadata.Frames, findings);
    }

    private static CsvTable? Open(string episode, string file, IReadOnlyList<string> columns, Findings findings)
    {
        string path = Path.Combine(episode, file);
        if (!File.Exists(path))
        {
            findings.Add(file, null, "is missing");
            return null;
        }
        try
        {
            CsvTable table = CsvTable.Read(path);
            if (table.Columns.SequenceEqual(columns))
                return table;
            findings.Add(file, null, $"its header is {string.Join(",", table.Columns)}; expected {string.Join(",", columns)}");
        }
        catch (CsvFormatException e)
        {
            findings.Add(file, e.Row, e.Message);
        }
        return null;
    }

    /// <summary>Whether each file that metadata and frames.csv promise is there, and no other.</summary>
    private static void CheckFileSet(
        List<string> files, EpisodeMetadata metadata, EpisodeShape shape, Timeline? timeline, Findings findings)
    {
        var expected = new HashSet<string> { EpisodeLayout.Metadata, EpisodeLayout.Frames };
        expected.UnionWith(shape.AllTables().Select(t => t.File));
        if (metadata.CaptureLog != "none")
            expected.Add(EpisodeLayout.CaptureLog);
        if (metadata.Planner is not null)
            expected.Add(EpisodeLayout.Plan);
        if (timeline is not null)
            expected.UnionWith(PictureRules.Expected(metadata, timeline));
        foreach (string name in expected.Except(files))
            findings.Add(name, EpisodeLayout.FrameOf(name), "is missing");
        foreach (string name in files.Except(expected))
            if (timeline is not null || !(
                name.StartsWith("rgb/", StringComparison.Ordinal) || name.StartsWith("depth/", StringComparison.Ordinal)))
                findings.Add(name, EpisodeLayout.FrameOf(name),
                    "does not belong here: neither the metadata nor a row's status says that it exists");
    }

    private static void CompareWithReference(string episode, List<string> files, IRowReference reference, Findings findings)
    {
        foreach (string name in files)
        {
            if (reference.Expected(name) is not { } expected)
                continue;
            byte[] content = File.ReadAllBytes(Path.Combine(episode, name));
            if (content.AsSpan().SequenceEqual(expected))
                continue;
            if (name.EndsWith(".csv", StringComparison.Ordinal))
                CompareRows(name, content, expected, findings);
            else
                findings.Add(name, EpisodeLayout.FrameOf(name), "is not what the capture log gives");
        }
    }

    /// <summary>Line by line, so that a row is named even where the file is no table any more.</summary>
    private static void CompareRows(string name, byte[] content, byte[] expected, Findings findings)
    {
        CsvTable should = CsvTable.Parse(expected);
        CsvTable? table = TryParse(content);
        int row = -1;
        for (int at = 0; at < content.Length && row < should.Rows; row++)
        {
            int end = content.AsSpan(at).IndexOf((byte)'\n') is var n && n < 0 ? content.Length : at + n + 1;
            ReadOnlySpan<byte> line = content.AsSpan(at, end - at), expectedLine = should.Line(row);
            at = end;
            if (line.SequenceEqual(expectedLine))
                continue;
            int column = row >= 0 && row < table?.Rows && table.Columns.Length == should.Columns.Length
                ? FirstDifference(table, should, row) : -1;
            findings.Add(name, row < 0 ? null : row, column < 0
                ? $"'{Text(line)}' is not what the capture log gives: '{Text(expectedLine)}'"
                : $"{should.Columns[column]} is '{table!.Text(row, column)}'; the capture log gives '{should.Text(row, column)}'");
        }
        int rows = content.AsSpan().Count((byte)'\n') - 1;
        if (rows != should.Rows)
            findings.Add(name, Math.Clamp(rows, 0, should.Rows), $"the file has {rows} rows; the capture log gives {should.Rows}");
    }

    private static CsvTable? TryParse(byte[] content)
    {
        try
        {
            return CsvTable.Parse(content);
        }
        catch (CsvFormatException)
        {
            return null; // what is wrong with it is said where its content is checked
        }
    }

    private static int FirstDifference(CsvTable table, CsvTable should, int row)
    {
        for (int c = 0; c < table.Columns.Length; c++)
            if (!table.Cell(row, c).SequenceEqual(should.Cell(row, c)))
                return c;
        return -1;
    }

    private static string Text(ReadOnlySpan<byte> line) => System.Text.Encoding.UTF8.GetString(line).TrimEnd();
}
