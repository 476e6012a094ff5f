using RobotWorldModel.Simulation.Devices;

namespace RobotWorldModel.Simulation.Controller;

/// <summary>The simulated controller's settings; bindable.</summary>
public sealed class UrControllerOptions
{
    public string Host { get; set; } = "127.0.1.1";

    /// <summary>Added to each of the maker's ports (29999, 30001-30004).</summary>
    public int PortOffset { get; set; }

    /// <summary>UR3e, UR5e or UR10e.</summary>
    public string Model { get; set; } = "UR5e";

    /// <summary>Digits only, as a real controller's.</summary>
    public string Serial { get; set; } = UrController.SimulatedSerial;

    /// <summary>Flange to TCP of the installation: m, rotation vector rad. <c>set_tcp</c> changes it.</summary>
    public double[] TcpOffset { get; set; } = [0, 0, 0.145, 0, 0, 0];

    public double PayloadKg { get; set; } = 0.925;

    /// <summary>Centre of mass of gripper and payload, flange frame, m.</summary>
    public double[] PayloadCog { get; set; } = [0, 0, 0.067];

    /// <summary>How RTDE data packages travel.</summary>
    public TransportOptions Transport { get; set; } = new() { DelayMsMin = 1, DelayMsMax = 1 };

    /// <summary>Seeds the transport's delays and drops.</summary>
    public int Seed { get; set; } = 1;

    /// <summary>Powered, brakes released and normal from the start; else it starts in POWER_OFF.</summary>
    public bool StartRunning { get; set; } = true;

    /// <summary>False: script ports are read-only (error C210) and the dashboard changes nothing, as in local control.</summary>
    public bool RemoteControl { get; set; } = true;

    /// <summary>A fieldbus owns input registers 0-23, the outputs and the speed slider: RTDE clients are told IN_USE.</summary>
    public bool FieldbusEnabled { get; set; }

    /// <summary>A client that takes nothing for this long is closed, s.</summary>
    public double DrainTimeoutS { get; set; } = 10;

    /// <summary>How long switching power on, and releasing the brakes, take, s.</summary>
    public double PowerUpS { get; set; } = 0.5;
}
