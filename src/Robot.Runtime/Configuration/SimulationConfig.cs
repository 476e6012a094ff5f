using System.ComponentModel.DataAnnotations;
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

    public TransportConfig Robot { get; set; } = new() { DelayMsMin = 1, DelayMsMax = 1 };

    public TransportConfig Force { get; set; } = new() { DelayMsMin = 8, DelayMsMax = 8 };

    public TransportConfig Gripper { get; set; } = new();

    public TransportConfig Cameras { get; set; } = new() { DelayMsMin = 25, DelayMsMax = 40 };

    /// <summary>Each device has an offset and up to ±50 ppm of drift; false: all clocks are the host's.</summary>
    public bool Clocks { get; set; } = true;

    /// <summary>Sensor-like noise in pictures and force.</summary>
    public bool Noise { get; set; } = true;

    /// <summary>Pixels from left to right of what its cameras see; three quarters of it from top to bottom.</summary>
    [AllowedValues(160, 320, 640)]
    public int PictureWidth { get; set; } = 640;
}

/// <summary>How a simulated device's samples travel.</summary>
public sealed class TransportConfig
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
