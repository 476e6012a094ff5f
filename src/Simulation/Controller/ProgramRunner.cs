using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Simulation.UrScript;

namespace RobotWorldModel.Simulation.Controller;

/// <summary>Runs what is sent to the controller, one program at a time, and reports as the controller does.</summary>
internal sealed class ProgramRunner(
    BuiltinLibrary library, MotionGenerator motion, PrimaryMessages messages, InputWatchdogs watchdogs, SocketBuiltins sockets)
{
    private ScriptRun? _run;

    /// <summary>A program has begun and not ended; it may be paused.</summary>
    public bool IsRunning => _run != null;

    public bool IsPaused { get; private set; }

    public RuntimeState Runtime =>
        _run == null ? motion.IsSteady ? RuntimeState.Stopped : RuntimeState.Stopping
        : IsPaused ? motion.Pace > 0 ? RuntimeState.Pausing : RuntimeState.Paused
        : motion.Pace < 1 ? RuntimeState.Resuming : RuntimeState.Playing;

    /// <summary>The newest program's name; empty before the first.</summary>
    public string Name { get; private set; } = "";

    public int Line => _run?.Line ?? 0;

    /// <summary>
    /// Compiles and starts a script. One that does not compile changes nothing; a new program replaces the one that runs.
    /// </summary>
    /// <param name="obstacle">Null, or why no program may start now.</param>
    public void Start(string script, string? obstacle)
    {
        ScriptProgram program;
        try
        {
            program = ScriptCompiler.Compile(script, library);
        }
        catch (ScriptCompileException e)
        {
            messages.RuntimeException(e.Line, e.Column, e.Message);
            return;
        }
        if (program.IsSecondary)
        {
            RunSecondary(program);
        }
        else if (obstacle != null)
        {
            messages.Popup("Cannot start program", obstacle, error: true);
        }
        else
        {
            Stop();
            _run = new(program, () => motion.Stop(MotionGenerator.ProgramStopDeceleration));
            Name = program.Name;
            messages.Key("PROGRAM_XXX_STARTED", Name);
        }
    }

    /// <summary>Halts the program where it is: its threads keep their place, and the arm slows down on its path.</summary>
    /// <returns>False: nothing runs, or it is paused already.</returns>
    public bool Pause()
    {
        if (_run == null || IsPaused)
            return false;
        IsPaused = motion.Paused = true;
        return true;
    }

    /// <summary>Lets a paused program go on where it was.</summary>
    /// <returns>False: none is paused.</returns>
    public bool Resume()
    {
        if (!IsPaused)
            return false;
        IsPaused = motion.Paused = false;
        watchdogs.Restart();
        return true;
    }

    /// <summary>Ends the program; an arm that it moved slows down.</summary>
    public void Stop()
    {
        if (_run == null)
            return;
        _run = null;
        IsPaused = motion.Paused = false;
        watchdogs.Clear();
        sockets.CloseAll();
        motion.Force.End();
        if (!motion.IsSteady)
            motion.Stop(MotionGenerator.ProgramStopDeceleration);
        messages.Key("PROGRAM_XXX_STOPPED", Name);
    }

    public void RunCycle()
    {
        if (_run == null || IsPaused)
            return;
        try
        {
            _run.RunCycle();
        }
        catch (ScriptFaultException e)
        {
            messages.RuntimeException(e.Line, e.Column, e.Message);
        }
        if (_run is { Ended: true })
            Stop();
    }

    private void RunSecondary(ScriptProgram program)
    {
        try
        {
            new ScriptRun(program).RunCycle();
        }
        catch (ScriptFaultException e)
        {
            messages.Key("SECONDARY_PROGRAM_EXCEPTION_XXX", e.Message);
        }
    }
}

/// <summary>What the controller tells its primary clients.</summary>
internal sealed class PrimaryMessages(ScriptServer server, ControllerState state, Func<long> nowNs)
{
    /// <summary>The popup that is shown, for the program that waits for it.</summary>
    public bool PopupOpen { get; private set; }

    public void ClosePopup() => PopupOpen = false;

    public void Text(string text) => server.Send(server.Wire.TextMessage(state.TimestampUs, text), nowNs());

    public void Key(string title, string text) => server.Send(server.Wire.KeyMessage(state.TimestampUs, title, text), nowNs());

    public void RuntimeException(int line, int column, string text) =>
        server.Send(server.Wire.RuntimeException(state.TimestampUs, line, column, text), nowNs());

    public void Error(int code, int argument, ReportLevel level, string text) =>
        server.Send(server.Wire.ErrorCode(state.TimestampUs, code, argument, level, text), nowNs());

    public void Safety(int code, SafetyMode mode) => server.Send(server.Wire.SafetyModeMessage(state.TimestampUs, code, 0, mode), nowNs());

    public void Popup(string title, string text, bool warning = false, bool error = false, bool blocking = false)
    {
        PopupOpen = true;
        server.Send(server.Wire.Popup(state.TimestampUs, server.NextPopup(), title, text, warning, error, blocking), nowNs());
    }
}
