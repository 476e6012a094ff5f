using RobotWorldModel.Collector.Capture;
using RobotWorldModel.Collector.Episodes;
using RobotWorldModel.Collector.Mcap;
using RobotWorldModel.Drivers.Time;

namespace RobotWorldModel.Collector.Grid;

/// <summary>
/// What the capture log in an episode's folder says that its tables must be: they are made once more from the log's numbers, at the slots
/// that the metadata names. So a changed digit is found although it still is a number.
/// </summary>
public sealed class LogReference : IRowReference
{
    private readonly Dictionary<string, byte[]> _tables;

    private LogReference(string scratch) =>
        _tables = Directory.GetFiles(scratch).ToDictionary(table => Path.GetFileName(table), File.ReadAllBytes);

    /// <summary>
    /// Null where the episode keeps no log, or none that is whole: then only the checksums, which name a damaged log, and the rules of the
    /// format speak.
    /// </summary>
    /// <exception cref="IOException">The disk failed, or there is no room for scratch files.</exception>
    public static LogReference? For(string episode)
    {
        string log = Path.Combine(episode, EpisodeLayout.CaptureLog);
        if (!File.Exists(log))
            return null;
        try
        {
            var metadata = EpisodeMetadata.Read(episode);
            return metadata.StartMonotonicNs is { } t0 ? Make(log, metadata, t0) : null;
        }
        catch (InvalidDataException)
        {
            return null; // the verifier finds and names what is wrong with metadata or log by itself
        }
    }

    public byte[]? Expected(string file) => _tables.GetValueOrDefault(file);

    private static LogReference? Make(string log, EpisodeMetadata metadata, long t0Ns)
    {
        string scratch = Directory.CreateTempSubdirectory("robot-verify-").FullName;
        try
        {
            return MakeTables(log, metadata, t0Ns, scratch) ? new LogReference(scratch) : null;
        }
        finally
        {
            Directory.Delete(scratch, recursive: true);
        }
    }

    /// <summary>False where the log is damaged or has no end: what is missing of it would be missing in the tables.</summary>
    private static bool MakeTables(string log, EpisodeMetadata metadata, long t0Ns, string scratch)
    {
        using var reader = new CaptureReader(log, pixels: false);
        RowWriter? rows = null;
        try
        {
            while (reader.TryRead(out var message))
            {
                rows ??= Begin(RecordingHeader.Parse(reader.Start!.Json), metadata, t0Ns, scratch);
                rows.Add(message);
            }
            if (rows is null || reader.Damage is not null || reader.State != McapReadState.Ended)
                return false;
            rows.Finish(rows.LastSlot, CancellationToken.None);
            return true;
        }
        finally
        {
            rows?.Dispose();
        }
    }

    /// <exception cref="InvalidDataException">The metadata names a time of before the recording.</exception>
    private static RowWriter Begin(RecordingHeader header, EpisodeMetadata metadata, long t0Ns, string scratch)
    {
        long first = new AbsoluteGrid(header.RateHz, header.GridOriginNs).SlotAt(t0Ns);
        return first < header.FirstSlot
            ? throw new InvalidDataException("t0 is before the recording's first slot")
            : new(scratch, header, t0Slot: first) { LastSlot = first + metadata.Frames - 1 };
    }
}
