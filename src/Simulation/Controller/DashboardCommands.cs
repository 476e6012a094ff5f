using RobotWorldModel.Drivers.Samples;

namespace RobotWorldModel.Simulation.Controller;

/// <summary>What the dashboard can do to the whole controller.</summary>
internal interface IDashboardHost
{
    ControllerVersion Version { get; }

    /// <summary>Dashboard and scripts may change something; always so on a CB3.</summary>
    bool RemoteControl { get; }

    /// <summary>Starts a script as if it had been sent. False where it did not start.</summary>
    bool Play(string script);

    void Shutdown();
}

/// <summary>
/// The dashboard's commands, spelled and answered as in UR's "Dashboard Server e-Series" and "CB-Series", each from the version on that it
/// is documented for.
/// </summary>
internal sealed class DashboardCommands
{
    private const string InLocalControl = "Command is not allowed due to safety reasons, please switch robot to Remote Control mode and "
        + "reconnect to port 29999";

    /// <param name="Answer">From what follows the name to the reply.</param>
    private sealed record Command(string Name, Since Since, bool IsOrder, bool TakesText, Func<string, string> Answer);

    private readonly List<Command> _commands = [];
    private readonly UrControllerOptions _options;
    private readonly IDashboardHost _host;
    private readonly PowerAndSafety _power;
    private readonly ProgramRunner _programs;
    private readonly ProgramStore _store;
    private readonly PrimaryMessages _messages;
    private string _operationalMode = "NONE", _userRole = "NONE";
    private int _flightReports;

    public DashboardCommands(UrControllerOptions options, IDashboardHost host, PowerAndSafety power, ProgramRunner programs,
        ProgramStore store, PrimaryMessages messages)
    {
        (_options, _host, _power, _programs, _store, _messages) = (options, host, power, programs, store, messages);
        AddQuestions();
        AddPowerAndSafety();
        AddPrograms();
        AddPendant();
    }

    public string Answer(string command)
    {
        foreach (Command known in _commands)
        {
            bool named = known.TakesText
                ? command.StartsWith(known.Name, StringComparison.Ordinal)
                    && (command.Length == known.Name.Length || command[known.Name.Length] == ' ')
                : command == known.Name;
            if (!named || !_host.Version.Has(known.Since))
                continue;
            return known.IsOrder && !_host.RemoteControl ? InLocalControl : known.Answer(command[known.Name.Length..].Trim());
        }
        return $"could not understand: {command}";
    }

    private string ProgramName => _programs.IsRunning ? _programs.Name : _store.Loaded ?? "<unnamed>";

    private bool IsPaused => _programs.IsPaused;

    private void AddQuestions()
    {
        Ask("robotmode", default, () => $"Robotmode: {UpperSnake(_power.Mode.ToString())}");
        Ask("safetystatus", Since.ESeries(4), () => $"Safetystatus: {UpperSnake(_power.Safety.ToString())}");
        Ask("safetymode", default, () => $"Safetymode: {UpperSnake(_power.Safety.ToString())}");
        Ask("running", default, () => $"Program running: {TrueOrFalse(_programs.IsRunning && !IsPaused)}");
        Ask("programState", default,
            () => $"{(IsPaused ? "PAUSED" : _programs.IsRunning ? "PLAYING" : "STOPPED")} {ProgramName}");
        Ask("get loaded program", default, () => _store.Loaded is null ? "No program loaded" : $"Loaded program: {_store.LoadedPath}");
        Ask("isProgramSaved", default, () => $"true {_store.Loaded ?? "<unnamed>"}");
        Ask("PolyscopeVersion", default, () => _host.Version.Polyscope);
        Ask("version", Since.ESeries(0), () => _host.Version.ToString());
        Ask("get serial number", Since.Both(12, 6), () => _options.Serial);
        Ask("get robot model", Since.Both(12, 6), () => _options.Model.TrimEnd('e')); // the dashboard names the size alone
        Ask("is in remote control", Since.ESeries(6), () => TrueOrFalse(_host.RemoteControl));
        Ask("get operational mode", Since.ESeries(6), () => _operationalMode);
        Ask("getUserRole", Since.Cb3(1), () => _userRole);
    }

    private void AddPowerAndSafety()
    {
        Order("power on", default, () => Do(_power.PowerOn, "Powering on"));
        Order("power off", default, () => Do(_power.PowerOff, "Powering off"));
        Order("brake release", default, () => Do(_power.ReleaseBrakes, "Brake releasing"));
        Order("unlock protective stop", Since.Both(1, 0), () => _power.UnlockProtectiveStop()
            ? "Protective stop releasing"
            : "Cannot unlock protective stop until 5s after occurrence. Always inspect cause of protective stop before unlocking");
        Order("restart safety", Since.Both(7, 1), () => Do(_power.RestartSafety, "Restarting safety"));
        Order("shutdown", default, () => Do(_host.Shutdown, "Shutting down"));
    }

    private void AddPrograms()
    {
        OrderWith("load installation", Since.Both(2, 0), _store.LoadInstallation);
        OrderWith("load", default, _store.Load);
        Order("play", default, () => Play() ? "Starting program" : "Failed to execute: play");
        Order("stop", default, () => Do(_programs.Stop, "Stopped"));
        Order("pause", default, () => _programs.Pause() ? "Pausing program" : "Failed to execute: pause");
    }

    private void AddPendant()
    {
        Ask("close popup", default, () => Do(_messages.ClosePopup, "closing popup"));
        Ask("close safety popup", Since.Both(1, 0), () => "closing safety popup");
        AskWith("popup", default, text => Do(() => _messages.Popup("Popup", text), "showing popup"));
        AskWith("addToLog", default,
            text => text.Length == 0 ? "No log message to add" : Do(() => _messages.Text(text), "Added log message"));
        OrderWith("set operational mode", Since.ESeries(0), SetOperationalMode);
        Order("clear operational mode", Since.ESeries(0), () => Do(() => _operationalMode = "NONE",
            $"No longer controlling the operational mode. Current operational mode: {_operationalMode}."));
        AskWith("setUserRole", Since.Cb3(1), SetUserRole);
        AskWith("generate flight report", Since.Both(13, 8), FlightReport);
        // There is no disk to put one on.
        AskWith("generate support file", Since.Both(13, 8), folder => $"Error: {folder} is not a folder that a support file can go to");
    }

    private bool Play()
    {
        if (IsPaused)
            return _power.MayMove && _programs.Resume();
        return !_programs.IsRunning && _store.Script is { } script && _host.Play(script);
    }

    private string SetOperationalMode(string mode)
    {
        if (mode is not ("manual" or "automatic"))
            return $"Failed setting operational mode: {mode}";
        _operationalMode = mode.ToUpperInvariant();
        return $"Operational mode {_operationalMode} is set";
    }

    private string SetUserRole(string role)
    {
        if (role is not ("programmer" or "operator" or "none" or "locked" or "restricted"))
            return $"Failed setting user role: {role}";
        _userRole = role.ToUpperInvariant();
        return $"Setting user role: {role}";
    }

    // What is known goes to the log under the report's number; the report's file is not made.
    private string FlightReport(string type)
    {
        if (type is not ("controller" or "software" or "system"))
            return $"Error: {type} is not a type of flight report; there are controller, software and system";
        _flightReports++;
        _messages.Text($"Flight report {_flightReports} ({type}): {_host.Version}, {UpperSnake(_power.Mode.ToString())}, "
            + $"{UpperSnake(_power.Safety.ToString())}, program {ProgramName}");
        return $"Flight Report generated with id: {_flightReports}";
    }

    private void Ask(string name, Since since, Func<string> answer) => _commands.Add(new(name, since, false, false, _ => answer()));

    private void AskWith(string name, Since since, Func<string, string> answer) =>
        _commands.Add(new(name, since, false, true, answer));

    private void Order(string name, Since since, Func<string> answer) => _commands.Add(new(name, since, true, false, _ => answer()));

    private void OrderWith(string name, Since since, Func<string, string> answer) =>
        _commands.Add(new(name, since, true, true, answer));

    private static string Do(Action action, string reply)
    {
        action();
        return reply;
    }

    private static string TrueOrFalse(bool value) => value ? "true" : "false";

    // RobotEmergencyStop → ROBOT_EMERGENCY_STOP.
    private static string UpperSnake(string name) =>
        string.Concat(name.Select((letter, i) => i > 0 && char.IsUpper(letter) ? $"_{letter}" : $"{char.ToUpperInvariant(letter)}"));
}
