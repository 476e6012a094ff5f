using Microsoft.Win32.SafeHandles;
using RobotWorldModel.Drivers.Time;

namespace RobotWorldModel.Collector.Mcap;

/// <summary>How a log is cut into chunks and synced.</summary>
public sealed record McapWriterOptions
{
    /// <summary>Longest time between the first and the last message of a chunk, by log time.</summary>
    public TimeSpan ChunkSpan { get; init; } = TimeSpan.FromMilliseconds(190);

    /// <summary>A chunk is closed before it grows over this; a larger message gets a larger chunk of its own.</summary>
    public int ChunkBytes { get; init; } = 8 << 20;

    /// <summary>Chunks that may wait for the disk; then the writing thread waits too. 16 of 8 MB bridge 1.4 s of two cameras.</summary>
    public int MaxQueuedChunks { get; init; } = 16;

    /// <summary>A written chunk is synced once its first message is this old.</summary>
    public TimeSpan SyncAge { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>Named in the file's header.</summary>
    public string Library { get; init; } = "RobotWorldModel";
}

/// <summary>
/// Writes an MCAP file (profile ros2): chunks without compression, each with its checksum, message indexes, statistics and a summary at
/// the end. One thread fills chunks; others, inside, write and sync. Allocates nothing per message.
/// </summary>
public sealed class McapWriter : IDisposable
{
    private readonly McapWriterOptions _options;
    private readonly LogFile _file;
    private readonly ChunkPool _pool = ChunkPool.Shared;
    private readonly long _spanNs;
    private readonly List<McapSchema> _schemas = [];
    private readonly List<McapChannel> _channels = [];
    private readonly List<bool> _schemaWritten = [], _channelWritten = [];
    private readonly RecordBuffer _records = new();
    private ChunkBuffer? _chunk;
    private Header _open;
    private bool _closed;

    private readonly record struct Header(ushort Channel, uint Sequence, ulong LogTime, ulong PublishTime, long ArrivalNs);

    /// <param name="path">A new file.</param>
    /// <exception cref="IOException">The file exists or cannot be made.</exception>
    public McapWriter(string path, McapWriterOptions? options = null)
        : this(File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete), path, options)
    {
    }

    /// <summary>On an open file: tests give one that cannot grow.</summary>
    internal McapWriter(SafeFileHandle file, string path, McapWriterOptions? options)
    {
        _options = options ?? new McapWriterOptions();
        _spanNs = (long)_options.ChunkSpan.TotalNanoseconds;
        Path = path;
        _file = new LogFile(file, path, _pool, _options);
        _records.Bytes(McapFormat.Magic);
        _records.Begin(McapOp.Header);
        _records.Text("ros2");
        _records.Text(_options.Library);
        _records.End();
        _file.Append(_records.Written.ToArray());
    }

    public string Path { get; }

    /// <summary>Null while all is well, else one line: what the disk refused and what to do. Messages are dropped from then on.</summary>
    public string? Failure => _file.Failure;

    /// <summary>Messages that the disk did not take.</summary>
    public long Lost => _file.Lost;

    /// <summary>Bytes written so far.</summary>
    public long Bytes => _file.Position;

    /// <inheritdoc cref="SyncStatistics"/>
    public SyncStatistics Sync => _file.Statistics;

    /// <param name="name">As <c>sensor_msgs/msg/Image</c>.</param>
    public McapSchema AddSchema(string name, string encoding, ReadOnlySpan<byte> data)
    {
        var schema = new McapSchema((ushort)(_schemas.Count + 1), name, encoding, data.ToArray());
        _schemas.Add(schema);
        _schemaWritten.Add(false);
        return schema;
    }

    /// <summary>It stands in the file from its first message on.</summary>
    public McapChannel AddChannel(
        McapSchema? schema, string topic, string messageEncoding, IReadOnlyDictionary<string, string>? metadata = null)
    {
        metadata ??= new Dictionary<string, string>();
        var channel = new McapChannel((ushort)_channels.Count, schema, topic, messageEncoding, metadata);
        _channels.Add(channel);
        _channelWritten.Add(false);
        return channel;
    }

    /// <summary>Starts a message: its data goes to the start of the returned span; <see cref="End"/> says how many bytes it has.</summary>
    /// <param name="logTimeNs">Unix ns.</param>
    /// <param name="publishTimeNs">Unix ns.</param>
    /// <param name="arrivalNs">Host monotonic time of the message, for the promise of when it is on the disk.</param>
    public Span<byte> Begin(McapChannel channel, uint sequence, long logTimeNs, long publishTimeNs, long arrivalNs, int maxBytes)
    {
        ObjectDisposedException.ThrowIf(_closed, this);
        _open = new(channel.Id, sequence, (ulong)logTimeNs, (ulong)publishTimeNs, arrivalNs);
        ReadOnlySpan<byte> head = DescriptionOf(channel);
        int bytes = head.Length + McapFormat.MessageHead + maxBytes;
        if (_chunk is { Messages: > 0 } && (OverSpan(_chunk, _open.LogTime) || !FitsBound(_chunk, bytes)))
            FlushChunk();
        _chunk ??= _pool.Rent(_options.ChunkBytes);
        if (!_chunk.Fits(bytes)) // only ever an empty one
            _chunk.Grow(bytes + 4096);
        if (head.Length > 0)
        {
            _chunk.Append(head);
            _channelWritten[channel.Id] = true;
            if (channel.Schema is { } schema)
                _schemaWritten[schema.Id - 1] = true;
        }
        return _chunk.MessageData(maxBytes);
    }

    /// <summary>Ends the message that <see cref="Begin"/> started.</summary>
    public void End(int bytes) =>
        _chunk!.EndMessage(_open.Channel, _open.Sequence, _open.LogTime, _open.PublishTime, bytes, _open.ArrivalNs);

    /// <summary>A whole message at once.</summary>
    /// <inheritdoc cref="Begin"/>
    public void Write(McapChannel channel, uint sequence, long logTimeNs, long publishTimeNs, long arrivalNs, ReadOnlySpan<byte> data)
    {
        data.CopyTo(Begin(channel, sequence, logTimeNs, publishTimeNs, arrivalNs, data.Length));
        End(data.Length);
    }

    /// <summary>Closes the chunk once its first message is as old as a chunk may be long: call it often where messages are rare.</summary>
    public void FlushChunkIfDue(long nowNs)
    {
        if (_chunk is { Messages: > 0 } chunk && nowNs - chunk.OldestArrivalNs >= _spanNs)
            FlushChunk();
    }

    /// <summary>Hands the chunk to the disk as it is.</summary>
    public void FlushChunk()
    {
        if (_chunk is null or { Messages: 0 })
            return;
        _file.Append(_chunk);
        _chunk = null;
    }

    /// <summary>Puts a metadata record behind all messages so far.</summary>
    public void AddMetadata(string name, IReadOnlyDictionary<string, string> values)
    {
        FlushChunk();
        var metadata = new McapMetadata(name, values);
        _records.Clear();
        _records.Metadata(metadata);
        _file.Append(_records.Written.ToArray(), metadata);
    }

    /// <summary>Writes what is left and the summary, syncs, and closes. <see cref="Failure"/> says whether it all went well.</summary>
    public void Close()
    {
        if (_closed)
            return;
        _closed = true;
        FlushChunk();
        if (_chunk is { } unused)
            _pool.Return(unused);
        _chunk = null;
        _file.Close(_channels.Where(c => _channelWritten[c.Id]));
    }

    public void Dispose() => Close();

    /// <summary>The schema and channel records that the channel's first message needs before it; empty for the later ones.</summary>
    private ReadOnlySpan<byte> DescriptionOf(McapChannel channel)
    {
        if (_channelWritten[channel.Id])
            return [];
        _records.Clear();
        if (channel.Schema is { } schema && !_schemaWritten[schema.Id - 1])
            _records.Schema(schema);
        _records.Channel(channel);
        return _records.Written;
    }

    private bool OverSpan(ChunkBuffer chunk, ulong logTime)
    {
        ulong first = Math.Min(chunk.FirstLogTime, logTime), last = Math.Max(chunk.LastLogTime, logTime);
        return last - first > (ulong)_spanNs;
    }

    private bool FitsBound(ChunkBuffer chunk, int bytes) =>
        chunk.Fits(bytes) && McapFormat.ChunkHead + chunk.Length + bytes <= _options.ChunkBytes;
}
