using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.Teleoperation;
using RobotWorldModel.Drivers.Tests.Motion;
using RobotWorldModel.Drivers.Tests.UniversalRobots;
using RobotWorldModel.Drivers.Time;
using RobotWorldModel.Drivers.UniversalRobots;
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

    [Fact]
    public void An_arm_of_which_nobody_knows_what_it_is_leads_nothing_and_its_switch_counts_as_let_go()
    {
        _arm.ModelDoubt = "it is being asked";
        using LeaderArm leader = Started(new(), Patient);
        Eventually.True(() => Feed(4).AliveNs > 0, "states come");
        Assert.False(Feed(0).Connected);
        long openNs = HostClock.NowNs;
        Eventually.True(() => Feed(4).AliveNs > openNs, "the open switch is seen, and pressed");
        Assert.False(leader.Read().Held);
        Assert.Equal((false, "the leading arm leads nothing: it is being asked"), (leader.Status.Connected, leader.Status.Message));
        _arm.ModelDoubt = null;
        Eventually.True(() => Feed(4).Connected, "it is known");
        Assert.False(leader.Read().Held); // held all the while
        Press();
        _arm.ModelDoubt = "it is being asked"; // of the next connection
        Eventually.True(() => Feed(4) is { Connected: false, Held: false }, "as letting go");
        _arm.ModelDoubt = null;
        Eventually.True(() => Feed(4).Connected, "it is known");
        Assert.False(leader.Read().Held);
        Press();

        void Press() => Eventually.True(
            () =>
            {
                Feed(0);
                return Feed(4).Held;
            },
            "held");

        TeleopInput Feed(uint bits) => Fed(leader, s => s with { StatusBits = bits });
    }

    /// <summary>A UR5e in freedrive, or a CB3's UR5, where the config says another: nothing of it is followed.</summary>
    [SkippableTheory]
    [InlineData(5, "UR3e", "is a UR5e, the config says UR3e: write teleoperation.model: UR5e, or give the address of the arm")]
    [InlineData(3, "UR5e", "runs at 125 Hz, a UR5e at 500 Hz: it is a CB3 arm (UR3, UR5, UR10); correct teleoperation.model")]
    public void Another_model_than_the_configs_leads_nothing(int major, string model, string says)
    {
        using var mini = new UrMini(major);
        mini.Order("set robot_status_bits 0");
        using var leader = new LeaderArm(new() { Host = mini.Host, Model = model });
        leader.Start();
        Eventually.True(() => leader.Status.Message.Contains(says), $"{says}; it says: {leader.Status.Message}");
        Assert.StartsWith("the leading arm leads nothing: ", leader.Status.Message);
        mini.Order("set robot_status_bits 4"); // somebody leads it
        long seenNs = leader.Read().AliveNs;
        Eventually.True(() => leader.Read().AliveNs > seenNs + 100_000_000, "states come");
        Assert.True(leader.Read() is { Connected: false, Held: false, Press: 0 } && !leader.Status.Connected);
    }

    [SkippableFact]
    public void An_arm_that_does_not_tell_its_model_leads_nothing()
    {
        using var mini = new UrMini();
        using var leader = new LeaderArm(new(), new UrArm(new() { Host = mini.Host, PrimaryPort = 30009 }));
        leader.Start();
        Eventually.True(() => leader.Status.Message.Contains("has not told which arm it is: the controller's configuration"), "said");
        Assert.True(leader.Read() is { Connected: false } && !leader.Status.Connected);
    }

    [SkippableFact]
    public void Garbage_and_a_restart_are_as_letting_go_and_two_clients_disturb_nobody()
    {
        using var mini = new UrMini();
        mini.Order("set robot_status_bits 0");
        using var leader = new LeaderArm(new() { Host = mini.Host }, new UrArm(new() { Host = mini.Host }), Patient);
        using var other = new LeaderArm(new() { Host = mini.Host }, new UrArm(new() { Host = mini.Host }), Patient);
        leader.Start();
        other.Start();
        int presses = 0;
        Press();
        foreach (string order in new[] { "size0", "restart" })
        {
            mini.Order(order);
            Eventually.True(() => !leader.Read().Held && !other.Read().Held, order);
            Eventually.True(() => leader.Read().Connected && other.Read().Connected, $"data after {order}");
            Assert.False(leader.Read().Held || other.Read().Held); // freedrive all the while
            Press();
        }
        Assert.Equal((2, 2), (leader.Status.Reconnects, other.Status.Reconnects));

        void Press()
        {
            mini.Order("set robot_status_bits 0");
            long openNs = HostClock.NowNs + 10_000_000;
            Eventually.True(() => All(i => i.Connected && i.AliveNs > openNs), "seen open");
            mini.Order("set robot_status_bits 4");
            presses++;
            Eventually.True(() => All(i => i.Held && i.Press == presses), "held");
        }

        bool All(Func<TeleopInput, bool> so) => so(leader.Read()) && so(other.Read());
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
