using RobotWorldModel.Collector.Capture;
using RobotWorldModel.Collector.Episodes;
using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Motion;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Runtime.Configuration;
using RobotWorldModel.Runtime.Core;

namespace RobotWorldModel.Runtime.Tests.Core;

public class RecordingDescriptionTests
{
    private const long SecondNs = 1_000_000_000;
    private static readonly RobotConfig s_config = new() { Model = "UR5e", Tcp = [0, 0, 0.145, 0, 0, 0], PayloadKg = 0.925 };

    [Fact]
    public void Tcp_and_payload_are_the_controllers()
    {
        var state = new RobotState { TcpOffset = new(0, 0, 0.2, 0, 0, 1), Payload = 1.5 };
        var robot = RecordingDescription.Robot(s_config, new("UR5e", "20235500001", "5.12.4", 500, ""), state);
        Assert.Equal([0, 0, 0.2, 0, 0, 1], robot.Tcp);
        Assert.Equal((1.5, "20235500001"), (robot.PayloadKg, robot.Serial));
    }

    [Fact]
    public void What_the_controller_does_not_send_is_the_configs()
    {
        var state = new RobotState { TcpOffset = new(0, 0, 0.2, 0, 0, double.NaN), Payload = double.NaN };
        Assert.All([state, (RobotState?)null], s =>
        {
            var robot = RecordingDescription.Robot(s_config, null, s);
            Assert.Equal(s_config.Tcp, robot.Tcp);
            Assert.Equal((s_config.PayloadKg, s_config.Model), (robot.PayloadKg, robot.Model));
        });
    }

    [Fact]
    public void What_was_measured_of_a_camera_is_told_with_its_date_and_error()
    {
        var now = new DateTimeOffset(2026, 11, 29, 12, 0, 0, TimeSpan.Zero);
        var lens = new CameraIntrinsics(640, 480, 600, 600, 320, 240, []);
        CameraInfo Camera(string name) => new(name, "D435", "1", lens, null, 0, "flange", Pose.FromVector(new(0, 0.1, 0, 0, 0, 1)));
        var measured = new CellCalibration
        {
            Cameras =
            {
                ["wrist"] = new(new(now, 31.5, 0.4, 12), new(now, "flange", [0, 0.1, 0, 0, 0, 1], 14, 0.2, 0.4, 0.05, 0.3, 0.02)),
            },
        };
        var wrist = RecordingDescription.Camera(Camera("wrist"), measured);
        Assert.Equal([0, 0.1, 0], wrist.Extrinsics!.Translation);
        Assert.Equal(new LatencyCalibration(now, 31.5, 0.4, 12), wrist.Calibration!.Latency);
        Assert.Equal(new ExtrinsicsCalibration(now, 14, 0.2, 0.3, 0.02), wrist.Calibration.Extrinsics);
        Assert.Null(RecordingDescription.Camera(Camera("scene"), measured).Calibration);
    }

    [Theory]
    [InlineData("jog")]
    [InlineData("teleop_leader")]
    public void Commanded_actions_are_bounded_as_targets_are(string source)
    {
        var limits = new MotionLimits();
        var action = RecordingDescription.Action(source, withGripper: true, limits);
        Assert.Equal((source, 7), (action.Source, action.Dimension));
        Assert.Equal([.. limits.JointMin.ToArray(), 0], action.Lower!.Select(v => v!.Value));
        Assert.Equal([.. limits.JointMax.ToArray(), 1], action.Upper!.Select(v => v!.Value));
    }

    [Fact]
    public void What_a_person_does_with_the_arm_has_no_bounds_that_are_known_but_the_grippers()
    {
        var action = RecordingDescription.Action("freedrive", withGripper: true, new());
        Assert.Equal((ActionDescription.Demonstrated, 7), (action.Source, action.Names.Count));
        Assert.Equal([null, null, null, null, null, null, 0], action.Lower!);
        Assert.Equal([null, null, null, null, null, null, 1], action.Upper!);
    }

    [Fact]
    public void A_configuration_has_words_for_its_choices()
    {
        var config = new CellConfig { Recording = new() { Keep = KeepLog.All } };
        Assert.Equal("all", RecordingDescription.Configuration(config).GetProperty("recording").GetProperty("keep").GetString());
    }

    [Theory]
    [InlineData(0, 0.4, true, null)]
    [InlineData(0, 0.6, true, "0.6 s old")]
    [InlineData(1000, 1.4, true, null)]
    [InlineData(1000, 1.6, true, "0.6 s old")]
    [InlineData(0, 0.1, false, "unplugged")]
    public void A_stream_that_has_gone_silent_is_not_recorded(double latencyMs, double ageS, bool connected, string? obstacle)
    {
        var stream = new SampleStream<Wrench>("force", 100, latencyMs);
        long now = 100 * SecondNs, then = now - (long)(ageS * SecondNs);
        stream.Publish(new(default, then, Sample<Wrench>.NoDeviceTime, then, 0));
        string? said = RecordingDescription.Obstacle(stream, new(connected, "unplugged", 0), now);
        Assert.Equal(obstacle is null, said is null);
        Assert.Contains(obstacle ?? "", said ?? "", StringComparison.Ordinal);
    }

    [Fact]
    public void A_stream_without_a_sample_is_not_recorded() =>
        Assert.StartsWith("force: ", RecordingDescription.Obstacle(new SampleStream<Wrench>("force", 100, 0), new(true, "waits", 0), 0));

    [Fact]
    public void A_log_that_fails_after_the_end_says_what_goes_with_it()
    {
        var failed = new CaptureResult("capture.mcap", "disk full: …. What was recorded before is kept.", 0, 3, [], default);
        string line = Recorder.LostEnd("/data/demonstrations/demo_003", Outcome.Success, failed)!;
        Assert.StartsWith("demo_003 was ended as success, then its log failed: disk full", line, StringComparison.Ordinal);
        Assert.Contains("./robot episodes mark /data/demonstrations/demo_003 --outcome success", line, StringComparison.Ordinal);
        Assert.DoesNotContain("mark", Recorder.LostEnd("/data/demonstrations/demo_003", Outcome.Unknown, failed)!);
        Assert.Null(Recorder.LostEnd("/data/demonstrations/demo_003", Outcome.Success, failed with { Failure = null }));
    }

    [Theory]
    [InlineData(new[] { 0, 0, 0.145, 0, 3.14159265, 0 }, true)]
    [InlineData(new[] { 0, 0, 0.1454, 0, -3.1415926, 0 }, true)]
    [InlineData(new[] { 0, 0, 0.147, 0, 3.14159265, 0 }, false)]
    [InlineData(new[] { 0, 0, 0.145, 0, 3.13, 0 }, false)]
    public void A_tool_is_the_same_however_its_rotation_is_written(double[] recorded, bool same) =>
        Assert.Equal(same, ReplayLoader.IsSameTool(recorded, [0, 0, 0.145, 0, Math.PI, 0]));
}
