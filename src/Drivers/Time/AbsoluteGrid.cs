using System.Runtime.InteropServices;

namespace RobotWorldModel.Drivers.Time;

/// <summary>
/// An absolute grid t0 + k · 10^9 / rate on the monotonic clock, waited for with clock_nanosleep. A slot that was missed is skipped and
/// counted, never caught up in a burst. .NET's own timers run at whole milliseconds of a coarse clock (30.3 Hz instead of 30).
/// </summary>
public sealed partial class AbsoluteGrid
{
    private readonly long _rateNumerator, _rateDenominator;

    /// <param name="rateHz">Slots per second, up to three decimals; kept as a rational, so 30 Hz does not drift.</param>
    /// <param name="originNs">Monotonic time of slot 0.</param>
    public AbsoluteGrid(double rateHz, long originNs)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(rateHz);
        _rateNumerator = (long)Math.Round(rateHz * 1000);
        _rateDenominator = 1000;
        OriginNs = originNs;
    }

    public long OriginNs { get; private set; }

    /// <summary>The slot that the last <see cref="WaitNext"/> returned; -1 before the first.</summary>
    public long Slot { get; private set; } = -1;

    /// <summary>Slots that had passed before they could be waited for, in all.</summary>
    public long Missed { get; private set; }

    /// <summary>Monotonic time of a slot, ns.</summary>
    public long TimeOf(long slot) => OriginNs + (long)((Int128)slot * 1_000_000_000 * _rateDenominator / _rateNumerator);

    /// <summary>How far a monotonic time is from the nearest slot, ns: half a period at most, to either side.</summary>
    public long OffSlot(long timeNs) => timeNs - TimeOf(SlotAt(timeNs + TimeOf(1) / 2 - TimeOf(0) / 2));

    /// <summary>Moves all slots by so much, ns: little by little into step with another clock.</summary>
    public void Shift(long ns) => OriginNs += ns;

    /// <summary>The newest slot at or before a monotonic time.</summary>
    public long SlotAt(long timeNs)
    {
        long slot = (long)((Int128)(timeNs - OriginNs) * _rateNumerator / ((Int128)1_000_000_000 * _rateDenominator));
        while (TimeOf(slot) > timeNs)
            slot--;
        while (TimeOf(slot + 1) <= timeNs)
            slot++;
        return slot;
    }

    /// <summary>Sleeps to the next slot and returns its number; the lateness is now minus <see cref="TimeOf"/>.</summary>
    public long WaitNext()
    {
        long next = Slot + 1;
        long now = HostClock.NowNs;
        if (TimeOf(next + 1) <= now) // a whole slot is already over: skip to the newest that is due
        {
            long newest = SlotAt(now);
            if (Slot >= 0)
                Missed += newest - next;
            next = newest;
        }
        SleepUntil(TimeOf(next));
        Slot = next;
        return next;
    }

    /// <summary>Sleeps until a monotonic time; returns at once where it has passed.</summary>
    public static void SleepUntil(long monotonicNs)
    {
        var until = new TimeSpec { Seconds = monotonicNs / 1_000_000_000, Nanoseconds = monotonicNs % 1_000_000_000 };
        const int ClockMonotonic = 1, AbsoluteTime = 1, Interrupted = 4;
        while (clock_nanosleep(ClockMonotonic, AbsoluteTime, in until, 0) == Interrupted)
        {
            // a signal woke the thread early: the deadline is absolute, so simply sleep on
        }
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct TimeSpec
    {
        public long Seconds;
        public long Nanoseconds;
    }

    [LibraryImport("libc")]
    private static partial int clock_nanosleep(int clock, int flags, in TimeSpec until, nint remaining);
}
