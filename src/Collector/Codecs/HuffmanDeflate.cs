using System.Runtime.CompilerServices;

namespace RobotWorldModel.Collector.Codecs;

/// <summary>
/// A deflate writer (RFC 1951) for filtered camera pictures: dynamic Huffman codes over literals, and runs of zeros as the only matches.
/// Sensor noise leaves a match finder nothing to find; it would cost three times the time for a larger file.
/// </summary>
internal sealed unsafe class HuffmanDeflate
{
    private const int LiteralCodes = 286, EndOfBlock = 256, FirstLength = 257;
    private const int BlockBytes = 64 * 1024;
    private const int LongestMatch = 258;

    /// <summary>Four codes of at most 12 bits and up to 7 bits left over go out in one 64-bit write.</summary>
    private const int LongestCode = 12;

    private static readonly ushort[] s_lengthBase =
        [3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258];

    private static readonly byte[] s_lengthExtraBits = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
    private static readonly byte[] s_lengthIndex = MakeLengthIndex();

    private readonly int[] _histogram = GC.AllocateArray<int>(4 * 288, pinned: true);
    private readonly uint[] _codes = GC.AllocateArray<uint>(LiteralCodes, pinned: true); // low half: bits, reversed; high half: their number
    private readonly HuffmanCode _literal = new(LiteralCodes, LongestCode);
    private readonly HuffmanCode _header = new(19, 7);
    private readonly byte[] _headerSymbols = new byte[LiteralCodes + 1], _headerExtra = new byte[LiteralCodes + 1];
    private readonly int[] _headerHistogram = new int[19];

    private byte* _out;
    private ulong _bits;
    private int _bitCount;

    /// <summary>Bytes that <see cref="Compress"/> may touch in its destination.</summary>
    public static int Bound(int length) => length + length / 2 + (length / BlockBytes + 1) * 640 + 64;

    /// <summary>Writes a whole deflate stream and returns its length.</summary>
    /// <param name="destination">At least <see cref="Bound"/> bytes.</param>
    public int Compress(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        ArgumentOutOfRangeException.ThrowIfZero(source.Length);
        ArgumentOutOfRangeException.ThrowIfLessThan(destination.Length, Bound(source.Length));
        fixed (byte* from = source, to = destination)
        {
            _out = to;
            _bits = 0;
            _bitCount = 0;
            for (int at = 0; at < source.Length; at += BlockBytes)
            {
                int n = Math.Min(BlockBytes, source.Length - at);
                WriteBlock(from + at, n, last: at + n == source.Length);
            }
            *_out = (byte)_bits; // the bits that do not fill a byte
            return (int)(_out - to) + (_bitCount > 0 ? 1 : 0);
        }
    }

    private void WriteBlock(byte* source, int length, bool last)
    {
        _histogram.AsSpan().Clear();
        fixed (int* histogram = _histogram)
            Count(source, length, histogram);
        for (int i = 0; i < LiteralCodes; i++)
            _histogram[i] += _histogram[288 + i] + _histogram[2 * 288 + i] + _histogram[3 * 288 + i];
        _histogram[EndOfBlock] = 1;
        _literal.Build(_histogram);
        for (int i = 0; i < LiteralCodes; i++)
            _codes[i] = _literal.Bits[i] | ((uint)_literal.Lengths[i] << 16);
        WriteHeader(last);
        fixed (uint* codes = _codes)
            WriteSymbols(source, length, codes);
    }

    /// <summary>Four histograms, so that equal neighbours do not wait for each other's increment.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Count(byte* source, int length, int* histogram)
    {
        int* h0 = histogram, h1 = h0 + 288, h2 = h1 + 288, h3 = h2 + 288;
        int i = 0;
        while (i + 8 <= length)
        {
            ulong v = *(ulong*)(source + i);
            if (v == 0 && i > 0 && source[i - 1] == 0)
            {
                int run = ZeroRun(source + i, Math.Min(LongestMatch, length - i));
                h0[FirstLength + s_lengthIndex[run]]++;
                i += run;
                continue;
            }
            h0[(byte)v]++;
            h1[(byte)(v >> 8)]++;
            h2[(byte)(v >> 16)]++;
            h3[(byte)(v >> 24)]++;
            h0[(byte)(v >> 32)]++;
            h1[(byte)(v >> 40)]++;
            h2[(byte)(v >> 48)]++;
            h3[v >> 56]++;
            i += 8;
        }
        for (; i < length; i++)
            h0[source[i]]++;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void WriteSymbols(byte* source, int length, uint* codes)
    {
        ulong bits = _bits;
        int count = _bitCount;
        byte* o = _out;
        int i = 0;
        while (i + 8 <= length)
        {
            ulong v = *(ulong*)(source + i);
            if (v == 0 && i > 0 && source[i - 1] == 0)
            {
                int run = ZeroRun(source + i, Math.Min(LongestMatch, length - i));
                int index = s_lengthIndex[run];
                uint code = codes[FirstLength + index];
                // the code of the length, its extra bits, and a 0 for the only distance code: distance 1
                ulong match = (code & 0xFFFF) | ((ulong)(run - s_lengthBase[index]) << (int)(code >> 16));
                Put(ref o, ref bits, ref count, match, (int)(code >> 16) + s_lengthExtraBits[index] + 1);
                i += run;
                continue;
            }
            PutFour(ref o, ref bits, ref count, codes, (uint)v);
            PutFour(ref o, ref bits, ref count, codes, (uint)(v >> 32));
            i += 8;
        }
        for (; i < length; i++)
            Put(ref o, ref bits, ref count, codes[source[i]] & 0xFFFF, (int)(codes[source[i]] >> 16));
        Put(ref o, ref bits, ref count, codes[EndOfBlock] & 0xFFFF, (int)(codes[EndOfBlock] >> 16));
        _out = o;
        _bits = bits;
        _bitCount = count;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void PutFour(ref byte* o, ref ulong bits, ref int count, uint* codes, uint literals)
    {
        uint a = codes[(byte)literals], b = codes[(byte)(literals >> 8)], c = codes[(byte)(literals >> 16)], d = codes[literals >> 24];
        int lengthA = (int)(a >> 16), lengthC = (int)(c >> 16), lengthAB = lengthA + (int)(b >> 16);
        ulong first = (a & 0xFFFF) | ((ulong)(b & 0xFFFF) << lengthA), second = (c & 0xFFFF) | ((ulong)(d & 0xFFFF) << lengthC);
        Put(ref o, ref bits, ref count, first | (second << lengthAB), lengthAB + lengthC + (int)(d >> 16));
    }

    /// <summary>Appends up to 57 bits; writes eight bytes and advances by those that are full.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put(ref byte* o, ref ulong bits, ref int count, ulong value, int length)
    {
        bits |= value << count;
        count += length;
        *(ulong*)o = bits;
        int full = count >> 3;
        o += full;
        bits >>= full * 8;
        count &= 7;
    }

    private void Put(ulong value, int length) => Put(ref _out, ref _bits, ref _bitCount, value, length);

    private static int ZeroRun(byte* at, int most)
    {
        int run = 0;
        while (run + 8 <= most && *(ulong*)(at + run) == 0)
            run += 8;
        while (run < most && at[run] == 0)
            run++;
        return run;
    }

    /// <summary>The block's header: all 286 literal code lengths and one distance code of length 1, runs of zeros shortened (RFC 1951, 3.2.7).</summary>
    private void WriteHeader(bool last)
    {
        int n = 0;
        for (int i = 0; i < LiteralCodes;)
        {
            int length = _literal.Lengths[i], run = 1;
            while (length == 0 && i + run < LiteralCodes && run < 138 && _literal.Lengths[i + run] == 0)
                run++;
            (int symbol, int extra) = run >= 11 ? (18, run - 11) : run >= 3 ? (17, run - 3) : (length, 0);
            _headerSymbols[n] = (byte)symbol;
            _headerExtra[n++] = (byte)extra;
            i += run >= 3 ? run : 1;
        }
        _headerSymbols[n] = 1; // the distance code
        _headerExtra[n++] = 0;

        _headerHistogram.AsSpan().Clear();
        for (int i = 0; i < n; i++)
            _headerHistogram[_headerSymbols[i]]++;
        _header.Build(_headerHistogram);

        Put(last ? 1u : 0u, 1);
        Put(2, 2); // dynamic codes
        Put(LiteralCodes - 257, 5);
        Put(0, 5); // one distance code
        Put(19 - 4, 4);
        foreach (byte symbol in (ReadOnlySpan<byte>)[16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15])
            Put(_header.Lengths[symbol], 3);
        for (int i = 0; i < n; i++)
        {
            int symbol = _headerSymbols[i];
            Put(_header.Bits[symbol], _header.Lengths[symbol]);
            if (symbol >= 17)
                Put(_headerExtra[i], symbol == 17 ? 3 : 7);
        }
    }

    private static byte[] MakeLengthIndex()
    {
        var index = new byte[LongestMatch + 1];
        for (int length = 3; length <= LongestMatch; length++)
        {
            int i = s_lengthBase.Length - 1;
            while (s_lengthBase[i] > length)
                i--;
            index[length] = (byte)i;
        }
        return index;
    }
}
