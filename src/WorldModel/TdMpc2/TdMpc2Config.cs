namespace RobotWorldModel.WorldModel.TdMpc2;

/// <summary>
/// The shape of TD-MPC2's latent model (Hansen, Su and Wang 2024): z = e(o), z' = d(z, a), and heads on z and a. There is no decoder: what
/// it learns is what comes of actions, not what is seen. Every layer but a network's last is Linear → LayerNorm → Mish.
/// </summary>
public sealed record TdMpc2Config
{
    /// <summary>Widths of the encoder's hidden layers.</summary>
    public IReadOnlyList<int> Encoder { get; init; } = [256];

    /// <summary>Widths of the hidden layers of dynamics, reward, policy and values.</summary>
    public IReadOnlyList<int> Hidden { get; init; } = [512, 512];

    /// <summary>Size of z, a multiple of <see cref="Group"/>.</summary>
    public int Latent { get; init; } = 512;

    /// <summary>Values of z in each group whose sum is 1 (SimNorm).</summary>
    public int Group { get; init; } = 8;

    /// <summary>Heads of the value ensemble, at least two: a target is the smaller of two.</summary>
    public int Values { get; init; } = 5;

    /// <summary>Share of the first layer of each value head that is dropped in training.</summary>
    public double Dropout { get; init; } = 0.01;

    /// <summary>Bins of reward and value, two-hot over evenly spaced numbers from -10 to 10 in symlog space.</summary>
    public int Bins { get; init; } = 101;

    /// <summary>Channels of the first convolution of a picture; each next layer doubles them.</summary>
    public int ImageDepth { get; init; } = 32;

    /// <summary>The paper's sizes by their millions of parameters, 1, 5, 19, 48 and 317.</summary>
    /// <exception cref="ArgumentException">There is no such size.</exception>
    public static TdMpc2Config Sized(int millions) => millions switch
    {
        1 => new() { Encoder = [256], Hidden = [384, 384], Latent = 128, Values = 2 },
        5 => new() { Encoder = [256], Hidden = [512, 512], Latent = 512, Values = 5 },
        19 => new() { Encoder = [1024, 1024], Hidden = [1024, 1024], Latent = 768, Values = 5 },
        48 => new() { Encoder = [1792, 1792, 1792], Hidden = [1792, 1792], Latent = 768, Values = 5 },
        317 => new() { Encoder = [4096, 4096, 4096, 4096], Hidden = [4096, 4096], Latent = 1376, Values = 8 },
        _ => throw new ArgumentException($"TD-MPC2 has no size of {millions} million; there are 1, 5, 19, 48 and 317"),
    };

    /// <exception cref="ArgumentException">Sizes that cannot be.</exception>
    public void Check()
    {
        if (Group < 1 || Latent < 1 || Latent % Group != 0)
            throw new ArgumentException($"tdmpc2.latent {Latent} is no multiple of tdmpc2.group {Group}");
        if (Values < 2 || Bins < 3 || Encoder.Count == 0 || Hidden.Count == 0)
            throw new ArgumentException("tdmpc2 needs 2 values, 3 bins and a hidden layer at least");
        if (Dropout is not (>= 0 and < 1))
            throw new ArgumentException($"tdmpc2.dropout {Dropout} is not within 0 … 1");
    }
}

/// <summary>What TD-MPC2 learns from; the defaults are the paper's.</summary>
public sealed record TdMpc2LossConfig
{
    /// <summary>Weight of the distance between the latent state that is imagined and that which is seen.</summary>
    public double Consistency { get; init; } = 20;

    public double Reward { get; init; } = 0.1;

    public double Value { get; init; } = 0.1;

    /// <summary>ρ: step t of a window weighs ρ^t, for what is imagined is less and less sure.</summary>
    public double Decay { get; init; } = 0.5;

    /// <summary>
    /// γ. The paper's, for episodes of L decisions: (L / 5 - 1) / (L / 5), within 0.95 … 0.995; 0.975 for the 200 of pendulum-v1.
    /// </summary>
    public double Discount { get; init; } = 0.975;

    /// <summary>Weight of the policy's entropy.</summary>
    public double Entropy { get; init; } = 1e-4;

    /// <summary>Rate at which the target values follow the values, and the scale of returns follows theirs.</summary>
    public double TargetRate { get; init; } = 0.01;

    /// <summary>Share of the learning rate that the encoder has.</summary>
    public double EncoderRate { get; init; } = 0.3;

    /// <exception cref="ArgumentException">Numbers that cannot be.</exception>
    public void Check()
    {
        if (Decay is not (> 0 and <= 1) || Discount is not (> 0 and <= 1) || TargetRate is not (> 0 and <= 1))
            throw new ArgumentException("tdmpc2_loss: decay, discount and target_rate are within 0 … 1, without 0");
    }
}
