using RobotWorldModel.WorldModel.Data;
using RobotWorldModel.WorldModel.Rssm;
using TorchSharp;
using static TorchSharp.torch;

namespace RobotWorldModel.WorldModel.Training;

/// <summary>
/// How well a model does on the validation part: always on the same batches, with the same noise, without changing the run's.
/// </summary>
internal sealed class Validation(TrainConfig config, WindowList windows, DataNormalisation normalisation)
{
    private const long NoiseSeed = 20_001;

    /// <param name="model">It is only looked at.</param>
    /// <param name="stop">Ends it early.</param>
    public ValidationResult Of(RssmModel model, CancellationToken stop)
    {
        using var scope = NewDisposeScope();
        Tensor before = get_rng_state();
        using var quiet = no_grad();
        manual_seed(NoiseSeed);
        var sums = new Dictionary<string, double>();
        var errors = new List<float>();
        int batches = 0;
        // In a fixed order that takes windows of all episodes: the first ones alone would all be of one.
        using var loader = new BatchLoader(windows, normalisation, new LoaderOptions
        {
            BatchSize = Math.Min(config.Batch, windows.Count),
            Seed = 1,
            Epochs = 1,
            KeepPartial = true,
            Workers = config.Workers,
            Ahead = 2,
        });
        while (batches < config.ValidationBatches && loader.Next(stop) is { } batch)
        {
            using var held = batch;
            using var inner = NewDisposeScope();
            Sequences seen = BatchTensors.Of(batch, normalisation, device(config.Device));
            RssmStep step = RssmLoss.Of(model, config.Loss, seen, long.MaxValue);
            foreach ((string name, double value) in step.Parts)
                sums[name] = sums.GetValueOrDefault(name) + value;
            OneStepErrors(model, seen, errors);
            batches++;
        }
        set_rng_state(before);
        var parts = sums.ToDictionary(one => one.Key, one => one.Value / batches);
        return new ValidationResult { Loss = parts["loss"], Parts = parts, OneStepError = Quantiles(errors) };
    }

    /// <summary>
    /// Root mean squares over all vectors of a step: what the prior's mode expected, decoded, less what was seen; of the steps that were
    /// entered from another and of which every vector was there.
    /// </summary>
    private static void OneStepErrors(RssmModel model, Sequences seen, List<float> errors)
    {
        if (model.Shape.Vectors.Count == 0)
            return;
        (long b, long t) = (seen.Actions.shape[0], seen.Actions.shape[1]);
        Observations flat = RssmLoss.Flat(seen.Observations);
        Filtered filtered = model.Filter(model.Encode(flat).unflatten(0, b, t), seen.Actions, seen.First, sample: false);
        var expected = new RssmState(filtered.States.H, filtered.Priors.Mode());
        Tensor features = expected.Features().flatten(0, 1), known = RssmLoss.Entered(seen.First).flatten();
        Tensor squares = zeros_like(known);
        foreach ((string name, Tensor vector) in model.DecodeVectors(features))
        {
            squares += (vector - RssmLoss.Target(model, flat.Vectors[name])).square().sum(-1L);
            known *= flat.Masks[name];
        }
        float[] roots = (squares / model.Shape.Vectors.Sum(v => v.Size)).sqrt().cpu().data<float>().ToArray();
        float[] counted = known.cpu().data<float>().ToArray();
        for (int i = 0; i < roots.Length; i++)
            if (counted[i] > 0)
                errors.Add(roots[i]);
    }

    private static Dictionary<string, double> Quantiles(List<float> errors)
    {
        errors.Sort();
        double At(double share) => errors.Count == 0 ? double.NaN : errors[Math.Min((int)(share * errors.Count), errors.Count - 1)];
        return errors.Count == 0 ? [] : new()
        {
            ["p50"] = At(0.5),
            ["p90"] = At(0.9),
            ["p99"] = At(0.99),
            ["p99_9"] = At(0.999),
            ["max"] = errors[^1],
        };
    }
}
