using RobotWorldModel.WorldModel.Data;
using RobotWorldModel.WorldModel.Metrics;

namespace RobotWorldModel.WorldModel.Evaluation;

/// <summary>Gathers all numbers of an evaluation from batches of imagined windows; knows nothing of models.</summary>
internal sealed class Scores
{
    /// <summary>Under it, errors with another window's actions are called no larger than with the true ones.</summary>
    public const double RatioNearOne = 1.05;

    private const string Reward = "reward";
    private readonly int _context, _horizon;
    private readonly ModalityScore[] _modalities;
    private readonly DependenceScore[] _dependence; // the last is the reward's
    private readonly OpenLoopError _reward;
    private readonly List<float> _predicted = [], _received = [];
    private readonly double[] _oneStep, _imagined;
    private double _actionSquares;
    private long _actions, _windows;

    public Scores(IReadOnlyList<Modality> modalities, DataNormalisation normalisation, int context, int horizon)
    {
        (_context, _horizon) = (context, horizon);
        _modalities = [.. modalities.Select(m => new ModalityScore(m, normalisation.Modalities[m.Name], context, horizon))];
        _dependence = [.. modalities.Select(m => new DependenceScore(m.Name, m.Size, horizon)), new(Reward, 1, horizon)];
        _reward = new OpenLoopError(1, [.. Enumerable.Range(1, horizon)]);
        (_oneStep, _imagined) = (new double[context + horizon], new double[horizon]);
    }

    public void Add(ImaginedBatch batch)
    {
        int steps = _context + _horizon;
        for (int w = 0; w < batch.Origins.Length; w++)
        {
            for (int m = 0; m < _modalities.Length; m++)
                Add(m, batch.Modalities[m], w);
            AddReward(batch, w);
            for (int t = 0; t < steps; t++)
                _oneStep[t] += batch.OneStepKl[w * steps + t];
            for (int t = 0; t < _horizon; t++)
                _imagined[t] += batch.ImaginedKl[w * _horizon + t];
            _windows++;
        }
        foreach (float square in batch.ActionSquares)
            _actionSquares += square;
        _actions += batch.ActionSquares.Length;
    }

    public EvaluationResult Result(EvaluationSubject subject)
    {
        OpenLoopRow[] rewards = ModalityScore.Known(_reward);
        double apart = _actions == 0 ? 0 : Math.Sqrt(_actionSquares / _actions);
        var result = new EvaluationResult
        {
            Subject = subject,
            Modalities = [.. _modalities.Select(m => m.Result())],
            Reward = rewards.Length == 0 ? null : new RewardResult(rewards, RewardCalibration.Of(Array(_predicted), Array(_received))),
            Kl = new KlResult([.. _oneStep.Select(kl => kl / _windows)], [.. _imagined.Select(kl => kl / _windows)]),
            Actions = apart < 1e-6
                ? null : new ActionDependence(apart, [.. _dependence.Select(d => d.Result()).OfType<Dependence>()]),
            Warnings = [],
        };
        return result with { Warnings = [.. WarningsOf(result)] };

        static float[] Array(List<float> values) => [.. values];
    }

    private static IEnumerable<string> WarningsOf(EvaluationResult result)
    {
        if (result.Actions is null)
            yield return "whether predictions depend on the actions could not be seen: no two windows have different ones";
        else if (result.Actions.Predictions.All(p => p.Ratio < RatioNearOne))
            yield return "predictions with another window's actions are as good as with the true ones: the model has not learned what "
                + "actions do, and cannot plan. Train longer, or on episodes whose actions differ more.";
        foreach (ModalityResult modality in result.Modalities)
        {
            if (modality.Normalised.Count == 0)
                yield return $"{modality.Name}: no window has two steps seen and one to compare with";
            int[] worse = [.. modality.Normalised.Where(row => EvaluationResult.TableSteps.Contains(row.Step)
                && row.Model.Rmse > Math.Min(row.RepeatLast.Rmse, row.ConstantVelocity.Rmse)).Select(row => row.Step)];
            if (worse.Length > 0)
                yield return $"{modality.Name}: a prediction without a model is better at {string.Join(", ", worse)} "
                    + (worse is [1] ? "step" : "steps");
        }
    }

    private void Add(int m, ImaginedModality modality, int window)
    {
        (int steps, int size) = (_context + _horizon, modality.Modality.Size);
        ReadOnlySpan<float> frames = modality.Frames.AsSpan(window * steps * size, steps * size);
        ReadOnlySpan<float> mask = modality.Mask.AsSpan(window * steps, steps);
        ReadOnlySpan<float> imagined = modality.Imagined.AsSpan(window * _horizon * size, _horizon * size);
        _modalities[m].Add(frames, mask, imagined);
        if (modality.Other.Length > 0)
            _dependence[m].Add(
                frames[(_context * size)..], mask[_context..], imagined, modality.Other.AsSpan(window * _horizon * size, _horizon * size));
    }

    private void AddReward(ImaginedBatch batch, int window)
    {
        int steps = _context + _horizon;
        ReadOnlySpan<float> rewards = batch.Rewards.AsSpan(window * steps, steps), mask = batch.RewardMask.AsSpan(window * steps, steps);
        ReadOnlySpan<float> imagined = batch.ImaginedRewards.AsSpan(window * _horizon, _horizon);
        _reward.Add(rewards[.._context], mask[.._context], rewards[_context..], mask[_context..], imagined);
        if (batch.OtherRewards.Length > 0)
            _dependence[^1].Add(
                rewards[_context..], mask[_context..], imagined, batch.OtherRewards.AsSpan(window * _horizon, _horizon));
        for (int k = 0; k < _horizon; k++)
        {
            if (mask[_context + k] == 0)
                continue;
            _predicted.Add(imagined[k]);
            _received.Add(rewards[_context + k]);
        }
    }
}
