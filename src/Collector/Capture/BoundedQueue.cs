using System.Numerics;

namespace RobotWorldModel.Collector.Capture;

/// <summary>
/// A bounded queue from any threads to one reader, without locks or allocation (Vyukov's bounded queue: each slot carries the number of
/// the turn that may use it). A full queue refuses and counts.
/// </summary>
internal sealed class BoundedQueue<T>
{
    private readonly Slot[] _slots;
    private readonly int _mask;
    private long _tail, _head, _refused, _accepted;

    private struct Slot
    {
        public long Turn;
        public T Value;
    }

    /// <param name="capacity">Rounded up to a power of two.</param>
    public BoundedQueue(int capacity)
    {
        _slots = new Slot[(int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(2, capacity))];
        _mask = _slots.Length - 1;
        for (int i = 0; i < _slots.Length; i++)
            _slots[i].Turn = i;
    }

    /// <summary>Values that found no room.</summary>
    public long Refused => Volatile.Read(ref _refused);

    /// <summary>Values taken in.</summary>
    public long Accepted => Volatile.Read(ref _accepted);

    public bool TryEnqueue(in T value)
    {
        long tail = Volatile.Read(ref _tail);
        while (true)
        {
            ref Slot slot = ref _slots[tail & _mask];
            long turn = Volatile.Read(ref slot.Turn);
            if (turn == tail)
            {
                if (Interlocked.CompareExchange(ref _tail, tail + 1, tail) == tail)
                {
                    slot.Value = value;
                    Interlocked.Increment(ref _accepted);
                    Volatile.Write(ref slot.Turn, tail + 1);
                    return true;
                }
            }
            else if (turn < tail)
            {
                Interlocked.Increment(ref _refused);
                return false;
            }
            tail = Volatile.Read(ref _tail);
        }
    }

    /// <summary>Called by one thread only.</summary>
    public bool TryDequeue(out T value)
    {
        ref Slot slot = ref _slots[_head & _mask];
        if (Volatile.Read(ref slot.Turn) != _head + 1)
        {
            value = default!;
            return false;
        }
        value = slot.Value;
        slot.Value = default!;
        Volatile.Write(ref slot.Turn, _head + _slots.Length);
        _head++;
        return true;
    }
}
