using RobotWorldModel.WorldModel.Rssm;
using RobotWorldModel.WorldModel.TdMpc2;
using RobotWorldModel.WorldModel.Tests.Rssm;
using RobotWorldModel.WorldModel.Training;
using static TorchSharp.torch;

namespace RobotWorldModel.WorldModel.Tests.TdMpc2;

public sealed class TdMpc2LearnerTests : NoLeaks
{
    private const int Steps = 4, Seen = 6, Ahead = 5;

    private static readonly TrainConfig s_config = Presets.Named("tdmpc2-1m").Config with
    {
        TdMpc2 = new TdMpc2Config { Encoder = [32], Hidden = [32, 32], Latent = 32, Values = 2, Bins = 41, ImageDepth = 4 },
        TdMpc2Loss = new TdMpc2LossConfig { Discount = 0.7, TargetRate = 0.05, EncoderRate = 1 },
        Optimizer = Presets.Named("tdmpc2-1m").Config.Optimizer with { LearningRate = 1.5e-3, Actor = 1e-3 },
        Steps = 300,
    };

    [Fact]
    public void It_learns_a_world_what_it_predicts_depends_on_the_actions_and_its_policy_steers_it()
    {
        using var learner = new TdMpc2Learner(s_config, Drift.Shape);
        var model = (TdMpc2Model)learner.Model;
        for (var step = 0; step < s_config.Steps; step++)
        {
            using var scope = NewDisposeScope();
            learner.Step([Windows(step, 64)], step);
        }

        using var outer = NewDisposeScope();
        using var quiet = no_grad();
        var seen = Drift.Draw(10_000, 256, Seen + Ahead + 1);
        var (right, rewards) = Imagined(model, seen, seen.Actions);
        var (others, _) = Imagined(model, seen, seen.Actions.flip(0));
        var repeated = Repeated(model, seen);
        Assert.True(right < 0.5 * repeated, $"imagined {right}, repeating the first {repeated}");
        Assert.True(right < 0.4 * others, $"imagined {right}, with the actions of others {others}");
        var spread = Transforms.Symlog(seen.Rewards.narrow(1, Seen + 1, Ahead)).var().item<float>();
        Assert.True(rewards < 0.3 * spread, $"symlogs of rewards {rewards} off, they vary by {spread}");
        var (steered, left) = (Played(model, steer: true), Played(model, steer: false));
        Assert.True(steered > left + 0.5, $"{steered} a step with the policy, {left} without");
    }

    [Fact]
    public void Pictures_are_learned_from_and_one_that_is_missing_has_no_part()
    {
        using var learner = new TdMpc2Learner(s_config, Drift.Pictured);
        using var scope = NewDisposeScope();
        var batch = Drift.Draw(3, 4, Steps, pictures: true);
        learner.Step([batch], 0);
        batch.Observations.Masks["camera"].select(1, 2).zero_();
        var there = Loss();
        batch.Observations.Images["camera"].select(1, 2).fill_(0.7);
        Assert.Equal(there, Loss());
        batch.Observations.Images["camera"].select(1, 3).fill_(0.7);
        Assert.NotEqual(there, Loss());

        double Loss()
        {
            manual_seed(5);
            return learner.CostOf(batch, 0).Parts["loss"];
        }
    }

    [Fact]
    public void What_came_of_another_episode_costs_nothing()
    {
        using var learner = new TdMpc2Learner(s_config, Drift.Shape);
        using var scope = NewDisposeScope();
        var batch = Drift.Draw(3, 4, Steps);
        learner.Step([batch], 0);
        batch.First.select(1, 2).fill_(1);
        var before = Loss();
        batch.Rewards.select(1, 3).fill_(7);
        batch.Actions.select(1, 2).fill_(0.5);
        batch.Observations.Vectors["state"].select(1, 2).fill_(1);
        Assert.Equal(before, Loss());
        batch.Rewards.select(1, 1).fill_(7);
        Assert.NotEqual(before, Loss());

        double Loss()
        {
            manual_seed(5);
            return learner.CostOf(batch, 0).Parts["loss"];
        }
    }

    [Fact]
    public void A_policys_step_changes_the_policy_alone_and_the_worlds_all_but_it()
    {
        var (world, off) = (s_config with { Optimizer = s_config.Optimizer with { Actor = 0 } },
            s_config with { Optimizer = s_config.Optimizer with { LearningRate = 0 } });
        Assert.All(Moved(world), name => Assert.DoesNotContain("policy", name));
        Assert.All(Moved(off), name => Assert.StartsWith("policy", name));
        Assert.Contains(Moved(world), name => name == "values.q1.out.weight");

        static List<string> Moved(TrainConfig config)
        {
            using var learner = new TdMpc2Learner(config, Drift.Shape);
            using var scope = NewDisposeScope();
            learner.Step([Drift.Draw(1, 8, Steps)], 0);
            // Value heads begin at zero, where there is no gradient for the policy.
            foreach (var parameter in ((TdMpc2Model)learner.Model).Values.parameters())
            {
                using var quiet = no_grad();
                parameter.add_(rand_like(parameter) * 0.1);
            }
            var before = learner.Model.named_parameters().ToDictionary(one => one.name, one => one.parameter.data<float>().ToArray());
            learner.Step([Drift.Draw(2, 8, Steps)], 1);
            return [.. learner.Model.named_parameters().Where(one => !before[one.name].SequenceEqual(one.parameter.data<float>()))
                .Select(one => one.name)];
        }
    }

    // Windows of four steps out of longer sequences, which get about in the world.
    private static Sequences Windows(int seed, int count)
    {
        var all = Drift.Draw(seed, count / 4, 4 * Steps);
        Tensor Cut(Tensor whole) => whole.reshape([count, Steps, .. whole.shape[2..]]);
        return new Sequences(
            new Observations(
                new Dictionary<string, Tensor> { ["state"] = Cut(all.Observations.Vectors["state"]) }, all.Observations.Images,
                new Dictionary<string, Tensor> { ["state"] = Cut(all.Observations.Masks["state"]) }),
            Cut(all.Actions), Cut(all.Rewards), Cut(all.RewardMask), Cut(all.Continues), Cut(all.First));
    }

    // What is imagined from an observation on, when the world has got about: of z, and of the symlog of rewards.
    private static (double Apart, double Rewards) Imagined(TdMpc2Model model, Sequences seen, Tensor actions)
    {
        var all = Encoded(model, seen);
        var z = all.select(1, Seen);
        var (apart, rewards) = (0.0, 0.0);
        for (long t = Seen; t < Seen + Ahead; t++)
        {
            var action = actions.select(1, t);
            var off = Transforms.Symlog(model.Reward(z, action)) - Transforms.Symlog(seen.Rewards.select(1, t + 1));
            rewards += off.square().mean().item<float>() / Ahead;
            z = model.Next(z, action);
            apart += (z - all.select(1, t + 1)).square().mean().item<float>() / Ahead;
        }
        return (apart, rewards);
    }

    private static double Repeated(TdMpc2Model model, Sequences seen)
    {
        var all = Encoded(model, seen);
        return (all.narrow(1, Seen + 1, Ahead) - all.narrow(1, Seen, 1)).square().mean().item<float>();
    }

    private static Tensor Encoded(TdMpc2Model model, Sequences seen) =>
        model.Encode(RssmLoss.Flat(seen.Observations)).unflatten(0, seen.Actions.shape[0], seen.Actions.shape[1]);

    private static double Played(TdMpc2Model model, bool steer)
    {
        using var scope = NewDisposeScope();
        const int episodes = 64, steps = 20;
        var random = new Random(9);
        float[] x = [.. Enumerable.Range(0, episodes).Select(_ => (float)((random.NextDouble() * 4) - 2))];
        float[] v = [.. Enumerable.Range(0, episodes).Select(_ => (float)((random.NextDouble() * 2) - 1))];
        var sum = 0.0;
        for (var t = 0; t < steps; t++)
        {
            var state = tensor([.. x.Zip(v, (a, b) => new[] { a, b }).SelectMany(one => one)], [episodes, 2]);
            var z = model.Encode(new Observations(
                new Dictionary<string, Tensor> { ["state"] = state }, new Dictionary<string, Tensor>(),
                new Dictionary<string, Tensor> { ["state"] = ones([episodes]) }));
            var actions = steer ? model.Policy(z).Action().flatten().data<float>().ToArray() : new float[episodes];
            for (var i = 0; i < episodes; i++)
            {
                (x[i], v[i]) = (x[i] + (0.3f * v[i]), (0.8f * v[i]) + (0.4f * actions[i]));
                sum += 1 - (x[i] * x[i]);
            }
        }
        return sum / (episodes * steps);
    }
}
