namespace RobotWorldModel.Drivers.Samples;

/// <summary>What a stream has seen since start. Read from any thread.</summary>
/// <param name="Received">Samples published.</param>
/// <param name="Lost">Samples that the device counted or clocked but that never arrived.</param>
/// <param name="Overrun">Samples that some subscriber's queue had no room for.</param>
public readonly record struct StreamCounters(long Received, long Lost, long Overrun);

/// <summary>What a reader of any stream needs to know about it, whatever its type.</summary>
public interface ISampleStream
{
    /// <summary>robot, force, gripper, wrist_rgb, wrist_depth …: the name used in files, on the page and in messages.</summary>
    string Name { get; }

    /// <summary>Native rate; 0 while not yet known.</summary>
    double RateHz { get; }

    /// <summary>The constant part of the delay from world to host that stamps cannot show, ms, as configured.</summary>
    double LatencyMs { get; }

    StreamCounters Counters { get; }

    /// <summary>Originating time of the newest sample, host ns; null before the first.</summary>
    long? NewestOriginatingNs { get; }

    /// <summary>How old the newest sample was when it arrived, ns; null before the first.</summary>
    long? NewestDelayNs { get; }
}

/// <summary>
/// One device's samples on their way to whoever wants them: a slot with the newest, and a bounded lossless queue for each subscriber. The
/// device's thread publishes and never waits; a full queue drops the new sample and counts it. Nothing is allocated per sample.
/// Who reads plain values takes no lock: a reader that is kept from its core must not hold up the arm's thread. Counted ones need it, for
/// between the look at a frame and the reference to it the frame must not go back to its pool.
/// </summary>
public sealed class SampleStream<T>(string name, double rateHz, double latencyMs) : ISampleStream
{
    private static readonly bool s_counted = typeof(IReferenceCounted).IsAssignableFrom(typeof(T));
    private readonly Lock _slotLock = new();
    private SampleQueue<T>[] _queues = [];
    private readonly Published<(bool Any, Sample<T> Sample)> _plain = new();
    private Sample<T> _counted;
    private long _received, _lost, _newestNs = long.MinValue, _delayNs;

    public string Name { get; } = name;

    /// <inheritdoc/>
    public double RateHz { get; set; } = rateHz;

    public double LatencyMs { get; } = latencyMs;

    public StreamCounters Counters
    {
        get
        {
            long overrun = 0;
            foreach (var queue in Volatile.Read(ref _queues))
                overrun += queue.Overrun;
            return new(Interlocked.Read(ref _received), Interlocked.Read(ref _lost), overrun);
        }
    }

    public long? NewestOriginatingNs
    {
        get
        {
            long newest = Interlocked.Read(ref _newestNs);
            return newest == long.MinValue ? null : newest;
        }
    }

    public long? NewestDelayNs => NewestOriginatingNs is null ? null : Interlocked.Read(ref _delayNs);

    /// <summary>Hands a sample to every subscriber. A counted value's reference passes from the caller to the stream.</summary>
    public void Publish(in Sample<T> sample)
    {
        Sample<T> old = default;
        lock (_slotLock) // with the queues inside, none is filled after it was unsubscribed: a frame left in one would never come back
        {
            foreach (var queue in _queues)
            {
                Hold(sample.Value);
                if (!queue.TryEnqueue(sample))
                    Drop(sample.Value);
            }
            if (s_counted)
                (old, _counted) = (_counted, sample);
            else
                _plain.Write((true, sample));
            Volatile.Write(ref _delayNs, sample.ArrivalNs - sample.OriginatingNs);
            Interlocked.Exchange(ref _newestNs, sample.OriginatingNs);
        }
        if (old.Value is not null)
            Drop(old.Value);
        Interlocked.Increment(ref _received);
    }

    /// <summary>Counts samples that the device made but that never arrived.</summary>
    public void CountLost(long samples) => Interlocked.Add(ref _lost, samples);

    /// <summary>The newest sample. A counted value comes with a reference of its own, to be released by the caller.</summary>
    public bool TryGetNewest(out Sample<T> sample)
    {
        if (!s_counted)
        {
            (bool any, sample) = _plain.Read();
            return any;
        }
        lock (_slotLock)
        {
            sample = _counted;
            if (sample.Value is not null)
                Hold(sample.Value);
            return sample.Value is not null;
        }
    }

    /// <summary>A queue that receives every sample from now on. Its reader must release counted values.</summary>
    public SampleQueue<T> Subscribe(int capacity)
    {
        var queue = new SampleQueue<T>(capacity);
        lock (_slotLock)
            Volatile.Write(ref _queues, [.. _queues, queue]);
        return queue;
    }

    /// <summary>Ends a subscription; nothing is added to the queue any more, and what is in it is still to be read.</summary>
    public void Detach(SampleQueue<T> queue)
    {
        lock (_slotLock)
            Volatile.Write(ref _queues, [.. _queues.Where(q => q != queue)]);
    }

    /// <summary>Ends a subscription; what is left in the queue is released.</summary>
    public void Unsubscribe(SampleQueue<T> queue)
    {
        Detach(queue);
        while (queue.TryDequeue(out var sample))
            Drop(sample.Value);
    }

    private static void Hold(T value)
    {
        if (s_counted)
            ((IReferenceCounted)value!).AddReference();
    }

    private static void Drop(T value)
    {
        if (s_counted)
            ((IReferenceCounted)value!).Release();
    }
}

/// <summary>A bounded queue from one writer thread to one reader thread, without locks or allocation.</summary>
public sealed class SampleQueue<T>
{
    private readonly Sample<T>[] _slots;
    private readonly int _mask;
    private long _head, _tail, _overrun;

    /// <param name="capacity">Rounded up to a power of two.</param>
    public SampleQueue(int capacity)
    {
        _slots = new Sample<T>[(int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Math.Max(2, capacity))];
        _mask = _slots.Length - 1;
    }

    public int Count => (int)(Volatile.Read(ref _tail) - Volatile.Read(ref _head));

    /// <summary>Samples dropped because the reader had fallen a whole queue behind.</summary>
    public long Overrun => Volatile.Read(ref _overrun);

    internal bool TryEnqueue(in Sample<T> sample)
    {
        long tail = _tail;
        if (tail - Volatile.Read(ref _head) > _mask)
        {
            Volatile.Write(ref _overrun, _overrun + 1);
            return false;
        }
        _slots[tail & _mask] = sample;
        Volatile.Write(ref _tail, tail + 1);
        return true;
    }

    public bool TryDequeue(out Sample<T> sample)
    {
        long head = _head;
        if (head == Volatile.Read(ref _tail))
        {
            sample = default;
            return false;
        }
        sample = _slots[head & _mask];
        _slots[head & _mask] = default;
        Volatile.Write(ref _head, head + 1);
        return true;
    }
}
