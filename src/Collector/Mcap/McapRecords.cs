using System.Buffers.Binary;
using System.Text;

namespace RobotWorldModel.Collector.Mcap;

/// <summary>Record types of MCAP version 0 (mcap.dev/spec).</summary>
internal enum McapOp : byte
{
    Header = 0x01, Footer, Schema, Channel, Message, Chunk, MessageIndex, ChunkIndex, Attachment, AttachmentIndex, Statistics, Metadata,
    MetadataIndex, SummaryOffset, DataEnd,
}

/// <summary>What a message's bytes mean: for ROS 2 the type's name and its .msg text.</summary>
/// <param name="Id">1 and up within its file.</param>
public sealed record McapSchema(ushort Id, string Name, string Encoding, byte[] Data);

/// <summary>A topic of a file.</summary>
/// <param name="Id">Unique within its file.</param>
public sealed record McapChannel(
    ushort Id, McapSchema? Schema, string Topic, string MessageEncoding, IReadOnlyDictionary<string, string> Metadata);

/// <summary>A named map of texts that stands between the chunks.</summary>
public sealed record McapMetadata(string Name, IReadOnlyDictionary<string, string> Values);

internal static class McapFormat
{
    /// <summary>Opcode and length before every record's content.</summary>
    public const int Prefix = 9;

    /// <summary>A chunk's bytes before its records, when it is not compressed: prefix, times, size, CRC, empty name, length.</summary>
    public const int ChunkHead = Prefix + 8 + 8 + 8 + 4 + 4 + 8;

    /// <summary>A message's bytes before its data.</summary>
    public const int MessageHead = Prefix + 2 + 4 + 8 + 8;

    public const int FooterBytes = Prefix + 20;

    public static ReadOnlySpan<byte> Magic => [0x89, (byte)'M', (byte)'C', (byte)'A', (byte)'P', (byte)'0', (byte)'\r', (byte)'\n'];
}

/// <summary>Lays records out in a growing array: for the few that are not messages.</summary>
internal sealed class RecordBuffer(int capacity = 4096)
{
    private byte[] _bytes = new byte[capacity];
    private int _recordStart;

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, Length);

    public void Clear() => Length = 0;

    public void Begin(McapOp op)
    {
        U8((byte)op);
        U64(0);
        _recordStart = Length;
    }

    public void End() => BinaryPrimitives.WriteUInt64LittleEndian(_bytes.AsSpan(_recordStart - 8), (ulong)(Length - _recordStart));

    public void U8(byte v) => Take(1)[0] = v;

    public void U16(ushort v) => BinaryPrimitives.WriteUInt16LittleEndian(Take(2), v);

    public void U32(uint v) => BinaryPrimitives.WriteUInt32LittleEndian(Take(4), v);

    public void U64(ulong v) => BinaryPrimitives.WriteUInt64LittleEndian(Take(8), v);

    public void Bytes(ReadOnlySpan<byte> v) => v.CopyTo(Take(v.Length));

    public void Text(string v)
    {
        int n = Encoding.UTF8.GetByteCount(v);
        U32((uint)n);
        Encoding.UTF8.GetBytes(v, Take(n));
    }

    public void Map(IReadOnlyDictionary<string, string> map)
    {
        int at = Length;
        U32(0);
        foreach (var (key, value) in map)
        {
            Text(key);
            Text(value);
        }
        BinaryPrimitives.WriteUInt32LittleEndian(_bytes.AsSpan(at), (uint)(Length - at - 4));
    }

    public void Schema(McapSchema s)
    {
        Begin(McapOp.Schema);
        U16(s.Id);
        Text(s.Name);
        Text(s.Encoding);
        U32((uint)s.Data.Length);
        Bytes(s.Data);
        End();
    }

    public void Channel(McapChannel c)
    {
        Begin(McapOp.Channel);
        U16(c.Id);
        U16(c.Schema?.Id ?? 0);
        Text(c.Topic);
        Text(c.MessageEncoding);
        Map(c.Metadata);
        End();
    }

    public void Metadata(McapMetadata m)
    {
        Begin(McapOp.Metadata);
        Text(m.Name);
        Map(m.Values);
        End();
    }

    private Span<byte> Take(int n)
    {
        if (Length + n > _bytes.Length)
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, Length + n));
        Length += n;
        return _bytes.AsSpan(Length - n, n);
    }
}

/// <summary>Reads a record's content. Every length is checked against the bytes that are there.</summary>
internal ref struct RecordReader(ReadOnlySpan<byte> content)
{
    private ReadOnlySpan<byte> _rest = content;

    public readonly ReadOnlySpan<byte> Rest => _rest;

    public ushort U16() => BinaryPrimitives.ReadUInt16LittleEndian(Take(2));

    public uint U32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(4));

    public ulong U64() => BinaryPrimitives.ReadUInt64LittleEndian(Take(8));

    public string Text() => Encoding.UTF8.GetString(Take(U32()));

    public ReadOnlySpan<byte> Take(ulong n)
    {
        if (n > (ulong)_rest.Length)
            throw new InvalidDataException($"a record ends {n - (ulong)_rest.Length} bytes too early");
        var taken = _rest[..(int)n];
        _rest = _rest[(int)n..];
        return taken;
    }

    public IReadOnlyDictionary<string, string> Map()
    {
        var entries = new RecordReader(Take(U32()));
        var map = new Dictionary<string, string>();
        while (entries.Rest.Length > 0)
            map[entries.Text()] = entries.Text();
        return map;
    }

    public McapSchema Schema() => new(U16(), Text(), Text(), Take(U32()).ToArray());

    public McapMetadata Metadata() => new(Text(), Map());
}
