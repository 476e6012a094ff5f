namespace RobotWorldModel.Runtime.Core;

/// <summary>The last ticks' lateness, for the status. Written by the tick's thread without waiting, read by others.</summary>
internal sealed class LatenessStatistics
{
    private const int Window = 1 << 11; // 68 s at 30 Hz
    private readonly long[] _ns = new long[Window];
    private long _count;

    public void Add(long latenessNs)
    {
        _ns[_count % Window] = latenessNs;
        Volatile.Write(ref _count, _count + 1);
    }

    /// <summary>Median, 99th percentile and maximum of the window, µs.</summary>
    public (double P50, double P99, double Max) Microseconds()
    {
        int n = (int)Math.Min(Volatile.Read(ref _count), Window);
        if (n == 0)
            return default;
        long[] sorted = _ns[..n];
        Array.Sort(sorted);
        return (sorted[n / 2] / 1e3, sorted[(int)((n - 1) * 0.99)] / 1e3, sorted[n - 1] / 1e3);
    }
}
