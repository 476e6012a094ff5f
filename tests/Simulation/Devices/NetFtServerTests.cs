using System.Globalization;
using RobotWorldModel.Drivers.Rdt;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.Time;
using RobotWorldModel.Simulation.Devices;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Simulation.Tests.Devices;

[Collection(AloneCollection.Name)]
public class NetFtServerTests
{
    private readonly string _host = Ports.FreeLoopbackAddress();
    private readonly FingersAndForce _physics = new() { SensorWrench = new(3, -4, 5, 0.1, -0.2, 0.3) };

    private static DeviceClock Clock => new(HostClock.NowNs, 77_000_000_000, 40);

    private NetFtServerOptions Options => new() { Host = _host };

    private NetFtServer Server(NetFtServerOptions options) => new(_physics, options, Clock);

    private AtiNetFt Connect(double latencyMs = 3) => new(new() { Host = _host, HttpPort = Options.HttpPort, LatencyMs = latencyMs });

    private static double[] Numbers(string line) =>
        [.. line.Split(' ').Skip(1).Take(6).Select(w => double.Parse(w, CultureInfo.InvariantCulture))];

    [SkippableFact]
    public void A_client_that_knows_only_the_documents_reads_and_biases()
    {
        using var loop = new Loop(_physics, Server(Options));
        using var client = new PythonPeer("netft_client.py", _host, "49152", $"{Options.HttpPort}", "200");
        string[] lines = client.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal("page N Nm 1000000 1000000 Enabled 1000 FT-SIM-1 0;0;0;0;0;0", lines[0]);
        double[] expected = [4.2, -4.8, 7.5, 0.13, -0.22, 0.31], raw = Numbers(lines[1]), biased = Numbers(lines[2]);
        for (int i = 0; i < 6; i++)
        {
            double noise = i < 3 ? 0.05 : 0.002;
            Assert.Equal(expected[i], raw[i], noise * 0.8);
            Assert.Equal(0, biased[i], noise * 6); // biased on one noisy sample
        }
        Assert.Contains("steps 7 status 0", lines[1]); // every seventh sample of 7000 Hz
        Assert.Equal(3, lines.Length); // as many as were asked for
    }

    [SkippableFact]
    public void A_HEX_is_biased_and_unbiased_by_its_own_rule()
    {
        var options = Options;
        (options.OnRobot, options.CountsPerForce, options.CountsPerTorque) = (true, 10_000, 100_000);
        using var loop = new Loop(_physics, Server(options));
        using (var client = new PythonPeer("netft_client.py", _host, "49152", "0", "100"))
        {
            string[] lines = client.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
            Assert.Equal(4.2, Numbers(lines[0])[0], 0.05);
            Assert.Equal(0, Numbers(lines[1])[0], 0.3);
        }
        using var hex = new OnRobotHex(new() { Host = _host, RateHz = 500 });
        hex.Start();
        Eventually.True(() => hex.Wrenches.Counters.Received > 50, "data");
        Assert.True(hex.Wrenches.TryGetNewest(out var sample));
        Assert.Equal(-4.8, sample.Value.Fy, 0.3); // our driver takes the bias off
    }

    /// <summary>The force's x is the time in ms since the start, so each sample tells when it was made.</summary>
    private (List<Sample<Wrench>> Samples, List<double> ErrorsMs, double StallMs) Record(NetFtServerOptions options, int count)
    {
        long origin = HostClock.NowNs;
        (options.Bias, options.NoiseForceN, options.NoiseTorqueNm, options.CountsPerForce) = (new double[6], 0, 0, 50_000); // 43 s fit
        using var sensor = Connect();
        var queue = sensor.Wrenches.Subscribe(1 << 14);
        var samples = new List<Sample<Wrench>>();
        using (new Loop(_physics, Server(options), now => _physics.SensorWrench = new((now - origin) * 1e-6, 0, 0, 0, 0, 0)))
        {
            sensor.Start();
            Eventually.True(() =>
            {
                while (queue.TryDequeue(out var sample))
                    samples.Add(sample);
                return samples.Count >= count;
            }, $"{count} wrenches");
        }
        samples.RemoveRange(0, count / 3);
        long Truth(in Sample<Wrench> s) => origin + (long)(s.Value.Fx * 1e6);
        List<double> errors = [.. samples.Select(s => Math.Abs(s.OriginatingNs - Truth(s)) * 1e-6)];
        List<double> delays = [.. samples.Select(s => (s.ArrivalNs - Truth(s)) * 1e-6)];
        errors.Sort();
        delays.Sort();
        return (samples, errors, delays[delays.Count * 19 / 20] - 3);
    }

    [SkippableTheory]
    [InlineData(1000, 1000, 7000)]
    [InlineData(976.5625, 976, 976.5625)] // an Axia, which tells whole numbers
    public void Originating_times_are_the_true_ones(double rateHz, double toldHz, double samplesHz)
    {
        var options = Options;
        (options.RateHz, options.ToldRateHz, options.SampleRateHz) = (rateHz, toldHz, samplesHz);
        for (int attempt = 0; attempt < 4; attempt++)
        {
            var (samples, errors, stall) = Record(options, 3000);
            if (stall > 3) // by what a twentieth came late at least
                continue;
            double median = errors[errors.Count / 2];
            Assert.True(median < 0.5, $"median error {median:0.000} ms"); // single samples are the bench's matter
            for (int i = 1; i < samples.Count; i++)
                Assert.Equal(1000 / rateHz * (samples[i].Sequence - samples[i - 1].Sequence),
                    samples[i].Value.Fx - samples[i - 1].Value.Fx, 0.01); // and none is in another's place
            return;
        }
        throw new SkipException("the machine is too busy to judge times");
    }

    [Fact]
    public void What_can_go_wrong_on_the_wire_is_seen_and_over_again()
    {
        var options = Options;
        var server = Server(options);
        IForceSensorFaults faults = server;
        using var loop = new Loop(_physics, server);
        using var sensor = Connect();
        sensor.Start();
        void Flows(string when)
        {
            long wanted = sensor.Wrenches.Counters.Received + 100;
            Eventually.True(() => sensor.Status.Connected && sensor.Wrenches.Counters.Received >= wanted, $"data {when}");
        }
        void Lost(string reason) => Eventually.True(() => sensor.Status.LastLoss.Contains(reason), $"the loss: {reason}");
        Flows("at first");
        options.Transport.ExtraDelayMs = 200;
        Eventually.True(() => sensor.Wrenches.TryGetNewest(out var late) && late.ArrivalNs - late.OriginatingNs > 150_000_000,
            "samples come late, and are known to be old");
        options.Transport.ExtraDelayMs = 0;
        Assert.Equal(0, sensor.Status.Reconnects);
        faults.Disturb(0.1);
        Eventually.True(() => sensor.Counters is { Duplicates: > 5, Late: > 5 } && sensor.Wrenches.Counters.Lost > 5, "a disturbed wire");
        faults.Disturb(0);
        faults.SendGarbage(true);
        Eventually.True(() => sensor.Counters.Garbage > 20, "garbage");
        faults.SendGarbage(false);
        faults.ReportError(true);
        Eventually.True(() => sensor.Status.Message.Contains("0xC0000000"), "the error");
        faults.ReportError(false);
        Flows("after the error");
        faults.Freeze(true);
        Lost("held one and the same sample");
        faults.Freeze(false);
        Flows("after the freeze");
        faults.PullCable(true);
        Lost("its web page does not answer either");
        faults.PullCable(false);
        Flows("after the cable");
        faults.SwitchOff(true);
        Eventually.True(() => !sensor.Status.Connected, "the loss of its power");
        faults.SwitchOff(false);
        Flows("after the power");
        Assert.True(server.Streams);
        var (sent, _) = server.Sent["force"].Counts;
        Assert.True(sensor.Wrenches.Counters.Received <= sent);
    }

    [Fact]
    public void Another_client_takes_the_stream()
    {
        using var loop = new Loop(_physics, Server(Options));
        using var first = Connect();
        first.Start();
        Eventually.True(() => first.Wrenches.Counters.Received > 50, "data");
        using (var second = Connect())
        {
            second.Start();
            Eventually.True(() => second.Wrenches.Counters.Received > 50, "the second one's data");
            Eventually.True(() => first.Status.LastLoss.Contains("another program may have started"), "what the first one says");
        }
        long wanted = first.Wrenches.Counters.Received + 200;
        Eventually.True(() => first.Status.Connected && first.Wrenches.Counters.Received >= wanted, "the first one has it again");
    }

    [Fact]
    public void Units_other_than_newton_are_converted_back()
    {
        var options = Options;
        (options.ForceUnit, options.NewtonPerForceUnit, options.CountsPerForce) = ("lbf", 4.4482216152605, 2_500);
        (options.TorqueUnit, options.NewtonMetrePerTorqueUnit, options.CountsPerTorque) = ("kgf-cm", 0.0980665, 7_000);
        (options.NoiseForceN, options.NoiseTorqueNm) = (0, 0);
        using var loop = new Loop(_physics, Server(options));
        using var sensor = Connect();
        sensor.Start();
        Eventually.True(() => sensor.Wrenches.TryGetNewest(out _), "data");
        Assert.True(sensor.Wrenches.TryGetNewest(out var sample));
        Assert.Equal(7.5, sample.Value.Fz, 0.001);
        Assert.Equal(-0.22, sample.Value.Ty, 0.0001);
    }

    [Fact]
    public void Bad_options_are_named()
    {
        var options = Options;
        options.RateHz = 9000;
        Assert.Contains("rate_hz must be 1 to 8000", Assert.Throws<ArgumentException>(() => Server(options)).Message);
        options = Options;
        options.CountsPerForce = 0;
        Assert.Contains("counts and units", Assert.Throws<ArgumentException>(() => Server(options)).Message);
    }
}
