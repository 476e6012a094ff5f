using RobotWorldModel.Collector.Episodes;

namespace RobotWorldModel.Collector.Grid;

/// <summary>A sample on its way to the grid.</summary>
internal readonly record struct Timed<T>(long OriginatingNs, long Sequence, T Value);

/// <summary>
/// The recent samples of one stream in the order of their originating times, from which rows are taken once they can no longer change.
/// Arrival is nearly in order, so adding is cheap; what no later row can need is let go.
/// </summary>
internal sealed class Timeline<T>(double rateHz, Action<T>? letGo = null)
{
    private readonly List<Timed<T>> _samples = [];
    private readonly long _periodNs = StreamRules.PeriodNs(rateHz);
    private (long Sequence, long OriginatingNs) _last = (long.MinValue, long.MinValue); // both: a restarted device numbers anew

    /// <summary>Of the newest sample; <see cref="long.MinValue"/> before the first.</summary>
    public long NewestNs => _samples.Count == 0 ? long.MinValue : _samples[^1].OriginatingNs;

    public int Count => _samples.Count;

    public void Add(long originatingNs, long sequence, T value)
    {
        int i = _samples.Count;
        while (i > 0 && _samples[i - 1].OriginatingNs > originatingNs)
            i--; // a clock map's first fits may step back a little
        _samples.Insert(i, new(originatingNs, sequence, value));
    }

    /// <summary>Whether a row at this slot would be fresh: what t0 needs of every stream.</summary>
    /// <param name="interpolated">Robot and force: there must be a sample on the slot's other side too.</param>
    public bool IsFresh(long slotNs, bool interpolated)
    {
        int before = Before(slotNs);
        return before >= 0
            && StreamRules.Interpolated(slotNs - _samples[before].OriginatingNs, _periodNs) == StreamStatus.Interpolated
            && (!interpolated || before + 1 < _samples.Count || _samples[before].OriginatingNs == slotNs);
    }

    /// <summary>The newest sample whose originating time is not after the slot, and its status there. Slots must not go back.</summary>
    public StreamCell Newest(long slotNs, out Timed<T> sample)
    {
        int before = Before(slotNs);
        sample = before < 0 ? default : _samples[before];
        if (before < 0)
            return StreamCell.Missing;
        long age = slotNs - sample.OriginatingNs;
        StreamStatus status = StreamRules.Newest(age, _periodNs, (sample.Sequence, sample.OriginatingNs) == _last);
        LetGoBefore(before);
        if (status == StreamStatus.Missing)
            return StreamCell.Missing;
        _last = (sample.Sequence, sample.OriginatingNs);
        return new(sample.Sequence, age, status);
    }

    /// <summary>The samples around the slot and where between them it lies, 0..1; a stale row is the sample before as it is.</summary>
    /// <param name="after">Equal to <paramref name="before"/> where the row is not interpolated.</param>
    public StreamCell Around(long slotNs, out Timed<T> before, out Timed<T> after, out double fraction)
    {
        int at = Before(slotNs);
        fraction = 0;
        if (at < 0)
        {
            (before, after) = (default, default);
            return StreamCell.Missing;
        }
        before = after = _samples[at];
        long age = slotNs - before.OriginatingNs;
        StreamStatus status = StreamRules.Interpolated(age, _periodNs);
        if (status == StreamStatus.Interpolated && age > 0)
        {
            if (at + 1 < _samples.Count)
            {
                after = _samples[at + 1];
                fraction = (double)age / (after.OriginatingNs - before.OriginatingNs);
            }
            else
            {
                status = StreamStatus.Stale; // the stream ends here: there is nothing on the other side to interpolate to
            }
        }
        LetGoBefore(at);
        return status switch
        {
            StreamStatus.Missing => StreamCell.Missing,
            StreamStatus.Interpolated => new(before.Sequence, 0, status),
            _ => new(before.Sequence, age, status),
        };
    }

    /// <summary>Lets go of everything.</summary>
    public void Clear()
    {
        foreach (var sample in _samples)
            letGo?.Invoke(sample.Value);
        _samples.Clear();
    }

    /// <summary>Lets go of what lies before the newest sample at or before a time.</summary>
    public void Forget(long slotNs)
    {
        if (Before(slotNs) is var before and > 0)
            LetGoBefore(before);
    }

    private int Before(long slotNs)
    {
        int low = 0, high = _samples.Count; // first sample after the slot
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (_samples[middle].OriginatingNs <= slotNs)
                low = middle + 1;
            else
                high = middle;
        }
        return low - 1;
    }

    private void LetGoBefore(int index)
    {
        for (int i = 0; letGo is not null && i < index; i++)
            letGo(_samples[i].Value);
        _samples.RemoveRange(0, index);
    }
}
