using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using RobotWorldModel.Collector.Codecs;
using RobotWorldModel.Collector.Files;

namespace RobotWorldModel.Collector.Mcap;

/// <summary>One message; its data lies in the reader's buffer until the next read.</summary>
/// <param name="logTimeNs">Unix ns.</param>
/// <param name="publishTimeNs">Unix ns.</param>
public readonly ref struct McapMessage(McapChannel channel, uint sequence, long logTimeNs, long publishTimeNs, ReadOnlySpan<byte> data)
{
    public McapChannel Channel { get; } = channel;

    public uint Sequence { get; } = sequence;

    public long LogTimeNs { get; } = logTimeNs;

    public long PublishTimeNs { get; } = publishTimeNs;

    public ReadOnlySpan<byte> Data { get; } = data;
}

/// <summary>How far a reader has come.</summary>
public enum McapReadState
{
    /// <summary>No more whole chunk at present: the file may still grow, or it was cut off here.</summary>
    Open,

    /// <summary>The data's end was read: the file is complete.</summary>
    Ended,

    /// <summary>What follows is not MCAP, or is damaged; <see cref="McapReader.Damage"/> says where.</summary>
    Damaged,
}

/// <summary>
/// Reads an MCAP file from its start, message by message, while it may still be growing: only whole chunks with a right checksum are
/// handed out. A file that was cut off anywhere, or that ends in zeros as file systems leave it after a power cut, reads up to its last
/// whole chunk. Lengths in the file are checked before anything is allocated. Uncompressed chunks only, as our own logs are. Not
/// thread-safe.
/// </summary>
public sealed unsafe class McapReader : IDisposable
{
    /// <summary>A longer record than this is damage, not data.</summary>
    public const long MaxRecordBytes = 512L << 20;

    private readonly SafeFileHandle _file;
    private readonly Dictionary<ushort, McapSchema> _schemas = [];
    private readonly Dictionary<ushort, McapChannel> _channels = [];
    private readonly List<McapMetadata> _metadata = [];
    private byte* _buffer;
    private int _capacity, _recordsAt, _recordsEnd; // of the chunk at hand, in the buffer
    private long _position; // in the file: everything before it has been read whole
    private long _knownLength;

    /// <param name="path">May still be empty: messages come once they are written.</param>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    public McapReader(string path)
    {
        Path = path;
        _file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, FileOptions.SequentialScan);
    }

    public string Path { get; }

    public McapReadState State { get; private set; }

    /// <summary>What is damaged, where, in one line; null where nothing is.</summary>
    public string? Damage { get; private set; }

    /// <summary>Where the whole part of the file ends: after the last record that was read, in bytes.</summary>
    public long WholeBytes => _position;

    /// <summary>Whole chunks read so far.</summary>
    public long Chunks { get; private set; }

    /// <summary>Metadata records met so far.</summary>
    public IReadOnlyList<McapMetadata> Metadata => _metadata;

    /// <summary>Channels met so far.</summary>
    public IReadOnlyCollection<McapChannel> Channels => _channels.Values;

    /// <summary>Called for each record that stands in the file itself, with its offset and its bytes, prefix included.</summary>
    internal Action<McapOp, long, long>? OnRecord { get; set; }

    /// <summary>The records of the chunk that the last message came from.</summary>
    internal ReadOnlySpan<byte> ChunkRecords => new(_buffer + McapFormat.ChunkHead, _recordsEnd - McapFormat.ChunkHead);

    /// <summary>The next message. False: none at present; <see cref="State"/> says whether more may come.</summary>
    public bool TryRead(out McapMessage message)
    {
        while (true)
        {
            try
            {
                while (_recordsAt < _recordsEnd)
                    if (TryReadInChunk(out message))
                        return true;
                if (State != McapReadState.Open || !TryReadRecord())
                {
                    message = default;
                    return false;
                }
            }
            catch (InvalidDataException e)
            {
                _recordsAt = _recordsEnd = 0;
                Stop($"{Path}: damaged near byte {_position}: {e.Message}");
            }
        }
    }

    /// <summary>Reads on to the end of the next whole chunk without looking at its messages. False: there is none at present.</summary>
    internal bool TrySkipToChunk()
    {
        _recordsAt = _recordsEnd;
        long before = Chunks;
        while (State == McapReadState.Open && Chunks == before)
        {
            try
            {
                if (!TryReadRecord())
                    break;
            }
            catch (InvalidDataException e)
            {
                Stop($"{Path}: damaged near byte {_position}: {e.Message}");
            }
        }
        return Chunks > before;
    }

    public void Dispose()
    {
        _file.Dispose();
        NativeMemory.Free(_buffer);
        _buffer = null;
        _capacity = _recordsAt = _recordsEnd = 0;
    }

    /// <summary>The next record within the chunk at hand; true for a message.</summary>
    private bool TryReadInChunk(out McapMessage message)
    {
        message = default;
        var rest = new ReadOnlySpan<byte>(_buffer + _recordsAt, _recordsEnd - _recordsAt);
        if (rest.Length < McapFormat.Prefix)
            throw new InvalidDataException("a chunk ends within a record");
        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(rest[1..]);
        if (length > (ulong)(rest.Length - McapFormat.Prefix))
            throw new InvalidDataException("a chunk ends within a record");
        var content = rest.Slice(McapFormat.Prefix, (int)length);
        _recordsAt += McapFormat.Prefix + (int)length;
        if ((McapOp)rest[0] != McapOp.Message)
        {
            Describe((McapOp)rest[0], content);
            return false;
        }
        var r = new RecordReader(content);
        ushort id = r.U16();
        if (!_channels.TryGetValue(id, out var channel))
            throw new InvalidDataException($"a message of channel {id}, which nothing describes");
        message = new McapMessage(channel, r.U32(), (long)r.U64(), (long)r.U64(), r.Rest);
        return true;
    }

    /// <summary>The next record of the file itself, if it is there as a whole.</summary>
    private bool TryReadRecord()
    {
        try
        {
            return _position == 0 ? TryReadMagic() : TryReadRecordHere();
        }
        catch (InvalidDataException) when (EndsInZeros())
        {
            _recordsAt = _recordsEnd = 0;
            return false; // cut off, not damaged
        }
    }

    private bool TryReadRecordHere()
    {
        Span<byte> prefix = stackalloc byte[McapFormat.Prefix];
        if (!Has(_position, McapFormat.Prefix) || !TryReadBytes(prefix, _position))
            return false;
        var op = (McapOp)prefix[0];
        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(prefix[1..]);
        if (op == 0)
            throw new InvalidDataException("zeros where a record should start");
        if (length > MaxRecordBytes)
            throw new InvalidDataException($"a record that claims {length} bytes");
        long total = McapFormat.Prefix + (long)length;
        if (!Has(_position, total))
            return false;
        switch (op)
        {
            case McapOp.Chunk:
                if (!TryLoadChunk((int)total))
                    return false;
                break;
            case McapOp.Schema or McapOp.Channel or McapOp.Metadata:
                Reserve((int)total);
                if (!TryReadBytes(new Span<byte>(_buffer, (int)total), _position))
                    return false;
                Describe(op, new ReadOnlySpan<byte>(_buffer + McapFormat.Prefix, (int)length));
                break;
            case McapOp.DataEnd or McapOp.Footer:
                State = McapReadState.Ended;
                return true;
            case McapOp.Message:
                throw new InvalidDataException("messages outside of chunks are not read");
        }
        OnRecord?.Invoke(op, _position, total);
        _position += total;
        return true;
    }

    private bool TryReadMagic()
    {
        Span<byte> magic = stackalloc byte[8];
        if (!Has(0, McapFormat.Magic.Length) || !TryReadBytes(magic, 0))
            return false;
        if (!magic.SequenceEqual(McapFormat.Magic))
            throw new InvalidDataException("it does not start as an MCAP file does");
        _position = magic.Length;
        return true;
    }

    private bool TryLoadChunk(int total)
    {
        if (total < McapFormat.ChunkHead)
            throw new InvalidDataException("a chunk without a head");
        Reserve(total);
        _recordsAt = _recordsEnd = 0;
        if (!TryReadBytes(new Span<byte>(_buffer, total), _position))
            return false;
        var r = new RecordReader(new ReadOnlySpan<byte>(_buffer + McapFormat.Prefix, total - McapFormat.Prefix));
        r.Take(16); // times
        ulong size = r.U64();
        uint crc = r.U32();
        if (r.U32() != 0)
            throw new InvalidDataException("a compressed chunk: only uncompressed ones are read");
        ulong stored = r.U64();
        if (size != stored || stored != (ulong)r.Rest.Length)
            throw new InvalidDataException("a chunk whose sizes do not agree");
        if (crc != 0 && crc != Crc32.Compute(r.Rest))
            throw new InvalidDataException("a chunk with a wrong checksum");
        _recordsAt = McapFormat.ChunkHead;
        _recordsEnd = total;
        Chunks++;
        return true;
    }

    private void Describe(McapOp op, ReadOnlySpan<byte> content)
    {
        var r = new RecordReader(content);
        switch (op)
        {
            case McapOp.Schema:
                var schema = r.Schema();
                _schemas[schema.Id] = schema;
                break;
            case McapOp.Channel:
                ushort id = r.U16(), schemaId = r.U16();
                if (schemaId != 0 && !_schemas.ContainsKey(schemaId))
                    throw new InvalidDataException($"channel {id} has the schema {schemaId}, which nothing describes");
                _channels.TryAdd(id, new McapChannel(id, schemaId == 0 ? null : _schemas[schemaId], r.Text(), r.Text(), r.Map()));
                break;
            case McapOp.Metadata:
                _metadata.Add(r.Metadata());
                break;
        }
    }

    private void Stop(string damage)
    {
        State = McapReadState.Damaged;
        Damage = damage;
    }

    /// <summary>Whether the file has so many bytes from an offset on; asks the system only where it did not know yet.</summary>
    private bool Has(long offset, long bytes)
    {
        if (bytes > _knownLength - offset)
            _knownLength = RandomAccess.GetLength(_file);
        return bytes <= _knownLength - offset;
    }

    private void Reserve(int bytes)
    {
        if (bytes <= _capacity)
            return;
        _capacity = Math.Max(bytes, 1 << 20);
        _recordsAt = _recordsEnd = 0;
        _buffer = (byte*)NativeMemory.Realloc(_buffer, (nuint)_capacity);
    }

    /// <summary>False where the file has become shorter: a full disk took half a chunk, and its writer cut that off again.</summary>
    private bool TryReadBytes(Span<byte> to, long offset)
    {
        while (to.Length > 0)
        {
            int n = RandomAccess.Read(_file, to[..Math.Min(to.Length, LinuxFile.MaxPiece)], offset);
            if (n == 0)
            {
                _knownLength = RandomAccess.GetLength(_file);
                return false;
            }
            to = to[n..];
            offset += n;
        }
        return true;
    }

    /// <summary>
    /// Whether from a disk's block within the record at hand on, or from its very start, there are only zeros to the end of the file:
    /// blocks that were promised to it and, for a power cut, never written.
    /// </summary>
    private bool EndsInZeros()
    {
        const long Block = 512;
        long length = RandomAccess.GetLength(_file), zerosFrom = ZerosFrom(length);
        if (zerosFrom == _position)
            return length > _position;
        Span<byte> prefix = stackalloc byte[McapFormat.Prefix];
        long firstBlock = (zerosFrom + Block - 1) / Block * Block;
        if (firstBlock >= length || !TryReadBytes(prefix, _position))
            return false;
        ulong claimed = BinaryPrimitives.ReadUInt64LittleEndian(prefix[1..]);
        return claimed <= MaxRecordBytes && firstBlock < _position + McapFormat.Prefix + (long)claimed;
    }

    /// <summary>Where the zeros at the file's end begin; not before the record at hand.</summary>
    private long ZerosFrom(long length)
    {
        Span<byte> bytes = stackalloc byte[4096];
        for (long end = length; end > _position;)
        {
            long start = Math.Max(_position, end - bytes.Length);
            Span<byte> part = bytes[..(int)(end - start)];
            if (!TryReadBytes(part, start))
                return end;
            int last = part.LastIndexOfAnyExcept((byte)0);
            if (last >= 0)
                return start + last + 1;
            end = start;
        }
        return _position;
    }
}
