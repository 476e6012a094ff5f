using System.Runtime.InteropServices;
using RobotWorldModel.Simulation.Classic;
using RobotWorldModel.Simulation.Environments;
using RobotWorldModel.Simulation.Tasks;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Simulation.Tests.Environments;

/// <summary>What holds of every environment.</summary>
public class EnvironmentTests
{
    private static readonly Dictionary<string, Func<IEnvironment>> s_all = new()
    {
        ["Pendulum-v1"] = () => new PendulumV1(),
        ["cartpole-swingup"] = () => new CartpoleSwingup(),
        ["pendulum-swingup"] = () => new PendulumSwingup(2),
        ["reach"] = () => new ReachEnvironment(path: new() { ExtraTicks = 2 }),
    };

    public static TheoryData<string> All => new(s_all.Keys);

    [Theory]
    [MemberData(nameof(All))]
    public void The_same_seed_and_actions_give_the_same_episode_to_the_bit(string name)
    {
        IEnvironment one = s_all[name](), other = s_all[name]();
        other.Reset(99, default);
        other.Step(new float[other.ActionSize], default);
        byte[] first = Episode(one, 7);
        Assert.Equal(first, Episode(other, 7));
        Assert.NotEqual(first, Episode(other, 8));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void A_copy_goes_on_as_the_original_does(string name)
    {
        IEnvironment original = s_all[name](), spare = s_all[name]();
        original.Reset(3, default);
        spare.Reset(4, default);
        Steps(original, 11, 6);
        spare.CopyFrom(original);
        IEnvironment copy = original.Copy();
        byte[] first = Steps(original, 12, original.Decisions - 6);
        Assert.Equal(first, Steps(copy, 12, copy.Decisions - 6));
        Assert.Equal(first, Steps(spare, 12, spare.Decisions - 6));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Actions_are_clamped_and_its_time_ends(string name)
    {
        IEnvironment far = s_all[name](), near = s_all[name]();
        far.Reset(5, default);
        near.Reset(5, default);
        float[] observation = new float[far.ObservationSize], other = new float[far.ObservationSize];
        float[] beyond = Enumerable.Repeat(-7f, far.ActionSize).ToArray(), most = Enumerable.Repeat(-1f, far.ActionSize).ToArray();
        for (int i = 1; i <= far.Decisions + 1; i++)
        {
            StepResult result = far.Step(beyond, observation);
            Assert.Equal(result, near.Step(most, other));
            Assert.Equal(other, observation);
            Assert.Equal(i >= far.Decisions, result.Truncated);
        }
        Assert.Throws<ArgumentException>(() => far.Step(Enumerable.Repeat(float.NaN, far.ActionSize).ToArray(), default));
        Assert.Throws<ArgumentException>(() => far.Step(new float[far.ActionSize + 1], default));
        Assert.Throws<ArgumentException>(() => far.Reset(1, new float[far.ObservationSize + 1]));
        Assert.Throws<ArgumentException>(() => far.CopyFrom(name == "Pendulum-v1" ? new PendulumSwingup() : new PendulumV1()));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void A_batch_gives_what_each_gives_alone_on_any_number_of_threads(string name)
    {
        const int Count = 7;
        IEnvironment alone = s_all[name]();
        BatchedEnvironments[] batches = [new(alone, Count, 1), new(alone, Count, 2), new(alone, Count, 5), new(alone, Count)];
        ulong[] seeds = [.. Enumerable.Range(0, Count).Select(i => (ulong)i + 40)];
        float[] observation = new float[alone.ObservationSize];
        foreach (BatchedEnvironments batch in batches)
        {
            batch.Reset(seeds);
            for (int step = 0; step < 20; step++)
            {
                if (step == 10)
                    batch.Reset(3, 77);
                FillActions(batch.Actions, step);
                batch.Step();
            }
            Assert.Equal(batches[0].Observations, batch.Observations);
            Assert.Equal(batches[0].Rewards, batch.Rewards);
        }
        alone.Reset(77, observation);
        float[] actions = new float[Count * alone.ActionSize];
        for (int step = 10; step < 20; step++)
        {
            FillActions(actions, step);
            alone.Step(actions.AsSpan(3 * alone.ActionSize, alone.ActionSize), observation);
        }
        Assert.Equal(observation, batches[1].Observations.Slice(3 * alone.ObservationSize, alone.ObservationSize).ToArray());
        batches[1].Actions[^1] = float.NaN;
        Assert.Contains($"environment {Count - 1}", Assert.Throws<ArgumentException>(batches[1].Step).Message);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void A_step_and_a_copy_allocate_nothing(string name)
    {
        IEnvironment environment = s_all[name](), root = s_all[name]();
        float[] observation = new float[root.ObservationSize], action = new float[root.ActionSize];
        root.Reset(1, observation);
        Assert.Equal(0, Allocations.OfOneRound(() =>
        {
            for (int i = 0; i < 100; i++)
            {
                environment.CopyFrom(root);
                environment.Step(action, observation);
            }
        }));
    }

    [Fact]
    public void Random_numbers_are_those_of_the_published_generators()
    {
        // xoshiro256starstar.c with its state filled by splitmix64.c from 1234567, as their authors' programs print them.
        var random = new EpisodeRandom(1234567);
        ulong[] drawn = [random.Next(), random.Next(), random.Next()];
        Assert.Equal([3504822795582309479, 1819558768956484042, 1250851346055027673], drawn);
        double sum = 0, squares = 0;
        for (int i = 0; i < 100_000; i++)
        {
            double n = random.Normal();
            sum += n;
            squares += n * n;
        }
        Assert.Equal(0, sum / 100_000, 0.015);
        Assert.Equal(1, squares / 100_000, 0.025);
    }

    private static byte[] Episode(IEnvironment environment, ulong seed)
    {
        float[] observation = new float[environment.ObservationSize];
        environment.Reset(seed, observation);
        return [.. MemoryMarshal.AsBytes(observation.AsSpan()), .. Steps(environment, seed, environment.Decisions)];
    }

    // Every bit of what comes out of random actions.
    private static byte[] Steps(IEnvironment environment, ulong seed, int count)
    {
        var bytes = new List<byte>();
        var random = new EpisodeRandom(seed);
        float[] observation = new float[environment.ObservationSize], action = new float[environment.ActionSize];
        for (int i = 0; i < count; i++)
        {
            for (int k = 0; k < action.Length; k++)
                action[k] = (float)random.Uniform(-1, 1);
            bytes.AddRange(BitConverter.GetBytes(environment.Step(action, observation).Reward));
            bytes.AddRange(MemoryMarshal.AsBytes(observation.AsSpan()));
        }
        return [.. bytes];
    }

    private static void FillActions(Span<float> actions, int step)
    {
        for (int i = 0; i < actions.Length; i++)
            actions[i] = (float)Math.Sin(i + 3 * step);
    }
}
