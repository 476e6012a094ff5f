using RobotWorldModel.Drivers.Motion;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.UniversalRobots;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Drivers.Tests.UniversalRobots;

/// <summary>The pendant's buttons from here; against the Python stand-in.</summary>
public class DashboardOrdersTests
{
    private const int ProtectiveStop = 4, EmergencyStop = 128 + 64, Violation = 256;

    [SkippableFact]
    public void Power_comes_with_the_brakes_and_goes_again()
    {
        using var mini = new UrMini();
        mini.Order("set robot_mode 3");
        using var arm = Started(mini);
        Assert.Null(Obey(arm, ArmOrder.PowerOn));
        Assert.Equal(RobotMode.Running, Newest(arm).Mode);
        Assert.Equal(["power on", "brake release"], Asked(mini));
        Assert.Null(Obey(arm, ArmOrder.PowerOn)); // it is on: nothing is asked
        Assert.Equal(2, Asked(mini).Length);
        Assert.Null(Obey(arm, ArmOrder.PowerOff));
        Assert.Equal(RobotMode.PowerOff, Newest(arm).Mode);
    }

    [SkippableTheory]
    [InlineData(EmergencyStop, "release it")]
    [InlineData(Violation, "restart safety")]
    public void Power_is_not_asked_for_while_the_safety_system_forbids_it(int bits, string whatToDo)
    {
        using var mini = new UrMini();
        mini.Order("set robot_mode 3");
        mini.Order($"set safety_status_bits {bits}");
        using var arm = Started(mini);
        Assert.Contains(whatToDo, Obey(arm, ArmOrder.PowerOn));
        Assert.Empty(Asked(mini));
    }

    [SkippableFact]
    public void A_protective_stop_is_unlocked_as_soon_as_the_controller_allows_it()
    {
        using var mini = new UrMini();
        mini.Order($"set safety_status_bits {ProtectiveStop}");
        mini.Order("locked 3"); // too early three times
        using var arm = Started(mini);
        Assert.Null(Obey(arm, ArmOrder.UnlockProtectiveStop));
        Assert.Equal(SafetyStatusBits.Normal, Newest(arm).Safety);
        Assert.Equal(["close safety popup", .. Enumerable.Repeat("unlock protective stop", 4)], Asked(mini));
    }

    [SkippableFact]
    public void There_is_nothing_to_unlock_and_nothing_to_restart_where_all_is_well()
    {
        using var mini = new UrMini();
        using var arm = Started(mini);
        Assert.Contains("nothing to unlock", Obey(arm, ArmOrder.UnlockProtectiveStop));
        Assert.Contains("no need", Obey(arm, ArmOrder.RestartSafety));
        Assert.Empty(Asked(mini));
    }

    [SkippableFact]
    public void A_violation_is_left_by_a_restart_of_the_safety_system_without_power()
    {
        using var mini = new UrMini();
        mini.Order($"set safety_status_bits {Violation}");
        using var arm = Started(mini);
        Assert.Null(Obey(arm, ArmOrder.RestartSafety));
        Assert.Equal((SafetyStatusBits.Normal, RobotMode.PowerOff), (Newest(arm).Safety, Newest(arm).Mode));
    }

    [SkippableFact]
    public void In_local_control_nothing_is_ordered()
    {
        using var mini = new UrMini();
        mini.Order("local");
        mini.Order("set robot_mode 3");
        using var arm = Started(mini);
        Assert.Contains("remote control", Obey(arm, ArmOrder.PowerOn));
        Assert.Empty(Asked(mini));
    }

    [SkippableFact]
    public void PolyScope_X_has_no_buttons_for_us()
    {
        using var mini = new UrMini(major: 10);
        using var arm = Started(mini);
        foreach (ArmOrder order in Enum.GetValues<ArmOrder>())
            Assert.Matches("^PolyScope X has no dashboard server: .*pendant", Obey(arm, order));
        Assert.Matches("^PolyScope X has no dashboard server: .*pendant", ((IArmControl)arm).LookAtPendant().Note);
    }

    [SkippableFact]
    public void A_controller_that_is_away_is_said_so()
    {
        using var mini = new UrMini();
        using var arm = Started(mini);
        mini.Order("close");
        Eventually.True(() => !arm.Status.Connected, "lost");
        Assert.Contains("not connected", Obey(arm, ArmOrder.PowerOn));
    }

    [SkippableFact]
    public void A_program_is_loaded_played_paused_and_stopped_and_the_pendant_is_seen()
    {
        using var mini = new UrMini();
        using var arm = Started(mini);
        Assert.Equal(new PendantReport(true, "", "STOPPED <unnamed>", ""), ((IArmControl)arm).LookAtPendant());
        Assert.Contains("did not load it: File not found: wave; give its name", Obey(arm, ArmOrder.LoadProgram, "wave"));
        Assert.Contains("is a program loaded", Obey(arm, ArmOrder.PlayProgram));
        Assert.Contains("no program is playing", Obey(arm, ArmOrder.PauseProgram));
        Assert.Null(Obey(arm, ArmOrder.LoadProgram, "wave.urp"));
        Assert.Null(Obey(arm, ArmOrder.PlayProgram));
        Assert.Equal(new PendantReport(true, "/programs/wave.urp", "PLAYING wave.urp", ""), ((IArmControl)arm).LookAtPendant());
        Assert.Null(Obey(arm, ArmOrder.PauseProgram));
        Assert.Null(Obey(arm, ArmOrder.StopProgram));
        Assert.Equal(["load wave", "play", "pause", "load wave.urp", "play", "pause", "stop"],
            Asked(mini).Where(a => a != "programState"));
    }

    [SkippableFact]
    public void Nothing_is_played_on_an_arm_that_may_not_move()
    {
        using var mini = new UrMini();
        mini.Order($"set safety_status_bits {ProtectiveStop}");
        using var arm = Started(mini);
        Assert.Contains("protective stop: find its cause", Obey(arm, ArmOrder.PlayProgram));
        Assert.Empty(Asked(mini));
    }

    [SkippableFact]
    public void A_popup_is_shown_and_closed_in_local_control_too_and_is_one_line()
    {
        using var mini = new UrMini();
        mini.Order("local");
        using var arm = Started(mini);
        Assert.Contains("remote control", Obey(arm, ArmOrder.PlayProgram));
        Assert.False(((IArmControl)arm).LookAtPendant().RemoteControl);
        Assert.Null(Obey(arm, ArmOrder.ShowPopup, "put the cube back"));
        Assert.Null(Obey(arm, ArmOrder.ClosePopup));
        Assert.Contains("takes one line", Obey(arm, ArmOrder.ShowPopup, "hello\npower off"));
        Assert.Equal(["popup put the cube back", "close popup", "close safety popup"], Asked(mini).Where(a => a != "programState"));
    }

    private static UrArm Started(UrMini mini)
    {
        var arm = new UrArm(mini.Options());
        arm.Start();
        Eventually.True(() => arm.Status.Connected && arm.States.TryGetNewest(out _), "connected");
        return arm;
    }

    private static string? Obey(UrArm arm, ArmOrder order, string text = "") => ((IArmControl)arm).Obey(order, text, default);

    private static RobotState Newest(UrArm arm) => arm.States.TryGetNewest(out var newest) ? newest.Value : default;

    // Orders, without the questions.
    private static string[] Asked(UrMini mini) =>
        [.. mini.Stat().GetProperty("dashboard").EnumerateArray().Select(e => e.GetString()!)
            .Where(s => !s.StartsWith("get ", StringComparison.Ordinal) && !s.StartsWith("is ", StringComparison.Ordinal))];
}
