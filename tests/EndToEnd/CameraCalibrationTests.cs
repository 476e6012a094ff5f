using System.Runtime.InteropServices;
using RobotWorldModel.Collector.Capture;
using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Runtime.Configuration;
using RobotWorldModel.Runtime.Protocol;
using RobotWorldModel.Simulation.Cell;
using RobotWorldModel.Simulation.Rendering;
using RobotWorldModel.Vision.Solving;

namespace RobotWorldModel.EndToEnd.Tests;

public sealed class CameraCalibrationTests
{
    private const double AssumedMs = 4;

    [SkippableFact]
    public void Latency_and_place_of_the_wrist_camera_are_found_and_stored()
    {
        Skip.IfNot(Environment.GetEnvironmentVariable("LONG_TESTS") == "1", "a minute of a whole cell: only with LONG_TESTS=1; "
            + "the same on rendered pictures is in tests/Vision");
        Skip.IfNot(NativeLibrary.TryLoad("libapriltag.so.3", out _), "libapriltag is missing: apt-get install libapriltag3");
        using var cell = new TestCell(cameras: 1, pictureWidth: 320, changes:
        [
            ("    latency_ms: 25", $"    latency_ms: {AssumedMs}\n    mounted_on: flange"),
            ("  clocks: true", "  board: {kind: charuco, pose: [-0.41, 0.30, 0.003, 0, 0, 0.4]}\n  clocks: true"),
        ]);
        cell.StartSim();
        cell.StartService();
        cell.WaitForDevices();
        cell.Run("arm", "move", "--config", cell.Config, "--joints=-0.9,-1.5708,1.5708,-1.5708,-1.5708,0", "--share", "0.9")
            .MustEndWith(ExitCode.Done);

        Calibrate(cell, "camera", "wrist", "--views", "6", "--share", "0.9").MustEndWith(ExitCode.Done);
        CommandResult latency = Calibrate(cell, "latency", "--seconds", "8");
        for (int again = 0; latency.ExitCode != ExitCode.Done && again < 2; again++)
            latency = Calibrate(cell, "latency", "--seconds", "30"); // a machine that draws too few pictures needs longer
        latency.MustEndWith(ExitCode.Done);

        var wrist = CellCalibration.Load(cell.Config).Cameras["wrist"];
        var (mm, degrees) = HandEye.Difference(CameraModel.Wrist.Extrinsics, Pose.FromVector(new(wrist.Extrinsics!.OpticalFrame)));
        Assert.True(mm <= 2 && degrees <= 0.3, $"{mm:0.00} mm and {degrees:0.000} degrees off");
        double truth = AssumedMs + LagOfTimesMs(cell);
        double within = Math.Max(3, 3 * wrist.Latency!.SpreadMs / Math.Sqrt(wrist.Latency.Motions));
        Assert.InRange(wrist.Latency.LatencyMs, truth - within, truth + within);
        Assert.Empty(cell.Episodes);

        // The same again from what was kept, and nothing moves.
        string views = Directory.GetDirectories(Path.Combine(cell.Data, "calibrations"), "camera-wrist-*").Single();
        string said = Calibrate(cell, "camera", "--from", views).MustEndWith(ExitCode.Done).Out;
        Assert.Contains("wrist is at", said, StringComparison.Ordinal);
        Assert.Equal(wrist.Extrinsics.OpticalFrame, CellCalibration.Load(cell.Config).Cameras["wrist"].Extrinsics!.OpticalFrame);
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
