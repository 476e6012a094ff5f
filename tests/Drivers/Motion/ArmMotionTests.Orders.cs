using RobotWorldModel.Drivers.Motion;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Drivers.Tests.Motion;

// What the controller is told besides motion.
public sealed partial class ArmMotionTests
{
    [Fact]
    public void A_tool_that_differs_is_refused_with_what_to_do_and_that_makes_it_equal()
    {
        _limits.PayloadCog = new(0, 0.01, 0.05);
        _arm.Change((ref RobotState s) => (s.TcpOffset, s.Payload) = (default, 0));
        ArmMotion motion = Started();
        Assert.Null(motion.TryAcquire("test", out string? refusal));
        Assert.Contains("the controller's TCP is [0, 0, 0, 0, 0, 0]", refusal);
        Assert.Contains("./robot arm tool --set", refusal);
        Assert.Null(motion.SetTool(default));
        Assert.Equal([ArmSettingKind.Tcp, ArmSettingKind.Payload], _arm.Settings.Select(s => s.Kind));
        Assert.Equal((0.925, 0.01), (_arm.State.Payload, _arm.State.PayloadCog.Y));
        using MotionLease lease = Acquire(motion, "test");
        Assert.True(lease.Active);
    }

    [Theory]
    [InlineData(0.06, null)]
    [InlineData(0.07, "centre of mass is (0, 0, 0.06), the config's robot.payload_cog (0, 0, 0.07)")]
    public void A_centre_of_mass_is_compared_where_the_config_has_one(double z, string? says)
    {
        _limits.PayloadCog = new(0, 0, z);
        Assert.Equal(says is null, Started().ToolDifference(_arm.State) is null);
        Assert.Contains(says ?? "", Started().ToolDifference(_arm.State) ?? "");
    }

    [Fact]
    public void Without_a_centre_of_mass_in_the_config_the_controllers_stays_and_one_that_nobody_knows_is_not_made_up()
    {
        ArmMotion motion = Started();
        Assert.Null(motion.SetTool(default));
        Assert.Equal(0.06, _arm.State.PayloadCog.Z);
        _arm.Change((ref RobotState s) => s.PayloadCog = new(double.NaN, double.NaN, double.NaN));
        Assert.Contains("set robot.payload_cog", motion.SetTool(default));
    }

    [Fact]
    public void While_the_arm_is_held_its_tool_stays_and_no_other_program_is_played_but_signals_and_slider_may_change()
    {
        ArmMotion motion = Started();
        using MotionLease lease = Acquire(motion, "jog");
        Assert.Contains("jog holds the arm", motion.SetTool(default));
        Assert.Contains("jog holds the arm", motion.Set(ArmSetting.Payload(1, default), default));
        foreach (ArmOrder order in Enum.GetValues<ArmOrder>().Where(o => o != ArmOrder.PowerOff))
            Assert.Contains("jog holds the arm", motion.Obey(order, default, "x"));
        Assert.Empty(_arm.Orders);
        Assert.Empty(_arm.Settings);
        Assert.Null(motion.Set(ArmSetting.Analog(0, 5, volts: true), default));
        Assert.Null(motion.SetSpeed(0.5, default));
        Assert.Equal(0.5, _arm.State.TargetSpeedFraction);
        Assert.True(lease.Active);
    }

    [Fact]
    public void Before_another_program_is_played_ours_has_ended_and_the_next_lease_starts_it_again()
    {
        ArmMotion motion = Started();
        Acquire(motion, "test").Dispose();
        Eventually.True(() => motion.Report().Owner is null && _arm.ProgramRuns, "our program runs on");
        Assert.Null(motion.Obey(ArmOrder.PlayProgram, default));
        Assert.Equal([ArmOrder.PlayProgram], _arm.Orders);
        Assert.False(_arm.RanWhenOrdered, "ours had ended");
        Assert.Equal(ArmMode.Stop, _arm.Last.Mode);
        int starts = _arm.Starts;
        using MotionLease lease = Acquire(motion, "test");
        Assert.Equal(starts + 1, _arm.Starts);
    }

    [Fact]
    public void After_a_stop_no_program_is_played_before_a_person_has_acknowledged()
    {
        ArmMotion motion = Started();
        _arm.Change((ref RobotState s) => s.Safety = SafetyStatusBits.Normal | SafetyStatusBits.ProtectiveStop);
        Eventually.True(() => motion.NeedsAcknowledge, "it is noticed");
        _arm.Change((ref RobotState s) => s.Safety = SafetyStatusBits.Normal);
        Assert.Contains("acknowledge", motion.Obey(ArmOrder.PlayProgram, default));
        Assert.Null(motion.Obey(ArmOrder.ShowPopup, default, "come and look"));
        Assert.Null(motion.Acknowledge());
        Assert.Null(motion.Obey(ArmOrder.PlayProgram, default));
        Assert.Equal([ArmOrder.ShowPopup, ArmOrder.PlayProgram], _arm.Orders);
    }

    [Fact]
    public void Another_program_is_told_from_ours_by_the_heartbeat_also_where_ours_was_refused()
    {
        ArmMotion motion = Started();
        Assert.False(motion.AnotherProgramRuns);
        _arm.Change((ref RobotState s) => s.Runtime = RuntimeState.Playing);
        _arm.StartRefusal = "local control";
        Assert.Contains("local control", motion.Set(new(ArmSettingKind.StandardOutput), default));
        Eventually.True(() => motion.AnotherProgramRuns, "a stop would find it");
        _arm.StartRefusal = null;
        using MotionLease lease = Acquire(motion, "test");
        Eventually.True(() => !motion.AnotherProgramRuns, "it is ours now");
    }

    [Fact]
    public void A_cell_that_only_records_orders_and_sets_nothing()
    {
        ArmMotion motion = Started(enabled: false);
        foreach (string? refusal in (string?[])[motion.SetTool(default), motion.SetSpeed(1, default),
            motion.Obey(ArmOrder.ShowPopup, default, "x"), motion.Set(new(ArmSettingKind.StandardOutput), default)])
            Assert.Contains("motion.enabled", refusal);
        Assert.True(motion.LookAtPendant().RemoteControl); // which changes nothing
    }
}
