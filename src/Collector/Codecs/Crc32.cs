using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace RobotWorldModel.Collector.Codecs;

/// <summary>
/// CRC-32 as in zlib, PNG, ZIP and MCAP (ISO 3309, reflected polynomial 0xEDB88320). Folded 64 bytes at a time by carry-less
/// multiplication where the processor has it (Gopal et al.: "Fast CRC Computation for Generic Polynomials Using PCLMULQDQ", Intel 2009),
/// else by tables of 8 bytes.
/// </summary>
public static class Crc32
{
    private static readonly uint[] s_tables = MakeTables();

    /// <summary>The checksum of one block.</summary>
    public static uint Compute(ReadOnlySpan<byte> data) => Append(0, data);

    /// <summary>Goes on with more bytes: <c>Append(Compute(a), b)</c> is the checksum of a followed by b; 0 starts.</summary>
    public static uint Append(uint crc, ReadOnlySpan<byte> data)
    {
        uint state = ~crc;
        if (Pclmulqdq.IsSupported && data.Length >= 64)
        {
            int folded = data.Length & ~15;
            state = Fold(state, data[..folded]);
            data = data[folded..];
        }
        return ~ByTable(state, data);
    }

    /// <summary>The table form alone, for tests and for processors without carry-less multiplication.</summary>
    internal static uint AppendByTable(uint crc, ReadOnlySpan<byte> data) => ~ByTable(~crc, data);

    private static uint ByTable(uint state, ReadOnlySpan<byte> data)
    {
        uint[] t = s_tables;
        while (data.Length >= 8)
        {
            ulong v = BinaryPrimitives.ReadUInt64LittleEndian(data) ^ state;
            state = t[0x700 + (int)(v & 0xFF)] ^ t[0x600 + (int)(v >> 8 & 0xFF)] ^ t[0x500 + (int)(v >> 16 & 0xFF)]
                ^ t[0x400 + (int)(v >> 24 & 0xFF)] ^ t[0x300 + (int)(v >> 32 & 0xFF)] ^ t[0x200 + (int)(v >> 40 & 0xFF)]
                ^ t[0x100 + (int)(v >> 48 & 0xFF)] ^ t[(int)(v >> 56)];
            data = data[8..];
        }
        foreach (byte b in data)
            state = t[(byte)(state ^ b)] ^ state >> 8;
        return state;
    }

    /// <summary>At least 64 bytes, a multiple of 16. The constants are x^n mod P, reflected, for n = 512 ± 32, 128 ± 32 and 64.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static uint Fold(uint state, ReadOnlySpan<byte> data)
    {
        ref byte p = ref MemoryMarshal.GetReference(data);
        nuint at = 64, end = (nuint)data.Length;
        var x1 = Vector128.LoadUnsafe(ref p, 0).AsUInt64() ^ Vector128.CreateScalar(state).AsUInt64();
        var x2 = Vector128.LoadUnsafe(ref p, 16).AsUInt64();
        var x3 = Vector128.LoadUnsafe(ref p, 32).AsUInt64();
        var x4 = Vector128.LoadUnsafe(ref p, 48).AsUInt64();
        var by512 = Vector128.Create(0x0154442bd4UL, 0x01c6e41596UL);
        for (; at + 64 <= end; at += 64)
        {
            x1 = FoldOnto(x1, by512, Vector128.LoadUnsafe(ref p, at).AsUInt64());
            x2 = FoldOnto(x2, by512, Vector128.LoadUnsafe(ref p, at + 16).AsUInt64());
            x3 = FoldOnto(x3, by512, Vector128.LoadUnsafe(ref p, at + 32).AsUInt64());
            x4 = FoldOnto(x4, by512, Vector128.LoadUnsafe(ref p, at + 48).AsUInt64());
        }
        var by128 = Vector128.Create(0x01751997d0UL, 0x00ccaa009eUL);
        x1 = FoldOnto(x1, by128, x2);
        x1 = FoldOnto(x1, by128, x3);
        x1 = FoldOnto(x1, by128, x4);
        for (; at < end; at += 16)
            x1 = FoldOnto(x1, by128, Vector128.LoadUnsafe(ref p, at).AsUInt64());

        // 128 bits to 64, to 32, then Barrett's reduction.
        var low32 = Vector128.Create(uint.MaxValue, 0, uint.MaxValue, 0).AsUInt64();
        x1 = Sse2.ShiftRightLogical128BitLane(x1, 8) ^ Pclmulqdq.CarrylessMultiply(x1, by128, 0x10);
        var by64 = Vector128.CreateScalar(0x0163cd6124UL);
        x1 = Pclmulqdq.CarrylessMultiply(x1 & low32, by64, 0x00) ^ Sse2.ShiftRightLogical128BitLane(x1, 4);
        var reduce = Vector128.Create(0x01db710641UL, 0x01f7011641UL);
        var q = Pclmulqdq.CarrylessMultiply(x1 & low32, reduce, 0x10) & low32;
        return (x1 ^ Pclmulqdq.CarrylessMultiply(q, reduce, 0x00)).AsUInt32().GetElement(1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ulong> FoldOnto(Vector128<ulong> x, Vector128<ulong> by, Vector128<ulong> next) =>
        Pclmulqdq.CarrylessMultiply(x, by, 0x00) ^ Pclmulqdq.CarrylessMultiply(x, by, 0x11) ^ next;

    private static uint[] MakeTables()
    {
        var t = new uint[8 * 256];
        for (uint i = 0; i < 256; i++)
        {
            uint c = i;
            for (int bit = 0; bit < 8; bit++)
                c = (c & 1) != 0 ? c >> 1 ^ 0xEDB88320 : c >> 1;
            t[i] = c;
        }
        for (int i = 256; i < t.Length; i++)
            t[i] = t[i - 256] >> 8 ^ t[(byte)t[i - 256]];
        return t;
    }
}
