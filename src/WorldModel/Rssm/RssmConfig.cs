namespace RobotWorldModel.WorldModel.Rssm;

/// <summary>
/// The shape of a recurrent state-space model: h' = GRU([s, a], h), prior p(s'|h'), posterior q(s'|h', e(o')), and heads on z = [h, s].
/// Hafner et al. 2019 (PlaNet) and 2023 (DreamerV3); the recurrence is libtorch's GRUCell.
/// </summary>
public sealed record RssmConfig
{
    /// <summary>Size D of the deterministic state h.</summary>
    public int Deterministic { get; init; } = 256;

    /// <summary>Size S of a Gaussian latent; with <see cref="Classes"/> the number of categorical groups.</summary>
    public int Stochastic { get; init; } = 32;

    /// <summary>Classes of each categorical group; 0 for a Gaussian latent.</summary>
    public int Classes { get; init; }

    /// <summary>Width of a dense layer on [s, a] before the GRU; 0 feeds [s, a] directly.</summary>
    public int InputLayer { get; init; }

    /// <summary>Width of the one hidden layer of prior and of posterior.</summary>
    public int Hidden { get; init; } = 512;

    /// <summary>Added to the softplus of a Gaussian latent's scale.</summary>
    public float MinStd { get; init; } = 0.1f;

    /// <summary>Share of the uniform distribution in every categorical one (DreamerV3's unimix).</summary>
    public float Unimix { get; init; } = 0.01f;

    /// <summary>Of every hidden layer.</summary>
    public Activation Activation { get; init; } = Activation.Elu;

    /// <summary>Whether a LayerNorm (eps 1e-5) stands between each hidden layer and its activation.</summary>
    public bool Norm { get; init; }

    /// <summary>Widths of the hidden layers of reward, continue, value and actor.</summary>
    public IReadOnlyList<int> Heads { get; init; } = [512, 512];

    /// <summary>
    /// Bins of reward and value, each a two-hot distribution over symexp-spaced bins (DreamerV3: 255); 0 for plain numbers.
    /// </summary>
    public int Bins { get; init; }

    /// <summary>Widths of the hidden layers that encode and decode vectors.</summary>
    public IReadOnlyList<int> Vectors { get; init; } = [256, 256];

    /// <summary>Size of the embedding of all vectors together.</summary>
    public int VectorEmbedding { get; init; } = 128;

    /// <summary>Channels of the first convolution of a picture; each next layer doubles them.</summary>
    public int ImageDepth { get; init; } = 32;

    /// <summary>Whether vectors are squeezed by symlog before they are encoded and where they are compared.</summary>
    public bool Symlog { get; init; }

    /// <summary>Values of s as heads and GRU take them: one-hot groups side by side where the latent is categorical.</summary>
    public int StochasticWidth => Classes == 0 ? Stochastic : Stochastic * Classes;

    /// <summary>Width of z = [h, s].</summary>
    public int Features => Deterministic + StochasticWidth;
}

/// <summary>What a hidden layer ends in.</summary>
public enum Activation
{
    /// <summary>x above 0, e^x - 1 below.</summary>
    Elu,

    /// <summary>x · sigmoid(x).</summary>
    Silu,

    /// <summary>x · tanh(softplus(x)).</summary>
    Mish,
}

/// <summary>What a model sees and does: the sizes that come from the data.</summary>
public sealed record ModelShape
{
    /// <summary>Vector modalities by name, in order, with their sizes.</summary>
    public IReadOnlyList<NamedSize> Vectors { get; init; } = [];

    /// <summary>Picture modalities by name, in order.</summary>
    public IReadOnlyList<ImageShape> Images { get; init; } = [];

    /// <summary>Size A of an action.</summary>
    public required int Actions { get; init; }
}

/// <summary>A modality and its size.</summary>
public sealed record NamedSize(string Name, int Size);

/// <summary>A picture modality: 3 channels of colour or 1 of depth, square, a power of two of at least 16 pixels a side.</summary>
public sealed record ImageShape(string Name, int Channels, int Side);
