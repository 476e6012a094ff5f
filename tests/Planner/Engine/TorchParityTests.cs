using RobotWorldModel.Planner.Engine;
using RobotWorldModel.Tests.Shared;
using RobotWorldModel.WorldModel.Checkpoints;
using RobotWorldModel.WorldModel.Rssm;
using static TorchSharp.torch;

namespace RobotWorldModel.Planner.Tests.Engine;

/// <summary>The engine against the model itself on libtorch, through a checkpoint, with injected noise.</summary>
[Collection("tensors")] // one after another: the seed is the process's
public class TorchParityTests
{
    private const int ActionSize = 3, Candidates = 29, Horizon = 7;
    private static readonly ModelShape s_shape = new() { Vectors = [new("robot", 4), new("force", 2)], Actions = ActionSize };
    private static readonly RssmConfig s_small = new()
    {
        Deterministic = 40,
        Stochastic = 10,
        Hidden = 48,
        Heads = [48, 40],
        Vectors = [24],
        VectorEmbedding = 20,
    };

    private static readonly Dictionary<string, RssmConfig> s_kinds = new()
    {
        ["standard"] = new(),
        ["gaussian"] = s_small,
        ["two-hot, norm, SiLU"] = s_small with { Bins = 255, Norm = true, Activation = Activation.Silu },
        ["categorical"] = s_small with { Stochastic = 6, Classes = 8 },
        ["categorical, input layer, symlog"] = s_small with { Stochastic = 6, Classes = 8, InputLayer = 30, Symlog = true },
    };

    public static TheoryData<string> Kinds => [.. s_kinds.Keys];

    [SkippableTheory]
    [MemberData(nameof(Kinds))]
    public void Returns_states_and_expectations_are_libtorchs(string kind)
    {
        Skip.IfNot(File.Exists(Path.Combine(AppContext.BaseDirectory, "librobot_torch.so")),
            "librobot_torch.so is missing: make setup installs libtorch, make build builds it");
        var config = s_kinds[kind];
        using var folder = new TempFolder();
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        manual_seed(3);
        using var model = new RssmModel(config, s_shape);
        foreach (var parameter in model.parameters()) // heads that begin at zero would agree on nothing
            parameter.add_((rand(parameter.shape) - 0.5f) * 0.2f);
        model.save(folder["model.dat"]);
        using var engine = new RssmEngine(WeightFile.Read(folder["model.dat"]), config, s_shape, new() { Threads = 2, BlockRows = 12 });
        var state = Filter(model, config, engine);
        Score(model, config, state, engine);
    }

    [SkippableTheory]
    [InlineData("gaussian", VectorWidth.Bits256)]
    [InlineData("categorical", VectorWidth.Scalar)]
    [InlineData("two-hot, norm, SiLU", null)]
    public void What_is_seen_and_imagined_in_pictures_is_libtorchs(string kind, VectorWidth? vectors)
    {
        Skip.IfNot(File.Exists(Path.Combine(AppContext.BaseDirectory, "librobot_torch.so")),
            "librobot_torch.so is missing: make setup installs libtorch, make build builds it");
        const int steps = 4, colour = 3 * 32 * 32, depth = 16 * 16;
        var config = s_kinds[kind] with { ImageDepth = 6 };
        var shape = new ModelShape
        {
            Vectors = [new("robot", 4)],
            Images = [new("wrist_rgb", 3, 32), new("scene_depth", 1, 16)],
            Actions = ActionSize,
        };
        using var folder = new TempFolder();
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        manual_seed(4);
        using var model = new RssmModel(config, shape);
        model.save(folder["model.dat"]);
        using var engine = new RssmEngine(
            WeightFile.Read(folder["model.dat"]), config, shape, new() { Threads = 1, BlockRows = 12, Vectors = vectors });
        float[] robot = RandomModel.Normal(steps * 4, 1), actions = RandomModel.Actions(steps * ActionSize, 3);
        float[] wrist = RandomModel.Normal(steps * colour, 5), scene = RandomModel.Normal(steps * depth, 6);
        float[] there = [1, 0, 1, 1];
        var observations = new Observations(
            new Dictionary<string, Tensor> { ["robot"] = tensor(robot, [steps, 4]) },
            new Dictionary<string, Tensor>
            {
                ["wrist_rgb"] = tensor(wrist, [steps, 3, 32, 32]),
                ["scene_depth"] = tensor(scene, [steps, 1, 16, 16]),
            },
            new Dictionary<string, Tensor>
            {
                ["robot"] = ones([steps]),
                ["wrist_rgb"] = tensor(there, [steps]),
                ["scene_depth"] = ones([steps]),
            });
        var first = zeros([1, steps]);
        first.select(1, 0).fill_(1);
        var filtered = model.Filter(
            model.Encode(observations).unsqueeze(0), tensor(actions, [1, steps, ActionSize]), first, sample: false);
        engine.Reset();
        float[] h = new float[config.Deterministic], s = new float[config.StochasticWidth];
        for (int t = 0; t < steps; t++)
        {
            var action = t == 0 ? new float[ActionSize] : actions.AsSpan((t - 1) * ActionSize, ActionSize);
            engine.Observe(action, robot.AsSpan(4 * t, 4), [true, there[t] == 1, true],
                [.. wrist.AsSpan(t * colour, colour), .. scene.AsSpan(t * depth, depth)]);
            engine.GetState(h, s);
            AssertNear(filtered.States.H.select(1, t), h);
            AssertNear(filtered.States.S.select(1, t), s);
        }
        var features = new RssmState(filtered.States.H.select(1, steps - 1), filtered.States.S.select(1, steps - 1)).Features();
        Tensor[] expected = [.. model.DecodeImages(features).Select(one => one.Expected)];
        float[] seen = new float[colour], far = new float[depth];
        engine.DecodePicture(0, seen);
        engine.DecodePicture(1, far);
        AssertNear(expected[0], seen);
        AssertNear(expected[1], far);
    }

    /// <summary>Ten observations, one vector missing now and then: the same states and the same expectations.</summary>
    private static RssmState Filter(RssmModel model, RssmConfig config, RssmEngine engine)
    {
        const int steps = 10;
        float[] robot = RandomModel.Normal(steps * 4, 1), force = RandomModel.Normal(steps * 2, 2);
        float[] actions = RandomModel.Actions(steps * ActionSize, 3);
        float[] there = [.. Enumerable.Range(0, steps).Select(t => t % 3 == 1 ? 0f : 1f)];
        var observations = new Observations(
            new Dictionary<string, Tensor> { ["robot"] = tensor(robot, [steps, 4]), ["force"] = tensor(force, [steps, 2]) },
            new Dictionary<string, Tensor>(),
            new Dictionary<string, Tensor> { ["robot"] = ones([steps]), ["force"] = tensor(there, [steps]) });
        var first = zeros([1, steps]);
        first.select(1, 0).fill_(1);
        var filtered = model.Filter(
            model.Encode(observations).unsqueeze(0), tensor(actions, [1, steps, ActionSize]), first, sample: false);
        engine.Reset();
        float[] h = new float[config.Deterministic], s = new float[config.StochasticWidth], expected = new float[6];
        for (int t = 0; t < steps; t++)
        {
            var action = t == 0 ? new float[ActionSize] : actions.AsSpan((t - 1) * ActionSize, ActionSize);
            engine.Observe(action, [.. robot[(4 * t)..(4 * t + 4)], .. force[(2 * t)..(2 * t + 2)]], [true, there[t] == 1]);
            engine.GetState(h, s);
            AssertNear(filtered.States.H.select(1, t), h);
            AssertNear(filtered.States.S.select(1, t), s);
        }
        var state = new RssmState(filtered.States.H.select(1, steps - 1), filtered.States.S.select(1, steps - 1));
        engine.Decode(expected);
        AssertNear(cat([.. model.DecodeVectors(state.Features()).Select(v => v.Expected)], -1), expected);
        AssertNear(model.Reward(state.Features()), [engine.Reward()]);
        engine.Advance(actions.AsSpan(0, ActionSize));
        engine.GetState(h, s);
        var (next, prior) = model.Advance(state, tensor(actions[..ActionSize], [1, ActionSize]));
        AssertNear(next, h);
        AssertNear(prior.Mode(), s);
        return new RssmState(next, prior.Mode());
    }

    private static void Score(RssmModel model, RssmConfig config, RssmState start, RssmEngine engine)
    {
        float[] actions = RandomModel.Actions(Candidates * Horizon * ActionSize, 5), returns = new float[Candidates];
        float[] noise = config.Classes > 0
            ? RandomModel.Gumbel(Horizon * config.StochasticWidth, 6) : RandomModel.Normal(Horizon * config.StochasticWidth, 6);
        engine.Objective = new() { Discount = 0.97, Continues = true, TerminalValue = true };
        engine.SetNoise(noise);
        engine.Score(actions, Candidates, Horizon, returns);
        var state = new RssmState(start.H.expand(Candidates, -1), start.S.expand(Candidates, -1));
        var injected = tensor(noise, [Horizon, config.StochasticWidth]);
        Tensor sum = zeros([Candidates]), weight = ones([Candidates]);
        for (int t = 0; t < Horizon; t++)
        {
            float[] taken = [.. actions.Chunk(ActionSize).Where((_, i) => i % Horizon == t).SelectMany(a => a)];
            var (h, prior) = model.Advance(state, tensor(taken, [Candidates, ActionSize]));
            state = new RssmState(h, Sample(config, prior, injected.select(0, t)));
            sum = sum + (weight * model.Reward(state.Features()));
            weight = weight * model.ContinueLogit(state.Features()).sigmoid() * 0.97f;
        }
        AssertNear(sum + (weight * model.Value(state.Features())), returns);
        float[] policy = new float[Horizon * ActionSize];
        engine.SamplePolicy([], 1, Horizon, policy);
        AssertNear(model.Policy(start.Features()).Mean, policy[..ActionSize]);
    }

    private static Tensor Sample(RssmConfig config, Latent prior, Tensor noise)
    {
        if (config.Classes == 0)
            return prior.Mean! + (prior.Std! * noise);
        var chosen = (prior.Logits! + noise.unflatten(0, config.Stochastic, config.Classes)).argmax(-1);
        return nn.functional.one_hot(chosen, config.Classes).to(float32).flatten(-2);
    }

    private static void AssertNear(Tensor expected, float[] actual)
    {
        float[] values = [.. expected.flatten().data<float>()];
        Assert.Equal(values.Length, actual.Length);
        double largest = values.Max(Math.Abs), apart = values.Zip(actual, (e, a) => Math.Abs((double)e - a)).Max();
        Assert.True(apart <= 1e-5 * Math.Max(largest, 1e-6), $"{apart} apart, the largest is {largest}");
    }
}
