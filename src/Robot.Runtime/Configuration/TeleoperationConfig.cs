using System.ComponentModel.DataAnnotations;
using RobotWorldModel.Drivers.Teleoperation;
using RobotWorldModel.Runtime.Devices;

namespace RobotWorldModel.Runtime.Configuration;

/// <summary>What a person leads the arm with. Which keys it has is its driver's: <see cref="TeleopDrivers"/>.</summary>
public sealed class TeleoperationConfig : ICheckedSection
{
    [Required]
    public string Driver { get; set; } = "";

    /// <summary>Of a device in the hand: its path, vendor:product, or a part of its name; absent: the only one of its kind.</summary>
    [NotEmpty]
    public string Device { get; set; } = "";

    /// <summary>Of the leading arm.</summary>
    [NotEmpty, Host]
    public string Host { get; set; } = "";

    /// <summary>Of the leading arm; absent: this arm's.</summary>
    [AllowedValues("UR3", "UR5", "UR10", "UR3e", "UR5e", "UR10e", "UR16e", null)]
    public string? Model { get; set; }

    /// <summary>A button that must be held for any motion; absent: the driver's.</summary>
    [NotEmpty]
    public string? DeadMan { get; set; }

    [NotEmpty]
    public string? GripperOpen { get; set; }

    [NotEmpty]
    public string? GripperClose { get; set; }

    /// <summary>A button that makes everything slower while it is held.</summary>
    public string? Slow { get; set; }

    /// <summary>What moves the tool along x, y, z and about x, y, z.</summary>
    [Length(6, 6)]
    public string[]? Axes { get; set; }

    /// <summary>Of the deflection.</summary>
    [Range(0.0, 0.9)]
    public double DeadZone { get; set; } = 0.1;

    /// <summary>At full deflection, m/s.</summary>
    [Range(0.001, 1.0)]
    public double LinearScale { get; set; } = 0.1;

    /// <summary>At full deflection, rad/s.</summary>
    [Range(0.01, 2.0)]
    public double AngularScale { get; set; } = 0.5;

    public TeleopFrame Frame { get; set; }

    /// <summary>No other program sees the device meanwhile.</summary>
    public bool Grab { get; set; } = true;

    /// <summary>Of the leading arm's way.</summary>
    [Range(0.05, 2.0)]
    public double Scale { get; set; } = 1;

    IEnumerable<SectionError> ICheckedSection.Check(IReadOnlySet<string> given) =>
        Driver.Length == 0 ? [] : TeleopDrivers.All.Check(Driver, given);
}
