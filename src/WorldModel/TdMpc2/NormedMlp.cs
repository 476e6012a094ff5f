using RobotWorldModel.WorldModel.Rssm;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace RobotWorldModel.WorldModel.TdMpc2;

/// <summary>Dense layers, named as an RSSM's: linear0, norm0, act0, linear1, ..., out, and out_norm where they end in a SimNorm.</summary>
internal static class NormedMlp
{
    // The reference draws from a normal distribution cut off at ±2, a hundred standard deviations: nothing is cut off.
    private const double WeightStd = 0.02;

    /// <summary>x [B, inputs] → [B, outputs], unbounded.</summary>
    /// <param name="dropout">Of the first layer, in training.</param>
    /// <param name="fromZero">The last weights begin at zero: all bins are as likely.</param>
    internal static Sequential Of(int inputs, IReadOnlyList<int> widths, int outputs, double dropout = 0, bool fromZero = false)
    {
        var net = Sequential(Layers(inputs, widths, outputs, dropout));
        Begin(net, fromZero);
        return net;
    }

    /// <summary>x [B, inputs] → [B, outputs], each group of it a distribution.</summary>
    internal static Sequential Simplex(int inputs, IReadOnlyList<int> widths, int outputs, int group)
    {
        var parts = Layers(inputs, widths, outputs, 0);
        parts.Add(("out_norm", LayerNorm(outputs)));
        parts.Add(("simplex", new SimNorm(group)));
        var net = Sequential(parts);
        Begin(net, false);
        return net;
    }

    private static List<(string, Module<Tensor, Tensor>)> Layers(int inputs, IReadOnlyList<int> widths, int outputs, double dropout)
    {
        var parts = new List<(string, Module<Tensor, Tensor>)>();
        for (var i = 0; i < widths.Count; i++)
        {
            parts.Add(($"linear{i}", Linear(inputs, widths[i])));
            if (i == 0 && dropout > 0)
                parts.Add(($"dropout{i}", Dropout(dropout)));
            parts.Add(($"norm{i}", LayerNorm(widths[i])));
            parts.Add(($"act{i}", Mlp.Act(Activation.Mish)));
            inputs = widths[i];
        }
        parts.Add(("out", Linear(inputs, outputs)));
        return parts;
    }

    private static void Begin(Sequential net, bool fromZero)
    {
        foreach (var (name, parameter) in net.named_parameters())
        {
            if (fromZero && name == "out.weight")
                init.zeros_(parameter);
            else if (parameter.dim() > 1)
                init.normal_(parameter, 0, WeightStd);
            else if (!name.Contains("norm", StringComparison.Ordinal))
                init.zeros_(parameter);
        }
    }
}

/// <summary>A softmax over each group of values: x [B, L] → [B, L], every group a point of a simplex (SimNorm).</summary>
internal sealed class SimNorm(int group) : Module<Tensor, Tensor>(nameof(SimNorm))
{
    public override Tensor forward(Tensor input) => input.unflatten(-1, input.shape[^1] / group, group).softmax(-1).flatten(-2);
}
