using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.Teleoperation;
using RobotWorldModel.Drivers.Tests.Motion;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Drivers.Tests.Teleoperation;

public sealed class LeaderArmTests
{
    private const long Patient = 20_000_000_000; // where a test is not about gaps
    private readonly FakeArm _arm = new();

    [Fact]
    public void The_pendants_freedrive_button_is_the_switch_and_every_press_counts()
    {
        using LeaderArm leader = Started(new(), Patient);
        Eventually.True(() => Feed(0).Connected, "states come");
        Eventually.True(() => Feed(4) is { Held: true, Press: 1 }, "held");
        Assert.Equal(_arm.State.Q, leader.Read().LeaderQ);
        Show(0);
        Show(4); // between two looks
        Eventually.True(() => Feed(4).Press == 2, "let go and pressed");
        Assert.Contains("freedrive button", leader.Status.Message);

        TeleopInput Feed(uint bits) => Fed(leader, s => s with { StatusBits = bits });

        void Show(uint bits) => _arm.Change((ref RobotState s) => s.StatusBits = bits);
    }

    [Fact]
    public void A_stream_that_stops_a_safety_stop_and_lost_power_are_as_letting_go()
    {
        using LeaderArm leader = Started(new() { DeadMan = "standard:3" });
        Press();
        Eventually.True(() => leader.Read() is { Connected: false, Held: false }, "nothing comes"); // for 50 ms
        Eventually.True(() => Feed(8).Connected, "it is back");
        Assert.False(leader.Read().Held); // held all the while, and must be let go
        Press();
        Eventually.True(() => !Feed(8, safety: SafetyStatusBits.ProtectiveStop).Held, "stopped");
        Press();
        Eventually.True(() => !Feed(8, mode: RobotMode.PowerOff).Held, "without power");

        // Open and held at once, again and again: between them no gap is long enough to matter.
        void Press() => Eventually.True(
            () =>
            {
                Feed(0);
                return Feed(8).Held;
            },
            "held");

        TeleopInput Feed(ulong inputs, SafetyStatusBits safety = SafetyStatusBits.Normal, RobotMode mode = RobotMode.Running) =>
            Fed(leader, s => s with { DigitalInputs = inputs, Safety = safety, Mode = mode });
    }

    [Fact]
    public void Inputs_of_box_and_tool_ask_for_the_gripper()
    {
        using LeaderArm leader = Started(new() { GripperOpen = "configurable:0", GripperClose = "tool:1" }, Patient);
        Eventually.True(() => Fed(leader, s => s with { DigitalInputs = 1 << 17 }) is { GripperPress: 1, Gripper: 1 }, "closes");
        Eventually.True(() => Fed(leader, s => s with { DigitalInputs = 1 << 8 }) is { GripperPress: 2, Gripper: 0 }, "opens");
    }

    [Theory]
    [InlineData("input:3", "", "dead_man: 'input:3' is no button of an arm; use freedrive, standard:0 to 7")]
    [InlineData("tool:2", "", "dead_man: 'tool:2' is no button")]
    [InlineData("standard:-1", "", "dead_man: 'standard:-1' is no button")]
    [InlineData("tool:1", "tool:1", "gripper_open: tool:1 is the dead man's switch")]
    public void What_is_no_button_of_an_arm_is_refused(string deadMan, string open, string says)
    {
        var options = new LeaderArmOptions { DeadMan = deadMan, GripperOpen = open };
        Assert.Contains(says, Assert.Throws<ArgumentException>(options.Validate).Message);
    }

    private LeaderArm Started(LeaderArmOptions options, long gapNs = 50_000_000)
    {
        var leader = new LeaderArm(options, _arm, gapNs);
        leader.Start();
        return leader;
    }

    // The newest state once more, as a controller sends it each cycle.
    private TeleopInput Fed(LeaderArm leader, Func<RobotState, RobotState> change)
    {
        _arm.Change((ref RobotState s) => s = change(s));
        return leader.Read();
    }
}
