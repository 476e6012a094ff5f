using RobotWorldModel.Drivers.Geometry;

namespace RobotWorldModel.Drivers.RealSense;

/// <summary>What the infrared projector is to do.</summary>
public enum RealSenseEmitter { Off, On, Auto }

public sealed class RealSenseCameraOptions
{
    /// <summary>The camera's name: its streams are NAME_rgb and NAME_depth.</summary>
    public string Name { get; set; } = "";

    /// <summary>As printed on the camera; empty: the only one connected.</summary>
    public string Serial { get; set; } = "";

    /// <summary>Pixels of colour, and of depth where that has no size of its own.</summary>
    public int Width { get; set; } = 640;

    public int Height { get; set; } = 480;

    /// <summary>Pictures a second, of both.</summary>
    public int Fps { get; set; } = 30;

    public bool Depth { get; set; } = true;

    public int? DepthWidth { get; set; }

    public int? DepthHeight { get; set; }

    /// <summary>Of the colour camera, µs; null: automatic, never longer than a picture lasts.</summary>
    public int? ExposureUs { get; set; }

    /// <summary>Of the depth cameras, µs; null: automatic.</summary>
    public int? DepthExposureUs { get; set; }

    /// <summary>Of the colour camera, its own units; only with a fixed exposure.</summary>
    public int? Gain { get; set; }

    /// <summary>Of the colour camera, K; null: automatic.</summary>
    public int? WhiteBalance { get; set; }

    /// <summary>Null: as the camera has it.</summary>
    public RealSenseEmitter? Emitter { get; set; }

    /// <summary>mW; null: as the camera has it.</summary>
    public int? LaserPower { get; set; }

    /// <summary>A depth preset by its name in lower case, high_accuracy …; empty: as the camera has it.</summary>
    public string Preset { get; set; } = "";

    /// <summary>A file of settings as realsense-viewer saves it; empty: none.</summary>
    public string AdvancedJson { get; set; } = "";

    /// <summary>Whether a camera on USB 2 is taken, which has bandwidth for few or small pictures only.</summary>
    public bool AllowUsb2 { get; set; }

    /// <summary>The library's file; empty: the system's. One for all cameras.</summary>
    public string Library { get; set; } = "";

    /// <summary>
    /// True: stamps that the library fits to the wall clock, instead of the camera's own that this program fits to the monotonic one.
    /// </summary>
    public bool GlobalTime { get; set; }

    /// <summary>The constant part of the delay from exposure to host, ms.</summary>
    public double LatencyMs { get; set; }

    /// <summary>base or flange.</summary>
    public string MountedOn { get; set; } = "base";

    /// <summary>The colour camera's optical frame in the frame it is mounted on; null where nobody has measured it.</summary>
    public Pose? Extrinsics { get; set; }

    /// <summary>Pictures that readers may hold at a time, of each kind.</summary>
    public int PoolFrames { get; set; } = 32;

    internal RealSenseTimings Timings { get; set; } = new();
}

/// <summary>How long things may take, ms.</summary>
/// <param name="Stale">Without a picture: it is said.</param>
/// <param name="Fault">Without a picture: the streams are started anew, then the camera is reset, then a person is asked.</param>
/// <param name="First">From the start of the streams to the first picture of each.</param>
/// <param name="Open">Finding settings and starting streams.</param>
/// <param name="Close">Stopping them; beyond it the library hangs.</param>
/// <param name="Quiet">Without a change on the bus after a reset, before the camera is opened again.</param>
/// <param name="Poll">Between looks at the bus while a camera is missing.</param>
/// <param name="Retry">Between tries to open a camera that refuses.</param>
/// <param name="Patience">Between tries once a person has been asked.</param>
/// <param name="Healthy">With pictures: earlier faults are forgotten.</param>
/// <param name="NoLibrary">Between tries to find the library.</param>
/// <param name="Rate">Over which the rate of the pictures is looked at.</param>
internal sealed record RealSenseTimings(
    int Stale = 500, int Fault = 2000, int First = 5000, int Open = 15_000, int Close = 5000, int Quiet = 1500, int Poll = 1000,
    int Retry = 1000, int Patience = 10_000, int Healthy = 10_000, int NoLibrary = 5000, int Rate = 2000);
