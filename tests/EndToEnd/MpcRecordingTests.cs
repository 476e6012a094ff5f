using System.Text.Json.Nodes;
using RobotWorldModel.Collector.Episodes;
using RobotWorldModel.Runtime.Core.Mpc;
using RobotWorldModel.Runtime.Protocol;
using RobotWorldModel.Tests.Shared;
using Xunit.Abstractions;

namespace RobotWorldModel.EndToEnd.Tests;

/// <summary>What a live run in a learned model leaves behind, and that it can be planned again.</summary>
public class MpcRecordingTests(ITestOutputHelper output)
{
    private const string Tiny = """
        data: {modalities: ["task:tcp_speed_x,tcp_speed_y,tcp_speed_z,goal_less_tcp_x,goal_less_tcp_y,goal_less_tcp_z"]}
        rssm: {deterministic: 16, stochastic: 4, hidden: 16, heads: [16], vectors: [16], vector_embedding: 8}
        windows: {length: 8}
        optimizer: {warmup: 1}
        batch: 4
        steps: 2
        validate_every: 2
        checkpoint_every: 2

        """;

    [Fact]
    public void Each_goal_is_an_episode_with_its_plans_which_are_the_same_when_they_are_made_again()
    {
        using var cell = new TestCell(cameras: 0);
        RobotProcess sim = cell.Start("sim", "--config", cell.Config), made = Simulate(cell);
        made.WaitForEnd().MustEndWith(ExitCode.Done);
        RobotProcess training = Train(cell);
        sim.MustSay("is ready");
        cell.StartService();
        cell.WaitForDevices();
        training.WaitForEnd().MustEndWith(ExitCode.Done);
        Believe(cell["run"]);
        Goals(cell);

        var run = cell.Run("mpc", "--config", cell.Config, "--data", cell.Data, "--model", cell["run"], "--goal", cell["goals.yaml"],
            "--seconds", "1", "--record").MustEndWith(ExitCode.Done);
        output.WriteLine(run.Out);
        Assert.Equal(2, cell.Episodes.Length);
        foreach (string episode in cell.Episodes)
        {
            Assert.Contains(episode, run.Out, StringComparison.Ordinal);
            MustBeWhole(cell, episode);
        }
        Assert.Equal(cell.Episodes.Select(Path.GetFileName), cell.Status().Mpc!.Episodes);
        var again = cell.Run("replan", cell.Episodes[1]).MustEndWith(ExitCode.Done);
        output.WriteLine(again.Out);
        Assert.Contains("plans are the same to the bit", again.Out, StringComparison.Ordinal);
        AnotherModelOrPlanIsFound(cell);
    }

    private static RobotProcess Simulate(TestCell cell) => cell.Start("simulate", "--task", "reach", "--policy", "expert", "--noise", "0.4",
        "--episodes", "4", "--seed", "3", "--data", cell["simulated"]);

    private static RobotProcess Train(TestCell cell)
    {
        File.WriteAllText(cell["tiny.yaml"], Tiny);
        return cell.Start("train", "rssm-small", "--config", cell["tiny.yaml"], "--data", cell["simulated"], "--out", cell["run"]);
    }

    // Nobody expects that a model of two steps foresees anything, or has seen much: here it is believed all the same.
    private static void Believe(string run)
    {
        string file = Path.Combine(run, "best", "model.json");
        JsonNode card = JsonNode.Parse(File.ReadAllText(file))!;
        card["validation"]!["one_step_error"]!["p99_9"] = 1e6;
        JsonObject modalities = card["normalisation"]!["modalities"]!.AsObject();
        foreach (var (_, modality) in modalities)
        {
            for (int i = 0; i < modality!["min"]!.AsArray().Count; i++)
                (modality["min"]![i], modality["max"]![i]) = (-100, 100);
        }
        File.WriteAllText(file, card.ToJsonString());
    }

    private static void Goals(TestCell cell)
    {
        double[] tcp = cell.Status().Robot!.Tcp;
        File.WriteAllText(cell["goals.yaml"], FormattableString.Invariant(
            $"goals: [[{tcp[0] - 0.05}, {tcp[1]}, {tcp[2]}], [{tcp[0]}, {tcp[1] + 0.05}, {tcp[2]}]]\n"));
    }

    private static void MustBeWhole(TestCell cell, string episode)
    {
        cell.MustVerify(episode);
        var metadata = EpisodeMetadata.Read(episode);
        Assert.Equal(("reach", "mpc", EpisodeEnd.Timeout), (metadata.Task, metadata.ActionSource, metadata.End));
        Assert.NotEqual(Outcome.Unknown, metadata.Outcome);
        PlanFile plans = PlanFile.Read(Path.Combine(episode, EpisodeLayout.Plan), metadata.Planner!.Shape, metadata.Frames);
        int decided = 0, planned = 0;
        for (int k = 0; k < metadata.Frames; k++)
        {
            decided += float.IsNaN(plans.Row(plans.Guarded, k)[0]) ? 0 : 1;
            planned += plans.Iterations[k] > 0 ? 1 : 0;
        }
        Assert.Equal(30, decided); // a second
        Assert.InRange(planned, 15, 31); // however loaded the machine is
        Assert.True(metadata.Return > 0);
        var table = EpisodeReader.Open(episode);
        Assert.NotNull(table.ReadActions());
    }

    private static void AnotherModelOrPlanIsFound(TestCell cell)
    {
        string episode = cell.Episodes[0], model = Path.Combine(cell["run"], "best"), other = cell["other"];
        Directory.CreateDirectory(other);
        byte[] weights = File.ReadAllBytes(Path.Combine(model, "model.dat"));
        weights[^1] ^= 1;
        File.WriteAllBytes(Path.Combine(other, "model.dat"), weights);
        string sum = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(weights));
        JsonNode card = JsonNode.Parse(File.ReadAllText(Path.Combine(model, "model.json")))!;
        string before = (string)card["sha256"]!;
        card["sha256"] = sum;
        File.WriteAllText(Path.Combine(other, "model.json"), card.ToJsonString());
        var refused = Assert.Throws<RobotException>(() => Replanning.Open(episode, other));
        Assert.Equal(ExitCode.Config, refused.Code);
        Assert.All((string[])[sum, before, other], word => Assert.Contains(word, refused.Message, StringComparison.Ordinal));

        ReplanReport report = Report(episode);
        Assert.True(report.AllEqual, string.Join('\n', report.Lines));
        var metadata = EpisodeMetadata.Read(episode);
        string file = Path.Combine(episode, EpisodeLayout.Plan);
        PlanFile plans = PlanFile.Read(file, metadata.Planner!.Shape, metadata.Frames);
        int row = Array.FindLastIndex(plans.Iterations, n => n > 0);
        plans.Row(plans.Latent, row)[0] += 0.5f;
        plans.Write(file);
        report = Report(episode);
        Assert.Equal((report.Plans - 1, false), (report.Equal, report.AllEqual));
        Assert.Contains($"frame {row}: another plan", report.Lines.Last(), StringComparison.Ordinal);
    }

    private static ReplanReport Report(string episode)
    {
        using var again = Replanning.Open(episode, null);
        return again.Run(CancellationToken.None);
    }
}
