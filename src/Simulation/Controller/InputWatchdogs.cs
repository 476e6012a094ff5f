using RobotWorldModel.Simulation.UrScript;

namespace RobotWorldModel.Simulation.Controller;

/// <summary>An input that stayed away, and what the program wanted then.</summary>
/// <param name="Pauses">The program is paused; else it is stopped.</param>
internal readonly record struct MissedInput(string Name, bool Pauses);

/// <summary>rtde_set_watchdog: what to do when an RTDE input stays away. They are gone with the program that set them.</summary>
internal sealed class InputWatchdogs(RtdeServer rtde, double baseRateHz)
{
    private readonly List<(RtdeInput Input, long Cycles, long SetCycle, bool Pauses)> _armed = [];
    private long _cycle;

    public void Set(string variable, double minFrequency, string action)
    {
        if (action is not ("ignore" or "pause" or "stop"))
            throw new ScriptFaultException($"rtde_set_watchdog: the action \"{action}\" is not ignore, pause or stop");
        if (minFrequency <= 0)
            throw new ScriptFaultException("rtde_set_watchdog: min_frequency must be above zero");
        RtdeInput input = RtdeInputs.Find(variable)
            ?? throw new ScriptFaultException($"rtde_set_watchdog: no RTDE input is named \"{variable}\"");
        _armed.RemoveAll(w => w.Input == input);
        if (action != "ignore")
            _armed.Add((input, (long)Math.Ceiling(baseRateHz / minFrequency), _cycle, action == "pause"));
    }

    public void Clear() => _armed.Clear();

    /// <summary>Nobody waits for an input any longer.</summary>
    public void Remove(string variable) => _armed.RemoveAll(w => w.Input.Name == variable);

    /// <summary>Whether the program has said something about an input; "ignore" is not remembered.</summary>
    public bool IsArmed(string variable) => _armed.Exists(w => w.Input.Name == variable);

    /// <summary>An input that stayed away too long, or null. Once a cycle.</summary>
    public MissedInput? Step()
    {
        _cycle++;
        foreach (var (input, cycles, setCycle, pauses) in _armed)
            if (_cycle - setCycle > cycles && rtde.CyclesSince(input) > cycles)
                return new(input.Name, pauses);
        return null;
    }

    /// <summary>Gives every input its full time anew: a program that was paused goes on.</summary>
    public void Restart()
    {
        for (int i = 0; i < _armed.Count; i++)
            _armed[i] = _armed[i] with { SetCycle = _cycle };
    }
}
