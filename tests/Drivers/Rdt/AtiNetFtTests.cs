using System.Net;
using System.Net.Sockets;
using RobotWorldModel.Drivers.Rdt;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Drivers.Tests.Rdt;

public class AtiNetFtTests
{
    [SkippableFact]
    public void Every_sample_arrives_once_in_order_with_its_own_time()
    {
        using var peer = new NetFtPeer();
        using var sensor = new AtiNetFt(new() { Host = peer.Host, HttpPort = NetFtPeer.HttpPort });
        var queue = sensor.Wrenches.Subscribe(1 << 13);
        sensor.Start();
        var samples = NetFtPeer.Take(queue, 2500);
        Assert.Equal(samples.Count, samples[^1].Sequence - samples[0].Sequence + 1 - Missing(samples));
        var errors = new List<double>();
        for (int i = 1; i < samples.Count; i++)
        {
            Wrench w = samples[i].Value;
            Assert.Equal(7 * (samples[i].Sequence - samples[i - 1].Sequence) / 7, (long)(w.Fz - samples[i - 1].Value.Fz)); // its own count
            Assert.Equal((0.01, 0.02, 0.03), (w.Tx, w.Ty, w.Tz));
            Assert.True(samples[i].OriginatingNs > samples[i - 1].OriginatingNs && samples[i].OriginatingNs <= samples[i].ArrivalNs);
            if (i > 500)
                errors.Add(Math.Abs(samples[i].OriginatingNs - ((long)w.Fx * 1_000_000_000 + (long)w.Fy)) * 1e-6);
        }
        errors.Sort();
        Assert.True(errors[errors.Count / 2] < 2, $"median error {errors[errors.Count / 2]:0.000} ms"); // the peer itself is not punctual
        Assert.Contains("ATI Net F/T FT27462 firmware 2.2.59", sensor.Status.Message);
        Assert.Contains("1000 Hz, 1 counts/N, 1000 counts/Nm", sensor.Status.Message);
        Assert.Equal(new("ATI Net F/T", "FT27462", "2.2.59"), sensor.Info);
        Assert.StartsWith("record count at 1000", sensor.Clock!.Domain);
    }

    private static long Missing(List<Sample<Wrench>> samples) =>
        samples.Zip(samples.Skip(1), (a, b) => b.Sequence - a.Sequence - 1).Sum();

    [SkippableFact]
    public void Units_and_counts_are_the_sensors_and_read_again_after_a_loss()
    {
        using var peer = new NetFtPeer();
        foreach (string order in (string[])["set scfgfu lbf", "set cfgcpf 10", "set scfgtu lbf-in", "set cfgcpt 100"])
            peer.Order(order);
        using var sensor = peer.Connect();
        NetFtPeer.WaitForData(sensor);
        Assert.True(sensor.Wrenches.TryGetNewest(out var first));
        Assert.Equal(10 / 100.0 * 0.112984829, first.Value.Tx, 1e-9);
        Assert.Equal(0.1 * 4.4482216, first.Value.Fz / Math.Round(first.Value.Fz / 0.44482216), 1e-7);
        peer.SwitchOff();
        Eventually.True(() => sensor.Status.LastLoss.Contains("its web page does not answer either"), "the loss"); // said for a moment
        peer.SwitchOn(); // another sensor, for all that is known
        NetFtPeer.WaitForData(sensor);
        Assert.True(sensor.Wrenches.TryGetNewest(out var second));
        Assert.Equal(0.01, second.Value.Tx);
        Assert.Equal(1, sensor.Status.Reconnects);
        Assert.True(second.Sequence > first.Sequence);
    }

    [SkippableFact]
    public void A_rate_that_is_not_the_told_one_is_found_and_said()
    {
        using var peer = new NetFtPeer();
        peer.Order("rate 500");
        using var sensor = peer.Connect(o => o.RateHz = 250);
        NetFtPeer.WaitFor(sensor, "Hz, which is not what it is set to");
        Assert.Contains("1000 Hz", sensor.Status.Message);
        Assert.Contains("the config says 250 Hz", sensor.Status.Message);
        Assert.Equal(500, sensor.Wrenches.RateHz, 25.0);
    }

    [SkippableTheory]
    [InlineData("set scfgfu stone", "its force unit is 'stone', which is not known here")]
    [InlineData("set cfgcpt none", "its <cfgcpt> is 'none', which is no count")]
    [InlineData("set comrdte Disabled", "its RDT output is switched off")]
    [InlineData("page <html>hello</html>", "has no <scfgfu>: is it an ATI Net F/T or Axia?")]
    [InlineData("page huge", "its calibration cannot be read from http://")]
    [InlineData("page slow", "no whole answer within 2 s")]
    public void Without_a_calibration_nothing_is_published(string order, string expected)
    {
        using var peer = new NetFtPeer();
        peer.Order(order);
        using var sensor = peer.Connect();
        NetFtPeer.WaitFor(sensor, expected);
        Assert.Equal(0, sensor.Wrenches.Counters.Received);
        Assert.DoesNotContain("2:0", peer.Order("requests"));
    }

    [SkippableFact]
    public void Nobody_there_the_wrong_device_and_a_web_page_without_records_are_told_apart()
    {
        using var peer = new NetFtPeer(on: false);
        using var sensor = peer.Connect();
        NetFtPeer.WaitFor(sensor, "its calibration cannot be read from http://");
        using (var hex = new OnRobotHex(new() { Host = peer.Host }))
        {
            hex.Start();
            NetFtPeer.WaitFor(hex, "nothing listens on that UDP port");
        }
        peer.SwitchOn();
        NetFtPeer.WaitForData(sensor);
        using var deaf = peer.Connect(o => o.Port = 49999);
        NetFtPeer.WaitFor(deaf, "nothing listens on that UDP port");
        peer.Order("deaf 1000");
        using var silent = peer.Connect();
        NetFtPeer.WaitFor(silent, "after 10 requests: its web page answers, so it is on");
    }

    [Fact]
    public void A_record_allocates_nothing()
    {
        using var server = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        server.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = 50 };
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        socket.Connect(server.LocalEndPoint!);
        server.Connect(socket.LocalEndPoint!);
        using var sensor = new AtiNetFt(new() { Host = "127.0.0.1" });
        sensor.BeginSession(new(1e-6, 1e-6, 1000, new("test"), "test"));
        byte[] datagram = new byte[RdtRecord.Bytes];
        uint number = 0;
        long Exchange()
        {
            long allocated = 0;
            for (int i = 0; i < 2000; i++)
            {
                new RdtRecord(++number, 7 * number, 0, (int)number, 2, 3, 4, 5, 6).Write(datagram);
                server.Send(datagram);
                long before = GC.GetAllocatedBytesForCurrentThread();
                Assert.True(sensor.ReadDatagram(socket, default));
                allocated += GC.GetAllocatedBytesForCurrentThread() - before;
            }
            return allocated;
        }
        Assert.Equal(0, Allocations.Least(Exchange));
    }

    [Fact]
    public void Several_records_in_a_datagram_are_all_taken()
    {
        using var server = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        server.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = 50 };
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        socket.Connect(server.LocalEndPoint!);
        server.Connect(socket.LocalEndPoint!);
        using var sensor = new AtiNetFt(new() { Host = "127.0.0.1" });
        sensor.BeginSession(new(1e-6, 1e-6, 1000, new("test"), "test"));
        byte[] datagram = new byte[40 * RdtRecord.Bytes];
        for (uint i = 0; i < 40; i++)
            new RdtRecord(i + 1, i + 1, 0, (int)i, 0, 0, 0, 0, 0).Write(datagram.AsSpan((int)i * RdtRecord.Bytes));
        server.Send(datagram);
        Assert.True(sensor.ReadDatagram(socket, default));
        server.Send(Array.Empty<byte>());
        Assert.False(sensor.ReadDatagram(socket, default));
        Assert.Equal((40, 0, 1), (sensor.Wrenches.Counters.Received, sensor.Wrenches.Counters.Lost, sensor.Counters.Garbage));
    }

    [Fact]
    public void Disposing_does_not_wait_for_a_host_that_never_answers()
    {
        using var sensor = new AtiNetFt(new() { Host = "192.0.2.1" }); // a network that is in nobody's routes, by RFC 5737
        sensor.Start();
        Eventually.True(() => sensor.Status.Message.Length > 0, "a status");
        var dispose = Task.Run(sensor.Dispose);
        Eventually.True(() => dispose.IsCompletedSuccessfully, "the end of its thread");
    }

    [Fact]
    public void A_config_without_a_host_is_refused() => Assert.Throws<ArgumentException>(() => new AtiNetFt(new() { Host = " " }));
}
