using System.Buffers.Binary;
using System.IO.Compression;

namespace RobotWorldModel.Runtime.Desk.Episodes;

/// <summary>A plain PNG: RGB8, filter Sub, zlib at its fastest. For pictures that are looked at once and not kept.</summary>
internal static class PngWriter
{
    private static readonly uint[] s_crc = CrcTable();

    /// <param name="rgb">Height rows of width pixels of three bytes.</param>
    public static byte[] Rgb(ReadOnlySpan<byte> rgb, int width, int height)
    {
        using var png = new MemoryStream(rgb.Length / 2);
        png.Write([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]);
        Span<byte> header = stackalloc byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header[4..], height);
        (header[8], header[9]) = (8, 2); // bits a channel, RGB
        Chunk(png, "IHDR"u8, header);

        using var packed = new MemoryStream(rgb.Length / 2);
        using (var zlib = new ZLibStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            byte[] line = new byte[1 + width * 3];
            line[0] = 1; // Sub: each byte minus the one of the pixel before
            for (int y = 0; y < height; y++)
            {
                ReadOnlySpan<byte> row = rgb.Slice(y * width * 3, width * 3);
                row[..3].CopyTo(line.AsSpan(1));
                for (int i = 3; i < row.Length; i++)
                    line[1 + i] = (byte)(row[i] - row[i - 3]);
                zlib.Write(line);
            }
        }
        Chunk(png, "IDAT"u8, packed.GetBuffer().AsSpan(0, (int)packed.Length));
        Chunk(png, "IEND"u8, []);
        return png.ToArray();
    }

    private static void Chunk(MemoryStream png, ReadOnlySpan<byte> type, ReadOnlySpan<byte> data)
    {
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, data.Length);
        png.Write(number);
        png.Write(type);
        png.Write(data);
        BinaryPrimitives.WriteUInt32BigEndian(number, ~Crc(Crc(uint.MaxValue, type), data));
        png.Write(number);
    }

    private static uint Crc(uint crc, ReadOnlySpan<byte> data)
    {
        foreach (byte b in data)
            crc = s_crc[(crc ^ b) & 0xFF] ^ (crc >> 8);
        return crc;
    }

    private static uint[] CrcTable()
    {
        uint[] table = new uint[256];
        for (uint n = 0; n < 256; n++)
        {
            uint c = n;
            for (int bit = 0; bit < 8; bit++)
                c = (c & 1) != 0 ? 0xEDB88320 ^ (c >> 1) : c >> 1;
            table[n] = c;
        }
        return table;
    }
}
