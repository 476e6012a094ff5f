using RobotWorldModel.Drivers.Samples;

namespace RobotWorldModel.Runtime.Core;

/// <summary>Mean and standard deviation of wrenches, one value at a time (Welford 1962).</summary>
internal sealed class WrenchMean
{
    private readonly double[] _mean = new double[6], _squares = new double[6];

    public int Count { get; private set; }

    /// <summary>N, N·m.</summary>
    public double[] Mean => [.. _mean];

    public double[] Deviation => [.. _squares.Select(s => Count > 1 ? Math.Sqrt(s / (Count - 1)) : double.NaN)];

    public void Add(in Wrench value)
    {
        Count++;
        ReadOnlySpan<double> values = [value.Fx, value.Fy, value.Fz, value.Tx, value.Ty, value.Tz];
        for (int i = 0; i < 6; i++)
        {
            double off = values[i] - _mean[i];
            _mean[i] += off / Count;
            _squares[i] += off * (values[i] - _mean[i]);
        }
    }
}
