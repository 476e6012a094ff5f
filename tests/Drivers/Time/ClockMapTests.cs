using RobotWorldModel.Drivers.Time;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Drivers.Tests.Time;

/// <summary>Simulated device clocks and transports with known truth: what the map makes of stamps and arrivals alone.</summary>
public class ClockMapTests
{
    private const double RobotPeriodS = 0.002, CameraPeriodS = 1 / 30.0;

    public static TheoryData<double, int> DriftsAndSeeds()
    {
        var data = new TheoryData<double, int>();
        foreach (double drift in (double[])[-50, -20, 0, 13, 50])
            foreach (int seed in (int[])[1, 2, 3])
                data.Add(drift, seed);
        return data;
    }

    [Theory]
    [MemberData(nameof(DriftsAndSeeds))]
    public void A_500_Hz_robot_is_stamped_well_under_a_fifth_of_a_millisecond(double driftPpm, int seed)
    {
        var errors = Errors(RobotPeriodS, 40, driftPpm, seed, (r, _) => 1e-3 + Exponential(r, 0.3e-3), latencyS: 1e-3);
        Assert.True(P99(errors, 10, 40) < 0.05e-3, $"p99 {P99(errors, 10, 40) * 1e3:0.000} ms");
    }

    [Theory]
    [MemberData(nameof(DriftsAndSeeds))]
    public void A_30_Hz_camera_is_stamped_within_two_milliseconds(double driftPpm, int seed)
    {
        var errors = Errors(CameraPeriodS, 150, driftPpm, seed, (r, _) => 25e-3 + 15e-3 * r.NextDouble(), latencyS: 25e-3);
        Assert.True(P99(errors, 10, 30) < 1.5e-3, $"p99 of the first seconds {P99(errors, 10, 30) * 1e3:0.000} ms");
        Assert.True(P99(errors, 30, 150) < 1e-3, $"p99 later {P99(errors, 30, 150) * 1e3:0.000} ms");
    }

    [Theory]
    [MemberData(nameof(DriftsAndSeeds))]
    public void A_time_of_congestion_is_not_taken_for_the_clock(double driftPpm, int seed)
    {
        // 20 s in which every sample is at least 10 ms late, then as before
        var errors = Errors(RobotPeriodS, 120, driftPpm, seed,
            (r, t) => 1e-3 + Exponential(r, 0.3e-3) + (t is > 40 and < 60 ? 10e-3 : 0), latencyS: 1e-3);
        Assert.True(P99(errors, 40, 120) < 0.5e-3, $"p99 {P99(errors, 40, 120) * 1e3:0.000} ms");
    }

    [Theory]
    [MemberData(nameof(DriftsAndSeeds))]
    public void A_transport_that_becomes_faster_is_believed_at_once(double driftPpm, int seed)
    {
        // 30 s on a slow road, then the road that latency_ms was measured on
        var errors = Errors(RobotPeriodS, 90, driftPpm, seed,
            (r, t) => 1e-3 + Exponential(r, 0.3e-3) + (t < 30 ? 10e-3 : 0), latencyS: 1e-3);
        Assert.True(P99(errors, 31, 90) < 1e-3, $"p99 {P99(errors, 31, 90) * 1e3:0.000} ms");
        Assert.True(P99(errors, 50, 90) < 0.1e-3, $"p99 later {P99(errors, 50, 90) * 1e3:0.000} ms");
    }

    [Theory]
    [MemberData(nameof(DriftsAndSeeds))]
    public void A_transport_that_becomes_slower_for_good_costs_no_more_than_its_delay(double driftPpm, int seed)
    {
        var errors = Errors(CameraPeriodS, 200, driftPpm, seed,
            (r, t) => 25e-3 + 15e-3 * r.NextDouble() + (t > 60 ? 10e-3 : 0), latencyS: 25e-3);
        Assert.All(errors.Where(e => e.Time > 10), e => Assert.InRange(e.Error, -2.5e-3, 12e-3));
        // in the end the new road is all that is known
        Assert.All(errors.Where(e => e.Time > 150), e => Assert.InRange(e.Error, 8e-3, 12e-3));
    }

    [Fact]
    public void It_reports_the_drift_and_how_sure_it_is()
    {
        var map = new ClockMap();
        Errors(RobotPeriodS, 30, 40, 5, (r, _) => 1e-3 + Exponential(r, 0.3e-3), 1e-3, map);
        Assert.InRange(map.DriftPpm, -42, -38); // the device runs 40 ppm fast, so host time per device time is less than one
        Assert.InRange(map.ResidualNs, 1, 20_000);
        map.Reset();
        Assert.Equal((0, 0.0, 0L), (map.Count, map.DriftPpm, map.ResidualNs));
    }

    [Fact]
    public void It_allocates_nothing()
    {
        var map = new ClockMap();
        long sum = 0;
        int k = 0;
        Assert.Equal(0, Allocations.OfOneRound(() =>
        {
            for (int i = 0; i < 5000; i++, k++)
            {
                map.Add(k * 2_000_000L, k * 2_000_000L + 1_000_000 + k * 7919L % 500_000);
                sum += map.ToHost(k * 2_000_000L);
            }
        }));
        Assert.NotEqual(0, sum);
    }

    private static double Exponential(Random random, double mean) => -mean * Math.Log(1 - random.NextDouble());

    private static double P99(List<(double Time, double Error)> errors, double from, double to)
    {
        double[] sizes = [.. errors.Where(e => e.Time >= from && e.Time < to).Select(e => Math.Abs(e.Error)).Order()];
        return sizes[(int)(sizes.Length * 0.99)];
    }

    /// <summary>Error of each sample's originating time (map less latency, against the truth), s, at the moment it arrived.</summary>
    private static List<(double Time, double Error)> Errors(
        double periodS, double seconds, double driftPpm, int seed, Func<Random, double, double> delayS,
        double latencyS, ClockMap? map = null)
    {
        map ??= new ClockMap();
        var random = new Random(seed);
        const double HostOriginS = 5000;
        double deviceOriginS = 40 + 1000 * random.NextDouble(), arrivedS = 0;
        var errors = new List<(double, double)>();
        for (int k = 0; k * periodS < seconds; k++)
        {
            double t = k * periodS;
            double deviceS = deviceOriginS + t * (1 + driftPpm * 1e-6);
            arrivedS = Math.Max(arrivedS, t + delayS(random, t)); // order is kept
            map.Add((long)(deviceS * 1e9), (long)((HostOriginS + arrivedS) * 1e9));
            errors.Add((t, map.ToHost((long)(deviceS * 1e9)) * 1e-9 - latencyS - (HostOriginS + t)));
        }
        return errors;
    }
}
