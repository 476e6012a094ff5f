using RobotWorldModel.WorldModel.TdMpc2;
using static TorchSharp.torch;

namespace RobotWorldModel.Planner.Torch;

/// <summary>
/// TD-MPC2's imagination on libtorch. As on the CPU engine the value is the mean of all heads, where the paper draws two by lot.
/// </summary>
public sealed class TdMpc2Imagination : TensorImagination
{
    private readonly TdMpc2Model _model;
    private Tensor? _goal;

    /// <param name="model">On the device and of the type that are named; stays the caller's.</param>
    public TdMpc2Imagination(TdMpc2Model model, Device device, ScalarType type = ScalarType.Float32)
        : base(model.Config.Latent, model.Shape.Actions, device, type)
    {
        _model = model;
        Objective = new() { TerminalValue = true };
    }

    public override bool HasPolicy => true;

    /// <inheritdoc/>
    public override Tensor Score(Tensor actions)
    {
        long horizon = actions.shape[1];
        var states = new List<Tensor> { Start(actions.shape[0]) };
        for (long t = 0; t < horizon; t++)
            states.Add(_model.Next(states[^1], actions.select(1, t)));
        var rewards = Objective.RewardWeight == 0 ? zeros(actions.shape[..2], dtype: Type, device: Device)
            : _model.Reward(stack(states.Take((int)horizon), 1), actions) * Objective.RewardWeight;
        rewards = TakeActions(rewards, actions);
        if (Objective.Latent is { } cost)
        {
            var apart = stack(states.Skip(1), 1) - _goal!;
            rewards = Take(rewards, apart.square().sum(-1L) * cost.Weight, cost.AtEndOnly);
        }
        if (!Objective.TerminalValue)
            return Discounted(rewards, null);
        var end = states[^1];
        return Discounted(rewards, _model.Values.Mean(cat([end, _model.Policy(end).Action()], -1)));
    }

    /// <inheritdoc/>
    public override Tensor SamplePolicy(Tensor noise)
    {
        var z = Start(noise.shape[0]);
        var actions = new List<Tensor>();
        for (long t = 0; t < noise.shape[1]; t++)
        {
            var policy = _model.Policy(z);
            actions.Add((policy.Mean + policy.LogStd.exp() * noise.select(1, t)).tanh());
            z = _model.Next(z, actions[^1]);
        }
        return stack(actions, 1);
    }

    public override void Dispose()
    {
        _goal?.Dispose();
        base.Dispose();
    }

    private protected override void Check(Objective objective)
    {
        if (objective.Continues)
            throw new ArgumentException("the objective weighs by continuation, which a TD-MPC2 does not predict");
        if (objective.State is not null)
            throw new ArgumentException("the objective has costs of what is measured, which a TD-MPC2 does not predict");
        if (objective.Latent is { } latent && latent.Goal.Length != StateSize)
            throw new ArgumentException($"the objective's latent goal has {latent.Goal.Length} values, the model's state {StateSize}");
        Renew(ref _goal, objective.Latent?.Goal);
    }

    private Tensor Start(long rows) => State.unsqueeze(0).expand(rows, StateSize);
}
