using RobotWorldModel.Drivers.Time;

namespace RobotWorldModel.Planner.Engine;

/// <summary>
/// Threads that do one piece of work together with the caller and are waited for: one barrier a piece. Between pieces they look for the
/// next one for a moment, for within a plan it comes at once, and then sleep.
/// </summary>
internal sealed class ThreadTeam : IDisposable
{
    private const long SpinNs = 50_000;
    private readonly Action<int> _work;
    private readonly DeviceThread[] _threads;
    private readonly object _gate = new();
    private int _piece, _left;
    private int _sleeping;
    private Exception? _failed;

    /// <param name="count">Threads with the caller's: 1 makes none.</param>
    /// <param name="work">Is given each member's number, 0 for the caller.</param>
    /// <param name="nice">Nice level of the threads, as <see cref="RealTime.LowerThread"/> takes it; null leaves them what they
    /// inherit.</param>
    public ThreadTeam(int count, Action<int> work, int? nice)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        _work = work;
        _threads = new DeviceThread[count - 1];
        for (int i = 0; i < _threads.Length; i++)
        {
            int member = i + 1;
            _threads[i] = new DeviceThread($"imagine {member}", stopping => Serve(member, nice, stopping));
            _threads[i].Start();
        }
    }

    public int Count => _threads.Length + 1;

    /// <summary>Does a piece of work; returns when every member is through. One caller at a time.</summary>
    public void Run()
    {
        if (_threads.Length == 0)
        {
            _work(0);
            return;
        }
        Volatile.Write(ref _left, _threads.Length);
        Interlocked.Increment(ref _piece);
        if (Volatile.Read(ref _sleeping) > 0)
            Wake();
        try
        {
            _work(0);
        }
        finally
        {
            AwaitOthers(); // they work in the caller's memory
        }
        if (Interlocked.Exchange(ref _failed, null) is { } failed)
            throw new InvalidOperationException($"a thread of the imagination engine failed: {failed.Message}", failed);
    }

    public void Dispose()
    {
        foreach (var thread in _threads)
            thread.Dispose();
    }

    private void Serve(int member, int? nice, CancellationToken stopping)
    {
        if (nice is { } level)
            RealTime.LowerThread(level);
        using var wake = stopping.Register(Wake);
        for (int seen = 0; Await(seen, stopping); seen++)
        {
            try
            {
                _work(member);
            }
            catch (Exception e) // thrown again where the piece was asked for
            {
                _failed = e;
            }
            if (Interlocked.Decrement(ref _left) == 0 && Volatile.Read(ref _sleeping) > 0)
                Wake();
        }
    }

    private void Wake()
    {
        lock (_gate)
            Monitor.PulseAll(_gate);
    }

    /// <summary>They are at their last blocks: a wait here is short, unless one of them has lost its core.</summary>
    private void AwaitOthers()
    {
        for (long until = HostClock.NowNs + SpinNs; HostClock.NowNs < until; Thread.SpinWait(20))
        {
            if (Volatile.Read(ref _left) == 0)
                return;
        }
        lock (_gate)
        {
            Interlocked.Increment(ref _sleeping);
            while (Volatile.Read(ref _left) > 0)
                Monitor.Wait(_gate);
            Interlocked.Decrement(ref _sleeping);
        }
    }

    private bool Await(int seen, CancellationToken stopping)
    {
        for (long until = HostClock.NowNs + SpinNs; HostClock.NowNs < until; Thread.SpinWait(20))
        {
            if (Volatile.Read(ref _piece) != seen)
                return true;
        }
        lock (_gate)
        {
            Interlocked.Increment(ref _sleeping);
            while (Volatile.Read(ref _piece) == seen && !stopping.IsCancellationRequested)
                Monitor.Wait(_gate);
            Interlocked.Decrement(ref _sleeping);
        }
        return Volatile.Read(ref _piece) != seen;
    }
}
