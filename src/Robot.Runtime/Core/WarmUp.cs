using RobotWorldModel.Collector.Capture;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.Time;

namespace RobotWorldModel.Runtime.Core;

/// <summary>
/// A recording of made-up samples into a folder that is removed again, before the service is ready: what is compiled and touched for the
/// first time must not be so while the first real recording runs.
/// </summary>
internal static class WarmUp
{
    private const int Width = 64, Height = 48;
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(10);

    public static void Capture(string dataRoot)
    {
        string folder = Path.Combine(dataRoot, ".warm-up");
        Remove(folder); // a service that was killed here left it
        var robot = new SampleStream<RobotState>("robot", 500, 0);
        var force = new SampleStream<Wrench>("force", 100, 0);
        var gripper = new SampleStream<GripperState>("gripper", 60, 0);
        var color = new SampleStream<ImageFrame>("warm_rgb", 30, 0);
        var depth = new SampleStream<ImageFrame>("warm_depth", 30, 0);
        var pools = (
            Color: new FramePool(Width, Height, PixelFormat.Rgb8, 4),
            Depth: new FramePool(Width, Height, PixelFormat.Depth16, 4));
        try
        {
            using var log = CaptureLog.Start(
                folder, new(robot, force, gripper, [new("warm", color, depth, () => null)]), "{}", WallClockAnchor.Now());
            for (int i = 0; i < 200; i++)
            {
                long now = HostClock.NowNs;
                robot.Publish(new(default, now, now, now, i));
                force.Publish(new(default, now, Sample<Wrench>.NoDeviceTime, now, i));
                gripper.Publish(new(default, now, Sample<GripperState>.NoDeviceTime, now, i));
                if (pools.Color.TryRent() is { } c)
                    color.Publish(new(c, now, now, now, i));
                if (pools.Depth.TryRent() is { } d)
                    depth.Publish(new(d, now, now, now, i));
                log.Write(new TickRecord(i, now, now, 0, 0, 30, 1));
                log.Write(new CommandRecord { Tick = i, Source = "warm-up", HandedOverNs = now });
            }
            log.Stop("{}").Wait(s_deadline);
        }
        finally
        {
            Remove(folder);
        }
    }

    private static void Remove(string folder)
    {
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
    }
}
