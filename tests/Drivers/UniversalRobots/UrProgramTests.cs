using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Motion;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.UniversalRobots;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Drivers.Tests.UniversalRobots;

/// <summary>
/// Getting the control program running, what stands in its way, and set-points on the wire; against the Python stand-in.
/// </summary>
public class UrProgramTests
{
    [SkippableTheory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_program_starts_and_takes_set_points_in_one_package(bool claimAtConnect)
    {
        using var mini = new UrMini();
        UrArmOptions options = mini.Options();
        options.ClaimInputs = claimAtConnect;
        using var arm = Started(options);
        IArmControl control = arm;
        Assert.Equal(claimAtConnect, control.Send(ArmMode.Hold, default, default));
        Assert.Null(control.StartProgram(default));

        var q = new Vector6(0.1, -1.5, 1.5, -1.4, -1.3, 0.2);
        var qd = new Vector6(0.01, 0.02, 0.03, 0.04, 0.05, 0.06);
        Eventually.True(() => control.Send(ArmMode.Servo, q, qd) && Newest(arm) is { ProgramStatus: 1, EchoedCounter: > 1 }, "obeyed");
        int counter = Newest(arm).EchoedCounter;
        Eventually.True(() => control.Send(ArmMode.Servo, q, qd) && Newest(arm).EchoedCounter > counter, "counter grows");
        var last = mini.Stat().GetProperty("last");
        for (int i = 0; i < 6; i++)
        {
            Assert.Equal(q[i], last.GetProperty($"input_double_register_{24 + i}").GetDouble());
            Assert.Equal(qd[i], last.GetProperty($"input_double_register_{30 + i}").GetDouble());
        }
        Assert.Equal(1, last.GetProperty("input_int_register_25").GetInt32());

        Assert.False(control.Send(ArmMode.Servo, new(double.NaN, 0, 0, 0, 0, 0), qd), "NaN was sent");
        Assert.False(control.Send(ArmMode.Servo, q, new(0, double.PositiveInfinity, 0, 0, 0, 0)), "infinity was sent");
        Assert.True(control.Send(ArmMode.Stop, q, default));
        Eventually.True(() => Newest(arm) is { ProgramStatus: 3, Runtime: RuntimeState.Stopped }, "ended");
    }

    [SkippableFact]
    public void Sending_allocates_nothing()
    {
        using var mini = new UrMini();
        using var arm = Started(mini.Options());
        IArmControl control = arm;
        var q = new Vector6(1, 2, 3, 4, 5, 6);
        bool all = true;
        int sent = 0;
        Assert.Equal(0, Allocations.OfOneRound(() =>
        {
            for (int i = 0; i < 500; i++, sent++)
                all &= control.Send(ArmMode.Hold, q, default);
        }));
        Assert.True(all);
        Eventually.True(() => mini.Stat().GetProperty("inputs").GetInt32() == sent, "all arrived");
    }

    [SkippableFact]
    public void A_second_start_is_not_fooled_by_the_first_programs_heartbeat()
    {
        using var mini = new UrMini();
        using var arm = Started(mini.Options());
        IArmControl control = arm;
        Assert.Null(control.StartProgram(default));
        int first = Newest(arm).Heartbeat;
        Assert.Null(control.StartProgram(default));
        Assert.Equal(2, mini.Stat().GetProperty("scripts").GetInt32());
        Assert.NotEqual(first / ControlProgram.HeartbeatRange, Newest(arm).Heartbeat / ControlProgram.HeartbeatRange);
    }

    [Fact]
    public void A_new_heartbeat_is_in_another_range_than_the_one_before()
    {
        foreach (int seen in (int[])[0, 1, 1_000_000, 1_999_999, 42_000_007, 1_999_000_000, int.MaxValue])
            for (int i = 0; i < 20_000; i++)
            {
                int first = ControlProgram.NewHeartbeat(seen), range = first / ControlProgram.HeartbeatRange;
                Assert.NotEqual(seen / ControlProgram.HeartbeatRange, range);
                Assert.InRange(range, 1, 1999);
                Assert.Equal(0, first % ControlProgram.HeartbeatRange);
            }
    }

    [SkippableFact]
    public void Registers_in_use_are_named_with_their_likely_owner_and_data_flows_on()
    {
        using var mini = new UrMini();
        mini.Order("in_use input_double_register_24 input_int_register_25");
        using var arm = Started(mini.Options());
        IArmControl control = arm;
        string? problem = control.StartProgram(default);
        Assert.Contains("input_double_register_24, input_int_register_25 (IN_USE)", problem);
        Assert.Contains("EtherNet/IP", problem);
        Assert.Contains("IN_USE", arm.Status.Message);
        Assert.False(control.Send(ArmMode.Hold, default, default));
        Assert.True(arm.Status.Connected);
        Assert.Equal(0, mini.Stat().GetProperty("scripts").GetInt32());

        mini.Order("in_use");
        Assert.Null(control.StartProgram(default));
        Assert.DoesNotContain("IN_USE", arm.Status.Message);
    }

    [SkippableFact]
    public async Task Registers_held_by_a_client_that_is_gone_are_asked_for_again()
    {
        using var mini = new UrMini();
        mini.Order("in_use input_int_register_24");
        using var arm = Started(mini.Options());
        IArmControl control = arm;
        Assert.Contains("IN_USE", arm.Status.Message);
        var start = Task.Run(() => control.StartProgram(default));
        mini.Order("in_use"); // the controller has noticed that the owner is gone
        Assert.Null(await start);
    }

    [SkippableTheory]
    [InlineData("set robot_mode 5", "IDLE: release its brakes")]
    [InlineData("set robot_mode 3", "POWER_OFF: power it on")]
    [InlineData("set safety_status_bits 1028", "protective stop: find its cause, then unlock it")]
    [InlineData("set safety_status_bits 1216", "emergency stop is pressed")]
    [InlineData("set safety_status_bits 512", "fault or violation")]
    [InlineData("set safety_status_bits 16", "safeguard stop")]
    [InlineData("set safety_status_bits 0", "neither normal nor reduced")]
    [InlineData("local", "switch it to remote control")]
    [InlineData("reject compile_error_name_not_found:get_steptime:", "line 12, column 5: compile_error_name_not_found:get_steptime:")]
    public void What_is_in_the_way_is_said_with_what_to_do(string order, string expected)
    {
        using var mini = new UrMini();
        using var arm = Started(mini.Options());
        Eventually.True(() => arm.Identity is not null, "identity");
        mini.Order(order);
        if (order.StartsWith("set", StringComparison.Ordinal))
            Eventually.True(() => arm.Status.Message.Contains(expected), $"in the status: {arm.Status.Message}");
        Assert.Contains(expected, ((IArmControl)arm).StartProgram(default));
    }

    [SkippableFact]
    public void A_lost_connection_is_not_sent_to()
    {
        using var mini = new UrMini();
        using var arm = Started(mini.Options());
        IArmControl control = arm;
        Assert.True(control.Send(ArmMode.Hold, default, default));
        mini.Order("close");
        Eventually.True(() => !control.Send(ArmMode.Hold, default, default), "refused");
        Eventually.True(() => !arm.Status.Connected, "seen");
        Assert.Contains("not connected", control.StartProgram(default));
        mini.Order("open");
        Eventually.True(() => control.Send(ArmMode.Hold, default, default), "claimed again");
    }

    [SkippableFact]
    public void A_setting_goes_out_with_the_set_points_and_is_waited_for()
    {
        using var mini = new UrMini();
        using var arm = Started(mini.Options());
        IArmControl control = arm;
        Assert.Null(control.StartProgram(default));
        using var sending = new CancellationTokenSource();
        Task sender = KeepSending(control, sending.Token);
        Assert.Null(control.Set(new(ArmSettingKind.ToolOutput, 1, true), default));
        var last = mini.Stat().GetProperty("last");
        Assert.Equal((4, 1, 1), (last.GetProperty("input_int_register_27").GetInt32(),
            last.GetProperty("input_int_register_28").GetInt32(), last.GetProperty("input_int_register_29").GetInt32()));
        int first = last.GetProperty("input_int_register_26").GetInt32();
        Assert.Null(control.Set(new(ArmSettingKind.ZeroForceSensor), default));
        Assert.NotEqual(first, mini.Stat().GetProperty("last").GetProperty("input_int_register_26").GetInt32());
        sending.Cancel();
        Assert.True(sender.Wait(10_000));
        Assert.Contains("did not make the setting", control.Set(new(ArmSettingKind.StandardOutput), default)); // nobody sends
    }

    // Set-points about as often as the arm's thread sends them.
    private static Task KeepSending(IArmControl control, CancellationToken stop) => Task.Run(() =>
    {
        while (!stop.WaitHandle.WaitOne(1))
            control.Send(ArmMode.Hold, default, default);
    }, CancellationToken.None);

    [SkippableFact]
    public void A_CB3_arm_has_no_force_sensor_to_zero()
    {
        using var mini = new UrMini(major: 3);
        using var arm = Started(mini.Options("UR5"));
        Assert.Contains("no force sensor", ((IArmControl)arm).Set(new(ArmSettingKind.ZeroForceSensor), default));
        Assert.DoesNotContain("zero_ftsensor", ControlProgram.Text(mini.Options("UR5"), 1_000_000));
        Assert.Contains("zero_ftsensor()", ControlProgram.Text(mini.Options("UR5e"), 1_000_000));
    }

    [SkippableFact]
    public void A_tool_goes_out_with_its_numbers()
    {
        using var mini = new UrMini();
        using var arm = Started(mini.Options());
        IArmControl control = arm;
        Assert.Null(control.StartProgram(default));
        using var sending = new CancellationTokenSource();
        Task sender = KeepSending(control, sending.Token);
        Assert.Null(control.Set(ArmSetting.Tcp(Pose.FromVector(new(0.1, 0.2, 0.3, 0, 0, 0.5))), default));
        Sent(7, 0.1, 0.2, 0.3, 0, 0, 0.5);
        Assert.Null(control.Set(ArmSetting.Payload(1.5, new(0.01, 0.02, 0.03)), default));
        Sent(8, 1.5, 0.01, 0.02, 0.03, 0, 0);
        Assert.Null(control.Set(ArmSetting.Analog(1, 12, volts: false), default));
        Sent(5, 0.5, 0, 0, 0, 0, 0);
        sending.Cancel();
        Assert.True(sender.Wait(10_000));

        void Sent(int kind, params double[] values)
        {
            var last = mini.Stat().GetProperty("last");
            Assert.Equal(kind, last.GetProperty("input_int_register_27").GetInt32());
            for (int i = 0; i < 6; i++)
                Assert.Equal(values[i], last.GetProperty($"input_double_register_{36 + i}").GetDouble(), 1e-12);
        }
    }

    [Theory]
    [InlineData(3, 15, "set_payload(m")]
    [InlineData(5, 9, "set_payload(m")]
    [InlineData(5, 10, "set_target_payload(m")]
    [InlineData(10, 7, "set_target_payload(m")]
    public void The_payload_is_set_by_what_the_software_has(int major, int minor, string call)
    {
        var options = new UrArmOptions { Host = "x" };
        Assert.Contains($" {call}", ControlProgram.Text(options, 1_000_000, new(major, minor, 0, 0)));
        Assert.Contains(" set_payload(m", ControlProgram.Text(options, 1_000_000));
    }

    [Theory]
    [InlineData(0, -0.1, true)]
    [InlineData(0, 10.1, true)]
    [InlineData(1, 3.9, false)]
    [InlineData(1, double.NaN, false)]
    public void An_analog_output_has_its_range(int output, double amount, bool volts) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => ArmSetting.Analog(output, amount, volts));

    [Fact]
    public void What_no_controller_has_is_no_setting()
    {
        foreach (ArmSetting setting in (ArmSetting[])[new(ArmSettingKind.ToolVoltage, 5), new(ArmSettingKind.AnalogOutput, 2),
            new(ArmSettingKind.AnalogOutput, 0, Values: new(1.1, 0, 0, 0, 0, 0)), ArmSetting.Payload(-1, default),
            ArmSetting.Payload(1, new(double.NaN, 0, 0)), new(ArmSettingKind.ToolOutput, 2), new(ArmSettingKind.StandardOutput, 8)])
            Assert.Throws<ArgumentOutOfRangeException>(setting.Validate);
        ArmSetting.Analog(1, 10, volts: true).Validate();
        new ArmSetting(ArmSettingKind.ToolVoltage, 24).Validate();
    }

    [Fact]
    public void The_program_is_filled_in_and_short()
    {
        var options = new UrArmOptions { Host = "x", Model = "UR10e", JointSpeedLimit = 2.5, WatchdogMs = 150 };
        string text = ControlProgram.Text(options, 5_000_000);
        Assert.DoesNotContain("{{", text);
        Assert.Contains("max_speed = [2.0943951024, 2.0943951024, 2.5, 2.5, 2.5, 2.5]", text);
        Assert.Contains("watchdog = 0.15\n", text);
        Assert.Contains("lookahead_time=0.03, gain=2000)", text);
        Assert.EndsWith("\nend\n", text);
        Assert.True(text.Split('\n').Length <= 180); // motion and settings in one: who reads it before it runs must be able to
        Assert.All(text, c => Assert.InRange(c, '\n', '~'));
        // every block that is opened is closed
        string[] lines = [.. text.Split('\n').Select(l => l.Split('#')[0].Trim())];
        int opened = lines.Count(l => l.EndsWith(':') && !l.StartsWith("el", StringComparison.Ordinal));
        Assert.Equal(opened, lines.Count(l => l == "end"));
    }

    private static UrArm Started(UrArmOptions options)
    {
        var arm = new UrArm(options);
        arm.Start();
        Eventually.True(() => arm.Status.Connected, "data");
        return arm;
    }

    private static RobotState Newest(UrArm arm)
    {
        Assert.True(arm.States.TryGetNewest(out var newest));
        return newest.Value;
    }
}
