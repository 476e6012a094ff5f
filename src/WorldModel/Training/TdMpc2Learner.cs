using RobotWorldModel.WorldModel.Rssm;
using RobotWorldModel.WorldModel.TdMpc2;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace RobotWorldModel.WorldModel.Training;

/// <summary>
/// TD-MPC2's latent model that learns from what was recorded: each step its world and values, then its policy by the new values, then the
/// target values follow.
/// </summary>
internal sealed class TdMpc2Learner : ILearner
{
    private const string WorldState = "optimizer.dat", PolicyState = "actor_optimizer.dat", TargetValues = "target_values.dat";
    private const double PolicyEpsilon = 1e-5;

    private readonly TrainConfig _config;
    private readonly TdMpc2Model _model;
    private readonly ValueEnsemble _targets;
    private readonly AdamW _world, _policy;
    private readonly Parameter[] _worldParameters, _policyParameters;
    private double _range = 1;

    public TdMpc2Learner(TrainConfig config, ModelShape shape)
    {
        _config = config;
        _model = new TdMpc2Model(config.TdMpc2, shape).to(device(config.Device));
        _targets = _model.NewValues().to(device(config.Device));
        _targets.Copy(_model.Values);
        _targets.Learns(false);
        _targets.eval();
        Parameter[] encoder = [.. _model.EncoderParameters()], heads = [.. _model.HeadParameters()];
        (_worldParameters, _policyParameters) = ([.. encoder, .. heads], [.. _model.PolicyParameters()]);
        OptimizerConfig o = config.Optimizer;
        _world = optim.AdamW(
        [
            new AdamW.ParamGroup(encoder, o.LearningRate, weight_decay: o.WeightDecay),
            new AdamW.ParamGroup(heads, o.LearningRate, weight_decay: o.WeightDecay),
        ]);
        _policy = optim.AdamW(_policyParameters, o.Actor, eps: PolicyEpsilon);
    }

    public nn.Module Model => _model;

    public double? ReturnRange => _range;

    /// <summary>No: the values' targets move with the policy, and a z that says nothing is the easiest to foresee.</summary>
    public bool LossRanks => false;

    public Dictionary<string, double> Step(IReadOnlyList<Sequences> batches, long step)
    {
        double rate = Learner.Rate(_config, step);
        foreach (var (group, share) in _world.ParamGroups.Zip([_config.TdMpc2Loss.EncoderRate, 1]))
            group.LearningRate = rate * share;
        _model.train();
        _world.zero_grad();
        TdMpc2Step? learned = null;
        foreach (Sequences batch in batches)
        {
            using (LowPrecision.Begin(_config))
                learned = TdMpc2Loss.Of(_model, _targets, _config.TdMpc2Loss, batch);
            if (!double.IsFinite(learned.Parts["loss"]))
                throw new NotFiniteNumberException();
            (learned.Loss / (double)batches.Count).backward();
        }
        double norm = nn.utils.clip_grad_norm_(_worldParameters, _config.Optimizer.Clip);
        if (!double.IsFinite(norm))
            throw new NotFiniteNumberException();
        _world.step();
        var numbers = new Dictionary<string, double>(learned!.Parts) { ["gradient_norm"] = norm, ["learning_rate"] = rate };
        LearnPolicy(learned.States.detach(), numbers);
        _targets.Follow(_model.Values, _config.TdMpc2Loss.TargetRate);
        _model.eval();
        return numbers;
    }

    public Cost CostOf(Sequences batch, long step)
    {
        TdMpc2Step cost = TdMpc2Loss.Of(_model, _targets, _config.TdMpc2Loss, batch);
        return new(cost.Parts, cost.States);
    }

    public void AddOneStepErrors(Sequences batch, List<float> errors)
    {
        (Tensor each, Tensor counted) = TdMpc2Loss.OneStep(_model, batch);
        Learner.AddCounted(each, counted, errors);
    }

    public void Save(string folder)
    {
        _world.save_state_dict(Path.Combine(folder, WorldState));
        _policy.save_state_dict(Path.Combine(folder, PolicyState));
        _targets.save(Path.Combine(folder, TargetValues));
        Learner.SaveNoise(folder);
    }

    public void Load(string folder, RunState state)
    {
        _model.load(Path.Combine(folder, ModelCard.WeightsFile));
        _world.load_state_dict(Path.Combine(folder, WorldState));
        _policy.load_state_dict(Path.Combine(folder, PolicyState));
        _targets.load(Path.Combine(folder, TargetValues));
        _range = state.ReturnRange ?? 1;
        Learner.LoadNoise(folder);
    }

    public void Dispose()
    {
        _world.Dispose();
        _policy.Dispose();
        _targets.Dispose();
        _model.Dispose();
    }

    private void LearnPolicy(Tensor states, Dictionary<string, double> numbers)
    {
        _policy.zero_grad();
        _model.Values.Learns(false); // the policy's gradient passes through them and changes none
        (Tensor loss, Tensor entropy, Tensor value) = TdMpc2Loss.OfPolicy(_model, _config.TdMpc2Loss, states, Scale);
        loss.backward();
        _model.Values.Learns(true);
        double norm = nn.utils.clip_grad_norm_(_policyParameters, _config.Optimizer.Clip);
        if (!double.IsFinite(norm))
            throw new NotFiniteNumberException();
        _policy.step();
        numbers["actor"] = loss.item<float>();
        numbers["entropy"] = entropy.item<float>();
        numbers["imagined_return"] = value.item<float>();
        numbers["actor_norm"] = norm;
    }

    /// <summary>The running range between the 5th and 95th percentile of values [B], at least 1.</summary>
    private double Scale(Tensor values)
    {
        float[] ends = values.quantile(tensor([0.05f, 0.95f], [2], device: values.device), 0).cpu().data<float>().ToArray();
        _range += _config.TdMpc2Loss.TargetRate * (Math.Max(1, (double)ends[1] - ends[0]) - _range);
        return _range;
    }
}
