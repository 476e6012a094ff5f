using System.Text.Json;
using RobotWorldModel.Collector.Capture;
using RobotWorldModel.Collector.Codecs;
using RobotWorldModel.Collector.Episodes;
using RobotWorldModel.Collector.Files;
using RobotWorldModel.Collector.Mcap;

namespace RobotWorldModel.Collector.Grid;

/// <summary>How far an encoder has come.</summary>
/// <param name="Share">0..1 of the rows that are known to come; while the log grows, of those that could be written.</param>
public readonly record struct EncodingProgress(double Share, int Rows, int StaleRows, string Doing);

/// <summary>What became of a recording.</summary>
/// <param name="Path">The committed episode; of a recording without a single row, where it lies in the trash.</param>
/// <param name="Metadata">Null for a recording without a row.</param>
/// <param name="FirstNs">By stream: the first sample's stamp, on the device's clock where it has one, else its originating time.</param>
public sealed record EncodedEpisode(
    string Path,
    EpisodeMetadata? Metadata,
    int StaleRows,
    IReadOnlyDictionary<string, long> Received,
    IReadOnlyDictionary<string, long> FirstNs,
    IReadOnlyDictionary<string, long> LastNs);

/// <summary>
/// Makes an episode of a recording's folder: follows its log while it grows, writes a row as soon as it can no longer change, and commits
/// when the log has ended, or was cut off. It takes nothing from the live path; run again on the same folder it gives the same result.
/// metadata.json is written last, when all else is on the disk: a recording that has it is only committed, since its log may be shortened
/// already.
/// </summary>
public sealed class EpisodeEncoder : IDisposable
{
    /// <summary>What is to stay of the log, until it takes the log's place.</summary>
    private const string KeptLog = CaptureLog.FileName + ".new";

    private static readonly TimeSpan s_poll = TimeSpan.FromMilliseconds(20);
    private readonly string _folder;
    private readonly Action<EncodingProgress> _report;
    private readonly FolderLock _lock;
    private readonly CaptureReader? _reader; // null where only the commit is left
    private RecordingHeader? _header;
    private RowWriter? _rows;
    private bool _neverAllFresh;

    /// <param name="folder">demo_NNN.recording</param>
    /// <param name="report">Called some times a second.</param>
    /// <exception cref="IOException">Another encoder has the folder, or it has no log.</exception>
    public EpisodeEncoder(string folder, Action<EncodingProgress> report)
    {
        (_folder, _report) = (Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)), report);
        _lock = FolderLock.TryTake(_folder) ?? throw new IOException($"{_folder} is being encoded by another process");
        try
        {
            if (!File.Exists(Path.Combine(_folder, EpisodeLayout.Metadata)))
                _reader = new CaptureReader(Path.Combine(_folder, CaptureLog.FileName));
        }
        catch
        {
            _lock.Dispose();
            throw;
        }
    }

    /// <summary>
    /// The episode of a recording whose commit came to pass although nobody heard of it: its encoder died just then. Null where the
    /// recording is still there, or went to the trash.
    /// </summary>
    public static EncodedEpisode? FindCommitted(string folder)
    {
        if (Directory.Exists(folder) || !Directory.Exists(EpisodeCommit.EpisodeOf(folder)))
            return null;
        string path = EpisodeCommit.Commit(folder); // only makes sure that the rename is on the disk
        return OfMetadata(path, EpisodeMetadata.Read(path));
    }

    /// <summary>Encodes to the end and commits.</summary>
    /// <exception cref="IOException">The disk failed or is full; nothing is lost, and a second run goes on.</exception>
    /// <exception cref="InvalidDataException">The log is not one of ours, or a written picture does not read back.</exception>
    public EncodedEpisode Run(CancellationToken cancel)
    {
        if (_reader is null)
            return CommitWhatIsComplete();
        bool cutOff = Follow(_reader, cancel);
        if (_header is null || _rows is null)
            return Discard();
        RecordingFooter? footer = _reader.End is { } end ? RecordingFooter.Parse(end.Json) : null;
        _rows.Finish(footer?.LastSlot, cancel);
        if (_rows.Frames == 0)
            BeginAtFirstSlot(_header, footer, cancel);
        if (_rows.Frames == 0)
            return Discard();
        return Commit(_reader, _header, footer, cutOff);
    }

    public void Dispose()
    {
        _rows?.Dispose();
        _reader?.Dispose();
        _lock.Dispose();
    }

    /// <returns>True: the log was cut off, its writer is gone.</returns>
    private bool Follow(CaptureReader log, CancellationToken cancel)
    {
        long reported = 0;
        bool writerGone = false;
        while (true)
        {
            cancel.ThrowIfCancellationRequested();
            while (log.TryRead(out var message))
            {
                _rows ??= Open(log);
                _rows.Add(message);
                if (Environment.TickCount64 - reported < 200)
                    continue;
                reported = Environment.TickCount64;
                _report(new(_rows.ShareWritten, _rows.Frames, _rows.StaleRows, "encoding"));
                cancel.ThrowIfCancellationRequested();
            }
            if (log.State == McapReadState.Ended)
                return log.End is null;
            if (writerGone)
                return true;
            // Nothing more at present: either the recording goes on, or its process is gone. After that is known, what it wrote last is
            // read. A log that is damaged is left to its writer too.
            writerGone = WriterIsGone();
            if (!writerGone)
                cancel.WaitHandle.WaitOne(s_poll);
        }
    }

    /// <summary>No slot had every stream fresh: the log is read again, for rows from the first slot on.</summary>
    private void BeginAtFirstSlot(RecordingHeader header, RecordingFooter? footer, CancellationToken cancel)
    {
        _rows!.Dispose();
        _rows = new(_folder, header, header.FirstSlot);
        _neverAllFresh = true;
        using var log = new CaptureReader(Path.Combine(_folder, CaptureLog.FileName));
        while (log.TryRead(out var message))
        {
            _rows.Add(message);
            cancel.ThrowIfCancellationRequested();
        }
        _rows.Finish(footer?.LastSlot, cancel);
    }

    private bool WriterIsGone()
    {
        using var taken = FolderLock.TryTake(_folder, FolderLock.Writer);
        return taken is not null;
    }

    private RowWriter Open(CaptureReader log)
    {
        _header = RecordingHeader.Parse(log.Start!.Json);
        return new RowWriter(_folder, _header);
    }

    /// <summary>A recording without a single row holds nothing to train on; its log goes to the trash, not away.</summary>
    private EncodedEpisode Discard()
    {
        _rows?.Dispose();
        _reader?.Dispose();
        string root = Path.GetDirectoryName(Path.GetDirectoryName(_folder)!)!;
        string trash = EpisodeNaming.Discard(_folder, Path.Combine(root, EpisodeCatalog.Trash));
        var none = new Dictionary<string, long>();
        return new(trash, null, 0, none, none, none);
    }

    private EncodedEpisode Commit(CaptureReader log, RecordingHeader header, RecordingFooter? footer, bool cutOff)
    {
        var rows = _rows!;
        _report(new(1, rows.Frames, rows.StaleRows, "committing"));
        if (log.Damage is not null)
            header = header with { Keep = "all" }; // what lies behind the damage is nowhere else
        WriteKeptLog(header.Keep, cutOff && log.Damage is null);
        var metadata = rows.Complete(Draft(log, header, footer, cutOff)); // from here on nothing of the log is needed
        log.Dispose();
        ReplaceLog(header.Keep);
        string path = EpisodeCommit.Commit(_folder, rows.Digests);
        var counts = rows.Streams.Counts;
        return new(path, metadata, rows.StaleRows, counts.ToDictionary(c => c.Key, c => c.Value.Received),
            counts.ToDictionary(c => c.Key, c => c.Value.FirstNs), counts.ToDictionary(c => c.Key, c => c.Value.LastNs));
    }

    /// <summary>A run before this one was cut off in its commit. The first and last stamps are not known any more.</summary>
    private EncodedEpisode CommitWhatIsComplete()
    {
        var metadata = EpisodeMetadata.Read(_folder);
        ReplaceLog(metadata.CaptureLog);
        return OfMetadata(EpisodeCommit.Commit(_folder), metadata);
    }

    private static EncodedEpisode OfMetadata(string path, EpisodeMetadata metadata)
    {
        var none = new Dictionary<string, long>();
        int stale = metadata.Streams.Values.Select(s => s.Counts.Stale).DefaultIfEmpty().Max();
        return new(path, metadata, stale, metadata.Streams.ToDictionary(s => s.Key, s => s.Value.Counts.Received), none, none);
    }

    /// <summary>Writes what the setting keeps beside the log; a log that was cut off is made whole.</summary>
    private void WriteKeptLog(string keep, bool cutOff)
    {
        string kept = Path.Combine(_folder, KeptLog);
        File.Delete(kept);
        if (keep == "numbers" || keep == "all" && cutOff)
            McapCopy.Copy(Path.Combine(_folder, CaptureLog.FileName), kept,
                channel => keep == "all" || !channel.Topic.EndsWith("/image_raw", StringComparison.Ordinal));
    }

    private void ReplaceLog(string keep)
    {
        string log = Path.Combine(_folder, CaptureLog.FileName), kept = Path.Combine(_folder, KeptLog);
        if (File.Exists(kept))
            File.Move(kept, log, overwrite: true);
        else if (keep == "none")
            File.Delete(log);
        File.Delete(Path.Combine(_folder, FolderLock.Writer));
    }

    private EpisodeMetadata Draft(CaptureReader log, RecordingHeader header, RecordingFooter? footer, bool cutOff)
    {
        var rows = _rows!;
        var anchor = log.Start!.Anchor;
        var streams = header.Streams.ToDictionary(s => s.Key, s => new StreamReport(s.Value.RateHz, s.Value.LatencyMs,
            footer?.Clocks.GetValueOrDefault(s.Key) ?? new("host", 0, 0, 0), CountsOf(log, s.Key, footer)));
        var reasons = new List<string>();
        if (_neverAllFresh)
            reasons.Add("there was no slot at which every stream was fresh: t0 is the first slot recorded");
        if (Refused(log) is > 0 and var refused)
            reasons.Add($"{refused} ticks, commands or events found no room in the log's queue: their rows are skipped or without action");
        if (log.Damage is { } damage)
            reasons.Add($"the log is damaged, and the rows end there: {damage}");
        return new()
        {
            SchemaVersion = EpisodeMetadata.CurrentSchema,
            Id = header.Id,
            Task = header.Task,
            Outcome = footer?.Outcome ?? Outcome.Unknown,
            End = footer?.End,
            Return = null,
            Note = footer?.Note,
            Start = DateTimeOffset.UnixEpoch.AddTicks(anchor.ToUnixNs(rows.T0Ns) / 100),
            StartMonotonicNs = rows.T0Ns,
            Anchor = anchor,
            Clock = EpisodeClock.Host,
            RateHz = header.RateHz,
            Frames = rows.Frames,
            Duration = rows.Frames / header.RateHz,
            Configuration = header.Configuration,
            Robot = header.Robot,
            Cameras = header.Cameras,
            ForceSensor = header.ForceSensor,
            Action = header.Action,
            Streams = streams,
            Tables = new Dictionary<string, TableDescription>(),
            Tick = new(0, 0, 0, 0), // filled in by the writer from its rows
            Software = header.Software,
            Recovered = cutOff,
            NeverAllFresh = _neverAllFresh,
            Quality = new(QualityVerdict.NotJudged, reasons),
            CaptureLog = header.Keep,
            Planner = null,
            Simulation = null,
            Statistics = new Dictionary<string, ModalityStatistics>(),
        };
    }

    private static long Refused(CaptureReader log)
    {
        if (log.End is not { } end)
            return 0;
        using var counters = JsonDocument.Parse(end.Counters);
        return counters.RootElement.TryGetProperty("refused", out var refused) ? refused.GetInt64() : 0;
    }

    /// <summary>Dropped: what the device says was lost on the way, and what this host had no room for.</summary>
    private StreamCounts CountsOf(CaptureReader log, string stream, RecordingFooter? footer)
    {
        var count = _rows!.Streams.Counts[stream];
        long dropped = footer?.Lost.GetValueOrDefault(stream) ?? count.Lost;
        if (log.End is { } end && JsonDocument.Parse(end.Counters) is { } counters)
            using (counters)
                if (counters.RootElement.TryGetProperty("streams", out var all) && all.TryGetProperty(stream, out var one))
                    dropped += one.GetProperty("dropped").GetInt64();
        return new(count.Received, 0, dropped, 0, 0, 0);
    }
}
