using RobotWorldModel.WorldModel.Rssm;
using static TorchSharp.torch;

namespace RobotWorldModel.Planner.Torch;

/// <summary>An RSSM's imagination on libtorch; the heads see the whole horizon as one batch.</summary>
public sealed class RssmImagination : TensorImagination
{
    private readonly RssmModel _model;
    private readonly PinnedBuffer _noise;
    private readonly int _mostSteps;
    private Tensor? _latentGoal, _goal, _weights, _low, _high;

    /// <param name="model">On the device and of the type that are named; stays the caller's.</param>
    /// <param name="mostSteps">Of the longest sequence.</param>
    public RssmImagination(RssmModel model, int mostSteps, Device device, ScalarType type = ScalarType.Float32)
        : base(model.Config.Features, model.Shape.Actions, device, type)
    {
        (_model, _mostSteps) = (model, mostSteps);
        _noise = new PinnedBuffer(mostSteps * NoiseWidth, device, type);
    }

    public override bool HasPolicy => true;

    /// <summary>Values of noise a step: S of a Gaussian latent, groups · classes of a categorical one.</summary>
    public int NoiseWidth => _model.Config.StochasticWidth;

    /// <summary>The noise that every candidate gets, [steps, <see cref="NoiseWidth"/>]: normal variates, or Gumbel variates.</summary>
    public void SetNoise(ReadOnlySpan<float> noise) => noise.CopyTo(_noise.Host);

    /// <inheritdoc/>
    public override Tensor Score(Tensor actions)
    {
        long horizon = actions.shape[1];
        var state = Start(actions.shape[0]);
        var steps = new List<Tensor>();
        for (long t = 0; t < horizon; t++)
        {
            state = Next(state, actions.select(1, t), t);
            steps.Add(state.Features());
        }
        var features = stack(steps, 1);
        var rewards = Objective.RewardWeight == 0 ? zeros(actions.shape[..2], dtype: Type, device: Device)
            : _model.Reward(features) * Objective.RewardWeight;
        rewards = TakeLatent(TakeState(TakeActions(rewards, actions), features), features);
        var value = Objective.TerminalValue ? _model.Value(steps[^1]) : null;
        if (!Objective.Continues)
            return Discounted(rewards, value);
        // What follows a step is weighed by its probability to go on: w_t = Π γ c of the steps before.
        var keeps = (_model.ContinueLogit(features).sigmoid() * Objective.Discount).cumprod(1);
        var weights = cat([ones_like(keeps.narrow(1, 0, 1)), keeps.narrow(1, 0, horizon - 1)], 1);
        var sum = (rewards * weights).sum(1L);
        return value is null ? sum : sum + value * keeps.select(1, horizon - 1);
    }

    /// <inheritdoc/>
    public override Tensor SamplePolicy(Tensor noise)
    {
        var state = Start(noise.shape[0]);
        var actions = new List<Tensor>();
        for (long t = 0; t < noise.shape[1]; t++)
        {
            var policy = _model.Policy(state.Features());
            actions.Add((policy.Mean + policy.Std * noise.select(1, t)).clamp(-1, 1));
            state = Next(state, actions[^1], t);
        }
        return stack(actions, 1);
    }

    public override void Dispose()
    {
        foreach (var constant in new[] { _latentGoal, _goal, _weights, _low, _high })
            constant?.Dispose();
        _noise.Dispose();
        base.Dispose();
    }

    public override void Upload()
    {
        base.Upload();
        _noise.Upload();
    }

    private protected override void Check(Objective objective)
    {
        int vectors = _model.Shape.Vectors.Sum(v => v.Size);
        if (objective.State is { } state && (state.Goal.Length != vectors || state.Weights.Length != vectors
            || (state.Low?.Length ?? vectors) != vectors || (state.High?.Length ?? vectors) != vectors))
            throw new ArgumentException($"the objective has costs of {state.Goal.Length} values of vectors; the model sees {vectors}");
        int latent = _model.Config.Deterministic + (_model.Config.Classes > 0 ? 0 : _model.Config.Stochastic);
        if (objective.Latent is { } goal && goal.Goal.Length != latent)
            throw new ArgumentException($"the objective's latent goal has {goal.Goal.Length} values, the model's latent state {latent}");
        Renew(ref _latentGoal, objective.Latent?.Goal);
        Renew(ref _goal, objective.State?.Goal);
        Renew(ref _weights, objective.State?.Weights);
        Renew(ref _low, objective.State?.Low);
        Renew(ref _high, objective.State?.High);
    }

    private RssmState Start(long rows)
    {
        var state = State.unsqueeze(0).expand(rows, StateSize);
        int h = _model.Config.Deterministic;
        return new RssmState(state.narrow(1, 0, h), state.narrow(1, h, StateSize - h));
    }

    private RssmState Next(RssmState state, Tensor action, long step)
    {
        if (step >= _mostSteps)
            throw new ArgumentException($"more steps than the {_mostSteps} that this imagination has noise for");
        var (h, prior) = _model.Advance(state, action);
        var noise = _noise.Device.narrow(0, step * NoiseWidth, NoiseWidth);
        if (prior.Logits is null)
            return new RssmState(h, prior.Mean! + prior.Std! * noise);
        long classes = _model.Config.Classes;
        var chosen = (prior.Logits + noise.reshape(-1, classes)).argmax(-1);
        return new RssmState(h, nn.functional.one_hot(chosen, classes).to(Type).flatten(-2));
    }

    private Tensor TakeState(Tensor rewards, Tensor features)
    {
        if (Objective.State is not { } cost)
            return rewards;
        var expected = cat([.. _model.DecodeVectors(features).Select(v => v.Expected)], -1);
        rewards = Take(rewards, ((expected - _goal!).square() * _weights!).sum(-1L), cost.AtEndOnly);
        var beyond = zeros_like(expected);
        if (_high is not null)
            beyond = beyond.maximum(expected - _high);
        if (_low is not null)
            beyond = beyond.maximum(_low - expected);
        return cost.LimitWeight == 0 ? rewards : rewards - beyond.square().sum(-1L) * cost.LimitWeight;
    }

    private Tensor TakeLatent(Tensor rewards, Tensor features)
    {
        if (Objective.Latent is not { } cost)
            return rewards;
        var apart = features.narrow(-1, 0, _latentGoal!.shape[0]) - _latentGoal;
        return Take(rewards, apart.square().sum(-1L) * cost.Weight, cost.AtEndOnly);
    }
}
