using RobotWorldModel.Runtime.Core;

namespace RobotWorldModel.Runtime.Tests.Core;

public class BackoffTests
{
    [Fact]
    public void It_grows_to_half_a_minute_and_is_short_again_after_what_had_worked_for_a_while()
    {
        var backoff = new Backoff();
        double[] first = [.. Enumerable.Range(0, 10).Select(_ => Wait(1))];
        Assert.Equal([0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 30, 30], first);
        Assert.Equal([0.2, 0.4], new[] { Wait(3600), Wait(1) });

        double Wait(double ranSeconds) => Math.Round(backoff.After(TimeSpan.FromSeconds(ranSeconds)).TotalSeconds, 3);
    }
}
