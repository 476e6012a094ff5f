using RobotWorldModel.Collector.Capture;
using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.Time;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Collector.Tests.Capture;

/// <summary>The streams of a cell without devices: the test publishes, and every value can be told from its number.</summary>
internal sealed class Cell
{
    public const int Width = 64, Height = 48;

    /// <summary>Device clocks start elsewhere, and sequences beyond 32 bits, so that neither is right by accident.</summary>
    public const long ClockOffsetNs = 1_000_000_007, FirstSequence = (1L << 32) - 500;

    public readonly SampleStream<RobotState> Robot = new("robot", 500, 1);
    public readonly SampleStream<Wrench> Force = new("force", 100, 8);
    public readonly SampleStream<GripperState> Gripper = new("gripper", 20, 0);
    public readonly SampleStream<ImageFrame> Color = new("wrist_rgb", 30, 25), Depth = new("wrist_depth", 30, 25);
    public readonly FramePool ColorPool = new(Width, Height, PixelFormat.Rgb8, 12);
    public readonly FramePool DepthPool = new(Width, Height, PixelFormat.Depth16, 12);

    public CameraInfo? Info { get; set; } = new(
        "wrist", "simulated", "0001", new(Width, Height, 60, 61, 32, 24, [0.1, 0, 0, 0, 0]),
        new(Width, Height, 60, 61, 32, 24, [0, 0, 0, 0, 0]), 0.001, "flange", Pose.Identity);

    public CaptureStreams Streams => new(Robot, Force, Gripper, [new CaptureCamera("wrist", Color, Depth, () => Info)]);

    public static RobotState RobotState(long n)
    {
        var v = new Vector6(n, n + 0.125, n + 0.25, -n, n / 3.0, double.Epsilon);
        return new RobotState
        {
            Q = v,
            Qd = v * 2,
            Current = v * 3,
            TargetQ = v * 4,
            TargetQd = v * 5,
            TcpPose = new Vector6(0.1, 0.2, 0.3, 0.001 * (n % 1000), -0.5, 0.25),
            TcpSpeed = v * 6,
            TcpForce = v * 7,
            Mode = RobotMode.Running,
            Safety = SafetyStatusBits.Normal | SafetyStatusBits.Reduced,
            StatusBits = (uint)n,
            Runtime = RuntimeState.Playing,
            SpeedScaling = 0.5,
            TargetSpeedFraction = 1,
            TcpOffset = new Vector6(0, 0, 0.145, 0, 0, 0),
            Payload = double.NaN,
            Heartbeat = (int)n,
            ProgramStatus = -1,
            EchoedCounter = int.MinValue,
        };
    }

    public static Wrench Wrench(long n) => new(n, -n, 9.81, 0.5, n * 0.001, -0.0);

    public static GripperState GripperState(long n) => new(n % 2, 0.085, 20, n % 3 == 0, n % 5 == 0, (int)(n % 7));

    public static byte Pixel(long n, int i) => (byte)(n * 31 + i * 7 + (i >> 8));

    public void PublishRobot(long n, long? arrivalNs = null) => Publish(Robot, RobotState(n), n, arrivalNs);

    public void PublishForce(long n, long? arrivalNs = null) => Publish(Force, Wrench(n), n, arrivalNs);

    /// <summary>A gripper has no clock.</summary>
    public void PublishGripper(long n)
    {
        long now = HostClock.NowNs;
        Gripper.Publish(new(GripperState(n), now - 3_000_000, Sample<GripperState>.NoDeviceTime, now, FirstSequence + n));
    }

    public void PublishImages(long n)
    {
        Publish(Color, Fill(ColorPool, n), n, null);
        Publish(Depth, Fill(DepthPool, n), n, null);
    }

    private static void Publish<T>(SampleStream<T> stream, T value, long n, long? arrivalNs)
    {
        long now = arrivalNs ?? HostClock.NowNs;
        stream.Publish(new(value, now - 2_000_000, now + ClockOffsetNs, now, FirstSequence + n));
    }

    private static ImageFrame Fill(FramePool pool, long n)
    {
        ImageFrame? frame = null;
        Eventually.True(() => (frame = pool.TryRent()) is not null, "a frame is given back");
        var pixels = frame!.Pixels;
        for (int i = 0; i < pixels.Length; i++)
            pixels[i] = Pixel(n, i);
        return frame;
    }
}
