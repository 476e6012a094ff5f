using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.UniversalRobots;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Drivers.Tests.UniversalRobots;

/// <summary>The speed slider from here; against the Python stand-in.</summary>
public class SpeedSliderTests
{
    [SkippableTheory]
    [InlineData(0.5, 0.5)]
    [InlineData(0, 0.01)]
    [InlineData(1, 1)]
    public void It_is_moved_never_to_zero_and_its_mask_goes_back_to_zero(double asked, double set)
    {
        using var mini = new UrMini();
        mini.Order("set target_speed_fraction 0.7");
        using var arm = Started(mini);
        Assert.Null(Set(arm, asked));
        Assert.Equal(set, Newest(arm).TargetSpeedFraction);
        Eventually.True(() => Slider(mini).Length == 2, "the mask is reset");
        Assert.Equal([(1, set), (0, set)], Slider(mini));
    }

    [SkippableFact]
    public void One_that_a_fieldbus_owns_is_said_so_and_keeps_no_register_from_the_program()
    {
        using var mini = new UrMini();
        mini.Order("in_use speed_slider_mask speed_slider_fraction");
        using var arm = Started(mini);
        string? refusal = Set(arm, 0.5);
        Assert.Contains("speed_slider_mask, speed_slider_fraction (IN_USE)", refusal);
        Assert.DoesNotContain("\n", refusal);
        Assert.DoesNotContain("IN_USE", arm.Status.Message); // what the program needs is not
        Assert.Null(((IArmControl)arm).StartProgram(default));
        mini.Order("in_use");
        Assert.Null(Set(arm, 0.5));
        Assert.True(((IArmControl)arm).Send(ArmMode.Hold, default, default), "both recipes are ours");
    }

    [SkippableFact]
    public void One_that_does_not_move_is_said_so_and_is_claimed_again_on_the_next_connection()
    {
        using var mini = new UrMini();
        using var arm = Started(mini);
        mini.Order("stuck");
        Assert.Contains("did not move its speed slider", Set(arm, 0.5));
        Eventually.True(() => Slider(mini)[^1].Mask == 0, "the mask is reset");
        int before = arm.Status.Reconnects;
        mini.Order("kill");
        Eventually.True(() => arm.Status.Reconnects > before && arm.Status.Connected, "found again");
        Assert.Null(Set(arm, 1)); // where it stands
    }

    private static UrArm Started(UrMini mini)
    {
        var arm = new UrArm(mini.Options());
        arm.Start();
        Eventually.True(() => arm.Status.Connected && arm.States.TryGetNewest(out _), "connected");
        return arm;
    }

    private static string? Set(UrArm arm, double fraction) => ((IArmControl)arm).SetSpeed(fraction, default);

    private static RobotState Newest(UrArm arm) => arm.States.TryGetNewest(out var newest) ? newest.Value : default;

    private static (int Mask, double Fraction)[] Slider(UrMini mini) =>
        [.. mini.Stat().GetProperty("slider").EnumerateArray().Select(e => (e[0].GetInt32(), e[1].GetDouble()))];
}
