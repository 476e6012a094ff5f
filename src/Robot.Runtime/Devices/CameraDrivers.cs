using RobotWorldModel.Collector.Playback;
using RobotWorldModel.Drivers.FrameSocket;
using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.RealSense;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.V4l2;
using RobotWorldModel.Runtime.Configuration;

namespace RobotWorldModel.Runtime.Devices;

/// <summary>What may stand under <c>cameras</c>.</summary>
internal static class CameraDrivers
{
    public const string Process = "frame_socket", RealSense = "realsense";

    public static readonly DriverTable<CameraConfig, ICamera> All = new(
        ["name", "latency_ms", "mounted_on", "extrinsics"],
        [
            new(Process, ["socket"], ["depth"], c => RuntimeFolder.Resolve(c.Socket).Replace('/', '_'), FrameSocket),
            new("v4l2", ["device"], ["width", "height", "fps", "format", "exposure_us", "gain", "white_balance", "intrinsics"],
                c => DeviceFile.ClaimOf(c.Device), Webcam),
            new("episode", ["episode"], ["camera", "loop", "depth"], _ => null, Episode),
            new(RealSense, [],
                ["serial", "width", "height", "fps", "depth", "depth_width", "depth_height", "exposure_us", "depth_exposure_us",
                    "gain", "white_balance", "emitter", "laser_power", "preset", "advanced_json", "allow_usb2", "library", "global_time"],
                c => c.Serial.Length == 0 ? "realsense" : $"realsense-{c.Serial.Replace('/', '_')}", RealSenseOf),
        ]);

    private static FrameSocketCamera FrameSocket(CameraConfig camera) => new(new()
    {
        Name = camera.Name,
        SocketPath = RuntimeFolder.Resolve(camera.Socket),
        Depth = camera.Depth,
        LatencyMs = camera.LatencyMs,
        MountedOn = camera.MountedOn ?? "base",
        Extrinsics = ExtrinsicsOf(camera),
    });

    private static V4l2Camera Webcam(CameraConfig camera) => new(new()
    {
        Name = camera.Name,
        Device = camera.Device,
        Width = camera.Width,
        Height = camera.Height,
        RateHz = camera.Fps,
        Format = camera.Format,
        ExposureUs = camera.ExposureUs,
        Gain = camera.Gain,
        WhiteBalanceK = camera.WhiteBalance,
        Intrinsics = camera.Intrinsics,
        LatencyMs = camera.LatencyMs,
        MountedOn = camera.MountedOn ?? "base",
        Extrinsics = ExtrinsicsOf(camera),
    });

    private static RealSenseCamera RealSenseOf(CameraConfig camera) => new(new()
    {
        Name = camera.Name,
        Serial = camera.Serial,
        Width = camera.Width,
        Height = camera.Height,
        Fps = (int)camera.Fps,
        Depth = camera.Depth,
        DepthWidth = camera.DepthWidth,
        DepthHeight = camera.DepthHeight,
        ExposureUs = camera.ExposureUs,
        DepthExposureUs = camera.DepthExposureUs,
        Gain = camera.Gain,
        WhiteBalance = camera.WhiteBalance,
        Emitter = camera.Emitter,
        LaserPower = camera.LaserPower,
        Preset = camera.Preset,
        AdvancedJson = camera.AdvancedJson,
        AllowUsb2 = camera.AllowUsb2,
        Library = camera.Library,
        GlobalTime = camera.GlobalTime,
        LatencyMs = camera.LatencyMs,
        MountedOn = camera.MountedOn ?? "base",
        Extrinsics = ExtrinsicsOf(camera),
    });

    private static EpisodeCamera Episode(CameraConfig camera) => new(new()
    {
        Name = camera.Name,
        Episode = camera.Episode,
        Camera = camera.Camera,
        Loop = camera.Loop,
        Depth = camera.Depth,
        LatencyMs = camera.LatencyMs,
        MountedOn = camera.MountedOn,
        Extrinsics = ExtrinsicsOf(camera),
    });

    private static Pose? ExtrinsicsOf(CameraConfig camera) => camera.Extrinsics is { } e ? Pose.FromVector(new(e)) : null;
}
