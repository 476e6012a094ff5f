using static TorchSharp.torch;

namespace RobotWorldModel.WorldModel.TdMpc2;

/// <summary>
/// A distribution over actions from -1 to 1: tanh of a Gaussian with ln σ = -10 + 6 (tanh(x) + 1), -10 to 2 (TD-MPC2's policy prior).
/// </summary>
/// <param name="Mean">[..., A], before the tanh.</param>
/// <param name="LogStd">[..., A].</param>
public sealed record SquashedPolicy(Tensor Mean, Tensor LogStd)
{
    internal const float LeastLogStd = -10, HalfRange = 6;

    /// <summary>From the policy's numbers [..., 2 A].</summary>
    public static SquashedPolicy From(Tensor numbers)
    {
        var parts = numbers.chunk(2, -1);
        return new SquashedPolicy(parts[0], ((parts[1].tanh() + 1) * HalfRange) + LeastLogStd);
    }

    /// <summary>The action without noise, [..., A].</summary>
    public Tensor Action() => Mean.tanh();

    /// <summary>A draw [..., A] through which gradients pass, and the logarithm of its density, [...].</summary>
    public (Tensor Action, Tensor LogDensity) Draw()
    {
        var noise = randn_like(Mean);
        var u = Mean + (noise * LogStd.exp());
        // ln(1 - tanh²u) as 2 (ln 2 - u - softplus(-2 u)), which does not vanish far out.
        var squeezed = (Math.Log(2) - u - nn.functional.softplus(u * -2)) * 2;
        var density = (noise.square() * -0.5) - LogStd - (0.5 * Math.Log(2 * Math.PI)) - squeezed;
        return (u.tanh(), density.sum(-1L));
    }
}
