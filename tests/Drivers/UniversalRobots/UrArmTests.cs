using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.Time;
using RobotWorldModel.Drivers.UniversalRobots;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Drivers.Tests.UniversalRobots;

/// <summary>What the arm shows of a controller that comes, goes and misbehaves; against the Python stand-in.</summary>
public class UrArmTests
{
    [SkippableFact]
    public void Every_cycle_arrives_once_with_its_values_and_times()
    {
        using var mini = new UrMini();
        mini.Order("set actual_q 0.1 -1.2 1.3 -0.7 -1.5 0.4");
        using var arm = new UrArm(mini.Options());
        var queue = arm.States.Subscribe(1 << 14);
        arm.Start();
        Eventually.True(() => arm.States.Counters.Received > 1500, "three seconds of data");
        var samples = Drain(queue);
        for (int i = 1; i < samples.Count; i++)
        {
            Assert.Equal(samples[i - 1].Sequence + 1, samples[i].Sequence);
            Assert.True(samples[i].OriginatingNs > samples[i - 1].OriginatingNs, "times run backwards");
            Assert.InRange(samples[i].DeviceNs - samples[i - 1].DeviceNs, 1_999_990, 2_000_010);
        }
        var last = samples[^1];
        Assert.Equal(0.1, last.Value.Q[0]);
        Assert.Equal(0.4, last.Value.Q[5]);
        Assert.Equal(0.145, last.Value.TcpOffset[2]);
        Assert.Equal(0.925, last.Value.Payload);
        Assert.Equal((RobotMode.Running, SafetyStatusBits.Normal, RuntimeState.Stopped),
            (last.Value.Mode, last.Value.Safety, last.Value.Runtime));
        Assert.Equal(77, last.Value.Heartbeat);
        Assert.True(last.OriginatingNs <= last.ArrivalNs);
        Assert.Equal((0L, 0L, 500.0, 1), (arm.States.Counters.Lost, arm.States.Counters.Overrun, arm.States.RateHz, arm.ClockEpochs));
        Assert.Equal("controller", arm.Clock!.Domain);
    }

    [SkippableFact]
    public void Identity_and_geometry_are_the_controllers_own()
    {
        using var mini = new UrMini();
        using var arm = new UrArm(mini.Options());
        Assert.Null(arm.Identity);
        arm.Start();
        Eventually.True(() => arm.Identity is not null, "identity");
        Assert.Equal(("UR5e", "20235500000", "5.12.4.1101661", 500.0),
            (arm.Identity!.Model, arm.Identity.Serial, arm.Identity.ControllerVersion, arm.Identity.RateHz));
        Assert.Equal(64, arm.Identity.KinematicsHash.Length);
        Assert.True(arm.Kinematics.IsCalibrated);
        // the stand-in's first joint is turned by 1 mrad
        var nominal = new UrKinematics(UrModel.Ur5e).Flange(default).Position;
        Assert.Equal(nominal.Length * 0.001, (arm.Kinematics.Flange(default).Position - nominal).Length, 2e-5);
        Eventually.True(() => arm.Status.Message.Contains("UR5e 20235500000"), "status");
        Assert.Contains("500 Hz", arm.Status.Message);
    }

    [SkippableFact]
    public void A_CB3_controller_is_read_at_its_own_125_Hz()
    {
        using var mini = new UrMini(major: 3);
        using var arm = new UrArm(mini.Options("UR5"));
        arm.Start();
        Eventually.True(() => arm.States.Counters.Received > 100, "data");
        Assert.Equal((125.0, 125.0), (arm.States.RateHz, ((IArmControl)arm).ControlRateHz));
        Assert.Equal(0, arm.States.Counters.Lost);
        Eventually.True(() => arm.Identity is not null, "identity");
        Assert.Equal("UR5", arm.Identity!.Model);
    }

    [SkippableFact]
    public void It_may_start_before_the_robot_and_finds_it_again_after_every_loss()
    {
        string host = Ports.FreeLoopbackAddress();
        using var arm = new UrArm(new UrArmOptions { Host = host });
        arm.Start();
        Eventually.True(() => arm.Status.Message.Contains("refused port 30004"), "why it is not connected");
        Assert.False(arm.Status.Connected);
        using var mini = new UrMini(host: host);
        Eventually.True(() => arm.Status.Connected, "data");
        Assert.Equal(0, arm.Status.Reconnects);

        mini.Order("close");
        Eventually.True(() => !arm.Status.Connected, "loss seen");
        mini.Order("open");
        Eventually.True(() => arm.Status.Connected, "data again");
        mini.Order("pause");
        Eventually.True(() => !arm.Status.Connected && arm.Status.Message.Contains("silent"), "silence seen");
        mini.Order("resume");
        Eventually.True(() => arm.Status.Connected, "data again");
        Assert.Equal(2, arm.Status.Reconnects);
        Assert.Equal(1, arm.ClockEpochs);
    }

    [SkippableFact]
    public void Cycles_that_never_arrived_are_counted()
    {
        using var mini = new UrMini();
        using var arm = new UrArm(mini.Options());
        var queue = arm.States.Subscribe(1 << 15);
        arm.Start();
        Eventually.True(() => arm.States.Counters.Received > 50, "data");
        mini.Order("drop 7");
        Eventually.True(() => arm.States.Counters.Lost == 7, "7 lost");
        mini.Order("kill");
        Eventually.True(() => arm.Status.Reconnects == 1, "data again");
        mini.Order("drop 3");
        Eventually.True(() => arm.States.Counters.Received > 200, "more data");
        mini.Order("pause");
        Eventually.True(() => !arm.Status.Connected, "quiet");
        var samples = Drain(queue);
        Assert.Equal(samples[^1].Sequence - samples[0].Sequence + 1, samples.Count + arm.States.Counters.Lost);
        Assert.Equal(1, arm.ClockEpochs);
    }

    [SkippableFact]
    public void A_restarted_controller_is_a_new_epoch_and_time_goes_on()
    {
        using var mini = new UrMini();
        using var arm = new UrArm(mini.Options());
        var queue = arm.States.Subscribe(1 << 14);
        arm.Start();
        Eventually.True(() => arm.States.Counters.Received > 300, "data");
        mini.Order("restart");
        Eventually.True(() => arm.ClockEpochs == 2 && arm.Status.Connected, "new epoch");
        long received = arm.States.Counters.Received;
        Eventually.True(() => arm.States.Counters.Received > received + 100, "data again");
        var samples = Drain(queue);
        for (int i = 1; i < samples.Count; i++)
        {
            Assert.True(samples[i].Sequence > samples[i - 1].Sequence, "sequence steps back");
            Assert.True(samples[i].OriginatingNs > samples[i - 1].OriginatingNs, "time steps back");
        }
        Assert.InRange(samples[^1].ArrivalNs - samples[^1].OriginatingNs, 0, 1_000_000_000);
    }

    [SkippableFact]
    public void Fields_that_the_controller_does_not_have_are_left_out()
    {
        using var mini = new UrMini();
        mini.Order("unknown tcp_offset payload target_qd");
        using var arm = new UrArm(mini.Options());
        arm.Start();
        Eventually.True(() => arm.States.Counters.Received > 20, "data");
        Assert.True(arm.States.TryGetNewest(out var newest));
        Assert.True(double.IsNaN(newest.Value.Payload) && double.IsNaN(newest.Value.TcpOffset[0]));
        Assert.Equal((RobotMode.Running, 77, -1.57), (newest.Value.Mode, newest.Value.Heartbeat, newest.Value.Q[1]));

        mini.Order("unknown actual_q");
        mini.Order("kill");
        Eventually.True(() => arm.Status.Message.Contains("'actual_q' (NOT_FOUND)"), "what is missing is named");
        mini.Order("unknown");
        Eventually.True(() => arm.Status.Connected, "found again");
    }

    [SkippableFact]
    public void Text_messages_may_come_anywhere()
    {
        using var mini = new UrMini();
        mini.Order("text on");
        using var arm = new UrArm(mini.Options());
        arm.Start();
        Eventually.True(() => arm.States.Counters.Received > 200, "data");
        Assert.Equal(0, arm.States.Counters.Lost);
        Assert.Null(((IArmControl)arm).StartProgram(default));
    }

    [SkippableFact]
    public void A_package_of_size_0_ends_the_connection_not_the_program()
    {
        using var mini = new UrMini();
        using var arm = new UrArm(mini.Options());
        arm.Start();
        Eventually.True(() => arm.Status.Connected, "data");
        mini.Order("size0");
        Eventually.True(() => arm.Status is { Connected: true, Reconnects: 1 }, "data again");
    }

    [SkippableFact]
    public void What_is_wrong_is_said_with_what_to_do()
    {
        using var mini = new UrMini();
        Says(new() { Host = mini.Host, RtdePort = 29999 }, "is this a UR controller? RTDE is on 30004");
        Says(new() { Host = mini.Host, RtdePort = 30001 }, "is this a UR controller? RTDE is on 30004");
        Says(new() { Host = mini.Host, RtdePort = 30005 }, "refused port 30005");
        Says(new() { Host = "no-such-robot.invalid" }, "check the host in the config");
        mini.Order("refuse");
        Says(new() { Host = mini.Host }, "refused RTDE protocol version 2");
    }

    [SkippableFact]
    public void The_wrong_model_is_said_and_never_moved()
    {
        using var mini = new UrMini();
        using var arm = new UrArm(mini.Options("UR10e"));
        arm.Start();
        Eventually.True(() => arm.Status.Connected, "data flows");
        Assert.Contains("the config says UR10e", ((IArmControl)arm).StartProgram(default)); // at once: it waits until it knows
        Eventually.True(() => arm.Status.Message.Contains("is a UR5e, the config says UR10e"), "said");
        Assert.True(arm.Status.Connected);
        Assert.Equal(0, mini.Stat().GetProperty("scripts").GetInt32());
        Assert.False(arm.Kinematics.IsCalibrated);
    }

    [SkippableFact]
    public void PolyScope_X_without_a_dashboard_is_said_and_all_else_goes_on()
    {
        using var mini = new UrMini(major: 10);
        using var arm = new UrArm(mini.Options());
        arm.Start();
        Eventually.True(() => arm.Identity is not null, "identity");
        Assert.Equal("", arm.Identity!.Serial);
        Eventually.True(() => arm.Status.Message.Contains("PolyScope X has no dashboard"), "said");
        Assert.Null(((IArmControl)arm).StartProgram(default));
    }

    [Theory]
    [InlineData("watchdog_ms is 50")]
    [InlineData("servoj gain is 5000")]
    [InlineData("'UR7' is not a robot model")]
    [InlineData("no host is set")]
    public void Options_out_of_range_are_refused(string message)
    {
        var options = new UrArmOptions { Host = "127.0.0.1" };
        if (message.StartsWith("watchdog", StringComparison.Ordinal))
            options.WatchdogMs = 50;
        else if (message.StartsWith("servoj", StringComparison.Ordinal))
            options.ServojGain = 5000;
        else if (message.StartsWith("'UR7'", StringComparison.Ordinal))
            options.Model = "UR7";
        else
            options.Host = "";
        Assert.Contains(message, Assert.Throws<ArgumentException>(() => new UrArm(options)).Message);
    }

    private static void Says(UrArmOptions options, string expected)
    {
        using var arm = new UrArm(options);
        arm.Start();
        Eventually.True(() => arm.Status.Message.Contains(expected), $"{expected}; it says: {arm.Status.Message}");
        Assert.False(arm.Status.Connected);
    }

    private static List<Sample<RobotState>> Drain(SampleQueue<RobotState> queue)
    {
        var samples = new List<Sample<RobotState>>();
        while (queue.TryDequeue(out var sample))
            samples.Add(sample);
        return samples;
    }
}
