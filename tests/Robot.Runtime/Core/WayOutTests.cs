using RobotWorldModel.Drivers.Motion;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Runtime.Core;

namespace RobotWorldModel.Runtime.Tests.Core;

public class WayOutTests
{
    [Theory]
    [InlineData(ArmState.Ready, SafetyStatusBits.Normal, "")]
    [InlineData(ArmState.Moving, SafetyStatusBits.Reduced, "")]
    [InlineData(ArmState.PoweredOff, SafetyStatusBits.Normal, "./robot arm power on")]
    [InlineData(ArmState.ProtectiveStop, SafetyStatusBits.ProtectiveStop, "find the cause and see to it; then ./robot arm unlock")]
    [InlineData(ArmState.ProtectiveStop, SafetyStatusBits.SafeguardStop,
        "close the guard or clear the light curtain, and reset it; then ./robot arm unlock")]
    [InlineData(ArmState.EmergencyStop, SafetyStatusBits.RobotEmergencyStop,
        "when the cell is safe, release the button; then ./robot arm power on; then ./robot arm unlock")]
    [InlineData(ArmState.Fault, SafetyStatusBits.Normal, "read the cause and see to it; then ./robot arm unlock")]
    public void Of_each_state_it_is_said_what_a_person_does(ArmState state, SafetyStatusBits safety, string says) =>
        Assert.Equal(says, WayOut.Of(state, safety, enabled: true, hasDashboard: true));

    [Fact]
    public void Where_nothing_is_ordered_from_here_the_pendant_is_named()
    {
        foreach (ArmState state in (ArmState[])[ArmState.Idle, ArmState.ProtectiveStop, ArmState.EmergencyStop, ArmState.Fault])
        {
            string without = WayOut.Of(state, SafetyStatusBits.ProtectiveStop, enabled: false, hasDashboard: true);
            Assert.Contains("pendant", without);
            Assert.DoesNotContain("./robot", without); // which would refuse it
            Assert.Contains("pendant", WayOut.Of(state, SafetyStatusBits.ProtectiveStop, enabled: true, hasDashboard: false));
        }
        Assert.EndsWith("then ./robot arm unlock", // of our own mark, when the controller is at ease
            WayOut.Of(ArmState.Fault, SafetyStatusBits.Normal, enabled: true, hasDashboard: false));
    }
}
