using System.Globalization;
using System.Net.Sockets;
using RobotWorldModel.Drivers.Robotiq;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.Time;
using RobotWorldModel.Simulation.Devices;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Simulation.Tests.Devices;

public class Ft300ServerTests
{
    private readonly string _host = Ports.FreeLoopbackAddress();
    private readonly FingersAndForce _physics = new();

    private static DeviceClock Clock => new(HostClock.NowNs, 77_000_000_000, 40);

    private Ft300ServerOptions Options => new() { Host = _host };

    [SkippableFact]
    public void A_client_of_plain_sockets_reads_and_zeroes()
    {
        _physics.SensorWrench = new(3, -4, 5, 0.1, -0.2, 0.3);
        using var loop = new Loop(_physics, new Ft300Server(_physics, Options, Clock));
        using var client = new PythonPeer("ft300_client.py", _host, "63351", "63350", "100");
        string[] lines = client.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal("SIM-FT-0001 FTS-2.0.6 2024 ?", lines[0]);
        double[] raw = Numbers(lines[1], "raw"), zero = Numbers(lines[3], "zero");
        double[] expected = [4.2, -4.8, 7.5, 0.13, -0.22, 0.31];
        for (int i = 0; i < 6; i++)
        {
            double noise = i < 3 ? 0.1 : 0.004;
            Assert.Equal(expected[i], raw[i], noise * 0.6); // the mean of 100 scatters by a tenth of it
            Assert.InRange(raw[i + 6], noise * 0.5, noise * 1.6);
            Assert.Equal(0, zero[i], noise * 5); // zeroed on one noisy sample
        }
        Assert.Equal("Done", lines[2]);
    }

    private static double[] Numbers(string line, string name)
    {
        string[] words = line.Split(' ');
        Assert.Equal(name, words[0]);
        return [.. words[1..].Select(w => double.Parse(w, CultureInfo.InvariantCulture))];
    }

    private sealed record Run(List<Sample<Wrench>> Samples, StreamCounters Counters, (long Sent, long Dropped) Sent, long OriginNs)
    {
        /// <summary>When a sample was made, as its own value tells.</summary>
        public long TruthOf(in Sample<Wrench> sample) => OriginNs + (long)(sample.Value.Fx * 1e6);
    }

    /// <summary>The force's x is the time in ms since the start, so each sample tells when it was made.</summary>
    private Run Record(TransportOptions transport, double latencyMs, int count)
    {
        long origin = HostClock.NowNs;
        var options = Options;
        (options.Bias, options.NoiseForceN, options.NoiseTorqueNm, options.Transport) = (new double[6], 0, 0, transport);
        var server = new Ft300Server(_physics, options, Clock);
        using var sensor = new Ft300Socket(new() { Host = _host, LatencyMs = latencyMs });
        var queue = sensor.Wrenches.Subscribe(1 << 14);
        var samples = new List<Sample<Wrench>>();
        using (new Loop(_physics, server, now => _physics.SensorWrench = new((now - origin) / 1e6, 0, 0, 0, 0, 0)))
        {
            sensor.Start();
            Eventually.True(() =>
            {
                while (queue.TryDequeue(out var sample))
                    samples.Add(sample);
                return samples.Count >= count;
            }, $"{count} wrenches", 60);
            Assert.True(sensor.Status.Connected);
        }
        return new(samples, sensor.Wrenches.Counters, server.Sent["force"].Counts, origin);
    }

    /// <summary>Originating time minus the time that the value itself tells, ms, sorted by size.</summary>
    private static List<double> Errors(Run run)
    {
        List<double> errors = [.. run.Samples.Skip(run.Samples.Count / 3)
            .Select(s => Math.Abs(s.OriginatingNs - run.TruthOf(s)) / 1e6)];
        errors.Sort();
        return errors;
    }

    [Fact]
    public void Originating_times_are_the_true_ones()
    {
        var run = Record(new() { DelayMsMin = 8, DelayMsMax = 8 }, 8, 600);
        var errors = Errors(run);
        // Medians: what a busy machine does to single samples is the bench's matter.
        Assert.True(errors[errors.Count / 2] < 1, $"median error {errors[errors.Count / 2]:0.000} ms");
        Assert.InRange(run.Counters.Lost, 0, 3);
        for (int i = 1; i < run.Samples.Count; i++)
        {
            Assert.True(run.Samples[i].OriginatingNs > run.Samples[i - 1].OriginatingNs);
            Assert.Equal(10, run.Samples[i].Value.Fx - run.Samples[i - 1].Value.Fx, 0.01); // none lost, the sensor's own grid
        }
    }

    [Fact]
    public void Drops_are_counted_by_both_sides_and_extra_delay_shows()
    {
        var run = Record(new() { DelayMsMin = 8, DelayMsMax = 8, ExtraDelayMs = 40, DropShare = 0.05 }, 48, 600);
        Assert.True(run.Sent.Dropped > 5);
        long missing = 0;
        for (int i = 1; i < run.Samples.Count; i++)
            missing += (long)Math.Round((run.Samples[i].Value.Fx - run.Samples[i - 1].Value.Fx) / 10) - 1;
        Assert.True(missing > 5);
        Assert.InRange(run.Counters.Lost, missing - 4, missing + 4); // a machine that stalls may blur a few
        var errors = Errors(run);
        Assert.True(errors[errors.Count / 2] < 1, $"median error {errors[errors.Count / 2]:0.000} ms");
        Assert.All(run.Samples, s => Assert.True(s.ArrivalNs - run.TruthOf(s) >= 47_900_000));
    }

    [Fact]
    public void A_client_that_does_not_read_is_closed_and_others_are_served()
    {
        var options = Options;
        options.RateHz = 250;
        var server = new Ft300Server(_physics, options, Clock);
        using var loop = new Loop(_physics, server);
        using var deaf = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4096 };
        deaf.Connect(_host, 63351);
        using var sensor = new Ft300Socket(new() { Host = _host, NominalRateHz = 250 });
        sensor.Start();
        Eventually.True(() => server.Clients == 2, "two clients");
        Eventually.True(() => server.Clients == 1, "the deaf one is closed", 60);
        long seen = sensor.Wrenches.Counters.Received;
        Eventually.True(() => sensor.Wrenches.Counters.Received > seen + 50, "wrenches");
        Assert.Equal(0, sensor.Status.Reconnects);
    }

    [Fact]
    public void Bad_options_are_named()
    {
        var options = Options;
        options.Transport.DropShare = 2;
        Assert.Contains("drop_share", Assert.Throws<ArgumentException>(() => new Ft300Server(_physics, options, Clock)).Message);
        options.Transport = new() { DelayMsMin = 9, DelayMsMax = 8 };
        Assert.Contains("delay_ms_min", Assert.Throws<ArgumentException>(() => new Ft300Server(_physics, options, Clock)).Message);
    }
}
