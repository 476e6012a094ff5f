using System.Diagnostics;

namespace RobotWorldModel.Drivers.Time;

/// <summary>The host's monotonic clock (CLOCK_MONOTONIC) in nanoseconds: the one time base of samples, ticks and logs.</summary>
public static class HostClock
{
    /// <summary>Nanoseconds since an arbitrary point at or before boot; never steps, does not follow the wall clock.</summary>
    public static long NowNs => Stopwatch.GetTimestamp(); // Stopwatch.Frequency is 10^9 on Linux; checked below.

    static HostClock()
    {
        if (Stopwatch.Frequency != 1_000_000_000)
            throw new PlatformNotSupportedException(
                $"The host clock ticks at {Stopwatch.Frequency} Hz; RobotWorldModel needs Linux's 1 GHz monotonic clock.");
    }
}

/// <summary>Ties monotonic time to the wall clock, once per episode. Only names and file headers use the wall clock.</summary>
/// <param name="MonotonicNs">CLOCK_MONOTONIC at the anchor, ns.</param>
/// <param name="UnixNs">The wall clock (UTC, Unix epoch) read at the same moment, ns.</param>
public readonly record struct WallClockAnchor(long MonotonicNs, long UnixNs)
{
    /// <summary>Reads both clocks; the pair with the least time between the two monotonic reads of five tries is kept.</summary>
    public static WallClockAnchor Now(TimeProvider? wall = null)
    {
        wall ??= TimeProvider.System;
        var best = default(WallClockAnchor);
        long bestGap = long.MaxValue;
        for (int i = 0; i < 5; i++)
        {
            long before = HostClock.NowNs;
            long unixNs = (wall.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * 100;
            long after = HostClock.NowNs;
            if (after - before >= bestGap)
                continue;
            bestGap = after - before;
            best = new WallClockAnchor(before + (after - before) / 2, unixNs);
        }
        return best;
    }

    /// <summary>The wall-clock time of a monotonic one, as ns since the Unix epoch.</summary>
    public long ToUnixNs(long monotonicNs) => UnixNs + (monotonicNs - MonotonicNs);
}
