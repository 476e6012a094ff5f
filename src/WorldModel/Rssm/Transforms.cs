using static TorchSharp.torch;

namespace RobotWorldModel.WorldModel.Rssm;

/// <summary>Squeezing of numbers of any size, and two-hot distributions over bins (DreamerV3, Hafner et al. 2023).</summary>
public static class Transforms
{
    /// <summary>sign(x) ln(1 + |x|).</summary>
    public static Tensor Symlog(Tensor x) => x.sign() * x.abs().log1p();

    /// <summary>sign(x) (e^|x| - 1).</summary>
    public static Tensor Symexp(Tensor x) => x.sign() * x.abs().expm1();

    /// <summary>Bins in raw space, symexp of evenly spaced numbers from -20 to 20: [count], rising, symmetric about 0.</summary>
    public static float[] Bins(int count)
    {
        var bins = new float[count];
        for (var i = 0; i < count; i++)
        {
            var x = -20 + (40.0 * i / (count - 1));
            bins[i] = (float)(Math.Sign(x) * (Math.Exp(Math.Abs(x)) - 1));
        }
        return bins;
    }

    /// <summary>Weights on the two bins around each number: x [...] → [..., bins]; beyond the ends all weight is on the end.</summary>
    public static Tensor TwoHot(Tensor x, Tensor bins)
    {
        var last = bins.shape[0] - 1;
        var inside = x.clamp(bins[0].item<float>(), bins[last].item<float>()).unsqueeze(-1);
        // The bin below: how many bins but the first are at or under the number; at the last bin it is the last but one.
        var below = (inside >= bins[1..]).to(int64).sum(-1).clamp(0, last - 1);
        var low = bins.index_select(0, below.flatten()).reshape(below.shape);
        var high = bins.index_select(0, (below + 1).flatten()).reshape(below.shape);
        var share = ((inside.squeeze(-1) - low) / (high - low)).unsqueeze(-1);
        var count = bins.shape[0];
        return (nn.functional.one_hot(below, count).to(float32) * (1 - share))
            + (nn.functional.one_hot(below + 1, count).to(float32) * share);
    }

    /// <summary>
    /// The expected number of a distribution: logits [..., bins] → [...]. Pairs are summed from both ends, so that equal weights give 0.
    /// </summary>
    public static Tensor Expected(Tensor logits, Tensor bins)
    {
        var weighted = logits.softmax(-1) * bins;
        var half = bins.shape[0] / 2;
        var middle = bins.shape[0] % 2;
        var low = weighted.narrow(-1, 0, half).flip(-1);
        var high = weighted.narrow(-1, half + middle, half);
        return (low + high).sum(-1L) + (middle == 1 ? weighted.select(-1, half) : zeros_like(low.select(-1, 0)));
    }
}
