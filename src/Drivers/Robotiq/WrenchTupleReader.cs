using System.Buffers.Text;
using RobotWorldModel.Drivers.Samples;

namespace RobotWorldModel.Drivers.Robotiq;

internal enum TupleResult
{
    /// <summary>No whole tuple is left in the bytes so far.</summary>
    NeedBytes,

    Wrench,

    /// <summary>A tuple began and was not six finite numbers: a sample is lost.</summary>
    Malformed,
}

/// <summary>
/// Takes <c>( Fx , Fy , Fz , Mx , My , Mz )</c> tuples out of a byte stream, however it is cut: any whitespace or none, signs, exponents,
/// line ends between tuples or not, anything outside brackets skipped. Allocates nothing after construction.
/// </summary>
internal sealed class WrenchTupleReader
{
    private const int BufferBytes = 1 << 13;

    /// <summary>Results that one filling of the buffer can give at most: a lone '(' counts as a broken one.</summary>
    public const int MostTuples = BufferBytes;

    private const int LongestTuple = 512; // six doubles in full length are under 200
    private readonly byte[] _bytes = new byte[BufferBytes];
    private int _start, _end;
    private bool _inTuple; // at _start there is a '(' whose ')' has not come yet

    /// <summary>
    /// Where to put the next bytes; call <see cref="Added"/> after. Never empty once <see cref="Next"/> has asked for bytes.
    /// </summary>
    public Span<byte> Free
    {
        get
        {
            if (_start > 0)
            {
                _bytes.AsSpan(_start, _end - _start).CopyTo(_bytes);
                (_start, _end) = (0, _end - _start);
            }
            return _bytes.AsSpan(_end);
        }
    }

    public void Added(int count) => _end += count;

    /// <summary>Forgets what is left of an old connection.</summary>
    public void Reset()
    {
        _start = _end = 0;
        _inTuple = false;
    }

    public TupleResult Next(out Wrench wrench)
    {
        wrench = default;
        if (!_inTuple)
        {
            int open = _bytes.AsSpan(_start, _end - _start).IndexOf((byte)'(');
            if (open < 0)
            {
                _start = _end = 0;
                return TupleResult.NeedBytes;
            }
            _start += open;
            _inTuple = true;
        }
        ReadOnlySpan<byte> rest = _bytes.AsSpan(_start + 1, _end - _start - 1);
        int stop = rest.IndexOfAny((byte)')', (byte)'(');
        if (stop < 0)
        {
            if (rest.Length < LongestTuple)
                return TupleResult.NeedBytes;
            _start = _end; // an opening bracket in garbage: look for the next one
            _inTuple = false;
            return TupleResult.Malformed;
        }
        bool closed = rest[stop] == ')';
        bool whole = closed && TryParse(rest[..stop], out wrench);
        _start += 1 + stop + (closed ? 1 : 0);
        _inTuple = !closed; // a second '(' begins a tuple of its own
        return whole ? TupleResult.Wrench : TupleResult.Malformed;
    }

    private static bool TryParse(ReadOnlySpan<byte> inner, out Wrench wrench)
    {
        Span<double> values = stackalloc double[6];
        wrench = default;
        for (int i = 0; i < 6; i++)
        {
            inner = inner.TrimStart(" \t\r\n"u8);
            if (!Utf8Parser.TryParse(inner, out values[i], out int used) || !double.IsFinite(values[i]))
                return false;
            inner = inner[used..].TrimStart(" \t\r\n"u8);
            if (i == 5)
                break;
            if (inner.Length == 0 || inner[0] != ',')
                return false;
            inner = inner[1..];
        }
        wrench = new(values[0], values[1], values[2], values[3], values[4], values[5]);
        return inner.Length == 0;
    }
}
