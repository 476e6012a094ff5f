using System.Buffers.Binary;
using System.Runtime.Intrinsics.X86;

namespace RobotWorldModel.Collector.Codecs;

/// <summary>
/// Writes 8-bit RGB pictures as PNG, bit-exact and the same bytes on every machine. One instance serves one thread; after the first
/// picture of a size it allocates nothing.
/// </summary>
public sealed class PngEncoder
{
    internal const int HeaderBytes = 33; // signature and IHDR
    internal static ReadOnlySpan<byte> Signature => [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A];

    private readonly PngRowFilter _filter;
    private readonly HuffmanDeflate _deflate = new();
    private byte[] _filtered = [], _png = [];

    public PngEncoder()
        : this(Avx2.IsSupported)
    {
    }

    internal PngEncoder(bool useVectors) => _filter = new PngRowFilter(useVectors);

    /// <summary>Encodes a picture: rows from the top, three bytes a pixel (red, green, blue), no padding.</summary>
    /// <returns>The file, in the encoder's own buffer: valid until the next call.</returns>
    /// <exception cref="ArgumentException">The pixels are not width · height · 3 bytes, or there are none.</exception>
    public ReadOnlyMemory<byte> Encode(ReadOnlySpan<byte> rgb, int width, int height)
    {
        if (width < 1 || height < 1 || rgb.Length != (long)width * height * PngRowFilter.BytesPerPixel)
            throw new ArgumentException(
                $"an RGB picture of {width}x{height} has width · height · 3 bytes, {rgb.Length} were given", nameof(rgb));
        int filteredBytes = height * (width * PngRowFilter.BytesPerPixel + 1);
        if (_filtered.Length != filteredBytes)
        {
            _filtered = GC.AllocateUninitializedArray<byte>(filteredBytes);
            _png = GC.AllocateUninitializedArray<byte>(HeaderBytes + HuffmanDeflate.Bound(filteredBytes) + 32);
        }
        _filter.Apply(rgb, width, height, _filtered);

        Span<byte> png = _png;
        WriteHeader(png, width, height);
        Span<byte> data = png[(HeaderBytes + 8)..]; // the IDAT chunk's, after its length and name
        data[0] = 0x78; // zlib: deflate with a 32 KB window,
        data[1] = 0x01; // fastest level
        int n = 2 + _deflate.Compress(_filtered, data[2..]);
        BinaryPrimitives.WriteUInt32BigEndian(data[n..], Adler32.Compute(_filtered));
        int end = HeaderBytes + WriteChunk(png[HeaderBytes..], "IDAT"u8, n + 4);
        end += WriteChunk(png[end..], "IEND"u8, 0);
        return _png.AsMemory(0, end);
    }

    private static void WriteHeader(Span<byte> png, int width, int height)
    {
        Signature.CopyTo(png);
        Span<byte> header = png[16..];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header[4..], height);
        ReadOnlySpan<byte> format = [8, 2, 0, 0, 0]; // bits a sample, RGB, deflate, adaptive filters, no interlace
        format.CopyTo(header[8..]);
        WriteChunk(png[8..], "IHDR"u8, 13);
    }

    /// <summary>Puts length, name and CRC around data that already lies 8 bytes in; returns the chunk's bytes.</summary>
    private static int WriteChunk(Span<byte> chunk, ReadOnlySpan<byte> name, int length)
    {
        BinaryPrimitives.WriteInt32BigEndian(chunk, length);
        name.CopyTo(chunk[4..]);
        BinaryPrimitives.WriteUInt32BigEndian(chunk[(8 + length)..], Crc32.Compute(chunk.Slice(4, 4 + length)));
        return length + 12;
    }
}
