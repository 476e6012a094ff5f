namespace RobotWorldModel.Tests.Shared;

/// <summary>Managed allocation, judged by rounds of the same work.</summary>
public static class Allocations
{
    /// <summary>
    /// The least bytes that one of up to five rounds allocated on the calling thread, after one that is not counted: the runtime, which
    /// compiles and resolves on that thread what runs hot or for the first time, may allocate in one or two; code that allocates does so
    /// in all. A round must be long enough for what happens in it rarely: one that is clean ends the test.
    /// </summary>
    public static long OfOneRound(Action round)
    {
        return Least(() =>
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            round();
            return GC.GetAllocatedBytesForCurrentThread() - before;
        });
    }

    /// <summary>The same of rounds that count for themselves, on another thread or over a part of what they do.</summary>
    /// <param name="round">Returns bytes.</param>
    /// <param name="enough">Bytes that are few enough to end with.</param>
    public static long Least(Func<long> round, long enough = 0)
    {
        round();
        long least = long.MaxValue;
        for (int i = 0; i < 5 && least > enough; i++)
            least = Math.Min(least, round());
        return least;
    }
}
