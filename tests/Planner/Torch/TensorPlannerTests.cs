using RobotWorldModel.Planner.Engine;
using RobotWorldModel.Planner.Planners;
using RobotWorldModel.Planner.Tests.Engine;
using RobotWorldModel.Planner.Torch;
using RobotWorldModel.Tests.Shared;
using RobotWorldModel.TorchSharp.Tests;
using RobotWorldModel.WorldModel.Checkpoints;
using RobotWorldModel.WorldModel.Rssm;
using RobotWorldModel.WorldModel.TdMpc2;
using static TorchSharp.torch;

namespace RobotWorldModel.Planner.Tests.Torch;

/// <summary>Plans on libtorch are those of the CPU engine and planners from the same noise, to rounding.</summary>
public sealed class TensorPlannerTests : NoLeaks
{
    private const int ActionSize = 3, Horizon = 6;
    private static readonly ModelShape s_shape = new() { Vectors = [new("robot", 4), new("force", 2)], Actions = ActionSize };
    private static readonly RssmConfig s_gaussian = new()
    {
        Deterministic = 24,
        Stochastic = 6,
        Hidden = 24,
        Heads = [24],
        Vectors = [16],
        VectorEmbedding = 12,
    };

    private static readonly RssmConfig s_categorical = s_gaussian with { Stochastic = 3, Classes = 4, InputLayer = 16, Bins = 15 };
    private static readonly TdMpc2Config s_latent = new() { Encoder = [24], Hidden = [24, 24], Latent = 24, Values = 3 };
    private static readonly CemOptions s_plain = new() { Horizon = Horizon, Candidates = 40, Elites = 6, Iterations = 3 };
    private static readonly CemOptions s_improved = CemOptions.Improved with { Horizon = Horizon, Candidates = 40, LeastStd = 0.05 };

    public static TheoryData<bool, bool> Cems => new() { { false, false }, { false, true }, { true, false }, { true, true } };

    [Theory]
    [MemberData(nameof(Cems))]
    public void Cem_plans_as_on_the_cpu_engine(bool categorical, bool improved)
    {
        using var folder = new TempFolder();
        var (config, options) = (categorical ? s_categorical : s_gaussian, improved ? s_improved : s_plain);
        using var model = Varied(new RssmModel(config, s_shape), folder);
        using var engine = new RssmEngine(Weights(folder), config, s_shape, new() { Threads = 1 });
        using var imagination = new RssmImagination(model, Horizon, CPU);
        float[] state = State(config), noise = Noise(config), before = RandomModel.Actions(ActionSize, 4);
        Start(engine, imagination, config, state, noise, before);
        var expected = new CemPlanner(options, ActionSize, 7);
        using var planner = new TensorCemPlanner(options, imagination, 7, new() { SameNoise = true });
        for (ulong number = 0; number < 3; number++) // the second and third go on from the ones before
        {
            var (wanted, found) = (expected.Plan(engine, new(number, Shift: 2)), planner.Plan(number, 2));
            Assert.Equal(wanted.Return, found.Return, 1e-4f * Math.Abs(wanted.Return));
            Assert.Equal(options.Iterations, found.Iterations);
            AssertNear(expected.Actions, planner.Actions);
            AssertNear(expected.Memory, planner.Memory);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void TdMpc2_plans_as_on_the_cpu_engine(bool explore)
    {
        using var folder = new TempFolder();
        using var model = Varied(new TdMpc2Model(s_latent, s_shape), folder);
        using var engine = new TdMpc2Engine(Weights(folder), s_latent, s_shape, new() { Threads = 1 });
        using var imagination = new TdMpc2Imagination(model, CPU);
        float[] state = new float[s_latent.Latent];
        engine.Observe(new float[ActionSize], RandomModel.Normal(6, 2), [true, true]);
        engine.GetState(state);
        imagination.SetState(state, new float[ActionSize]);
        var options = new TdMpc2Options { Candidates = 40, PolicyCandidates = 5, Elites = 8, Iterations = 3, Explore = explore };
        var expected = new TdMpc2Planner(options, ActionSize, 7);
        using var planner = new TensorTdMpc2Planner(options, imagination, 7, new() { SameNoise = true });
        for (ulong number = 0; number < 3; number++)
        {
            var (wanted, found) = (expected.Plan(engine, new(number)), planner.Plan(number));
            Assert.Equal(wanted.Return, found.Return, 1e-4f * Math.Abs(wanted.Return));
            Assert.Equal(wanted.EffectiveShare, found.EffectiveShare, 1e-3f);
            AssertNear(expected.Actions, planner.Actions);
            AssertNear(expected.Memory, planner.Memory);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void What_an_objective_weighs_is_weighed(bool atEnd)
    {
        using var folder = new TempFolder();
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        using var model = Varied(new RssmModel(s_gaussian, s_shape), folder);
        using var engine = new RssmEngine(Weights(folder), s_gaussian, s_shape, new() { Threads = 1 });
        using var imagination = new RssmImagination(model, Horizon, CPU);
        float[] before = RandomModel.Actions(ActionSize, 4), actions = RandomModel.Actions(5 * Horizon * ActionSize, 5);
        Start(engine, imagination, s_gaussian, State(s_gaussian), Noise(s_gaussian), before);
        var objective = new Objective
        {
            Discount = 0.95,
            RewardWeight = 0.7,
            Continues = atEnd,
            TerminalValue = true,
            ActionCost = 0.3,
            ActionChangeCost = 0.2,
            State = new([0.1f, 0.2f, 0, 0, 0.3f, 0], [1, 2, 0, 1, 0.5f, 0], High: [.. Enumerable.Repeat(0.05f, 6)], LimitWeight: 3,
                AtEndOnly: atEnd),
            Latent = new(RandomModel.Actions(30, 8), 0.4, atEnd),
        };
        (engine.Objective, imagination.Objective) = (objective, objective);
        float[] returns = new float[5];
        engine.Score(actions, 5, Horizon, returns);
        imagination.Upload();
        AssertNear(returns, [.. imagination.Score(tensor(actions, [5, Horizon, ActionSize])).data<float>()]);

        float[] noise = RandomModel.Normal(actions.Length, 9);
        engine.SamplePolicy(noise, 5, Horizon, actions);
        AssertNear(actions, [.. imagination.SamplePolicy(tensor(noise, [5, Horizon, ActionSize])).flatten().data<float>()]);
        Assert.Throws<ArgumentException>(() => imagination.Objective = new() { State = new([0], [1]) });
    }

    [Fact]
    public void Where_nothing_is_a_number_the_plan_before_stays_and_is_shifted()
    {
        using var folder = new TempFolder();
        using var model = Varied(new RssmModel(s_gaussian, s_shape), folder);
        using var imagination = new RssmImagination(model, Horizon, CPU);
        imagination.SetNoise(Noise(s_gaussian));
        imagination.SetState(State(s_gaussian), new float[ActionSize]);
        using var planner = new TensorCemPlanner(s_improved, imagination, 7);
        planner.Plan(0);
        float[] plan = planner.Actions.ToArray();
        imagination.SetState([.. Enumerable.Repeat(float.NaN, s_gaussian.Features)], new float[ActionSize]);
        Assert.Equal(float.NaN, planner.Plan(1).Return);
        Assert.Equal(plan.AsSpan(ActionSize), planner.Actions[..^ActionSize]);
    }

    [Fact]
    public void The_same_number_gives_the_same_plan_and_float64_nearly_the_same()
    {
        using var folder = new TempFolder();
        using var model = Varied(new RssmModel(s_categorical, s_shape), folder);
        using var imagination = new RssmImagination(model, Horizon, CPU);
        imagination.SetNoise(Noise(s_categorical));
        imagination.SetState(State(s_categorical), new float[ActionSize]);
        using var planner = new TensorCemPlanner(s_plain, imagination, 7, new() { SameNoise = true });
        using var drawn = new TensorCemPlanner(s_plain, imagination, 7);
        float[] plan = Plan(planner, 3), other = Plan(drawn, 3);
        Assert.Equal(other, Plan(drawn, 3));
        Assert.NotEqual(other, Plan(drawn, 4));
        model.to(float64);
        using var exact = new RssmImagination(model, Horizon, CPU, ScalarType.Float64);
        exact.SetNoise(Noise(s_categorical));
        exact.SetState(State(s_categorical), new float[ActionSize]);
        using var real = new TensorCemPlanner(s_plain, exact, 7, new() { SameNoise = true });
        AssertNear(Plan(real, 3), plan);

        static float[] Plan(TensorPlanner planner, ulong number)
        {
            planner.Reset();
            planner.Plan(number);
            return planner.Actions.ToArray();
        }
    }

    [Fact]
    public void A_graph_without_cuda_is_refused()
    {
        using var folder = new TempFolder();
        using var model = Varied(new RssmModel(s_gaussian, s_shape), folder);
        using var imagination = new RssmImagination(model, Horizon, CPU);
        Assert.Contains("CUDA alone", Assert.Throws<ArgumentException>(
            () => new TensorCemPlanner(s_plain, imagination, 7, new() { Graph = true })).Message);
    }

    private static void Start(
        RssmEngine engine, RssmImagination imagination, RssmConfig config, float[] state, float[] noise, float[] before)
    {
        engine.SetState(state.AsSpan(0, config.Deterministic), state.AsSpan(config.Deterministic));
        engine.ActionBefore = before;
        engine.SetNoise(noise);
        imagination.SetState(state, before);
        imagination.SetNoise(noise);
    }

    private static float[] State(RssmConfig config)
    {
        float[] state = new float[config.Features];
        RandomModel.Actions(config.Deterministic, 1).CopyTo(state, 0);
        if (config.Classes == 0)
            RandomModel.Normal(config.Stochastic, 2).CopyTo(state, config.Deterministic);
        for (int g = 0; g < config.Stochastic && config.Classes > 0; g++)
            state[config.Deterministic + g * config.Classes + g % config.Classes] = 1;
        return state;
    }

    private static float[] Noise(RssmConfig config) => config.Classes > 0
        ? RandomModel.Gumbel(Horizon * config.StochasticWidth, 3) : RandomModel.Normal(Horizon * config.StochasticWidth, 3);

    // Heads begin at zero, which would agree on anything.
    private static T Varied<T>(T model, TempFolder folder) where T : nn.Module
    {
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        foreach (var parameter in model.parameters())
            parameter.add_((rand(parameter.shape) - 0.5f) * 0.4f);
        model.save(folder["model.dat"]);
        return model;
    }

    private static WeightFile Weights(TempFolder folder) => WeightFile.Read(folder["model.dat"]);

    private static void AssertNear(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        double apart = 0, largest = 1e-6;
        for (int i = 0; i < expected.Length; i++)
        {
            apart = Math.Max(apart, Math.Abs((double)expected[i] - actual[i]));
            largest = Math.Max(largest, Math.Abs((double)expected[i]));
        }
        Assert.True(apart <= 1e-4 * largest, $"{apart} apart, the largest is {largest}");
    }
}
