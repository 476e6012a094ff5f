using RobotWorldModel.Drivers.Bota;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.Serial;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Drivers.Tests.Bota;

/// <summary>The driver against a sensor written in Python from its maker's example, over socat's line.</summary>
public sealed class BotaSerialTests : IDisposable
{
    private readonly SerialPair _line = new();
    private PythonPeer? _peer;
    private BotaSerial? _sensor;

    public void Dispose()
    {
        _sensor?.Dispose();
        _peer?.Dispose();
        _line.Dispose();
    }

    private void Sensor()
    {
        _peer = new("bota_serial.py", _line.Far);
        Assert.Equal("ready", _peer.ReadLine());
    }

    private string Order(string order)
    {
        _peer!.WriteLine(order);
        return _peer.ReadLine();
    }

    private SampleQueue<Wrench> Read(double rateHz = 400, string? port = null)
    {
        _sensor = new(new() { Port = PortAddress.Parse(port ?? _line.Near), RateHz = rateHz });
        var queue = _sensor.Wrenches.Subscribe(8192);
        _sensor.Start();
        return queue;
    }

    private static List<Sample<Wrench>> Take(SampleQueue<Wrench> queue, int count)
    {
        var samples = new List<Sample<Wrench>>();
        Eventually.True(() =>
        {
            while (queue.TryDequeue(out var sample))
                samples.Add(sample);
            return samples.Count >= count;
        }, $"{count} wrenches");
        return samples;
    }

    /// <summary>
    /// Where numbers do not go on as the sensor counts: only where the machine kept the peer from sending for so long that its stream
    /// counted as dead, and began anew.
    /// </summary>
    private static int Breaks(List<Sample<Wrench>> samples) => samples.Zip(samples.Skip(1))
        .Count(p => p.Second.Value.Fx - p.First.Value.Fx != p.Second.Sequence - p.First.Sequence);

    private void Says(string text, bool connected = false) =>
        Eventually.True(() => _sensor!.Status is { } s && s.Connected == connected && s.Message.Contains(text), text);

    [SkippableTheory]
    [InlineData(800, 64)]
    [InlineData(100, 512)]
    public void It_is_set_and_its_samples_arrive_whole_in_order_with_its_times(double rateHz, int sincLength)
    {
        Sensor();
        var samples = Take(Read(rateHz), (int)(rateHz / 2));
        Assert.Equal($"C c,0,1,0,4 f,{sincLength},0,0,1 R", Order("log"));
        Assert.InRange(Breaks(samples), 0, _sensor!.Status.Reconnects);
        for (int i = 1; i < samples.Count; i++)
        {
            long numbers = (long)(samples[i].Value.Fx - samples[i - 1].Value.Fx); // above 1 where the machine let the line run over
            Assert.InRange(samples[i].DeviceNs - samples[i - 1].DeviceNs - (long)(numbers * 1e9 / rateHz), -1000, 1000);
            Assert.True(samples[i].OriginatingNs > samples[i - 1].OriginatingNs);
            Assert.True(samples[i].OriginatingNs <= samples[i].ArrivalNs - 802_000); // what a frame takes on its line
        }
        Assert.Equal((-1.5, 2.25), (samples[0].Value.Fy, samples[0].Value.Fz));
        Says($"Bota sensor at {_line.Near}, {rateHz:0} Hz", connected: true);
        Assert.Equal("sensor", _sensor.Clock!.Domain);
    }

    [SkippableFact]
    public void What_is_missing_or_has_a_wrong_sum_is_counted_as_lost_and_its_place_kept()
    {
        Sensor();
        Order("spoil 20");
        Order("lose 50");
        var samples = Take(Read(), 400);
        Assert.InRange(Breaks(samples), 0, _sensor!.Status.Reconnects);
        Assert.DoesNotContain(samples, s => s.Value.Fx % 20 == 0 || s.Value.Fx % 50 == 0);
        // One in 20 is spoilt, one in 50 left out, one in 100 both.
        Assert.True(_sensor.Wrenches.Counters.Lost >= samples.Count * 6 / 100 - 3);
    }

    [SkippableFact]
    public void A_sensor_that_streams_already_is_set_anew()
    {
        Sensor();
        Order("stream");
        Take(Read(), 100);
        Assert.StartsWith("C c,0,1,0,4 f,128,0,0,1 R", Order("log"));
    }

    [SkippableFact]
    public void A_converter_that_stands_still_is_seen_and_what_it_repeats_is_not_published()
    {
        Sensor();
        var queue = Read();
        Take(queue, 50);
        Order("freeze");
        Says("its converter stands still");
        long received = _sensor!.Wrenches.Counters.Received, lost = _sensor.Wrenches.Counters.Lost;
        Eventually.True(() => _sensor.Wrenches.Counters.Lost > lost + 50, "losses");
        Assert.Equal(received, _sensor.Wrenches.Counters.Received);
        Order("thaw");
        Says("400 Hz", connected: true);
        Order("repeat");
        Says("bytes come, but no new sample for 500 ms");
        Order("go");
        Says("400 Hz", connected: true);
    }

    [SkippableFact]
    public void A_sensor_whose_power_failed_is_set_anew_when_it_has_started()
    {
        Sensor();
        var queue = Read();
        Take(queue, 50);
        Order("restart");
        Eventually.True(() => _sensor!.Status is { Connected: true, Reconnects: 1 }, "it streams again");
        Assert.Contains("its stream has ended, no byte for 200 ms", _sensor!.Status.LastLoss);
        Assert.EndsWith("C c,0,1,0,4 f,128,0,0,1 R", Order("log"));
        Take(queue, 50);
    }

    [SkippableFact]
    public void A_clock_that_starts_anew_is_a_restart_and_one_that_turns_over_is_none()
    {
        Sensor();
        Order($"clock {uint.MaxValue - 300_000}");
        var queue = Read();
        // So long ago that a clock which starts anew is told from one that has just turned over.
        Eventually.True(() => Take(queue, 20).Any(s => s.DeviceNs > (uint.MaxValue + 300_000L) * 1000), "its stamps have turned over");
        Assert.Equal(0, _sensor!.Status.Reconnects);
        Order("clock 0");
        Eventually.True(() => _sensor.Status.LastLoss.Contains("it has started anew"), "it is said");
        Eventually.True(() => _sensor.Status.Connected, "it streams again"); // a busy machine may need a second try
    }

    [SkippableFact]
    public void Samples_that_the_sensor_calls_wrong_are_not_used()
    {
        Sensor();
        var queue = Read();
        Take(queue, 50);
        Order("status 2");
        Says("its status is 0x0002 (force or torque out of range): its values are not used while it says so");
        long received = _sensor!.Wrenches.Counters.Received, lost = _sensor.Wrenches.Counters.Lost;
        Eventually.True(() => _sensor.Wrenches.Counters.Lost > lost + 50, "losses");
        Assert.Equal(received, _sensor.Wrenches.Counters.Received);
        Order("status 1");
        Says("samples it says that its program took too long", connected: true);
        Take(queue, 50);
    }

    [SkippableFact]
    public void What_sends_no_frames_says_so_and_what_then_does_not_answer()
    {
        Sensor();
        Take(Read(), 20);
        Order("noise");
        Says("bytes come, but no new sample for 500 ms");
        Order("silent");
        Says("no answer within 1000 ms at 460800 baud");
    }

    [SkippableFact]
    public void A_sensor_that_refuses_says_so()
    {
        Sensor();
        Order("refuse");
        Read();
        Says("it refuses 'C' (it answers 'r,0,C,1')");
    }

    [SkippableFact]
    public void Another_device_is_no_Bota()
    {
        using var other = new PythonPeer("ft300_line.py", _line.Far);
        other.ReadLine();
        other.WriteLine("stream");
        other.ReadLine();
        Read();
        Says("what sends on that line does not answer as a Bota sensor at 460800 baud");
    }

    [SkippableFact]
    public void Behind_a_gateway_it_is_the_same_and_its_loss_is_seen()
    {
        Sensor();
        int number = Ports.FreePort();
        using var gateway = new PeerProcess(
            "/usr/bin/socat", $"TCP-LISTEN:{number},bind=127.0.0.1,reuseaddr,fork", $"FILE:{_line.Near},raw,echo=0");
        Take(Read(port: $"tcp://127.0.0.1:{number}"), 50);
        gateway.Dispose();
        Says("nothing listens on port");
    }

    [SkippableFact]
    public void A_port_that_another_program_holds_is_left_to_it_and_had_when_it_is_free()
    {
        Sensor();
        using (SerialPort.Open(_line.Near, 460800, CancellationToken.None))
        {
            Read();
            Says("another program uses");
            Assert.Equal("", Order("log"));
        }
        Says("400 Hz", connected: true);
    }

    [SkippableFact]
    public void An_unplugged_adapter_is_found_again_by_its_name()
    {
        Sensor();
        Take(Read(), 20);
        _line.Unplug();
        Says("there is no ");
        _line.Plug();
        _peer!.Dispose();
        Sensor();
        Says("400 Hz", connected: true);
    }

    [SkippableFact]
    public void Reading_allocates_nothing()
    {
        Sensor();
        using SerialPort port = SerialPort.Open(_line.Near, 460800, CancellationToken.None);
        using var sensor = new BotaSerial(new() { Port = PortAddress.Parse(_line.Near), RateHz = 1000 });
        sensor.Begin(port);
        sensor.ReadSamples(port);
        Assert.Equal(0, Allocations.OfOneRound(() =>
        {
            long until = sensor.Wrenches.Counters.Received + 100;
            while (sensor.Wrenches.Counters.Received < until)
                sensor.ReadSamples(port);
        }));
    }

    [Fact]
    public void Options_that_cannot_be_are_refused()
    {
        static string Refused(BotaSerialOptions options) => Assert.Throws<ArgumentException>(() => new BotaSerial(options)).Message;
        PortAddress line = PortAddress.Parse("/x")!;
        Assert.Contains("force.line must be a path", Refused(new()));
        Assert.Contains("speaks no Modbus", Refused(new() { Port = PortAddress.Parse("modbus://h") }));
        Assert.Contains("force.baud must be one of 9600,", Refused(new() { Port = line, Baud = 19200 }));
        Assert.Contains("force.rate_hz: 300 is none that the sensor has: use 100, 200,", Refused(new() { Port = line, RateHz = 300 }));
        Assert.Contains("400 is more than 115200 baud carry: use 100, 200, 250,", Refused(new() { Port = line, Baud = 115200 }));
        Assert.EndsWith("is more than 9600 baud carry: use a faster line", Refused(new() { Port = line, Baud = 9600, RateHz = 100 }));
    }
}
