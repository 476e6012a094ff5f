namespace RobotWorldModel.WorldModel.Metrics;

/// <param name="Mae">Mean of |error| over numbers and windows.</param>
/// <param name="Rmse">Root of the mean of error² over numbers and windows.</param>
public readonly record struct StepError(double Mae, double Rmse);

/// <summary>One modality's errors k steps after the last frame that was seen.</summary>
/// <param name="Windows">That had an observation at that step; all three errors are over the same ones. 0: the errors are NaN.</param>
public sealed record OpenLoopRow(int Step, long Windows, StepError Model, StepError RepeatLast, StepError ConstantVelocity);

/// <summary>
/// Gathers open-loop errors of one modality at chosen steps, beside both <see cref="Baselines"/>. In whatever unit it is given: with
/// normalised values errors of different numbers can be added up. One thread at a time.
/// </summary>
/// <param name="size">Numbers of a frame, D.</param>
/// <param name="steps">k, each from 1 to the horizon: 1, 4, 8 and 16.</param>
public sealed class OpenLoopError(int size, params IReadOnlyList<int> steps)
{
    private readonly long[] _windows = new long[steps.Count];
    private readonly double[,] _absolute = new double[steps.Count, 3], _square = new double[steps.Count, 3];
    private float[] _repeat = [], _velocity = [];

    /// <summary>Windows that were left out because one of the last two frames seen had no value to go on from.</summary>
    public long LeftOut { get; private set; }

    /// <summary>One window.</summary>
    /// <param name="seen">What model and baselines were given: [T, D], T at least 2.</param>
    /// <param name="seenMask">1 where a frame has a value, [T].</param>
    /// <param name="observed">What then came: [H, D].</param>
    /// <param name="observedMask">[H]; a step without a value is not counted.</param>
    /// <param name="predicted">By the model: [H, D].</param>
    /// <exception cref="ArgumentException">Shapes that do not go together, or a horizon shorter than the last step.</exception>
    public void Add(
        ReadOnlySpan<float> seen, ReadOnlySpan<float> seenMask, ReadOnlySpan<float> observed, ReadOnlySpan<float> observedMask,
        ReadOnlySpan<float> predicted)
    {
        if (seenMask.Length < 2 || seen.Length != seenMask.Length * size || observed.Length != observedMask.Length * size
            || predicted.Length != observed.Length || observedMask.Length < steps.Max())
            throw new ArgumentException(
                $"frames of {size}: {seen.Length} numbers of {seenMask.Length} seen, {observed.Length} of {observedMask.Length} observed, "
                    + $"{predicted.Length} predicted; the last step is {steps.Max()}");
        if (seenMask[^1] == 0 || seenMask[^2] == 0)
        {
            LeftOut++;
            return;
        }
        Array.Resize(ref _repeat, observed.Length);
        Array.Resize(ref _velocity, observed.Length);
        Baselines.RepeatLast(seen, _repeat, size);
        Baselines.ConstantVelocity(seen, _velocity, size);
        for (int k = 0; k < steps.Count; k++)
        {
            if (observedMask[steps[k] - 1] == 0)
                continue;
            _windows[k]++;
            int at = (steps[k] - 1) * size;
            ReadOnlySpan<float> truth = observed.Slice(at, size);
            Count(k, 0, predicted.Slice(at, size), truth);
            Count(k, 1, _repeat.AsSpan(at, size), truth);
            Count(k, 2, _velocity.AsSpan(at, size), truth);
        }
    }

    /// <summary>In the order of the steps.</summary>
    public IReadOnlyList<OpenLoopRow> Result() =>
        [.. steps.Select((step, k) => new OpenLoopRow(step, _windows[k], Error(k, 0), Error(k, 1), Error(k, 2)))];

    private void Count(int step, int who, ReadOnlySpan<float> guess, ReadOnlySpan<float> truth)
    {
        _absolute[step, who] += Errors.MeanAbsolute(guess, truth);
        _square[step, who] += Errors.MeanSquare(guess, truth);
    }

    private StepError Error(int step, int who) =>
        new(_absolute[step, who] / _windows[step], Math.Sqrt(_square[step, who] / _windows[step]));
}
