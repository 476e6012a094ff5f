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
            (_npyHeader, _width, _height) = (NpyHeader.Make<ushort>(height, width), width, height);

        int dataAt = ZipHeaders.LocalBytes(EntryName);
        _output.SetLength(dataAt);
        _output.Position = dataAt;
        using (var deflate = new DeflateStream(_output, s_options, leaveOpen: true))
        {
            deflate.Write(_npyHeader);
            deflate.Write(depth);
        }
        uint crc = Crc32.Append(Crc32.Compute(_npyHeader), depth);
        var entry = new ZipEntry(
            EntryName, Deflated: true, crc, (uint)(_output.Length - dataAt), (uint)(_npyHeader.Length + depth.Length), At: 0);
        int centralAt = (int)_output.Length, endAt = centralAt + ZipHeaders.CentralBytes(EntryName);
        _output.SetLength(endAt + ZipHeaders.EndBytes);
        Span<byte> file = _output.GetBuffer();
        ZipHeaders.WriteLocal(file, entry);
        ZipHeaders.WriteCentral(file[centralAt..], entry);
        ZipHeaders.WriteEnd(file.Slice(endAt, ZipHeaders.EndBytes), 1, centralAt, endAt - centralAt);
        return _output.GetBuffer().AsMemory(0, endAt + ZipHeaders.EndBytes);
    }
}
