using System.Text.Json;
using RobotWorldModel.Runtime.Commands;
using RobotWorldModel.Runtime.Protocol;
using RobotWorldModel.Runtime.Simulate;
using RobotWorldModel.Tests.Shared;
using RobotWorldModel.WorldModel.Training;

namespace RobotWorldModel.Runtime.Tests.Commands;

/// <summary>From nothing to a model that acts, by the commands that a person types.</summary>
public sealed class LearningCommandTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Episodes_are_simulated_a_model_is_trained_goes_on_and_acts()
    {
        Assert.Equal(ExitCode.Done, await Robot("simulate", "--task", "pendulum-v1", "--episodes", "4", "--data", _folder["data"]));
        Assert.Equal(ExitCode.Done, await Train("steps=6"));
        string[] first = await File.ReadAllLinesAsync(Path.Combine(_folder["run"], "metrics.jsonl"));
        Assert.Equal(6, first.Length);
        Assert.Equal(6, JsonDocument.Parse(first[^1]).RootElement.GetProperty("step").GetInt64());
        (ModelCard last, _) = ModelCard.Open(Path.Combine(_folder["run"], "last"));
        Assert.Equal(6, last.Step);
        (ModelCard best, _) = ModelCard.Open(_folder["run"]);
        Assert.True(best.Step is 3 or 6, $"step {best.Step}"); // whichever of the two validations was better, which is the processor's luck

        Assert.Equal(ExitCode.Done, await Train("steps=6", "--resume")); // nothing is left to do
        Assert.Equal(first, await File.ReadAllLinesAsync(Path.Combine(_folder["run"], "metrics.jsonl")));
        Assert.Equal(ExitCode.Usage, await Train("steps=6")); // a run is never overwritten
        Assert.Equal(ExitCode.Config, await Train("steps=7", "--resume"));
        Assert.Equal(ExitCode.Done, await Robot(
            "simulate", "--task", "pendulum-v1", "--episodes", "1", "--policy", _folder["run"], "--horizon", "4", "--candidates", "8",
            "--iterations", "1"));
    }

    [Fact]
    public async Task A_TD_MPC2_is_trained_and_acts_with_its_own_planner()
    {
        Assert.Equal(ExitCode.Done, await Robot("simulate", "--task", "pendulum-v1", "--episodes", "4", "--data", _folder["data"]));
        Assert.Equal(ExitCode.Done, await Robot(
            "train", "tdmpc2-1m", "--data", _folder["data"], "--out", _folder["run"], "--set", "data.modalities=[task]", "steps=4",
            "batch=4", "validate_every=2", "tdmpc2.encoder=[8]", "tdmpc2.hidden=[8]", "tdmpc2.latent=16"));
        Assert.Equal(ExitCode.Done, await Robot(
            "simulate", "--task", "pendulum-v1", "--episodes", "1", "--policy", _folder["run"], "--candidates", "16", "--iterations", "1",
            "--data", _folder["acted"]));
        string metadata = await File.ReadAllTextAsync(
            Directory.GetFiles(_folder["acted"], "metadata.json", SearchOption.AllDirectories).Single());
        Assert.Contains("\"tdmpc2\"", metadata);
        Assert.Equal(ExitCode.FaultsFound, await Robot("evaluate", _folder["run"], "--data", _folder["data"])); // it expects nothing to see
        Assert.Equal(ExitCode.Config, await Robot(
            "train", "tdmpc2-1m", "--data", _folder["data"], "--out", _folder["other"], "--set", "rssm.hidden=8"));
    }

    [Fact]
    public async Task What_cannot_be_trained_is_refused_with_the_code_that_it_deserves()
    {
        Assert.Equal(ExitCode.Usage, await Robot("train", "dreamer", "--data", _folder.Path, "--out", _folder["run"]));
        Assert.Equal(ExitCode.Config, await Robot("train", "rssm", "--data", _folder.Path, "--out", _folder["run"], "--set", "size=3"));
        Assert.Equal(ExitCode.Usage, await Robot("train", "rssm", "--data", _folder["none"], "--out", _folder["run"]));
        Assert.Equal(ExitCode.FaultsFound, await Robot("train", "rssm", "--data", _folder.Path, "--out", _folder["run"]));
        Assert.Equal(ExitCode.Usage, await Robot(
            "train", "rssm", "--data", _folder.Path, "--out", _folder["run"], "--config", _folder["none.yaml"]));
        Assert.False(Directory.Exists(_folder["run"]));
        Assert.Equal(ExitCode.Done, await Robot("models", "list"));
        Assert.Equal(ExitCode.Done, await Robot("models", "show", "rssm-small"));
    }

    [Fact]
    public void The_model_that_is_shipped_reaches_goals_that_it_has_not_learned_from()
    {
        SimulatedTask task = SimulatedTask.Named("reach");
        LearnedModel model = LearnedModel.Open(Shipped.Path(Shipped.ReachModel), task, task.Make());
        SimulationReport played = SimulationRun.Play(
            new(task, PolicyKind.Model(model, task.Search, value: false), 4, FirstSeed: 5000, 0, null, 2), _ => { }, default);
        Assert.Equal([true, true, true, true], played.Successes);
        Assert.True(new FileInfo(Path.Combine(Shipped.Path(Shipped.ReachModel), ModelCard.WeightsFile)).Length < 5_000_000);
    }

    private Task<int> Train(string steps, params string[] more) => Robot(
    [
        "train", "rssm-small", "--data", _folder["data"], "--out", _folder["run"], .. more, "--set", "data.modalities=[task]", steps,
        "batch=4", "windows.length=8", "optimizer.warmup=2", "validate_every=3", "checkpoint_every=2", "rssm.deterministic=8",
        "rssm.stochastic=4", "rssm.hidden=8", "rssm.heads=[8]", "rssm.vectors=[8]", "rssm.vector_embedding=4",
    ]);

    private static Task<int> Robot(params string[] args) => CommandLine.RunAsync(args);
}
