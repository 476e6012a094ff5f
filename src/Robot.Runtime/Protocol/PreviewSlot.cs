using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace RobotWorldModel.Runtime.Protocol;

/// <summary>The newest picture of a camera, small: core writes it, the desk reads it. RGB8 pixels behind the header.</summary>
public sealed unsafe class PreviewSlot : SharedSlot
{
    private PreviewSlot(string path) : base(path)
    {
    }

    [StructLayout(LayoutKind.Sequential, Size = HeaderBytes)]
    private struct Contents
    {
        public long Version, Sequence, OriginatingNs;
        public int Width, Height;
    }

    private ref Contents Head => ref Unsafe.AsRef<Contents>(Header);

    /// <summary>Where core puts a camera's slot and the desk looks for it: one folder serves several cells.</summary>
    public static string PathOf(string runtimeFolder, string cell, string camera) =>
        Path.Combine(runtimeFolder, $"{cell}-{camera}.preview");

    /// <summary>Makes the slot's file for pictures up to the given size.</summary>
    public static PreviewSlot Create(string path, int maxWidth, int maxHeight)
    {
        Make(path, maxWidth * maxHeight * 3);
        return new(path);
    }

    /// <exception cref="FileNotFoundException">Core has not made it yet.</exception>
    public static PreviewSlot Open(string path) => new(path);

    /// <summary>Writes every <paramref name="step"/>th pixel of an RGB8 picture; fewer of one that would not fit.</summary>
    public void Write(ReadOnlySpan<byte> rgb, int width, int height, int step, long sequence, long originatingNs)
    {
        while (width / step * (height / step) * 3 > CapacityBytes)
            step++;
        BeginWrite();
        (Head.Width, Head.Height, Head.Sequence, Head.OriginatingNs) = (width / step, height / step, sequence, originatingNs);
        byte* to = Body;
        fixed (byte* from = rgb)
            for (int y = 0; y + step <= height; y += step)
                for (int x = 0; x + step <= width; x += step, to += 3)
                {
                    byte* p = from + (y * width + x) * 3;
                    (to[0], to[1], to[2]) = (p[0], p[1], p[2]);
                }
        EndWrite();
    }

    /// <summary>
    /// Copies the newest picture as RGB8. False when there is none yet, it is the one already seen, or it was being written just now.
    /// </summary>
    public bool TryRead(long lastSequence, Span<byte> rgb, out int width, out int height, out long sequence, out long originatingNs)
    {
        bool there = BeginRead(out long version);
        (width, height, sequence, originatingNs) = (Head.Width, Head.Height, Head.Sequence, Head.OriginatingNs);
        int bytes = width * height * 3;
        if (!there || sequence == lastSequence || bytes < 0 || bytes > Math.Min(rgb.Length, CapacityBytes))
            return false;
        new ReadOnlySpan<byte>(Body, bytes).CopyTo(rgb);
        return EndRead(version);
    }
}
