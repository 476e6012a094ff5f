using RobotWorldModel.Drivers.Motion;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Runtime.Configuration;
using RobotWorldModel.Runtime.Core;
using RobotWorldModel.Runtime.Protocol;
using RobotWorldModel.Simulation.Controller;

namespace RobotWorldModel.Runtime.Doctor;

/// <summary>The arm as its controller tells it, whether we asked it or the cell's service did.</summary>
/// <param name="Model">As the controller says; null where it did not.</param>
/// <param name="Serial">Empty where the controller does not tell; null where it could not be asked.</param>
/// <param name="Version">Of PolyScope; empty where it is not known.</param>
/// <param name="State">Words as in the status: ready, powered_off, protective_stop …</param>
/// <param name="Next">What leads out of it; empty where nothing has to.</param>
/// <param name="Tool">TCP and payload as the controller has them, and where they differ from the config; null where no state came.</param>
/// <param name="Pendant">Null where it was not asked.</param>
internal sealed record ArmLook(
    string? Model, string? Serial, string Version, string State, string Next, ToolStatus? Tool, PendantReport? Pendant)
{
    public bool IsPolyScopeX => int.TryParse(Version.Split('.')[0], out int major) && major >= 10;

    /// <param name="mayMove">motion.enabled of the config, whatever the devices were opened with.</param>
    public static ArmLook At(CellDevices devices, bool mayMove)
    {
        var (arm, motion) = (devices.Arm!, devices.Motion!);
        bool any = arm.States.TryGetNewest(out var newest);
        // Without the primary interface the driver takes the config's word for the model.
        string? model = arm.Identity is { KinematicsHash.Length: > 0 } known ? known.Model : null;
        ArmState state = motion.State;
        string next = WayOut.Of(state, any ? newest.Value.Safety : SafetyStatusBits.None, mayMove, arm.HasDashboard);
        return new(model, arm.Identity?.Serial, arm.Identity?.ControllerVersion ?? "", StatusReporter.Words(state.ToString()), next,
            any ? StatusReporter.Tool(newest.Value, motion) : null, arm.Status.Connected ? motion.LookAtPendant() : null);
    }

    public static ArmLook Of(CoreStatus status, PendantReport? pendant) => new(
        status.Robot is { Identified: true } robot ? robot.Model : null, status.Robot is { Identified: true } r ? r.Serial : null, "",
        status.Motion.Arm, status.Motion.Next, status.Robot?.Tool, pendant);
}

internal static class ArmChecks
{
    public static void Judge(Section arm, CellConfig config, ArmLook look)
    {
        Model(arm, config.Robot!, look);
        Who(arm, config, look);
        State(arm, config, look);
        Remote(arm, config, look);
        Tool(arm, config.Robot!, look);
        ForceWatch(arm, config);
    }

    private static void Model(Section arm, RobotConfig robot, ArmLook look)
    {
        string version = look.Version.Length > 0 ? $", PolyScope {look.Version}" : "";
        if (look.Model is null)
            arm.Skip("model", $"the controller was not heard saying it{version}");
        else
            arm.Judge("model", $"{look.Model}{version}", CheckState.Fault, look.Model == robot.Model ? null
                : $"the config says {robot.Model}: set robot.model to the arm's own, or robot.host to the other arm");
    }

    private static void Who(Section arm, CellConfig config, ArmLook look)
    {
        bool simulated = look.Serial == UrController.SimulatedSerial, expected = config.Simulation is not null;
        if (look.Serial is null)
            arm.Skip("serial number", "the controller could not be asked");
        else if (expected && look.Serial.Length > 0 && look.Serial != config.Simulation!.Robot.Serial)
            arm.Fault("serial number", $"{look.Serial}, which is no simulated arm's", $"{config.File} is the file of a simulated "
                + $"cell, and a real arm answers at its address: correct robot.host");
        else if (!expected && simulated)
            arm.Warn("serial number", $"{look.Serial}, the simulated arm's", "the config is a real cell's, and a simulated cell "
                + "answers at its address: correct robot.host, or end ./robot sim");
        else
            arm.Ok("serial number", look.Serial.Length > 0 ? look.Serial : "the controller does not tell (PolyScope 3.12 and 5.6 do)");
    }

    private static void State(Section arm, CellConfig config, ArmLook look)
    {
        bool good = look.State is "ready" or "moving";
        bool stopped = look.State is "protective_stop" or "emergency_stop" or "fault";
        arm.Judge("state", look.State.Replace('_', ' '), stopped && config.Motion.Enabled ? CheckState.Fault : CheckState.Warning,
            good ? null : look.Next);
    }

    private static void Remote(Section arm, CellConfig config, ArmLook look)
    {
        const string Name = "remote control";
        if (look.Pendant is null)
            arm.Skip(Name, "the controller was not asked");
        else if (look.Pendant.RemoteControl is not { } remote)
            arm.Skip(Name, look.Pendant.Note.Length > 0 ? look.Pendant.Note : "this controller does not know the difference");
        else if (remote)
            arm.Ok(Name, "on: it takes programs and orders from here");
        else if (config.Motion.Enabled)
            arm.Fault(Name, "off: local control", "it takes no program and no order from here, so the arm is not moved: switch it to "
                + "remote control at the pendant's top right (enabled in Settings, System)");
        else
            arm.Ok(Name, "off: local control, which is enough to record");
    }

    private static void Tool(Section arm, RobotConfig robot, ArmLook look)
    {
        if (look.Tool is not { } tool || (tool.Tcp is null && tool.PayloadKg is null))
            arm.Skip("TCP and payload", "the controller does not tell them");
        else
            arm.Judge("TCP and payload", tool.Difference ?? FormattableString.Invariant(
                $"as in the config: {robot.PayloadKg:0.###} kg at the TCP of robot.tcp"), CheckState.Fault, tool.Difference is null ? null
                    : "poses and forces would be wrong, and motion is refused: ./robot arm tool --set gives the controller the "
                        + "config's, or correct the config; set the pendant's installation too");
    }

    private static void ForceWatch(Section arm, CellConfig config)
    {
        if (!config.Motion.Enabled)
            arm.Skip("force limit", "motion.enabled is false: the arm is not moved from here");
        else
            arm.Judge("force limit", config.Force is null ? "not watched: this config has no force section"
                : FormattableString.Invariant($"{config.Motion.ForceLimit} N, watched by the force sensor"), CheckState.Warning,
                config.Force is not null ? null : "motion.force_limit has no effect without a sensor: add force (an e-Series arm has "
                    + "one of its own: driver: ur_rtde)");
    }
}
