using System.Buffers.Binary;
using RobotWorldModel.Drivers.Samples;

namespace RobotWorldModel.Drivers.FrameSocket;

/// <summary>
/// The truth about a picture in its own first 16 pixels (colour 48 bytes, depth 32), so that it survives every lossless step up to the
/// file: "RWMS", the pixel format, the sequence number (u64), the capture time (host monotonic ns, i64), a checksum; little-endian, rest
/// zero.
/// </summary>
public static class PictureStamp
{
    public const int Pixels = 16;

    private const uint Magic = 0x534D5752; // "RWMS"
    private const int FormatAt = 4, SequenceAt = 8, TimeAt = 16, ChecksumAt = 24, UsedBytes = 28;

    /// <exception cref="ArgumentException">Fewer than 16 pixels.</exception>
    public static void Write(Span<byte> pixels, PixelFormat format, ulong sequence, long trueCaptureNs)
    {
        Span<byte> stamp = pixels[..StampBytes(pixels.Length, format)];
        stamp.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(stamp, Magic);
        stamp[FormatAt] = (byte)format;
        BinaryPrimitives.WriteUInt64LittleEndian(stamp[SequenceAt..], sequence);
        BinaryPrimitives.WriteInt64LittleEndian(stamp[TimeAt..], trueCaptureNs);
        BinaryPrimitives.WriteUInt32LittleEndian(stamp[ChecksumAt..], Checksum(stamp));
    }

    /// <summary>False where the picture carries no stamp, one of another format, or a damaged one.</summary>
    public static bool TryRead(ReadOnlySpan<byte> pixels, PixelFormat format, out ulong sequence, out long trueCaptureNs)
    {
        (sequence, trueCaptureNs) = (0, 0);
        if (pixels.Length < Pixels * BytesPerPixel(format)
            || BinaryPrimitives.ReadUInt32LittleEndian(pixels) != Magic
            || pixels[FormatAt] != (byte)format
            || BinaryPrimitives.ReadUInt32LittleEndian(pixels[ChecksumAt..]) != Checksum(pixels)
            || pixels[UsedBytes..(Pixels * BytesPerPixel(format))].ContainsAnyExcept((byte)0))
            return false;
        sequence = BinaryPrimitives.ReadUInt64LittleEndian(pixels[SequenceAt..]);
        trueCaptureNs = BinaryPrimitives.ReadInt64LittleEndian(pixels[TimeAt..]);
        return true;
    }

    private static int BytesPerPixel(PixelFormat format) => format == PixelFormat.Rgb8 ? 3 : 2;

    private static int StampBytes(int pictureBytes, PixelFormat format)
    {
        int bytes = Pixels * BytesPerPixel(format);
        return pictureBytes >= bytes
            ? bytes
            : throw new ArgumentException($"a picture of {pictureBytes} bytes is too small for a stamp of {Pixels} pixels");
    }

    /// <summary>FNV-1a, 32 bit, of all that is before the checksum.</summary>
    private static uint Checksum(ReadOnlySpan<byte> stamp)
    {
        uint hash = 2166136261;
        foreach (byte b in stamp[..ChecksumAt])
            hash = (hash ^ b) * 16777619;
        return hash;
    }
}
