using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Planner.Live;
using RobotWorldModel.Planner.Planners;
using RobotWorldModel.Tests.Shared;
using RobotWorldModel.TorchSharp.Tests;
using RobotWorldModel.WorldModel.Checkpoints;
using RobotWorldModel.WorldModel.Data;
using RobotWorldModel.WorldModel.Rssm;
using RobotWorldModel.WorldModel.Training;

namespace RobotWorldModel.Planner.Tests.Live;

public sealed class PlanningLoopTests : NoLeaks, IDisposable
{
    private const long PeriodNs = 33_333_333;
    private readonly TempFolder _folder = new();
    private readonly float[] _seen = [0.1f, -0.2f], _action = new float[1];

    void IDisposable.Dispose()
    {
        _folder.Dispose();
        Dispose();
    }

    [Fact]
    public void A_tick_gets_the_plan_that_was_made_for_it()
    {
        using var loop = Loop();
        loop.Start();
        Assert.Equal(ActionSource.None, loop.Take(10, _action));
        for (long slot = 10; slot < 20; slot++)
        {
            loop.Post(slot, Far, _seen, _action, begins: slot == 10);
            WaitForPlans(loop, slot - 9);
            Assert.Equal(ActionSource.Planned, loop.Take(slot + 1, _action));
            Assert.InRange(_action[0], -1, 1);
        }
        LoopReport report = loop.Report();
        Assert.Equal((10, 0, 1), (report.Plans, report.Late, report.Held));
        Assert.True(report.PlanP50Ms <= report.PlanMaxMs && double.IsFinite(report.Expected));
    }

    [Fact]
    public void A_plan_that_is_late_gives_way_to_the_one_before_shifted_and_then_to_a_hold()
    {
        using var loop = Loop();
        loop.Start();
        loop.Post(0, Far, _seen, _action, begins: true);
        WaitForPlans(loop, 1);
        var first = new float[1];
        loop.Take(1, first);

        Assert.Equal(ActionSource.Shifted, loop.Take(2, _action));
        Assert.Equal(ActionSource.Shifted, loop.Take(1 + PlanningLoop.MostShift, _action));
        Assert.Equal(ActionSource.None, loop.Take(2 + PlanningLoop.MostShift, _action));
        Assert.Equal(0, _action[0]);
        Assert.Equal(ActionSource.None, loop.Take(0, _action)); // a plan is for no tick before its own
        Assert.Equal((2, 2), (loop.Report().Late, loop.Report().Held));
    }

    [Fact]
    public void The_same_ticks_give_the_same_plans_to_the_bit_and_a_delay_others()
    {
        Assert.Equal(Plans(delay: 0), Plans(delay: 0));
        Assert.NotEqual(Plans(delay: 0), Plans(delay: 2));
    }

    [Fact]
    public void A_world_that_the_model_does_not_know_is_doubted_after_five_ticks()
    {
        using var loop = Loop(limit: 1e-6);
        loop.Start();
        for (int slot = 0; slot < PlanningLoop.MostDoubts; slot++)
        {
            loop.Post(slot, Far, _seen, _action, begins: slot == 0); // the first has nothing that was expected
            WaitForPlans(loop, slot + 1);
            Assert.Null(loop.Doubt);
        }
        loop.Post(PlanningLoop.MostDoubts, Far, _seen, _action);

        Eventually.True(() => loop.Doubt is not null, "the model is doubted");
        Assert.Contains("99.9 %", loop.Doubt);
    }

    [Fact]
    public void What_is_not_fresh_is_not_filtered_and_nobody_doubts_for_it()
    {
        using var loop = Loop(limit: 1e-6);
        loop.Start();
        loop.Post(0, Far, _seen, _action, begins: true);
        for (int slot = 1; slot < 20; slot++)
        {
            WaitForPlans(loop, slot);
            loop.Post(slot, Far, [], _action);
        }
        WaitForPlans(loop, 20);
        Assert.Null(loop.Doubt);
    }

    [Fact]
    public void The_tick_allocates_nothing_and_the_planner_neither()
    {
        using var loop = Loop();
        loop.Start();
        for (int i = 0; i < 50; i++)
            Tick(i);
        long slot = 50, least = long.MaxValue;
        // Of the whole process, the planner's thread too. Short rounds: what the test's runner allocates is in few of them.
        for (int round = 0; round < 5000 && least > 0; round++)
        {
            long before = GC.GetTotalAllocatedBytes(precise: true);
            for (int i = 0; i < 3; i++)
                Tick(slot++);
            least = Math.Min(least, GC.GetTotalAllocatedBytes(precise: true) - before);
        }
        Assert.Equal(0, least);

        void Tick(long at)
        {
            loop.Take(at, _action);
            loop.Post(at, Far, _seen, _action, begins: at == 0);
            while (loop.Plans <= at)
                Thread.Yield();
        }
    }

    [Fact]
    public void What_is_kept_of_a_plan_is_enough_to_make_it_once_more_to_the_bit()
    {
        var kept = new KeptPlans();
        using (var loop = Loop(delay: 1, log: kept))
        {
            loop.Start();
            for (int slot = 0; slot < 12; slot++)
            {
                _action[0] = 0.1f * slot - 0.5f;
                loop.Post(slot, slot == 7 ? 0 : Far, [0.1f * slot, -0.3f], _action, begins: slot is 0 or 9); // 7's time is over already
                WaitForPlans(loop, slot + 1);
            }
        }
        Assert.Equal(Enumerable.Range(1, 12), kept.Plans.Select(p => (int)p.Made.Slot));
        Assert.Equal((0, 2), (kept.Plans[7].Made.Result.Iterations, kept.Plans[8].Made.Result.Iterations));
        Assert.Equal((0f, 1f), (kept.Plans[9].Memory[0], kept.Plans[8].Memory[0])); // an episode begins cold

        using ModelController again = Controller();
        float[] sequence = new float[again.Horizon], best = new float[4];
        foreach (Kept plan in kept.Plans.AsEnumerable().Reverse()) // none needs another one
        {
            Assert.Equal(plan.Made.Result.Iterations, Again(plan, plan.Memory).Iterations);
            again.CopyPlan(sequence);
            again.CopyBestReturns(best);
            Assert.Equal(plan.Sequence, sequence);
            Assert.Equal(plan.Best, best);
        }
        Again(kept.Plans[5], new float[kept.Plans[5].Memory.Length]);
        again.CopyPlan(sequence);
        Assert.NotEqual(kept.Plans[5].Sequence, sequence);

        PlanResult Again(Kept plan, float[] memory) => again.PlanAgain(plan.Latent, plan.Before, memory, new PlanRequest(
            plan.Made.Request.Number, Shift: plan.Made.Request.Shift, MostIterations: plan.Made.Result.Iterations));
    }

    [Fact]
    public void Pictures_are_seen_where_they_are_there_and_given_back()
    {
        var (dark, bright) = (new FramePool(20, 18, PixelFormat.Rgb8, 3), new FramePool(20, 18, PixelFormat.Rgb8, 3));
        (ImageFrame night, ImageFrame day) = (dark.TryRent()!, bright.TryRent()!);
        night.Pixels.Clear();
        day.Pixels.Fill(255);
        var (without, missing) = Returns([null, null, null]);
        var (atNight, none) = Returns([night, night, night]);
        var (byDay, once) = Returns([day, null, day]);
        night.Release();
        day.Release();

        Assert.Equal((3, 0, 1), (missing, none, once));
        Assert.Equal((3, 3), (dark.Free, bright.Free));
        Assert.NotEqual(without[0], atNight[0]);
        Assert.NotEqual(atNight[0], byDay[0]);
        Assert.Equal(3, byDay.Distinct().Count());

        (float[] Expected, long Missing) Returns(ImageFrame?[] frames)
        {
            using var loop = new PlanningLoop(Controller(picture: new("wrist_rgb", 3, 16)));
            loop.Start();
            var expected = new List<float>();
            for (int slot = 0; slot < frames.Length; slot++)
            {
                loop.Post(slot, Far, _seen, _action, begins: slot == 0, [frames[slot]]);
                WaitForPlans(loop, slot + 1);
                expected.Add(loop.Expected);
            }
            return ([.. expected], loop.Report().PicturesMissing);
        }
    }

    [Fact]
    public void What_is_imagined_of_a_plan_is_what_the_planner_imagines()
    {
        using ModelController controller = Controller(picture: new("wrist_rgb", 3, 16));
        float[] plan = new float[controller.Horizon];
        controller.Begin();
        controller.Observe(_action, _seen);
        controller.Expect([]);
        controller.Plan(new PlanRequest(1));
        controller.CopyPlan(plan);
        using var imagined = new ImaginedPlan(controller.Card, WeightFile.Read(_folder["model.dat"]), plan.Length);
        imagined.Begin(controller.PlannedFrom, plan);
        byte[] first = new byte[16 * 16 * 3], last = new byte[first.Length];
        int steps = 0;
        for (; imagined.MoveNext(); steps++)
            imagined.Picture(0, steps == 0 ? first : last);
        Assert.Equal((plan.Length, plan.Length), (steps, imagined.Steps));
        Assert.NotEqual(first, last);

        // The controller, told of the same actions without seeing anything, expects the same in the end.
        for (int i = 0; i < plan.Length; i++)
            controller.Observe(plan.AsSpan(i, 1), []);
        controller.Expect([]);
        controller.Plan(new PlanRequest(2));
        imagined.Begin(controller.PlannedFrom, []);
        float[] there = imagined.Vector().ToArray();
        imagined.Begin(Start(), plan);
        while (imagined.MoveNext())
            continue;
        Assert.Equal(there, imagined.Vector().ToArray());

        float[] Start()
        {
            controller.Begin();
            controller.Observe(_action, _seen);
            controller.Expect([]);
            controller.Plan(new PlanRequest(1));
            return controller.PlannedFrom.ToArray();
        }
    }

    [Fact]
    public void What_lies_outside_of_training_is_seen()
    {
        using ModelController controller = Controller();

        Assert.Equal(-1, controller.Outside([1.05f, -1]));
        Assert.Equal(1, controller.Outside([0, 2]));
        Assert.Equal(0, controller.Outside([float.NaN, 0]));
    }

    [Fact]
    public void Actions_come_in_the_units_that_they_were_recorded_in()
    {
        // 2 … 4 recorded is -1 … 1 within: the same thoughts, and other numbers.
        using ModelController inner = Controller(), scaled = Controller(actions: new(Scaling.MinMax, [3], [1], [2], [4]));
        float[] plan = new float[inner.Horizon], recorded = new float[inner.Horizon];
        Think(inner, [0.5f]);
        Think(scaled, [3.5f]);
        inner.CopyPlan(plan);
        scaled.CopyPlan(recorded);

        Assert.Contains(plan, a => a != 0);
        Assert.Equal(plan.Select(a => a + 3), recorded);

        void Think(ModelController controller, float[] before)
        {
            controller.Begin();
            controller.Observe([99], _seen); // of no account
            controller.Observe(before, _seen);
            controller.Expect(before);
            controller.Plan(new PlanRequest(1));
        }
    }

    private static long Far => long.MaxValue / 2;

    private static void WaitForPlans(PlanningLoop loop, long count) =>
        Eventually.True(() => loop.Plans >= count, $"{count} plans");

    private float[] Plans(int delay)
    {
        using var loop = Loop(delay: delay);
        loop.Start();
        var plans = new List<float>();
        for (int slot = 0; slot < 8; slot++)
        {
            loop.Take(slot, _action);
            plans.Add(_action[0]);
            loop.Post(slot, Far, [0.1f * slot, -0.3f], _action, begins: slot == 0);
            WaitForPlans(loop, slot + 1);
            plans.Add(loop.Expected);
        }
        return [.. plans];
    }

    private PlanningLoop Loop(double limit = double.PositiveInfinity, int delay = 0, IPlanLog? log = null) =>
        new(Controller(limit), delay, log: log);

    private sealed record Kept(MadePlan Made, float[] Latent, float[] Before, float[] Memory, float[] Sequence, float[] Best);

    private sealed class KeptPlans : IPlanLog
    {
        public List<Kept> Plans { get; } = [];

        public void Planned(in MadePlan plan, ModelController controller)
        {
            float[] sequence = new float[controller.Horizon], best = new float[4];
            controller.CopyPlan(sequence);
            controller.CopyBestReturns(best);
            Plans.Add(new(plan, controller.PlannedFrom.ToArray(), controller.ActionBeforePlan.ToArray(),
                controller.MemoryBeforePlan.ToArray(), sequence, best));
        }
    }

    private ModelController Controller(
        double limit = double.PositiveInfinity, Normaliser? actions = null, ImageShape? picture = null)
    {
        var config = new RssmConfig
        {
            Deterministic = 16,
            Stochastic = 4,
            Hidden = 16,
            Heads = [16],
            Vectors = [16],
            VectorEmbedding = 8,
            ImageDepth = 4,
        };
        var shape = new ModelShape { Vectors = [new("task", 2)], Images = picture is null ? [] : [picture], Actions = 1 };
        string weights = _folder["model.dat"];
        torch.manual_seed(3);
        using (var model = new RssmModel(config, shape))
        {
            foreach (var (name, parameter) in model.named_parameters())
            {
                if (name.StartsWith("reward.out", StringComparison.Ordinal)) // zeros, before it has learned: nothing to plan for
                    torch.nn.init.uniform_(parameter, -1, 1);
            }
            model.save(weights);
        }
        Normaliser unit = new(Scaling.MinMax, [0, 0], [1, 1], [-1, -1], [1, 1]);
        var card = new ModelCard
        {
            Config = Presets.Named("rssm-small").Config with { Rssm = config },
            Shape = shape,
            Normalisation = new(
                new Dictionary<string, Normaliser>
                {
                    ["task"] = unit,
                    ["wrist_rgb"] = new(Scaling.MinMax, [0.5, 0.5, 0.5], [2, 2, 2], [], []),
                },
                actions ?? new(Scaling.MinMax, [0], [1], [-1], [1]), null),
            Data = null!,
            Step = 0,
            Validation = double.IsInfinity(limit) ? null : new()
            {
                Loss = 0,
                Parts = new Dictionary<string, double>(),
                OneStepError = new Dictionary<string, double> { ["p99_9"] = limit },
            },
            Sha256 = "",
            Saved = default,
            Parameters = 0,
        };
        return new(card, WeightFile.Read(weights), new ControlOptions
        {
            Planner = CemOptions.Improved with { Horizon = 6, Candidates = 24, Elites = 4, Iterations = 2 },
        });
    }
}
