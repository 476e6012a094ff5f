using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Text;
using RobotWorldModel.Drivers.Geometry;

namespace RobotWorldModel.Collector.Cdr;

/// <summary>
/// Lays out a ROS 2 message: plain CDR (XCDR1), little endian, with its four-byte header; alignment counts from the byte after that
/// header. Into a caller's span, or (<see cref="Rent"/>) into a pooled array that grows.
/// </summary>
public ref struct CdrWriter
{
    private const int HeaderBytes = 4;
    private Span<byte> _bytes;
    private byte[]? _rented;
    private int _at;

    /// <param name="buffer">Too small a one makes a write throw <see cref="InvalidOperationException"/>.</param>
    public CdrWriter(Span<byte> buffer)
    {
        _bytes = buffer;
        WriteHeader();
    }

    private CdrWriter(byte[] rented)
    {
        _rented = rented;
        _bytes = rented;
        WriteHeader();
    }

    /// <summary>A writer with memory of its own, to be given back by <see cref="Dispose"/>.</summary>
    public static CdrWriter Rent(int bytes = 1024) => new(ArrayPool<byte>.Shared.Rent(Math.Max(bytes, HeaderBytes)));

    public void Bool(bool v) => U8(v ? (byte)1 : (byte)0);

    public void U8(byte v) => Take(1)[0] = v;

    public void I32(int v) => BinaryPrimitives.WriteInt32LittleEndian(Aligned(4), v);

    public void U32(uint v) => BinaryPrimitives.WriteUInt32LittleEndian(Aligned(4), v);

    public void I64(long v) => BinaryPrimitives.WriteInt64LittleEndian(Aligned(8), v);

    public void F32(float v) => BinaryPrimitives.WriteSingleLittleEndian(Aligned(4), v);

    public void F64(double v) => BinaryPrimitives.WriteDoubleLittleEndian(Aligned(8), v);

    /// <summary>float64[6].</summary>
    public void Vector(in Vector6 v)
    {
        foreach (double x in v)
            F64(x);
    }

    /// <summary>A fixed array, float64[N].</summary>
    public void Fixed(scoped ReadOnlySpan<double> v)
    {
        foreach (double x in v)
            F64(x);
    }

    /// <summary>A sequence, float64[]. An empty one adds no padding behind its count.</summary>
    public void Sequence(scoped ReadOnlySpan<double> v)
    {
        U32((uint)v.Length);
        Fixed(v);
    }

    /// <summary>float32[].</summary>
    public void Sequence(scoped ReadOnlySpan<float> v)
    {
        U32((uint)v.Length);
        foreach (float x in v)
            F32(x);
    }

    /// <summary>string[].</summary>
    public void Sequence(scoped ReadOnlySpan<string> v)
    {
        U32((uint)v.Length);
        foreach (string s in v)
            Text(s);
    }

    /// <summary>uint8[].</summary>
    public void Sequence(scoped ReadOnlySpan<byte> v)
    {
        U32((uint)v.Length);
        v.CopyTo(Take(v.Length));
    }

    /// <summary>A string: count with the closing NUL, UTF-8, NUL.</summary>
    public void Text(string v)
    {
        int n = Encoding.UTF8.GetByteCount(v);
        U32((uint)n + 1);
        var to = Take(n + 1);
        Encoding.UTF8.GetBytes(v, to);
        to[n] = 0;
    }

    /// <summary>Pads to a multiple of four, as ROS does, and returns the whole message.</summary>
    public ReadOnlySpan<byte> Finish()
    {
        Take(-_at & 3).Clear();
        return _bytes[.._at];
    }

    /// <summary>Gives a rented array back.</summary>
    public void Dispose()
    {
        if (_rented is not null)
            ArrayPool<byte>.Shared.Return(_rented);
        _rented = null;
        _bytes = default;
    }

    private void WriteHeader()
    {
        ReadOnlySpan<byte> littleEndian = [0, 1, 0, 0];
        littleEndian.CopyTo(Take(HeaderBytes));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Span<byte> Aligned(int size)
    {
        int pad = -(_at - HeaderBytes) & (size - 1);
        if (pad > 0)
            Take(pad).Clear();
        return Take(size);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Span<byte> Take(int n)
    {
        if (n > _bytes.Length - _at)
            Grow(n);
        _at += n;
        return _bytes.Slice(_at - n, n);
    }

    private void Grow(int n)
    {
        if (_rented is null)
            throw new InvalidOperationException($"a message of more than {_at + n} bytes does not fit its buffer of {_bytes.Length}");
        byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Max(_rented.Length * 2, _at + n));
        _bytes[.._at].CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_rented);
        _rented = larger;
        _bytes = larger;
    }
}
