using RobotWorldModel.Collector.Episodes;

namespace RobotWorldModel.Collector.Tests.Episodes;

internal enum MutationKind { FlipByte, Delete, Truncate, Extra, SwapRows, DropRow, DoubleRow, ShiftColumn, ExchangeColumns, SwapPictures }

/// <summary>A change that was just made.</summary>
/// <param name="Rows">One of these rows must be named; empty where no row can be.</param>
/// <param name="LeavesTraces">It can be found although everything was hashed again.</param>
/// <param name="NamesFile">The file can be named although everything was hashed again.</param>
internal sealed record Mutation(MutationKind Kind, string File, int[] Rows, bool LeavesTraces = true, bool NamesFile = true)
{
    public override string ToString() => $"{Kind} {File} rows {string.Join(",", Rows)}";
}

/// <summary>The files as they were written, standing in for what a capture log gives.</summary>
internal sealed class Originals(string episode) : IRowReference
{
    private readonly Dictionary<string, byte[]> _tables =
        Directory.GetFiles(episode, "*.csv").ToDictionary(f => Path.GetFileName(f)!, File.ReadAllBytes);

    public byte[]? Expected(string file) => _tables.GetValueOrDefault(file);
}

/// <summary>Damages an episode in every way, one after the other; <see cref="Restore"/> after each.</summary>
internal sealed class Mutations(string episode, int seed)
{
    private readonly Random _random = new(seed);
    private readonly HashSet<string> _touched = [];
    private readonly Dictionary<string, byte[]> _before =
        Directory.GetFiles(episode, "*", SearchOption.AllDirectories).ToDictionary(
            f => Path.GetRelativePath(episode, f), File.ReadAllBytes);

    public static void HashAgain(string episode) => File.WriteAllBytes(
        Path.Combine(episode, EpisodeLayout.Sums),
        EpisodeSums.Format(EpisodeSums.Files(episode).ToDictionary(f => f, f => EpisodeSums.DigestOf(Path.Combine(episode, f)))));

    public IEnumerable<Mutation> All()
    {
        string[] files = [.. _before.Keys.Order(StringComparer.Ordinal)];
        string[] tables = [.. files.Where(f => f.EndsWith(".csv", StringComparison.Ordinal))];
        // every kind of file, so that none is left to chance
        string[] oneOfEach = [.. tables, EpisodeLayout.Metadata, EpisodeLayout.Sums, EpisodeLayout.CaptureLog,
            .. new[] { ".png", ".npz" }.Select(AnyWith)];
        foreach (string file in oneOfEach)
        {
            yield return Flip(file);
            yield return Delete(file);
            yield return Truncate(file);
        }
        foreach (string table in tables)
        {
            yield return Rows(MutationKind.SwapRows, table);
            yield return Rows(MutationKind.DropRow, table);
            yield return Rows(MutationKind.DoubleRow, table);
            yield return Columns(MutationKind.ShiftColumn, table);
            yield return Columns(MutationKind.ExchangeColumns, table);
        }
        yield return Extra("notes.txt");
        yield return Extra("rgb/wrist/000900.png");
        yield return SwapPictures();

        string AnyWith(string ending)
        {
            string[] those = [.. files.Where(f => f.EndsWith(ending, StringComparison.Ordinal))];
            return those[_random.Next(those.Length)];
        }
    }

    public void Restore()
    {
        foreach (string name in _touched.Append(EpisodeLayout.Sums))
            if (_before.TryGetValue(name, out byte[]? content))
                File.WriteAllBytes(Path.Combine(episode, name), content);
            else
                File.Delete(Path.Combine(episode, name));
        _touched.Clear();
    }

    private Mutation Flip(string file)
    {
        byte[] content = [.. _before[file]];
        // In a zip, CRC-32 covers the data alone: of what only SHA-256 covers, nothing is expected once it was hashed again.
        int at = file.EndsWith(".npz", StringComparison.Ordinal) ? _random.Next(45, content.Length - 90) : _random.Next(content.Length);
        content[at] ^= (byte)_random.Next(1, 256);
        Write(file, content);
        bool table = file.EndsWith(".csv", StringComparison.Ordinal);
        int row = table ? content.AsSpan(0, at).Count((byte)'\n') - 1 : -1;
        if (table && _before[file][at] == '\n' && content[at] != '\n')
            row = _before[file].AsSpan(0, at).Count((byte)'\n') - 1;
        bool covered = table || file.EndsWith(".png", StringComparison.Ordinal) || file.EndsWith(".npz", StringComparison.Ordinal);
        return new Mutation(MutationKind.FlipByte, file, table && row >= 0 ? [row] : [], covered, covered);
    }

    private Mutation Delete(string file)
    {
        File.Delete(Path.Combine(episode, file));
        _touched.Add(file);
        return new Mutation(MutationKind.Delete, file, Frame(file), LeavesTraces: file != EpisodeLayout.Sums,
            NamesFile: file != EpisodeLayout.Sums);
    }

    private Mutation Truncate(string file)
    {
        byte[] content = _before[file];
        int length = _random.Next(content.Length);
        Write(file, content[..length]);
        bool table = file.EndsWith(".csv", StringComparison.Ordinal);
        int row = table ? content.AsSpan(0, length).Count((byte)'\n') - 1 : -1;
        bool covered = file is not (EpisodeLayout.Sums or EpisodeLayout.CaptureLog)
            && !(file == EpisodeLayout.Metadata && length == content.Length - 1); // the last line's end says nothing
        return new Mutation(MutationKind.Truncate, file, table && row >= 0 ? [row] : Frame(file), covered, covered);
    }

    private Mutation Extra(string name)
    {
        Write(name, [1, 2, 3]);
        return new Mutation(MutationKind.Extra, name, Frame(name));
    }

    private Mutation Rows(MutationKind kind, string file)
    {
        List<string> lines = Lines(file);
        int count = lines.Count - 1, row = _random.Next(count), other = (row + 1 + _random.Next(count - 1)) % count;
        int[] named = [row];
        switch (kind)
        {
            case MutationKind.SwapRows:
                (lines[row + 1], lines[other + 1]) = (lines[other + 1], lines[row + 1]);
                named = [row, other];
                break;
            case MutationKind.DropRow:
                lines.RemoveAt(row + 1);
                break;
            default:
                lines.Insert(row + 1, lines[row + 1]);
                named = [row, row + 1];
                break;
        }
        WriteLines(file, lines);
        return new Mutation(kind, file, named);
    }

    /// <summary>One column a row down, or two columns exchanged; tried until the file is another.</summary>
    private Mutation Columns(MutationKind kind, string file)
    {
        for (; ; )
        {
            string[][] rows = [.. Lines(file).Skip(1).Select(l => l.Split(','))];
            int column = _random.Next(rows[0].Length), other = (column + 1) % rows[0].Length;
            for (int r = rows.Length - 1; r >= 0; r--)
            {
                if (kind == MutationKind.ExchangeColumns)
                    (rows[r][column], rows[r][other]) = (rows[r][other], rows[r][column]);
                else if (r > 0)
                    rows[r][column] = rows[r - 1][column];
            }
            List<string> lines = [Lines(file)[0], .. rows.Select(r => string.Join(',', r))];
            if (lines.SequenceEqual(Lines(file)))
                continue;
            int[] changed = [.. Enumerable.Range(0, rows.Length).Where(r => lines[r + 1] != Lines(file)[r + 1])];
            WriteLines(file, lines);
            return new Mutation(kind, file, changed);
        }
    }

    private Mutation SwapPictures()
    {
        string[] pictures =
            [.. _before.Keys.Where(f => f.StartsWith("rgb/wrist/", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
        string a = pictures[0], b = pictures.First(p => !_before[p].AsSpan().SequenceEqual(_before[a]));
        Write(a, _before[b]);
        Write(b, _before[a]);
        return new Mutation(MutationKind.SwapPictures, a, [], LeavesTraces: false, NamesFile: false);
    }

    private static int[] Frame(string file) => EpisodeLayout.FrameOf(file) is { } frame ? [frame] : [];

    private List<string> Lines(string file) => [.. System.Text.Encoding.UTF8.GetString(_before[file]).Split("\r\n")[..^1]];

    private void WriteLines(string file, List<string> lines) =>
        Write(file, System.Text.Encoding.UTF8.GetBytes(string.Concat(lines.Select(l => l + "\r\n"))));

    private void Write(string file, byte[] content)
    {
        File.WriteAllBytes(Path.Combine(episode, file), content);
        _touched.Add(file);
    }
}
