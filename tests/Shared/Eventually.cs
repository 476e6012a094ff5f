using System.Diagnostics;

namespace RobotWorldModel.Tests.Shared;

/// <summary>Waiting for something to become true, with a deadline: the only way tests wait where no event can be awaited.</summary>
public static class Eventually
{
    public static void True(Func<bool> condition, string what, double seconds = 60) => True(condition, () => what, seconds);

    /// <param name="what">Asked when the time is over: it may say how things stand then.</param>
    public static void True(Func<bool> condition, Func<string> what, double seconds = 60)
    {
        var clock = Stopwatch.StartNew();
        for (int looks = 0; !condition(); looks++)
        {
            if (clock.Elapsed.TotalSeconds > seconds)
                Assert.Fail($"not within {seconds} s: {what()}");
            Thread.Yield();
            // Between two looks, not instead of one; longer when it takes long, not to load the machine that is looked at.
            Thread.Sleep(Math.Clamp(looks / 20, 1, 20));
        }
    }
}
