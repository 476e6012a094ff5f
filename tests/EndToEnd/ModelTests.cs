using System.Text.Json.Nodes;
using RobotWorldModel.Collector.Episodes;
using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Runtime.Protocol;
using RobotWorldModel.Simulation.Cell;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.EndToEnd.Tests;

/// <summary>The models and generations of arms under the whole service; every cell but these has a UR5e with PolyScope 5.</summary>
public class ModelTests
{
    [SkippableTheory]
    [InlineData("UR3", 125)]
    [InlineData("UR10", 125)]
    [InlineData("UR3e", 500)]
    [InlineData("UR10e", 500)]
    [InlineData("UR16e", 500)]
    public void Every_model_says_what_it_is_and_moves(string model, int rateHz)
    {
        Skip.IfNot(Environment.GetEnvironmentVariable("LONG_TESTS") == "1",
            "a cell for each model: only with LONG_TESTS=1; a UR5 and a UR5e have tests here, every geometry has in tests/Drivers");
        using var cell = new TestCell(cameras: 0, changes: ("model: UR5e", $"model: {model}"));
        Start(cell);
        string status = cell.Run("arm", "status", "--config", cell.Config).MustEndWith(ExitCode.Done).Out;
        Assert.Contains($"{model} 20235500000: ready", status, StringComparison.Ordinal);
        Assert.Contains($"RTDE at {rateHz} Hz", status, StringComparison.Ordinal);
        MovesBy(cell, 0.03);
    }

    [Theory]
    [InlineData("UR16e", "UR10e", "is a UR16e, the config says UR10e")]
    [InlineData("UR5", "UR5e", "runs at 125 Hz, a UR5e at 500 Hz: it is a CB3 arm")]
    public void An_arm_that_is_not_the_config_s_is_not_moved(string model, string configured, string said)
    {
        using var cell = new TestCell(cameras: 0, changes: ("model: UR5e", $"model: {model}"));
        cell.StartSim();
        string other = cell.ConfigWith($"model: {model}", $"model: {configured}");
        cell.Start("run", "--config", other, "--data", cell.Data).MustSay("ready; dashboard");
        cell.WaitForDevices();
        Eventually.True(() => cell.Status().Streams.Single(s => s.Name == "robot").Message.Contains(said, StringComparison.Ordinal),
            $"the status says: {said}", 30);
        double[] before = cell.Status().Robot!.Q;
        cell.Run("arm", "move", "--by", "0,0,0.03", "--yes", "--config", other).MustEndWith(ExitCode.Device);
        cell.Run("arm", "freedrive", "--seconds", "1", "--yes", "--config", other).MustEndWith(ExitCode.Device);
        var refused = cell.Run("arm", "home", "--yes", "--config", other).MustEndWith(ExitCode.Device);
        Assert.Contains(said, refused.Err, StringComparison.Ordinal);
        Assert.All(before.Zip(cell.Status().Robot!.Q), q => Assert.Equal(q.First, q.Second, 1e-6));
    }

    [Fact]
    public void A_cb3_records_replays_moves_is_led_and_comes_back_after_a_restart()
    {
        using var cell = new TestCell(cameras: 0, changes: ("model: UR5e", "model: UR5"));
        Start(cell);
        long began = cell.Status().TimeNs;
        cell.Record("--source", "scripted").MustEndWith(ExitCode.Done);
        string episode = Assert.Single(cell.Episodes);
        var metadata = EpisodeMetadata.Read(episode);
        Assert.Equal((Outcome.Success, "UR5", "3.15.8.106339"),
            (metadata.Outcome, metadata.Robot!.Model, metadata.Robot.ControllerVersion));
        // servoj is its lookahead behind less a cycle; then the way to the program, which the round trip tells with 1 ms back.
        MotionTiming timing = metadata.Motion!;
        Assert.Equal(30 - 8 + timing.RoundTripMs!.Value - 1, timing.DelayMs, 4.0);
        cell.MustVerify(episode);
        var replay = cell.Run("replay", episode, "--config", cell.Config, "--data", cell.Data).MustEndWith(ExitCode.Done);
        Assert.InRange(cell.Status().Replay!.RmsRad, 0, 0.005);
        Assert.Contains("gripper within", replay.Out, StringComparison.Ordinal);

        Arm(cell, "home").MustEndWith(ExitCode.Done);
        double[] home = [0, -1.5708, 1.5708, -1.5708, -1.5708, 0];
        Assert.All(home.Zip(cell.Status().Robot!.Q), q => Assert.Equal(q.First, q.Second, 2e-3));
        MovesBy(cell, 0.05);
        using var control = new CellControl(cell.Control);
        JsonNode truth = control.Call("motion", new() { ["from"] = began, ["to"] = cell.Status().TimeNs })!;
        Assert.InRange((double)truth["max_joint_speed"]!, 0.1, 1.6); // motion.joint_speed is 1.5, which servoj overshoots a little
        double[] before = cell.Status().Robot!.Q;
        Arm(cell, "freedrive", "--seconds", "1.5").MustEndWith(ExitCode.Done);
        Assert.Contains(before.Zip(cell.Status().Robot!.Q), q => Math.Abs(q.First - q.Second) > 0.01);

        control.Call("fault", new() { ["name"] = "restart", ["seconds"] = 1.0 });
        Eventually.True(() => cell.Status().Motion.Arm is "disconnected" or "connecting", "the controller is gone", 30);
        Eventually.True(() => cell.Status() is { Motion.Arm: "powered_off", Robot.Mode: "power_off" }, "it has booted", 60);
        Arm(cell, "home").MustRefuse(ExitCode.Device, "PowerOff");
        Assert.Contains("ready", Arm(cell, "power", "on").MustEndWith(ExitCode.Done).Out, StringComparison.Ordinal);
        Arm(cell, "home").MustEndWith(ExitCode.Done);
    }

    [Fact]
    public void Polyscope_x_moves_and_what_it_cannot_do_is_said()
    {
        using var cell = new TestCell(cameras: 0, changes: ("robot: {delay_ms_min", "robot: {software: 10.7.0, delay_ms_min"));
        Start(cell);
        string status = cell.Run("arm", "status", "--config", cell.Config).MustEndWith(ExitCode.Done).Out;
        Assert.Contains("PolyScope 10.7.0", status, StringComparison.Ordinal);
        Assert.Contains("PolyScope X has no dashboard server: serial number and remote control are not known", status,
            StringComparison.Ordinal);
        Assert.Contains("UR5e: ready", status, StringComparison.Ordinal);
        // Without a serial number it may be a real arm: it is asked for.
        cell.Run("arm", "home", "--config", cell.Config).MustEndWith(ExitCode.Usage);
        Assert.Contains("for the simulated cell only", cell.Record("--source", "scripted", "--yes").MustEndWith(ExitCode.Usage).Err,
            StringComparison.Ordinal);
        MovesBy(cell, 0.03, "--yes");
        foreach (string power in (string[])["on", "off"])
            Assert.Contains("PolyScope X has no dashboard server: power it at the pendant",
                Arm(cell, "power", power, "--yes").MustEndWith(ExitCode.Device).Err, StringComparison.Ordinal);
        using (var control = new CellControl(cell.Control))
            control.Call("fault", new() { ["name"] = "protective_stop" });
        Eventually.True(() => cell.Status().Motion is { Arm: "protective_stop", NeedsAcknowledge: true }, "it is a protective stop", 30);
        Assert.Contains("unlock it at the pendant", Arm(cell, "unlock", "--yes").MustEndWith(ExitCode.Device).Err,
            StringComparison.Ordinal);
        Eventually.True(() => Unlocked(cell), "it is unlocked at the pendant, 5 s after the stop", 30);
        Assert.Equal("protective_stop", cell.Status().Motion.Arm); // until a person has looked
        Assert.Contains("UR5e: ready", Arm(cell, "unlock", "--yes").MustEndWith(ExitCode.Done).Out, StringComparison.Ordinal);
        MovesBy(cell, -0.03, "--yes");
    }

    private static void Start(TestCell cell)
    {
        cell.StartSim();
        cell.StartService();
        cell.WaitForDevices();
        Eventually.True(() => cell.Status().Robot is { Identified: true }, "the controller has said who it is", 30);
    }

    private static bool Unlocked(TestCell cell)
    {
        using var control = new CellControl(cell.Control);
        control.Call("pendant", new() { ["button"] = "unlock" });
        return cell.Status().Robot!.Safety == "normal";
    }

    private static CommandResult Arm(TestCell cell, string what, params string[] more) =>
        cell.Run(["arm", what, .. more, "--config", cell.Config, "--data", cell.Data]);

    private static void MovesBy(TestCell cell, double up, params string[] more)
    {
        Vec3 before = Tcp(cell);
        Arm(cell, "move", ["--by", FormattableString.Invariant($"0,0,{up}"), .. more]).MustEndWith(ExitCode.Done);
        Assert.Equal(0, (Tcp(cell) - before - new Vec3(0, 0, up)).Length, 1e-3);
    }

    private static Vec3 Tcp(TestCell cell) => cell.Status().Robot!.Tcp is [var x, var y, var z, ..] ? new(x, y, z) : default;
}
