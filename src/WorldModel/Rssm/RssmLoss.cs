using static TorchSharp.torch;

namespace RobotWorldModel.WorldModel.Rssm;

/// <summary>Weights of what an RSSM learns from.</summary>
public sealed record RssmLossConfig
{
    /// <summary>
    /// Of KL[sg(posterior) || prior], which draws the prior to what was seen. DreamerV2's balance α is <c>Dynamics = α</c>.
    /// </summary>
    public double Dynamics { get; init; } = 0.5;

    /// <summary>Of KL[posterior || sg(prior)], which keeps what is seen predictable. DreamerV2's balance: 1 - α.</summary>
    public double Representation { get; init; } = 0.1;

    /// <summary>Nats that cost nothing: of the sum over latents, or of each latent with <see cref="FreePerLatent"/>.</summary>
    public double FreeNats { get; init; } = 1;

    /// <summary>Whether the free nats are for each latent: another optimum than for the sum.</summary>
    public bool FreePerLatent { get; init; }

    /// <summary>Steps over which the weights of both KLs rise from 0; 0 for none.</summary>
    public int AnnealSteps { get; init; }

    /// <summary>
    /// Steps over which what is imagined without noise, under the actions that were taken, must show the vectors and rewards that came:
    /// just what planning rests on. 0 for none.
    /// </summary>
    public int ConsistencySteps { get; init; }

    /// <summary>Weight of that, beside the same losses of what was seen.</summary>
    public double Consistency { get; init; } = 1;

    /// <summary>Weight of a vector's loss. Raise it where a small part of a vector's range counts.</summary>
    public double Vector { get; init; } = 1;

    public double Reward { get; init; } = 1;

    public double Continue { get; init; } = 1;

    /// <summary>Weight of a picture's loss, summed over pixels and channels as a vector's is over its numbers.</summary>
    public double Image { get; init; } = 1;
}

/// <summary>What one batch cost: the loss to differentiate, and its parts as numbers.</summary>
public sealed record RssmStep(Tensor Loss, Filtered Filtered, IReadOnlyDictionary<string, double> Parts);

/// <summary>L = reconstruction + reward + continue + β_dyn max(free, KL) + β_rep max(free, KL) (Hafner et al. 2023).</summary>
public static class RssmLoss
{
    /// <param name="model">What learns.</param>
    /// <param name="weights">What counts how much.</param>
    /// <param name="batch">Sequences [B, T, ...]; what is masked out costs nothing.</param>
    /// <param name="step">How many steps were taken before: for the annealing.</param>
    public static RssmStep Of(RssmModel model, RssmLossConfig weights, Sequences batch, long step)
    {
        var (b, t) = (batch.Actions.shape[0], batch.Actions.shape[1]);
        var flat = Flat(batch.Observations);
        var embeddings = model.Encode(flat).unflatten(0, b, t);
        var filtered = model.Filter(embeddings, batch.Actions, batch.First);
        var features = filtered.States.Features().flatten(0, 1);
        var parts = new Dictionary<string, double>();
        var total = zeros([1], device: features.device).squeeze();

        void Add(string name, double weight, Tensor loss)
        {
            parts[name] = loss.item<float>();
            total += loss * weight;
        }
        foreach (var (name, expected) in model.DecodeVectors(features))
            Add(name, weights.Vector, Masked((expected - Target(model, flat.Vectors[name])).square().sum(-1L) * 0.5, flat.Masks[name]));
        foreach (var (name, expected) in model.DecodeImages(features))
            Add(name, weights.Image, Masked((expected - flat.Images[name]).square().sum([1L, 2L, 3L]) * 0.5, flat.Masks[name]));
        // What was received on entering the first step of an episode, or of a window, has no action before it.
        var entered = (Entered(batch.First) * batch.RewardMask).flatten();
        Add("reward", weights.Reward, Masked(model.NumberLoss(model.RewardNumbers(features), batch.Rewards.flatten()), entered));
        Add("continue", weights.Continue, Masked(nn.functional.binary_cross_entropy_with_logits(
            model.ContinueLogit(features), batch.Continues.flatten(), reduction: nn.Reduction.None), entered));
        var ramp = weights.AnnealSteps == 0 ? 1 : Math.Min(1, step / (double)weights.AnnealSteps);
        Add("kl_dynamics", weights.Dynamics * ramp, Free(weights, filtered.Posteriors.Detached().Divergence(filtered.Priors)));
        Add("kl_representation", weights.Representation * ramp, Free(weights, filtered.Posteriors.Divergence(filtered.Priors.Detached())));
        if (weights.ConsistencySteps > 0)
            Add("consistency", weights.Consistency, Consistency(model, weights, batch, filtered));
        parts["kl"] = filtered.Posteriors.Detached().Divergence(filtered.Priors.Detached()).sum(-1L).mean().item<float>();
        parts["loss"] = total.item<float>();
        return new RssmStep(total, filtered, parts);
    }

    /// <summary>[B, T, ...] → [B T, ...].</summary>
    public static Observations Flat(Observations o)
    {
        static Dictionary<string, Tensor> All(IReadOnlyDictionary<string, Tensor> tensors) =>
            tensors.ToDictionary(one => one.Key, one => one.Value.flatten(0, 1));
        return new Observations(All(o.Vectors), All(o.Images), All(o.Masks));
    }

    /// <summary>The space in which vectors are compared.</summary>
    public static Tensor Target(RssmModel model, Tensor vector) => model.Config.Symlog ? Transforms.Symlog(vector) : vector;

    /// <summary>Ones where a step was entered from the one before in its window, zeros at beginnings: first [B, T] → [B, T].</summary>
    public static Tensor Entered(Tensor first)
    {
        var known = ones_like(first);
        known.select(1, 0).zero_();
        return known * (1 - first);
    }

    private static Tensor Masked(Tensor losses, Tensor mask) => (losses * mask).sum() / mask.sum().clamp(min: 1);

    private static Tensor Free(RssmLossConfig weights, Tensor divergence) => weights.FreePerLatent
        ? divergence.flatten(0, 1).clamp(min: weights.FreeNats).sum(-1L).mean()
        : divergence.flatten(0, 1).sum(-1L).clamp(min: weights.FreeNats).mean();

    // From every step that has so many after it in its window and its episode.
    private static Tensor Consistency(RssmModel model, RssmLossConfig weights, Sequences batch, Filtered filtered)
    {
        var (t, span) = (batch.Actions.shape[1], (long)weights.ConsistencySteps);
        var starts = t - span;
        if (starts <= 0)
            throw new ArgumentException($"Windows of {t} steps are too short for a consistency over {span}.");
        var state = new RssmState(
            filtered.States.H.narrow(1, 0, starts).flatten(0, 1), filtered.States.S.narrow(1, 0, starts).flatten(0, 1));
        var alive = ones([state.H.shape[0]], device: state.H.device);
        var total = zeros([1], device: state.H.device).squeeze();
        for (long k = 0; k < span; k++)
        {
            var (h, prior) = model.Advance(state, At(batch.Actions, k));
            state = new RssmState(h, prior.Mode());
            alive *= 1 - At(batch.First, k + 1);
            var features = state.Features();
            foreach (var (name, expected) in model.DecodeVectors(features))
            {
                var apart = expected - Target(model, At(batch.Observations.Vectors[name], k + 1));
                var seen = alive * At(batch.Observations.Masks[name], k + 1);
                total += Masked(apart.square().sum(-1L) * 0.5, seen) * weights.Vector;
            }
            var received = model.NumberLoss(model.RewardNumbers(features), At(batch.Rewards, k + 1));
            total += Masked(received, alive * At(batch.RewardMask, k + 1)) * weights.Reward;
        }
        return total / span;

        // Of all starts the step so many on, [B starts, ...].
        Tensor At(Tensor sequences, long steps) => sequences.narrow(1, steps, starts).flatten(0, 1);
    }
}
