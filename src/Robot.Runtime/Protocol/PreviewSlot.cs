using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using RobotWorldModel.Runtime.Configuration;

namespace RobotWorldModel.Runtime.Protocol;

/// <summary>
/// The newest picture of a camera, small, in memory shared between core (one writer) and any reader: a header of 64 bytes and RGB8
/// pixels. The version is odd while a picture is written; a reader that sees it odd, or changed after its copy, tries again. Neither side
/// waits.
/// </summary>
public sealed unsafe class PreviewSlot : IDisposable
{
    private const int HeaderBytes = 64;
    private readonly byte* _memory;
    private int _disposed;

    private PreviewSlot(string path)
    {
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        CapacityBytes = (int)RandomAccess.GetLength(file) - HeaderBytes;
        _memory = Libc.MapShared(file, CapacityBytes + HeaderBytes);
    }

    [StructLayout(LayoutKind.Sequential, Size = HeaderBytes)]
    private struct Header
    {
        public long Version, Sequence, OriginatingNs;
        public int Width, Height;
    }

    private ref Header Head => ref Unsafe.AsRef<Header>(_memory);

    /// <summary>Bytes of the largest picture that fits.</summary>
    public int CapacityBytes { get; }

    /// <summary>Where core puts a camera's slot and the desk looks for it: one folder serves several cells.</summary>
    public static string PathOf(string runtimeFolder, string cell, string camera) =>
        Path.Combine(runtimeFolder, $"{cell}-{camera}.preview");

    /// <summary>
    /// Makes the slot's file for pictures up to the given size. An older one is replaced, never cut short: whoever still maps it would
    /// die of it.
    /// </summary>
    public static PreviewSlot Create(string path, int maxWidth, int maxHeight)
    {
        int bytes = HeaderBytes + maxWidth * maxHeight * 3;
        string fresh = path + ".new";
        using (var file = new FileStream(fresh, FileMode.Create, FileAccess.ReadWrite, FileShare.ReadWrite))
            file.SetLength(bytes);
        File.Move(fresh, path, overwrite: true);
        return new(path);
    }

    /// <exception cref="FileNotFoundException">Core has not made it yet.</exception>
    public static PreviewSlot Open(string path) => new(path);

    /// <summary>Writes every <paramref name="step"/>th pixel of an RGB8 picture; fewer of one that would not fit.</summary>
    public void Write(ReadOnlySpan<byte> rgb, int width, int height, int step, long sequence, long originatingNs)
    {
        while (width / step * (height / step) * 3 > CapacityBytes)
            step++;
        Volatile.Write(ref Head.Version, Head.Version + 1);
        Thread.MemoryBarrier();
        (Head.Width, Head.Height, Head.Sequence, Head.OriginatingNs) = (width / step, height / step, sequence, originatingNs);
        byte* to = _memory + HeaderBytes;
        fixed (byte* from = rgb)
            for (int y = 0; y + step <= height; y += step)
                for (int x = 0; x + step <= width; x += step, to += 3)
                {
                    byte* p = from + (y * width + x) * 3;
                    (to[0], to[1], to[2]) = (p[0], p[1], p[2]);
                }
        Thread.MemoryBarrier();
        Volatile.Write(ref Head.Version, Head.Version + 1);
    }

    /// <summary>
    /// Copies the newest picture as RGB8. False when there is none yet, it is the one already seen, or it was being written just now.
    /// </summary>
    public bool TryRead(long lastSequence, Span<byte> rgb, out int width, out int height, out long sequence, out long originatingNs)
    {
        long version = Volatile.Read(ref Head.Version);
        Thread.MemoryBarrier();
        (width, height, sequence, originatingNs) = (Head.Width, Head.Height, Head.Sequence, Head.OriginatingNs);
        int bytes = width * height * 3;
        if (version == 0 || version % 2 != 0 || sequence == lastSequence || bytes < 0 || bytes > Math.Min(rgb.Length, CapacityBytes))
            return false;
        new ReadOnlySpan<byte>(_memory + HeaderBytes, bytes).CopyTo(rgb);
        Thread.MemoryBarrier();
        return Volatile.Read(ref Head.Version) == version;
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
            Libc.Unmap(_memory, CapacityBytes + HeaderBytes);
    }
}
