using RobotWorldModel.Collector.Codecs;
using RobotWorldModel.Collector.Episodes;
using RobotWorldModel.Collector.Tests.Episodes;
using RobotWorldModel.Runtime.Protocol;
using RobotWorldModel.Runtime.Simulate;
using RobotWorldModel.Simulation.Environments;
using RobotWorldModel.WorldModel.Data;

namespace RobotWorldModel.Runtime.Tests.Simulate;

public sealed class SimulatedEpisodesTests : IDisposable
{
    private readonly MemoryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void An_episode_reads_back_as_it_was_played()
    {
        SimulationPlan plan = Plan("one", episodes: 2, firstSeed: 7);
        SimulationReport report = Run(plan);

        string folder = Path.Combine(plan.Root!, "simulation", "demo_001");
        Assert.Empty(EpisodeVerifier.Verify(folder));
        EpisodeReader episode = EpisodeReader.Open(folder);
        Assert.Equal(report.Returns[1], episode.Metadata.Return);
        Assert.Equal(("pendulum-v1", 20.0, 201), (episode.Metadata.Task, episode.Metadata.RateHz, episode.Metadata.Frames));
        Assert.Equal(8u, episode.Metadata.Simulation!.Value.GetProperty("seed").GetUInt64());

        // Its actions, taken again in the environment, lead to what is written.
        IEnvironment environment = plan.Task.Make();
        (CsvTable task, CsvTable actions, CsvTable rewards) =
            (episode.Table(EpisodeLayout.Task)!, episode.Table(EpisodeLayout.Actions)!, episode.Table(EpisodeLayout.Rewards)!);
        float[] seen = new float[3];
        environment.Reset(8, seen);
        Assert.Equal(double.NaN, Number(rewards, 0, "reward"));
        for (int k = 0; k < 200; k++)
        {
            Assert.Equal(seen, Array.ConvertAll(["cos", "sin", "speed"], c => (float)Number(task, k, c)));
            double reward = environment.Step([(float)Number(actions, k, "a0")], seen).Reward;
            Assert.Equal(reward, Number(rewards, k + 1, "reward"));
        }
        Assert.Equal(double.NaN, Number(actions, 200, "a0")); // nothing was done at the end
    }

    [Fact]
    public void Training_takes_them_as_they_are()
    {
        SimulationPlan plan = Plan("train", episodes: 3, firstSeed: 0);
        Run(plan);
        Dataset data = Dataset.Open(plan.Root!, new DataOptions { Modalities = ["task"] }, Assert.Fail);
        Assert.Equal((3, 1, 3), (data.Summary.Episodes, data.Actions.Size, data.Modalities[0].Size));
        Assert.Equal((-1.0, 1.0), (data.Actions.Lower[0], data.Actions.Upper[0]));
        Assert.Equal(0, data.Windows(DataPart.Train, new WindowOptions { Length = 20 }).WithoutActions);
    }

    [Fact]
    public void Reach_is_kept_with_pictures_that_training_takes()
    {
        SimulatedTask task = SimulatedTask.Named("reach");
        string root = Path.Combine(_folder.Path, "reach");
        Run(new(task, PolicyKind.Expert(), 1, 3, 0, root, 1, Pictures: 32));

        Assert.Empty(EpisodeVerifier.Verify(Path.Combine(root, "simulation", "demo_000")));
        var options = new DataOptions { Modalities = ["task:goal_x", "wrist_rgb", "scene_rgb"], PictureSide = 16, Validation = 0 };
        Dataset data = Dataset.Open(root, options, Assert.Fail);
        Assert.Equal([1, 3 * 16 * 16, 3 * 16 * 16], data.Modalities.Select(m => m.Size));
        Assert.Equal(ActionKind.Environment, data.Actions.Kind);
        Assert.Equal(0, data.Windows(DataPart.Train, new WindowOptions { Length = 20 }).WithoutActions);
    }

    [Theory]
    [InlineData("noise")]
    [InlineData("planner")]
    public void A_run_that_was_killed_goes_on_to_the_same_bytes(string policy)
    {
        SimulationPlan whole = Plan("whole", 6, 100, policy, workers: 1), killed = Plan("killed", 6, 100, policy, workers: 2);
        Run(Plan("whole", 2, 0));
        Run(Plan("killed", 2, 0)); // another run was there before
        SimulationReport expected = Run(whole);

        using var stop = new CancellationTokenSource();
        Assert.ThrowsAny<OperationCanceledException>(() => SimulationRun.Play(killed, progress =>
        {
            if (progress.Done == 3)
                stop.Cancel();
        }, stop.Token));
        string half = Path.Combine(killed.Root!, "simulation", "demo_007.recording"); // as a kill in the middle of writing leaves it
        if (!Directory.Exists(half[..^".recording".Length]))
        {
            Directory.CreateDirectory(half);
            File.WriteAllText(Path.Combine(half, "task.csv"), "frame,timest");
        }
        SimulationReport went = Run(killed);

        Assert.InRange(went.Kept, 3, 5);
        Assert.Equal(expected.Returns, went.Returns);
        Assert.Equal(Sums(whole), Sums(killed));
        Assert.Equal(8, Sums(killed).Length);
        Assert.Equal(6, Run(killed).Kept); // and nothing is played twice
    }

    [Fact]
    public void Two_runs_do_not_write_into_one_folder()
    {
        SimulationPlan plan = Plan("busy", 1, 0);
        using var first = new SimulatedEpisodes(plan.Root!, plan.Task, plan.Task.Make(), plan.Policy, 0, plan.Seeds);
        RobotException refused = Assert.Throws<RobotException>(() => Run(plan));
        Assert.Equal(ExitCode.Busy, refused.Code);
    }

    [Fact]
    public void Every_task_plays_and_says_whether_it_succeeded()
    {
        foreach (SimulatedTask task in SimulatedTask.All)
        {
            var plan = new SimulationPlan(task, PolicyKind.Noise(1), 1, 3, 0, Path.Combine(_folder.Path, "all", task.Name), 1);
            SimulationReport report = Run(plan);
            Assert.Equal(task.Name == "reach", report.Successes[0] is not null);
            Assert.Empty(EpisodeVerifier.Verify(Path.Combine(plan.Root!, "simulation", "demo_000")));
        }
    }

    [Fact]
    public void Planning_in_the_true_dynamics_is_better_than_noise()
    {
        SimulationReport noise = Run(Plan(null, 4, 50)), planned = Run(Plan(null, 4, 50, "planner"));
        for (int i = 0; i < 4; i++)
            Assert.True(planned.Returns[i] > noise.Returns[i], $"seed {50 + i}: planned {planned.Returns[i]}, noise {noise.Returns[i]}");
    }

    private SimulationPlan Plan(string? root, int episodes, ulong firstSeed, string policy = "noise", int workers = 2)
    {
        SimulatedTask task = SimulatedTask.Named("pendulum-v1");
        PolicyKind kind = policy == "noise" ? PolicyKind.Noise(1)
            : PolicyKind.TruePlanner(task.Search with { Horizon = 15, Candidates = 40, Elites = 6, Iterations = 3 });
        return new(task, kind, episodes, firstSeed, policy == "noise" ? 0 : 0.3, root is null ? null : Path.Combine(_folder.Path, root),
            workers);
    }

    private static SimulationReport Run(SimulationPlan plan) => SimulationRun.Play(plan, _ => { }, CancellationToken.None);

    private static string[] Sums(SimulationPlan plan) => [.. EpisodeCatalog.Find(plan.Root!)
        .Select(e => $"{e.Id} {File.ReadAllText(Path.Combine(e.Path, EpisodeLayout.Sums))}")];

    private static double Number(CsvTable table, int row, string column) =>
        table.TryNumber(row, table.Column(column), out double value) ? value : throw new InvalidDataException(column);
}
