using System.Buffers;
using System.Globalization;
using System.Text.Json;

namespace RobotWorldModel.WorldModel.Training;

/// <summary>
/// A run's numbers as JSON Lines, for whatever reads them later: one object a step, <c>{"step":120,"loss":0.5,…}</c>, steps rising.
/// Each line is one write to the file, so that a kill loses at most the last. What JSON has no number for is written as "NaN", "Infinity"
/// or "-Infinity". One thread at a time.
/// </summary>
public sealed class MetricsLog : IDisposable
{
    private const string StepName = "step";
    private readonly FileStream _file;
    private readonly ArrayBufferWriter<byte> _line = new();
    private long _last;

    /// <summary>Goes on with a log, or begins one.</summary>
    /// <param name="afterStep">
    /// The step that the run goes on after: lines of later steps, and a last line that was cut off, are removed. -1 begins anew.
    /// </param>
    /// <exception cref="InvalidDataException">A line before the last is none of such a log; nothing was changed.</exception>
    public MetricsLog(string path, long afterStep = -1)
    {
        _file = new(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read | FileShare.Delete, bufferSize: 0);
        try
        {
            long keep = 0;
            if (afterStep >= 0 && _file.Length > 0)
            {
                var content = new byte[_file.Length];
                _file.ReadExactly(content);
                keep = EndOf(afterStep, content, path);
            }
            _file.SetLength(keep);
            _file.Position = keep;
            _last = afterStep;
        }
        catch
        {
            _file.Dispose();
            throw;
        }
    }

    /// <exception cref="ArgumentException">The step is not after the last one.</exception>
    public void Write(long step, ReadOnlySpan<(string Name, double Value)> values)
    {
        if (step <= _last)
            throw new ArgumentException($"step {step} comes after step {_last}: a log's steps rise", nameof(step));
        _line.ResetWrittenCount();
        using (var json = new Utf8JsonWriter(_line))
        {
            json.WriteStartObject();
            json.WriteNumber(StepName, step);
            foreach ((string name, double value) in values)
            {
                if (double.IsFinite(value))
                    json.WriteNumber(name, value);
                else
                    json.WriteString(name, value.ToString(CultureInfo.InvariantCulture));
            }
            json.WriteEndObject();
        }
        _line.Write("\n"u8);
        _file.Write(_line.WrittenSpan);
        _last = step;
    }

    public void Dispose() => _file.Dispose();

    /// <summary>Where the lines of that step and of those before end.</summary>
    private static long EndOf(long step, ReadOnlySpan<byte> content, string path)
    {
        int end = 0;
        for (int number = 1; content[end..].IndexOf((byte)'\n') is >= 0 and var length; number++)
        {
            if (StepOf(content.Slice(end, length)) is not { } found)
                throw new InvalidDataException(
                    $"{path}:{number} is no line of a training run's numbers. Move the file away to go on with a new one.");
            if (found > step)
                break;
            end += length + 1;
        }
        return end;
    }

    private static long? StepOf(ReadOnlySpan<byte> line)
    {
        try
        {
            var json = new Utf8JsonReader(line);
            using JsonDocument document = JsonDocument.ParseValue(ref json);
            return document.RootElement is { ValueKind: JsonValueKind.Object } o && o.TryGetProperty(StepName, out JsonElement step)
                && step.ValueKind == JsonValueKind.Number && step.TryGetInt64(out long value) ? value : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
