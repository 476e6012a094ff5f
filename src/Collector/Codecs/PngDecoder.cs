using System.Buffers.Binary;
using System.IO.Compression;
using System.Numerics;

namespace RobotWorldModel.Collector.Codecs;

/// <summary>A decoded picture: rows from the top, red, green, blue. The pixels lie in the decoder's buffer until its next call.</summary>
public readonly record struct RgbPicture(int Width, int Height, ReadOnlyMemory<byte> Pixels);

/// <summary>
/// Reads 8-bit RGB PNG files of any writer (all filters, any number of IDAT chunks, no interlace) and believes nothing: signature, every
/// chunk's CRC, Adler-32, sizes and the end are checked. One instance serves one thread and reuses its buffers.
/// </summary>
public sealed class PngDecoder
{
    private const int BytesPerPixel = 3;
    private const int MostPixels = 64 * 1024 * 1024;
    private byte[] _zlib = [], _filtered = [], _pixels = [];

    /// <exception cref="InvalidDataException">Not an RGB PNG, or damaged; the message says where.</exception>
    public RgbPicture Decode(ReadOnlySpan<byte> png)
    {
        if (!png.StartsWith(PngEncoder.Signature))
            throw new InvalidDataException("not a PNG file: its signature is missing or damaged");
        (int width, int height, int zlibBytes) = ReadChunks(png);
        int stride = width * BytesPerPixel;
        Fit(ref _filtered, height * (stride + 1));
        Fit(ref _pixels, height * stride);
        Inflate(zlibBytes);
        for (int y = 0; y < height; y++)
        {
            int filter = _filtered[y * (stride + 1)];
            ReadOnlySpan<byte> row = _filtered.AsSpan(y * (stride + 1) + 1, stride);
            ReadOnlySpan<byte> above = y == 0 ? [] : _pixels.AsSpan((y - 1) * stride, stride);
            Unfilter(filter, row, above, _pixels.AsSpan(y * stride, stride), y);
        }
        return new RgbPicture(width, height, _pixels.AsMemory(0, height * stride));
    }

    private (int Width, int Height, int ZlibBytes) ReadChunks(ReadOnlySpan<byte> png)
    {
        Fit(ref _zlib, png.Length, exact: false);
        int width = 0, height = 0, zlibBytes = 0;
        for (int at = 8; ;)
        {
            if (png.Length - at < 12)
                throw new InvalidDataException($"the file ends at byte {png.Length} without its IEND chunk");
            uint length = BinaryPrimitives.ReadUInt32BigEndian(png[at..]);
            if (length > png.Length - at - 12)
                throw new InvalidDataException($"the chunk at byte {at} says {length} bytes; the file has {png.Length - at - 12}");
            ReadOnlySpan<byte> named = png.Slice(at + 4, 4 + (int)length);
            if (Crc32.Compute(named) != BinaryPrimitives.ReadUInt32BigEndian(png[(at + 8 + (int)length)..]))
                throw new InvalidDataException($"the chunk at byte {at} does not have its CRC");
            ReadOnlySpan<byte> name = named[..4], data = named[4..];
            if (at == 8 != name.SequenceEqual("IHDR"u8))
                throw new InvalidDataException("IHDR must be the first chunk, once");
            at += 12 + (int)length;
            if (name.SequenceEqual("IHDR"u8))
            {
                (width, height) = ReadHeader(data);
            }
            else if (name.SequenceEqual("IDAT"u8))
            {
                data.CopyTo(_zlib.AsSpan(zlibBytes));
                zlibBytes += data.Length;
            }
            else if (name.SequenceEqual("IEND"u8))
            {
                return at == png.Length ? (width, height, zlibBytes) : throw new InvalidDataException($"{png.Length - at} bytes follow the IEND chunk");
            }
            else if ((name[0] & 0x20) == 0)
            {
                throw new InvalidDataException($"the critical chunk '{System.Text.Encoding.Latin1.GetString(name)}' is not one of an RGB picture");
            }
        }
    }

    private static (int Width, int Height) ReadHeader(ReadOnlySpan<byte> data)
    {
        if (data.Length != 13)
            throw new InvalidDataException($"IHDR has 13 bytes, this one {data.Length}");
        int width = BinaryPrimitives.ReadInt32BigEndian(data), height = BinaryPrimitives.ReadInt32BigEndian(data[4..]);
        if (width < 1 || height < 1 || (long)width * height > MostPixels)
            throw new InvalidDataException($"a size of {width}x{height} is not believable");
        if (!data[8..].SequenceEqual((ReadOnlySpan<byte>)[8, 2, 0, 0, 0]))
            throw new InvalidDataException($"8-bit RGB without interlace was expected, this is {data[8]} bit, colour type {data[9]}, interlace {data[12]}");
        return (width, height);
    }

    private void Inflate(int zlibBytes)
    {
        using var zlib = new ZLibStream(new MemoryStream(_zlib, 0, zlibBytes, writable: false), CompressionMode.Decompress);
        int n = zlib.ReadAtLeast(_filtered, _filtered.Length, throwOnEndOfStream: false);
        if (n < _filtered.Length || zlib.ReadByte() >= 0)
            throw new InvalidDataException($"the picture's data has {(n < _filtered.Length ? $"only {n}" : "more than the")} {_filtered.Length} bytes of its rows");
        // The stream class need not have come to the trailer when the last row is there.
        if (zlibBytes < 6 || Adler32.Compute(_filtered) != BinaryPrimitives.ReadUInt32BigEndian(_zlib.AsSpan(zlibBytes - 4)))
            throw new InvalidDataException("the picture's data does not have its Adler-32");
    }

    private static void Unfilter(int filter, ReadOnlySpan<byte> row, ReadOnlySpan<byte> above, Span<byte> pixels, int y)
    {
        switch (filter)
        {
            case 0:
                row.CopyTo(pixels);
                break;
            case 1:
                row[..BytesPerPixel].CopyTo(pixels);
                for (int i = BytesPerPixel; i < row.Length; i++)
                    pixels[i] = (byte)(row[i] + pixels[i - BytesPerPixel]);
                break;
            case 2:
                AddUp(row, above, pixels);
                break;
            case 3:
                for (int i = 0; i < row.Length; i++)
                {
                    int left = i < BytesPerPixel ? 0 : pixels[i - BytesPerPixel], up = above.IsEmpty ? 0 : above[i];
                    pixels[i] = (byte)(row[i] + ((left + up) >> 1));
                }
                break;
            case 4:
                for (int i = 0; i < row.Length; i++)
                {
                    int a = i < BytesPerPixel ? 0 : pixels[i - BytesPerPixel], b = above.IsEmpty ? 0 : above[i];
                    int c = i < BytesPerPixel || above.IsEmpty ? 0 : above[i - BytesPerPixel];
                    pixels[i] = (byte)(row[i] + PngRowFilter.Paeth(a, b, c));
                }
                break;
            default:
                throw new InvalidDataException($"picture row {y} has the unknown filter {filter}");
        }
    }

    private static void AddUp(ReadOnlySpan<byte> row, ReadOnlySpan<byte> above, Span<byte> pixels)
    {
        if (above.IsEmpty)
        {
            row.CopyTo(pixels);
            return;
        }
        int i = 0;
        for (; i + Vector<byte>.Count <= row.Length; i += Vector<byte>.Count)
            (new Vector<byte>(row[i..]) + new Vector<byte>(above[i..])).CopyTo(pixels[i..]);
        for (; i < row.Length; i++)
            pixels[i] = (byte)(row[i] + above[i]);
    }

    private static void Fit(ref byte[] buffer, int bytes, bool exact = true)
    {
        if (exact ? buffer.Length != bytes : buffer.Length < bytes)
            buffer = GC.AllocateUninitializedArray<byte>(bytes);
    }
}
