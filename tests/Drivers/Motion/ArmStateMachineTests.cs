using RobotWorldModel.Drivers.Motion;
using RobotWorldModel.Drivers.Samples;

namespace RobotWorldModel.Drivers.Tests.Motion;

public class ArmStateMachineTests
{
    private const SafetyStatusBits Normal = SafetyStatusBits.Normal;
    private static readonly ArmSigns s_standing = new(true, true, RobotMode.Running, Normal, 0);

    [Theory]
    [InlineData(RobotMode.Running, Normal, 0, ArmState.Ready)]
    [InlineData(RobotMode.Running, SafetyStatusBits.Reduced, 0.01, ArmState.Ready)]
    [InlineData(RobotMode.Running, Normal, 0.03, ArmState.Moving)]
    [InlineData(RobotMode.Running, Normal | SafetyStatusBits.ThreePositionEnabling, 0, ArmState.Idle)]
    [InlineData(RobotMode.Running, SafetyStatusBits.None, 0, ArmState.Idle)]
    [InlineData(RobotMode.Idle, Normal, 0, ArmState.Idle)]
    [InlineData(RobotMode.PowerOn, Normal, 0, ArmState.Idle)]
    [InlineData(RobotMode.Backdrive, Normal, 0, ArmState.Idle)]
    [InlineData(RobotMode.PowerOff, Normal, 0, ArmState.PoweredOff)]
    [InlineData(RobotMode.Booting, Normal, 0, ArmState.Connecting)]
    [InlineData(RobotMode.ConfirmSafety, Normal, 0, ArmState.Connecting)]
    [InlineData(RobotMode.Running, Normal | SafetyStatusBits.ProtectiveStop, 0, ArmState.ProtectiveStop)]
    [InlineData(RobotMode.Running, SafetyStatusBits.SafeguardStop, 0, ArmState.ProtectiveStop)]
    [InlineData(RobotMode.Running, SafetyStatusBits.Recovery, 0, ArmState.ProtectiveStop)]
    [InlineData(RobotMode.PowerOff, SafetyStatusBits.RobotEmergencyStop, 0, ArmState.EmergencyStop)]
    [InlineData(RobotMode.PowerOff, SafetyStatusBits.SystemEmergencyStop | SafetyStatusBits.ProtectiveStop, 0, ArmState.EmergencyStop)]
    [InlineData(RobotMode.PowerOff, SafetyStatusBits.Violation, 0, ArmState.Fault)]
    [InlineData(RobotMode.PowerOff, SafetyStatusBits.Fault, 0, ArmState.Fault)]
    public void What_the_controller_shows_is_one_state(RobotMode mode, SafetyStatusBits bits, double speed, ArmState state) =>
        Assert.Equal(state, ArmStateMachine.Seen(new(true, true, mode, bits, speed)));

    [Fact]
    public void Without_fresh_data_it_is_the_connection_that_counts()
    {
        Assert.Equal(ArmState.Disconnected, ArmStateMachine.Seen(s_standing with { Reached = false, Fresh = false }));
        Assert.Equal(ArmState.Connecting, ArmStateMachine.Seen(s_standing with { Fresh = false }));
    }

    [Theory]
    [InlineData(SafetyStatusBits.ProtectiveStop, ArmState.ProtectiveStop)]
    [InlineData(SafetyStatusBits.RobotEmergencyStop, ArmState.EmergencyStop)]
    [InlineData(SafetyStatusBits.Fault, ArmState.Fault)]
    public void A_stop_stays_until_the_controller_is_normal_and_a_person_has_acknowledged(SafetyStatusBits bits, ArmState state)
    {
        var machine = new ArmStateMachine();
        Assert.False(machine.Advance(s_standing));
        Assert.True(machine.Advance(s_standing with { Safety = bits }));
        Assert.False(machine.Advance(s_standing with { Safety = bits }));
        Assert.False(machine.Acknowledge(s_standing with { Safety = bits }));
        machine.Advance(s_standing); // the pendant has unlocked it, or the button was released
        Assert.Equal((state, true), (machine.State, machine.NeedsAcknowledge));
        machine.Advance(s_standing with { Mode = RobotMode.PowerOff });
        Assert.Equal(state, machine.State);
        machine.Advance(s_standing with { Fresh = false, Reached = false });
        Assert.Equal((ArmState.Disconnected, true), (machine.State, machine.NeedsAcknowledge));
        machine.Advance(s_standing);
        Assert.Equal(state, machine.State);
        Assert.True(machine.Acknowledge(s_standing));
        Assert.Equal((ArmState.Ready, false), (machine.State, machine.NeedsAcknowledge));
        Assert.True(machine.Advance(s_standing with { Safety = bits }));
    }

    [Fact]
    public void An_emergency_stop_outweighs_the_protective_stop_it_came_with()
    {
        var machine = new ArmStateMachine();
        Assert.True(machine.Advance(s_standing with { Safety = SafetyStatusBits.ProtectiveStop }));
        Assert.False(machine.Advance(s_standing with { Safety = SafetyStatusBits.EmergencyStopped }));
        machine.Advance(s_standing);
        Assert.Equal(ArmState.EmergencyStop, machine.State);
    }

    [Fact]
    public void A_stop_of_our_own_needs_a_person_too_and_does_not_hide_the_controllers()
    {
        var machine = new ArmStateMachine();
        machine.Advance(s_standing);
        Assert.True(machine.Fault());
        Assert.False(machine.Fault());
        Assert.Equal(ArmState.Fault, machine.State);
        Assert.True(machine.Acknowledge(s_standing));
        Assert.True(machine.Advance(s_standing with { Safety = SafetyStatusBits.ProtectiveStop }));
        Assert.False(machine.Fault());
        Assert.Equal(ArmState.ProtectiveStop, machine.State);
    }
}
