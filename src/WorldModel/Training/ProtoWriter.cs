using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace RobotWorldModel.WorldModel.Training;

/// <summary>
/// Writes protocol buffers' wire format (protobuf.dev/programming-guides/encoding), as much of it as event files need. A message inside
/// another is written by a writer of its own, since its length comes first.
/// </summary>
internal sealed class ProtoWriter
{
    private const int Varint = 0, Fixed64 = 1, Bytes = 2, Fixed32 = 5;
    private readonly ArrayBufferWriter<byte> _out = new();

    public ReadOnlySpan<byte> Written => _out.WrittenSpan;

    public ProtoWriter Double(int field, double value)
    {
        Tag(field, Fixed64);
        BinaryPrimitives.WriteDoubleLittleEndian(_out.GetSpan(8), value);
        _out.Advance(8);
        return this;
    }

    public ProtoWriter Float(int field, float value)
    {
        Tag(field, Fixed32);
        BinaryPrimitives.WriteSingleLittleEndian(_out.GetSpan(4), value);
        _out.Advance(4);
        return this;
    }

    public ProtoWriter Integer(int field, long value)
    {
        Tag(field, Varint);
        Number((ulong)value);
        return this;
    }

    public ProtoWriter Text(int field, string value) => Blob(field, Encoding.UTF8.GetBytes(value));

    public ProtoWriter Message(int field, ProtoWriter message) => Blob(field, message.Written);

    public ProtoWriter Blob(int field, ReadOnlySpan<byte> value)
    {
        Tag(field, Bytes);
        Number((ulong)value.Length);
        _out.Write(value);
        return this;
    }

    public void Clear() => _out.ResetWrittenCount();

    private void Tag(int field, int wireType) => Number((ulong)(field << 3 | wireType));

    private void Number(ulong value)
    {
        Span<byte> to = _out.GetSpan(10);
        int n = 0;
        for (; value >= 0x80; value >>= 7)
            to[n++] = (byte)(value | 0x80);
        to[n++] = (byte)value;
        _out.Advance(n);
    }
}
