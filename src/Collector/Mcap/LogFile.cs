using Microsoft.Win32.SafeHandles;
using RobotWorldModel.Collector.Files;
using RobotWorldModel.Drivers.Time;

namespace RobotWorldModel.Collector.Mcap;

/// <summary>How well a log keeps up with its disk.</summary>
/// <param name="WorstDelayNs">Longest time from a chunk's first sample to the end of the sync that covers it.</param>
/// <param name="Syncs">fdatasync calls so far.</param>
/// <param name="WorstSyncNs">The longest of them.</param>
public readonly record struct SyncStatistics(long WorstDelayNs, long Syncs, long WorstSyncNs);

/// <summary>
/// A file that only grows, written by one thread and synced by another: neither makes the other wait, and whoever fills chunks waits for
/// neither. What cannot be written is said in <see cref="Failure"/>; the file then ends with its last whole block.
/// </summary>
internal sealed class LogFile : IDisposable
{
    private readonly SafeFileHandle _file;
    private readonly string _path;
    private readonly ChunkPool _pool;
    private readonly McapSummary _summary = new();
    private readonly List<long> _indexOffsets = [];
    private readonly Queue<Block> _queue = new(64);
    private readonly int _maxQueued;
    private readonly long _syncAgeNs;
    private readonly object _gate = new(); // guards the queue and everything of the sync below
    private readonly DeviceThread _write, _sync;
    private long _oldestUnsyncedNs = long.MaxValue, _position, _lost;
    private bool _closing, _noMoreWrites;
    private SyncStatistics _statistics;
    private volatile string? _failure;

    /// <summary>A chunk, or else the bytes of records that stand between chunks.</summary>
    private readonly record struct Block(ChunkBuffer? Chunk, byte[]? Records, McapMetadata? Metadata);

    /// <param name="file">Empty; closed with the log.</param>
    public LogFile(SafeFileHandle file, string path, ChunkPool pool, McapWriterOptions options)
    {
        (_file, _path, _pool) = (file, path, pool);
        (_maxQueued, _syncAgeNs) = (options.MaxQueuedChunks, (long)options.SyncAge.TotalNanoseconds);
        _write = new DeviceThread("capture-write", _ => WriteBlocks());
        _sync = new DeviceThread("capture-sync", _ => SyncWhenDue());
        _write.Start();
        _sync.Start();
    }

    /// <summary>Null while all is well, else one line: what failed and what to do.</summary>
    public string? Failure => _failure;

    /// <summary>Messages that were in chunks which the disk did not take.</summary>
    public long Lost => Interlocked.Read(ref _lost);

    /// <summary>Bytes in the file, whole blocks only.</summary>
    public long Position => Interlocked.Read(ref _position);

    public SyncStatistics Statistics
    {
        get
        {
            lock (_gate)
                return _statistics;
        }
    }

    /// <summary>Takes a chunk over; waits while too many are on their way to the disk already.</summary>
    public void Append(ChunkBuffer chunk)
    {
        lock (_gate)
        {
            while (_queue.Count >= _maxQueued)
                Monitor.Wait(_gate);
            _queue.Enqueue(new Block(chunk, null, null));
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Records that stand between chunks; with the metadata that they hold, if they do, for its index.</summary>
    public void Append(byte[] records, McapMetadata? metadata = null)
    {
        lock (_gate)
        {
            _queue.Enqueue(new Block(null, records, metadata));
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Writes what waits, then the summary, and syncs.</summary>
    /// <param name="channels">All of the file's channels.</param>
    public void Close(IEnumerable<McapChannel> channels)
    {
        lock (_gate)
        {
            if (_closing)
                return;
            foreach (var channel in channels)
                _summary.Add(channel);
            _closing = true;
            Monitor.PulseAll(_gate);
        }
        _write.Dispose();
        _sync.Dispose();
        _file.Dispose();
    }

    public void Dispose() => Close([]);

    private void WriteBlocks()
    {
        while (TryTake(out var block))
        {
            if (block.Chunk is { } chunk)
            {
                Write(chunk);
                _pool.Return(chunk);
            }
            else if (Write(block.Records!) && block.Metadata is { } metadata)
            {
                _summary.AddMetadata(metadata.Name, _position - block.Records!.Length, block.Records.Length);
            }
        }
        Write(_summary.Finish(_position).Written);
        lock (_gate)
        {
            _noMoreWrites = true;
            Monitor.PulseAll(_gate);
        }
    }

    private bool TryTake(out Block block)
    {
        lock (_gate)
        {
            while (_queue.Count == 0 && !_closing)
                Monitor.Wait(_gate);
            Monitor.PulseAll(_gate);
            return _queue.TryDequeue(out block);
        }
    }

    private void Write(ChunkBuffer chunk)
    {
        if (_failure is null)
        {
            var bytes = chunk.Seal(_indexOffsets);
            long offset = _position;
            if (Write(bytes))
            {
                _summary.Add(chunk, offset, _indexOffsets, bytes.Length);
                NeedSync(chunk.OldestArrivalNs);
                return;
            }
        }
        Interlocked.Add(ref _lost, chunk.Messages);
    }

    private bool Write(ReadOnlySpan<byte> bytes)
    {
        if (_failure is not null)
            return false;
        int error = LinuxFile.Write(_file, bytes, _position);
        if (error != 0)
        {
            Fail(error, "write");
            // What follows the last whole block is of no use; without it the file ends cleanly. A device has no length to cut.
            _ = LinuxFile.Truncate(_file, _position);
            return false;
        }
        Interlocked.Add(ref _position, bytes.Length);
        NeedSync(HostClock.NowNs);
        return true;
    }

    private void Fail(int error, string doing)
    {
        string what = error switch
        {
            LinuxFile.ENOSPC => $"disk full: {_path}: free up space on that disk",
            LinuxFile.EDQUOT => $"disk quota used up: {_path}: free up space or have the quota raised",
            LinuxFile.EFBIG => $"file too large: {_path}: the file system or 'ulimit -f' allows no more",
            LinuxFile.EROFS => $"disk read-only: {_path}: it was remounted after an error or write-protected; see dmesg",
            _ => $"disk error: {_path}: {doing} failed: {LinuxFile.Describe(error)}; check the disk (dmesg)",
        };
        _failure ??= what + ". What was recorded before is kept.";
    }

    private void NeedSync(long sampleNs)
    {
        lock (_gate)
        {
            _oldestUnsyncedNs = Math.Min(_oldestUnsyncedNs, sampleNs);
            Monitor.PulseAll(_gate);
        }
    }

    private void SyncWhenDue()
    {
        bool named = false;
        while (WaitUntilDue(out long oldestNs))
        {
            long before = HostClock.NowNs;
            int error = LinuxFile.SyncData(_file);
            if (error == 0 && !named) // a log that nobody finds after a power cut is no log
            {
                string folder = Path.GetDirectoryName(Path.GetFullPath(_path))!;
                error = LinuxFile.SyncFolder(folder);
                if (error == 0 && Path.GetDirectoryName(folder) is { } parent)
                    error = LinuxFile.SyncFolder(parent);
                named = true;
            }
            long now = HostClock.NowNs;
            if (error != 0 && _failure is null)
                Fail(error, "sync");
            lock (_gate)
            {
                _statistics = new(
                    Math.Max(_statistics.WorstDelayNs, now - oldestNs),
                    _statistics.Syncs + 1,
                    Math.Max(_statistics.WorstSyncNs, now - before));
            }
        }
    }

    /// <summary>Waits until the oldest sample not on the disk is old enough, or all is written. False: no more will come.</summary>
    private bool WaitUntilDue(out long oldestNs)
    {
        lock (_gate)
        {
            while (true)
            {
                oldestNs = _oldestUnsyncedNs;
                if (oldestNs == long.MaxValue)
                {
                    if (_noMoreWrites)
                        return false;
                    Monitor.Wait(_gate);
                    continue;
                }
                long leftNs = oldestNs + _syncAgeNs - HostClock.NowNs;
                if (leftNs <= 0 || _noMoreWrites)
                {
                    _oldestUnsyncedNs = long.MaxValue;
                    return true;
                }
                Monitor.Wait(_gate, (int)(leftNs / 1_000_000) + 1);
            }
        }
    }
}
