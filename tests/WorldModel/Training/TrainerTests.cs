using System.Text.Json;
using RobotWorldModel.Collector.Tests.Episodes;
using RobotWorldModel.WorldModel.Data;
using RobotWorldModel.WorldModel.Evaluation;
using RobotWorldModel.WorldModel.Rssm;
using RobotWorldModel.WorldModel.TdMpc2;
using RobotWorldModel.WorldModel.Training;

namespace RobotWorldModel.WorldModel.Tests.Training;

public sealed class TrainerTests(TrainerTests.Episodes episodes) : NoLeaks, IClassFixture<TrainerTests.Episodes>, IDisposable
{
    private readonly MemoryFolder _runs = new();

    private static TrainConfig Config => Presets.Named("rssm-small").Config with
    {
        Rssm = new RssmConfig
        {
            Deterministic = 16,
            Stochastic = 4,
            Hidden = 16,
            Heads = [16],
            Vectors = [16],
            VectorEmbedding = 8,
            ImageDepth = 2,
        },
        Data = new DataOptions
        {
            Modalities = ["joint_position", "wrench", "wrist_rgb", "wrist_depth"],
            PictureSide = 16,
            Validation = 0.3,
        },
        Windows = new WindowOptions { Length = 8, Stride = 4 },
        Batch = 4,
        Steps = 12,
        ValidateEvery = 6,
        ValidationBatches = 2,
        CheckpointEvery = 5,
        Optimizer = new OptimizerConfig { Warmup = 4, Accumulate = 2 },
        Behaviour = true,
        ActorCritic = new ActorCriticConfig { Horizon = 3, Starts = 8 },
    };

    void IDisposable.Dispose()
    {
        _runs.Dispose();
        Dispose();
    }

    private static TrainConfig Latent => Presets.Named("tdmpc2-1m").Config with
    {
        TdMpc2 = new TdMpc2Config { Encoder = [16], Hidden = [16, 16], Latent = 16, Values = 3, ImageDepth = 2 },
        Data = Config.Data,
        Windows = new WindowOptions { Length = 4, Stride = 2 },
        Batch = 4,
        Steps = 12,
        ValidateEvery = 6,
        ValidationBatches = 2,
        CheckpointEvery = 5,
    };

    [Theory]
    [InlineData(ModelKind.Rssm)]
    [InlineData(ModelKind.TdMpc2)]
    public void A_run_that_was_killed_goes_on_with_the_same_losses_to_the_bit(ModelKind kind)
    {
        TrainConfig config = kind == ModelKind.Rssm ? Config : Latent;
        RunFolder whole = Run("whole", config), killed = new(Path.Combine(_runs.Path, "killed"));
        Assert.Throws<InvalidOperationException>(() => Go(killed, config, false, progress =>
        {
            if (progress.Step == 8) // three steps after the checkpoint, none of them kept
                throw new InvalidOperationException("killed");
        }));
        Assert.Equal(8, Lines(killed).Length);
        Go(killed, config, goOn: true, _ => { });

        Assert.Equal(Lines(whole), Lines(killed));
        Assert.Equal(
            File.ReadAllBytes(Path.Combine(whole.Path, "last", ModelCard.WeightsFile)),
            File.ReadAllBytes(Path.Combine(killed.Path, "last", ModelCard.WeightsFile)));
    }

    [SkippableTheory]
    [InlineData(ModelKind.Rssm)]
    [InlineData(ModelKind.TdMpc2)]
    public void In_bfloat16_a_run_learns_nearly_the_same(ModelKind kind)
    {
        Skip.IfNot(TorchDevices.Bf16.Missing(torch.CPU) is null, "this processor computes no bfloat16");
        TrainConfig config = (kind == ModelKind.Rssm ? Config : Latent) with { Steps = 4 };
        double[] full = Losses("full", config), half = Losses("half", config with { Bf16 = true });

        Assert.NotEqual(full, half);
        Assert.All(full.Zip(half), pair => Assert.Equal(pair.First, pair.Second, 0.03 * Math.Abs(pair.First)));

        double[] Losses(string name, TrainConfig config)
        {
            var losses = new List<double>();
            Go(new RunFolder(Path.Combine(_runs.Path, name)), config, false, progress => losses.Add(progress.Numbers["loss"]));
            return [.. losses];
        }
    }

    [Fact]
    public void A_run_that_was_stopped_keeps_the_step_it_was_in()
    {
        RunFolder run = new(Path.Combine(_runs.Path, "stopped"));
        using var stop = new CancellationTokenSource();
        Go(run, Config, false, progress =>
        {
            if (progress.Step == 7)
                stop.Cancel();
        }, stop.Token);

        Assert.Equal(7, RunFolder.ReadState(run.Checkpoint!).Step);
        Assert.Equal((RunPhase.Stopped, 7), Told(run));
        Go(run, Config, goOn: true, _ => { });
        Assert.Equal(Lines(Run("whole", Config)), Lines(run));
        Assert.Equal((RunPhase.Done, Config.Steps), Told(run));
    }

    [Fact]
    public void While_it_learns_a_run_tells_how_far_it_is_and_that_it_lives()
    {
        RunFolder run = new(Path.Combine(_runs.Path, "looked-at"));
        RunProgress? seen = null;
        Go(run, Config, false, _ => seen ??= RunProgress.Parse(File.ReadAllText(run.ProgressFile)));

        Assert.Equal((RunPhase.Running, Config.Steps, Environment.ProcessId), (seen!.Phase, seen.Steps, seen.Process));
        Assert.True(seen.IsAlive);
        Assert.False((seen with { ProcessStart = seen.ProcessStart - 1 }).IsAlive); // another process with its number
    }

    [Fact]
    public void A_models_card_says_what_it_is_and_belongs_to_its_weights()
    {
        RunFolder run = Run("run", Config);
        (ModelCard card, string weights) = ModelCard.Open(run.Path);

        Assert.Equal(Path.Combine(run.Path, "best", ModelCard.WeightsFile), weights);
        Assert.Equal(Config.ToJson(), card.Config.ToJson());
        Assert.Equal(["joint_position", "wrench"], card.Shape.Vectors.Select(one => one.Name));
        Assert.Equal([("wrist_rgb", 3), ("wrist_depth", 1)], card.Shape.Images.Select(one => (one.Name, one.Channels)));
        Assert.Equal(30, card.Data.RateHz);
        Assert.Equal(card.Data.Actions.Size, card.Shape.Actions);
        Assert.True(card.Validation!.OneStepError["p50"] <= card.Validation.OneStepError["p99_9"]);
        using (var model = new RssmModel(card.Config.Rssm, card.Shape))
        {
            model.load(weights);
            Assert.Equal(card.Parameters, model.parameters().Sum(one => one.numel()));
        }
        byte[] bytes = File.ReadAllBytes(weights);
        bytes[^1] ^= 1;
        File.WriteAllBytes(weights, bytes);
        Assert.Contains("is not the file", Assert.Throws<InvalidDataException>(() => ModelCard.Open(run.Path)).Message);
    }

    [Fact]
    public void Validation_changes_nothing_in_the_run()
    {
        RunFolder often = Run("often", Config with { ValidateEvery = 1 }), seldom = Run("seldom", Config);

        Assert.Equal(Losses(seldom), Losses(often));
        double Best(RunFolder run) => ModelCard.Open(run.Path).Card.Validation!.Loss;
        Assert.True(Best(often) <= Best(seldom));
    }

    [Fact]
    public void Of_a_model_whose_loss_does_not_rank_it_the_one_validated_last_is_kept()
    {
        RunFolder run = Run("run", Latent);
        (ModelCard card, string weights) = ModelCard.Open(run.Path);

        Assert.Equal(12, card.Step);
        Assert.True(card.Validation!.OneStepError["p50"] <= card.Validation.OneStepError["p99_9"]);
        Assert.Equal(["consistency", "reward", "value", "loss"], card.Validation.Parts.Keys);
        using var model = new TdMpc2Model(card.Config.TdMpc2, card.Shape);
        model.load(weights);
        Assert.Equal(card.Parameters, model.parameters().Sum(one => one.numel()));
        Assert.Contains("expects no observations", Assert.Throws<InvalidDataException>(() => Evaluator.Run(
            card, weights, episodes.Folder.Path, new EvaluationOptions(), _ => { }, (_, _) => { }, CancellationToken.None)).Message);
    }

    [Theory]
    [InlineData(ModelKind.Rssm)]
    [InlineData(ModelKind.TdMpc2)]
    public void A_loss_that_is_no_number_is_named_by_episode_and_frame(ModelKind kind)
    {
        TrainConfig wild = (kind == ModelKind.Rssm ? Config : Latent) with
        {
            Optimizer = new OptimizerConfig { LearningRate = 1e30, Warmup = 0 },
            Behaviour = false,
        };
        string message = Assert.Throws<InvalidDataException>(() => Run("wild", wild)).Message;

        RunProgress told = RunProgress.Parse(File.ReadAllText(Path.Combine(_runs.Path, "wild", "progress.json")));
        Assert.Equal((RunPhase.Failed, message), (told.Phase, told.Message));
        Assert.Matches(@"^step \d+: the loss \(\w+\) is not a finite number in the window at demonstrations/demo_00\d, frame \d", message);
    }

    [Fact]
    public void Other_data_or_no_checkpoint_is_no_run_to_go_on_with()
    {
        RunFolder run = Run("run", Config);
        using var others = new MemoryFolder();
        SyntheticEpisode.Commit(others.Path, seed: 9, frames: 24);
        SyntheticEpisode.Commit(others.Path, seed: 8, frames: 24);
        Dataset data = Dataset.Open(others.Path, Config.Data, Assert.Fail);

        Assert.Contains("other episodes", Assert.Throws<InvalidDataException>(() => new Trainer(Config, data, run, goOn: true)).Message);
        Assert.Contains("no checkpoint", Assert.Throws<InvalidDataException>(
            () => new Trainer(Config, data, new RunFolder(Path.Combine(_runs.Path, "none")), goOn: true)).Message);
    }

    private void Go(RunFolder run, TrainConfig config, bool goOn, Action<TrainProgress> said, CancellationToken stop = default)
    {
        using var trainer = new Trainer(config, Dataset.Open(episodes.Folder.Path, config.Data, Assert.Fail), run, goOn);
        trainer.Run(said, stop);
    }

    private static (RunPhase, long) Told(RunFolder run)
    {
        RunProgress progress = RunProgress.Parse(File.ReadAllText(run.ProgressFile));
        return (progress.Phase, progress.Step);
    }

    private static string[] Lines(RunFolder run) => File.ReadAllLines(run.MetricsFile);

    private static double[] Losses(RunFolder run) =>
        [.. Lines(run).Select(line => JsonDocument.Parse(line).RootElement.GetProperty("loss").GetDouble())];

    private RunFolder Run(string name, TrainConfig config)
    {
        RunFolder run = new(Path.Combine(_runs.Path, name));
        Go(run, config, false, _ => { });
        return run;
    }

    /// <summary>Four episodes that all tests here learn from.</summary>
    public sealed class Episodes : IDisposable
    {
        public Episodes()
        {
            for (int i = 0; i < 4; i++)
                SyntheticEpisode.Commit(Folder.Path, seed: i, frames: 24);
        }

        internal MemoryFolder Folder { get; } = new();

        public void Dispose() => Folder.Dispose();
    }
}
