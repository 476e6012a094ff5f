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
        static double Sine(double t) => 0.2 * FromRest(t) * Math.Sin(W * t);
        Play(estimator, seconds: 6, Sine, Servoj(gain, lookahead, Sine));
        double truth = Math.Atan2(gain * lookahead * W, gain - W * W) / W;
        Assert.InRange(truth, 0.026, 0.2);
        Assert.Equal(truth * 1e3, estimator.Estimate()!.Value * 1e-6, 4.0);
    }

    /// <summary>
    /// While the arm speeds up servoj is less far behind than while it slows down, by up to 40 ms with the softest setting. Whenever an
    /// estimate is asked for, it must speak of whole motions.
    /// </summary>
    [Theory]
    [InlineData(2000, 0.03)]
    [InlineData(1000, 0.07)]
    [InlineData(300, 0.1)]
    [InlineData(100, 0.2)]
    public void Half_a_motion_does_not_mislead_it(double gain, double lookahead)
    {
        // Moves with the least jerk, there and back: start, duration, way.
        (double At, double Lasts, double By)[] moves = [(0.5, 4, 0.5), (5, 2, -0.3), (7.2, 2, 0.3), (9.4, 1.5, -0.2), (11.5, 4, 0.4)];
        double Moves(double t) => moves.Sum(m => m.By * Smooth(Math.Clamp((t - m.At) / m.Lasts, 0, 1)));
        var estimator = new DelayEstimator();
        var (commanded, measured, estimates) = (new List<(double, double[])>(), new List<(double, double[])>(), new List<double>());
        var arm = Servoj(gain, lookahead, Moves);
        for (int i = 0; i < 8500; i++)
        {
            double t = i * 0.002, q = arm(t);
            estimator.Command(Start + i * Cycle, Joints(Moves(t)));
            estimator.Measure(Start + i * Cycle, Joints(q));
            commanded.Add((t, [Moves(t)]));
            measured.Add((t, [q]));
            if (i % 100 == 0 && estimator.Estimate() is { } ns)
                estimates.Add(ns * 1e-6);
        }
        double truth = Alignment.ShiftMs(commanded, measured);
        Assert.Equal(lookahead * 1e3 - 2, truth, 4.0); // on a ramp servoj is its lookahead behind, less the cycle in which it begins
        Assert.True(estimates.Count > 20, $"{estimates.Count} estimates");
        Assert.All(estimates, ms => Assert.Equal(truth, ms, 4.0));
    }

    [Fact]
    public void A_single_short_move_is_enough_once_nobody_drives_the_arm_any_more()
    {
        static double Move(double t) => 0.2 * Smooth(Math.Clamp(t - 0.1, 0, 1));
        var estimator = new DelayEstimator();
        Play(estimator, seconds: 1.2, Move, t => Move(t - 0.05));
        Assert.Null(estimator.Estimate()); // it might go on
        for (int i = 600; i < 800; i++)
            estimator.Measure(Start + i * Cycle, Joints(Move(i * 0.002 - 0.05)));
        Assert.Equal(50, estimator.Estimate()!.Value * 1e-6, 0.3);
    }

    /// <summary>An arm that was led or stopped between two leases stands at the first set-point of the second.</summary>
    [Fact]
    public void What_happens_between_two_leases_counts_for_nothing()
    {
        var estimator = new DelayEstimator();
        Play(estimator, seconds: 2.3, Wave, t => Wave(t - 0.03)); // ends in motion
        for (int i = 1150; i < 3000; i++)
            estimator.Measure(Start + i * Cycle, Joints(0.3 + 0.2 * Math.Sin(i * 0.01)));
        double Again(double t) => Wave(t - 6);
        Play(estimator, seconds: 5, Again, t => Again(t - 0.03), from: 6);
        Assert.Equal(30, estimator.Estimate()!.Value * 1e-6, 0.5);
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

    private static double Wave(double t) =>
        FromRest(t) * (0.2 * Math.Sin(2 * Math.PI * 0.4 * t) + 0.05 * Math.Sin(2 * Math.PI * 0.9 * t + 1));

    // As every lease begins.
    private static double FromRest(double t) => Smooth(Math.Clamp(t, 0, 1));

    private static double Smooth(double x) => x * x * x * (10 - 15 * x + 6 * x * x);

    // The joint's angle at times asked for one after the other, every 2 ms: qdd = gain (target - q - lookahead qd).
    private static Func<double, double> Servoj(double gain, double lookahead, Func<double, double> target)
    {
        double q = 0, qd = 0;
        return t =>
        {
            qd += gain * (target(t) - q - lookahead * qd) * 0.002;
            return q += qd * 0.002;
        };
    }

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
