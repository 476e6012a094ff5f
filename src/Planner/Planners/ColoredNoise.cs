namespace RobotWorldModel.Planner.Planners;

/// <summary>
/// Noise along the horizon whose power falls as 1 / f^β: with β of 2 and more neighbouring actions go the same way, and a candidate gets
/// somewhere (iCEM, Pinneri et al. 2020, section 3.1). Timmer and König's method, unit variance but for the constant part.
/// </summary>
public sealed class ColoredNoise
{
    private readonly int _horizon, _actionSize;
    private readonly double[]? _shape; // [step, variate]: the inverse transform of the weighted spectrum, a matrix
    private readonly float[] _white;

    /// <param name="exponent">β; 0 is white noise.</param>
    public ColoredNoise(double exponent, int horizon, int actionSize)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(exponent);
        (_horizon, _actionSize) = (horizon, actionSize);
        _white = new float[horizon * actionSize];
        if (exponent == 0 || horizon == 1)
            return;
        _shape = new double[horizon * horizon];
        int last = horizon / 2;
        double[] weights = [.. Enumerable.Range(0, last + 1).Select(k => Math.Pow(Math.Max(k, 1) / (double)horizon, -exponent / 2))];
        double power = 0;
        for (int k = 1; k <= last; k++)
            power += Math.Pow(weights[k] * (k == last ? (1 + horizon % 2) / 2.0 : 1), 2);
        double scale = 2 * Math.Sqrt(power); // times 1 / H, which the inverse transform has too
        for (int t = 0; t < horizon; t++)
        {
            int variate = 0;
            for (int k = 0; k <= last; k++)
            {
                bool real = k == 0 || 2 * k == horizon; // no imaginary part, and no mirror image
                double weight = (real ? 1 : 2) * weights[k] / scale, angle = 2 * Math.PI * k * t / horizon;
                _shape[t * horizon + variate++] = weight * Math.Cos(angle);
                if (!real)
                    _shape[t * horizon + variate++] = -weight * Math.Sin(angle);
            }
        }
    }

    /// <summary>The matrix [horizon, horizon] that makes such noise of white one; null where it stays white.</summary>
    internal IReadOnlyList<double>? Shape => _shape;

    /// <summary>Fills [count, horizon, action].</summary>
    public void Fill(NormalNoise noise, Span<float> values)
    {
        noise.Fill(values);
        if (_shape is null)
            return;
        for (; !values.IsEmpty; values = values[_white.Length..])
        {
            values[.._white.Length].CopyTo(_white);
            for (int t = 0; t < _horizon; t++)
            {
                var row = _shape.AsSpan(t * _horizon, _horizon);
                for (int a = 0; a < _actionSize; a++)
                {
                    double sum = 0;
                    for (int k = 0; k < row.Length; k++)
                        sum += row[k] * _white[k * _actionSize + a];
                    values[t * _actionSize + a] = (float)sum;
                }
            }
        }
    }
}
