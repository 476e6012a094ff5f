using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace RobotWorldModel.Drivers.V4l2;

/// <summary>
/// YUYV (Y0 U Y1 V, two pixels in four bytes) to RGB by ITU-R BT.601, limited range (Y 16 to 235, U and V 16 to 240), which is what UVC
/// cameras send unless they say otherwise. Fixed point with 8 bits, rounded and clamped: R = (298 c + 409 e + 128) / 256, G = (298 c -
/// 100 d - 208 e + 128) / 256, B = (298 c + 516 d + 128) / 256 with c = Y - 16, d = U - 128, e = V - 128.
/// </summary>
internal static class Yuyv
{
    private const int PixelsAtOnce = 8;

    /// <summary>Of <paramref name="width"/> (even) by height pixels; rgb has exactly three bytes for each.</summary>
    public static void ToRgb(ReadOnlySpan<byte> yuyv, int bytesPerLine, int width, Span<byte> rgb)
    {
        for (int at = 0; rgb.Length > 0; at += bytesPerLine)
        {
            Row(yuyv.Slice(at, width * 2), rgb[..(width * 3)]);
            rgb = rgb[(width * 3)..];
        }
    }

    private static void Row(ReadOnlySpan<byte> yuyv, Span<byte> rgb)
    {
        ref byte from = ref MemoryMarshal.GetReference(yuyv);
        ref byte to = ref MemoryMarshal.GetReference(rgb);
        int pixels = yuyv.Length / 2, i = 0;
        // Eight pixels are written as two times 16 bytes, of which the last four are the next ones' and written over.
        for (; i + PixelsAtOnce <= pixels && i * 3 + 28 <= rgb.Length; i += PixelsAtOnce)
            Eight(ref Unsafe.Add(ref from, i * 2), ref Unsafe.Add(ref to, i * 3));
        for (; i < pixels; i += 2)
        {
            int d = yuyv[i * 2 + 1] - 128, e = yuyv[i * 2 + 3] - 128;
            One(yuyv[i * 2], d, e, rgb[(i * 3)..]);
            One(yuyv[i * 2 + 2], d, e, rgb[(i * 3 + 3)..]);
        }
    }

    private static void One(byte y, int d, int e, Span<byte> rgb)
    {
        int c = 298 * (y - 16) + 128;
        rgb[0] = (byte)Math.Clamp(c + 409 * e >> 8, 0, 255);
        rgb[1] = (byte)Math.Clamp(c - 100 * d - 208 * e >> 8, 0, 255);
        rgb[2] = (byte)Math.Clamp(c + 516 * d >> 8, 0, 255);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Eight(ref byte from, ref byte to)
    {
        var bytes = Vector128.LoadUnsafe(ref from);
        var c = 298 * (Widen(Vector128.Shuffle(bytes, Vector128.Create((byte)0, 2, 4, 6, 8, 10, 12, 14, 255, 255, 255, 255, 255, 255, 255,
            255))) - Vector256.Create(16)) + Vector256.Create(128);
        var d = Widen(Vector128.Shuffle(bytes, Vector128.Create((byte)1, 1, 5, 5, 9, 9, 13, 13, 255, 255, 255, 255, 255, 255, 255, 255)))
            - Vector256.Create(128);
        var e = Widen(Vector128.Shuffle(bytes, Vector128.Create((byte)3, 3, 7, 7, 11, 11, 15, 15, 255, 255, 255, 255, 255, 255, 255, 255)))
            - Vector256.Create(128);
        Vector256<int> pixels = Clamp(c + 409 * e) | Clamp(c - 100 * d - 208 * e) << 8 | Clamp(c + 516 * d) << 16;
        var pack = Vector128.Create((byte)0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, 255, 255, 255, 255);
        Vector128.Shuffle(pixels.GetLower().AsByte(), pack).StoreUnsafe(ref to);
        Vector128.Shuffle(pixels.GetUpper().AsByte(), pack).StoreUnsafe(ref to, 12);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Widen(Vector128<byte> lowEight) =>
        Vector256.WidenLower(Vector256.WidenLower(lowEight.ToVector256Unsafe()).AsInt16());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Clamp(Vector256<int> value) =>
        Vector256.Min(Vector256.Max(value >> 8, Vector256<int>.Zero), Vector256.Create(255));
}
