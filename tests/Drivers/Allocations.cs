namespace RobotWorldModel.Drivers.Tests;

/// <summary>Managed allocation of the calling thread.</summary>
internal static class Allocations
{
    /// <summary>
    /// The least bytes that one of five rounds allocated: the JIT compiler, which works on the calling thread when it finds a method hot,
    /// may allocate in one or two; code that allocates does so in all.
    /// </summary>
    public static long OfOneRound(Action round)
    {
        round();
        long least = long.MaxValue;
        for (int i = 0; i < 5; i++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            round();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }
        return least;
    }
}
