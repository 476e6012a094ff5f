using System.ComponentModel.DataAnnotations;
using RobotWorldModel.Drivers.Robotiq;
using RobotWorldModel.Runtime.Devices;

namespace RobotWorldModel.Runtime.Configuration;

/// <summary>The gripper. Which keys it has is its driver's: <see cref="GripperDrivers"/>.</summary>
public sealed class GripperConfig : ICheckedSection
{
    public string Driver { get; set; } = "robotiq_socket";

    [NotEmpty, Host]
    public string Host { get; set; } = "";

    [Range(0.0, 500.0)]
    public double LatencyMs { get; set; }

    /// <summary>The gripper's own serial line, its gateway, or Modbus TCP.</summary>
    [Port]
    public string Line { get; set; } = "";

    /// <summary>Its Modbus unit on that line.</summary>
    [Range(1, 247)]
    public int Unit { get; set; } = 9;

    /// <summary>Sets stroke and forces as its manual has them.</summary>
    [AllowedValues("2F-85", "2F-140", "Hand-E")]
    public string Model { get; set; } = "2F-85";

    /// <summary>Opening between the pads from open to closed, m; absent: the model's.</summary>
    [Range(0.01, 0.2)]
    public double? StrokeM { get; set; }

    /// <summary>Grip force that is asked for, N, within the model's.</summary>
    [Range(10.0, 235.0)]
    public double ForceN { get; set; } = 40;

    /// <summary>Of the fastest.</summary>
    [Range(0.0, 100.0)]
    public double SpeedPercent { get; set; } = 100;

    /// <summary>What its position reads when open and when closed.</summary>
    [Range(0, 255)]
    public int OpenCount { get; set; } = 3;

    [Range(0, 255)]
    public int ClosedCount { get; set; } = 230;

    IEnumerable<SectionError> ICheckedSection.Check(IReadOnlySet<string> given)
    {
        foreach (SectionError error in GripperDrivers.All.Check(Driver, given))
            yield return error;
        var limits = RobotiqGripperOptions.ForModel(Model);
        if (ForceN < limits.MinForceN || ForceN > limits.MaxForceN)
            yield return new("force_n", $": {ForceN}",
                $"is out of range for a {Model}; {limits.MinForceN} to {limits.MaxForceN} is allowed");
        if (OpenCount >= ClosedCount)
            yield return new("open_count", $": {OpenCount}", $"must be below closed_count, {ClosedCount}");
    }
}
