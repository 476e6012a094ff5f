using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace RobotWorldModel.WorldModel.Rssm;

/// <summary>Dense layers, named so that a checkpoint reads: linear0, norm0, act0, linear1, ..., out.</summary>
internal static class Mlp
{
    /// <summary>x [B, inputs] → [B, outputs] through hidden layers of the given widths.</summary>
    internal static Sequential Of(RssmConfig config, int inputs, IReadOnlyList<int> widths, int outputs)
    {
        var parts = new List<(string, Module<Tensor, Tensor>)>();
        for (var i = 0; i < widths.Count; i++)
        {
            parts.Add(($"linear{i}", Linear(inputs, widths[i])));
            if (config.Norm)
                parts.Add(($"norm{i}", LayerNorm(widths[i])));
            parts.Add(($"act{i}", Act(config.Activation)));
            inputs = widths[i];
        }
        parts.Add(("out", Linear(inputs, outputs)));
        return Sequential(parts);
    }

    /// <summary>The same, ending in zeros: it predicts nothing before it has learned.</summary>
    internal static Sequential FromZero(RssmConfig config, int inputs, IReadOnlyList<int> widths, int outputs)
    {
        var net = Of(config, inputs, widths, outputs);
        using (no_grad())
        {
            foreach (var (name, parameter) in net.named_parameters())
            {
                if (name.StartsWith("out.", StringComparison.Ordinal))
                    parameter.zero_();
            }
        }
        return net;
    }

    internal static Module<Tensor, Tensor> Act(Activation activation) => activation switch
    {
        Activation.Elu => ELU(),
        Activation.Silu => SiLU(),
        Activation.Mish => Mish(),
        _ => throw new ArgumentOutOfRangeException(nameof(activation)),
    };
}
