using System.ComponentModel.DataAnnotations;
using RobotWorldModel.Runtime.Devices;

namespace RobotWorldModel.Runtime.Configuration;

/// <summary>A camera. Which keys it has is its driver's: <see cref="CameraDrivers"/>.</summary>
public sealed class CameraConfig : ICheckedSection
{
    [Required, RegularExpression("[a-z][a-z0-9]{0,15}", ErrorMessage = "must be a short lower-case word: it becomes a folder's name")]
    public string Name { get; set; } = "";

    public string Driver { get; set; } = "frame_socket";

    /// <summary>Unix-domain socket of the camera process: a bare name lies in the runtime folder, a path is taken as it is.</summary>
    [NotEmpty]
    public string Socket { get; set; } = "";

    /// <summary>False: a camera of colour alone, or one whose depth is not wanted.</summary>
    public bool Depth { get; set; } = true;

    [Range(0.0, 1000.0)]
    public double LatencyMs { get; set; }

    [AllowedValues("base", "flange")]
    public string? MountedOn { get; set; }

    /// <summary>
    /// The optical frame in what it is mounted on: x, y, z in m, rotation vector in rad.
    /// </summary>
    [Length(6, 6)]
    public double[]? Extrinsics { get; set; }

    IEnumerable<SectionError> ICheckedSection.Check(IReadOnlySet<string> given) => CameraDrivers.All.Check(Driver, given);
}
