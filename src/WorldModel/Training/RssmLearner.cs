using RobotWorldModel.WorldModel.Rssm;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace RobotWorldModel.WorldModel.Training;

/// <summary>An RSSM that learns, with its optimizers and, where it is on, an actor and a critic.</summary>
internal sealed class RssmLearner : IDisposable
{
    private const string WorldState = "optimizer.dat", ActorState = "actor_optimizer.dat", CriticState = "critic_optimizer.dat",
        SlowCritic = "slow_critic.dat", Noise = "noise.dat";

    private readonly TrainConfig _config;
    private readonly AdamW _world, _actor, _critic;
    private readonly ActorCritic? _behaviour;
    private readonly Parameter[] _worldParameters;

    public RssmLearner(TrainConfig config, ModelShape shape)
    {
        _config = config;
        Model = new RssmModel(config.Rssm, shape).to(device(config.Device));
        _worldParameters = [.. Model.WorldParameters().Select(one => one.Parameter)];
        OptimizerConfig o = config.Optimizer;
        // Weights decay; biases and the scales of norms, which have one dimension, do not.
        _world = optim.AdamW(
        [
            new AdamW.ParamGroup(_worldParameters.Where(one => one.dim() > 1), o.LearningRate, weight_decay: o.WeightDecay),
            new AdamW.ParamGroup(_worldParameters.Where(one => one.dim() == 1), o.LearningRate),
        ]);
        _actor = optim.AdamW(Model.ActorParameters(), o.Actor);
        _critic = optim.AdamW(Model.ValueParameters(), o.Critic);
        if (config.Behaviour)
            _behaviour = new ActorCritic(Model, config.ActorCritic);
    }

    public RssmModel Model { get; }

    public double? ReturnRange => _behaviour is null || double.IsNaN(_behaviour.ReturnRange) ? null : _behaviour.ReturnRange;

    /// <summary>One step of the optimizer from so many batches of sequences. Gives the numbers of the last.</summary>
    public Dictionary<string, double> Step(IReadOnlyList<Sequences> batches, long step)
    {
        double rate = Schedule.WarmupCosine(
            step + 1, _config.Optimizer.LearningRate, _config.Optimizer.LearningRate * _config.Optimizer.Floor,
            _config.Optimizer.Warmup, _config.Steps);
        foreach (var group in _world.ParamGroups)
            group.LearningRate = rate;
        _world.zero_grad();
        RssmStep? learned = null;
        foreach (Sequences batch in batches)
        {
            learned = RssmLoss.Of(Model, _config.Loss, batch, step);
            if (!double.IsFinite(learned.Parts["loss"]))
                throw new NotFiniteNumberException(); // the trainer finds where
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

    /// <summary>Writes what it takes to go on, but for the model itself.</summary>
    public void Save(string folder)
    {
        _world.save_state_dict(Path.Combine(folder, WorldState));
        if (_behaviour is not null)
        {
            _actor.save_state_dict(Path.Combine(folder, ActorState));
            _critic.save_state_dict(Path.Combine(folder, CriticState));
            _behaviour.Slow.save(Path.Combine(folder, SlowCritic));
        }
        using Tensor noise = get_rng_state();
        File.WriteAllBytes(Path.Combine(folder, Noise), noise.data<byte>().ToArray());
    }

    /// <summary>Goes on where <see cref="Save"/> was.</summary>
    public void Load(string folder, RunState state)
    {
        Model.load(Path.Combine(folder, ModelCard.WeightsFile));
        _world.load_state_dict(Path.Combine(folder, WorldState));
        if (_behaviour is not null)
        {
            _actor.load_state_dict(Path.Combine(folder, ActorState));
            _critic.load_state_dict(Path.Combine(folder, CriticState));
            _behaviour.Slow.load(Path.Combine(folder, SlowCritic));
            _behaviour.ReturnRange = state.ReturnRange ?? double.NaN;
        }
        byte[] noise = File.ReadAllBytes(Path.Combine(folder, Noise));
        using Tensor then = tensor(noise, [noise.Length]);
        set_rng_state(then);
    }

    public void Dispose()
    {
        _behaviour?.Dispose();
        _world.Dispose();
        _actor.Dispose();
        _critic.Dispose();
        Model.Dispose();
    }
}
