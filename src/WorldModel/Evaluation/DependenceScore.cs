namespace RobotWorldModel.WorldModel.Evaluation;

/// <summary>Gathers how one prediction's error grows when it is made with another window's actions.</summary>
/// <param name="name">Modality, or reward.</param>
/// <param name="size">Numbers of a step, D.</param>
internal sealed class DependenceScore(string name, int size, int horizon)
{
    private readonly double[] _true = new double[horizon], _other = new double[horizon];
    private readonly long[] _windows = new long[horizon];
    private double _apart;
    private long _predictions;

    /// <param name="observed">[H, D].</param>
    /// <param name="mask">[H].</param>
    /// <param name="imagined">With the actions that were taken, [H, D].</param>
    /// <param name="other">With those of another window, [H, D].</param>
    public void Add(ReadOnlySpan<float> observed, ReadOnlySpan<float> mask, ReadOnlySpan<float> imagined, ReadOnlySpan<float> other)
    {
        for (int k = 0; k < horizon; k++)
        {
            ReadOnlySpan<float> with = imagined.Slice(k * size, size), without = other.Slice(k * size, size);
            _apart += Metrics.Errors.MeanSquare(with, without);
            _predictions++;
            if (mask[k] == 0)
                continue;
            _windows[k]++;
            _true[k] += Metrics.Errors.MeanSquare(with, observed.Slice(k * size, size));
            _other[k] += Metrics.Errors.MeanSquare(without, observed.Slice(k * size, size));
        }
    }

    /// <summary>Null where nothing was observed.</summary>
    public Dependence? Result()
    {
        if (_windows.Sum() == 0)
            return null;
        double right = _true.Sum(), wrong = _other.Sum();
        return new Dependence(
            name, right > 0 ? Math.Sqrt(wrong / right) : null, Math.Sqrt(_apart / _predictions),
            [.. Enumerable.Range(0, horizon).Where(k => _windows[k] > 0).Select(k =>
                new DependenceRow(k + 1, Math.Sqrt(_true[k] / _windows[k]), Math.Sqrt(_other[k] / _windows[k])))]);
    }
}
