using RobotWorldModel.WorldModel.Data;
using RobotWorldModel.WorldModel.Rssm;
using RobotWorldModel.WorldModel.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace RobotWorldModel.WorldModel.Evaluation;

/// <summary>One modality of windows of T steps seen and H imagined, normalised.</summary>
/// <param name="Frames">What was observed, [B, T + H, D]; 0 where the mask is.</param>
/// <param name="Mask">[B, T + H].</param>
/// <param name="Imagined">[B, H, D].</param>
/// <param name="Other">Imagined with another window's actions, [B, H, D]; empty where there is no other.</param>
internal sealed record ImaginedModality(Modality Modality, float[] Frames, float[] Mask, float[] Imagined, float[] Other);

/// <summary>What came of one batch of windows.</summary>
internal sealed record ImaginedBatch
{
    public required WindowOrigin[] Origins { get; init; }

    public required int Context { get; init; }

    public required int Horizon { get; init; }

    public required IReadOnlyList<ImaginedModality> Modalities { get; init; }

    /// <summary>As received on entering each step, [B, T + H].</summary>
    public required float[] Rewards { get; init; }

    /// <summary>[B, T + H].</summary>
    public required float[] RewardMask { get; init; }

    /// <summary>[B, H].</summary>
    public required float[] ImaginedRewards { get; init; }

    /// <summary>[B, H], or empty.</summary>
    public required float[] OtherRewards { get; init; }

    /// <summary>See <see cref="KlResult.OneStep"/>: [B, T + H].</summary>
    public required float[] OneStepKl { get; init; }

    /// <summary>See <see cref="KlResult.Imagined"/>: [B, H].</summary>
    public required float[] ImaginedKl { get; init; }

    /// <summary>Squares of what the actions differ by from those of the other window; empty where there is none.</summary>
    public required float[] ActionSquares { get; init; }

    /// <summary>
    /// Filters T steps with the posterior's mode and imagines the rest with the prior's, under the actions that were taken and under
    /// those of the next window of the batch.
    /// </summary>
    /// <exception cref="InvalidDataException">A prediction is no number.</exception>
    public static ImaginedBatch Of(RssmModel model, DataNormalisation normalisation, Batch batch, Device device, int context)
    {
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        Sequences seen = BatchTensors.Of(batch, normalisation, device);
        (long b, int horizon) = (batch.Count, batch.Steps - context);
        Filtered filtered = model.Filter(
            model.Encode(RssmLoss.Flat(seen.Observations)).unflatten(0, b, batch.Steps), seen.Actions, seen.First, sample: false);
        var now = new RssmState(filtered.States.H.select(1, context - 1), filtered.States.S.select(1, context - 1));
        Tensor taken = seen.Actions.narrow(1, context - 1, horizon);
        (RssmState states, Latent priors) = model.Imagine(now, taken, sample: false);
        Tensor features = states.Features().flatten(0, 1);
        Tensor? others = null;
        float[] apart = [];
        if (b > 1)
        {
            Tensor next = cat([taken.narrow(0, 1, b - 1), taken.narrow(0, 0, 1)], 0);
            others = model.Imagine(now, next, sample: false).States.Features().flatten(0, 1);
            apart = Numbers((next - taken).square());
        }
        Dictionary<string, float[]> imagined = Decoded(model, features), other = others is null ? [] : Decoded(model, others);
        float[] rewards = Numbers(model.Reward(features));
        foreach ((string name, float[] values) in imagined.Append(new("reward", rewards)))
            Check(name, values, batch, context);
        return new ImaginedBatch
        {
            Origins = batch.Origins[..batch.Count],
            Context = context,
            Horizon = horizon,
            Modalities = [.. batch.Modalities.Select(m => new ImaginedModality(
                m.Modality, Numbers(Observed(seen.Observations, m.Modality)), Numbers(seen.Observations.Masks[m.Modality.Name]),
                imagined[m.Modality.Name], other.GetValueOrDefault(m.Modality.Name, [])))],
            Rewards = Numbers(seen.Rewards),
            RewardMask = Numbers(seen.RewardMask),
            ImaginedRewards = rewards,
            OtherRewards = others is null ? [] : Numbers(model.Reward(others)),
            OneStepKl = Numbers(filtered.Posteriors.Divergence(filtered.Priors).sum(-1L)),
            ImaginedKl = Numbers(filtered.Posteriors.Narrow(context, horizon).Divergence(priors).sum(-1L)),
            ActionSquares = apart,
        };
    }

    private static Tensor Observed(Observations all, Modality modality) =>
        modality.Kind == ModalityKind.Vector ? all.Vectors[modality.Name] : all.Images[modality.Name];

    // Vectors come back from the space in which the model compares them: errors are of what was measured.
    private static Dictionary<string, float[]> Decoded(RssmModel model, Tensor features)
    {
        var all = new Dictionary<string, float[]>();
        foreach ((string name, Tensor expected) in model.DecodeVectors(features))
            all[name] = Numbers(model.Config.Symlog ? Transforms.Symexp(expected) : expected);
        foreach ((string name, Tensor expected) in model.DecodeImages(features))
            all[name] = Numbers(expected);
        return all;
    }

    private static float[] Numbers(Tensor tensor) => tensor.cpu().data<float>().ToArray();

    private static void Check(string name, float[] values, Batch batch, int context)
    {
        int at = Array.FindIndex(values, v => !float.IsFinite(v));
        if (at < 0)
            return;
        int horizon = batch.Steps - context, step = at / (values.Length / (batch.Count * horizon));
        throw new InvalidDataException(
            $"what the model imagines of {name} is not a finite number at {batch.Describe(step / horizon, context + step % horizon)}: "
                + "train it again, with a lower optimizer.learning_rate");
    }
}
