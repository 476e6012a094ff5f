using RobotWorldModel.Runtime.Configuration;

namespace RobotWorldModel.Runtime.Protocol;

/// <summary>
/// Memory shared between one writer and any reader: a header of 64 bytes, whose first eight are the version, and what is shared. The
/// version is odd while something is written; a reader that sees it odd, or changed after its copy, tries again. Neither side waits.
/// </summary>
public abstract unsafe class SharedSlot : IDisposable
{
    private protected const int HeaderBytes = 64;
    private readonly byte* _memory;
    private int _disposed;

    private protected SharedSlot(string path)
    {
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        CapacityBytes = (int)RandomAccess.GetLength(file) - HeaderBytes;
        _memory = Libc.MapShared(file, CapacityBytes + HeaderBytes);
    }

    /// <summary>Bytes of what fits.</summary>
    public int CapacityBytes { get; }

    private protected byte* Header => _memory;

    private protected byte* Body => _memory + HeaderBytes;

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
            Libc.Unmap(_memory, CapacityBytes + HeaderBytes);
        GC.SuppressFinalize(this);
    }

    /// <summary>
    /// Makes a slot's file. An older one is replaced, never cut short: whoever still maps it would die of it.
    /// </summary>
    private protected static void Make(string path, int bytes)
    {
        string fresh = path + ".new";
        using (var file = new FileStream(fresh, FileMode.Create, FileAccess.ReadWrite, FileShare.ReadWrite))
            file.SetLength(HeaderBytes + bytes);
        File.Move(fresh, path, overwrite: true);
    }

    private protected void BeginWrite()
    {
        Volatile.Write(ref *(long*)_memory, *(long*)_memory + 1);
        Thread.MemoryBarrier();
    }

    private protected void EndWrite()
    {
        Thread.MemoryBarrier();
        Volatile.Write(ref *(long*)_memory, *(long*)_memory + 1);
    }

    /// <summary>The version to read; false where there is nothing, or it is being written.</summary>
    private protected bool BeginRead(out long version)
    {
        version = Volatile.Read(ref *(long*)_memory);
        Thread.MemoryBarrier();
        return version != 0 && version % 2 == 0;
    }

    /// <summary>Whether what was read since is whole.</summary>
    private protected bool EndRead(long version)
    {
        Thread.MemoryBarrier();
        return Volatile.Read(ref *(long*)_memory) == version;
    }
}
