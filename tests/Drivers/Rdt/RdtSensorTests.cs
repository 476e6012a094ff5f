using System.Net.Sockets;
using RobotWorldModel.Drivers.Rdt;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Drivers.Tests.Rdt;

/// <summary>What goes wrong on the wire, of a Net F/T and of a HEX.</summary>
public class RdtSensorTests
{
    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public void Lost_repeated_swapped_and_garbled_datagrams_are_counted_and_nothing_is_made_up(bool hex)
    {
        using var peer = new NetFtPeer(hex);
        using RdtSensor sensor = peer.ConnectEither();
        var queue = sensor.Wrenches.Subscribe(1 << 15);
        NetFtPeer.WaitForData(sensor);
        long before = sensor.Wrenches.Counters.Lost;
        peer.Order("lose 7");
        Eventually.True(() => sensor.Wrenches.Counters.Lost >= before + 7, "the lost ones");
        peer.Order("twice 5");
        Eventually.True(() => sensor.Counters.Duplicates >= 5, "the duplicates");
        peer.Order("swap 3");
        Eventually.True(() => sensor.Counters.Late >= 3, "the late ones");
        peer.Order("garbage not a record");
        Eventually.True(() => sensor.Counters.Garbage > 10, "garbage");
        peer.Order("garbage");
        NetFtPeer.WaitForData(sensor);
        Eventually.True(() => sensor.Status.Message.Contains("since the start 5 duplicates, 3 late"), sensor.Status.Message);
        var samples = NetFtPeer.Take(queue, 50);
        for (int i = 1; i < samples.Count; i++) // numbers and the sensor's own count go together: no sample is in another's place
            Assert.Equal(samples[i].Sequence - samples[i - 1].Sequence, (long)(samples[i].Value.Fz - samples[i - 1].Value.Fz));
    }

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_converter_that_stands_still_is_no_measurement(bool hex)
    {
        using var peer = new NetFtPeer(hex);
        using RdtSensor sensor = peer.ConnectEither();
        NetFtPeer.WaitForData(sensor);
        peer.Order("freeze on");
        Eventually.True(() => sensor.Status.LastLoss.Contains("held one and the same sample for 500 ms"), "the loss");
        Assert.True(sensor.Counters.Repeats > 200);
        long received = sensor.Wrenches.Counters.Received;
        peer.Order("requests");
        Eventually.True(() => peer.Order("requests").Contains("2:0"), "another try");
        Assert.Equal(received, sensor.Wrenches.Counters.Received); // also the first record of a new session is but a repetition
        peer.Order("freeze off");
        NetFtPeer.WaitForData(sensor);
    }

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public void Samples_that_the_sensor_calls_wrong_are_not_published_and_a_warning_is_none(bool hex)
    {
        using var peer = new NetFtPeer(hex);
        using RdtSensor sensor = peer.ConnectEither();
        NetFtPeer.WaitForData(sensor);
        peer.Order("status C0000000");
        NetFtPeer.WaitFor(sensor, $"its status is 0xC0000000 ({(hex ? "see" : "of an Axia: force or torque out of range; else see")} ");
        Assert.False(sensor.Status.Connected);
        (long received, long lost) = (sensor.Wrenches.Counters.Received, sensor.Wrenches.Counters.Lost);
        Eventually.True(() => sensor.Wrenches.Counters.Lost > lost + 50, "they are counted");
        Assert.Equal(received, sensor.Wrenches.Counters.Received);
        peer.Order("status 80010000");
        NetFtPeer.WaitForData(sensor);
        NetFtPeer.WaitFor(sensor, "; its status is 0x80010000: a threshold that somebody set on it was passed");
        NetFtPeer.WaitFor(sensor, " with a threshold passed");
        Eventually.True(() => sensor.Counters.Warned > 20, "they are counted, and used");
        (long faulty, received) = (sensor.Counters.Faulty, sensor.Wrenches.Counters.Received);
        Assert.True(faulty > 50);
        peer.Order("status 0");
        Eventually.True(() => !sensor.Status.Message.Contains("0x80010000"), "the warning is over");
        Assert.Equal((faulty, true), (sensor.Counters.Faulty, sensor.Wrenches.Counters.Received > received));
    }

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_sensor_that_begins_anew_under_way_is_a_new_count(bool hex)
    {
        using var peer = new NetFtPeer(hex);
        using RdtSensor sensor = peer.ConnectEither();
        NetFtPeer.WaitForData(sensor, 200);
        peer.Order("new");
        NetFtPeer.WaitForData(sensor, 200);
        Assert.Equal(1, sensor.Counters.Restarts);
        Assert.Equal(0, sensor.Status.Reconnects);
    }

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_start_that_gets_lost_is_sent_again_and_the_stream_is_stopped_in_the_end(bool hex)
    {
        using var peer = new NetFtPeer(hex);
        peer.Order("deaf 3");
        using (RdtSensor sensor = peer.ConnectEither())
        {
            NetFtPeer.WaitForData(sensor);
            string start = hex ? "82:1 81:0 42:0 2:0" : "2:0";
            Assert.Equal(string.Join(' ', Enumerable.Repeat(start, 4)), peer.Order("requests"));
        }
        Eventually.True(() => peer.Order("requests").EndsWith("0:0"), "the stop");
    }

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_stream_that_another_program_takes_is_said_to_be_taken_and_asked_for_again(bool hex)
    {
        using var peer = new NetFtPeer(hex);
        using RdtSensor sensor = peer.ConnectEither();
        NetFtPeer.WaitForData(sensor);
        using var other = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        other.Connect(peer.Host, RdtWire.DefaultPort);
        byte[] start = new byte[RdtWire.RequestBytes];
        RdtWire.WriteRequest(start, RdtCommand.Start);
        other.Send(start);
        string says = $"another program {(hex ? "has" : "may have")} started the stream for itself";
        Eventually.True(() => sensor.Status.LastLoss.Contains(says), "the loss");
        NetFtPeer.WaitForData(sensor);
        Assert.DoesNotContain("0:0", peer.Order("requests")); // the other's stream was not stopped
        Assert.True(sensor.Status.Reconnects >= 1);
    }
}
