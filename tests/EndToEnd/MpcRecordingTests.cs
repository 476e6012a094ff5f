using System.Security.Cryptography;
using System.Text.Json.Nodes;
using RobotWorldModel.Collector.Episodes;
using RobotWorldModel.Runtime.Core.Mpc;
using RobotWorldModel.Runtime.Protocol;
using RobotWorldModel.Simulation.Cell;
using RobotWorldModel.Tests.Shared;
using Xunit.Abstractions;

namespace RobotWorldModel.EndToEnd.Tests;

/// <summary>What a live run in a learned model leaves behind, and that it can be planned again.</summary>
public class MpcRecordingTests(ITestOutputHelper output)
{
    private const int Ticks = 30; // a second for each goal

    [Fact]
    public void Each_goal_is_an_episode_with_its_plans_which_are_the_same_when_they_are_made_again()
    {
        using var cell = new TestCell(cameras: 0);
        cell.StartSim();
        cell.StartService();
        cell.WaitForDevices();
        // Whoever computes beside this test may make the arm stutter, which the model does not foresee; here it is believed all the same.
        CopyModel(cell["model"], card => card["validation"]!["one_step_error"]!["p99_9"] = 1e6);
        WriteGoals(cell);

        RobotProcess running = cell.Start("mpc", "--config", cell.Config, "--data", cell.Data, "--model", cell["model"],
            "--goal", cell["goals.yaml"], "--seconds", "1", "--record");
        Eventually.True(() => cell.Status().Mpc is { State: "easing" or "controlling" }, "the model controls", 60);
        var refused = Assert.Throws<RobotException>(() => cell.Ask(CoreMethods.RecordStart, new { task = "another" }));
        Assert.Equal(ExitCode.Busy, refused.Code);
        CommandResult run = running.WaitForEnd().MustEndWith(ExitCode.Done);
        output.WriteLine(run.Out);
        Assert.Equal(2, cell.Episodes.Length);
        Assert.Equal(cell.Episodes.Select(Path.GetFileName), cell.Status().Mpc!.Episodes);
        foreach (string episode in cell.Episodes)
        {
            Assert.Contains(episode, run.Out, StringComparison.Ordinal);
            MustBeWhole(cell, episode);
        }
        CommandResult again = cell.Run("replan", cell.Episodes[1]).MustEndWith(ExitCode.Done);
        output.WriteLine(again.Out);
        Assert.Contains("plans are the same to the bit", again.Out, StringComparison.Ordinal);
        AnotherModelIsRefused(cell);
        AnotherPlanIsFound(cell.Episodes[0]);
        APersonStopsIt(cell, () => cell.Run("stop", "--config", cell.Config).MustEndWith(ExitCode.Done));
        Assert.Equal(("stopped", "stopped by a person"), (cell.Status().Mpc!.State, cell.Status().Mpc!.Message));
    }

    private static void APersonStopsIt(TestCell cell, Action stop)
    {
        RobotProcess running = cell.Start("mpc", "--config", cell.Config, "--data", cell.Data, "--model", cell["model"],
            "--seed", "7", "--episodes", "1", "--seconds", "60");
        Eventually.True(() => cell.Status().Mpc is { State: "easing" or "controlling" }, "the model controls", 60);
        stop();
        running.WaitForEnd().MustEndWith(ExitCode.Interrupted);
        using var control = new CellControl(cell.Control); // for the task's own goals nothing is in the arm's way
        Assert.All(control.Call("scene")!.AsObject(), one => Assert.InRange((double)one.Value![0]!, -1, -0.8));
    }

    private static void CopyModel(string to, Action<JsonNode> change)
    {
        string from = Repository.Path("models/reach");
        Directory.CreateDirectory(to);
        File.Copy(Path.Combine(from, "model.dat"), Path.Combine(to, "model.dat"));
        JsonNode card = JsonNode.Parse(File.ReadAllText(Path.Combine(from, "model.json")))!;
        change(card);
        File.WriteAllText(Path.Combine(to, "model.json"), card.ToJsonString());
    }

    // From where the arm stands: nothing is gone to before.
    private static void WriteGoals(TestCell cell)
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
        Assert.True(metadata.Return > 0, $"return {metadata.Return}");
        PlanFile plans = Read(episode);
        int decided = 0, planned = 0;
        for (int k = 0; k < metadata.Frames; k++)
        {
            decided += float.IsNaN(plans.Row(plans.Guarded, k)[0]) ? 0 : 1;
            planned += plans.Iterations[k] > 0 ? 1 : 0;
        }
        Assert.Equal(Ticks, decided);
        Assert.InRange(planned, Ticks / 2, Ticks + 1); // however loaded the machine is
    }

    private static void AnotherModelIsRefused(TestCell cell)
    {
        string other = cell["other"], weights = Path.Combine(other, "model.dat"), sum = "", before = "";
        CopyModel(other, card =>
        {
            byte[] bytes = File.ReadAllBytes(weights);
            bytes[^1] ^= 1;
            File.WriteAllBytes(weights, bytes);
            (before, sum) = ((string)card["sha256"]!, Convert.ToHexStringLower(SHA256.HashData(bytes)));
            card["sha256"] = sum;
        });
        var refused = Assert.Throws<RobotException>(() => Replanning.Open(cell.Episodes[0], other));
        Assert.Equal(ExitCode.Config, refused.Code);
        Assert.All((string[])[sum, before, other, cell["model"]],
            word => Assert.Contains(word, refused.Message, StringComparison.Ordinal));
    }

    private static void AnotherPlanIsFound(string episode)
    {
        ReplanReport whole = Replan(episode);
        Assert.True(whole.AllEqual, string.Join('\n', whole.Lines));
        PlanFile plans = Read(episode);
        int row = Array.FindLastIndex(plans.Iterations, n => n > 0);
        plans.Row(plans.Latent, row)[0] += 0.5f;
        int sent = Enumerable.Range(0, plans.Frames).First(k => float.IsFinite(plans.Row(plans.Action, k)[0]));
        plans.Row(plans.Action, sent)[2] += 1e-6f;
        plans.Write(Path.Combine(episode, EpisodeLayout.Plan));

        ReplanReport changed = Replan(episode);
        Assert.Equal((whole.Plans - 1, 1, false), (changed.Equal, changed.Strange, changed.AllEqual));
        Assert.Contains($"frame {sent}: what was sent stands in no plan for it", changed.Lines);
        Assert.Contains($"frame {row}: another plan", changed.Lines.Last(), StringComparison.Ordinal);
    }

    private static PlanFile Read(string episode)
    {
        var metadata = EpisodeMetadata.Read(episode);
        return PlanFile.Read(Path.Combine(episode, EpisodeLayout.Plan), metadata.Planner!.Shape, metadata.Frames);
    }

    private static ReplanReport Replan(string episode)
    {
        using var again = Replanning.Open(episode, null);
        return again.Run(CancellationToken.None);
    }
}
