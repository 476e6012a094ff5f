using RobotWorldModel.Drivers.RealSense;
using RobotWorldModel.Drivers.Samples;

namespace RobotWorldModel.Drivers.Tests.RealSense;

/// <summary>Stamps and numbers by themselves, over hours.</summary>
public class RealSenseClockTests
{
    private const long HostNs = 1_000_000_000_000, PeriodNs = 33_333_333;
    private const double WrapUs = 4294967296;

    [Fact]
    public void Hours_of_a_clock_of_32_bits_that_drifts_are_one_line()
    {
        var clock = new RealSenseClock();
        var random = new Random(1);
        const double Drift = 50e-6, OffsetUs = 4_000_000_000;
        long worst = 0, last = long.MinValue;
        for (long k = 0; k < 5 * 3600 * 30; k++) // four turns
        {
            long trueNs = HostNs + k * PeriodNs;
            for (int stream = 0; stream < 2; stream++)
            {
                double us = ((trueNs - stream * 3_000_000) * 1e-3 * (1 + Drift) + OffsetUs) % WrapUs;
                long arrival = trueNs + 4_000_000 + random.Next(3_000_000) + stream * 1_000_000;
                var (device, _, host) = clock.Stamp(stream, RsDomain.HardwareClock, us / 1000, arrival);
                Assert.NotEqual(Sample<ImageFrame>.NoDeviceTime, device);
                if (stream == 0)
                    Assert.True(device > last);
                last = stream == 0 ? device : last;
                if (k > 30 * 60)
                    worst = Math.Max(worst, Math.Abs(host - (trueNs - stream * 3_000_000) - 4_000_000));
            }
        }
        Assert.Equal(0, clock.Doubted);
        Assert.InRange(worst, 0, 500_000);
        Assert.Equal(-50, clock.Map.DriftPpm, 2.0);
    }

    [Fact]
    public void One_stamp_that_cannot_be_true_is_its_arrivals_and_the_next_is_believed()
    {
        foreach (double wrong in new[] { 2_000_000.0, -1, double.NaN, 1e300, 300, 0 })
        {
            var clock = new RealSenseClock();
            for (int k = 0; k < 100; k++)
            {
                long trueNs = HostNs + k * PeriodNs, arrival = trueNs + 5_000_000;
                double ms = 500 + k * PeriodNs * 1e-6;
                var (device, _, host) = clock.Stamp(0, RsDomain.HardwareClock, k == 50 ? wrong : ms, arrival);
                Assert.Equal(k == 50, device == Sample<ImageFrame>.NoDeviceTime);
                Assert.InRange(arrival - host, 0, 100_000);
            }
            Assert.Equal(1, clock.Doubted);
        }
    }

    [Fact]
    public void A_domain_that_is_unknown_is_no_clock()
    {
        var clock = new RealSenseClock();
        Assert.Equal(new(Sample<ImageFrame>.NoDeviceTime, null, HostNs), clock.Stamp(0, (RsDomain)7, 5, HostNs));
    }

    [Fact]
    public void Pictures_of_one_capture_have_one_number()
    {
        var numbers = new CaptureNumbers(PeriodNs, first: 100);
        long Color(int k, int step = 1) => numbers.Next(0, HostNs + k * PeriodNs, step);
        long Depth(int k, int step = 1) => numbers.Next(1, HostNs + k * PeriodNs - 3_000_000, step);
        Assert.Equal([100, 100, 101, 101], [Color(0), Depth(0), Color(1), Depth(1)]);
        Assert.Equal([102, 103, 102, 103], [Color(2), Color(3), Depth(2), Depth(3)]); // depth arrives a picture late
        Assert.Equal([106, 104, 105, 106], [Color(6, 3), Depth(4), Depth(5), Depth(6)]); // two colours were lost
        Assert.Equal([108, 108, 110, 110], [Color(8), Depth(8, 2), Color(10), Depth(10, 2)]); // colour at half its rate does not count so
    }

    [Fact]
    public void A_picture_without_a_stamp_is_counted_on()
    {
        var numbers = new CaptureNumbers(PeriodNs, first: 0);
        Assert.Equal([0, 0], [numbers.Next(0, HostNs, 1), numbers.Next(1, HostNs + 1_000_000, 1)]);
        Assert.Equal([1, 1, 3], [numbers.Next(0, null, 1), numbers.Next(1, HostNs + PeriodNs, 1), numbers.Next(0, null, 2)]);
        Assert.Equal([4, 4], [numbers.Next(1, HostNs + 4 * PeriodNs, 1), numbers.Next(0, HostNs + 4 * PeriodNs, 1)]);
    }

    [Fact]
    public void Streams_that_run_half_a_period_apart_do_not_change_partners()
    {
        var numbers = new CaptureNumbers(PeriodNs, first: 0);
        var random = new Random(5);
        long apart = 0;
        for (int k = 0; k < 10_000; k++)
        {
            long jitter = random.Next(-1_000_000, 1_000_000);
            long color = numbers.Next(0, HostNs + k * PeriodNs + jitter, 1);
            long depth = numbers.Next(1, HostNs + k * PeriodNs + PeriodNs / 2 - jitter, 1);
            apart = k == 0 ? depth - color : apart;
            Assert.Equal((k, apart), (color, depth - color));
        }
    }

    [Fact]
    public void Streams_that_drift_apart_are_paired_anew()
    {
        var numbers = new CaptureNumbers(PeriodNs, first: 0);
        for (int k = 0; k < 3000; k++)
        {
            long color = numbers.Next(0, HostNs + k * PeriodNs, 1);
            long depthNs = HostNs + (long)(k * PeriodNs * 1.001); // a thousandth slower: one picture less in a thousand
            long depth = numbers.Next(1, depthNs, 1);
            Assert.InRange(color - depth - (HostNs + k * PeriodNs - depthNs) / (double)PeriodNs, -0.61, 0.61);
        }
    }
}
