using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace RobotWorldModel.Collector.Codecs;

/// <summary>Adler-32, the checksum of zlib streams (RFC 1950).</summary>
public static class Adler32
{
    private const uint Modulus = 65521;

    /// <summary>The most bytes after which both sums still fit into 32 bits is 5552; this is the multiple of 32 below it.</summary>
    private const int Run = 5536;

    public static uint Compute(ReadOnlySpan<byte> data) => Append(1, data);

    /// <summary>Goes on from the checksum of what came before; 1 to start.</summary>
    public static uint Append(uint adler, ReadOnlySpan<byte> data) =>
        Avx2.IsSupported ? AppendVector(adler, data) : AppendPortable(adler, data);

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
