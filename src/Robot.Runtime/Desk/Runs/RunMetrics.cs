using System.Text.Json;

namespace RobotWorldModel.Runtime.Desk.Runs;

/// <summary>A run's numbers over its steps, for plots.</summary>
/// <param name="Step">Rising; of each bucket the last.</param>
/// <param name="Values">By name, one for each step; means over a bucket, null where it had none.</param>
internal sealed record RunSeries(IReadOnlyList<long> Step, IReadOnlyDictionary<string, IReadOnlyList<double?>> Values);

/// <summary>
/// metrics.jsonl of a run, read on from where it was read before: a run that learns writes some lines a second, and the page asks every few
/// seconds. A log that became shorter, of a run that was begun anew or goes on from a checkpoint, is read from its beginning.
/// </summary>
internal sealed class RunMetrics(string path)
{
    private readonly Lock _gate = new();
    private readonly List<long> _steps = [];
    private readonly Dictionary<string, List<float>> _columns = []; // not a number where a step has none
    private long _read; // bytes

    /// <summary>The newest step; 0 before the first.</summary>
    public long Step
    {
        get
        {
            lock (_gate)
                return _steps.Count == 0 ? 0 : _steps[^1];
        }
    }

    /// <summary>The newest value of that name; null where there is none.</summary>
    public double? Latest(string name)
    {
        lock (_gate)
        {
            int at = _columns.TryGetValue(name, out List<float>? column) ? column.FindLastIndex(float.IsFinite) : -1;
            return at < 0 ? null : column![at];
        }
    }

    /// <summary>Reads what is new.</summary>
    /// <exception cref="InvalidDataException">A line is none of such a log.</exception>
    public void Read()
    {
        lock (_gate)
        {
            using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            if (file.Length < _read || !GoesOn(file))
                Clear();
            file.Position = _read;
            var more = new byte[file.Length - _read];
            int length = file.ReadAtLeast(more, more.Length, throwOnEndOfStream: false);
            for (int from = 0; more.AsSpan(from, length - from).IndexOf((byte)'\n') is >= 0 and var end; from += end + 1, _read += end + 1)
                Add(more.AsSpan(from, end));
        }
    }

    /// <summary>Everything, in at most so many buckets of equally many steps.</summary>
    public RunSeries Series(int points)
    {
        Read();
        lock (_gate)
        {
            int size = Math.Max(1, (_steps.Count + points - 1) / points);
            (int From, int To)[] buckets =
                [.. Enumerable.Range(0, (_steps.Count + size - 1) / size).Select(i => (i * size, Math.Min((i + 1) * size, _steps.Count)))];
            return new(
                [.. buckets.Select(b => _steps[b.To - 1])],
                _columns.ToDictionary(c => c.Key, c => (IReadOnlyList<double?>)[.. buckets.Select(b => Mean(c.Value, b.From, b.To))]));
        }
    }

    private static double? Mean(List<float> column, int from, int to)
    {
        (double sum, int count) = (0, 0);
        for (int i = from; i < Math.Min(to, column.Count); i++)
        {
            if (!float.IsFinite(column[i]))
                continue;
            sum += column[i];
            count++;
        }
        return count == 0 ? null : sum / count;
    }

    private void Clear()
    {
        _steps.Clear();
        _columns.Clear();
        _read = 0;
    }

    // Another run may have come in its place, and may be longer by now: its last line that was read is not there any more.
    private bool GoesOn(FileStream file)
    {
        if (_read == 0)
            return true;
        file.Position = _read - 1;
        return file.ReadByte() == '\n';
    }

    private void Add(ReadOnlySpan<byte> line)
    {
        try
        {
            var json = new Utf8JsonReader(line);
            using JsonDocument document = JsonDocument.ParseValue(ref json);
            _steps.Add(document.RootElement.GetProperty("step").GetInt64());
            foreach (JsonProperty one in document.RootElement.EnumerateObject())
            {
                if (one.Name == "step")
                    continue;
                if (!_columns.TryGetValue(one.Name, out List<float>? column))
                    _columns[one.Name] = column = [];
                while (column.Count < _steps.Count - 1)
                    column.Add(float.NaN);
                column.Add(one.Value.ValueKind == JsonValueKind.Number ? one.Value.GetSingle() : float.NaN);
            }
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new InvalidDataException($"{path}: line {_steps.Count + 1} is no line of a training run's numbers");
        }
    }
}
