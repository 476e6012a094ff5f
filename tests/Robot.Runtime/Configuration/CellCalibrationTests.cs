using RobotWorldModel.Runtime.Configuration;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Runtime.Tests.Configuration;

public sealed class CellCalibrationTests : IDisposable
{
    private const string Cell = """
        cell: a
        gripper: {host: h}
        cameras: [{name: wrist, socket: s, latency_ms: 25}, {name: scene, socket: t, latency_ms: 25}]

        """;

    private static readonly DateTimeOffset s_now = new(2026, 11, 29, 12, 0, 0, TimeSpan.Zero);
    private readonly TempFolder _folder = new();

    public CellCalibrationTests() => File.WriteAllText(Config, Cell);

    private string Config => _folder["cell.yaml"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_was_measured_goes_before_what_the_config_says()
    {
        new CellCalibration
        {
            Gripper = new(s_now, 5, 221),
            Wrench = new(s_now, "FT 300", [1, 2, 3, 4, 5, 6], 0.9, [0, 0, 0.07], [0, 0, 0, 0, 0, 0.5], 9, 0.02, 0.001),
            Cameras =
            {
                ["wrist"] = new(new(s_now, 31.5, 0.4, 12), new(s_now, "flange", [0, 0.1, 0, 0, 0, 1], 14, 0.2, 0.4, 0.05, 0.3, 0.02)),
            },
        }.Save(Config);
        var config = CellConfig.Load(Config);
        Assert.Equal((5, 221), (config.Gripper!.OpenCount, config.Gripper.ClosedCount));
        Assert.Equal((31.5, "flange"), (config.Cameras[0].LatencyMs, config.Cameras[0].MountedOn));
        Assert.Equal([0, 0.1, 0, 0, 0, 1], config.Cameras[0].Extrinsics!);
        Assert.Equal((25, null), (config.Cameras[1].LatencyMs, config.Cameras[1].MountedOn));
        var wrench = config.Calibration.Wrench!.ToCalibration();
        Assert.Equal((0.9, 0.07, 3), (wrench.MassKg, wrench.CentreOfMass.Z, wrench.Bias.Fz));
        Assert.Equal(0.5, wrench.SensorInFlange.Rotation.ToRotationVector().Z, 12);
    }

    [Fact]
    public void One_part_that_is_measured_anew_leaves_the_others()
    {
        (CellCalibration.Load(Config) with { Gripper = new(s_now, 5, 221) }).Save(Config);
        var all = CellCalibration.Load(Config);
        all.Cameras["scene"] = new(new(s_now, 7, 0.1, 5));
        all.Save(Config);
        Assert.Equal(221, CellCalibration.Load(Config).Gripper!.ClosedCount);
        Assert.Equal(7, CellConfig.Load(Config).Cameras[1].LatencyMs);
        Assert.Equal([_folder["cell.calibration.json"], Config], Directory.GetFiles(_folder[""]).Order()); // no .part left
    }

    [Theory]
    [InlineData("{", "cannot be used")]
    [InlineData("{\"wrench\": {\"mass_kg\": 1}}", "cannot be used")]
    [InlineData("{\"somewhat\": 1}", "cannot be used")]
    [InlineData("{\"gripper\": {\"measured\": \"2026-11-29T12:00:00Z\", \"open_count\": 100, \"closed_count\": 50}}", "open_count")]
    public void A_file_that_makes_no_sense_is_refused_and_named(string text, string said)
    {
        File.WriteAllText(CellCalibration.FileOf(Config), text);
        string message = Assert.Throws<ConfigException>(() => CellConfig.Load(Config)).Message;
        Assert.Contains("cell.calibration.json", message, StringComparison.Ordinal);
        Assert.Contains(said, message, StringComparison.Ordinal);
        Assert.Contains("./robot calibrate", message, StringComparison.Ordinal);
    }
}
