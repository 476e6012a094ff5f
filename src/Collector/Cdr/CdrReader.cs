using System.Buffers.Binary;
using System.Text;
using RobotWorldModel.Drivers.Geometry;

namespace RobotWorldModel.Collector.Cdr;

/// <summary>
/// Reads a ROS 2 message in plain little-endian CDR. Every length is checked against the bytes that are there: too few of them are an
/// <see cref="InvalidDataException"/>, and bytes behind the last field are ignored.
/// </summary>
public ref struct CdrReader
{
    private const int HeaderBytes = 4;
    private readonly ReadOnlySpan<byte> _bytes;
    private int _at;

    /// <exception cref="InvalidDataException">Another encoding than plain little-endian CDR.</exception>
    public CdrReader(ReadOnlySpan<byte> message)
    {
        if (message.Length < HeaderBytes || message[0] != 0 || message[1] != 1)
            throw new InvalidDataException("not a little-endian CDR message: it must start with 00 01");
        _bytes = message;
        _at = HeaderBytes;
    }

    public bool Bool() => U8() != 0;

    public byte U8() => Take(1)[0];

    public int I32() => BinaryPrimitives.ReadInt32LittleEndian(Aligned(4));

    public uint U32() => BinaryPrimitives.ReadUInt32LittleEndian(Aligned(4));

    public long I64() => BinaryPrimitives.ReadInt64LittleEndian(Aligned(8));

    public float F32() => BinaryPrimitives.ReadSingleLittleEndian(Aligned(4));

    public double F64() => BinaryPrimitives.ReadDoubleLittleEndian(Aligned(8));

    public Vector6 Vector()
    {
        Vector6 v = default;
        for (int i = 0; i < 6; i++)
            v[i] = F64();
        return v;
    }

    /// <summary>A fixed array, float64[N].</summary>
    public void Fixed(scoped Span<double> to)
    {
        for (int i = 0; i < to.Length; i++)
            to[i] = F64();
    }

    /// <summary>float64[].</summary>
    public double[] Doubles()
    {
        var v = new double[Count(8)];
        Fixed(v);
        return v;
    }

    /// <summary>float32[], as many as there is room for.</summary>
    /// <exception cref="InvalidDataException">The message has more or fewer.</exception>
    public void Sequence(scoped Span<float> to)
    {
        if (Count(4) is var n && n != to.Length)
            throw new InvalidDataException($"a CDR message has {n} numbers where {to.Length} belong");
        foreach (ref float x in to)
            x = F32();
    }

    /// <summary>string[].</summary>
    public string[] Texts()
    {
        var v = new string[Count(4)];
        for (int i = 0; i < v.Length; i++)
            v[i] = Text();
        return v;
    }

    /// <summary>uint8[], where it lies.</summary>
    public ReadOnlySpan<byte> Bytes() => Take(U32());

    /// <summary>A string; a count of 0, which some writers give, is an empty one.</summary>
    public string Text() => Encoding.UTF8.GetString(TextBytes());

    /// <summary>A string's UTF-8, where it lies and without its NUL.</summary>
    public ReadOnlySpan<byte> TextBytes()
    {
        var s = Take(U32());
        return s.Length > 0 && s[^1] == 0 ? s[..^1] : s;
    }

    private int Count(int leastBytesEach)
    {
        uint n = U32();
        if (n > (uint)(_bytes.Length - _at) / (uint)leastBytesEach)
            throw TooShort(n * (long)leastBytesEach);
        return (int)n;
    }

    private ReadOnlySpan<byte> Aligned(int size)
    {
        int pad = -(_at - HeaderBytes) & (size - 1);
        Take((uint)pad);
        return Take((uint)size);
    }

    private ReadOnlySpan<byte> Take(uint n)
    {
        if (n > (uint)(_bytes.Length - _at))
            throw TooShort(n);
        _at += (int)n;
        return _bytes.Slice(_at - (int)n, (int)n);
    }

    private readonly InvalidDataException TooShort(long wanted) =>
        new($"a CDR message of {_bytes.Length} bytes is too short: {wanted} bytes are wanted at {_at}");
}
