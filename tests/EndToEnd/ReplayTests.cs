using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using RobotWorldModel.Collector.Episodes;
using RobotWorldModel.Runtime.Protocol;

namespace RobotWorldModel.EndToEnd.Tests;

[Collection(RunningCellCollection.Name)]
public partial class ReplayTests(RunningCell running)
{
    private readonly TestCell _cell = running.Cell;

    [Fact]
    public void A_scripted_demonstration_replays_within_five_thousandths_of_a_radian()
    {
        string episode = running.Scripted;
        var before = running.Cell.Scene();
        var replay = _cell.Run("replay", episode, "--config", _cell.Config, "--data", _cell.Data).MustEndWith(ExitCode.Done);
        var error = PathError().Match(replay.Out);
        Assert.True(error.Success, $"{replay}");
        Assert.InRange(Number(error.Groups["rms"]), 0, 0.005);
        Assert.InRange(Number(error.Groups["max"]), 0, 0.02);
        Assert.InRange(Number(error.Groups["gripper"]), 0, 1);
        // The cell's objects were put back first: else the gripper would have come down on the cube where it lies since.
        Assert.Contains("where the episode found them", replay.Out, StringComparison.Ordinal);
        var recorded = EpisodeMetadata.Read(episode).Simulation!.Value.GetProperty("scene");
        Assert.Equal(["block", "can", "cube", "target"], recorded.EnumerateObject().Select(o => o.Name).Order());
        Assert.InRange(Apart(before["cube"]!, before["target"]!), 0, 0.025);
        Assert.InRange(Apart(JsonNode.Parse(recorded.GetProperty("cube").GetRawText())!, before["target"]!), 0.1, 1);
        var after = running.Cell.Scene();
        Assert.InRange(Apart(after["cube"]!, after["target"]!), 0, 0.025);
    }

    // Of two poses, across the table, m.
    private static double Apart(JsonNode a, JsonNode b) =>
        Math.Sqrt(Math.Pow((double)a[0]! - (double)b[0]!, 2) + Math.Pow((double)a[1]! - (double)b[1]!, 2));

    [Fact]
    public void A_dry_run_moves_nothing()
    {
        string episode = running.Scripted;
        double[] before = _cell.Status().Robot!.Q;
        var said = _cell.Run("replay", episode, "--config", _cell.Config, "--data", _cell.Data, "--dry-run").MustEndWith(ExitCode.Done);
        Assert.Contains("joints move over", said.Out, StringComparison.Ordinal);
        Assert.Matches("every target keeps the cell's limits|would shorten", said.Out); // a tick that was skipped leaves a double step
        string slow = _cell.ConfigWith("tcp_speed: 0.25", "tcp_speed: 0.02");
        _cell.Run("replay", episode, "--config", slow, "--data", _cell.Data, "--dry-run")
            .MustRefuse(ExitCode.Usage, "demo_", "row", "motion.tcp_speed", "--speed");
        var after = _cell.Status();
        Assert.All(before.Zip(after.Robot!.Q), q => Assert.Equal(q.First, q.Second, 1e-4));
        Assert.Equal("idle", after.Mode);
    }

    [Fact]
    public void A_replay_that_the_limits_would_hold_back_does_not_begin()
    {
        double[] before = _cell.Status().Robot!.Q;
        _cell.Run("replay", running.Scripted, "--config", _cell.Config, "--data", _cell.Data, "--speed", "2")
            .MustRefuse(ExitCode.Usage, "demo_", "row", "motion.", "--speed");
        Assert.All(before.Zip(_cell.Status().Robot!.Q), q => Assert.Equal(q.First, q.Second, 1e-4));
    }

    [Theory]
    [InlineData("model: UR5e", "model: UR3e", "UR5e", "UR3e")]
    [InlineData("tcp: [0, 0, 0.145, 0, 0, 0]", "tcp: [0, 0, 0.2, 0, 0, 0]", "TCP", "0.2")]
    public void An_episode_of_another_arm_or_tool_is_refused(string line, string other, string recorded, string here)
    {
        string config = _cell.ConfigWith(line, other);
        _cell.Run("replay", running.Scripted, "--config", config, "--data", _cell.Data)
            .MustRefuse(ExitCode.Usage, "demo_", recorded, here);
    }

    private static double Number(Group group) => double.Parse(group.Value, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"rms (?<rms>[\d.]+) rad, max (?<max>[\d.]+) rad .*gripper within (?<gripper>[\d.]+) frames")]
    private static partial Regex PathError();
}
