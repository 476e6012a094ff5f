using RobotWorldModel.WorldModel.Rssm;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace RobotWorldModel.WorldModel.TdMpc2;

/// <summary>
/// TD-MPC2's latent model. Its parameters' names are the checkpoint's, and the CPU engine's: encoder, dynamics, reward, policy,
/// values.q0, values.q1 ...
/// </summary>
public sealed class TdMpc2Model : Module
{
    private readonly TdMpc2Encoder _encoder;
    private readonly Sequential _dynamics;
    private readonly Sequential _reward;
    private readonly Sequential _policy;

    public TdMpc2Model(TdMpc2Config config, ModelShape shape) : base(nameof(TdMpc2Model))
    {
        config.Check();
        (Config, Shape) = (config, shape);
        var inputs = config.Latent + shape.Actions;
        register_module("encoder", _encoder = new TdMpc2Encoder(config, shape));
        register_module("dynamics", _dynamics = NormedMlp.Simplex(inputs, config.Hidden, config.Latent, config.Group));
        register_module("reward", _reward = NormedMlp.Of(inputs, config.Hidden, config.Bins, fromZero: true));
        register_module("policy", _policy = NormedMlp.Of(config.Latent, config.Hidden, 2 * shape.Actions));
        register_module("values", Values = NewValues());
        eval(); // dropout is the learner's matter
    }

    public TdMpc2Config Config { get; }

    public ModelShape Shape { get; }

    public ValueEnsemble Values { get; }

    /// <summary>Another ensemble of the same shape, for targets.</summary>
    public ValueEnsemble NewValues() => new(Config, Config.Latent + Shape.Actions);

    /// <summary>Observation → z [B, L].</summary>
    public Tensor Encode(Observations observations) => _encoder.Encode(observations);

    /// <summary>z [..., L] and action [..., A] from -1 to 1 → the z that follows.</summary>
    public Tensor Next(Tensor z, Tensor action) => _dynamics.call(cat([z, action], -1));

    /// <summary>Logits over bins of the reward that an action in z brings, [..., bins].</summary>
    public Tensor RewardLogits(Tensor z, Tensor action) => _reward.call(cat([z, action], -1));

    /// <summary>The reward that an action in z brings, [...].</summary>
    public Tensor Reward(Tensor z, Tensor action) => SymlogBins.Expected(RewardLogits(z, action));

    public SquashedPolicy Policy(Tensor z) => SquashedPolicy.From(_policy.call(z));

    public IEnumerable<Parameter> EncoderParameters() => _encoder.parameters();

    /// <summary>Of what is learned from what was recorded, without the encoder's; the policy learns from the values.</summary>
    public IEnumerable<Parameter> HeadParameters() => [.. _dynamics.parameters(), .. _reward.parameters(), .. Values.parameters()];

    public IEnumerable<Parameter> PolicyParameters() => _policy.parameters();
}
