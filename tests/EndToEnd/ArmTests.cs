using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Runtime.Protocol;
using RobotWorldModel.Simulation.Cell;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.EndToEnd.Tests;

/// <summary>robot arm against the running cell; each leaves an arm that is ready.</summary>
[Collection(RunningCellCollection.Name)]
public class ArmTests(RunningCell running)
{
    private readonly TestCell _cell = running.Cell;

    [Fact]
    public void A_step_goes_straight_says_first_how_far_and_comes_back()
    {
        Arm("home").MustEndWith(ExitCode.Done);
        Vec3 before = Tcp();
        var dry = Arm("move", "--by", "0,0,-0.03", "--dry-run").MustEndWith(ExitCode.Done);
        Assert.Contains("30 mm with the tool", dry.Out, StringComparison.Ordinal);
        Assert.Equal(0, (Tcp() - before).Length, 1e-4);
        var moved = Arm("move", "--by", "0,0,-0.03").MustEndWith(ExitCode.Done);
        Assert.Contains("30 mm with the tool", moved.Out, StringComparison.Ordinal);
        Assert.Contains("arrived", moved.Out, StringComparison.Ordinal);
        Assert.Equal(0, (Tcp() - before - new Vec3(0, 0, -0.03)).Length, 1e-3);
        Arm("move", "--joints", string.Join(',', Home.ToArray())).MustEndWith(ExitCode.Done);
        Assert.Equal(0, (Tcp() - before).Length, 1e-3);
        Assert.Contains("ready", Arm("status").MustEndWith(ExitCode.Done).Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--by", "0,0,-2", "leave what this cell allows (")]
    [InlineData("--pose", "0,0,3,0,0,0", "nothing moved")]
    [InlineData("--by", "1,2", "six numbers")]
    [InlineData("--share", "2", "give one of --joints, --pose and --by")]
    public void What_the_cell_does_not_allow_is_refused_and_nothing_moves(string option, string value, string said)
    {
        double[] before = _cell.Status().Robot!.Q;
        Arm("move", option, value).MustRefuse(ExitCode.Usage, said);
        Assert.All(before.Zip(_cell.Status().Robot!.Q), q => Assert.Equal(q.First, q.Second, 1e-4));
    }

    [Fact]
    public void After_a_protective_stop_in_a_move_a_person_unlocks_and_goes_on_from_where_the_arm_stands()
    {
        Arm("home").MustEndWith(ExitCode.Done);
        var move = _cell.Start("arm", "move", "--by", "0,0,0.06", "--share", "0.05", "--config", _cell.Config);
        Eventually.True(() => _cell.Status().Motion.Arm == "moving", "the arm moves", 60);
        using (var control = new CellControl(_cell.Control))
            control.Call("fault", new() { ["name"] = "protective_stop" });
        var ended = move.WaitForEnd().MustEndWith(ExitCode.Device);
        Assert.Contains("look at the cell, then acknowledge", ended.Err, StringComparison.Ordinal);
        Eventually.True(() => _cell.Status().Motion is { Arm: "protective_stop", NeedsAcknowledge: true }, "it is a protective stop", 30);
        Arm("home").MustRefuse(ExitCode.Device, "acknowledge");
        _cell.Run("acknowledge", "--config", _cell.Config).MustRefuse(ExitCode.Device, "still stopped");

        double[] stopped = _cell.Status().Robot!.Q;
        var unlocked = Arm("unlock").MustEndWith(ExitCode.Done); // waits until the controller allows it
        Assert.Contains("ready", unlocked.Out, StringComparison.Ordinal);
        Assert.All(stopped.Zip(_cell.Status().Robot!.Q), q => Assert.Equal(q.First, q.Second, 1e-3));
        Assert.Contains("nothing to unlock", Arm("unlock").MustEndWith(ExitCode.Done).Out, StringComparison.Ordinal);
        Arm("home").MustEndWith(ExitCode.Done);
    }

    [Fact]
    public void Nothing_is_unlocked_for_who_has_gone()
    {
        using (var control = new CellControl(_cell.Control))
            control.Call("fault", new() { ["name"] = "protective_stop" });
        Eventually.True(() => _cell.Status().Motion is { Arm: "protective_stop", NeedsAcknowledge: true }, "it is a protective stop", 30);
        long stopped = Environment.TickCount64;
        var unlock = _cell.Start("arm", "unlock", "--config", _cell.Config).MustSay("protective stop");
        unlock.Kill(); // within the 5 s in which the controller refuses
        Eventually.True(() => Environment.TickCount64 - stopped > 7000, "the controller would allow it by now", 30);
        Assert.Contains("protective_stop", _cell.Status().Robot!.Safety, StringComparison.Ordinal);
        Arm("unlock").MustEndWith(ExitCode.Done);
    }

    [Fact]
    public void An_arm_that_was_switched_off_says_so_and_is_switched_on_again()
    {
        Assert.Contains("powered off", Arm("power", "off").MustEndWith(ExitCode.Done).Out, StringComparison.Ordinal);
        Arm("home").MustRefuse(ExitCode.Device, "PowerOff");
        Assert.Contains("ready", Arm("power", "on").MustEndWith(ExitCode.Done).Out, StringComparison.Ordinal);
        Arm("home").MustEndWith(ExitCode.Done);
    }

    [Fact]
    public void A_person_leads_the_arm_for_a_while()
    {
        Arm("freedrive").MustRefuse(ExitCode.Usage, "--seconds"); // nobody is at the keys
        double[] before = _cell.Status().Robot!.Q;
        Arm("freedrive", "--seconds", "2").MustEndWith(ExitCode.Done);
        var after = _cell.Status();
        Assert.Null(after.Motion.Owner);
        Assert.Contains(before.Zip(after.Robot!.Q), q => Math.Abs(q.First - q.Second) > 0.01); // the cell's hand has led it
        Eventually.True(() => _cell.Status().Motion.Arm == "ready", "the arm stands", 30);
        Arm("home").MustEndWith(ExitCode.Done);
    }

    [Fact]
    public void Outputs_are_switched_and_shown_and_the_force_sensor_is_zeroed()
    {
        Arm("io", "standard:3", "on").MustEndWith(ExitCode.Done);
        Assert.Contains("outputs     00010000", Arm("io", "tool:1", "on").MustEndWith(ExitCode.Done).Out, StringComparison.Ordinal);
        Assert.Equal(1ul << 3 | 1ul << 17, _cell.Status().Robot!.DigitalOutputs);
        Arm("io", "standard:3", "off").MustEndWith(ExitCode.Done);
        Arm("io", "tool:1", "off").MustEndWith(ExitCode.Done);
        Assert.Equal(0ul, _cell.Status().Robot!.DigitalOutputs);
        Arm("io", "tool:2", "on").MustRefuse(ExitCode.Usage, "there is no tool output 2");
        Arm("io", "tool:0").MustRefuse(ExitCode.Usage, "standard:3 on");
        Assert.Contains("zero now", Arm("zero").MustEndWith(ExitCode.Done).Out, StringComparison.Ordinal);
    }

    private static readonly Vector6 Home = new(0, -1.5708, 1.5708, -1.5708, -1.5708, 0);

    private CommandResult Arm(string what, params string[] more) =>
        _cell.Run(["arm", what, .. more, "--config", _cell.Config, "--data", _cell.Data]);

    private Vec3 Tcp() => _cell.Status().Robot!.Tcp is [var x, var y, var z, ..] ? new(x, y, z) : default;
}
