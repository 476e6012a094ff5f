using System.Text.Json;
using System.Text.Json.Serialization;
using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Time;

namespace RobotWorldModel.Drivers.Samples;

/// <summary>What a person wants to know about a device.</summary>
/// <param name="Connected">Data flows.</param>
/// <param name="Message">One line: what it is doing, or what is wrong and what to do about it.</param>
/// <param name="Reconnects">How often it has been found again after a loss.</param>
/// <param name="LastLoss">Why the connection was lost the last time; empty where it never was.</param>
public sealed record DeviceStatus(bool Connected, string Message, int Reconnects, string LastLoss = "");

/// <summary>A device on threads of its own: connects by itself in any order, and again after every loss, until disposed.</summary>
public interface IDevice : IDisposable
{
    /// <summary>As in the config: robot, force, gripper, or the camera's name.</summary>
    string Name { get; }

    DeviceStatus Status { get; }

    /// <summary>The fitted map from the device's clock to the host's; null where the device has no clock.</summary>
    ClockMapReport? Clock { get; }

    void Start();
}

/// <summary>A clock map as recorded in metadata.</summary>
/// <param name="Domain">controller, camera …: whose clock it is.</param>
public sealed record ClockMapReport(string Domain, long OffsetNs, double DriftPpm, long ResidualNs);

public interface IForceTorqueSensor : IDevice
{
    /// <summary>The sensor's own values in its own frame: neither tared nor compensated.</summary>
    SampleStream<Wrench> Wrenches { get; }

    /// <summary>What it said of itself.</summary>
    ForceSensorInfo Info { get; }
}

/// <param name="Model">Maker and model, and where it matters how it is read.</param>
/// <param name="Serial">Empty where it does not say.</param>
/// <param name="Firmware">Empty where it does not say.</param>
public sealed record ForceSensorInfo(string Model, string Serial = "", string Firmware = "");

public interface ICamera : IDevice
{
    SampleStream<ImageFrame> Color { get; }

    /// <summary>Null for a camera without depth.</summary>
    SampleStream<ImageFrame>? Depth { get; }

    /// <summary>Null until the camera has said it.</summary>
    CameraInfo? Info { get; }
}

/// <summary>
/// Pinhole model with Brown-Conrady distortion, as ROS and OpenCV write it; pixels. What nobody has measured is NaN: null in JSON, 0 in a
/// ROS CameraInfo.
/// </summary>
public sealed record CameraIntrinsics(
    int Width, int Height,
    [property: JsonConverter(typeof(NullIsNaN))] double Fx, [property: JsonConverter(typeof(NullIsNaN))] double Fy,
    [property: JsonConverter(typeof(NullIsNaN))] double Cx, [property: JsonConverter(typeof(NullIsNaN))] double Cy, double[] Distortion)
{
    public static CameraIntrinsics Unknown(int width, int height) =>
        new(width, height, double.NaN, double.NaN, double.NaN, double.NaN, []);
}

/// <summary>JSON has no NaN.</summary>
public sealed class NullIsNaN : JsonConverter<double>
{
    public override bool HandleNull => true;

    public override double Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.Null ? double.NaN : reader.GetDouble();

    public override void Write(Utf8JsonWriter writer, double value, JsonSerializerOptions options)
    {
        if (double.IsNaN(value))
            writer.WriteNullValue();
        else
            writer.WriteNumberValue(value);
    }
}

/// <param name="DepthScale">Metres per depth unit; 0 without depth.</param>
/// <param name="MountedOn">base or flange.</param>
/// <param name="Extrinsics">The optical frame (z forward, x right, y down) in the frame it is mounted on; null where nobody has measured
/// it.</param>
public sealed record CameraInfo(
    string Name, string Model, string Serial, CameraIntrinsics Color, CameraIntrinsics? Depth, double DepthScale,
    string MountedOn, Pose? Extrinsics)
{
    /// <summary>Depth's optical frame in colour's; null where the camera does not say.</summary>
    public Pose? DepthInColor { get; init; }

    /// <summary>Empty where the camera does not say, as the two below.</summary>
    public string Firmware { get; init; } = "";

    /// <summary>3.2, 2.1 …</summary>
    public string Usb { get; init; } = "";

    /// <summary>Where it is plugged in, as the driver's library names it.</summary>
    public string Port { get; init; } = "";

    /// <summary>What spoke to the camera, with its version.</summary>
    public string Library { get; init; } = "";

    /// <summary>Whose clock its pictures are stamped on: camera, host, wall … Empty where the driver does not say.</summary>
    public string ClockDomain { get; init; } = "";

    /// <summary>The camera's own stamps arrive with its pictures; null where the driver does not distinguish.</summary>
    public bool? HasMetadata { get; init; }
}
