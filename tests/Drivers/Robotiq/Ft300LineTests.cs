using RobotWorldModel.Drivers.Robotiq;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.Serial;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Drivers.Tests.Robotiq;

/// <summary>Both ways to read a FT 300 on its line, against a sensor written in Python from its manual, over socat's line.</summary>
public sealed class Ft300LineTests : IDisposable
{
    private readonly SerialPair _line = new();
    private PythonPeer? _peer;
    private IForceTorqueSensor? _sensor;

    public void Dispose()
    {
        _sensor?.Dispose();
        _peer?.Dispose();
        _line.Dispose();
    }

    private PythonPeer Sensor(string letters = "FTS")
    {
        _peer = new("ft300_line.py", _line.Far, letters);
        Assert.Equal("ready", _peer.ReadLine());
        return _peer;
    }

    private void Order(string order)
    {
        _peer!.WriteLine(order);
        Assert.Equal("done", _peer.ReadLine());
    }

    private SampleQueue<Wrench> Stream(string? port = null) =>
        Start(new Ft300Stream(new() { Port = PortAddress.Parse(port ?? _line.Near) }));

    private SampleQueue<Wrench> Poll(string? port = null) =>
        Start(new Ft300Modbus(new() { Port = PortAddress.Parse(port ?? _line.Near) }));

    private SampleQueue<Wrench> Start(IForceTorqueSensor sensor)
    {
        _sensor = sensor;
        var queue = sensor.Wrenches.Subscribe(8192);
        sensor.Start();
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

    private static int NumberOf(in Wrench wrench) => (int)Math.Round(wrench.Fx * 100);

    private void StatusSays(string text, bool connected = false) =>
        Eventually.True(() => _sensor!.Status is { } s && s.Connected == connected && s.Message.Contains(text), text);

    [SkippableFact]
    public void The_stream_arrives_whole_in_order_and_timed_by_its_count()
    {
        Sensor();
        var samples = Take(Stream(), 200);
        int breaks = 0; // where the machine kept the peer from sending for so long that its stream counted as dead, and began anew
        for (int i = 1; i < samples.Count; i++)
        {
            breaks += NumberOf(samples[i].Value) == NumberOf(samples[i - 1].Value) + 1 ? 0 : 1;
            Assert.Equal(samples[i - 1].Sequence + 1, samples[i].Sequence);
            Assert.True(samples[i].OriginatingNs > samples[i - 1].OriginatingNs);
            Assert.True(samples[i].OriginatingNs <= samples[i].ArrivalNs - 8_333_333); // what a frame takes on its line
        }
        Assert.InRange(breaks, 0, _sensor!.Status.Reconnects);
        Assert.Equal((-1.5, 2.25, 0.01, -0.02, 20.0), samples[0].Value is var (_, fy, fz, tx, ty, tz) ? (fy, fz, tx, ty, tz) : default);
        Assert.Equal(new ForceSensorInfo("Robotiq FT 300", "FTS-1234", "FTS-2.0.6"), _sensor.Info);
        StatusSays("serial FTS-1234 firmware FTS-2.0.6", connected: true);
        Assert.StartsWith("sample count at 100", _sensor.Clock!.Domain);
        Assert.Equal(0, _sensor.Wrenches.Counters.Lost);
    }

    [SkippableFact]
    public void A_frame_with_a_wrong_sum_is_counted_as_lost_and_its_place_kept()
    {
        Sensor();
        Order("spoil 25");
        var samples = Take(Stream(), 200);
        int shifted = 0; // where the machine kept the peer from sending: its frames have no stamp, and a late one may count as the next
        for (int i = 1; i < samples.Count; i++)
        {
            long step = NumberOf(samples[i].Value) - NumberOf(samples[i - 1].Value);
            shifted += step == samples[i].Sequence - samples[i - 1].Sequence ? 0 : 1;
        }
        Assert.InRange(shifted, 0, 4); // of the eight that were spoilt all would be, were their places not kept
        Assert.DoesNotContain(samples, s => NumberOf(s.Value) % 25 == 0);
        Assert.InRange(_sensor!.Wrenches.Counters.Lost, 7, 12);
    }

    [SkippableFact]
    public void A_sensor_that_streams_already_is_stopped_and_read_anew()
    {
        Sensor();
        Order("stream");
        Take(Stream(), 20);
        StatusSays("serial FTS-1234", connected: true);
        _sensor!.Dispose(); // and leaves it quiet
        Take(Poll(), 5);
    }

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_converter_that_stands_still_is_seen_and_what_it_repeats_is_not_published(bool poll)
    {
        Sensor();
        var queue = poll ? Poll() : Stream();
        Take(queue, 20);
        Order("freeze");
        StatusSays("its converter stands still");
        long received = _sensor!.Wrenches.Counters.Received, lost = _sensor.Wrenches.Counters.Lost;
        Eventually.True(() => _sensor.Wrenches.Counters.Lost > lost + 20, "losses");
        Assert.Equal(received, _sensor.Wrenches.Counters.Received);
        if (!poll)
        {
            Order("restart");
            StatusSays("its stream has ended");
            StatusSays("its converter stands still"); // connecting anew sets no converter going
        }
        Order("thaw");
        StatusSays(poll ? "polled at 60 Hz" : "streams at 100 Hz", connected: true);
        Take(queue, 20);
    }

    [SkippableFact]
    public void A_sensor_whose_power_failed_is_started_anew()
    {
        Sensor();
        var queue = Stream();
        Take(queue, 20);
        Order("restart");
        StatusSays("its stream has ended");
        StatusSays("streams at 100 Hz", connected: true);
        Assert.Equal(1, _sensor!.Status.Reconnects);
        Assert.Contains("its stream has ended", _sensor.Status.LastLoss);
    }

    [SkippableFact]
    public void What_sends_no_frames_says_so()
    {
        Sensor();
        Take(Stream(), 20);
        Order("noise");
        StatusSays("no whole frame");
    }

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public void Another_device_is_told_by_its_firmware(bool poll)
    {
        Sensor("GRP");
        _ = poll ? Poll() : Stream();
        StatusSays("calls its firmware 'GRP', which is no FT 300's");
    }

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_line_without_an_answer_says_so(bool poll)
    {
        Sensor();
        Order("silent");
        _ = poll ? Poll() : Stream();
        StatusSays("unit 9 did not answer within 300 ms");
    }

    [SkippableFact]
    public void Polled_it_keeps_its_rate_and_its_times()
    {
        Sensor();
        var samples = Take(Poll(), 120);
        for (int i = 1; i < samples.Count; i++)
        {
            Assert.True(NumberOf(samples[i].Value) >= NumberOf(samples[i - 1].Value));
            Assert.True(samples[i].OriginatingNs > samples[i - 1].OriginatingNs);
            Assert.True(samples[i].OriginatingNs <= samples[i].ArrivalNs);
            Assert.True(samples[i].Sequence > samples[i - 1].Sequence);
        }
        StatusSays("serial FTS-1234 firmware FTS-2.0.6", connected: true);
        Order("silent");
        StatusSays("did not answer");
        Assert.True(_sensor!.Wrenches.Counters.Lost >= 2);
    }

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public void Behind_a_gateway_it_is_the_same(bool poll)
    {
        Sensor();
        int number = Ports.FreePort();
        using var gateway = new PeerProcess(
            "/usr/bin/socat", $"TCP-LISTEN:{number},bind=127.0.0.1,reuseaddr,fork", $"FILE:{_line.Near},raw,echo=0");
        Take(poll ? Poll($"tcp://127.0.0.1:{number}") : Stream($"tcp://127.0.0.1:{number}"), 50);
        StatusSays("serial FTS-1234", connected: true);
        gateway.Dispose();
        Eventually.True(() => !_sensor!.Status.Connected, "the gateway's loss");
    }

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_port_that_another_program_holds_is_left_to_it(bool poll)
    {
        Sensor();
        using SerialPort other = SerialPort.Open(_line.Near, 19200, CancellationToken.None);
        _ = poll ? Poll() : Stream();
        StatusSays("another program uses");
    }

    [SkippableFact]
    public void Polled_answers_that_come_late_or_broken_cost_samples_and_are_told()
    {
        Sensor();
        var queue = Poll();
        Take(queue, 20);
        long lost = _sensor!.Wrenches.Counters.Lost;
        Order("slow 40");
        Eventually.True(() => _sensor.Wrenches.Counters.Lost > lost + 20, "samples for which there was no time");
        Assert.True(_sensor.Status.Connected, _sensor.Status.Message);
        Order("slow 0");
        Order("garble 1");
        StatusSays("an answer with a wrong checksum");
        Order("garble 0");
        StatusSays("polled at 60 Hz", connected: true);
        Take(queue, 20);
    }

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public void An_unplugged_adapter_is_found_again_by_its_name(bool poll)
    {
        Sensor();
        Take(poll ? Poll() : Stream(), 20);
        _line.Unplug();
        StatusSays("there is no ");
        _line.Plug();
        _peer!.Dispose();
        Sensor();
        StatusSays(poll ? "polled at 60 Hz" : "streams at 100 Hz", connected: true);
    }

    [Fact]
    public void Options_that_cannot_be_are_refused()
    {
        Assert.Contains("force.line must be a path", Assert.Throws<ArgumentException>(() => new Ft300Stream(new())).Message);
        PortAddress tcp = PortAddress.Parse("modbus://127.0.0.1")!;
        Assert.Contains("Modbus TCP carries no data stream",
            Assert.Throws<ArgumentException>(() => new Ft300Stream(new() { Port = tcp })).Message);
        Assert.Contains("force.unit", Assert.Throws<ArgumentException>(() => new Ft300Modbus(new() { Port = tcp, Unit = 0 })).Message);
        Assert.Contains("force.rate_hz",
            Assert.Throws<ArgumentException>(() => new Ft300Modbus(new() { Port = tcp, RateHz = 500 })).Message);
    }
}
