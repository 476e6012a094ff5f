using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace RobotWorldModel.WorldModel.Rssm;

/// <summary>
/// The recurrent state-space model. Its parameters' names are the checkpoint's, and the CPU engine's: input, cell, prior, posterior,
/// encoder, decoder, reward, continues, value, actor.
/// </summary>
public sealed class RssmModel : Module
{
    private readonly Sequential? _input;
    private readonly GRUCell _cell;
    private readonly Sequential _prior;
    private readonly Sequential _posterior;
    private readonly Encoder _encoder;
    private readonly Decoder _decoder;
    private readonly Sequential _reward;
    private readonly Sequential _continues;
    private readonly Sequential _value;
    private readonly Sequential _actor;
    private Tensor? _bins;

    public RssmModel(RssmConfig config, ModelShape shape) : base(nameof(RssmModel))
    {
        (Config, Shape) = (config, shape);
        var latent = config.Classes == 0 ? 2 * config.Stochastic : config.StochasticWidth;
        var inputs = config.StochasticWidth + shape.Actions;
        if (config.InputLayer > 0)
        {
            _input = Sequential(("linear0", Linear(inputs, config.InputLayer)), ("act0", Mlp.Act(config.Activation)));
            register_module("input", _input);
        }
        register_module("cell", _cell = GRUCell(config.InputLayer > 0 ? config.InputLayer : inputs, config.Deterministic));
        register_module("encoder", _encoder = new Encoder(config, shape));
        register_module("prior", _prior = Mlp.Of(config, config.Deterministic, [config.Hidden], latent));
        register_module(
            "posterior", _posterior = Mlp.Of(config, config.Deterministic + _encoder.Embedding, [config.Hidden], latent));
        register_module("decoder", _decoder = new Decoder(config, shape));
        register_module("reward", _reward = NewCritic());
        register_module("continues", _continues = Mlp.Of(config, config.Features, config.Heads, 1));
        register_module("value", _value = NewCritic());
        register_module("actor", _actor = Mlp.Of(config, config.Features, config.Heads, 2 * shape.Actions));
        if (config.Bins > 0)
            _bins = tensor(Transforms.Bins(config.Bins), [config.Bins]).DetachFromDisposeScope();
    }

    public RssmConfig Config { get; }

    public ModelShape Shape { get; }

    /// <summary>A head of numbers, as reward and value are, that says 0 before it has learned.</summary>
    public Sequential NewCritic() => Mlp.FromZero(Config, Config.Features, Config.Heads, Math.Max(Config.Bins, 1));

    /// <summary>Where nothing has been seen: zeros.</summary>
    public RssmState Initial(long batch)
    {
        var device = _cell.weight_ih!.device; // TorchSharp declares it as one that may be null
        return new(zeros([batch, Config.Deterministic], device: device), zeros([batch, Config.StochasticWidth], device: device));
    }

    /// <summary>Observation → e [B, E].</summary>
    public Tensor Encode(Observations observations) => _encoder.Encode(observations);

    /// <summary>h' = GRU([s, a], h) and the prior on s'; action [B, A] from -1 to 1.</summary>
    public (Tensor H, Latent Prior) Advance(RssmState state, Tensor action)
    {
        var x = cat([state.S, action], -1);
        var h = _cell.call(_input is null ? x : _input.call(x), state.H);
        return (h, Latent.From(Config, _prior.call(h)));
    }

    /// <summary>The posterior on s' from h' and an embedded observation.</summary>
    public Latent Correct(Tensor h, Tensor embedding) => Latent.From(Config, _posterior.call(cat([h, embedding], -1)));

    /// <summary>
    /// Filters whole sequences from nothing: embeddings [B, T, E], actions [B, T, A] (actions[t] leads to t + 1), first [B, T]. At the
    /// start of a sequence, and wherever an episode begins, h, s and the action before are zero.
    /// </summary>
    public Filtered Filter(Tensor embeddings, Tensor actions, Tensor first, bool sample = true)
    {
        var (batch, steps) = (embeddings.shape[0], embeddings.shape[1]);
        var state = Initial(batch);
        var before = zeros_like(actions.select(1, 0));
        var states = new List<RssmState>();
        var priors = new List<Latent>();
        var posteriors = new List<Latent>();
        for (long t = 0; t < steps; t++)
        {
            var goesOn = 1 - first.select(1, t).unsqueeze(-1);
            var (h, prior) = Advance(new RssmState(state.H * goesOn, state.S * goesOn), before * goesOn);
            var posterior = Correct(h, embeddings.select(1, t));
            state = new RssmState(h, sample ? posterior.Sample() : posterior.Mode());
            states.Add(state);
            priors.Add(prior);
            posteriors.Add(posterior);
            before = actions.select(1, t);
        }
        var all = new RssmState(stack(states.Select(one => one.H), 1), stack(states.Select(one => one.S), 1));
        return new Filtered(all, Latent.Stack(priors), Latent.Stack(posteriors));
    }

    /// <summary>
    /// Rolls states [B, ...] forward under actions [B, H, A]: the states after each of them, [B, H, ...], and the priors they are drawn
    /// from.
    /// </summary>
    public (RssmState States, Latent Priors) Imagine(RssmState state, Tensor actions, bool sample = true)
    {
        var states = new List<RssmState>();
        var priors = new List<Latent>();
        for (long t = 0; t < actions.shape[1]; t++)
        {
            var (h, prior) = Advance(state, actions.select(1, t));
            state = new RssmState(h, sample ? prior.Sample() : prior.Mode());
            states.Add(state);
            priors.Add(prior);
        }
        return (new RssmState(stack(states.Select(one => one.H), 1), stack(states.Select(one => one.S), 1)), Latent.Stack(priors));
    }

    /// <summary>What the reward head says of features [..., Z]: numbers [..., 1], or logits over bins.</summary>
    public Tensor RewardNumbers(Tensor features) => _reward.call(features);

    /// <summary>The reward received on entering the state, features [..., Z] → [...].</summary>
    public Tensor Reward(Tensor features) => Expected(_reward.call(features));

    public Tensor ValueNumbers(Tensor features) => _value.call(features);

    /// <summary>The discounted rewards still to come, features [..., Z] → [...].</summary>
    public Tensor Value(Tensor features) => Expected(_value.call(features));

    /// <summary>The logit of the probability that the episode goes on, [...].</summary>
    public Tensor ContinueLogit(Tensor features) => _continues.call(features).squeeze(-1);

    /// <summary>Numbers of the policy [..., 2 A]: <see cref="Rssm.Policy"/> makes a distribution of them.</summary>
    public Policy Policy(Tensor features) => Rssm.Policy.From(_actor.call(features));

    /// <summary>What each vector is expected to be, [B, size], in the space where they are compared (symlog where it is on).</summary>
    public IEnumerable<(string Name, Tensor Expected)> DecodeVectors(Tensor features) => _decoder.Vectors(features);

    /// <summary>The expected pictures, [B, C, side, side], normalised as those that it sees.</summary>
    public IEnumerable<(string Name, Tensor Expected)> DecodeImages(Tensor features) => _decoder.Images(features);

    /// <summary>
    /// Loss of numbers of reward or value against targets [...], for each: half the square, or the cross-entropy to two-hot.
    /// </summary>
    public Tensor NumberLoss(Tensor numbers, Tensor targets) => _bins is null
        ? (numbers.squeeze(-1) - targets).square() * 0.5
        : -(Transforms.TwoHot(targets, BinsBeside(numbers)) * numbers.log_softmax(-1)).sum(-1L);

    /// <summary>Numbers of reward or value [..., 1 or bins] → what they stand for, [...].</summary>
    public Tensor Expected(Tensor numbers) =>
        _bins is null ? numbers.squeeze(-1) : Transforms.Expected(numbers, BinsBeside(numbers));

    /// <summary>Parameters of the model of the world, and those of actor and critic, which learn from it.</summary>
    public IEnumerable<(string Name, Parameter Parameter)> WorldParameters() =>
        named_parameters().Where(one => !Behaviour(one.name)).Select(one => (one.name, one.parameter));

    public IEnumerable<Parameter> ActorParameters() => _actor.parameters();

    public IEnumerable<Parameter> ValueParameters() => _value.parameters();

    protected override void Dispose(bool disposing)
    {
        _bins?.Dispose();
        base.Dispose(disposing);
    }

    // The bins are no buffer, for a checkpoint has none: they follow the module to its device when they are used there first.
    private Tensor BinsBeside(Tensor numbers)
    {
        var device = numbers.device;
        if (_bins!.device.type != device.type || _bins.device.index != device.index)
        {
            var moved = _bins.to(device).DetachFromDisposeScope();
            _bins.Dispose();
            _bins = moved;
        }
        return _bins;
    }

    private static bool Behaviour(string name) =>
        name.StartsWith("actor.", StringComparison.Ordinal) || name.StartsWith("value.", StringComparison.Ordinal);
}

/// <summary>States of filtered sequences [B, T, ...], with what was expected of each before and after it was seen.</summary>
public sealed record Filtered(RssmState States, Latent Priors, Latent Posteriors);
