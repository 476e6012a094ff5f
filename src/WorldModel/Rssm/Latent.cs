using static TorchSharp.torch;

namespace RobotWorldModel.WorldModel.Rssm;

/// <summary>A distribution over the stochastic state: Gaussian, or groups of classes.</summary>
public sealed record Latent(Tensor? Mean, Tensor? Std, Tensor? Logits)
{
    /// <summary>From the numbers of prior or posterior [B, 2 S] or [B, G C].</summary>
    public static Latent From(RssmConfig config, Tensor numbers)
    {
        if (config.Classes == 0)
        {
            var parts = numbers.chunk(2, -1);
            return new Latent(parts[0], nn.functional.softplus(parts[1]) + config.MinStd, null);
        }
        // Unimix: p = (1 - u) softmax(l) + u / C; its logarithm stands for the logits everywhere, in the KL too.
        var groups = numbers.unflatten(-1, config.Stochastic, config.Classes);
        var mixed = (groups.softmax(-1) * (1 - config.Unimix)) + (config.Unimix / config.Classes);
        return new Latent(null, null, mixed.log());
    }

    /// <summary>One draw [B, S] or [B, G C], through which gradients pass (reparameterised, or straight-through).</summary>
    public Tensor Sample()
    {
        if (Logits is null)
            return Mean! + (Std! * randn_like(Std!));
        // argmax(l + Gumbel noise) draws from softmax(l)
        var noise = -(-(rand_like(Logits).clamp(min: 1e-20)).log()).log();
        return StraightThrough((Logits + noise).argmax(-1));
    }

    /// <summary>The most likely state, [B, S] or [B, G C].</summary>
    public Tensor Mode() => Logits is null ? Mean!.alias() : StraightThrough(Logits.argmax(-1));

    /// <summary>The same distribution, through which no gradient passes.</summary>
    public Latent Detached() => new(Mean?.detach(), Std?.detach(), Logits?.detach());

    /// <summary>KL(this || other) in nats for each latent: [B, S] or [B, G].</summary>
    public Tensor Divergence(Latent other)
    {
        if (Logits is null)
        {
            // ln(σ2/σ1) + (σ1² + (μ1 - μ2)²) / (2 σ2²) - ½
            var apart = Mean! - other.Mean!;
            return (other.Std! / Std!).log() + ((Std!.square() + apart.square()) / (2 * other.Std!.square())) - 0.5;
        }
        return (Logits.exp() * (Logits - other.Logits!)).sum(-1L);
    }

    /// <summary>Entropy in nats, summed over latents: [B].</summary>
    public Tensor Entropy() => Logits is null
        ? (Std!.log() + (0.5 * Math.Log(2 * Math.PI * Math.E))).sum(-1L)
        : -(Logits.exp() * Logits).sum([-1L, -2L]);

    internal static Latent Stack(IReadOnlyList<Latent> steps) => new(
        steps[0].Mean is null ? null : stack(steps.Select(step => step.Mean!), 1),
        steps[0].Std is null ? null : stack(steps.Select(step => step.Std!), 1),
        steps[0].Logits is null ? null : stack(steps.Select(step => step.Logits!), 1));

    internal Latent Narrow(long start, long length) => new(
        Mean?.narrow(1, start, length), Std?.narrow(1, start, length), Logits?.narrow(1, start, length));

    private Tensor StraightThrough(Tensor chosen)
    {
        var probabilities = Logits!.exp();
        var hot = nn.functional.one_hot(chosen, Logits!.shape[^1]).to(probabilities.dtype);
        return (hot + probabilities - probabilities.detach()).flatten(-2);
    }
}

/// <summary>h [B, D] and s [B, S] or [B, G C].</summary>
public sealed record RssmState(Tensor H, Tensor S)
{
    /// <summary>z = [h, s], which every head takes.</summary>
    public Tensor Features() => cat([H, S], -1);
}
