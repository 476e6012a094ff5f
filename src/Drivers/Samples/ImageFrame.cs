using System.Collections.Concurrent;

namespace RobotWorldModel.Drivers.Samples;

/// <summary>Rows from the top, pixels from the left, no padding.</summary>
public enum PixelFormat
{
    /// <summary>Three bytes a pixel: red, green, blue.</summary>
    Rgb8 = 1,

    /// <summary>
    /// Little-endian unsigned 16 bit a pixel, times the camera's depth scale = metres along the optical axis; 0 = no return.
    /// </summary>
    Depth16 = 2,
}

/// <summary>One picture in pooled memory. Shared by counting references; the last release returns the buffer to its pool.</summary>
public sealed class ImageFrame : IReferenceCounted
{
    private readonly FramePool _pool;
    private int _references;

    internal ImageFrame(FramePool pool) => (_pool, Buffer) = (pool, GC.AllocateUninitializedArray<byte>(pool.FrameBytes, pinned: true));

    /// <summary>The pool's whole pinned array; the picture is <see cref="Pixels"/>.</summary>
    public byte[] Buffer { get; }

    public int Width => _pool.Width;

    public int Height => _pool.Height;

    public PixelFormat Format => _pool.Format;

    public Span<byte> Pixels => Buffer.AsSpan(0, _pool.FrameBytes);

    public void AddReference()
    {
        if (Interlocked.Increment(ref _references) <= 1)
            throw new InvalidOperationException("a frame was used after its last release");
    }

    public void Release()
    {
        int left = Interlocked.Decrement(ref _references);
        if (left == 0)
            _pool.Return(this);
        else if (left < 0)
            throw new InvalidOperationException("a frame was released more often than it was held");
    }

    internal void Rent() => _references = 1;
}

/// <summary>
/// A fixed number of equal frames. Rented by a camera's thread with one reference; an empty pool means that a reader holds too many.
/// </summary>
public sealed class FramePool
{
    private readonly ConcurrentBag<ImageFrame> _free = [];

    public FramePool(int width, int height, PixelFormat format, int frames)
    {
        (Width, Height, Format, Capacity) = (width, height, format, frames);
        FrameBytes = width * height * (format == PixelFormat.Rgb8 ? 3 : 2);
        for (int i = 0; i < frames; i++)
            _free.Add(new ImageFrame(this));
    }

    public int Width { get; }

    public int Height { get; }

    public PixelFormat Format { get; }

    public int FrameBytes { get; }

    public int Capacity { get; }

    /// <summary>Frames that nobody holds.</summary>
    public int Free => _free.Count;

    /// <summary>A frame with one reference, or null: all are held, and the caller must drop (and count) its picture.</summary>
    public ImageFrame? TryRent()
    {
        if (!_free.TryTake(out var frame))
            return null;
        frame.Rent();
        return frame;
    }

    internal void Return(ImageFrame frame) => _free.Add(frame);
}
