using System.Buffers;

namespace RobotWorldModel.Collector.Grid;

/// <summary>A picture of the log, copied out of the reader's buffer until its rows are written.</summary>
internal sealed class HeldPicture
{
    /// <summary>A picture of which only the times are known.</summary>
    public static readonly HeldPicture WithoutPixels = new([], 0, 0);

    private readonly byte[] _buffer;
    private readonly int _bytes;

    public HeldPicture(ReadOnlySpan<byte> pixels, int width, int height)
    {
        (Width, Height, _bytes) = (width, height, pixels.Length);
        _buffer = ArrayPool<byte>.Shared.Rent(pixels.Length);
        pixels.CopyTo(_buffer);
    }

    public int Width { get; }

    public int Height { get; }

    public ReadOnlySpan<byte> Pixels => _buffer.AsSpan(0, _bytes);

    public void LetGo()
    {
        if (_bytes > 0)
            ArrayPool<byte>.Shared.Return(_buffer);
    }
}
