using RobotWorldModel.Collector.Capture;
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

/// <summary>Nothing can be made of a recording because its log is damaged. It stays as it is: the message says what to do.</summary>
public sealed class DamagedLogException(string damage, string folder, Exception? inner = null) : Exception(
    $"{damage}; no row can be made of it. {folder} stays as it is: check its disk (dmesg), and move the folder to {EpisodeCatalog.Trash}/ "
    + "when nothing in it is of use any more", inner);

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
    /// <exception cref="DamagedLogException">Not one row can be made of the log; a second run finds the same.</exception>
    /// <exception cref="InvalidDataException">A written picture does not read back.</exception>
    public EncodedEpisode Run(CancellationToken cancel)
    {
        if (_reader is null)
            return CommitWhatIsComplete();
        bool cutOff = Follow(_reader, cancel);
        var ending = LogEnding.Of(_reader);
        _rows?.Finish(ending.Footer?.LastSlot, cancel);
        if (_rows?.Frames == 0)
            BeginAtFirstSlot(ending, cancel);
        if (_rows is { Frames: > 0 })
            return Commit(_reader, ending, cutOff);
        return _reader.Damage is { } damage ? throw new DamagedLogException(damage, _folder) : Discard();
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
    private void BeginAtFirstSlot(LogEnding ending, CancellationToken cancel)
    {
        _rows!.Dispose();
        _rows = new(_folder, _header!, _header!.FirstSlot);
        _neverAllFresh = true;
        using var log = new CaptureReader(Path.Combine(_folder, CaptureLog.FileName));
        while (log.TryRead(out var message))
        {
            _rows.Add(message);
            cancel.ThrowIfCancellationRequested();
        }
        _rows.Finish(ending.Footer?.LastSlot, cancel);
    }

    private bool WriterIsGone()
    {
        using var taken = FolderLock.TryTake(_folder, FolderLock.Writer);
        return taken is not null;
    }

    private RowWriter Open(CaptureReader log)
    {
        try
        {
            _header = RecordingHeader.Parse(log.Start!.Json);
        }
        catch (InvalidDataException e)
        {
            throw new DamagedLogException($"{Path.Combine(_folder, CaptureLog.FileName)}: {e.Message}", _folder, e);
        }
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

    private EncodedEpisode Commit(CaptureReader log, LogEnding ending, bool cutOff)
    {
        var rows = _rows!;
        var header = _header!;
        _report(new(1, rows.Frames, rows.StaleRows, "committing"));
        if (log.Damage is not null)
            header = header with { Keep = "all" }; // what lies behind the damage is nowhere else
        WriteKeptLog(header.Keep, cutOff && log.Damage is null);
        var draft = new EpisodeDraft(header, log.Start!.Anchor, ending)
        {
            CutOff = cutOff,
            NeverAllFresh = _neverAllFresh,
            Damage = log.Damage,
        };
        var metadata = rows.Complete(draft.Of(rows)); // from here on nothing of the log is needed
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
}
