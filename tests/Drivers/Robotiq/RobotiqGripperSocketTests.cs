using System.Net;
using System.Net.Sockets;
using System.Text;
using RobotWorldModel.Drivers.Robotiq;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.Sockets;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Drivers.Tests.Robotiq;

/// <summary>Against the Python stand-in, which shares no code with the driver.</summary>
public class RobotiqGripperSocketTests
{
    [SkippableTheory]
    [InlineData("plain")]
    [InlineData("newline")]
    public void The_first_request_activates_and_then_moves(string style)
    {
        using var bench = new GripperBench(style);
        bench.Says("not activated");
        Eventually.True(() => bench.Gripper.States.Counters.Received > 30, "it polls");
        Assert.Equal("", bench.Tell("log")); // connecting has written nothing
        bench.Ask(1);
        bench.Says("activating");
        Eventually.True(() => bench.Newest is { Position: 1, Moving: false, ObjectDetected: false }, "closed");
        Assert.Equal(["SET ACT 0 ATR 0", "SET ACT 1", "SET POS 230 SPE 255 FOR 47 GTO 1"], bench.Tell("log").Split(';'));
        Assert.Equal(0, bench.Newest.WidthM, 6);
        Assert.Equal(0, bench.Newest.ForceN);
    }

    [SkippableFact]
    public void A_request_that_may_not_activate_leaves_an_inactive_gripper_as_it_is()
    {
        using var bench = new GripperBench();
        bench.Says("not activated");
        bench.Ask(1, mayActivate: false);
        long seen = bench.Gripper.States.Counters.Received;
        Eventually.True(() => bench.Gripper.States.Counters.Received > seen + 10, "polls");
        Assert.Equal("", bench.Tell("log"));
        bench.Ask(1);
        Eventually.True(() => bench.Newest is { Position: 1, Moving: false }, "activated, then closed");
    }

    [SkippableFact]
    public void States_are_stamped_inside_their_round_trip_and_in_order()
    {
        using var bench = new GripperBench();
        var queue = bench.Gripper.States.Subscribe(1024);
        bench.Active();
        bench.Ask(0.5);
        var samples = new List<Sample<GripperState>>();
        Eventually.True(() =>
        {
            while (queue.TryDequeue(out var sample))
                samples.Add(sample);
            return samples.Count > 100 && samples[^1].Value is { Moving: false, Position: > 0.45 and < 0.55 };
        }, "half closed");
        Assert.Contains(samples, s => s.Value.Moving);
        for (int i = 1; i < samples.Count; i++)
        {
            Assert.Equal(samples[i - 1].Sequence + 1, samples[i].Sequence);
            Assert.InRange(samples[i].OriginatingNs, samples[i - 1].ArrivalNs, samples[i].ArrivalNs);
        }
        Assert.Equal(0.0425, samples[^1].Value.WidthM, 0.0005);
    }

    [SkippableFact]
    public void Something_between_the_fingers_is_felt()
    {
        using var bench = new GripperBench();
        bench.Active();
        bench.Tell("block 120");
        bench.Ask(1);
        Eventually.True(() => bench.Newest is { ObjectDetected: true, Moving: false }, "an object");
        Assert.Equal((120 - 3) / 227.0, bench.Newest.Position, 6);
        Eventually.True(() => bench.Newest.ForceN is > 59 and < 60.5, "the force that is set: FOR 47 of 255, 20 to 235 N");
        bench.Ask(0);
        Eventually.True(() => bench.Newest is { ObjectDetected: false, Moving: false, Position: 0, ForceN: 0 }, "let go");
    }

    [SkippableFact]
    public void The_newest_request_wins_and_the_same_one_is_sent_once()
    {
        using var bench = new GripperBench();
        bench.Active();
        for (int i = 0; i <= 200; i++)
            bench.Ask(i / 200.0);
        for (int i = 0; i < 200; i++)
            bench.Ask(1);
        Eventually.True(() => bench.Newest is { Position: 1, Moving: false }, "closed");
        string[] log = bench.Tell("log").Split(';');
        Assert.Equal("SET POS 230 SPE 255 FOR 47 GTO 1", log[^1]);
        Assert.True(log.Distinct().Count() == log.Length, "no command twice");
        bench.Ask(double.NaN);
        bench.Ask(7); // beyond closed is closed
        long seen = bench.Gripper.States.Counters.Received;
        Eventually.True(() => bench.Gripper.States.Counters.Received > seen + 10, "polls");
        Assert.Equal(log, bench.Tell("log").Split(';'));
    }

    [SkippableFact]
    public void A_halt_stops_the_fingers_and_what_was_asked_is_forgotten_until_somebody_asks_anew()
    {
        using var bench = new GripperBench("plain");
        bench.Active();
        bench.Ask(1);
        ((IGripperControl)bench.Gripper).Halt();
        Eventually.True(() => bench.Tell("log").EndsWith("SET GTO 0", StringComparison.Ordinal), "the fingers are told to stop");
        long seen = bench.Gripper.States.Counters.Received;
        Eventually.True(() => bench.Gripper.States.Counters.Received > seen + 10, "polls");
        Assert.EndsWith("SET GTO 0", bench.Tell("log"));
        bench.Ask(1);
        Eventually.True(() => bench.Tell("log").EndsWith("GTO 1", StringComparison.Ordinal), "a new request moves them again");
    }

    [SkippableFact]
    public void A_halt_in_the_middle_of_an_activation_ends_its_stroke()
    {
        using var bench = new GripperBench();
        bench.Says("not activated");
        bench.Ask(1);
        Eventually.True(() => bench.Tell("log").EndsWith("SET ACT 1", StringComparison.Ordinal), "the stroke begins");
        ((IGripperControl)bench.Gripper).Halt();
        Eventually.True(() => bench.Tell("log").EndsWith("SET ACT 0 GTO 0", StringComparison.Ordinal), "it is told to stop");
        bench.Says("not activated");
        StaysAsItIs(bench);
    }

    [SkippableFact]
    public void An_activation_whose_stroke_has_not_begun_is_forgotten_with_its_owner()
    {
        using var bench = new GripperBench();
        bench.Says("not activated");
        bench.Ask(1);
        Eventually.True(() => bench.Tell("log").EndsWith("SET ACT 0 ATR 0", StringComparison.Ordinal), "it is reset first");
        ((IGripperControl)bench.Gripper).Withdraw();
        bench.Says("not activated");
        StaysAsItIs(bench);
        bench.Ask(1);
        Eventually.True(() => bench.Newest is { Position: 1, Moving: false }, "the next owner's request activates it, and closes it");
        ((IGripperControl)bench.Gripper).Withdraw();
        bench.Ask(0);
        ((IGripperControl)bench.Gripper).Withdraw(); // an active gripper does what it was asked
        Eventually.True(() => bench.Newest is { Position: 0, Moving: false }, "open");
    }

    [SkippableFact]
    public void What_another_client_asked_for_meanwhile_makes_the_same_request_news_again()
    {
        using var bench = new GripperBench();
        bench.Active();
        Assert.Equal(0, bench.Newest.Position);
        using (var pendant = new TcpClient(bench.Host, 63352))
        {
            pendant.Client.Send("SET POS 230 GTO 1\n"u8);
            Eventually.True(() => bench.Newest is { Position: 1, Moving: false }, "closed at the pendant");
        }
        Eventually.True(
            () =>
            {
                bench.Ask(0); // as a policy asks, each tick
                return bench.Newest.Position == 0;
            },
            "open again");
    }

    private static void StaysAsItIs(GripperBench bench)
    {
        string log = bench.Tell("log");
        long seen = bench.Gripper.States.Counters.Received;
        Eventually.True(() => bench.Gripper.States.Counters.Received > seen + 60, "polls, of more than the pause before a stroke");
        Assert.Equal(log, bench.Tell("log"));
    }

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public void An_emergency_release_opens_and_needs_an_activation_afterwards(bool rtu)
    {
        using var bench = rtu ? GripperBench.OnALine() : new GripperBench();
        bench.Active();
        bench.Ask(1);
        Eventually.True(() => bench.Newest is { Position: 1, Moving: false }, "closed");
        bench.Control.Obey(GripperOrder.ReleaseOpening);
        bench.Says("0x0F, its emergency release is done");
        Assert.Contains("SET ARD 1 ATR 1", bench.Tell("log"));
        Eventually.True(() => bench.Newest.Position == 0, "open");
        bench.Ask(1); // a fault stops requests
        StaysAsItIs(bench);
        bench.Control.Obey(GripperOrder.Activate);
        bench.Says("active at");
        bench.Ask(1);
        Eventually.True(() => bench.Newest is { Position: 1, Moving: false, Fault: 0 }, "it obeys again");
    }

    [SkippableTheory]
    [InlineData("hex", 12, "0x0C, internal fault")]
    [InlineData("plain", 14, "0x0E, too much current")]
    [InlineData("hex", 9, "0x09, no communication")]
    public void Faults_come_in_words_and_stop_all_requests(string style, int fault, string words)
    {
        using var bench = new GripperBench(style);
        bench.Active();
        string before = bench.Tell("log");
        bench.Tell($"FLT {fault}");
        bench.Says(words);
        bench.Ask(1);
        long seen = bench.Gripper.States.Counters.Received;
        Eventually.True(() => bench.Gripper.States.Counters.Received > seen + 20, "polls");
        Assert.Equal(before, bench.Tell("log"));
        Assert.Equal(fault, bench.Newest.Fault);
        bench.Tell("FLT 0");
        bench.Says("active at");
        bench.Ask(1);
        Eventually.True(() => bench.Newest is { Position: 1, Moving: false, Fault: 0 }, "it moves again");
    }

    [SkippableFact]
    public void A_gripper_without_power_answers_question_marks_and_is_not_connected()
    {
        using var bench = new GripperBench();
        bench.Active();
        bench.Tell("unpowered 1");
        bench.Says("'?'");
        Assert.False(bench.Gripper.Status.Connected);
        bench.Ask(1); // must not be remembered
        bench.Tell("unpowered 0");
        bench.Says("active at");
        Assert.Equal(1, bench.Gripper.Status.Reconnects);
        long seen = bench.Gripper.States.Counters.Received;
        Eventually.True(() => bench.Gripper.States.Counters.Received > seen + 20, "polls");
        Assert.Equal(0, bench.Newest.Position);
    }

    [Fact]
    public void Another_device_at_its_port_is_told()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var gripper = new RobotiqGripperSocket(new() { Host = "127.0.0.1", Port = ((IPEndPoint)listener.LocalEndpoint).Port });
        gripper.Start();
        Eventually.True(listener.Pending, "it connects");
        using Socket client = listener.AcceptSocket();
        byte[] noise = Encoding.ASCII.GetBytes(new string('A', 8192));
        Eventually.True(
            () =>
            {
                client.Send(noise, SocketFlags.None, out _);
                return gripper.Status.Message.Contains("a line that never ends: is that the gripper's port?");
            },
            "it is told");
        Assert.False(gripper.Status.Connected);
    }

    [SkippableFact]
    public void It_comes_back_after_a_loss_and_does_not_move_by_itself()
    {
        using var bench = new GripperBench();
        bench.Active();
        bench.PowerOff();
        bench.Says("trying again");
        Assert.False(bench.Gripper.Status.Connected);
        bench.Ask(1);
        bench.PowerOn();
        bench.Says("not activated");
        long seen = bench.Gripper.States.Counters.Received;
        Eventually.True(() => bench.Gripper.States.Counters.Received > seen + 20, "polls");
        Assert.Equal("", bench.Tell("log"));
        bench.Ask(1);
        Eventually.True(() => bench.Newest is { Position: 1, Moving: false }, "closed");
    }

    [SkippableFact]
    public void Polling_allocates_nothing()
    {
        string host = Ports.FreeLoopbackAddress();
        using var peer = new PythonPeer("gripmini.py", host, "63352");
        peer.ReadLine();
        using var gripper = new RobotiqGripperSocket(new() { Host = host });
        using var socket = DeviceAddress.Tcp(host, 63352, "the gripper").Connect(1000, default); // the device's thread is the test's here
        var link = new GripperUrcapLink(new(socket, default));
        gripper.BeginSession(link);
        int polls = 0;
        void Exchange(int times)
        {
            for (int i = 0; i < times; i++, polls++)
            {
                gripper.Poll(link);
                gripper.Obey(link);
            }
        }
        Assert.Equal(0, Allocations.OfOneRound(() => Exchange(300)));
        Assert.Equal(polls, gripper.States.Counters.Received);
    }

    [Theory]
    [InlineData("3", 3)]
    [InlineData("230", 230)]
    [InlineData("10", 10)]
    [InlineData("0A", 10)]
    [InlineData("09", 9)]
    [InlineData("0x0F", 15)]
    [InlineData("00 0C", 12)]
    [InlineData("?", GripperLink.Unavailable)]
    [InlineData("", GripperLink.Unavailable)]
    [InlineData("3x", GripperLink.Unavailable)]
    public void Values_are_read_in_every_spelling(string text, int value) =>
        Assert.Equal(value, GripperWire.ParseValue(Encoding.ASCII.GetBytes(text)));

    [Theory]
    [InlineData("stroke_m", 0, 60, 40)]
    [InlineData("poll_hz", 0.085, 5, 40)]
    [InlineData("force_n", 0.085, 60, 400)]
    public void Options_out_of_range_are_named(string name, double stroke, double poll, double force)
    {
        var error = Assert.Throws<ArgumentException>(() =>
            new RobotiqGripperSocket(new() { Host = "127.0.0.1", StrokeM = stroke, PollHz = poll, ForceN = force }));
        Assert.Contains(name, error.Message);
    }
}
