using RobotWorldModel.WorldModel.Checkpoints;
using RobotWorldModel.WorldModel.Rssm;

namespace RobotWorldModel.Planner.Engine;

/// <summary>
/// The packed weights of an RSSM for one width of vectors: the recurrence (torch.nn.GRUCell on [s, a] or on a dense layer of it), the
/// prior and the heads that the checkpoint has. Read only once made: all threads use it, but for the networks of pictures.
/// </summary>
internal sealed class RssmNetwork : IDisposable
{
    /// <summary>Reads a checkpoint.</summary>
    /// <exception cref="InvalidDataException">A weight is missing or of another shape than the configuration says.</exception>
    public RssmNetwork(WeightFile weights, RssmConfig config, ModelShape shape, int panelWidth)
    {
        (Config, Shape, int actionSize) = (config, shape, shape.Actions);
        if (weights.Has("dynamics.out.weight"))
            throw new InvalidDataException(
                "the checkpoint is a TD-MPC2's; what was asked for takes a recurrent state-space model (rssm-…)");
        LayerStyle style = LayerStyle.Of(config);
        int d = config.Deterministic, s = config.StochasticWidth, x = config.InputLayer > 0 ? config.InputLayer : s + actionSize;
        if (config.InputLayer > 0)
        {
            float[] matrix = weights.Get("input.linear0.weight", x, s + actionSize), bias = weights.Get("input.linear0.bias", x);
            Input = new Dense(panelWidth, x, (o, i) => matrix[o * (s + actionSize) + i], o => bias[o],
                config.Classes > 0 ? Span(s, s + actionSize) : Span(0, s + actionSize), config.Classes > 0 ? Span(0, s) : []);
        }
        float[] wx = weights.Get("cell.weight_ih", 3 * d, x), bx = weights.Get("cell.bias_ih", 3 * d);
        float[] wh = weights.Get("cell.weight_hh", 3 * d, d), bh = weights.Get("cell.bias_hh", 3 * d);
        // Inputs of r and z are [h, x] in one sum; n's two halves stand apart, for r comes between them.
        bool gathers = config.Classes > 0 && config.InputLayer == 0;
        int dense = gathers ? s : 0;
        ResetUpdate = new Dense(panelWidth, 2 * d, (o, i) => i < d ? wh[o * d + i] : wx[o * x + i - d], o => bx[o] + bh[o],
            [.. Span(0, d), .. Span(d + dense, d + x)], Span(d, d + dense));
        CandidateInput = new Dense(panelWidth, d, (o, i) => wx[(2 * d + o) * x + i], o => bx[2 * d + o], Span(dense, x), Span(0, dense));
        CandidateHidden = new Dense(panelWidth, d, (o, i) => wh[(2 * d + o) * d + i], o => bh[2 * d + o], Span(0, d));
        int latent = config.Classes > 0 ? s : 2 * s;
        Prior = new Mlp(weights, "prior", style, d, 0, [config.Hidden], latent, panelWidth);
        Reward = ScalarHead.OnFeatures(weights, "reward", config, config.Bins, panelWidth);
        Continues = weights.Has("continues.out.weight") ? ScalarHead.OnFeatures(weights, "continues", config, 0, panelWidth) : null;
        Value = weights.Has("value.out.weight") ? ScalarHead.OnFeatures(weights, "value", config, config.Bins, panelWidth) : null;
        Actor = weights.Has("actor.out.weight")
            ? Mlp.OnFeatures(weights, "actor", config, config.Heads, 2 * actionSize, panelWidth) : null;
        Embedding = weights.Weights.TryGetValue("posterior.linear0.weight", out var first) ? first.Shape[^1] - d : 0;
        if (Embedding > 0)
            Posterior = new Mlp(weights, "posterior", style, d + Embedding, 0, [config.Hidden], latent, panelWidth);
        foreach (ImageShape image in shape.Images)
        {
            PictureEncoders.Add(new(weights, config, image, panelWidth));
            PictureDecoders.Add(new(weights, config, image, panelWidth));
        }
        int vectors = shape.Vectors.Sum(v => v.Size);
        if (vectors == 0)
            return;
        Encoder = new Mlp(
            weights, "encoder.vectors", style, vectors + shape.Vectors.Count, 0, config.Vectors, config.VectorEmbedding, panelWidth);
        Decoder = Mlp.OnFeatures(weights, "decoder.vectors", config, config.Vectors, vectors, panelWidth);
    }

    public RssmConfig Config { get; }

    public ModelShape Shape { get; }

    public int ActionSize => Shape.Actions;

    /// <summary>Size E of an embedded observation; 0 where the checkpoint has no posterior.</summary>
    public int Embedding { get; }

    /// <summary>Before the cell; null where it takes [s, a] itself.</summary>
    public Dense? Input { get; }

    /// <summary>r and z of the cell, from [h, x].</summary>
    public Dense ResetUpdate { get; }

    /// <summary>The part of n that x makes.</summary>
    public Dense CandidateInput { get; }

    /// <summary>The part of n that h makes, before r.</summary>
    public Dense CandidateHidden { get; }

    public Mlp Prior { get; }

    public ScalarHead Reward { get; }

    public ScalarHead? Continues { get; }

    public ScalarHead? Value { get; }

    public Mlp? Actor { get; }

    /// <summary>On [h, e].</summary>
    public Mlp? Posterior { get; }

    /// <summary>Of all vectors, each with its mask behind it; null where the model has none.</summary>
    public Mlp? Encoder { get; }

    /// <summary>Of all vectors, from z.</summary>
    public Mlp? Decoder { get; }

    /// <summary>Of each picture that the model sees.</summary>
    public List<PictureEncoder> PictureEncoders { get; } = [];

    /// <summary>Of each picture, from z.</summary>
    public List<PictureDecoder> PictureDecoders { get; } = [];

    private IEnumerable<Mlp?> Networks => [Prior, Actor, Posterior, Encoder, Decoder];

    private IEnumerable<ScalarHead?> Heads => [Reward, Continues, Value];

    /// <summary>The widest activation of a network that a scratch must hold.</summary>
    public int Widest => Math.Max(Networks.Max(n => n?.Widest ?? 0), Heads.Max(h => h?.Widest ?? 0));

    public void Dispose()
    {
        IDisposable?[] parts =
            [Input, ResetUpdate, CandidateInput, CandidateHidden, .. Networks, .. Heads, .. PictureEncoders, .. PictureDecoders];
        foreach (var part in parts)
            part?.Dispose();
    }

    private static int[] Span(int from, int to) => [.. Enumerable.Range(from, to - from)];
}
