using System.Runtime.InteropServices;

namespace RobotWorldModel.Planner.Engine;

/// <summary>Floats outside the managed heap, aligned to cache lines, zero at first; the last vector of any row may be read and written
/// whole.</summary>
internal sealed unsafe class NativeBuffer : IDisposable
{
    private const nuint Line = 64;

    public NativeBuffer(nint count)
    {
        Count = count;
        nuint bytes = ((nuint)count * sizeof(float) + 2 * Line - 1) / Line * Line;
        Start = (float*)NativeMemory.AlignedAlloc(bytes, Line);
        NativeMemory.Clear(Start, bytes);
    }

    ~NativeBuffer() => Free();

    public float* Start { get; private set; }

    public nint Count { get; }

    public Span<float> Span => new(Start, checked((int)Count));

    /// <summary>
    /// The distance between rows of a width: whole vectors, and never a multiple of a page's half, at which twelve rows would share a few
    /// sets of the cache.
    /// </summary>
    public static int Stride(int width) => (width + 31) / 32 * 32 + 16;

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        NativeMemory.AlignedFree(Start);
        Start = null;
    }
}
