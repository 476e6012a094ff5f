using System.Runtime.InteropServices;

namespace RobotWorldModel.Bench.Encoding;

internal sealed record Measurement(string What, string With, double MedianMs, double P99Ms, int Bytes)
{
    public static Measurement From(string what, string with, double[] timesMs, int bytes)
    {
        var sorted = (double[])timesMs.Clone();
        Array.Sort(sorted);
        return new Measurement(what, with, sorted[sorted.Length / 2], sorted[(int)Math.Ceiling(0.99 * sorted.Length) - 1], bytes);
    }
}

/// <summary>CPU time of the calling thread: what a busy neighbour on the machine takes away is not counted.</summary>
internal static partial class ThreadClock
{
    private const int ClockThreadCpuTime = 3;

    public static double Milliseconds => clock_gettime(ClockThreadCpuTime, out TimeSpec now) == 0
        ? now.Seconds * 1e3 + now.Nanoseconds * 1e-6
        : throw new InvalidOperationException(Marshal.GetLastPInvokeErrorMessage());

    [StructLayout(LayoutKind.Sequential)]
    private struct TimeSpec
    {
        public long Seconds;
        public long Nanoseconds;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int clock_gettime(int clock, out TimeSpec time);
}
