namespace RobotWorldModel.Drivers.UniversalRobots;

/// <summary>
/// How long set-points take to the program on the controller and back: it echoes the counter of the newest one. Sent by one thread,
/// echoed on another, read by any; no allocation.
/// </summary>
internal sealed class RoundTrips
{
    private const int OnTheWay = 1024, Kept = 256;
    private readonly long[] _sentNs = new long[OnTheWay], _trips = new long[Kept];
    private int _sent, _echoed;
    private long _count;

    /// <summary>ns; null before the first. Some that change while they are read do no harm to a median.</summary>
    public long? MedianNs
    {
        get
        {
            int count = (int)Math.Min(Volatile.Read(ref _count), Kept);
            if (count == 0)
                return null;
            Span<long> trips = stackalloc long[count];
            _trips.AsSpan(0, count).CopyTo(trips);
            trips.Sort();
            return trips[count / 2];
        }
    }

    /// <summary>How many have been timed so far.</summary>
    public long Count => Volatile.Read(ref _count);

    /// <summary>As many are kept as <see cref="CopySince"/> may copy.</summary>
    public int Capacity => Kept;

    /// <summary>Copies those that were timed since a count, ns, the oldest first; of more than are kept the newest.</summary>
    /// <param name="count">Where the caller was; where it is now.</param>
    /// <param name="into"><see cref="Capacity"/> long.</param>
    /// <returns>How many were copied.</returns>
    public int CopySince(ref long count, Span<long> into)
    {
        long now = Count;
        int copied = (int)Math.Min(now - count, Kept);
        for (int i = 0; i < copied; i++)
            into[i] = _trips[(now - copied + i) % Kept];
        count = now;
        return copied;
    }

    public void Sent(int counter, long nowNs)
    {
        _sentNs[counter % OnTheWay] = nowNs;
        Volatile.Write(ref _sent, counter);
    }

    /// <summary>A state that arrived then shows this counter.</summary>
    public void Echoed(int counter, long arrivalNs)
    {
        if (counter == _echoed)
            return;
        _echoed = counter;
        int behind = Volatile.Read(ref _sent) - counter;
        if (behind is < 0 or >= OnTheWay || counter <= 0)
            return; // of a service before this one
        _trips[_count % Kept] = arrivalNs - _sentNs[counter % OnTheWay];
        Volatile.Write(ref _count, _count + 1);
    }
}
