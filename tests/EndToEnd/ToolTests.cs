using RobotWorldModel.Runtime.Configuration;
using RobotWorldModel.Runtime.Protocol;

namespace RobotWorldModel.EndToEnd.Tests;

/// <summary>What hangs on the flange: the force sensor's calibration and tare, and the gripper by itself.</summary>
[Collection(RunningCellCollection.Name)]
public sealed class ToolTests(RunningCell running) : IDisposable
{
    private const double CentreOfMassZ = 0.0673; // of the simulated gripper, m from the flange
    private readonly TestCell _cell = running.Cell;

    public void Dispose() => File.Delete(CellCalibration.FileOf(_cell.Config)); // the cell's other tests have none

    [Fact]
    public void The_tools_weight_and_the_sensors_bias_are_found_and_stored_and_a_tare_holds_until_it_is_taken_back()
    {
        _cell.Run("arm", "home", "--share", "0.9", "--config", _cell.Config).MustEndWith(ExitCode.Done);
        double[] home = _cell.Status().Robot!.Q;
        var dry = _cell.Run("calibrate", "wrench", "--dry-run", "--config", _cell.Config).MustEndWith(ExitCode.Done);
        Assert.Contains("9 poses", dry.Out, StringComparison.Ordinal);
        _cell.Run("calibrate", "wrench", "--share", "0.9", "--poses", "5", "--seconds", "0.4", "--config", _cell.Config)
            .MustEndWith(ExitCode.Done);
        Assert.All(home.Zip(_cell.Status().Robot!.Q), q => Assert.Equal(q.First, q.Second, 1e-3)); // it came back

        var measured = CellCalibration.Load(_cell.Config).Wrench!;
        Assert.Equal(0.925, measured.MassKg, 0.01); // the simulated gripper's own
        Assert.Equal(0, measured.CentreOfMass[0], 1e-3);
        Assert.Equal(CentreOfMassZ, measured.CentreOfMass[2], 1e-3);
        double[] bias = [1.2, -0.8, 2.5, 0.03, -0.02, 0.01]; // the simulated sensor's own
        Assert.All(bias.Zip(measured.Bias), b => Assert.Equal(b.First, b.Second, 0.1));

        Assert.False(_cell.Status().Force!.Calibrated); // by this service only from its next start
        _cell.Run("force", "tare", "--config", _cell.Config).MustEndWith(ExitCode.Done);
        Assert.All(_cell.Status().Force!.External.Take(3), v => Assert.Equal(0, v, 1.0));
        Assert.Equal(11.57, _cell.Status().Wrench![2], 1.0); // what is read stays
        var lines = _cell.Run("force", "status", "--config", _cell.Config).MustEndWith(ExitCode.Done).Out;
        Assert.Contains("tared", lines, StringComparison.Ordinal);
        Assert.Contains("started before the newest calibration", lines, StringComparison.Ordinal);
        _cell.Run("force", "tare", "--clear", "--config", _cell.Config).MustEndWith(ExitCode.Done);
        Assert.Null(_cell.Status().Force!.Tare);
    }

    [Fact]
    public void The_gripper_is_activated_measured_closed_released_and_activated_again()
    {
        Assert.Contains("active", Gripper("activate").Out, StringComparison.Ordinal);
        Assert.Contains("open reads 3, closed 230", Gripper("calibrate").Out, StringComparison.Ordinal);
        Assert.Equal((3, 230), CellCalibration.Load(_cell.Config).Gripper is { } g ? (g.OpenCount, g.ClosedCount) : default);
        Assert.Contains("0.0 mm open", Gripper("close").Out, StringComparison.Ordinal);
        Assert.Contains("released", Gripper("release").Out, StringComparison.Ordinal);
        _cell.Run("gripper", "open", "--config", _cell.Config).MustRefuse(ExitCode.Device, "0x0F, its emergency release is done");
        _cell.Run("gripper", "move", "2", "--config", _cell.Config).MustRefuse(ExitCode.Usage, "0 (open) to 1 (closed)");
        Gripper("activate"); // as the cell's other tests may have found it
    }

    [Fact]
    public void A_stop_between_two_motions_of_a_series_ends_the_series()
    {
        int stops = _cell.Status().Stops;
        double[] by = [0, 0, 0.01, 0, 0, 0];
        _cell.Ask(CoreMethods.Stop); // while nothing moves
        double[] before = _cell.Status().Robot!.Q;
        var refused = Assert.Throws<RobotException>(() => _cell.Ask(CoreMethods.ArmMove, new { by, stops }));
        Assert.Equal(ExitCode.Interrupted, refused.Code);
        refused = Assert.Throws<RobotException>(() => _cell.Ask(CoreMethods.GripperOrder, new { order = "open_fully", stops }));
        Assert.Equal(ExitCode.Interrupted, refused.Code);
        Assert.All(before.Zip(_cell.Status().Robot!.Q), q => Assert.Equal(q.First, q.Second, 1e-6));
    }

    private CommandResult Gripper(string what) => _cell.Run("gripper", what, "--config", _cell.Config).MustEndWith(ExitCode.Done);
}
