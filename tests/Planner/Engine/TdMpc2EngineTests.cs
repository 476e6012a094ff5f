using RobotWorldModel.Planner.Engine;
using RobotWorldModel.Planner.Planners;
using RobotWorldModel.TorchSharp.Tests;
using RobotWorldModel.Tests.Shared;
using RobotWorldModel.WorldModel.Checkpoints;
using RobotWorldModel.WorldModel.Rssm;
using RobotWorldModel.WorldModel.TdMpc2;
using static TorchSharp.torch;

namespace RobotWorldModel.Planner.Tests.Engine;

/// <summary>The engine against the model itself on libtorch, through a checkpoint.</summary>
[Collection("tensors")] // one after another: the seed is the process's
public sealed class TdMpc2EngineTests : IDisposable
{
    private const int ActionSize = 3, Candidates = 29, Horizon = 4;
    private static readonly ModelShape s_shape = new() { Vectors = [new("robot", 4), new("force", 2)], Actions = ActionSize };
    private static readonly TdMpc2Config s_small = new() { Encoder = [24], Hidden = [48, 40], Latent = 40, Values = 3 };
    private readonly TempFolder _folder = new();

    public static TheoryData<string, VectorWidth> Kinds => new()
    {
        { "small", VectorWidth.Bits512 },
        { "small", VectorWidth.Bits256 },
        { "small", VectorWidth.Scalar },
        { "1m", VectorWidth.Bits512 },
    };

    public void Dispose() => _folder.Dispose();

    [SkippableTheory]
    [MemberData(nameof(Kinds))]
    public void States_returns_and_actions_are_libtorchs(string kind, VectorWidth vectors)
    {
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        using var model = Model(kind);
        using var engine = Engine(model, new() { Threads = 2, BlockRows = 12, Vectors = vectors });
        float[] robot = RandomModel.Normal(4, 1), action = RandomModel.Actions(ActionSize, 3), state = new float[model.Config.Latent];
        foreach (bool there in (bool[])[true, false])
        {
            engine.Observe(action, [.. robot, 0.5f, float.NaN], [true, false]);
            engine.Observe(action, [.. robot, 0.5f, -0.2f], [true, there]);
            engine.GetState(state);
            AssertNear(Encode(model, robot, there), state);
        }
        var z = Encode(model, robot, false);
        AssertNear(model.Reward(z, tensor(action, [1, ActionSize])), [engine.Reward(action)]);
        AssertNear(Value(model, z), [engine.Value()]);
        z = model.Next(z, tensor(action, [1, ActionSize]));
        engine.Advance(action);
        engine.GetState(state);
        AssertNear(z, state);
        Scores(model, engine, z);
        Acts(model, engine, z);
    }

    [SkippableFact]
    public void Costs_are_taken_and_what_it_does_not_predict_is_refused()
    {
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        using var model = Model("small");
        using var engine = Engine(model, new() { Threads = 1 });
        float[] actions = RandomModel.Actions(Horizon * ActionSize, 5), before = RandomModel.Actions(ActionSize, 6);
        float[] goal = new float[40], state = new float[40];
        engine.Observe(before, new float[6], [true, true]);
        engine.Objective = new() { RewardWeight = 0, Discount = 1, ActionCost = 2, ActionChangeCost = 3, Latent = new(goal, 5, true) };
        float[] returns = [0];
        engine.Score(actions, 1, Horizon, returns);
        double cost = 0;
        for (int i = 0; i < actions.Length; i++)
            cost += 2 * actions[i] * actions[i] + 3 * Math.Pow(actions[i] - (i < 3 ? before[i] : actions[i - 3]), 2);
        for (int t = 0; t < Horizon; t++)
            engine.Advance(actions.AsSpan(t * ActionSize, ActionSize));
        engine.GetState(state);
        Assert.Equal(-cost - 5 * state.Sum(x => (double)x * x), returns[0], 1e-4);

        Assert.Throws<ArgumentException>(() => engine.Objective = new() { Continues = true });
        Assert.Throws<ArgumentException>(() => engine.Objective = new() { State = new([0], [1]) });
        Assert.Throws<ArgumentException>(() => engine.Objective = new() { Latent = new([0]) });
        Assert.Throws<ArgumentException>(() => engine.Advance([0]));
        Assert.Throws<ArgumentException>(() => engine.SetState([0]));
    }

    [SkippableFact]
    public void Its_planner_plans_the_same_with_any_number_of_threads_and_allocates_nothing()
    {
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        using var model = Model("small");
        using TdMpc2Engine one = Engine(model, new() { Threads = 1, BlockRows = 24 }), two = Engine(model, new() { Threads = 2 });
        var planners = new[] { one, two }.Select(engine => (engine, planner: new TdMpc2Planner(new(), ActionSize, 3))).ToArray();
        foreach (var (engine, planner) in planners)
        {
            engine.Observe(new float[ActionSize], RandomModel.Normal(6, 1), [true, true]);
            for (ulong number = 0; number < 3; number++)
                planner.Plan(engine, new(number));
        }
        Assert.Equal(planners[0].planner.Actions, planners[1].planner.Actions);
        long least = long.MaxValue;
        for (ulong number = 3; number < 8; number++)
        {
            long allocated = GC.GetAllocatedBytesForCurrentThread();
            planners[0].planner.Plan(one, new(number));
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - allocated);
        }
        Assert.Equal(0, least);
    }

    [SkippableFact]
    public void Another_checkpoint_is_refused()
    {
        using var model = Model("small");
        model.save(_folder["model.dat"]);
        var file = WeightFile.Read(_folder["model.dat"]);
        Assert.Contains("values.q3.linear0.weight", Assert.Throws<InvalidDataException>(
            () => new TdMpc2Engine(file, s_small with { Values = 4 }, s_shape)).Message);
        Assert.Contains("TD-MPC2", Assert.Throws<InvalidDataException>(() => new RssmEngine(file, new RssmConfig(), s_shape)).Message);
        using var pictured = new TdMpc2Engine(file, s_small, s_shape with { Images = [new("camera", 3, 16)] });
        Assert.Contains("pictures", Assert.Throws<InvalidOperationException>(
            () => pictured.Observe(new float[ActionSize], new float[6], [true, true])).Message);
    }

    // Heads that begin at zero would agree on nothing.
    private static TdMpc2Model Model(string kind)
    {
        Skip.IfNot(File.Exists(Path.Combine(AppContext.BaseDirectory, "librobot_torch.so")),
            "librobot_torch.so is missing: make setup installs libtorch, make build builds it");
        using var quiet = no_grad();
        manual_seed(3);
        var model = new TdMpc2Model(kind == "1m" ? TdMpc2Config.Sized(1) : s_small, s_shape);
        foreach (var parameter in model.parameters())
        {
            using var scope = NewDisposeScope();
            parameter.add_((rand(parameter.shape) - 0.5f) * 0.3f);
        }
        return model;
    }

    private TdMpc2Engine Engine(TdMpc2Model model, EngineOptions options)
    {
        model.save(_folder["model.dat"]);
        return new(WeightFile.Read(_folder["model.dat"]), model.Config, s_shape, options);
    }

    private static Tensor Encode(TdMpc2Model model, float[] robot, bool there) => model.Encode(new Observations(
        new Dictionary<string, Tensor> { ["robot"] = tensor(robot, [1, 4]), ["force"] = tensor([0.5f, -0.2f], [1, 2]) },
        new Dictionary<string, Tensor>(),
        new Dictionary<string, Tensor> { ["robot"] = ones([1]), ["force"] = ones([1]) * (there ? 1 : 0) }));

    private static Tensor Value(TdMpc2Model model, Tensor z) => model.Values.Mean(cat([z, model.Policy(z).Action()], -1));

    private static void Scores(TdMpc2Model model, TdMpc2Engine engine, Tensor start)
    {
        float[] actions = RandomModel.Actions(Candidates * Horizon * ActionSize, 5), returns = new float[Candidates];
        engine.Objective = new() { Discount = 0.97, TerminalValue = true };
        engine.Score(actions, Candidates, Horizon, returns);
        var all = tensor(actions, [Candidates, Horizon, ActionSize]);
        var (z, sum) = (start.expand(Candidates, -1), zeros([Candidates]));
        for (int t = 0; t < Horizon; t++)
        {
            sum = sum + (model.Reward(z, all.select(1, t)) * Math.Pow(0.97, t));
            z = model.Next(z, all.select(1, t));
        }
        AssertNear(sum + (Value(model, z) * Math.Pow(0.97, Horizon)), returns);
    }

    private static void Acts(TdMpc2Model model, TdMpc2Engine engine, Tensor start)
    {
        float[] noise = RandomModel.Normal(Candidates * Horizon * ActionSize, 8), actions = new float[noise.Length];
        engine.SamplePolicy(noise, Candidates, Horizon, actions);
        var injected = tensor(noise, [Candidates, Horizon, ActionSize]);
        var z = start.expand(Candidates, -1);
        var taken = new List<Tensor>();
        for (int t = 0; t < Horizon; t++)
        {
            var policy = model.Policy(z);
            taken.Add((policy.Mean + (policy.LogStd.exp() * injected.select(1, t))).tanh());
            z = model.Next(z, taken[^1]);
        }
        // A deviation is e to the power of six tanh's: what rounds differently before it counts more behind it, over all steps.
        AssertNear(stack(taken, 1), actions, 1e-4);
        engine.SamplePolicy([], 1, 1, actions.AsSpan(0, ActionSize));
        AssertNear(model.Policy(start).Action(), actions[..ActionSize]);
    }

    private static void AssertNear(Tensor expected, float[] actual, double share = 1e-5)
    {
        float[] values = [.. expected.flatten().data<float>()];
        Assert.Equal(values.Length, actual.Length);
        double largest = values.Max(Math.Abs), apart = values.Zip(actual, (e, a) => Math.Abs((double)e - a)).Max();
        Assert.True(apart <= share * Math.Max(largest, 1e-6), $"{apart} apart, the largest is {largest}");
    }
}
