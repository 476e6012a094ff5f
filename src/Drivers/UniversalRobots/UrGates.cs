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

    /// <summary>What leads on from a mode that is not running.</summary>
    public static string WhatToDo(RobotMode mode) => mode switch
    {
        RobotMode.PowerOff => "power it on and release its brakes",
        RobotMode.PowerOn or RobotMode.Idle => "release its brakes",
        RobotMode.Booting => "wait until it has booted, then power it on and release its brakes",
        RobotMode.ConfirmSafety => "confirm the safety setup on the pendant",
        RobotMode.Backdrive => "leave backdrive on the pendant",
        RobotMode.UpdatingFirmware => "wait until it is done",
        RobotMode.Disconnected or RobotMode.NoController => "wait for the controller, or restart it from the pendant",
        _ => "look at the pendant",
    };

    private static string Words(RobotMode mode)
    {
        string name = mode switch
        {
            RobotMode.PowerOff => "POWER_OFF",
            RobotMode.PowerOn => "POWER_ON",
            RobotMode.Idle => "IDLE",
            RobotMode.Booting => "BOOTING",
            RobotMode.ConfirmSafety => "CONFIRM_SAFETY",
            RobotMode.Backdrive => "BACKDRIVE",
            RobotMode.UpdatingFirmware => "UPDATING_FIRMWARE",
            RobotMode.Disconnected or RobotMode.NoController => "DISCONNECTED",
            _ => $"{(int)mode}, which is not known here",
        };
        return $"{name}: {WhatToDo(mode)}";
    }
}
