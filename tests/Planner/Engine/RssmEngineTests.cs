using RobotWorldModel.Planner.Engine;
using RobotWorldModel.WorldModel.Checkpoints;
using RobotWorldModel.WorldModel.Rssm;

namespace RobotWorldModel.Planner.Tests.Engine;

/// <summary>The CPU engine against the equations in double precision, for all vectors, threads and shapes.</summary>
public class RssmEngineTests
{
    /// <summary>The standard problem's shape: 800 512 multiply-adds a candidate-step.</summary>
    private static readonly RssmConfig s_standard = new();

    /// <summary>Widths that are multiples of no vector.</summary>
    private static readonly RssmConfig s_odd = new() { Deterministic = 37, Stochastic = 9, Hidden = 45, Heads = [51, 33] };

    private static readonly ModelShape s_shape = new() { Vectors = [new("robot", 5)], Actions = 7 };

    private static readonly Dictionary<string, RssmConfig> s_shapes = new()
    {
        ["gaussian"] = s_odd,
        ["input layer, SiLU"] = s_odd with { InputLayer = 29, Activation = Activation.Silu },
        ["norm"] = s_odd with { Norm = true },
        ["categorical"] = s_odd with { Stochastic = 7, Classes = 6 },
        ["categorical, input layer, norm"] = s_odd with { Stochastic = 7, Classes = 6, InputLayer = 29, Norm = true },
    };

    /// <summary>What double precision makes of the standard problem: seconds of work, once.</summary>
    private static readonly Lazy<double[]> s_expected = new(
        () => Reference(s_standard, 29, 15, Noise(s_standard, 15), new() { Discount = 1 }));

    public static TheoryData<VectorWidth, int> VectorsAndThreads => new()
    {
        { VectorWidth.Bits512, 1 }, { VectorWidth.Bits256, 1 }, { VectorWidth.Bits256, 2 }, { VectorWidth.Scalar, 2 },
    };

    public static TheoryData<string, VectorWidth> ShapesAndVectors
    {
        get
        {
            var data = new TheoryData<string, VectorWidth>();
            foreach (string shape in s_shapes.Keys)
                foreach (var vectors in Enum.GetValues<VectorWidth>())
                    data.Add(shape, vectors);
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(VectorsAndThreads))]
    public void Returns_of_the_standard_problem_are_the_equations(VectorWidth vectors, int threads)
    {
        // 29 candidates: blocks of 16 and 13, which are no whole tiles.
        Compare(s_standard, 29, 15, new() { Threads = threads, Vectors = vectors, BlockRows = 24 }, new() { Discount = 1 }, s_expected);
    }

    [Theory]
    [MemberData(nameof(ShapesAndVectors))]
    public void Returns_of_every_shape_are_the_equations(string shape, VectorWidth vectors)
    {
        var config = s_shapes[shape];
        var options = new EngineOptions { Threads = 2, Vectors = vectors, BlockRows = 12, MostSteps = 6 };
        var objective = new Objective { Discount = 0.9, Continues = true, TerminalValue = true };
        for (int candidates = 1; candidates <= 40; candidates += 13)
        {
            Compare(config, candidates, 6, options, objective);
            Compare(config, candidates, 6, options, objective, noise: false);
        }
        Compare(config with { Bins = 255 }, 19, 6, options, objective);
        Compare(config with { Bins = 40 }, 5, 2, options, objective);
    }

    [Theory]
    [InlineData("gaussian")]
    [InlineData("categorical")]
    public void Costs_of_goals_limits_and_actions_are_the_equations(string shape)
    {
        var config = s_shapes[shape];
        float[] goal = RandomModel.Normal(5, 20), weights = [1, 0, 2, 0.5f, 3];
        float[] latent = RandomModel.Normal(config.Deterministic + (config.Classes > 0 ? 0 : config.Stochastic), 21);
        var state = new StateCost(goal, weights, [-0.1f, -0.2f, -9, 0, 0], [0, 0.1f, 0.1f, 9, 9], LimitWeight: 20);
        foreach (var objective in new Objective[]
        {
            new() { RewardWeight = 0, ActionCost = 0.3, ActionChangeCost = 0.7 },
            new() { RewardWeight = 2, State = state, Latent = new(latent, 0.5) },
            new() { RewardWeight = 0, State = state with { AtEndOnly = true }, Continues = true, TerminalValue = true },
            new() { RewardWeight = 0, State = state with { AtEndOnly = true, LimitWeight = 0 }, Latent = new(latent, AtEndOnly: true) },
        })
            Compare(config, 17, 5, new() { Threads = 2, BlockRows = 12, MostSteps = 6 }, objective);
    }

    [Theory]
    [InlineData("gaussian")]
    [InlineData("categorical")]
    public void The_policy_acts_as_the_equations_say(string shape)
    {
        var config = s_shapes[shape];
        var weights = RandomModel.Make(config, 3, policy: true);
        var (h, s) = Start(config);
        float[] noise = Noise(config, 5), policyNoise = RandomModel.Normal(14 * 5 * 3, 9), actions = new float[14 * 5 * 3];
        using var engine = new RssmEngine(weights, config, new() { Actions = 3 }, new() { Threads = 2 });
        engine.SetState(h, s);
        engine.SetNoise(noise);
        engine.SamplePolicy(policyNoise, 14, 5, actions);
        AssertNear(new ReferenceRssm(weights, config, 3).Policy(h, s, 14, 5, noise, policyNoise), actions);
        engine.SamplePolicy([], 14, 5, actions);
        AssertNear(new ReferenceRssm(weights, config, 3).Policy(h, s, 14, 5, noise, []), actions);
    }

    [Fact]
    public void Results_are_the_same_bits_for_any_threads_and_blocks()
    {
        var expected = Returns(new() { Threads = 1, BlockRows = 48 });
        Assert.Equal(expected, Returns(new() { Threads = 2, BlockRows = 48 }));
        Assert.Equal(expected, Returns(new() { Threads = 2, BlockRows = 12, GivesWay = true, Nice = 1 }));
        Assert.Equal(expected, Returns(new() { Threads = 3, BlockRows = 120 }));

        static float[] Returns(EngineOptions options)
        {
            using var engine = Engine(s_standard, options, out _);
            float[] returns = new float[101];
            engine.Score(RandomModel.Actions(101 * 8 * 7, 5), 101, 8, returns);
            return returns;
        }
    }

    [Fact]
    public void A_thread_that_slept_wakes_for_the_next_plan()
    {
        using var engine = Engine(s_odd, new() { Threads = 2, BlockRows = 12 }, out _);
        float[] actions = RandomModel.Actions(40 * 4 * 7, 5), first = new float[40], later = new float[40];
        engine.Score(actions, 40, 4, first);
        for (int i = 0; i < 20; i++)
        {
            Thread.Sleep(2); // longer than it spins
            engine.Score(actions, 40, 4, later);
            Assert.Equal(first, later);
        }
    }

    [Fact]
    public void What_does_not_fit_is_refused()
    {
        using var engine = Engine(s_odd, new() { Threads = 1, MostSteps = 4 }, out var weights);
        float[] returns = new float[2];
        Assert.Throws<ArgumentException>(() => engine.Score(new float[2 * 5 * 7], 2, 5, returns));
        Assert.Throws<ArgumentException>(() => engine.Score(new float[13], 2, 4, returns));
        Assert.Throws<ArgumentException>(() => engine.SetState(new float[3], new float[9]));
        Assert.Throws<InvalidOperationException>(() => engine.SamplePolicy([], 1, 1, new float[7]));
        var damaged = new WeightFile("half.dat", weights.Weights.Where(w => w.Key != "cell.bias_hh"));
        var missing = Assert.Throws<InvalidDataException>(() => new RssmEngine(damaged, s_odd, new() { Actions = 7 }));
        Assert.Contains("half.dat: weight 'cell.bias_hh' is missing", missing.Message);
        var other = Assert.Throws<InvalidDataException>(
            () => new RssmEngine(weights, s_odd with { Deterministic = 38 }, new() { Actions = 7 }));
        Assert.Contains("'cell.weight_ih' is [111, 16], expected [114, 16]", other.Message);
        var headless = new WeightFile("w", weights.Weights.Where(w => !w.Key.StartsWith("value.", StringComparison.Ordinal)));
        Assert.Throws<ArgumentException>(() => engine.Objective = new() { State = new([1], [1]) });
        Assert.Throws<ArgumentException>(() => engine.Objective = new() { Latent = new([1]) });
        Assert.Throws<InvalidOperationException>(() => engine.Observe(new float[7], [], []));
        Assert.Throws<ArgumentException>(() => engine.Advance(new float[6]));
        using var without = new RssmEngine(headless, s_odd, new() { Actions = 7 });
        Assert.Throws<ArgumentException>(() => without.Objective = new() { TerminalValue = true });
    }

    private static void Compare(
        RssmConfig config, int candidates, int horizon, EngineOptions options, Objective objective, Lazy<double[]>? expected = null,
        bool noise = true)
    {
        var (h, s) = Start(config);
        float[] injected = noise ? Noise(config, horizon) : [], returns = new float[candidates];
        using var engine = new RssmEngine(RandomModel.Make(config, 7, vectors: 5), config, s_shape, options);
        engine.Objective = objective;
        engine.SetState(h, s);
        engine.SetNoise(injected);
        engine.Score(RandomModel.Actions(candidates * horizon * 7, 3), candidates, horizon, returns);
        AssertNear(expected?.Value ?? Reference(config, candidates, horizon, injected, objective), returns);
    }

    private static double[] Reference(RssmConfig config, int candidates, int horizon, float[] noise, Objective objective)
    {
        var (h, s) = Start(config);
        float[] actions = RandomModel.Actions(candidates * horizon * 7, 3);
        return new ReferenceRssm(RandomModel.Make(config, 7, vectors: 5), config, 7).Score(
            h, s, actions, candidates, horizon, noise, objective);
    }

    /// <summary>The largest difference is at most 1e-5 of the largest value.</summary>
    private static void AssertNear(double[] expected, float[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        double largest = expected.Max(Math.Abs), apart = expected.Zip(actual, (e, a) => Math.Abs(e - a)).Max();
        Assert.True(apart <= 1e-5 * largest, $"{apart} apart, the largest is {largest}");
    }

    private static RssmEngine Engine(RssmConfig config, EngineOptions options, out WeightFile weights)
    {
        weights = RandomModel.Make(config, 7);
        var engine = new RssmEngine(weights, config, new() { Actions = 7 }, options);
        var (h, s) = Start(config);
        engine.SetState(h, s);
        return engine;
    }

    private static (float[] H, float[] S) Start(RssmConfig config)
    {
        float[] h = RandomModel.Actions(config.Deterministic, 7), s = RandomModel.Normal(config.StochasticWidth, 8);
        if (config.Classes > 0)
        {
            Array.Clear(s);
            for (int g = 0; g < config.Stochastic; g++)
                s[g * config.Classes + g % config.Classes] = 1;
        }
        return (h, s);
    }

    private static float[] Noise(RssmConfig config, int steps) => config.Classes > 0
        ? RandomModel.Gumbel(steps * config.StochasticWidth, 4) : RandomModel.Normal(steps * config.StochasticWidth, 4);
}
