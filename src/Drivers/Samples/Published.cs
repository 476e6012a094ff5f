namespace RobotWorldModel.Drivers.Samples;

/// <summary>
/// A value that one real-time thread writes and any thread reads whole. The writer never waits: readers that were overtaken read again
/// (a sequence lock). No allocation.
/// </summary>
internal sealed class Published<T>
{
    private T _value = default!;
    private int _version; // odd while it is being written

    /// <summary>By the one writer.</summary>
    public void Write(in T value)
    {
        Volatile.Write(ref _version, _version + 1);
        Interlocked.MemoryBarrier();
        _value = value;
        Interlocked.MemoryBarrier();
        Volatile.Write(ref _version, _version + 1);
    }

    /// <summary>By anyone.</summary>
    public T Read()
    {
        var wait = default(SpinWait);
        while (true)
        {
            int before = Volatile.Read(ref _version);
            Interlocked.MemoryBarrier();
            T value = _value;
            Interlocked.MemoryBarrier();
            if ((before & 1) == 0 && Volatile.Read(ref _version) == before)
                return value;
            wait.SpinOnce();
        }
    }
}
