using RobotWorldModel.Collector.Tests.Episodes;
using RobotWorldModel.Planner.Planners;
using RobotWorldModel.Runtime.Protocol;
using RobotWorldModel.Runtime.Simulate;
using RobotWorldModel.Simulation.Environments;
using RobotWorldModel.TorchSharp.Tests;
using RobotWorldModel.WorldModel.Data;
using RobotWorldModel.WorldModel.Rssm;
using RobotWorldModel.WorldModel.Training;

namespace RobotWorldModel.Runtime.Tests.Simulate;

/// <summary>The whole way on a task that is learned in seconds: episodes, training, planning in what was learned.</summary>
public sealed class LearnedModelTests : NoLeaks, IDisposable
{
    private static readonly SimulatedTask s_task = new("line", () => new Line(), ["x"], ["m"], "-x^2", null,
        new CemOptions { Horizon = 4, Candidates = 40, Elites = 6, Iterations = 3 });

    private readonly MemoryFolder _folder = new();

    void IDisposable.Dispose()
    {
        _folder.Dispose();
        Dispose();
    }

    [Fact]
    public void Planning_in_a_learned_model_is_nearly_as_good_as_in_the_true_dynamics()
    {
        LearnedModel model = Learn(250);
        double noise = Mean(PolicyKind.Noise(1)), learned = Mean(PolicyKind.Model(model, s_task.Search, value: false)),
            planned = Mean(PolicyKind.TruePlanner(s_task.Search));
        // Noise is far from the best there is; what the model loses of that is little.
        Assert.True(planned - learned < 0.2 * (planned - noise), $"noise {noise}, learned {learned}, planned {planned}");
    }

    [Fact]
    public void A_model_of_another_task_is_refused()
    {
        Learn(2);
        string run = Path.Combine(_folder.Path, "run");
        SimulatedTask other = SimulatedTask.Named("pendulum-v1");
        RobotException refused = Assert.Throws<RobotException>(() => LearnedModel.Open(run, other, other.Make()));
        Assert.Contains("it sees task (x), the task shows cos, sin, speed", refused.Message, StringComparison.Ordinal);

        LearnedModel model = LearnedModel.Open(run, s_task, new Line());
        Assert.Throws<RobotException>(() => new ModelPolicy(model, s_task.Search, value: true)); // none was learned
    }

    private static double Mean(PolicyKind policy) =>
        SimulationRun.Play(new(s_task, policy, 10, 1000, 0, null, 2), _ => { }, CancellationToken.None).Mean;

    private LearnedModel Learn(int steps)
    {
        string root = Path.Combine(_folder.Path, "data"), run = Path.Combine(_folder.Path, "run");
        SimulationRun.Play(new(s_task, PolicyKind.Noise(1), 40, 0, 0, root, 2), _ => { }, CancellationToken.None);
        TrainConfig config = Presets.Named("rssm-small").Config with
        {
            Rssm = new RssmConfig
            {
                Deterministic = 24,
                Stochastic = 4,
                Hidden = 24,
                Heads = [24],
                Vectors = [24],
                VectorEmbedding = 8,
            },
            Loss = new RssmLossConfig { FreeNats = 0 },
            Data = new DataOptions { Modalities = ["task"] },
            Windows = new WindowOptions { Length = 8, Stride = 2 },
            Optimizer = new OptimizerConfig { LearningRate = 5e-3, Warmup = Math.Min(20, steps) },
            Batch = 32,
            Steps = steps,
            ValidateEvery = steps,
            CheckpointEvery = steps,
            ValidationBatches = 1,
        };
        using (var trainer = new Trainer(config, Dataset.Open(root, config.Data, Assert.Fail), new RunFolder(run), goOn: false))
            trainer.Run(_ => { }, CancellationToken.None);
        return LearnedModel.Open(run, s_task, new Line());
    }

    /// <summary>A point on a line that an action moves by up to 0.3 m; it should be at 0.</summary>
    private sealed class Line : IEnvironment
    {
        private double _x;
        private int _decision;

        public string Name => "line";

        public int ObservationSize => 1;

        public int ActionSize => 1;

        public int Decisions => 15;

        public int ActionRepeat => 1;

        public double SecondsPerDecision => 0.1;

        public void Reset(ulong seed, Span<float> observation)
        {
            (_x, _decision) = (new EpisodeRandom(seed).Uniform(-2, 2), 0);
            Look(observation);
        }

        public StepResult Step(ReadOnlySpan<float> action, Span<float> observation)
        {
            _x += 0.3 * Math.Clamp(action[0], -1, 1);
            _decision++;
            Look(observation);
            return new(-_x * _x, false, _decision >= Decisions);
        }

        public void CopyFrom(IEnvironment other) => (_x, _decision) = (((Line)other)._x, ((Line)other)._decision);

        public IEnvironment Copy()
        {
            var copy = new Line();
            copy.CopyFrom(this);
            return copy;
        }

        private void Look(Span<float> observation)
        {
            if (!observation.IsEmpty)
                observation[0] = (float)_x;
        }
    }
}
