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

    /// <param name="learner">It is only looked at.</param>
    /// <param name="stop">Ends it early.</param>
    public ValidationResult Of(ILearner learner, CancellationToken stop)
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
            foreach ((string name, double value) in learner.CostOf(seen, long.MaxValue).Parts)
                sums[name] = sums.GetValueOrDefault(name) + value;
            learner.AddOneStepErrors(seen, errors);
            batches++;
        }
        set_rng_state(before);
        var parts = sums.ToDictionary(one => one.Key, one => one.Value / batches);
        return new ValidationResult { Loss = parts["loss"], Parts = parts, OneStepError = Quantiles(errors) };
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
