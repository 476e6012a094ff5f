using RobotWorldModel.Drivers.Robotiq;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Simulation.Devices;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Simulation.Tests.Devices;

public class GripperServerTests
{
    private readonly string _host = Ports.FreeLoopbackAddress();
    private readonly FingersAndForce _physics = new();

    private GripperServer Server() => new(_physics, new() { Host = _host });

    private RobotiqGripperSocket Driver()
    {
        var gripper = new RobotiqGripperSocket(new() { Host = _host });
        gripper.Start();
        return gripper;
    }

    private static GripperState Newest(RobotiqGripperSocket gripper) =>
        gripper.States.TryGetNewest(out var sample) ? sample.Value : default;

    private static void Ask(RobotiqGripperSocket gripper, double position) =>
        ((IGripperControl)gripper).Request(position, mayActivate: true);

    private static void Says(RobotiqGripperSocket gripper, string words) =>
        Eventually.True(() => gripper.Status.Message.Contains(words), $"'{words}' in the status");

    [SkippableFact]
    public void A_client_of_plain_sockets_finds_the_documented_gripper()
    {
        using var loop = new Loop(_physics, Server());
        using var client = new PythonPeer("gripper_client.py", _host, "63352");
        string[] lines = client.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(
        [
            "start 0 0 0 0 3",
            "too early 7",
            "activating 1",
            "stroke True True",
            "active 1 3 0",
            "reached 3 130",
            "closed 3 230",
            "slow 0",
            "stopped True True",
            "release 11 15 3",
            "two POS 3;STA 3;",
            "again 0",
        ], lines);
    }

    [Fact]
    public void An_emergency_release_is_taken_back_by_no_halt()
    {
        using var loop = new Loop(_physics, Server());
        using var gripper = Driver();
        Says(gripper, "not activated");
        IGripperControl control = gripper;
        control.Obey(GripperOrder.Activate);
        Says(gripper, "active at");
        Ask(gripper, 1);
        Eventually.True(() => Newest(gripper).Position > 0.9, "it is closed");
        control.Obey(GripperOrder.ReleaseOpening);
        control.Halt(); // together with it
        Says(gripper, "its emergency release is running");
        control.Halt(); // and while it opens
        Says(gripper, "its emergency release is done");
        Assert.True(Newest(gripper).Position < 0.1);
    }

    [Fact]
    public void The_driver_activates_grips_and_lets_go()
    {
        var server = Server();
        using var loop = new Loop(_physics, server);
        using var gripper = Driver();
        Says(gripper, "not activated");
        Assert.Equal(0.085, _physics.FingerWidth);
        _physics.BlockWidth = 0.04;
        Ask(gripper, 1);
        Says(gripper, "activating");
        Eventually.True(() => Newest(gripper) is { ObjectDetected: true, Moving: false }, "an object");
        Assert.Equal(0.04, Newest(gripper).WidthM, 0.0005);
        Assert.Equal(40, Newest(gripper).ForceN, 0.5); // as asked, or as read back in steps of 0.84 N
        Ask(gripper, 0);
        Eventually.True(() => Newest(gripper) is { ObjectDetected: false, Moving: false, Position: 0 }, "open");
        Assert.Equal(0.085, _physics.FingerWidth, 0.0005);
        Assert.True(server.Sent["gripper"].Counts.Sent >= gripper.States.Counters.Received);
    }

    [Fact]
    public void Faults_and_lost_power_reach_the_status()
    {
        var server = new GripperServer(_physics, new() { Host = _host, ActivatedAtStart = true });
        using var loop = new Loop(_physics, server);
        using var gripper = Driver();
        Says(gripper, "active at");
        server.InjectFault(0x09);
        Says(gripper, "no communication");
        Ask(gripper, 1);
        long seen = gripper.States.Counters.Received;
        Eventually.True(() => gripper.States.Counters.Received > seen + 20, "polls");
        Assert.Equal(0, Newest(gripper).Position);
        server.InjectFault(0);
        Says(gripper, "active at");
        server.Powered = false;
        Says(gripper, "'?'");
        Assert.False(gripper.Status.Connected);
        server.Powered = true;
        Says(gripper, "not activated"); // the power took the activation with it
        Ask(gripper, 0.5);
        Eventually.True(() => Newest(gripper) is { Moving: false, Position: > 0.45 and < 0.55 }, "half closed");
    }

    [Fact]
    public void A_pulled_cable_is_silence_and_over_when_it_is_back()
    {
        var server = new GripperServer(_physics, new() { Host = _host, ActivatedAtStart = true });
        IGripperFaults faults = server;
        using var loop = new Loop(_physics, server);
        using var gripper = Driver();
        Says(gripper, "active at");
        faults.PullCable(true);
        Says(gripper, "no answer within 1000 ms: look at the gripper URCap on the pendant");
        Assert.False(gripper.Status.Connected);
        faults.PullCable(false);
        Says(gripper, "active at");
    }

    [Fact]
    public void States_are_true_when_they_say()
    {
        // The fingers' true width, kept by time; a width read within the round trip must lie at its stamp.
        var truth = new List<(long Ns, double Width)>();
        using var loop = new Loop(_physics, new GripperServer(_physics, new() { Host = _host, ActivatedAtStart = true }),
            now =>
            {
                lock (truth)
                    truth.Add((now, _physics.FingerWidth));
            });
        using var gripper = Driver();
        var queue = gripper.States.Subscribe(1024);
        Says(gripper, "active at");
        Ask(gripper, 1);
        var errors = new List<double>();
        Eventually.True(() =>
        {
            while (queue.TryDequeue(out var sample))
            {
                lock (truth)
                {
                    int at = truth.FindLastIndex(t => t.Ns <= sample.OriginatingNs);
                    if (at > 10 && sample.Value.Moving)
                        errors.Add(Math.Abs(sample.Value.WidthM - truth[at].Width));
                }
            }
            return Newest(gripper) is { Position: 1, Moving: false };
        }, "closed");
        Assert.True(errors.Count >= 5, $"{errors.Count} states on the way");
        errors.Sort();
        Assert.True(errors[errors.Count / 2] < 0.003, $"median {errors[errors.Count / 2] * 1000:0.0} mm at 150 mm/s"); // 20 ms
    }

    [Fact]
    public void Answers_that_are_delayed_or_lost_cost_time_and_nothing_else()
    {
        var server = new GripperServer(_physics, new()
        {
            Host = _host,
            ActivatedAtStart = true,
            Transport = new() { DelayMsMin = 2, DelayMsMax = 6, ExtraDelayMs = 3, DropShare = 0.03 },
        });
        using var loop = new Loop(_physics, server);
        using var gripper = Driver();
        Says(gripper, "active at");
        Ask(gripper, 1);
        Eventually.True(() => Newest(gripper) is { Position: 1, Moving: false }, "closed");
        long seen = gripper.States.Counters.Received;
        Eventually.True(() => gripper.States.Counters.Received > seen + 60 && server.Sent["gripper"].Counts.Dropped > 0,
            "polls and drops");
        Assert.Equal(0, gripper.Status.Reconnects);
    }

    [Fact]
    public void A_client_that_shouts_is_closed_and_others_are_served()
    {
        var server = Server();
        using var loop = new Loop(_physics, server);
        using var gripper = Driver();
        Says(gripper, "not activated");
        using var loud = new System.Net.Sockets.TcpClient(_host, 63352);
        loud.Client.Blocking = false;
        byte[] noise = new byte[1 << 16];
        Array.Fill(noise, (byte)'A');
        Eventually.True(() =>
        {
            loud.Client.Send(noise, System.Net.Sockets.SocketFlags.None, out var error);
            return error is not (System.Net.Sockets.SocketError.Success or System.Net.Sockets.SocketError.WouldBlock);
        }, "the loud client is closed");
        long seen = gripper.States.Counters.Received;
        Eventually.True(() => gripper.States.Counters.Received > seen + 20, "polls");
        Assert.Equal(1, server.Clients);
    }

    [Fact]
    public void A_taken_port_is_said()
    {
        using var first = Server();
        first.Start();
        using var second = Server();
        var error = Assert.Throws<IOException>(second.Start);
        Assert.Contains($"{_host}:63352", error.Message);
        Assert.Contains("another cell", error.Message);
    }
}
