using RobotWorldModel.WorldModel.Rssm;
using static TorchSharp.torch;

namespace RobotWorldModel.WorldModel.TdMpc2;

/// <summary>Numbers as distributions over evenly spaced bins from -10 to 10 in symlog space.</summary>
public static class SymlogBins
{
    private const double Largest = 10;

    /// <summary>[count], rising.</summary>
    public static float[] Values(int count) =>
        [.. Enumerable.Range(0, count).Select(i => (float)(-Largest + (2 * Largest * i / (count - 1))))];

    /// <summary>Cross-entropy of logits [..., bins] to the two-hot of targets [...]; → [...].</summary>
    public static Tensor Loss(Tensor logits, Tensor targets)
    {
        using var bins = On(logits);
        return -(Transforms.TwoHot(Transforms.Symlog(targets), bins) * logits.log_softmax(-1)).sum(-1L);
    }

    /// <summary>symexp Σ p_i b_i: logits [..., bins] → [...].</summary>
    public static Tensor Expected(Tensor logits)
    {
        using var bins = On(logits);
        return Transforms.Symexp(Transforms.Expected(logits, bins));
    }

    // Made where the logits are, of nothing but numbers: a copy from the processor could not be recorded in a CUDA graph.
    private static Tensor On(Tensor logits) =>
        linspace(-Largest, Largest, logits.shape[^1], dtype: logits.dtype, device: logits.device);
}
