using System.Runtime.InteropServices;
using RobotWorldModel.Collector.Capture;
using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.UniversalRobots;
using RobotWorldModel.Runtime.Configuration;
using RobotWorldModel.Runtime.Protocol;
using RobotWorldModel.Simulation.Cell;
using RobotWorldModel.Simulation.Rendering;
using RobotWorldModel.Vision.Solving;

namespace RobotWorldModel.EndToEnd.Tests;

public sealed class CameraCalibrationTests
{
    private const double AssumedMs = 4;
    private const string NotLong = "a minute of a whole cell: only with LONG_TESTS=1; the same on rendered pictures is in tests/Vision";

    [SkippableFact]
    public void The_place_of_the_wrist_camera_is_found_and_stored_and_found_again_from_its_pictures()
    {
        Skip.IfNot(NativeLibrary.TryLoad("libapriltag.so.3", out _), "libapriltag is missing: apt-get install libapriltag3");
        using var cell = new TestCell(cameras: 1, pictureWidth: 320, changes: [.. s_wrist]);
        Start(cell, "--joints=-0.9,-1.5708,1.5708,-1.5708,-1.5708,0");
        Calibrate(cell, "camera", "wrist", "--views", "6", "--share", "0.9").MustEndWith(ExitCode.Done);
        MustBeNear(CameraModel.Wrist, CellCalibration.Load(cell.Config).Cameras["wrist"]);
        Assert.Empty(cell.Episodes);

        // The same again from what was kept, and nothing moves.
        double[] found = CellCalibration.Load(cell.Config).Cameras["wrist"].Extrinsics!.OpticalFrame;
        string views = Directory.GetDirectories(Path.Combine(cell.Data, "calibrations"), "camera-wrist-*").Single();
        string said = Calibrate(cell, "camera", "--from", views).MustEndWith(ExitCode.Done).Out;
        Assert.Contains("wrist is at", said, StringComparison.Ordinal);
        Assert.Equal(found, CellCalibration.Load(cell.Config).Cameras["wrist"].Extrinsics!.OpticalFrame);
        Calibrate(cell, "camera", "--from", views, "--square", "20mm").MustRefuse(ExitCode.Usage, "--square does not go with --from");
    }

    [SkippableFact]
    public void The_place_of_a_camera_beside_the_arm_is_found_with_tags_on_the_flange()
    {
        Skip.IfNot(Environment.GetEnvironmentVariable("LONG_TESTS") == "1", NotLong);
        Skip.IfNot(NativeLibrary.TryLoad("libapriltag.so.3", out _), "libapriltag is missing: apt-get install libapriltag3");
        Pose home = new UrKinematics(UrModel.Ur5e).Flange(new(0, -1.5708, 1.5708, -1.5708, -1.5708, 0));
        Pose camera = CameraModel.Scene.Extrinsics;
        Vec3 towardsCamera = home.Rotation.Inverse.Rotate((camera.Position - home.Position).Normalized);
        Quat facing = home.Rotation.Inverse * camera.Rotation * Quat.FromAxisAngle(Vec3.UnitX, Math.PI);
        string pose = string.Join(", ", new Pose(new Vec3(0, 0, 0.08) + 0.16 * towardsCamera, facing).ToVector().ToArray()
            .Select(v => v.ToString("0.######", System.Globalization.CultureInfo.InvariantCulture)));
        string board = $"{{kind: apriltag, columns: 2, rows: 2, marker: 0.08, gap: 0.02, mounted_on: flange, pose: [{pose}]}}";
        using var cell = new TestCell(
            cameras: 2, pictureWidth: 640, changes: ("  clocks: true", $"  board: {board}\n  clocks: true"));
        Start(cell, "--joints=0,-1.5708,1.5708,-1.5708,-1.5708,0");
        string[] tags = ["--board", "apriltag", "--tags", "2x2", "--tag", "80mm"];
        Calibrate(cell, "camera", ["scene", "--mounted-on", "base", "--share", "0.9", .. tags]).MustEndWith(ExitCode.Done);
        MustBeNear(CameraModel.Scene, CellCalibration.Load(cell.Config).Cameras["scene"]);
    }

    [SkippableFact]
    public void The_latency_of_the_wrist_camera_is_found_and_stored()
    {
        Skip.IfNot(Environment.GetEnvironmentVariable("LONG_TESTS") == "1", NotLong);
        using var cell = new TestCell(cameras: 1, pictureWidth: 320, changes: [.. s_wrist]);
        Start(cell, "--joints=-0.9,-1.5708,1.5708,-1.5708,-1.5708,0");
        CommandResult latency = Calibrate(cell, "latency");
        for (int again = 0; latency.ExitCode != ExitCode.Done && again < 2; again++)
            latency = Calibrate(cell, "latency", "--seconds", "30"); // a machine that draws too few pictures needs longer
        latency.MustEndWith(ExitCode.Done);
        var wrist = CellCalibration.Load(cell.Config).Cameras["wrist"];
        double truth = AssumedMs + LagOfTimesMs(cell);
        Assert.InRange(wrist.Latency!.LatencyMs, truth - 3, truth + 3);
    }

    private static readonly (string Line, string Other)[] s_wrist =
    [
        ("    latency_ms: 25", $"    latency_ms: {AssumedMs}\n    mounted_on: flange"),
        ("  clocks: true", "  board: {kind: charuco, pose: [-0.41, 0.30, 0.003, 0, 0, 0.4]}\n  clocks: true"),
    ];

    private static void Start(TestCell cell, string joints)
    {
        cell.StartSim();
        cell.StartService();
        cell.WaitForDevices();
        cell.Run("arm", "move", "--config", cell.Config, joints, "--share", "0.9").MustEndWith(ExitCode.Done);
    }

    private static void MustBeNear(CameraModel truth, CellCalibration.CameraSection found)
    {
        var (mm, degrees) = HandEye.Difference(truth.Extrinsics, Pose.FromVector(new(found.Extrinsics!.OpticalFrame)));
        Assert.True(mm <= 2 && degrees <= 0.3, $"{mm:0.00} mm and {degrees:0.000} degrees off");
    }

    /// <summary>
    /// By how much the recorded pictures are older than their times say, as the cell knows: 21 ms, and more on a machine that is too
    /// slow to draw them in the 25 ms that they take to arrive.
    /// </summary>
    private static double LagOfTimesMs(TestCell cell)
    {
        string folder = Directory.GetDirectories(Path.Combine(cell.Data, "calibrations"), "latency-*").Order().Last();
        using var control = new CellControl(cell.Control);
        using var log = new CaptureReader(Path.Combine(folder, CaptureLog.FileName));
        var lags = new List<double>();
        while (log.TryRead(out var m))
            if (m.Kind == CaptureKind.Image && control.Call("truth", new() { ["stream"] = m.Stream, ["device_ns"] = m.DeviceNs }) is { } t)
                lags.Add((m.OriginatingNs - (long)t) * 1e-6);
        return lags.Order().ElementAt(lags.Count / 2);
    }

    private static CommandResult Calibrate(TestCell cell, string what, params string[] more) =>
        cell.Run(["calibrate", what, "--config", cell.Config, .. more]);
}
