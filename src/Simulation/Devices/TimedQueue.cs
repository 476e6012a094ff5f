using RobotWorldModel.Drivers.Time;

namespace RobotWorldModel.Simulation.Devices;

internal delegate void SendMessage(ReadOnlySpan<byte> message);

/// <summary>
/// Short messages, each sent when it is due, from a thread of its own: the cell's 2 ms cycle would otherwise show in the arrivals. The
/// producer never waits.
/// </summary>
/// <param name="capacity">Messages that may wait.</param>
/// <param name="send">Called by that thread.</param>
internal sealed class TimedQueue : IDisposable
{
    public const int LongestMessage = 192;

    private readonly DeviceThread _thread;
    private readonly SendMessage _send;
    private readonly AutoResetEvent _added = new(false);
    private readonly Lock _lock = new();
    private readonly byte[][] _messages;
    private readonly int[] _lengths;
    private readonly long[] _due;
    private long _head, _tail;

    public TimedQueue(string name, int capacity, SendMessage send)
    {
        _send = send;
        (_messages, _lengths, _due) = (new byte[capacity][], new int[capacity], new long[capacity]);
        for (int i = 0; i < capacity; i++)
            _messages[i] = new byte[LongestMessage];
        _thread = new DeviceThread(name, Run, timed: true);
    }

    public void Start() => _thread.Start();

    /// <summary>False where it is full: the delay asked for is longer than anyone rehearses.</summary>
    public bool Enqueue(long dueNs, ReadOnlySpan<byte> message)
    {
        lock (_lock)
        {
            if (_tail - _head == _messages.Length)
                return false;
            int slot = (int)(_tail++ % _messages.Length);
            message.CopyTo(_messages[slot]);
            (_lengths[slot], _due[slot]) = (message.Length, dueNs);
        }
        _added.Set();
        return true;
    }

    public void Dispose()
    {
        _thread.Dispose();
        _added.Dispose();
    }

    private void Run(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            long due = NextDue();
            if (due == long.MaxValue)
                _added.WaitOne(50);
            else if (due - HostClock.NowNs > 50_000_000)
                stop.WaitHandle.WaitOne(20); // a long way off: look at the stop now and then
            else
            {
                AbsoluteGrid.SleepUntil(due);
                SendFirst();
            }
        }
    }

    private long NextDue()
    {
        lock (_lock)
            return _head == _tail ? long.MaxValue : _due[_head % _due.Length];
    }

    private void SendFirst()
    {
        int slot = (int)(_head % _messages.Length);
        _send(_messages[slot].AsSpan(0, _lengths[slot]));
        lock (_lock)
            _head++; // only now may it be overwritten
    }
}
