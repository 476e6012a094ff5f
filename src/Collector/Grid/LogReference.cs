using RobotWorldModel.Collector.Capture;
using RobotWorldModel.Collector.Episodes;
using RobotWorldModel.Drivers.Time;

namespace RobotWorldModel.Collector.Grid;

/// <summary>
/// What the capture log in an episode's folder says that its tables must be: they are made once more from the log's numbers, at the slots
/// that the metadata names. So a changed digit is found although it still is a number.
/// </summary>
public sealed class LogReference : IRowReference
{
    private readonly Dictionary<string, byte[]> _tables = [];

    private LogReference()
    {
    }

    /// <summary>
    /// Null where the episode keeps no log, or none that can be read: then only the checksums and the rules of the format speak.
    /// </summary>
    public static LogReference? For(string episode)
    {
        string log = Path.Combine(episode, EpisodeLayout.CaptureLog);
        if (!File.Exists(log))
            return null;
        string scratch = Directory.CreateTempSubdirectory("robot-verify-").FullName;
        try
        {
            var metadata = EpisodeMetadata.Read(episode);
            return metadata.StartMonotonicNs is { } t0 ? Make(log, metadata, t0, scratch) : null;
        }
        catch (Exception e) when (e is InvalidDataException or System.Text.Json.JsonException)
        {
            return null; // the verifier finds and names what is wrong with metadata or log by itself
        }
        finally
        {
            Directory.Delete(scratch, recursive: true);
        }
    }

    public byte[]? Expected(string file) => _tables.GetValueOrDefault(file);

    private static LogReference? Make(string log, EpisodeMetadata metadata, long t0Ns, string scratch)
    {
        using var reader = new CaptureReader(log, pixels: false);
        RowWriter? rows = null;
        long lastSlot = 0;
        try
        {
            while (reader.TryRead(out var message))
            {
                if (rows is null)
                {
                    var header = RecordingHeader.Parse(reader.Start!.Json);
                    long first = new AbsoluteGrid(header.RateHz, header.GridOriginNs).SlotAt(t0Ns);
                    lastSlot = first + metadata.Frames - 1;
                    rows = new RowWriter(scratch, header with { FirstSlot = first }) { LastSlot = lastSlot };
                }
                rows.Add(message);
            }
            if (rows is null)
                return null;
            rows.Finish(lastSlot, CancellationToken.None);
        }
        finally
        {
            rows?.Dispose();
        }
        var reference = new LogReference();
        foreach (string table in Directory.GetFiles(scratch, "*.csv"))
            reference._tables[Path.GetFileName(table)] = File.ReadAllBytes(table);
        return reference;
    }
}
