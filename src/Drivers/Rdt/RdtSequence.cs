namespace RobotWorldModel.Drivers.Rdt;

/// <summary>What a record is in its stream.</summary>
internal enum RdtPlace
{
    /// <summary>The next, or the next after a gap.</summary>
    Next,

    /// <summary>The next by its number, but with the sample of the one before: the sensor's converter did not make a new one.</summary>
    Repeat,

    /// <summary>It was here already.</summary>
    Duplicate,

    /// <summary>Overtaken by a later one, and counted as lost then.</summary>
    Late,

    /// <summary>The first of a new count: the stream, or the sensor, has started anew.</summary>
    Restart,
}

/// <summary>
/// Puts records in order by their two numbers. The record number alone cannot tell an old record from the first ones of a new request
/// (ours, asked twice because the first answer was slow): a sample number that goes on tells. Single-threaded, allocates nothing.
/// </summary>
internal sealed class RdtSequence
{
    private const int Remembered = 64, LargestGap = 1 << 20; // 17 minutes at 1000 Hz: more is another count
    private const int OldOnesOfANewCount = 16;
    private RdtRecord _last;
    private ulong _seen; // bit n: the record n before the last one was here
    private int _oldInARow;
    private bool _any, _ever;

    /// <summary>Of the record placed last as Next, Repeat or Restart: rises over gaps and restarts, by one a record.</summary>
    public long Index { get; private set; } = -1;

    /// <summary>A new request: whatever comes is its first record, and a repeat where its converter has stood since the last one.</summary>
    public void Begin() => _any = false;

    /// <param name="lost">Records missing just before this one.</param>
    public RdtPlace Take(in RdtRecord record, out long lost)
    {
        lost = 0;
        int step = (int)(record.Rdt - _last.Rdt), samples = (int)(record.Ft - _last.Ft);
        if (!_any || step > LargestGap || step <= -Remembered || (step <= 0 && samples > 0))
            return Restart(record);
        if (step <= 0)
        {
            if (++_oldInARow >= OldOnesOfANewCount) // a sensor without sample numbers
                return Restart(record);
            ulong bit = 1UL << -step;
            bool known = (_seen & bit) != 0;
            _seen |= bit;
            return known ? RdtPlace.Duplicate : RdtPlace.Late;
        }
        if (samples < 0)
            return Restart(record);
        bool repeats = samples == 0 && record.SameCounts(_last);
        lost = step - 1;
        Advance(record, step, step < Remembered ? _seen << step : 0);
        return repeats ? RdtPlace.Repeat : RdtPlace.Next;
    }

    private RdtPlace Restart(in RdtRecord record)
    {
        bool first = !_any, repeats = first && _ever && record.Ft == _last.Ft && record.SameCounts(_last);
        _any = _ever = true;
        Advance(record, 1, 0);
        return repeats ? RdtPlace.Repeat : first ? RdtPlace.Next : RdtPlace.Restart;
    }

    private void Advance(in RdtRecord record, int step, ulong seenBefore)
    {
        (_last, _seen, _oldInARow) = (record, seenBefore | 1, 0);
        Index += step;
    }
}
