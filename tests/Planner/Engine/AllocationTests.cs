using RobotWorldModel.Planner.Engine;
using RobotWorldModel.WorldModel.Rssm;

namespace RobotWorldModel.Planner.Tests.Engine;

/// <summary>Counts what the whole process allocates, for the engine's threads cannot be asked: nothing else may run.</summary>
[CollectionDefinition("alone", DisableParallelization = true)]
public class AloneCollection;

[Collection("alone")]
public class AllocationTests
{
    [Fact]
    public void A_plan_allocates_nothing_on_any_thread()
    {
        var config = new RssmConfig
        {
            Deterministic = 37,
            Stochastic = 7,
            Classes = 6,
            InputLayer = 29,
            Hidden = 45,
            Heads = [51, 33],
            Norm = true,
            Bins = 255,
            Vectors = [20],
            VectorEmbedding = 12,
            ImageDepth = 4,
        };
        var picture = new ImageShape("wrist_rgb", 3, 16);
        var shape = new ModelShape { Vectors = [new("robot", 5)], Images = [picture], Actions = 7 };
        var weights = RandomModel.Make(config, 7, policy: true, vectors: 5, picture: picture);
        float[] seen = new float[3 * 16 * 16];
        using var engine = new RssmEngine(weights, config, shape, new() { Threads = 2 });
        engine.Objective = new()
        {
            Continues = true,
            TerminalValue = true,
            ActionChangeCost = 1,
            State = new(new float[5], new float[5], LimitWeight: 1),
        };
        float[] actions = RandomModel.Actions(64 * 8 * 7, 5), returns = new float[64];
        float[] noise = RandomModel.Gumbel(8 * config.StochasticWidth, 4);
        // Short rounds: what the test's runner allocates now and then is in few of them, what a plan allocates in all.
        long least = long.MaxValue;
        for (int round = 0; round < 100 && least > 0; round++)
        {
            long before = GC.GetTotalAllocatedBytes(precise: true);
            Thread.Sleep(1); // longer than the engine's threads spin: they sleep, and are woken
            engine.Observe(actions.AsSpan(0, 7), actions.AsSpan(0, 5), [true, true], seen);
            engine.DecodePicture(0, seen);
            engine.Advance(actions.AsSpan(7, 7));
            engine.SetNoise(noise);
            engine.SamplePolicy([], 64, 8, actions);
            engine.Score(actions, 64, 8, returns);
            least = Math.Min(least, GC.GetTotalAllocatedBytes(precise: true) - before);
        }
        Assert.Equal(0, least);
    }
}
