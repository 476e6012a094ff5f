using RobotWorldModel.Drivers.FrameSocket;
using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Runtime.Configuration;

namespace RobotWorldModel.Runtime.Devices;

/// <summary>What may stand under <c>cameras</c>.</summary>
internal static class CameraDrivers
{
    public static readonly DriverTable<CameraConfig, ICamera> All = new(
        ["name", "latency_ms", "mounted_on", "extrinsics"],
        [
            new("frame_socket", ["socket"], ["depth"], c => RuntimeFolder.Resolve(c.Socket).Replace('/', '_'), FrameSocket),
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

    private static Pose? ExtrinsicsOf(CameraConfig camera) => camera.Extrinsics is { } e ? Pose.FromVector(new(e)) : null;
}
