using static TorchSharp.torch;

namespace RobotWorldModel.WorldModel.Rssm;

/// <summary>
/// A distribution over actions from -1 to 1: a Gaussian about tanh(μ) with σ = (1 - 0.1) sigmoid(x + 2) + 0.1 (DreamerV3's bounded
/// normal); draws are clipped to the range.
/// </summary>
public sealed record Policy(Tensor Mean, Tensor Std)
{
    private const double MinStd = 0.1;
    private const double MaxStd = 1;

    /// <summary>From the actor's numbers [..., 2 A].</summary>
    public static Policy From(Tensor numbers)
    {
        var parts = numbers.chunk(2, -1);
        return new Policy(parts[0].tanh(), ((parts[1] + 2).sigmoid() * (MaxStd - MinStd)) + MinStd);
    }

    /// <summary>A draw through which gradients pass.</summary>
    public Tensor Sample() => Mean + (Std * randn_like(Std));

    /// <summary>ln of the density of actions [..., A], summed over A.</summary>
    public Tensor LogDensity(Tensor actions) =>
        (-(((actions - Mean) / Std).square() * 0.5) - Std.log() - (0.5 * Math.Log(2 * Math.PI))).sum(-1L);

    /// <summary>Entropy in nats, summed over A.</summary>
    public Tensor Entropy() => (Std.log() + (0.5 * Math.Log(2 * Math.PI * Math.E))).sum(-1L);
}
