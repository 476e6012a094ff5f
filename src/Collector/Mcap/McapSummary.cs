using RobotWorldModel.Collector.Codecs;

namespace RobotWorldModel.Collector.Mcap;

/// <summary>Gathers what a file's end says about the file: schemas, channels, counts and where its chunks and metadata stand.</summary>
internal sealed class McapSummary
{
    private readonly RecordBuffer _chunkIndexes = new(), _metadataIndexes = new(256);
    private readonly SortedDictionary<ushort, McapSchema> _schemas = [];
    private readonly SortedDictionary<ushort, McapChannel> _channels = [];
    private long[] _perChannel = new long[64];
    private uint _chunks, _metadata;
    private ulong _firstLogTime, _lastLogTime;

    public long Messages { get; private set; }

    public uint Chunks => _chunks;

    public void Add(McapSchema schema) => _schemas[schema.Id] = schema;

    public void Add(McapChannel channel)
    {
        if (channel.Schema is { } schema)
            Add(schema);
        _channels[channel.Id] = channel;
    }

    /// <param name="offset">Where the chunk's record starts in the file.</param>
    /// <param name="indexOffsets">As <see cref="ChunkBuffer.Seal"/> gives them.</param>
    /// <param name="blockBytes">The chunk with its indexes.</param>
    public void Add(ChunkBuffer chunk, long offset, List<long> indexOffsets, long blockBytes)
    {
        if (chunk.Messages > 0)
        {
            _firstLogTime = Messages == 0 ? chunk.FirstLogTime : Math.Min(_firstLogTime, chunk.FirstLogTime);
            _lastLogTime = Math.Max(_lastLogTime, chunk.LastLogTime);
        }
        Messages += chunk.Messages;
        _chunks++;
        if (chunk.ChannelLimit > _perChannel.Length)
            Array.Resize(ref _perChannel, Math.Max(_perChannel.Length * 2, chunk.ChannelLimit));

        var b = _chunkIndexes;
        long chunkBytes = McapFormat.ChunkHead + chunk.Length;
        b.Begin(McapOp.ChunkIndex);
        b.U64(chunk.FirstLogTime);
        b.U64(chunk.LastLogTime);
        b.U64((ulong)offset);
        b.U64((ulong)chunkBytes);
        int channels = 0;
        foreach (long at in indexOffsets)
            channels += at < 0 ? 0 : 1;
        b.U32((uint)(10 * channels));
        for (int channel = 0; channel < indexOffsets.Count; channel++)
        {
            if (indexOffsets[channel] < 0)
                continue;
            _perChannel[channel] += chunk.MessagesOf(channel);
            b.U16((ushort)channel);
            b.U64((ulong)(offset + indexOffsets[channel]));
        }
        b.U64((ulong)(blockBytes - chunkBytes));
        b.Text("");
        b.U64((ulong)chunk.Length);
        b.U64((ulong)chunk.Length);
        b.End();
    }

    public void AddMetadata(string name, long offset, long recordBytes)
    {
        _metadata++;
        _metadataIndexes.Begin(McapOp.MetadataIndex);
        _metadataIndexes.U64((ulong)offset);
        _metadataIndexes.U64((ulong)recordBytes);
        _metadataIndexes.Text(name);
        _metadataIndexes.End();
    }

    /// <summary>Everything from DataEnd to the closing magic, for a data section that ends at an offset.</summary>
    public RecordBuffer Finish(long offset)
    {
        var b = new RecordBuffer(_chunkIndexes.Length + 65536);
        b.Begin(McapOp.DataEnd);
        b.U32(0); // not computed: every chunk has a checksum of its own
        b.End();
        int start = b.Length;
        Span<(McapOp Op, int Start, int End)> groups = stackalloc (McapOp, int, int)[5];
        int count = 0;
        ReadOnlySpan<McapOp> order = [McapOp.Schema, McapOp.Channel, McapOp.Statistics, McapOp.MetadataIndex, McapOp.ChunkIndex];
        foreach (McapOp op in order)
        {
            int before = b.Length;
            Group(b, op);
            if (b.Length > before)
                groups[count++] = (op, before, b.Length);
        }
        int offsets = b.Length;
        foreach (var (op, from, to) in groups[..count])
        {
            b.Begin(McapOp.SummaryOffset);
            b.U8((byte)op);
            b.U64((ulong)(offset + from));
            b.U64((ulong)(to - from));
            b.End();
        }
        b.U8((byte)McapOp.Footer);
        b.U64(20);
        b.U64((ulong)(offset + start));
        b.U64((ulong)(offset + offsets));
        b.U32(Crc32.Compute(b.Written[start..]));
        b.Bytes(McapFormat.Magic);
        return b;
    }

    private void Group(RecordBuffer b, McapOp op)
    {
        switch (op)
        {
            case McapOp.Schema:
                foreach (var schema in _schemas.Values)
                    b.Schema(schema);
                break;
            case McapOp.Channel:
                foreach (var channel in _channels.Values)
                    b.Channel(channel);
                break;
            case McapOp.MetadataIndex:
                b.Bytes(_metadataIndexes.Written);
                break;
            case McapOp.ChunkIndex:
                b.Bytes(_chunkIndexes.Written);
                break;
            default:
                Statistics(b);
                break;
        }
    }

    private void Statistics(RecordBuffer b)
    {
        b.Begin(McapOp.Statistics);
        b.U64((ulong)Messages);
        b.U16((ushort)_schemas.Count);
        b.U32((uint)_channels.Count);
        b.U32(0);
        b.U32(_metadata);
        b.U32(_chunks);
        b.U64(_firstLogTime);
        b.U64(_lastLogTime);
        b.U32((uint)(10 * _channels.Count));
        foreach (ushort id in _channels.Keys)
        {
            b.U16(id);
            b.U64((ulong)(id < _perChannel.Length ? _perChannel[id] : 0));
        }
        b.End();
    }
}
