using RobotWorldModel.WorldModel.Rssm;
using static TorchSharp.torch;

namespace RobotWorldModel.WorldModel.Tests.Rssm;

public class ActorCriticTests : NoLeaks
{
    [Theory]
    [InlineData(1)]
    [InlineData(0)]
    public void A_policy_learns_in_imagination_alone(double throughDynamics)
    {
        var config = new RssmConfig
        {
            Deterministic = 32,
            Stochastic = 8,
            Hidden = 32,
            Heads = [32],
            Vectors = [32],
            VectorEmbedding = 16,
        };
        using var model = new RssmModel(config, Drift.Shape);
        using var world = optim.AdamW(model.WorldParameters().Select(one => one.Parameter), lr: 3e-3);
        using var actor = optim.AdamW(model.ActorParameters(), lr: 3e-3);
        using var critic = optim.AdamW(model.ValueParameters(), lr: 3e-3);
        using var learner = new ActorCritic(
            model, new ActorCriticConfig { Horizon = 8, Discount = 0.9, ThroughDynamics = throughDynamics, Starts = 128 });
        double before = 0, after = 0;
        for (var step = 0; step < 190; step++)
        {
            using var scope = NewDisposeScope();
            world.zero_grad();
            var learned = RssmLoss.Of(model, new RssmLossConfig(), Drift.Draw(step, 16, 12), step);
            learned.Loss.backward();
            world.step();
            if (step < 80)
                continue;
            var states = new RssmState(learned.Filtered.States.H.flatten(0, 1), learned.Filtered.States.S.flatten(0, 1));
            var parts = learner.Learn(states, actor, critic, 100);
            after = (0.9 * after) + (0.1 * parts["imagined_reward"]);
            before = step == 90 ? parts["imagined_reward"] : before;
        }

        // What counts is the world itself: the policy steers it better than no action does.
        var steered = Played(model, steer: true);
        var left = Played(model, steer: false);
        Assert.True(steered > left + 0.2, $"{steered} a step with the policy, {left} without; imagined {before} before, {after} after");
    }

    private static double Played(RssmModel model, bool steer)
    {
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        var random = new Random(9);
        var (sum, steps) = (0.0, 0);
        for (var episode = 0; episode < 20; episode++)
        {
            var (x, v) = ((random.NextDouble() * 4) - 2, (random.NextDouble() * 2) - 1);
            var state = model.Initial(1);
            var action = zeros([1, 1]);
            for (var t = 0; t < 20; t++, steps++)
            {
                var (h, _) = model.Advance(state, action);
                var vector = tensor([(float)x, (float)v], [1, 2]);
                var e = model.Encode(new Observations(
                    new Dictionary<string, Tensor> { ["state"] = vector }, new Dictionary<string, Tensor>(),
                    new Dictionary<string, Tensor> { ["state"] = ones([1]) }));
                state = new RssmState(h, model.Correct(h, e).Mode());
                action = steer ? model.Policy(state.Features()).Mean.clamp(-1, 1) : zeros([1, 1]);
                (x, v) = (x + (0.3 * v), (0.8 * v) + (0.4 * action.item<float>()));
                sum += 1 - (x * x);
            }
        }
        return sum / steps;
    }
}
