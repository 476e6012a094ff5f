using RobotWorldModel.Simulation.Devices;

namespace RobotWorldModel.Simulation.Controller;

/// <summary>How the controller is found when the cell starts.</summary>
public enum ControllerStart
{
    /// <summary>Powered, brakes released, normal.</summary>
    Running,

    PowerOff,

    /// <summary>Still booting; POWER_OFF follows.</summary>
    Booting,
}

/// <summary>The simulated controller's settings; bindable.</summary>
public sealed class UrControllerOptions
{
    public string Host { get; set; } = "127.0.1.1";

    /// <summary>Added to each of the maker's ports (29999, 30001-30004, 30011-30013).</summary>
    public int PortOffset { get; set; }

    /// <summary>UR3, UR5, UR10 (CB3, 125 Hz), UR3e, UR5e, UR10e or UR16e (500 Hz).</summary>
    public string Model { get; set; } = "UR5e";

    /// <summary>Version that it behaves like, e.g. 5.12.4.1101661 or 3.15.8; empty: what is usual on the model.</summary>
    public string Software { get; set; } = "";

    /// <summary>Digits only, as a real controller's.</summary>
    public string Serial { get; set; } = UrController.SimulatedSerial;

    /// <summary>Flange to TCP of the installation: m, rotation vector rad. <c>set_tcp</c> changes it.</summary>
    public double[] TcpOffset { get; set; } = [0, 0, 0.145, 0, 0, 0];

    public double PayloadKg { get; set; } = 0.925;

    /// <summary>Centre of mass of gripper and payload, flange frame, m.</summary>
    public double[] PayloadCog { get; set; } = [0, 0, 0.067];

    /// <summary>Seeds small deviations of this arm from the nominal geometry; null: it is nominal.</summary>
    public int? CalibrationSeed { get; set; }

    /// <summary>How RTDE data packages travel.</summary>
    public TransportOptions Transport { get; set; } = new() { DelayMsMin = 1, DelayMsMax = 1 };

    /// <summary>Seeds the transport's delays and drops.</summary>
    public int Seed { get; set; } = 1;

    public ControllerStart Start { get; set; } = ControllerStart.Running;

    /// <summary>
    /// False: script ports are read-only (error C210) and the dashboard changes nothing, as in local control. A CB3 does not know the
    /// difference.
    /// </summary>
    public bool RemoteControl { get; set; } = true;

    /// <summary>A fieldbus owns input registers 0-23, the outputs and the speed slider: RTDE clients are told IN_USE.</summary>
    public bool FieldbusEnabled { get; set; }

    /// <summary>Force on the TCP beyond the payload's weight that is taken for a collision (C157), N.</summary>
    public double ProtectiveForceN { get; set; } = 150;

    /// <summary>
    /// Holds the programs (.script, and .urp, which exist but cannot run here) that the dashboard loads; read once when the controller is
    /// made. Empty: there are none.
    /// </summary>
    public string ProgramFolder { get; set; } = "";

    /// <summary>A client that takes nothing for this long is closed, s.</summary>
    public double DrainTimeoutS { get; set; } = 10;

    /// <summary>How long switching power on, and releasing the brakes, take, s.</summary>
    public double PowerUpS { get; set; } = 0.5;

    /// <summary>How long the controller says BOOTING, s.</summary>
    public double BootS { get; set; } = 3;
}
