using RobotWorldModel.Drivers.Force;
using RobotWorldModel.Drivers.Samples;

namespace RobotWorldModel.Drivers.Tests.Force;

public class FrozenWatchTests
{
    [Theory]
    [InlineData(60)]
    [InlineData(1000)]
    public void A_value_that_stands_for_half_a_second_is_no_measurement_until_it_changes(double rateHz)
    {
        var watch = new FrozenWatch();
        var still = new Wrench(1, 2, 3, 0.1, 0.2, 0.3);
        long at = 1_000_000_000;
        bool Add(in Wrench value) => watch.Add(value, at += (long)(1e9 / rateHz));
        Assert.False(Add(new(0, 2, 3, 0.1, 0.2, 0.3)));
        int fresh = 0;
        while (!Add(still))
            fresh++;
        Assert.InRange(fresh / rateHz, 0.5 - 1 / rateHz, 0.5 + 1 / rateHz);
        Assert.True(Add(still) && watch.IsFrozen);
        at += 5_000_000_000; // a connection later it is still the same
        Assert.True(Add(still));
        Assert.False(Add(still with { Tz = 0.301 }));
        Assert.False(watch.IsFrozen);
    }
}
