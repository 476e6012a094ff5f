using RobotWorldModel.WorldModel.Rssm;
using static TorchSharp.torch;

namespace RobotWorldModel.WorldModel.TdMpc2;

/// <summary>What one batch cost.</summary>
/// <param name="Loss">To differentiate.</param>
/// <param name="States">z that was imagined from each window's first observation, [B, T, L]: the policy learns in them.</param>
/// <param name="Parts">As numbers.</param>
public sealed record TdMpc2Step(Tensor Loss, Tensor States, IReadOnlyDictionary<string, double> Parts);

/// <summary>
/// The losses of TD-MPC2 (Hansen et al. 2024): a window is imagined from its first observation under the actions that were taken. What is
/// imagined is held to what was seen, to rewards, and to r + γ c min Q(z', π(z')), each step by ρ^t.
/// </summary>
public static class TdMpc2Loss
{
    /// <param name="model">What learns.</param>
    /// <param name="targets">Its values of a while ago.</param>
    /// <param name="weights">What counts how much.</param>
    /// <param name="batch">Windows [B, T, ...] of the horizon and one step more; what is masked out costs nothing.</param>
    public static TdMpc2Step Of(TdMpc2Model model, ValueEnsemble targets, TdMpc2LossConfig weights, Sequences batch)
    {
        var (b, horizon) = (batch.Actions.shape[0], batch.Actions.shape[1] - 1);
        var actions = batch.Actions.narrow(1, 0, horizon);
        var (seen, returns) = Seen(model, targets, weights, batch);
        var states = new List<Tensor> { model.Encode(At(batch.Observations, 0)) };
        for (long t = 0; t < horizon; t++)
            states.Add(model.Next(states[^1], actions.select(1, t)));
        var all = stack(states, 1);
        var from = all.narrow(1, 0, horizon);

        var entered = Entered(batch);
        var known = entered * batch.RewardMask.narrow(1, 1, horizon);
        var whole = entered * Whole(batch.Observations, 1, horizon);
        var input = cat([from, actions], -1);
        var consistency = Weighed((all.narrow(1, 1, horizon) - seen).square().mean([-1L]), whole, weights.Decay);
        var reward = Weighed(
            SymlogBins.Loss(model.RewardLogits(from, actions), batch.Rewards.narrow(1, 1, horizon)), known, weights.Decay);
        var heads = model.Values.Logits(input).Select(logits => Weighed(SymlogBins.Loss(logits, returns), known, weights.Decay));
        var value = stack(heads, 0).mean();
        var loss = (consistency * weights.Consistency) + (reward * weights.Reward) + (value * weights.Value);
        return new TdMpc2Step(loss, all, new Dictionary<string, double>
        {
            ["consistency"] = consistency.item<float>(),
            ["reward"] = reward.item<float>(),
            ["value"] = value.item<float>(),
            ["loss"] = loss.item<float>(),
        });
    }

    /// <summary>
    /// -Σ ρ^t (Q(z, a) / S + η H) with a drawn from the policy, in states [B, T, L] through which no gradient passes; S is what the
    /// scale makes of the first step's values.
    /// </summary>
    public static (Tensor Loss, Tensor Entropy, Tensor Value) OfPolicy(
        TdMpc2Model model, TdMpc2LossConfig weights, Tensor states, Func<Tensor, double> scale)
    {
        var (action, density) = model.Policy(states).Draw();
        var values = model.Values.MeanOfTwo(cat([states, action], -1));
        var range = scale(values.detach().select(1, 0));
        var each = -(values / range) + (density * weights.Entropy);
        return ((each.mean([0L]) * Decays(each, weights.Decay)).mean(), -density.detach().mean(), values.detach().mean());
    }

    /// <summary>
    /// What one step ahead was off, a root mean square over z: d(e(o_t), a_t) less e(o_{t+1}), [B, T - 1]; and where it counts, ones.
    /// </summary>
    public static (Tensor Errors, Tensor Counted) OneStep(TdMpc2Model model, Sequences batch)
    {
        var (b, steps) = (batch.Actions.shape[0], batch.Actions.shape[1]);
        var seen = model.Encode(RssmLoss.Flat(batch.Observations)).unflatten(0, b, steps);
        var expected = model.Next(seen.narrow(1, 0, steps - 1), batch.Actions.narrow(1, 0, steps - 1));
        var counted = (1 - batch.First.narrow(1, 1, steps - 1)) * Whole(batch.Observations, 0, steps - 1)
            * Whole(batch.Observations, 1, steps - 1);
        return ((expected - seen.narrow(1, 1, steps - 1)).square().mean([-1L]).sqrt(), counted);
    }

    /// <summary>z of every step but the first as it was seen, [B, H, L], and the returns that values are held to, [B, H].</summary>
    private static (Tensor States, Tensor Returns) Seen(
        TdMpc2Model model, ValueEnsemble targets, TdMpc2LossConfig weights, Sequences batch)
    {
        using var quiet = no_grad();
        var (b, horizon) = (batch.Actions.shape[0], batch.Actions.shape[1] - 1);
        var seen = model.Encode(RssmLoss.Flat(Narrow(batch.Observations, 1, horizon))).unflatten(0, b, horizon);
        var (action, _) = model.Policy(seen).Draw();
        var next = targets.SmallerOfTwo(cat([seen, action], -1)) * batch.Continues.narrow(1, 1, horizon);
        return (seen, batch.Rewards.narrow(1, 1, horizon) + (next * weights.Discount));
    }

    // Ones up to where another episode begins in the window: [B, H].
    private static Tensor Entered(Sequences batch) => (1 - batch.First.narrow(1, 1, batch.First.shape[1] - 1)).cumprod(1);

    // Ones where every modality is there: what z is of a part cannot be what follows from the whole.
    private static Tensor Whole(Observations o, long from, long count) =>
        o.Masks.Values.Select(mask => mask.narrow(1, from, count)).Aggregate((a, b) => a * b);

    // Losses [B, H] over what counts, then over the horizon by ρ^t.
    private static Tensor Weighed(Tensor losses, Tensor counted, double decay)
    {
        var each = (losses * counted).sum(0L) / counted.sum(0L).clamp(min: 1);
        return (each * Decays(losses, decay)).mean();
    }

    private static Tensor Decays(Tensor like, double decay)
    {
        var steps = (int)like.shape[1];
        float[] powers = [.. Enumerable.Range(0, steps).Select(t => (float)Math.Pow(decay, t))];
        return tensor(powers, [steps], device: like.device);
    }

    private static Observations At(Observations o, long step) => Each(o, one => one.select(1, step));

    private static Observations Narrow(Observations o, long from, long count) => Each(o, one => one.narrow(1, from, count));

    private static Observations Each(Observations o, Func<Tensor, Tensor> of)
    {
        Dictionary<string, Tensor> All(IReadOnlyDictionary<string, Tensor> tensors) => tensors.ToDictionary(t => t.Key, t => of(t.Value));
        return new Observations(All(o.Vectors), All(o.Images), All(o.Masks));
    }
}
