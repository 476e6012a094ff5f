namespace RobotWorldModel.Bench;

/// <summary>Percentiles of a set of values, the sample at rank ceil(share · n): never one that was not measured.</summary>
internal sealed class Distribution
{
    private readonly double[] _sorted;

    /// <exception cref="InvalidOperationException">There is nothing to judge.</exception>
    public Distribution(IEnumerable<double> values, string what)
    {
        _sorted = [.. values];
        if (_sorted.Length == 0)
            throw new InvalidOperationException($"{what}: nothing was measured; measure for longer");
        Array.Sort(_sorted);
    }

    public int Count => _sorted.Length;

    public double Median => At(0.5);

    public double P99 => At(0.99);

    public double Max => _sorted[^1];

    private double At(double share) => _sorted[Math.Max(0, (int)Math.Ceiling(share * _sorted.Length) - 1)];
}
