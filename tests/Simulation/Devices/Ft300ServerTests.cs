using System.Globalization;
using System.Net.Sockets;
using System.Text;
using RobotWorldModel.Drivers.Robotiq;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.Time;
using RobotWorldModel.Simulation.Devices;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Simulation.Tests.Devices;

[Collection(AloneCollection.Name)]
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
            Assert.Equal(expected[i], raw[i], noise * 0.8); // the mean of 100 scatters by a tenth of it
            Assert.InRange(raw[i + 6], noise * 0.5, noise * 1.6);
            Assert.Equal(0, zero[i], noise * 6); // zeroed on one noisy sample
        }
        Assert.Equal("Done", lines[2]);
    }

    private static double[] Numbers(string line, string name)
    {
        string[] words = line.Split(' ');
        Assert.Equal(name, words[0]);
        return [.. words[1..].Select(w => double.Parse(w, CultureInfo.InvariantCulture))];
    }

    /// <summary>Samples from the third second on, when the driver knows the sensor's grid.</summary>
    private sealed record Run(List<Sample<Wrench>> Samples, StreamCounters Counters, (long Sent, long Dropped) Sent, long OriginNs)
    {
        public double MedianErrorMs
        {
            get
            {
                List<double> errors = [.. Samples.Select(s => Math.Abs(s.OriginatingNs - TruthOf(s)) / 1e6)];
                errors.Sort();
                return errors[errors.Count / 2];
            }
        }

        /// <summary>When a sample was made, as its own value tells.</summary>
        public long TruthOf(in Sample<Wrench> sample) => OriginNs + (long)(sample.Value.Fx * 1e6);

        /// <summary>
        /// How much later than its transport's delay the latest twentieth of the samples came, at least, ms: what this machine could not
        /// keep up with. A single late one is nothing that the driver may not cope with.
        /// </summary>
        public double StallMs(double delayMs)
        {
            List<long> delays = [.. Samples.Select(s => s.ArrivalNs - TruthOf(s))];
            delays.Sort();
            return delays[delays.Count * 19 / 20] / 1e6 - delayMs;
        }
    }

    /// <summary>Tries until the machine was free enough to judge by; skips where it never is.</summary>
    private Run RecordUndisturbed(TransportOptions transport, double latencyMs)
    {
        for (int attempt = 0; attempt < 5; attempt++)
        {
            Run run = Record(transport, latencyMs);
            if (run.StallMs(latencyMs) < 5)
                return run;
        }
        throw new SkipException("the machine is too busy to judge times: in every run a twentieth came 5 ms late or more");
    }

    /// <summary>The force's x is the time in ms since the start, so each sample tells when it was made.</summary>
    private Run Record(TransportOptions transport, double latencyMs)
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
                return samples.Count >= 600;
            }, "600 wrenches", 120);
        }
        return new(samples[200..], sensor.Wrenches.Counters, server.Sent["force"].Counts, origin);
    }

    [SkippableFact]
    public void Originating_times_are_the_true_ones()
    {
        var run = RecordUndisturbed(new() { DelayMsMin = 8, DelayMsMax = 8 }, 8);
        Assert.True(run.MedianErrorMs < 1, $"median error {run.MedianErrorMs:0.000} ms"); // single samples are the bench's matter
        Assert.Equal(0, run.Sent.Dropped);
        for (int i = 1; i < run.Samples.Count; i++)
        {
            Assert.True(run.Samples[i].OriginatingNs > run.Samples[i - 1].OriginatingNs);
            Assert.Equal(run.Samples[i - 1].Sequence + 1, run.Samples[i].Sequence);
            Assert.Equal(10, run.Samples[i].Value.Fx - run.Samples[i - 1].Value.Fx, 0.01); // none lost, the sensor's own grid
        }
    }

    [SkippableFact]
    public void Drops_are_counted_by_both_sides_and_extra_delay_shows()
    {
        var run = RecordUndisturbed(new() { DelayMsMin = 8, DelayMsMax = 8, ExtraDelayMs = 40, DropShare = 0.05 }, 48);
        long missing = 0, counted = run.Samples[^1].Sequence - run.Samples[0].Sequence - (run.Samples.Count - 1);
        for (int i = 1; i < run.Samples.Count; i++)
            missing += (long)Math.Round((run.Samples[i].Value.Fx - run.Samples[i - 1].Value.Fx) / 10) - 1;
        Assert.InRange(missing, 3, run.Sent.Dropped);
        Assert.Equal(missing, counted);
        Assert.True(run.Counters.Lost >= counted);
        Assert.True(run.MedianErrorMs < 1, $"median error {run.MedianErrorMs:0.000} ms");
        Assert.All(run.Samples, s => Assert.True(s.ArrivalNs - run.TruthOf(s) >= 47_900_000));
    }

    [Fact]
    public void What_can_go_wrong_with_it_is_seen_and_over_again()
    {
        var server = new Ft300Server(_physics, Options, Clock);
        IForceSensorFaults faults = server;
        using var loop = new Loop(_physics, server);
        using var sensor = new Ft300Socket(new() { Host = _host });
        sensor.Start();
        void Flows(string when)
        {
            long wanted = sensor.Wrenches.Counters.Received + 20;
            Eventually.True(() => sensor.Status.Connected && sensor.Wrenches.Counters.Received >= wanted, $"data {when}");
        }
        void Says(string words) => Eventually.True(() => sensor.Status.Message.Contains(words), $"{words}: {sensor.Status.Message}");
        Flows("at first");
        faults.SendGarbage(true);
        long from = sensor.Wrenches.Counters.Received;
        Eventually.True(() => sensor.Wrenches.Counters.Received > from + 30, "what is between the tuples is passed over");
        faults.SendGarbage(false);
        Assert.Equal(0, sensor.Status.Reconnects);
        long lost = sensor.Wrenches.Counters.Lost;
        faults.Disturb(0.2);
        Eventually.True(() => sensor.Wrenches.Counters.Lost > lost + 5, "lost and broken tuples");
        faults.Disturb(0);
        faults.Freeze(true);
        Says("its converter stands still");
        faults.Freeze(false);
        Flows("after the freeze");
        faults.PullCable(true);
        Says("no byte from");
        faults.PullCable(false);
        Flows("after the cable");
        faults.SwitchOff(true);
        Says("no byte from");
        using (var asked = new TcpClient(_host, 63350))
        {
            asked.GetStream().Write("GET SNU\n"u8);
            byte[] answer = new byte[16];
            Assert.Equal("?\n", Encoding.ASCII.GetString(answer, 0, asked.GetStream().Read(answer)));
        }
        faults.SwitchOff(false);
        Flows("after the power");
        Assert.Contains("a FT 300 says nothing of its health", Assert.Throws<ArgumentException>(() => faults.ReportError(true)).Message);
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
