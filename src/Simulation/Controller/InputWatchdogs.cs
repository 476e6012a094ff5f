using RobotWorldModel.Simulation.UrScript;

namespace RobotWorldModel.Simulation.Controller;

/// <summary>
/// rtde_set_watchdog: what to do when an RTDE input stays away. This controller cannot pause a program, so "pause" ends it, as "stop"
/// does. They are gone with the program that set them.
/// </summary>
internal sealed class InputWatchdogs(RtdeServer rtde, double baseRateHz)
{
    private readonly List<(RtdeInput Input, long Cycles, long SetCycle)> _armed = [];
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
            _armed.Add((input, (long)Math.Ceiling(baseRateHz / minFrequency), _cycle));
    }

    public void Clear() => _armed.Clear();

    /// <summary>The name of an input that stayed away too long, or null. Once a cycle.</summary>
    public string? Step()
    {
        _cycle++;
        foreach (var (input, cycles, setCycle) in _armed)
            if (_cycle - setCycle > cycles && rtde.CyclesSince(input) > cycles)
                return input.Name;
        return null;
    }
}
