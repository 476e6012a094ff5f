using RobotWorldModel.WorldModel.Checkpoints;
using RobotWorldModel.WorldModel.Rssm;

namespace RobotWorldModel.Planner.Engine;

/// <summary>Where features lie: of each row h, then s where it is Gaussian; categorical classes lie apart.</summary>
internal readonly unsafe struct Features(float* start, nint stride, int* classes, int groups)
{
    public readonly float* Start = start;
    public readonly nint Stride = stride;
    public readonly int* Classes = classes;
    public readonly int Groups = groups;

    public Features From(int row) => new(Start + row * Stride, Stride, Classes is null ? null : Classes + (nint)row * Groups, Groups);
}

/// <summary>Two buffers that a network's layers fill by turns, for so many rows.</summary>
internal sealed unsafe class MlpScratch(int rows, int widest) : IDisposable
{
    private readonly NativeBuffer _a = new((nint)rows * NativeBuffer.Stride(widest)), _b = new((nint)rows * NativeBuffer.Stride(widest));

    public int Rows { get; } = rows;

    public nint Stride { get; } = NativeBuffer.Stride(widest);

    public float* A => _a.Start;

    public float* B => _b.Start;

    public void Dispose()
    {
        _a.Dispose();
        _b.Dispose();
    }
}

/// <summary>What stands behind each hidden layer of a network: a LayerNorm or none, then an activation.</summary>
internal readonly record struct LayerStyle(Activation Activation, bool Norm)
{
    public static LayerStyle Of(RssmConfig config) => new(config.Activation, config.Norm);
}

/// <summary>
/// A network NAME of a checkpoint on features: linear0, norm0 where the model has norms, activation, linear1 …, out.
/// </summary>
internal sealed unsafe class Mlp : IDisposable
{
    private readonly List<Dense> _layers = [];
    private readonly List<(NativeBuffer Gain, NativeBuffer Bias)?> _norms = [];
    private readonly Activation _activation;

    /// <summary>Reads a network; throws <see cref="InvalidDataException"/> where a weight is missing or of another shape.</summary>
    /// <param name="inputs">Dense inputs, which come first.</param>
    /// <param name="oneHot">Inputs in one-hot groups behind them.</param>
    public Mlp(
        WeightFile weights, string name, LayerStyle style, int inputs, int oneHot, IReadOnlyList<int> hidden, int outputs, int panelWidth)
    {
        if (hidden.Count == 0)
            throw new ArgumentException($"network '{name}' has no hidden layer; the CPU engine needs one");
        _activation = style.Activation;
        for (int i = 0; i <= hidden.Count; i++)
        {
            string layer = i < hidden.Count ? $"{name}.linear{i}" : $"{name}.out";
            int width = i < hidden.Count ? hidden[i] : outputs;
            int dense = inputs, columns = i == 0 ? inputs + oneHot : inputs;
            float[] matrix = weights.Get($"{layer}.weight", width, columns);
            float[] bias = weights.Get($"{layer}.bias", width);
            _layers.Add(new Dense(
                panelWidth, width, (o, k) => matrix[o * columns + k], o => bias[o], Indices(0, dense), Indices(dense, columns)));
            if (i < hidden.Count)
            {
                _norms.Add(!style.Norm ? null : (
                    Copy(weights.Get($"{name}.norm{i}.weight", width)), Copy(weights.Get($"{name}.norm{i}.bias", width))));
            }
            inputs = width;
        }
        if (outputs == 1)
            Last = (Copy(weights.Get($"{name}.out.weight", 1, _layers[^1].Inputs)), weights.Get($"{name}.out.bias", 1)[0]);
    }

    /// <summary>Of a single output: a whole panel for it would be work for nothing.</summary>
    private (NativeBuffer Weights, float Bias)? Last { get; }

    /// <summary>Dense inputs.</summary>
    public int Inputs => _layers[0].Inputs;

    public int Outputs => _layers[^1].Outputs;

    /// <summary>The widest of its layers, panels filled.</summary>
    public int Widest => _layers.Max(l => l.Width);

    /// <summary>A network on z = [h, s].</summary>
    public static Mlp OnFeatures(
        WeightFile weights, string name, RssmConfig config, IReadOnlyList<int> hidden, int outputs, int panelWidth) =>
        new(weights, name, LayerStyle.Of(config), config.Deterministic + (config.Classes > 0 ? 0 : config.Stochastic),
            config.Classes > 0 ? config.StochasticWidth : 0, hidden, outputs, panelWidth);

    /// <summary>All outputs of some rows, at most as many as the scratch has.</summary>
    /// <returns>Rows a <see cref="MlpScratch.Stride"/> apart, in one of its buffers.</returns>
    public float* Run<T>(int rows, Features features, MlpScratch scratch) where T : unmanaged, ILanes<T>
    {
        float* input = Hidden<T>(rows, features, scratch);
        return Layer<T>(_layers.Count - 1, rows, features, input, scratch, null);
    }

    /// <summary>The one output of each row.</summary>
    public void RunSingle<T>(int rows, Features features, MlpScratch scratch, float* target) where T : unmanaged, ILanes<T>
    {
        float* input = Hidden<T>(rows, features, scratch);
        var (weights, bias) = Last ?? throw new InvalidOperationException("the network has several outputs");
        Rows.Dot<T>(rows, _layers[^1].Inputs, input, scratch.Stride, weights.Start, bias, target);
    }

    public void Dispose()
    {
        foreach (var layer in _layers)
            layer.Dispose();
        foreach (var norm in _norms)
        {
            norm?.Gain.Dispose();
            norm?.Bias.Dispose();
        }
        Last?.Weights.Dispose();
    }

    private float* Hidden<T>(int rows, Features features, MlpScratch scratch) where T : unmanaged, ILanes<T>
    {
        float* x = null;
        for (int i = 0; i < _layers.Count - 1; i++)
        {
            x = Layer<T>(i, rows, features, x, scratch, _norms[i] is null ? _activation : null);
            if (_norms[i] is not var (gain, bias))
                continue;
            Rows.LayerNorm<T>(x, scratch.Stride, rows, _layers[i].Outputs, gain.Start, bias.Start);
            Rows.Activate<T>(_activation, x, scratch.Stride, rows, _layers[i].Width);
        }
        return x;
    }

    private float* Layer<T>(int index, int rows, Features features, float* x, MlpScratch scratch, Activation? end)
        where T : unmanaged, ILanes<T>
    {
        var layer = _layers[index];
        float* y = index % 2 == 0 ? scratch.A : scratch.B;
        if (index > 0)
        {
            layer.Multiply<T>(rows, new Segment(x, scratch.Stride, layer.Inputs), default, 0, layer.Bias, 0, y, scratch.Stride, end);
            return y;
        }
        var input = new Segment(features.Start, features.Stride, layer.Inputs);
        if (layer.Gathers)
        {
            layer.Gather<T>(rows, features.Classes, features.Groups, y, scratch.Stride);
            layer.Multiply<T>(rows, input, default, 0, y, scratch.Stride, y, scratch.Stride, end);
        }
        else
            layer.Multiply<T>(rows, input, default, 0, layer.Bias, 0, y, scratch.Stride, end);
        return y;
    }

    private static int[] Indices(int from, int to) => [.. Enumerable.Range(from, to - from)];

    private static NativeBuffer Copy(float[] values)
    {
        var buffer = new NativeBuffer(values.Length);
        values.CopyTo(buffer.Span);
        return buffer;
    }
}
