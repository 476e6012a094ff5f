using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace RobotWorldModel.Collector.Codecs;

/// <summary>CRC-32 as PNG, zip, zlib and MCAP use it (ISO 3309, reflected polynomial 0xEDB88320).</summary>
public static class Crc32
{
    private const int FoldAtLeast = 128;
    private static readonly uint[] s_table = MakeTable();

    public static uint Compute(ReadOnlySpan<byte> data) => Append(0, data);

    /// <summary>Goes on from the CRC of what came before; 0 to start.</summary>
    public static uint Append(uint crc, ReadOnlySpan<byte> data)
    {
        if (!Pclmulqdq.IsSupported || data.Length < FoldAtLeast)
            return AppendPortable(crc, data);
        int folded = data.Length & ~15;
        crc = ~Fold(~crc, data[..folded]);
        return AppendPortable(crc, data[folded..]);
    }

    /// <summary>Eight table look-ups for eight bytes ("slicing by 8").</summary>
    internal static uint AppendPortable(uint crc, ReadOnlySpan<byte> data)
    {
        uint[] t = s_table;
        crc = ~crc;
        for (; data.Length >= 8; data = data[8..])
        {
            uint a = BinaryPrimitives.ReadUInt32LittleEndian(data) ^ crc;
            uint b = BinaryPrimitives.ReadUInt32LittleEndian(data[4..]);
            crc = t[7 * 256 + (int)(a & 255)] ^ t[6 * 256 + (int)((a >> 8) & 255)] ^ t[5 * 256 + (int)((a >> 16) & 255)] ^ t[4 * 256 + (int)(a >> 24)]
                ^ t[3 * 256 + (int)(b & 255)] ^ t[2 * 256 + (int)((b >> 8) & 255)] ^ t[256 + (int)((b >> 16) & 255)] ^ t[(int)(b >> 24)];
        }
        foreach (byte b in data)
            crc = t[(int)((crc ^ b) & 255)] ^ (crc >> 8);
        return ~crc;
    }

    /// <summary>
    /// Folds 64, then 16 bytes at a time by carry-less multiplication and reduces by Barrett: Gopal et al., "Fast CRC Computation for Generic
    /// Polynomials Using PCLMULQDQ", Intel 2009, whose constants for the reflected polynomial these are.
    /// </summary>
    /// <param name="data">A multiple of 16 bytes, at least 64.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static uint Fold(uint state, ReadOnlySpan<byte> data)
    {
        var by64 = Vector128.Create(0x0154442bd4UL, 0x01c6e41596UL);
        var by16 = Vector128.Create(0x01751997d0UL, 0x00ccaa009eUL);
        ReadOnlySpan<Vector128<ulong>> block = MemoryMarshal.Cast<byte, Vector128<ulong>>(data);
        var x0 = block[0] ^ Vector128.CreateScalar(state).AsUInt64();
        var x1 = block[1];
        var x2 = block[2];
        var x3 = block[3];
        int i = 4;
        for (; i + 4 <= block.Length; i += 4)
        {
            x0 = Step(x0, by64, block[i]);
            x1 = Step(x1, by64, block[i + 1]);
            x2 = Step(x2, by64, block[i + 2]);
            x3 = Step(x3, by64, block[i + 3]);
        }
        x0 = Step(Step(Step(x0, by16, x1), by16, x2), by16, x3);
        for (; i < block.Length; i++)
            x0 = Step(x0, by16, block[i]);

        var low32 = Vector128.Create(~0u, 0, ~0u, 0).AsUInt64();
        var polynomial = Vector128.Create(0x01db710641UL, 0x01f7011641UL);
        x0 = Sse2.ShiftRightLogical128BitLane(x0, 8) ^ Pclmulqdq.CarrylessMultiply(x0, by16, 0x10);
        x0 = Sse2.ShiftRightLogical128BitLane(x0, 4) ^ Pclmulqdq.CarrylessMultiply(x0 & low32, Vector128.Create(0x0163cd6124UL, 0UL), 0x00);
        var quotient = Pclmulqdq.CarrylessMultiply(x0 & low32, polynomial, 0x10) & low32;
        x0 ^= Pclmulqdq.CarrylessMultiply(quotient, polynomial, 0x00);
        return x0.AsUInt32().GetElement(1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ulong> Step(Vector128<ulong> x, Vector128<ulong> k, Vector128<ulong> next) =>
        Pclmulqdq.CarrylessMultiply(x, k, 0x11) ^ Pclmulqdq.CarrylessMultiply(x, k, 0x00) ^ next;

    private static uint[] MakeTable()
    {
        var table = new uint[8 * 256];
        for (uint n = 0; n < 256; n++)
        {
            uint c = n;
            for (int bit = 0; bit < 8; bit++)
                c = (c & 1) != 0 ? 0xEDB88320 ^ (c >> 1) : c >> 1;
            table[n] = c;
        }
        for (int i = 256; i < table.Length; i++)
            table[i] = table[(int)(table[i - 256] & 255)] ^ (table[i - 256] >> 8);
        return table;
    }
}

/// <summary>Adler-32, the checksum of zlib streams (RFC 1950).</summary>
public static class Adler32
{
    private const uint Modulus = 65521;

    /// <summary>The most bytes after which both sums still fit into 32 bits is 5552; this is the multiple of 32 below it.</summary>
    private const int Run = 5536;

    public static uint Compute(ReadOnlySpan<byte> data) => Append(1, data);

    /// <summary>Goes on from the checksum of what came before; 1 to start.</summary>
    public static uint Append(uint adler, ReadOnlySpan<byte> data) => Avx2.IsSupported ? AppendVector(adler, data) : AppendPortable(adler, data);

    internal static uint AppendPortable(uint adler, ReadOnlySpan<byte> data)
    {
        uint a = adler & 0xFFFF, b = adler >> 16;
        while (data.Length > 0)
        {
            int n = Math.Min(data.Length, Run);
            foreach (byte x in data[..n])
            {
                a += x;
                b += a;
            }
            a %= Modulus;
            b %= Modulus;
            data = data[n..];
        }
        return (b << 16) | a;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static uint AppendVector(uint adler, ReadOnlySpan<byte> data)
    {
        uint a = adler & 0xFFFF, b = adler >> 16;
        var weights = Vector256.Create((sbyte)32, 31, 30, 29, 28, 27, 26, 25, 24, 23, 22, 21, 20, 19, 18, 17,
            16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1);
        while (data.Length >= 32)
        {
            int n = Math.Min(data.Length, Run) & ~31;
            var sum = Vector256<int>.Zero;      // of bytes
            var sumOfSums = Vector256<int>.Zero; // of the sums before each 32 bytes
            var weighted = Vector256<int>.Zero;
            foreach (var bytes in MemoryMarshal.Cast<byte, Vector256<byte>>(data[..n]))
            {
                sumOfSums += sum;
                sum += Avx2.SumAbsoluteDifferences(bytes, Vector256<byte>.Zero).AsInt32();
                weighted += Avx2.MultiplyAddAdjacent(Avx2.MultiplyAddAdjacent(bytes, weights), Vector256<short>.One);
            }
            b += a * (uint)n + (uint)Vector256.Sum(sumOfSums) * 32 + (uint)Vector256.Sum(weighted);
            a += (uint)Vector256.Sum(sum);
            a %= Modulus;
            b %= Modulus;
            data = data[n..];
        }
        return AppendPortable((b << 16) | a, data);
    }
}
