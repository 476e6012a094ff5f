using RobotWorldModel.Planner.Engine;
using RobotWorldModel.Planner.Planners;
using RobotWorldModel.Planner.Tests.Engine;
using RobotWorldModel.Tests.Shared;
using RobotWorldModel.WorldModel.Rssm;

namespace RobotWorldModel.Planner.Tests.Planners;

/// <summary>What all planners promise: they find what is best, repeat themselves to the bit, and allocate nothing.</summary>
public class PlannerTests
{
    private static readonly Dictionary<string, Func<int, int, IPlanner>> s_planners = new()
    {
        ["CEM"] = (h, a) => new CemPlanner(new() { Horizon = h, Candidates = 300, Elites = 30, LeastStd = 0.02, WarmStart = true }, a, 1),
        ["iCEM"] = (h, a) => new CemPlanner(CemOptions.Improved with { Horizon = h, Iterations = 8, Candidates = 300, Elites = 30 }, a, 1),
        ["MPPI"] = (h, a) => new MppiPlanner(
            new() { Horizon = h, Candidates = 400, Iterations = 15, Std = 0.15, Temperature = 0.03, ControlCost = 0 }, a, 1),
        ["TD-MPC2"] = (h, a) => new TdMpc2Planner(new() { Horizon = h, Iterations = 8, Temperature = 5 }, a, 1),
        ["best of policy"] = (h, a) => new BestOfPolicyPlanner(new() { Horizon = h, Candidates = 256 }, a, 1),
        ["policy"] = (h, a) => new PolicyPlanner(h, a),
    };

    public static TheoryData<string> All => [.. s_planners.Keys];

    [Theory]
    [InlineData("CEM", 0.05)]
    [InlineData("iCEM", 0.2)]
    [InlineData("MPPI", 0.1)]
    [InlineData("TD-MPC2", 0.2)]
    [InlineData("best of policy", 0.35)] // noise of 0.2 about a policy that is off by 0.1: the best of 256
    [InlineData("policy", 0.11)]
    public void The_best_sequence_of_a_known_quadratic_is_found(string name, double within)
    {
        float[] target = [0.5f, -0.7f, 0.1f, 0.9f, -0.2f, -0.3f, 0.6f, 0f, 0.3f, -0.8f];
        var planner = s_planners[name](5, 2);
        PlanResult result = default;
        for (ulong i = 0; i < 3; i++)
            result = planner.Plan(new Quadratic(target, 2), new(i, Shift: 0));
        Assert.True(result.Complete);
        for (int i = 0; i < target.Length; i++)
            Assert.InRange(planner.Actions[i], target[i] - within, target[i] + within);
    }

    [Theory]
    [InlineData("CEM", 1.06)]
    [InlineData("iCEM", 1.06)]
    [InlineData("MPPI", 1.02)]
    [InlineData("TD-MPC2", 1.06)]
    [InlineData("best of policy", 1.05)]
    [InlineData("policy", 1.0001)]
    public void A_mass_is_brought_to_rest_nearly_as_cheaply_as_can_be(string name, double most)
    {
        var mass = new DoubleIntegrator();
        double least = mass.Run(null, 60);
        Assert.InRange(mass.Run(s_planners[name](15, 1), 60) / least, 0.9999, most);
        Assert.InRange(mass.X, -0.02, 0.02);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void A_plan_repeats_to_the_bit_on_any_threads_and_again_from_its_memory(string name)
    {
        var config = new RssmConfig { Deterministic = 24, Stochastic = 5, Hidden = 24, Heads = [24, 24] };
        var weights = RandomModel.Make(config, 3, policy: true);
        using var one = new RssmEngine(weights, config, new() { Actions = 3 }, new() { Threads = 1 });
        using var two = new RssmEngine(weights, config, new() { Actions = 3 }, new() { Threads = 2, BlockRows = 24 });
        IPlanner a = s_planners[name](6, 3), b = s_planners[name](6, 3);
        float[] memory = [], third = [];
        for (ulong i = 0; i < 5; i++)
        {
            if (i == 3)
                memory = b.Memory.ToArray();
            Assert.Equal(a.Plan(one, new(i)), b.Plan(two, new(i)));
            Assert.Equal(a.Actions, b.Actions);
            Assert.All(a.Actions.ToArray(), v => Assert.InRange(v, -1, 1));
            if (i == 3)
                third = b.Actions.ToArray();
        }
        var again = s_planners[name](6, 3);
        memory.CopyTo(again.Memory);
        again.Plan(two, new(3));
        Assert.Equal(third, again.Actions);
        again.Reset();
        again.Plan(one, new(0));
        var fresh = s_planners[name](6, 3);
        fresh.Plan(one, new(0));
        Assert.Equal(fresh.Actions, again.Actions);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void A_plan_allocates_nothing(string name)
    {
        var planner = s_planners[name](8, 2);
        var quadratic = new Quadratic(new float[16], 2);
        ulong number = 0;
        Assert.Equal(0, Allocations.OfOneRound(() =>
        {
            for (int i = 0; i < 5; i++)
                planner.Plan(quadratic, new(number++));
        }));
    }

    [Theory]
    [InlineData("CEM")]
    [InlineData("MPPI")]
    [InlineData("TD-MPC2")]
    public void A_deadline_ends_a_plan_with_the_best_so_far(string name)
    {
        var clock = new SteppedClock();
        int iterations = 10;
        IPlanner planner = name switch
        {
            "CEM" => new CemPlanner(new() { Horizon = 4, Candidates = 50, Elites = 5, Iterations = iterations }, 1, 1, clock),
            "MPPI" => new MppiPlanner(new() { Horizon = 4, Candidates = 50, Iterations = iterations }, 1, 1, clock),
            _ => new TdMpc2Planner(new() { Horizon = 4, Iterations = iterations }, 1, 1, clock),
        };
        var slow = new Scripted(1, (_, i) => i) { OnScore = () => clock.AdvanceMs(3) };
        var result = planner.Plan(slow, new(0, clock.NowNs + 10_000_000));
        Assert.Equal((3, false), (result.Iterations, result.Complete));
        Assert.Equal(3, slow.Calls.Count(c => c.What == "score"));
        Assert.NotEqual(new float[4], planner.Actions.ToArray());

        // The first does not fit either: the plan before, shifted.
        float[] before = planner.Actions.ToArray();
        var late = planner.Plan(slow, new(1, clock.NowNs + 2_000_000));
        Assert.Equal((0, false), (late.Iterations, late.Complete));
        Assert.True(float.IsNaN(late.Return));
        Assert.Equal([before[1], before[2], before[3], before[3]], planner.Actions);

        // It is tried again, as if it took half as long, and what was cut short can be planned again.
        float[] memory = planner.Memory.ToArray();
        var next = planner.Plan(slow, new(2, clock.NowNs + 2_000_000));
        Assert.Equal((1, false), (next.Iterations, next.Complete));
        float[] cut = planner.Actions.ToArray();
        memory.CopyTo(planner.Memory);
        planner.Plan(slow, new(2, MostIterations: 1));
        Assert.Equal(cut, planner.Actions);
    }

    [Theory]
    [InlineData("CEM")]
    [InlineData("iCEM")]
    [InlineData("MPPI")]
    [InlineData("TD-MPC2")]
    [InlineData("best of policy")]
    public void Returns_that_are_no_numbers_lead_nowhere(string name)
    {
        var planner = s_planners[name](3, 1);
        planner.Plan(new Quadratic([0.5f, 0.5f, 0.5f], 1), new(0));
        float[] before = planner.Actions.ToArray();
        var result = planner.Plan(new Scripted(1, (_, _) => float.NaN, policy: 0), new(1));
        Assert.True(float.IsNaN(result.Return));
        Assert.Equal([before[1], before[2], before[2]], planner.Actions);

        // One among many is passed over.
        var mostly = planner.Plan(new Scripted(1, (_, i) => i % 2 == 0 ? float.NaN : -i), new(2));
        Assert.Equal(-1, mostly.Return);
    }

    [Fact]
    public void A_model_of_other_actions_is_refused()
    {
        var refused = Assert.Throws<ArgumentException>(() => new PolicyPlanner(3, 2).Plan(new Quadratic([1], 1), new(0)));
        Assert.Contains("for 2 values an action, the model for 1", refused.Message);
    }

    private sealed class SteppedClock : TimeProvider
    {
        public long NowNs { get; private set; } = 1_000_000_000_000;

        public override long TimestampFrequency => 1_000_000_000;

        public override long GetTimestamp() => NowNs;

        public void AdvanceMs(long ms) => NowNs += ms * 1_000_000;
    }
}
