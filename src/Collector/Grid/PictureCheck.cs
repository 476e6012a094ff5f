using System.Runtime.InteropServices;
using RobotWorldModel.Collector.Codecs;

namespace RobotWorldModel.Collector.Grid;

/// <summary>Reads a written picture back and compares it with the log's, before the log's may go.</summary>
internal sealed class PictureCheck
{
    private readonly PngDecoder _png = new();
    private readonly NpzReader _npz = new();

    /// <exception cref="InvalidDataException">The file does not hold the picture.</exception>
    public void MustHold(string file, ReadOnlySpan<byte> pixels, bool depth)
    {
        byte[] content = File.ReadAllBytes(file);
        ReadOnlySpan<byte> read = depth ? MemoryMarshal.AsBytes(_npz.Read(content).Values.Span) : _png.Decode(content).Pixels.Span;
        if (!read.SequenceEqual(pixels))
            throw new InvalidDataException($"{file} does not read back as it was written; the log is kept");
    }
}
