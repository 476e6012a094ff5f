using RobotWorldModel.WorldModel.Training;

namespace RobotWorldModel.WorldModel.Tests.Training;

public class ScheduleTests
{
    [Theory]
    [InlineData(0, 0)]
    [InlineData(50, 0.5)]
    [InlineData(100, 1)]
    [InlineData(350, 0.868198051533946)] // 0.1 + 0.45·(1 + cos 45°)
    [InlineData(600, 0.55)]
    [InlineData(1100, 0.1)]
    [InlineData(5000, 0.1)]
    public void Warm_up_is_linear_and_the_rest_half_a_cosine(long step, double rate) =>
        Assert.Equal(rate, Schedule.WarmupCosine(step, peak: 1, floor: 0.1, warmup: 100, total: 1100), 1e-12);

    [Fact]
    public void Without_a_warm_up_it_begins_at_its_peak()
    {
        Assert.Equal(3e-4, Schedule.WarmupCosine(0, 3e-4, 0, 0, 10), 1e-18);
        Assert.Equal(0, Schedule.WarmupCosine(10, 3e-4, 0, 10, 10)); // nothing but warm-up
        Assert.Throws<ArgumentOutOfRangeException>(() => Schedule.WarmupCosine(-1, 1, 0, 0, 10));
        Assert.Throws<ArgumentOutOfRangeException>(() => Schedule.WarmupCosine(0, 1, 0, 11, 10));
    }

    [Fact]
    public void A_weight_is_annealed_to_its_whole()
    {
        Assert.Equal([0, 0.25, 0.5, 0.5], new long[] { 0, 5000, 10_000, 1_000_000 }.Select(s => Schedule.Anneal(s, 0.5, 10_000)));
        Assert.Equal(0.5, Schedule.Anneal(0, 0.5, 0));
    }
}
