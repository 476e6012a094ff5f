using RobotWorldModel.Drivers.Robotiq;

namespace RobotWorldModel.Drivers.Tests.Robotiq;

/// <summary>The clock on made-up arrivals whose truth is known: no socket, no waiting, the same every time.</summary>
public class FixedRateClockTests
{
    private const long Ms = 1_000_000;
    private const double LatencyMs = 8;

    /// <summary>A sensor, the road from it, and its reader.</summary>
    private sealed class Road
    {
        public double RateHz = 100, DriftPpm, DropShare, JitterMs = 0.1, ReadEveryMs;

        /// <summary>Share of samples that are late, each by itself; they hold up those behind them.</summary>
        public double LateShare, LateMs;

        /// <summary>Now and then nothing gets through; then all that waited does.</summary>
        public double BlockShare, BlockMs;

        public int Seed = 1, Samples = 6000;
    }

    private sealed record Outcome(List<double> ErrorsMs, long Dropped, long Lost, bool Rising);

    private static List<(long True, long Arrival)> Travel(Road road, out long dropped)
    {
        var random = new Random(road.Seed);
        double period = 1e9 / road.RateHz * (1 - road.DriftPpm * 1e-6);
        var arrivals = new List<(long, long)>();
        long last = 0, blockedUntil = 0;
        dropped = 0;
        for (int n = 0; n < road.Samples; n++)
        {
            long made = 5_000 * Ms + (long)(n * period);
            double late = random.NextDouble() < road.LateShare ? random.NextDouble() * road.LateMs : 0;
            long arrival = made + (long)((LatencyMs - Math.Log(1 - random.NextDouble()) * road.JitterMs + late) * Ms);
            if (random.NextDouble() < road.BlockShare)
                blockedUntil = arrival + (long)(random.NextDouble() * road.BlockMs * Ms);
            if (n > 10 && n < road.Samples - 10 && random.NextDouble() < road.DropShare)
            {
                dropped++;
                continue;
            }
            last = Math.Max(last, Math.Max(arrival, blockedUntil));
            arrivals.Add((made, last));
        }
        return arrivals;
    }

    private static Outcome Drive(Road road, long skipNs = 10_000 * Ms)
    {
        var arrivals = Travel(road, out long dropped);
        var clock = new FixedRateClock(100, LatencyMs);
        var errors = new List<double>();
        long lost = 0, before = long.MinValue;
        bool rising = true;
        for (int i = 0, end; i < arrivals.Count; i = end)
        {
            long now = arrivals[i].Arrival;
            if (road.ReadEveryMs > 0)
                now = (long)(Math.Ceiling(now / (road.ReadEveryMs * Ms)) * road.ReadEveryMs * Ms);
            for (end = i; end < arrivals.Count && arrivals[end].Arrival <= now;)
                end++;
            // as the driver does: what looks like a loss waits 2 ms for more
            while (end < arrivals.Count && clock.WouldCountLoss(end - i, now) && arrivals[end].Arrival - now < 2 * Ms)
                now = arrivals[end++].Arrival;
            lost += clock.Add(end - i, now);
            for (int k = i; k < end; k++)
            {
                long originating = clock.NextOriginating(end - 1 - k, now);
                rising &= originating > before && originating <= now - (long)(LatencyMs * Ms) + (end - i);
                before = originating;
                if (arrivals[k].True - arrivals[0].True >= skipNs)
                    errors.Add(Math.Abs(originating - arrivals[k].True) / (double)Ms);
            }
        }
        errors.Sort();
        return new(errors, dropped, lost, rising);
    }

    private static double P99(Outcome outcome) => outcome.ErrorsMs[outcome.ErrorsMs.Count * 99 / 100];

    [Theory]
    [InlineData(0)]
    [InlineData(50)]
    [InlineData(-50)]
    public void A_steady_sensor_is_timed_to_a_fraction_of_its_period(double driftPpm)
    {
        for (int seed = 1; seed <= 20; seed++)
        {
            var outcome = Drive(new Road { DriftPpm = driftPpm, Seed = seed });
            Assert.True(P99(outcome) < 0.3, $"p99 {P99(outcome)} ms");
            Assert.Equal(0, outcome.Lost);
            Assert.True(outcome.Rising);
        }
    }

    [Theory]
    [InlineData(0.002)]
    [InlineData(0.01)]
    [InlineData(0.1)]
    public void Every_loss_is_counted_and_shifts_no_time(double share)
    {
        for (int seed = 1; seed <= 20; seed++)
        {
            var outcome = Drive(new Road { DropShare = share, DriftPpm = 30, Seed = seed });
            Assert.Equal(outcome.Dropped, outcome.Lost);
            Assert.True(P99(outcome) < 0.5, $"p99 {P99(outcome)} ms");
            Assert.True(outcome.Rising);
        }
    }

    [Fact]
    public void A_reader_that_comes_late_finds_each_sample_its_own_time()
    {
        var outcome = Drive(new Road { ReadEveryMs = 33.3 });
        Assert.Equal(0, outcome.Lost);
        Assert.True(outcome.ErrorsMs[^1] < 12, $"max {outcome.ErrorsMs[^1]} ms"); // spacing is right; the reader's grid hides the phase
        Assert.True(outcome.Rising);
    }

    [Fact]
    public void A_road_that_is_blocked_for_three_periods_loses_nothing()
    {
        for (int seed = 1; seed <= 20; seed++)
        {
            var outcome = Drive(new Road { BlockShare = 0.05, BlockMs = 30, Seed = seed, DriftPpm = -50 });
            Assert.Equal(0, outcome.Lost);
            Assert.True(P99(outcome) < 1, $"p99 {P99(outcome)} ms");
            Assert.True(outcome.Rising);
        }
    }

    [Fact]
    public void Losses_on_a_road_that_is_sometimes_blocked_are_counted()
    {
        for (int seed = 1; seed <= 20; seed++)
        {
            var outcome = Drive(new Road { BlockShare = 0.05, BlockMs = 30, DropShare = 0.01, Seed = seed, DriftPpm = 50 });
            Assert.Equal(outcome.Dropped, outcome.Lost);
            Assert.True(P99(outcome) < 1, $"p99 {P99(outcome)} ms");
        }
    }

    [Fact]
    public void A_late_sample_that_looked_like_a_loss_is_taken_back()
    {
        // Each late by itself, up to three periods: at the moment of its arrival it cannot be told from a loss. 4000 of them look like
        // one.
        long stand = 0;
        for (int seed = 1; seed <= 20; seed++)
        {
            var outcome = Drive(new Road { LateShare = 0.05, LateMs = 30, Seed = seed });
            stand += Math.Abs(outcome.Lost);
            Assert.True(outcome.ErrorsMs[outcome.ErrorsMs.Count * 90 / 100] < 0.5, "p90");
            Assert.True(outcome.Rising);
        }
        Assert.True(stand <= 8, $"{stand} losses stand that were none");
    }

    [Theory]
    [InlineData(99.5)]
    [InlineData(100.4)]
    [InlineData(97)]
    [InlineData(103)]
    public void A_sensor_that_runs_at_another_rate_loses_nothing(double rateHz)
    {
        var outcome = Drive(new Road { RateHz = rateHz, Samples = 12000 }, skipNs: 20_000 * Ms);
        Assert.Equal(0, outcome.Lost);
        Assert.True(P99(outcome) < 3.5, $"p99 {P99(outcome)} ms");
        Assert.True(outcome.Rising);
    }

    [Fact]
    public void A_pause_with_a_new_phase_is_followed_within_two_seconds()
    {
        var clock = new FixedRateClock(100, 0);
        long lost = 0, now = 0;
        for (int n = 0; n < 3000; n++)
            lost += clock.Add(1, now = n * 10 * Ms);
        Assert.Equal(0, lost);
        long shifted = now + 46 * Ms; // four periods and 6 ms later
        for (int n = 0; n < 250; n++)
            lost += clock.Add(1, shifted + n * 10 * Ms);
        long originating = clock.NextOriginating(0, shifted + 249 * 10 * Ms);
        Assert.InRange(lost, 3, 4);
        Assert.Equal(shifted + 249 * 10 * Ms, originating, 100_000d);
    }
}
