using RobotWorldModel.Drivers.Rdt;

namespace RobotWorldModel.Drivers.Tests.Rdt;

public class SequenceClockTests
{
    private const long StartNs = 5_000_000_000_000, DelayNs = 2_000_000;
    private readonly SequenceClock _clock = new(latencyMs: 2);
    private readonly Random _random = new(3);
    private long _last = long.MinValue;

    /// <summary>Samples of a second each; the worst error of one, ms.</summary>
    private double Run(double trueHz, int fromSecond, int seconds, Func<long, long> extraDelay)
    {
        double worst = 0;
        for (long i = (long)(fromSecond * trueHz); i < (long)((fromSecond + seconds) * trueHz); i++)
        {
            long made = StartNs + (long)(i * 1e9 / trueHz);
            long originating = _clock.Stamp(i, made + DelayNs + extraDelay(made - StartNs));
            Assert.True(originating > _last);
            _last = originating;
            worst = Math.Max(worst, Math.Abs(originating - made) * 1e-6);
        }
        return worst;
    }

    private long Jitter() => (long)(-Math.Log(1 - _random.NextDouble()) * 100_000); // 0.1 ms in the mean

    [Fact]
    public void Jitter_and_late_reads_do_not_show()
    {
        _clock.Begin(1000);
        Run(1000 * 1.00004, 0, 8, _ => Jitter());
        Assert.True(Run(1000 * 1.00004, 8, 20, t => Jitter() + Math.Max(0, 30_000_000 - t % 1_000_000_000)) < 0.15);
        Assert.Equal(1000, _clock.RateHz);
        Assert.InRange(_clock.DriftPpm, -60, -20);
    }

    [Theory]
    [InlineData(976, 976.5625)] // an Axia tells whole numbers
    [InlineData(1000, 999.2)]
    [InlineData(1000, 100)] // not what it says
    [InlineData(1000, 7000)]
    public void The_true_rate_is_found(double told, double trueHz)
    {
        _clock.Begin(told);
        Run(trueHz, 0, 10, _ => Jitter());
        Assert.Equal(1, _clock.RateHz / trueHz, 1e-4);
        double worst = Run(trueHz, 10, 10, _ => Jitter());
        Assert.True(worst < 0.5, $"{worst} ms");
    }

    [Theory]
    [InlineData(500)]
    [InlineData(2000)]
    public void A_rate_that_is_changed_under_way_is_found_too(double changedHz)
    {
        _clock.Begin(1000);
        Run(1000, 0, 100, _ => Jitter());
        long made = StartNs + 100_000_000_000, late = 0;
        for (int i = 1; i <= 20 * changedHz; i++)
        {
            long at = made + (long)(i * 1e9 / changedHz);
            long originating = _clock.Stamp(100_000 + i - 1, at + DelayNs + Jitter());
            Assert.InRange(originating - at, -600_000_000, 1_000_000);
            if (i > 10 * changedHz)
                late = Math.Max(late, Math.Abs(originating - at));
        }
        Assert.Equal(1, _clock.RateHz / changedHz, 1e-4);
        Assert.InRange(late, 0, 500_000);
    }

    [Theory]
    [InlineData(20)]
    [InlineData(200)]
    [InlineData(900)]
    public void A_path_that_becomes_slower_is_no_other_rate_and_its_samples_are_known_to_be_old(int slowerMs)
    {
        _clock.Begin(1000);
        Run(1000, 0, 5, _ => Jitter());
        double worst = Run(1000, 5, 20, _ => slowerMs * 1_000_000L + Jitter());
        Assert.Equal(1000, _clock.RateHz);
        Assert.InRange(worst, 0, 2);
    }

    [Fact]
    public void Lost_numbers_keep_the_grid()
    {
        _clock.Begin(500);
        long kept = 0;
        for (long i = 0; i < 20_000; i += _random.Next(1, 400))
        {
            long made = StartNs + i * 2_000_000;
            long originating = _clock.Stamp(i, made + DelayNs + Jitter());
            if (i > 5000)
                Assert.Equal(made, originating, 200_000.0);
            kept++;
        }
        Assert.True(kept < 200);
    }

    [Fact]
    public void A_time_is_never_after_the_arrival()
    {
        _clock.Begin(1000);
        for (long i = 0; i < 3000; i++)
        {
            long arrival = StartNs + i * 1_000_000 - 300 * i; // it runs 300 ppm fast
            Assert.True(_clock.Stamp(i, arrival) <= arrival - 2_000_000);
        }
    }
}
