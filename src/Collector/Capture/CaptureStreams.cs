using RobotWorldModel.Drivers.Samples;

namespace RobotWorldModel.Collector.Capture;

/// <summary>A camera's streams as they are captured.</summary>
/// <param name="Name">Names its topics: /camera/NAME/color/image_raw …</param>
/// <param name="Depth">Null for a camera without.</param>
/// <param name="Info">Null until the camera has said it; asked again with every picture.</param>
public sealed record CaptureCamera(string Name, SampleStream<ImageFrame> Color, SampleStream<ImageFrame>? Depth, Func<CameraInfo?> Info)
{
    public static CaptureCamera Of(ICamera camera) => new(camera.Name, camera.Color, camera.Depth, () => camera.Info);
}

/// <summary>The streams of a cell that go into its log; null where the cell has none.</summary>
public sealed record CaptureStreams(
    SampleStream<RobotState>? Robot, SampleStream<Wrench>? Force, SampleStream<GripperState>? Gripper,
    IReadOnlyList<CaptureCamera> Cameras)
{
    public static CaptureStreams Of(IRobotArm? robot, IForceTorqueSensor? force, IGripper? gripper, IEnumerable<ICamera> cameras) =>
        new(robot?.States, force?.Wrenches, gripper?.States, [.. cameras.Select(CaptureCamera.Of)]);
}

/// <summary>What became of one stream's samples in a log.</summary>
/// <param name="Received">Samples that the stream published while the log ran, and that arrived before its end.</param>
/// <param name="Written">Of those, samples handed to the file.</param>
/// <param name="Dropped">Of those, samples that the stream's queue had no room for.</param>
/// <param name="Bytes">Their messages' bytes.</param>
public readonly record struct CaptureCounters(string Stream, long Received, long Written, long Dropped, long Bytes);
