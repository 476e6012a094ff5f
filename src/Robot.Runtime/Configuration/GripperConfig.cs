using System.ComponentModel.DataAnnotations;
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

    /// <summary>Opening between the pads from open to closed, m.</summary>
    [Range(0.01, 0.2)]
    public double StrokeM { get; set; } = 0.085;

    IEnumerable<SectionError> ICheckedSection.Check(IReadOnlySet<string> given) => GripperDrivers.All.Check(Driver, given);
}
