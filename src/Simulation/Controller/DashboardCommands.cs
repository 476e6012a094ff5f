using RobotWorldModel.Drivers.Samples;

namespace RobotWorldModel.Simulation.Controller;

/// <summary>
/// The dashboard's commands, spelled and answered as in UR's "Dashboard Server e-Series". Programs of the pendant (.urp) do not exist
/// here: load finds no file, and play fails.
/// </summary>
internal sealed class DashboardCommands(
    UrControllerOptions options, PowerAndSafety power, ProgramRunner programs, PrimaryMessages messages)
{
    public string Answer(string command)
    {
        string reply = Ask(command) ?? "";
        if (reply.Length > 0)
            return reply;
        if (!options.RemoteControl && IsOrder(command))
            return "Command is not allowed due to safety reasons. Remote Control must be enabled";
        return Order(command) ?? $"could not understand: {command}";
    }

    private string? Ask(string command) => command switch
    {
        "robotmode" => $"Robotmode: {ModeName(power.Mode)}",
        "safetystatus" => $"Safetystatus: {SafetyName(power.Safety)}",
        "safetymode" => $"Safetymode: {SafetyName(power.Safety)}",
        "running" => $"Program running: {(programs.IsRunning ? "true" : "false")}",
        "programState" => programs.IsRunning ? $"PLAYING {programs.Name}" : "STOPPED <unnamed>",
        "get loaded program" => "No program loaded",
        "isProgramSaved" => "true <unnamed>",
        "PolyscopeVersion" => ControllerVersion.Polyscope,
        "version" => ControllerVersion.Short,
        "get serial number" => options.Serial,
        "get robot model" => options.Model.TrimEnd('e'), // the dashboard names the size alone
        "is in remote control" => options.RemoteControl ? "true" : "false",
        "get operational mode" => "NONE",
        "close popup" => Do(messages.ClosePopup, "closing popup"),
        "close safety popup" => "closing safety popup",
        _ when command.StartsWith("popup ") => Do(() => messages.Popup("Popup", command[6..]), "showing popup"),
        _ when command.StartsWith("addToLog ") => Do(() => messages.Text(command[9..]), "Added log message"),
        _ => null,
    };

    private static bool IsOrder(string command) =>
        command is "power on" or "power off" or "brake release" or "unlock protective stop" or "restart safety"
            or "stop" or "play" or "pause"
        || command.StartsWith("load ");

    private string? Order(string command) => command switch
    {
        "power on" => Do(power.PowerOn, "Powering on"),
        "power off" => Do(power.PowerOff, "Powering off"),
        "brake release" => Do(power.ReleaseBrakes, "Brake releasing"),
        "unlock protective stop" => power.UnlockProtectiveStop()
            ? "Protective stop releasing"
            : "Cannot unlock protective stop until 5s after occurrence. Always inspect cause of protective stop before unlocking",
        "restart safety" => Do(power.RestartSafety, "Restarting safety"),
        "stop" => Do(programs.Stop, "Stopped"),
        "play" or "pause" => $"Failed to execute: {command}",
        _ when command.StartsWith("load ") => $"File not found: {command[5..]}",
        _ => null,
    };

    private static string Do(Action action, string reply)
    {
        action();
        return reply;
    }

    private static string ModeName(RobotMode mode) => mode switch
    {
        RobotMode.PowerOff => "POWER_OFF",
        RobotMode.PowerOn => "POWER_ON",
        RobotMode.Idle => "IDLE",
        RobotMode.Running => "RUNNING",
        _ => mode.ToString().ToUpperInvariant(),
    };

    private static string SafetyName(SafetyMode safety) => safety switch
    {
        SafetyMode.Normal => "NORMAL",
        SafetyMode.Reduced => "REDUCED",
        SafetyMode.ProtectiveStop => "PROTECTIVE_STOP",
        SafetyMode.RobotEmergencyStop => "ROBOT_EMERGENCY_STOP",
        SafetyMode.Violation => "VIOLATION",
        SafetyMode.Fault => "FAULT",
        _ => safety.ToString().ToUpperInvariant(),
    };
}
