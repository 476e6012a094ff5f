using RobotWorldModel.Drivers.Serial;
using RobotWorldModel.Drivers.V4l2;
using RobotWorldModel.Runtime.Configuration;
using RobotWorldModel.Runtime.Devices;

namespace RobotWorldModel.Runtime.Doctor;

/// <summary>What a config asks of the computer that it runs on; nothing where there is none.</summary>
internal sealed record Needs
{
    /// <summary>Serial ports of this computer, by the section that names them. Those of a simulated cell are none.</summary>
    public IReadOnlyList<(string Section, string Path)> SerialPorts { get; init; } = [];

    /// <summary>Device files of webcams.</summary>
    public IReadOnlyList<string> Webcams { get; init; } = [];

    public bool RealSense { get; init; }

    /// <summary>The library that the config names; empty: the system's.</summary>
    public string RealSenseLibrary { get; init; } = "";

    public bool Jpeg { get; init; }

    /// <summary>There are cameras that can be calibrated against the arm.</summary>
    public bool AprilTag { get; init; }

    /// <summary>A gamepad or SpaceMouse.</summary>
    public bool Input { get; init; }

    /// <summary>The arm is to be moved from here.</summary>
    public bool Motion { get; init; }

    public static Needs Of(CellConfig? config)
    {
        if (config is null)
            return new();
        CameraConfig[] realSense = [.. config.Cameras.Where(c => c.Driver == CameraDrivers.RealSense)];
        CameraConfig[] webcams = [.. config.Cameras.Where(c => c.Device.Length > 0)];
        return new()
        {
            SerialPorts = [.. Port(Sections.Force, config.Force?.Line), .. Port(Sections.Gripper, config.Gripper?.Line)],
            Webcams = [.. webcams.Select(c => c.Device)],
            RealSense = realSense.Length > 0,
            RealSenseLibrary = realSense.FirstOrDefault()?.Library ?? "",
            AprilTag = config.Robot is not null && config.Cameras.Count > 0,
            Jpeg = webcams.Any(c => c.Format == VideoPixels.Mjpg),
            Input = config.Teleoperation is { Driver: not TeleopDrivers.Leader },
            Motion = config.Motion.Enabled && config.Robot is not null,
        };
    }

    private static IEnumerable<(string, string)> Port(string section, string? line) =>
        line is { Length: > 0 } && PortAddress.Parse(line) is { Kind: PortKind.Serial } port
            && port.Path.StartsWith("/dev/", StringComparison.Ordinal) ? [(section, port.Path)] : [];
}
