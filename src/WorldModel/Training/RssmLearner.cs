using RobotWorldModel.WorldModel.Rssm;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace RobotWorldModel.WorldModel.Training;

/// <summary>An RSSM that learns, with its optimizers and, where it is on, an actor and a critic.</summary>
internal sealed class RssmLearner : ILearner
{
    private const string WorldState = "optimizer.dat", ActorState = "actor_optimizer.dat", CriticState = "critic_optimizer.dat",
        SlowCritic = "slow_critic.dat";

    private readonly TrainConfig _config;
    private readonly RssmModel _model;
    private readonly AdamW _world, _actor, _critic;
    private readonly ActorCritic? _behaviour;
    private readonly Parameter[] _worldParameters;

    public RssmLearner(TrainConfig config, ModelShape shape)
    {
        _config = config;
        _model = new RssmModel(config.Rssm, shape).to(device(config.Device));
        _worldParameters = [.. _model.WorldParameters().Select(one => one.Parameter)];
        OptimizerConfig o = config.Optimizer;
        // Weights decay; biases and the scales of norms, which have one dimension, do not.
        _world = optim.AdamW(
        [
            new AdamW.ParamGroup(_worldParameters.Where(one => one.dim() > 1), o.LearningRate, weight_decay: o.WeightDecay),
            new AdamW.ParamGroup(_worldParameters.Where(one => one.dim() == 1), o.LearningRate),
        ]);
        _actor = optim.AdamW(_model.ActorParameters(), o.Actor);
        _critic = optim.AdamW(_model.ValueParameters(), o.Critic);
        if (config.Behaviour)
            _behaviour = new ActorCritic(_model, config.ActorCritic);
    }

    public nn.Module Model => _model;

    public double? ReturnRange => _behaviour is null || double.IsNaN(_behaviour.ReturnRange) ? null : _behaviour.ReturnRange;

    /// <summary>An actor and a critic are no part of it: theirs get better while it stands still.</summary>
    public bool LossRanks => _behaviour is null;

    public Dictionary<string, double> Step(IReadOnlyList<Sequences> batches, long step)
    {
        double rate = Learner.Rate(_config, step);
        foreach (var group in _world.ParamGroups)
            group.LearningRate = rate;
        _world.zero_grad();
        RssmStep? learned = null;
        foreach (Sequences batch in batches)
        {
            using (LowPrecision.Begin(_config))
                learned = RssmLoss.Of(_model, _config.Loss, batch, step);
            if (!double.IsFinite(learned.Parts["loss"]))
                throw new NotFiniteNumberException();
            (learned.Loss / (double)batches.Count).backward();
        }
        double norm = nn.utils.clip_grad_norm_(_worldParameters, _config.Optimizer.Clip);
        if (!double.IsFinite(norm))
            throw new NotFiniteNumberException();
        _world.step();
        var numbers = new Dictionary<string, double>(learned!.Parts) { ["gradient_norm"] = norm, ["learning_rate"] = rate };
        if (_behaviour is not null)
        {
            var states = new RssmState(learned.Filtered.States.H.flatten(0, 1), learned.Filtered.States.S.flatten(0, 1));
            foreach ((string name, double value) in _behaviour.Learn(states, _actor, _critic, _config.Optimizer.Clip))
                numbers[name] = value;
        }
        return numbers;
    }

    public Cost CostOf(Sequences batch, long step)
    {
        RssmStep cost = RssmLoss.Of(_model, _config.Loss, batch, step);
        return new(cost.Parts, cost.Filtered.States.H);
    }

    /// <summary>
    /// Root mean squares over all vectors of a step: what the prior's mode expected, decoded, less what was seen; of the steps that were
    /// entered from another and of which every vector was there.
    /// </summary>
    public void AddOneStepErrors(Sequences batch, List<float> errors)
    {
        if (_model.Shape.Vectors.Count == 0)
            return;
        (long b, long t) = (batch.Actions.shape[0], batch.Actions.shape[1]);
        Observations flat = RssmLoss.Flat(batch.Observations);
        Filtered filtered = _model.Filter(_model.Encode(flat).unflatten(0, b, t), batch.Actions, batch.First, sample: false);
        var expected = new RssmState(filtered.States.H, filtered.Priors.Mode());
        Tensor features = expected.Features().flatten(0, 1), known = RssmLoss.Entered(batch.First).flatten();
        Tensor squares = zeros_like(known);
        foreach ((string name, Tensor vector) in _model.DecodeVectors(features))
        {
            squares += (vector - RssmLoss.Target(_model, flat.Vectors[name])).square().sum(-1L);
            known *= flat.Masks[name];
        }
        Learner.AddCounted((squares / _model.Shape.Vectors.Sum(v => v.Size)).sqrt(), known, errors);
    }

    public void Save(string folder)
    {
        _world.save_state_dict(Path.Combine(folder, WorldState));
        if (_behaviour is not null)
        {
            _actor.save_state_dict(Path.Combine(folder, ActorState));
            _critic.save_state_dict(Path.Combine(folder, CriticState));
            _behaviour.Slow.save(Path.Combine(folder, SlowCritic));
        }
        Learner.SaveNoise(folder);
    }

    public void Load(string folder, RunState state)
    {
        _model.load(Path.Combine(folder, ModelCard.WeightsFile));
        _world.load_state_dict(Path.Combine(folder, WorldState));
        if (_behaviour is not null)
        {
            _actor.load_state_dict(Path.Combine(folder, ActorState));
            _critic.load_state_dict(Path.Combine(folder, CriticState));
            _behaviour.Slow.load(Path.Combine(folder, SlowCritic));
            _behaviour.ReturnRange = state.ReturnRange ?? double.NaN;
        }
        Learner.LoadNoise(folder);
    }

    public void Dispose()
    {
        _behaviour?.Dispose();
        _world.Dispose();
        _actor.Dispose();
        _critic.Dispose();
        _model.Dispose();
    }
}
