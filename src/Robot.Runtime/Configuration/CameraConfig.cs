using System.ComponentModel.DataAnnotations;
using RobotWorldModel.Drivers.RealSense;
using RobotWorldModel.Drivers.V4l2;
using RobotWorldModel.Runtime.Devices;

namespace RobotWorldModel.Runtime.Configuration;

/// <summary>A camera. Which keys it has is its driver's: <see cref="CameraDrivers"/>.</summary>
public sealed class CameraConfig : ICheckedSection
{
    [Required, RegularExpression("[a-z][a-z0-9]{0,15}", ErrorMessage = "must be a short lower-case word: it becomes a folder's name")]
    public string Name { get; set; } = "";

    public string Driver { get; set; } = CameraDrivers.Process;

    /// <summary>Unix-domain socket of the camera process: a bare name lies in the runtime folder, a path is taken as it is.</summary>
    [NotEmpty]
    public string Socket { get; set; } = "";

    /// <summary>The webcam's device file: one of /dev/v4l/by-id/, which stays the same camera.</summary>
    [NotEmpty]
    public string Device { get; set; } = "";

    /// <summary>The folder of a recorded episode.</summary>
    [NotEmpty]
    public string Episode { get; set; } = "";

    /// <summary>Which of the episode's cameras; absent where it has one.</summary>
    [NotEmpty]
    public string Camera { get; set; } = "";

    /// <summary>Begin again at the episode's end.</summary>
    public bool Loop { get; set; } = true;

    /// <summary>Pixels of colour, and of depth where that has no size of its own.</summary>
    [Range(16, 8192)]
    public int Width { get; set; } = 640;

    [Range(16, 8192)]
    public int Height { get; set; } = 480;

    /// <summary>Pictures a second that the camera makes, whatever the recording's grid.</summary>
    [Range(1.0, 500.0)]
    public double Fps { get; set; } = 30;

    public VideoPixels Format { get; set; }

    /// <summary>Of colour. Absent: automatic.</summary>
    [Range(1, 10_000_000)]
    public int? ExposureUs { get; set; }

    /// <summary>Of depth. Absent: automatic.</summary>
    [Range(1, 10_000_000)]
    public int? DepthExposureUs { get; set; }

    /// <summary>In the camera's own unit. Absent: automatic, where it can.</summary>
    [Range(-100_000, 100_000)]
    public int? Gain { get; set; }

    /// <summary>Kelvin. Absent: automatic.</summary>
    [Range(1000, 20_000)]
    public int? WhiteBalance { get; set; }

    /// <summary>
    /// fx, fy, cx, cy in pixels, then Brown-Conrady k1, k2, p1, p2, k3 as far as known. Absent: nobody has measured them.
    /// </summary>
    public double[]? Intrinsics { get; set; }

    /// <summary>False: a camera of colour alone, or one whose depth is not wanted.</summary>
    public bool Depth { get; set; } = true;

    /// <summary>Which of several cameras, as printed on it.</summary>
    [NotEmpty]
    public string Serial { get; set; } = "";

    [Range(1, 8192)]
    public int? DepthWidth { get; set; }

    [Range(1, 8192)]
    public int? DepthHeight { get; set; }

    /// <summary>The infrared projector; absent: as the camera has it.</summary>
    public RealSenseEmitter? Emitter { get; set; }

    /// <summary>mW; absent: as the camera has it.</summary>
    [Range(0, 10_000)]
    public int? LaserPower { get; set; }

    /// <summary>A depth preset by name: high_accuracy …</summary>
    [NotEmpty]
    public string Preset { get; set; } = "";

    /// <summary>A file of settings as realsense-viewer saves it.</summary>
    [NotEmpty]
    public string AdvancedJson { get; set; } = "";

    public bool AllowUsb2 { get; set; }

    /// <summary>The driver's native library; absent: the system's.</summary>
    [NotEmpty]
    public string Library { get; set; } = "";

    /// <summary>Stamps that the library fits to the wall clock, instead of the camera's own.</summary>
    public bool GlobalTime { get; set; }

    [Range(0.0, 1000.0)]
    public double LatencyMs { get; set; }

    [AllowedValues("base", "flange")]
    public string? MountedOn { get; set; }

    /// <summary>
    /// The optical frame in what it is mounted on: x, y, z in m, rotation vector in rad.
    /// </summary>
    [Length(6, 6)]
    public double[]? Extrinsics { get; set; }

    IEnumerable<SectionError> ICheckedSection.Check(IReadOnlySet<string> given) =>
        CameraDrivers.All.Check(Driver, given).Concat(Driver == CameraDrivers.RealSense ? CheckRealSense() : CheckWebcam());

    private IEnumerable<SectionError> CheckWebcam()
    {
        if (Width % 2 != 0)
            yield return new("width", $": {Width}", "must be even");
        if (Intrinsics is { Length: not (4 or 6 or 8 or 9 or 12) })
            yield return new("intrinsics", "", "are fx, fy, cx, cy, alone or with 2, 4, 5 or 8 of k1, k2, p1, p2, k3, k4, k5, k6");
        else if (Intrinsics is [<= 0, ..] or [_, <= 0, ..])
            yield return new("intrinsics", "", "begin with focal lengths in pixels, which are above 0");
    }

    private IEnumerable<SectionError> CheckRealSense()
    {
        if (Fps != Math.Floor(Fps))
            yield return new("fps", $": {Fps}", "must be a whole number");
        foreach (var (key, us) in new[] { ("exposure_us", ExposureUs), ("depth_exposure_us", DepthExposureUs) })
            if (us > 1_000_000 / Fps)
                yield return new(key, $": {us}", $"is longer than a picture lasts at {Fps} Hz ({Math.Floor(1_000_000 / Fps)} µs)");
        if (DepthExposureUs is not null && !Depth)
            yield return new("depth_exposure_us", "", "says nothing with depth: false");
        if (Gain is not null && ExposureUs is null)
            yield return new("gain", "", "says nothing without exposure_us: automatic exposure sets both");
    }
}
