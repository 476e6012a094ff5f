using RobotWorldModel.Drivers.Motion;
using RobotWorldModel.Drivers.Samples;

namespace RobotWorldModel.Runtime.Core;

/// <summary>From a state of the arm to what a person does to leave it, in one line; docs/safety.md has the same as a table.</summary>
internal static class WayOut
{
    /// <param name="safety">The controller's, of this moment.</param>
    /// <param name="enabled">motion.enabled: without it nothing is ordered from here.</param>
    /// <param name="hasDashboard">The controller can be powered and unlocked from here.</param>
    /// <returns>Empty where the arm is ready, or moves.</returns>
    public static string Of(ArmState state, SafetyStatusBits safety, bool enabled, bool hasDashboard)
    {
        const SafetyStatusBits Emergency = SafetyStatusBits.EmergencyStopped | SafetyStatusBits.SystemEmergencyStop
            | SafetyStatusBits.RobotEmergencyStop;
        const SafetyStatusBits Good = SafetyStatusBits.Normal | SafetyStatusBits.Reduced;
        bool fromHere = enabled && hasDashboard, atEase = (safety & Good) != 0 && (safety & ~Good) == 0;
        string power = fromHere ? "./robot arm power on" : "power it and release its brakes at the pendant";
        string unlock = fromHere || (enabled && atEase) ? "./robot arm unlock"
            : enabled ? "unlock it at the pendant, then ./robot arm unlock"
            : "unlock it at the pendant";
        return state switch
        {
            ArmState.Disconnected => "check its power, its cable and robot.host in the config; it is tried again and again",
            ArmState.Connecting => "wait until it has booted; where its pendant asks for the safety setup, confirm it there",
            ArmState.PoweredOff or ArmState.Idle => power,
            ArmState.ProtectiveStop when (safety & SafetyStatusBits.SafeguardStop) != 0 =>
                $"close the guard or clear the light curtain, and reset it; then {unlock}",
            ArmState.ProtectiveStop => $"find the cause and see to it; then {unlock}",
            ArmState.EmergencyStop when (safety & Emergency) != 0 =>
                $"when the cell is safe, release the button; then {power}; then {unlock}",
            ArmState.EmergencyStop => $"look at the cell; {power} where it has none; then {unlock}",
            ArmState.Fault => $"read the cause and see to it; then {unlock}",
            _ => "",
        };
    }
}
