using RobotWorldModel.WorldModel.Checkpoints;
using RobotWorldModel.WorldModel.Rssm;
using RobotWorldModel.WorldModel.TdMpc2;

namespace RobotWorldModel.Planner.Engine;

/// <summary>A network that ends in a LayerNorm and a softmax over each group of its outputs (SimNorm).</summary>
internal sealed unsafe class SimplexNetwork : IDisposable
{
    private readonly Mlp _net;
    private readonly NativeBuffer _gain, _bias;
    private readonly int _group;

    public SimplexNetwork(WeightFile weights, string name, Mlp net, int group)
    {
        (_net, _group) = (net, group);
        (_gain, _bias) = (new(net.Outputs), new(net.Outputs));
        weights.Get($"{name}.out_norm.weight", net.Outputs).CopyTo(_gain.Span);
        weights.Get($"{name}.out_norm.bias", net.Outputs).CopyTo(_bias.Span);
    }

    public int Inputs => _net.Inputs;

    public int Widest => _net.Widest;

    /// <summary>Rows of outputs, nothing behind them.</summary>
    public void Run<T>(int rows, Features from, MlpScratch scratch, Features to) where T : unmanaged, ILanes<T>
    {
        float* x = _net.Run<T>(rows, from, scratch);
        Rows.LayerNorm<T>(x, scratch.Stride, rows, _net.Outputs, _gain.Start, _bias.Start);
        Rows.Simplex<T>(rows, _net.Outputs, _group, x, scratch.Stride, to.Start, to.Stride);
    }

    public void Dispose()
    {
        _net.Dispose();
        _gain.Dispose();
        _bias.Dispose();
    }
}

/// <summary>The packed weights of a TD-MPC2 for one width of vectors. Read only once made: all threads use it.</summary>
internal sealed class TdMpc2Network : IDisposable
{
    private static readonly LayerStyle s_style = new(Activation.Mish, Norm: true);

    /// <summary>Reads a checkpoint.</summary>
    /// <exception cref="InvalidDataException">A weight is missing or of another shape than the configuration says.</exception>
    public TdMpc2Network(WeightFile weights, TdMpc2Config config, ModelShape shape, int panelWidth)
    {
        (Config, Shape) = (config, shape);
        int inputs = config.Latent + shape.Actions;
        float[] bins = SymlogBins.Values(config.Bins);
        Mlp Net(string name, int from, IReadOnlyList<int> hidden, int outputs) =>
            new(weights, name, s_style, from, 0, hidden, outputs, panelWidth);
        Dynamics = new(weights, "dynamics", Net("dynamics", inputs, config.Hidden, config.Latent), config.Group);
        Reward = new(Net("reward", inputs, config.Hidden, config.Bins), bins, symlog: true);
        Policy = Net("policy", config.Latent, config.Hidden, 2 * shape.Actions);
        Values = [.. Enumerable.Range(0, config.Values)
            .Select(i => new ScalarHead(Net($"values.q{i}", inputs, config.Hidden, config.Bins), bins, symlog: true))];
        if (shape.Images.Count == 0)
        {
            const string name = "encoder.all";
            Encoder = new(weights, name, Net(name, shape.Vectors.Sum(v => v.Size + 1), config.Encoder, config.Latent), config.Group);
        }
    }

    public TdMpc2Config Config { get; }

    public ModelShape Shape { get; }

    /// <summary>On [z, a], as reward and values are.</summary>
    public SimplexNetwork Dynamics { get; }

    public ScalarHead Reward { get; }

    /// <summary>On z.</summary>
    public Mlp Policy { get; }

    public IReadOnlyList<ScalarHead> Values { get; }

    /// <summary>Of all vectors, each with its mask behind it; null where the model sees pictures.</summary>
    public SimplexNetwork? Encoder { get; }

    /// <summary>The widest activation that a scratch must hold.</summary>
    public int Widest => new[] { Dynamics.Widest, Reward.Widest, Policy.Widest, Values.Max(v => v.Widest), Encoder?.Widest ?? 0 }.Max();

    public void Dispose()
    {
        IDisposable?[] parts = [Dynamics, Reward, Policy, Encoder, .. Values];
        foreach (var part in parts)
            part?.Dispose();
    }
}
