using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Motion;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Drivers.Tests.Motion;

public class DelayEstimatorTests
{
    private const long Cycle = 2_000_000, Start = 1_000_000_000_000;

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    [InlineData(26)]
    [InlineData(63.5)]
    [InlineData(190)]
    [InlineData(320)]
    public void A_pure_delay_is_found_to_a_fraction_of_a_millisecond(double delayMs)
    {
        var estimator = new DelayEstimator();
        Play(estimator, seconds: 5, t => Wave(t), t => Wave(t - delayMs * 1e-3));
        if (delayMs == 0)
            Assert.Null(estimator.Estimate()); // no arm obeys at once: something else is compared with itself
        else
            Assert.Equal(delayMs, estimator.Estimate()!.Value * 1e-6, 0.3);
    }

    /// <summary>
    /// servoj's response is of second order, qdd = gain (target - q - lookahead qd): a sine of w rad/s comes out later by its phase,
    /// atan(gain lookahead w / (gain - w²)) / w; some 26 to 190 ms.
    /// </summary>
    [Theory]
    [InlineData(2000, 0.03)]
    [InlineData(300, 0.1)]
    [InlineData(500, 0.05)]
    [InlineData(100, 0.2)]
    public void The_lag_of_servoj_is_found_within_four_milliseconds(double gain, double lookahead)
    {
        var estimator = new DelayEstimator();
        const double W = 2 * Math.PI * 0.7;
        double q = 0, qd = 0.2 * W;
        Play(estimator, seconds: 6, t => 0.2 * Math.Sin(W * t), t =>
        {
            qd += gain * (0.2 * Math.Sin(W * t) - q - lookahead * qd) * 0.002;
            return q += qd * 0.002;
        });
        double truth = Math.Atan2(gain * lookahead * W, gain - W * W) / W;
        Assert.InRange(truth, 0.026, 0.2);
        Assert.Equal(truth * 1e3, estimator.Estimate()!.Value * 1e-6, 4.0);
    }

    [Fact]
    public void Noise_and_lost_samples_do_not_mislead_it()
    {
        var estimator = new DelayEstimator();
        var random = new Random(1);
        for (long i = 0; i < 2500; i++)
        {
            double t = i * 0.002;
            if (random.NextDouble() > 0.1)
                estimator.Command(Start + i * Cycle + random.Next(500_000), Joints(Wave(t)));
            if (random.NextDouble() > 0.1)
                estimator.Measure(Start + i * Cycle, Joints(Wave(t - 0.04) + (random.NextDouble() - 0.5) * 2e-4));
        }
        Assert.Equal(40, estimator.Estimate()!.Value * 1e-6, 1.0);
    }

    [Fact]
    public void An_arm_that_stands_tells_nothing()
    {
        var estimator = new DelayEstimator();
        Assert.Null(estimator.Estimate());
        Play(estimator, seconds: 5, _ => 0.5, _ => 0.5);
        Assert.Null(estimator.Estimate());
        Play(estimator, seconds: 5, Wave, t => Wave(t - 0.03), from: 5);
        Assert.NotNull(estimator.Estimate());
        estimator.Clear();
        Assert.Null(estimator.Estimate());
    }

    [Fact]
    public void Nothing_is_allocated()
    {
        var estimator = new DelayEstimator();
        Play(estimator, seconds: 5, Wave, t => Wave(t - 0.03));
        Assert.Equal(0, Allocations.OfOneRound(() => estimator.Estimate()));
    }

    private static double Wave(double t) => 0.2 * Math.Sin(2 * Math.PI * 0.4 * t) + 0.05 * Math.Sin(2 * Math.PI * 0.9 * t + 1);

    private static Vector6 Joints(double q) => new(q, -1.5, 1.5 - q / 2, 0, 0, 0);

    private static void Play(
        DelayEstimator estimator, double seconds, Func<double, double> commanded, Func<double, double> measured, double from = 0)
    {
        for (long i = (long)(from * 500); i < (from + seconds) * 500; i++)
        {
            estimator.Command(Start + i * Cycle, Joints(commanded(i * 0.002)));
            estimator.Measure(Start + i * Cycle, Joints(measured(i * 0.002)));
        }
    }
}
