using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Simulation.UrScript;

namespace RobotWorldModel.Simulation.Controller;

/// <summary>Tool, payload and gravity, messages, watchdogs, stops. Source: URScript manual 5.12, module internals.</summary>
internal sealed class SettingsBuiltins(RobotContext robot, Action protectiveStop, Action powerOff)
{
    public void AddTo(BuiltinLibrary library)
    {
        AddTool(library);
        AddMessages(library);
        library.Add("rtde_set_watchdog(variable_name, min_frequency, action='pause')", (_, a) =>
        {
            robot.Watchdogs.Set(a[0].AsString(), a[1].AsNumber(), a[2].AsString());
            return Value.None;
        });
        AddAction(library, "protective_stop()", protectiveStop);
        AddAction(library, "powerdown()", powerOff);
    }

    private static void AddAction(BuiltinLibrary library, string signature, Action action) => library.Add(signature, (thread, _) =>
    {
        action();
        if (!thread.Run.Program.IsSecondary)
            thread.WaitCycles(1); // it acts in the next cycle, and the program does not see what comes after
        return Value.None;
    });

    private void AddTool(BuiltinLibrary library)
    {
        ControllerState state = robot.State;
        library.Add("set_tcp(pose)", (_, a) =>
        {
            state.TcpOffset = a[0].AsPose();
            return Value.None;
        });
        library.Add("set_gravity(d)", (_, a) =>
        {
            state.Gravity = Arguments.Three(a[0], "set_gravity: d");
            return Value.None;
        });
        library.Add("set_payload(m, cog=None)", (_, a) => SetPayload("set_payload", a[0], a[1]));
        library.Add("set_payload_mass(m)", (_, a) => SetPayload("set_payload_mass", a[0], Value.None));
        library.Add("set_payload_cog(CoG)", (_, a) => SetPayload("set_payload_cog", Value.Float(state.PayloadKg), a[0]));
        library.Add("set_target_payload(m, cog, inertia=None, transition_time=0)", (_, a) =>
        {
            if (Arguments.IsGiven(a[2]))
                state.PayloadInertia = a[2].AsVector6();
            Arguments.NotNegative(a[3], "set_target_payload: transition_time"); // our arm carries its true load whatever it is told
            return SetPayload("set_target_payload", a[0], a[1]);
        });
    }

    private Value SetPayload(string name, in Value mass, in Value cog)
    {
        double kg = mass.AsNumber();
        Vec3 centre = Arguments.IsGiven(cog) ? Arguments.Three(cog, $"{name}: cog") : robot.State.PayloadCog;
        robot.State.PayloadKg = kg >= 0 ? kg : throw new ScriptFaultException($"{name}: the mass is below zero");
        robot.State.PayloadCog = centre;
        return Value.None;
    }

    private void AddMessages(BuiltinLibrary library)
    {
        library.Add("textmsg(s1, s2='')", (_, a) =>
        {
            robot.Messages.Text(a[0].ToString() + a[1]);
            return Value.None;
        });
        library.Add("popup(s, title='Popup', warning=False, error=False, blocking=False)", (thread, a) =>
        {
            bool blocking = a[4].AsBool();
            if (blocking)
                thread.WaitUntil(() => !robot.Messages.PopupOpen);
            robot.Messages.Popup(a[1].AsString(), a[0].ToString(), a[2].AsBool(), a[3].AsBool(), blocking);
            return Value.None;
        });
    }
}
