using System.Diagnostics;

namespace RobotWorldModel.Tests.Shared;

/// <summary>Waiting for something to become true, with a deadline: the only way tests wait where no event can be awaited.</summary>
public static class Eventually
{
    public static void True(Func<bool> condition, string what, double seconds = 60)
    {
        var clock = Stopwatch.StartNew();
        while (!condition())
        {
            if (clock.Elapsed.TotalSeconds > seconds)
                Assert.Fail($"not within {seconds} s: {what}");
            Thread.Yield();
            Thread.Sleep(1); // between two looks, not instead of one
        }
    }
}
