using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.IO.Compression;
using System.Runtime.InteropServices;

namespace RobotWorldModel.Collector.Codecs;

/// <summary>
/// Writes depth pictures as NumPy's NPZ: a zip of one entry <c>depth.npy</c>, uint16 little-endian, shape (H, W). The zip's headers are
/// written by hand, because ZipArchive knows only its own compression levels, twice the size or three times the time of level 3.
/// One instance serves one thread. The same pixels give the same bytes.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "The MemoryStream holds nothing but memory.")]
public sealed class NpzEncoder
{
    internal const string EntryName = "depth.npy";
    private const int LocalHeaderBytes = 30, CentralHeaderBytes = 46, EndBytes = 22;
    private const ushort Version20 = 20, Deflated = 8;
    private const ushort FirstOfJanuary1980 = 1 << 5 | 1; // zip's first date: a file's time is no part of its content

    private static readonly ZLibCompressionOptions s_options = new() { CompressionLevel = 3 };
    private readonly MemoryStream _output = new(256 * 1024);
    private byte[] _npyHeader = [];
    private int _width, _height;

    /// <summary>Encodes a depth picture of width · height values, rows from the top.</summary>
    /// <returns>The file, in the encoder's own buffer: valid until the next call.</returns>
    public ReadOnlyMemory<byte> Encode(ReadOnlySpan<ushort> depth, int width, int height) =>
        Encode(MemoryMarshal.AsBytes(depth), width, height);

    /// <summary>Encodes a depth picture given as little-endian bytes, two a pixel.</summary>
    /// <returns>The file, in the encoder's own buffer: valid until the next call.</returns>
    /// <exception cref="ArgumentException">The pixels are not width · height · 2 bytes, or there are none.</exception>
    public ReadOnlyMemory<byte> Encode(ReadOnlySpan<byte> depth, int width, int height)
    {
        if (width < 1 || height < 1 || depth.Length != (long)width * height * 2)
            throw new ArgumentException(
                $"a depth picture of {width}x{height} has width · height · 2 bytes, {depth.Length} were given", nameof(depth));
        if (width != _width || height != _height)
            (_npyHeader, _width, _height) = (MakeNpyHeader(width, height), width, height);

        int dataAt = LocalHeaderBytes + EntryName.Length;
        _output.SetLength(dataAt);
        _output.Position = dataAt;
        using (var deflate = new DeflateStream(_output, s_options, leaveOpen: true))
        {
            deflate.Write(_npyHeader);
            deflate.Write(depth);
        }
        uint crc = Crc32.Append(Crc32.Compute(_npyHeader), depth);
        uint packed = (uint)(_output.Length - dataAt), unpacked = (uint)(_npyHeader.Length + depth.Length);
        int centralAt = (int)_output.Length, endAt = centralAt + CentralHeaderBytes + EntryName.Length;
        _output.SetLength(endAt + EndBytes);
        Span<byte> file = _output.GetBuffer();
        WriteLocalHeader(file, crc, packed, unpacked);
        WriteCentralHeader(file[centralAt..], crc, packed, unpacked);
        WriteEnd(file.Slice(endAt, EndBytes), centralAt, endAt - centralAt);
        return _output.GetBuffer().AsMemory(0, endAt + EndBytes);
    }

    /// <summary>NumPy's format 1.0: magic, version, header length, a Python dictionary padded to a multiple of 64 bytes.</summary>
    private static byte[] MakeNpyHeader(int width, int height)
    {
        string dictionary = $"{{'descr': '<u2', 'fortran_order': False, 'shape': ({height}, {width}), }}";
        int length = (10 + dictionary.Length + 1 + 63) / 64 * 64;
        var header = new byte[length];
        header.AsSpan().Fill((byte)' ');
        ReadOnlySpan<byte> magic = [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y', 1, 0];
        magic.CopyTo(header);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(8), (ushort)(length - 10));
        System.Text.Encoding.ASCII.GetBytes(dictionary, header.AsSpan(10));
        header[^1] = (byte)'\n';
        return header;
    }

    private static void WriteLocalHeader(Span<byte> header, uint crc, uint packed, uint unpacked)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(header, 0x04034B50);
        WriteEntry(header[4..], crc, packed, unpacked);
        BinaryPrimitives.WriteUInt16LittleEndian(header[28..], 0); // extra
        System.Text.Encoding.ASCII.GetBytes(EntryName, header[LocalHeaderBytes..]);
    }

    private static void WriteCentralHeader(Span<byte> header, uint crc, uint packed, uint unpacked)
    {
        header[..CentralHeaderBytes].Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(header, 0x02014B50);
        BinaryPrimitives.WriteUInt16LittleEndian(header[4..], Version20);
        WriteEntry(header[6..], crc, packed, unpacked);
        System.Text.Encoding.ASCII.GetBytes(EntryName, header[CentralHeaderBytes..]);
    }

    /// <summary>
    /// What local and central header have in common: version, flags, method, time, date, CRC, sizes, length of the name.
    /// </summary>
    private static void WriteEntry(Span<byte> fields, uint crc, uint packed, uint unpacked)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(fields, Version20);
        BinaryPrimitives.WriteUInt16LittleEndian(fields[2..], 0);
        BinaryPrimitives.WriteUInt16LittleEndian(fields[4..], Deflated);
        BinaryPrimitives.WriteUInt16LittleEndian(fields[6..], 0);
        BinaryPrimitives.WriteUInt16LittleEndian(fields[8..], FirstOfJanuary1980);
        BinaryPrimitives.WriteUInt32LittleEndian(fields[10..], crc);
        BinaryPrimitives.WriteUInt32LittleEndian(fields[14..], packed);
        BinaryPrimitives.WriteUInt32LittleEndian(fields[18..], unpacked);
        BinaryPrimitives.WriteUInt16LittleEndian(fields[22..], (ushort)EntryName.Length);
    }

    private static void WriteEnd(Span<byte> end, int centralAt, int centralBytes)
    {
        end.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(end, 0x06054B50);
        BinaryPrimitives.WriteUInt16LittleEndian(end[8..], 1);
        BinaryPrimitives.WriteUInt16LittleEndian(end[10..], 1);
        BinaryPrimitives.WriteInt32LittleEndian(end[12..], centralBytes);
        BinaryPrimitives.WriteInt32LittleEndian(end[16..], centralAt);
    }
}
