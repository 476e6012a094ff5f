using System.ComponentModel.DataAnnotations;
using RobotWorldModel.Runtime.Devices;

namespace RobotWorldModel.Runtime.Configuration;

/// <summary>The force-torque sensor. Which keys it has is its driver's: <see cref="ForceDrivers"/>.</summary>
public sealed class ForceConfig : ICheckedSection
{
    public string Driver { get; set; } = "robotiq_ft300_socket";

    [NotEmpty, Host]
    public string Host { get; set; } = "";

    /// <summary>The sensor's own serial line, its gateway, or Modbus TCP.</summary>
    [Port]
    public string Line { get; set; } = "";

    /// <summary>Its Modbus unit on that line.</summary>
    [Range(1, 247)]
    public int Unit { get; set; } = 9;

    /// <summary>Where it measures torque about, flange frame, m.</summary>
    [Length(3, 3)]
    public double[] OriginInFlange { get; set; } = new double[3];

    /// <summary>The constant part of the delay from force to host; absent: what is known of the driver's wire.</summary>
    [Range(0.0, 500.0)]
    public double? LatencyMs { get; set; }

    IEnumerable<SectionError> ICheckedSection.Check(IReadOnlySet<string> given) => ForceDrivers.All.Check(Driver, given);
}
