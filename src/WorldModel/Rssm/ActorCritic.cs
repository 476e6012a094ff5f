using TorchSharp.Modules;
using static TorchSharp.torch;

namespace RobotWorldModel.WorldModel.Rssm;

/// <summary>How actor and critic learn in imagination.</summary>
public sealed record ActorCriticConfig
{
    /// <summary>Steps imagined from each state.</summary>
    public int Horizon { get; init; } = 15;

    public double Discount { get; init; } = 0.99;

    /// <summary>λ of the returns: 0 trusts the critic after one step, 1 only at the horizon.</summary>
    public double Lambda { get; init; } = 0.95;

    /// <summary>Weight of the policy's entropy.</summary>
    public double Entropy { get; init; } = 3e-4;

    /// <summary>
    /// Share of gradients through the dynamics (Dreamer, 1) against the log density of what was drawn (DreamerV3's REINFORCE, 0).
    /// </summary>
    public double ThroughDynamics { get; init; } = 1;

    /// <summary>Rate at which the critic's slow copy follows it.</summary>
    public double SlowRate { get; init; } = 0.02;

    /// <summary>States of a batch from which is imagined; all where there are fewer.</summary>
    public int Starts { get; init; } = 512;
}

/// <summary>
/// A policy and a value that learn from imagined trajectories: λ-returns, a critic held to them and to its own slow copy, an actor that
/// raises them. Returns are scaled by the range between their 5th and 95th percentile (DreamerV3), so that one entropy fits all rewards.
/// </summary>
public sealed class ActorCritic : IDisposable
{
    private readonly RssmModel _model;
    private readonly ActorCriticConfig _config;

    public ActorCritic(RssmModel model, ActorCriticConfig config)
    {
        (_model, _config) = (model, config);
        Slow = model.NewCritic();
        using (no_grad())
        {
            foreach (var (slow, value) in Slow.parameters().Zip(model.ValueParameters()))
            {
                slow.copy_(value);
                slow.requires_grad_(false);
            }
        }
    }

    /// <summary>Range of returns that the actor's are scaled by, NaN before the first step; kept with a checkpoint.</summary>
    public double ReturnRange { get; set; } = double.NaN;

    /// <summary>The critic's slow copy; kept with a checkpoint.</summary>
    public Sequential Slow { get; }

    /// <summary>
    /// G_t = r_{t+1} + γ c_{t+1} [(1 - λ) v_{t+1} + λ G_{t+1}], G_H = v_H: rewards, continues and values [B, H], each of the states
    /// after actions 0 to H - 1; the result [B, H] belongs to the states before them.
    /// </summary>
    public static Tensor LambdaReturns(Tensor rewards, Tensor continues, Tensor values, double discount, double lambda)
    {
        var horizon = rewards.shape[1];
        var returns = new Tensor[horizon];
        var next = values.select(1, horizon - 1);
        for (var t = horizon - 1; t >= 0; t--)
        {
            var value = values.select(1, t);
            next = rewards.select(1, t) + (continues.select(1, t) * discount * ((value * (1 - lambda)) + (next * lambda)));
            returns[t] = next;
        }
        return stack(returns, 1);
    }

    /// <summary>One step of both from states [N, ...] of a batch, whose gradients end here.</summary>
    public IReadOnlyDictionary<string, double> Learn(RssmState starts, optim.Optimizer actor, optim.Optimizer critic, double clip)
    {
        using var scope = NewDisposeScope();
        var state = Chosen(starts);
        var (features, actions, policies) = Imagine(state);
        var before = features.narrow(1, 0, _config.Horizon);
        var after = features.narrow(1, 1, _config.Horizon);
        var rewards = _model.Reward(after);
        var continues = _model.ContinueLogit(after).sigmoid();
        var values = SlowValue(after);
        var returns = LambdaReturns(rewards, continues, values, _config.Discount, _config.Lambda);
        using var noGradient = returns.detach();
        var weights = Weights(continues.detach());

        var scale = Math.Max(1, UpdateRange(noGradient));
        var advantage = (noGradient - SlowValue(before).detach()) / scale;
        var drawn = policies.LogDensity(actions.detach()) * advantage;
        var entropy = policies.Entropy();
        var raised = (returns / scale * _config.ThroughDynamics) + (drawn * (1 - _config.ThroughDynamics));
        var objective = raised + (entropy * _config.Entropy);
        var actorLoss = -(objective * weights).mean();
        actor.zero_grad();
        critic.zero_grad();
        actorLoss.backward(); // the world's own gradients that come of it are cleared before its next step
        var actorNorm = nn.utils.clip_grad_norm_(_model.ActorParameters(), clip);
        actor.step();

        critic.zero_grad();
        var seen = before.detach();
        var numbers = _model.ValueNumbers(seen);
        var losses = _model.NumberLoss(numbers, noGradient) + _model.NumberLoss(numbers, SlowValue(seen).detach());
        var criticLoss = (losses * weights).mean();
        criticLoss.backward();
        nn.utils.clip_grad_norm_(_model.ValueParameters(), clip);
        critic.step();
        Follow();
        return new Dictionary<string, double>
        {
            ["actor"] = actorLoss.item<float>(),
            ["critic"] = criticLoss.item<float>(),
            ["entropy"] = entropy.mean().item<float>(),
            ["imagined_return"] = noGradient.mean().item<float>(),
            ["imagined_reward"] = rewards.mean().item<float>(),
            ["actor_norm"] = actorNorm,
        };
    }

    public void Dispose() => Slow.Dispose();

    private RssmState Chosen(RssmState all)
    {
        var count = all.H.shape[0];
        if (count <= _config.Starts)
            return new RssmState(all.H.detach(), all.S.detach());
        var places = (rand([_config.Starts], device: all.H.device) * count).to(int64).clamp(0, count - 1);
        return new RssmState(all.H.detach().index_select(0, places), all.S.detach().index_select(0, places));
    }

    // Features [N, H + 1, Z] with the start, actions [N, H, A] and the policies that they were drawn from.
    private (Tensor Features, Tensor Actions, Policy Policies) Imagine(RssmState state)
    {
        var features = new List<Tensor> { state.Features() };
        var actions = new List<Tensor>();
        var means = new List<Tensor>();
        var stds = new List<Tensor>();
        for (var t = 0; t < _config.Horizon; t++)
        {
            var policy = _model.Policy(features[^1].detach());
            var action = policy.Sample();
            actions.Add(action);
            means.Add(policy.Mean);
            stds.Add(policy.Std);
            var (h, prior) = _model.Advance(state, action.clamp(-1, 1));
            state = new RssmState(h, prior.Sample());
            features.Add(state.Features());
        }
        return (stack(features, 1), stack(actions, 1), new Policy(stack(means, 1), stack(stds, 1)));
    }

    // Π γ c of the steps before, 1 for the first: [N, H].
    private Tensor Weights(Tensor continues)
    {
        var steps = continues.narrow(1, 0, continues.shape[1] - 1) * _config.Discount;
        return cat([ones_like(continues.narrow(1, 0, 1)), steps], 1).cumprod(1);
    }

    private double UpdateRange(Tensor returns)
    {
        var ends = returns.flatten().quantile(tensor([0.05f, 0.95f], [2], device: returns.device), 0);
        var values = ends.cpu().data<float>().ToArray();
        double now = values[1] - values[0];
        ReturnRange = double.IsNaN(ReturnRange) ? now : (0.99 * ReturnRange) + (0.01 * now);
        return ReturnRange;
    }

    private Tensor SlowValue(Tensor features) => _model.Expected(Slow.call(features));

    private void Follow()
    {
        using var quiet = no_grad();
        foreach (var (slow, value) in Slow.parameters().Zip(_model.ValueParameters()))
        {
            using var part = value * _config.SlowRate;
            slow.mul_(1 - _config.SlowRate).add_(part);
        }
    }
}
