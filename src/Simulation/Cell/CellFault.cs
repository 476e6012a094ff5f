using RobotWorldModel.Simulation.Controller;
using RobotWorldModel.Simulation.Devices;

namespace RobotWorldModel.Simulation.Cell;

/// <summary>Something that goes wrong in the cell when it is asked for.</summary>
/// <param name="Name">As it is called on the command line.</param>
/// <param name="Help">One line: what happens, and what value and seconds mean.</param>
/// <param name="Seconds">How long it lasts unless told otherwise; 0: it is over at once, or lasts until it is undone.</param>
/// <param name="Value">How much, unless told otherwise.</param>
public sealed record CellFault(string Name, string Help, double Seconds = 0, double Value = 0)
{
    public static IReadOnlyList<CellFault> All { get; } =
    [
        new("drop", "RTDE packages get lost: --value is their share (1: all)", Seconds: 1, Value: 1),
        new("delay", "RTDE packages come late: --value in ms (200), at most 1500", Seconds: 5, Value: 200),
        new("half_open", "the controller's network cable is pulled: nobody is told, no byte passes", Seconds: 5),
        new("restart", "the controller is switched off and, after --seconds, boots: ports gone, clock at 0, no power", Seconds: 3),
        new("new_epoch", "the controller's clock starts anew at 0; its connections live on"),
        new("clock_step", "the controller's clock jumps by --value seconds (1)", Value: 1),
        new("protective_stop", "protective stop, as after a collision; the dashboard unlocks it"),
        new("emergency_stop", "the pendant's red button is pressed"),
        new("system_emergency_stop", "the machine's red button is pressed"),
        new("emergency_release", "the red button is pulled out again"),
        new("safeguard_stop", "the light curtain is broken, and free again after --seconds (0: not by itself)", Seconds: 2),
        new("fault", "the safety system finds a fault; the dashboard restarts it"),
        new("violation", "a safety limit is broken; the dashboard restarts the safety system"),
        new("local", "the pendant is put into local control; --seconds until it is back in remote (0: not by itself)"),
        new("remote", "the pendant is put into remote control"),
        new("in_use", "another RTDE client takes input registers 24-47 as soon as they are free; --seconds until it goes (0: stays)"),
        new("speed_slider", "the pendant's slider is at --value (0), and back after --seconds (0: not by itself)"),
        new("sensor_noise", "the force sensors are noisy: --value is the standard deviation in N (5)", Seconds: 5, Value: 5),
        new("force_cable", "the force sensor's cable is pulled: no byte passes", Seconds: 2),
        new("force_power", "the force sensor loses its power, and has it again after --seconds", Seconds: 2),
        new("force_delay", "the force sensor's samples come late: --value in ms (200), at most 1000", Seconds: 5, Value: 200),
        new("force_disturb", "the force sensor's samples get lost, come twice, late or broken: --value is the share of each (0.05)",
            Seconds: 5, Value: 0.05),
        new("force_garbage", "the force sensor sends what is no sample among its samples", Seconds: 2),
        new("force_freeze", "the force sensor's converter stands: its samples are one and the same", Seconds: 2),
        new("force_error", "the force sensor says of its samples that they are wrong", Seconds: 2),
        new("gripper_cable", "the gripper's cable is pulled: no byte passes", Seconds: 2),
        new("gripper_power", "the gripper loses its power, and has it again after --seconds; it wants its activation then", Seconds: 2),
        new("gripper_delay", "the gripper answers late: --value in ms (100), at most 1000", Seconds: 5, Value: 100),
        new("gripper_fault", "the gripper has fault --value (8, too hot); from 10 on, only an activation clears it", Seconds: 5, Value: 8),
        new("camera_freeze", "no picture comes from any camera", Seconds: 2),
    ];

    /// <exception cref="ArgumentException">No such fault; names those that there are.</exception>
    public static CellFault ByName(string name) => All.FirstOrDefault(f => f.Name == name)
        ?? throw new ArgumentException($"'{name}' is not a fault of the cell; there are {string.Join(", ", All.Select(f => f.Name))}");
}

/// <summary>The faults of one cell, and when each is over. The cell's loop steps it; whoever orders one holds the cell's lock.</summary>
/// <param name="force">Null where there is none beside the arm.</param>
/// <param name="gripper">Null where there is no gripper.</param>
/// <param name="delaysForce">There is a force sensor with a transport of its own.</param>
internal sealed class CellFaults(
    UrController controller, IForceSensorFaults? force, TransportOptions forceTransport, IGripperFaults? gripper,
    TransportOptions gripperTransport, Action<double> setForceSensorNoise, Action<bool> freezeCameras, bool delaysForce)
{
    private const int WorstGripperFault = 15;
    private readonly double _usualForceDelayMs = forceTransport.ExtraDelayMs, _usualGripperDelayMs = gripperTransport.ExtraDelayMs;
    private readonly List<(string Name, long EndNs, Action Undo)> _underWay = new(CellFault.All.Count);

    /// <param name="name">One of <see cref="CellFault.All"/>.</param>
    /// <param name="seconds">How long; null: as is usual for it.</param>
    /// <param name="value">How much; null: as is usual for it.</param>
    /// <param name="nowNs">Host time.</param>
    /// <exception cref="ArgumentException">No such fault, or numbers that make no sense for it.</exception>
    public void Order(string name, double? seconds, double? value, long nowNs)
    {
        CellFault fault = CellFault.ByName(name);
        double lasts = seconds ?? fault.Seconds, amount = value ?? fault.Value;
        if (!double.IsFinite(lasts) || lasts is < 0 or > 86400)
            throw new ArgumentException($"{name}: {lasts} s is not a duration between 0 and a day");
        Check(name, amount);
        Action? undo = Start(name, lasts, amount);
        int already = _underWay.FindIndex(f => f.Name == name);
        if (already >= 0) // anew: what is undone in the end is still the first one
        {
            undo = undo is null ? null : _underWay[already].Undo;
            _underWay.RemoveAt(already);
        }
        if (undo is not null && lasts > 0)
            _underWay.Add((name, nowNs + (long)(lasts * 1e9), undo));
    }

    /// <summary>Once a cycle: ends what is over.</summary>
    public void Step(long nowNs)
    {
        for (int i = _underWay.Count - 1; i >= 0; i--)
        {
            if (_underWay[i].EndNs > nowNs)
                continue;
            Action undo = _underWay[i].Undo;
            _underWay.RemoveAt(i);
            undo();
        }
    }

    private static void Check(string name, double amount)
    {
        (double least, double most) = name switch
        {
            "drop" or "speed_slider" => (0, 1),
            "delay" => (0, 1500), // the simulated wires keep two seconds of packages
            "sensor_noise" or "force_delay" or "gripper_delay" => (0, 1000),
            "gripper_fault" => (0, WorstGripperFault),
            "force_disturb" => (0, 1),
            _ => (-1e6, 1e6),
        };
        if (!(amount >= least && amount <= most))
            throw new ArgumentException($"{name}: {amount} is out of range; {least} to {most} is allowed");
    }

    /// <returns>What ends it; null where nothing does.</returns>
    private Action? Start(string name, double seconds, double amount)
    {
        switch (name)
        {
            case "drop":
                controller.LosePackages(amount);
                return () => controller.LosePackages(0);
            case "delay":
                controller.DelayPackages(amount);
                return () => controller.DelayPackages(0);
            case "half_open":
                controller.PullCable(true);
                return () => controller.PullCable(false);
            case "restart":
                controller.Restart(seconds);
                return null;
            case "new_epoch":
                controller.RestartClock();
                return null;
            case "clock_step":
                controller.StepClock(amount);
                return null;
            case "in_use":
                controller.LetAnotherClientHaveRegisters(true);
                return () => controller.LetAnotherClientHaveRegisters(false);
            case "sensor_noise":
                SetNoise(amount);
                return () => SetNoise(0);
            case "camera_freeze":
                freezeCameras(true);
                return () => freezeCameras(false);
            case "force_delay" when delaysForce:
                forceTransport.ExtraDelayMs = _usualForceDelayMs + amount;
                return () => forceTransport.ExtraDelayMs = _usualForceDelayMs;
            case "gripper_delay" when gripper is not null:
                gripperTransport.ExtraDelayMs = _usualGripperDelayMs + amount;
                return () => gripperTransport.ExtraDelayMs = _usualGripperDelayMs;
            default:
                return name.StartsWith("force_", StringComparison.Ordinal) ? StartAtForceSensor(name, amount)
                    : name.StartsWith("gripper_", StringComparison.Ordinal) ? StartAtGripper(name, amount)
                    : StartAtPendant(name, amount);
        }
    }

    private Action StartAtForceSensor(string name, double amount)
    {
        if (force is not { } sensor)
            throw new ArgumentException($"{name}: this cell has no force sensor beside the arm; the arm's own (ur_rtde) comes and goes "
                + "with the controller: half_open, restart, drop");
        Action<bool> set = name switch
        {
            "force_cable" => sensor.PullCable,
            "force_power" => sensor.SwitchOff,
            "force_disturb" => on => sensor.Disturb(on ? amount : 0),
            "force_garbage" => sensor.SendGarbage,
            "force_freeze" => sensor.Freeze,
            "force_error" => sensor.ReportError,
            _ => throw new ArgumentException($"'{name}' is listed, but nothing does it"),
        };
        set(true);
        return () => set(false);
    }

    private Action StartAtGripper(string name, double amount)
    {
        if (gripper is not { } hand)
            throw new ArgumentException($"{name}: this cell has no gripper");
        Action<bool> set = name switch
        {
            "gripper_cable" => hand.PullCable,
            "gripper_power" => hand.SwitchOff,
            "gripper_fault" => on => hand.InjectFault(on ? (int)amount : 0),
            _ => throw new ArgumentException($"'{name}' is listed, but nothing does it"),
        };
        set(true);
        return () => set(false);
    }

    private Action? StartAtPendant(string name, double amount)
    {
        switch (name)
        {
            case "protective_stop":
                controller.ProtectiveStop();
                return null;
            case "emergency_stop":
                controller.EmergencyStop();
                return null;
            case "system_emergency_stop":
                controller.SystemEmergencyStop();
                return null;
            case "emergency_release":
                controller.ReleaseEmergencyStop();
                return null;
            case "safeguard_stop":
                controller.SafeguardStop();
                return controller.ReleaseSafeguardStop;
            case "fault":
                controller.SafetyFault();
                return null;
            case "violation":
                controller.SafetyViolation();
                return null;
            case "local":
                controller.SetRemoteControl(false);
                return () => controller.SetRemoteControl(true);
            case "remote":
                controller.SetRemoteControl(true);
                return null;
            case "speed_slider":
                double before = controller.SpeedSlider;
                controller.SetSpeedSlider(amount);
                return () => controller.SetSpeedSlider(before);
            default:
                throw new ArgumentException($"'{name}' is listed, but nothing does it");
        }
    }

    private void SetNoise(double forceN)
    {
        controller.SetForceNoise(forceN);
        setForceSensorNoise(forceN);
    }
}
