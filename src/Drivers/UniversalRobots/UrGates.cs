using RobotWorldModel.Drivers.Samples;

namespace RobotWorldModel.Drivers.UniversalRobots;

/// <summary>What a controller's state allows. A person powers, unlocks and confirms; this only says what is to be done.</summary>
internal static class UrGates
{
    private const SafetyStatusBits AnyEmergency =
        SafetyStatusBits.EmergencyStopped | SafetyStatusBits.SystemEmergencyStop | SafetyStatusBits.RobotEmergencyStop;

    /// <summary>Null when the safety state lets the arm be powered, else what is in the way and what to do.</summary>
    public static string? WhyNotPowered(in RobotState state) =>
        (state.Safety & (AnyEmergency | SafetyStatusBits.Fault | SafetyStatusBits.Violation)) != 0 ? WhyNotMoving(state)
            : state.Mode is RobotMode.PowerOff or RobotMode.PowerOn or RobotMode.Idle or RobotMode.Running ? null
            : $"robot mode is {Words(state.Mode)}";

    /// <summary>Null when mode and safety state allow motion, else what is in the way and what to do.</summary>
    public static string? WhyNotMoving(in RobotState state)
    {
        SafetyStatusBits safety = state.Safety;
        if ((safety & AnyEmergency) != 0)
            return "emergency stop is pressed: when the cell is safe, release it, then power the robot on";
        if ((safety & (SafetyStatusBits.Fault | SafetyStatusBits.Violation)) != 0)
            return "the safety system reports a fault or violation: read the cause on the pendant, then restart safety";
        if ((safety & SafetyStatusBits.ProtectiveStop) != 0)
            return "protective stop: find its cause, then unlock it (5 s after the stop at the earliest)";
        if ((safety & SafetyStatusBits.SafeguardStop) != 0)
            return "safeguard stop: close the guard or clear the light curtain, and reset it";
        if ((safety & SafetyStatusBits.Recovery) != 0)
            return "recovery mode: bring the arm back inside its limits with freedrive or the pendant's move screen";
        if (state.Mode != RobotMode.Running)
            return $"robot mode is {Words(state.Mode)}";
        if ((safety & (SafetyStatusBits.Normal | SafetyStatusBits.Reduced)) == 0)
            return $"the safety state is neither normal nor reduced (bits 0x{(uint)safety:x}): look at the pendant";
        return null;
    }

    private static string Words(RobotMode mode) => mode switch
    {
        RobotMode.PowerOff => "POWER_OFF: power it on and release its brakes",
        RobotMode.PowerOn or RobotMode.Idle => $"{(mode == RobotMode.Idle ? "IDLE" : "POWER_ON")}: release its brakes",
        RobotMode.Booting => "BOOTING: wait until it has booted",
        RobotMode.ConfirmSafety => "CONFIRM_SAFETY: confirm the safety setup on the pendant",
        RobotMode.Backdrive => "BACKDRIVE: leave backdrive on the pendant",
        RobotMode.UpdatingFirmware => "UPDATING_FIRMWARE: wait until it is done",
        RobotMode.Disconnected or RobotMode.NoController => "DISCONNECTED: wait for the controller, or restart it from the pendant",
        _ => $"{(int)mode}, which is not known here: look at the pendant",
    };
}
