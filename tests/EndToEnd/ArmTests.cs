using System.Net.Sockets;
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
    public void A_move_that_a_person_stops_was_interrupted()
    {
        Arm("home").MustEndWith(ExitCode.Done);
        var move = _cell.Start("arm", "move", "--by", "0,0,0.06", "--share", "0.05", "--config", _cell.Config);
        Eventually.True(() => _cell.Status().Motion.Arm == "moving", "the arm moves", 60);
        _cell.Run("stop", "--config", _cell.Config).MustEndWith(ExitCode.Done);
        move.WaitForEnd().MustRefuse(ExitCode.Interrupted, "stopped by a person");
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

    [Fact]
    public void Analog_outputs_and_the_tools_voltage_are_set_in_their_units()
    {
        Assert.Contains("output:0 4.2 V", Arm("io", "analog:0", "4.2V").MustEndWith(ExitCode.Done).Out, StringComparison.Ordinal);
        string shown = Arm("io", "analog:1", "12mA").MustEndWith(ExitCode.Done).Out;
        Assert.Contains("output:1 12 mA", shown, StringComparison.Ordinal);
        Assert.Contains("input:0 0 V", shown, StringComparison.Ordinal); // nothing is wired to the simulated box
        Assert.Contains("tool        24 V", Arm("io", "tool_voltage", "24").MustEndWith(ExitCode.Done).Out, StringComparison.Ordinal);
        Arm("io", "tool_voltage", "0").MustEndWith(ExitCode.Done);
        Arm("io", "analog:0", "4mA").MustEndWith(ExitCode.Done);
        Arm("io", "analog:0", "11V").MustRefuse(ExitCode.Usage, "0 to 10 V, or 4 to 20 mA");
        Arm("io", "analog:2", "1V").MustRefuse(ExitCode.Usage, "there is no analog output 2");
        Arm("io", "analog:0", "4.2").MustRefuse(ExitCode.Usage, "io analog:0 4.2V");
        Arm("io", "tool_voltage", "5").MustRefuse(ExitCode.Usage, "0, 12 or 24 V");
    }

    [Fact]
    public void A_tool_that_differs_keeps_the_arm_from_moving_until_the_controller_is_given_the_configs()
    {
        using (var script = new TcpClient(_cell.Host, 30002))
        {
            script.GetStream().Write("sec t():\n set_tcp(p[0, 0, 0.2, 0, 0, 0])\n set_payload(2)\nend\n"u8);
            Eventually.True(
                () => _cell.Status().Robot!.Tool is { Difference: not null, PayloadKg: 2 }, "the controller has another tool", 30);
        }
        Arm("home").MustRefuse(ExitCode.Device, "the controller's TCP is [0, 0, 0.2, 0, 0, 0]", "./robot arm tool --set");
        string shown = Arm("tool").MustEndWith(ExitCode.Done).Out;
        Assert.Contains("payload, kg   2.0000 | 0.9250", shown, StringComparison.Ordinal);
        Assert.Contains("left to the controller", shown, StringComparison.Ordinal);
        Assert.Contains("./robot arm tool --set", Arm("status").MustEndWith(ExitCode.Done).Out, StringComparison.Ordinal);

        string set = Arm("tool", "--set").MustEndWith(ExitCode.Done).Out;
        Assert.Contains("payload, kg   0.9250 | 0.9250", set, StringComparison.Ordinal);
        Assert.Null(_cell.Status().Robot!.Tool!.Difference);
        Arm("home").MustEndWith(ExitCode.Done);
    }

    [Fact]
    public void The_speed_slider_is_moved_and_never_to_zero()
    {
        Assert.Contains("slider is at 50 %", Arm("speed", "50%").MustEndWith(ExitCode.Done).Out, StringComparison.Ordinal);
        Assert.Equal(0.5, _cell.Status().Robot!.SpeedSlider);
        Assert.Contains("(slider 50 %)", Arm("status").MustEndWith(ExitCode.Done).Out, StringComparison.Ordinal);
        Assert.Contains("slider is at 1 %", Arm("speed", "0").MustEndWith(ExitCode.Done).Out, StringComparison.Ordinal);
        Arm("speed", "120%").MustRefuse(ExitCode.Usage, "1% to 100%");
        Assert.Contains("slider is at 100 %", Arm("speed", "100%").MustEndWith(ExitCode.Done).Out, StringComparison.Ordinal);
    }

    [Fact]
    public void A_program_of_the_controllers_moves_the_arm_until_a_person_stops_it()
    {
        Assert.Contains("remote control", Arm("status").MustEndWith(ExitCode.Done).Out, StringComparison.Ordinal);
        Arm("program", "load", "nothing.script").MustRefuse(ExitCode.Device, "File not found: nothing.script");
        Arm("program", "load").MustRefuse(ExitCode.Usage, "program load pick.urp");
        Assert.Contains($"{RunningCell.Turning} is loaded; STOPPED",
            Arm("program", "load", RunningCell.Turning).MustEndWith(ExitCode.Done).Out, StringComparison.Ordinal);
        Assert.Contains("PLAYING turning", Arm("program", "play").MustEndWith(ExitCode.Done).Out, StringComparison.Ordinal);
        Eventually.True(() => _cell.Status().Motion.Arm == "moving", "it moves the arm", 30);
        Arm("home").MustRefuse(ExitCode.Device, "the arm moves");
        Assert.Contains("PAUSED", Arm("program", "pause").MustEndWith(ExitCode.Done).Out, StringComparison.Ordinal);
        Arm("program", "play").MustEndWith(ExitCode.Done);
        Arm("program", "play").MustRefuse(ExitCode.Device, "does none run already"); // a stop finds the first one all the same

        _cell.Run("stop", "--config", _cell.Config).MustEndWith(ExitCode.Done);
        Eventually.True(() => _cell.Status() is { Motion.Arm: "ready", Robot.Runtime: "stopped" }, "it has stopped", 30);
        Assert.Contains("STOPPED", Arm("program").MustEndWith(ExitCode.Done).Out, StringComparison.Ordinal);
        Arm("home").MustEndWith(ExitCode.Done);
    }

    [Fact]
    public void A_popup_is_shown_and_closed()
    {
        Assert.Contains("shown on the pendant", Arm("popup", "put the cube back").MustEndWith(ExitCode.Done).Out, StringComparison.Ordinal);
        Arm("popup").MustRefuse(ExitCode.Usage, "--close");
        Arm("popup", "two\nlines").MustRefuse(ExitCode.Device, "takes one line");
        Assert.Contains("closed", Arm("popup", "--close").MustEndWith(ExitCode.Done).Out, StringComparison.Ordinal);
    }

    private static readonly Vector6 Home = new(0, -1.5708, 1.5708, -1.5708, -1.5708, 0);

    private CommandResult Arm(string what, params string[] more) =>
        _cell.Run(["arm", what, .. more, "--config", _cell.Config, "--data", _cell.Data]);

    private Vec3 Tcp() => _cell.Status().Robot!.Tcp is [var x, var y, var z, ..] ? new(x, y, z) : default;
}
