using System.ComponentModel.DataAnnotations;
using RobotWorldModel.Simulation.Controller;
using RobotWorldModel.Simulation.Devices;

namespace RobotWorldModel.Runtime.Configuration;

/// <summary>The simulated cell's own part of its config; absent in the file of a real cell.</summary>
public sealed class SimulationConfig
{
    /// <summary>Unix-domain socket on which the cell tells the truth about itself and takes orders (reset, faults).</summary>
    [Required]
    public string Control { get; set; } = "";

    /// <summary>Of object places, clocks, delays and noise.</summary>
    [Range(0, int.MaxValue)]
    public int Seed { get; set; } = 1;

    public SimulatedRobotConfig Robot { get; set; } = new() { DelayMsMin = 1, DelayMsMax = 1 };

    public TransportConfig Force { get; set; } = new() { DelayMsMin = 8, DelayMsMax = 8 };

    public TransportConfig Gripper { get; set; } = new();

    public TransportConfig Cameras { get; set; } = new() { DelayMsMin = 25, DelayMsMax = 40 };

    /// <summary>Each device has an offset and up to ±50 ppm of drift; false: all clocks are the host's.</summary>
    public bool Clocks { get; set; } = true;

    /// <summary>Sensor-like noise in pictures and force.</summary>
    public bool Noise { get; set; } = true;

    /// <summary>A board to calibrate the cameras with; absent: there is none.</summary>
    public SimulatedBoardConfig? Board { get; set; }

    /// <summary>Pixels from left to right of what its cameras see.</summary>
    [AllowedValues(128, 160, 320, 640)]
    public int PictureWidth { get; set; } = 640;

    /// <summary>From top to bottom. Absent: three quarters of the width; square pictures show the middle of the view.</summary>
    [Range(96, 480)]
    public int? PictureHeight { get; set; }
}

/// <summary>The simulated arm's controller, and how its RTDE packages travel.</summary>
public sealed class SimulatedRobotConfig : TransportConfig
{
    /// <summary>Version that the controller behaves like; empty: 5.12.4.1101661 on an e-Series, 3.15.8.106339 on a CB3.</summary>
    [RegularExpression(@"\d{1,2}\.\d{1,3}\.\d{1,3}(\.\d{1,9})?", ErrorMessage = "must be a version such as 5.12.4 or 3.15.8.106339")]
    public string Software { get; set; } = "";

    [RegularExpression(@"20\d{4,16}", ErrorMessage = "must be digits that begin with 20, as a real controller's")]
    public string Serial { get; set; } = UrController.SimulatedSerial;

    public ControllerStart Start { get; set; } = ControllerStart.Running;

    /// <summary>False: as if the pendant were in local control.</summary>
    public bool RemoteControl { get; set; } = true;

    /// <summary>Seed of this arm's deviations from the nominal geometry; absent: it has none.</summary>
    [Range(0, int.MaxValue)]
    public int? Calibration { get; set; }

    /// <summary>EtherNet/IP or PROFINET is enabled: it owns input registers 0-23, the outputs and the speed slider.</summary>
    public bool Fieldbus { get; set; }

    /// <summary>Force on the tool that ends in a protective stop, N.</summary>
    [Range(10.0, 500.0)]
    public double ProtectiveForce { get; set; } = 150;

    /// <summary>Folder of the programs that the dashboard can load; empty: there are none.</summary>
    public string Programs { get; set; } = "";

    internal UrControllerOptions ToControllerOptions() => new()
    {
        Software = Software,
        Serial = Serial,
        Start = Start,
        RemoteControl = RemoteControl,
        CalibrationSeed = Calibration,
        FieldbusEnabled = Fieldbus,
        ProtectiveForceN = ProtectiveForce,
        ProgramFolder = Programs,
    };
}

/// <summary>How a simulated device's samples travel.</summary>
public class TransportConfig
{
    [Range(0.0, 1000.0)]
    public double DelayMsMin { get; set; }

    [Range(0.0, 1000.0)]
    public double DelayMsMax { get; set; }

    [Range(0.0, 1500.0)] // the simulated wires keep two seconds of packages
    public double ExtraDelayMs { get; set; }

    [Range(0.0, 1.0)]
    public double DropShare { get; set; }

    internal TransportOptions ToOptions() => new()
    {
        DelayMsMin = DelayMsMin,
        DelayMsMax = Math.Max(DelayMsMin, DelayMsMax),
        ExtraDelayMs = ExtraDelayMs,
        DropShare = DropShare,
    };
}
