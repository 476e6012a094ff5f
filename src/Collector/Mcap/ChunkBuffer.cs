using System.Buffers.Binary;
using System.Runtime.InteropServices;
using RobotWorldModel.Collector.Codecs;

namespace RobotWorldModel.Collector.Mcap;

/// <summary>
/// One chunk on its way to the disk: messages are laid out where they will be written from, so a picture is copied once. Unmanaged memory:
/// some 8 MB each would make the garbage collector's heap jump.
/// </summary>
internal sealed unsafe class ChunkBuffer : IDisposable
{
    private byte* _memory;
    private IndexEntry* _index;
    private int _indexRoom;
    private int[] _perChannel = new int[64];
    private int _entries, _channels;

    private readonly record struct IndexEntry(ushort Channel, ulong LogTime, ulong Offset);

    public ChunkBuffer(int capacity) => Grow(capacity);

    public int Capacity { get; private set; }

    /// <summary>Bytes of records after the chunk's head.</summary>
    public int Length { get; private set; }

    public int Messages => _entries;

    public ulong FirstLogTime { get; private set; }

    public ulong LastLogTime { get; private set; }

    /// <summary>Host monotonic arrival of the oldest message, ns.</summary>
    public long OldestArrivalNs { get; private set; }

    public ReadOnlySpan<byte> Records => new(_memory + McapFormat.ChunkHead, Length);

    /// <summary>Highest channel number of a message, plus one.</summary>
    public int ChannelLimit { get; private set; }

    public int MessagesOf(int channel) => _perChannel[channel];

    public void Clear()
    {
        Length = _entries = _channels = ChannelLimit = 0;
        Array.Clear(_perChannel);
        FirstLogTime = LastLogTime = 0;
        OldestArrivalNs = long.MaxValue;
    }

    /// <summary>Whether records of so many bytes, with one message among them, still fit, the indexes behind them included.</summary>
    public bool Fits(int bytes) => McapFormat.ChunkHead + Length + bytes + IndexRoom <= Capacity;

    /// <summary>Makes an empty buffer large enough for one message of so many bytes.</summary>
    public void Grow(int capacity)
    {
        if (capacity <= Capacity)
            return;
        _memory = (byte*)NativeMemory.AlignedRealloc(_memory, (nuint)capacity, 4096);
        Capacity = capacity;
    }

    public void Append(ReadOnlySpan<byte> records)
    {
        records.CopyTo(Free(records.Length));
        Length += records.Length;
    }

    /// <summary>Where a message's data goes, up to a size; <see cref="EndMessage"/> says how much it was.</summary>
    public Span<byte> MessageData(int maxBytes) => Free(McapFormat.MessageHead + maxBytes)[McapFormat.MessageHead..];

    public void EndMessage(ushort channel, uint sequence, ulong logTime, ulong publishTime, int bytes, long arrivalNs)
    {
        Span<byte> head = Free(McapFormat.MessageHead);
        head[0] = (byte)McapOp.Message;
        BinaryPrimitives.WriteUInt64LittleEndian(head[1..], (ulong)(McapFormat.MessageHead - McapFormat.Prefix + bytes));
        BinaryPrimitives.WriteUInt16LittleEndian(head[9..], channel);
        BinaryPrimitives.WriteUInt32LittleEndian(head[11..], sequence);
        BinaryPrimitives.WriteUInt64LittleEndian(head[15..], logTime);
        BinaryPrimitives.WriteUInt64LittleEndian(head[23..], publishTime);
        AddIndex(channel, logTime, (ulong)Length);
        OldestArrivalNs = Math.Min(OldestArrivalNs, arrivalNs);
        Length += McapFormat.MessageHead + bytes;
    }

    /// <summary>Counts a message that lies at an offset of the records already: when a chunk is read back.</summary>
    public void AddIndex(ushort channel, ulong logTime, ulong offset)
    {
        if (_entries == _indexRoom)
            GrowIndex();
        if (channel >= _perChannel.Length)
            Array.Resize(ref _perChannel, Math.Max(_perChannel.Length * 2, channel + 1));
        FirstLogTime = _entries == 0 ? logTime : Math.Min(FirstLogTime, logTime);
        LastLogTime = Math.Max(LastLogTime, logTime);
        _index[_entries++] = new(channel, logTime, offset);
        if (_perChannel[channel]++ == 0)
            _channels++;
        ChannelLimit = Math.Max(ChannelLimit, channel + 1);
    }

    /// <summary>Fills the head and appends the message indexes. Returns everything as it goes to the file.</summary>
    /// <param name="indexOffsets">Receives for each channel where its index stands from the block's start; -1: none.</param>
    public ReadOnlySpan<byte> Seal(List<long> indexOffsets)
    {
        var head = new Span<byte>(_memory, McapFormat.ChunkHead);
        head[0] = (byte)McapOp.Chunk;
        BinaryPrimitives.WriteUInt64LittleEndian(head[1..], (ulong)(McapFormat.ChunkHead - McapFormat.Prefix + Length));
        BinaryPrimitives.WriteUInt64LittleEndian(head[9..], FirstLogTime);
        BinaryPrimitives.WriteUInt64LittleEndian(head[17..], LastLogTime);
        BinaryPrimitives.WriteUInt64LittleEndian(head[25..], (ulong)Length);
        BinaryPrimitives.WriteUInt32LittleEndian(head[33..], Crc32.Compute(Records));
        BinaryPrimitives.WriteUInt32LittleEndian(head[37..], 0); // no compression
        BinaryPrimitives.WriteUInt64LittleEndian(head[41..], (ulong)Length);
        int recordsEnd = McapFormat.ChunkHead + Length;
        int indexBytes = WriteIndexes(new Span<byte>(_memory + recordsEnd, Capacity - recordsEnd), indexOffsets);
        return new(_memory, McapFormat.ChunkHead + Length + indexBytes);
    }

    public void Dispose()
    {
        NativeMemory.AlignedFree(_memory);
        NativeMemory.Free(_index);
        _memory = null;
        _index = null;
        Capacity = _indexRoom = 0;
    }

    /// <summary>The message indexes of all channels, one record each. Returns their bytes.</summary>
    private int WriteIndexes(Span<byte> to, List<long> offsets)
    {
        offsets.Clear();
        int at = 0;
        for (int channel = 0; channel < ChannelLimit; channel++)
        {
            int count = _perChannel[channel];
            offsets.Add(count == 0 ? -1 : McapFormat.ChunkHead + Length + at);
            if (count == 0)
                continue;
            Span<byte> record = to[at..];
            record[0] = (byte)McapOp.MessageIndex;
            BinaryPrimitives.WriteUInt64LittleEndian(record[1..], (ulong)(2 + 4 + 16 * count));
            BinaryPrimitives.WriteUInt16LittleEndian(record[9..], (ushort)channel);
            BinaryPrimitives.WriteUInt32LittleEndian(record[11..], (uint)(16 * count));
            at += McapFormat.Prefix + 6;
            for (int i = 0; i < _entries; i++)
            {
                if (_index[i].Channel != channel)
                    continue;
                BinaryPrimitives.WriteUInt64LittleEndian(to[at..], _index[i].LogTime);
                BinaryPrimitives.WriteUInt64LittleEndian(to[(at + 8)..], _index[i].Offset);
                at += 16;
            }
        }
        return at;
    }

    /// <summary>What the indexes take once there is one message more, perhaps of a channel of its own.</summary>
    private int IndexRoom => 16 * (_entries + 1) + (McapFormat.Prefix + 6) * (_channels + 1);

    private void GrowIndex()
    {
        _indexRoom = Math.Max(1024, _indexRoom * 2);
        _index = (IndexEntry*)NativeMemory.Realloc(_index, (nuint)(_indexRoom * sizeof(IndexEntry)));
    }

    private Span<byte> Free(int bytes)
    {
        if (bytes > Capacity - McapFormat.ChunkHead - Length)
            throw new InvalidOperationException($"a chunk of {Capacity} bytes has no room for {bytes} more");
        return new(_memory + McapFormat.ChunkHead + Length, bytes);
    }
}

/// <summary>Chunk buffers that no log needs at present, shared by all logs: the next one opens while the last one closes.</summary>
internal sealed class ChunkPool
{
    private const int Kept = 6;
    private readonly Stack<ChunkBuffer> _free = new(Kept);

    public static ChunkPool Shared { get; } = new();

    /// <summary>An empty buffer; the one that was used last, as it is still in the processor's cache.</summary>
    public ChunkBuffer Rent(int capacity)
    {
        ChunkBuffer? buffer;
        lock (_free)
            _free.TryPop(out buffer);
        buffer ??= new ChunkBuffer(capacity);
        buffer.Grow(capacity);
        buffer.Clear();
        return buffer;
    }

    public void Return(ChunkBuffer buffer)
    {
        lock (_free)
        {
            if (_free.Count < Kept)
            {
                _free.Push(buffer);
                return;
            }
        }
        buffer.Dispose();
    }
}
