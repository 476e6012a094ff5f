using RobotWorldModel.Simulation.Environments;

namespace RobotWorldModel.Simulation.Tests.Environments;

/// <summary>
/// Plans an environment by the cross-entropy method in its own dynamics, as PlaNet's planner does it (Hafner et al., 2019, algorithm 2),
/// with the plan before, shifted, as the start of the next.
/// </summary>
internal sealed class TrueDynamicsCem(IEnvironment environment, int horizon, int candidates, int elite, int iterations)
{
    private const double FirstDeviation = 1;
    private readonly int _width = horizon * environment.ActionSize;
    private readonly IEnvironment _imagined = environment.Copy();
    private readonly float[] _plans = new float[candidates * horizon * environment.ActionSize];
    private readonly double[] _returns = new double[candidates];
    private readonly int[] _order = new int[candidates];

    /// <summary>The return of one episode.</summary>
    public double Run(ulong seed)
    {
        var random = new EpisodeRandom(seed ^ 0xC0FFEE);
        double[] mean = new double[_width];
        float[] action = new float[environment.ActionSize];
        double sum = 0;
        environment.Reset(seed, default);
        for (int t = 0; t < environment.Decisions; t++)
        {
            Plan(mean, ref random);
            for (int i = 0; i < action.Length; i++)
                action[i] = (float)mean[i];
            sum += environment.Step(action, default).Reward;
            mean.AsSpan(action.Length).CopyTo(mean);
            mean.AsSpan(_width - action.Length).Clear();
        }
        return sum;
    }

    private void Plan(double[] mean, ref EpisodeRandom random)
    {
        double[] deviation = new double[_width];
        Array.Fill(deviation, FirstDeviation);
        for (int iteration = 0; iteration < iterations; iteration++)
        {
            for (int i = 0; i < _plans.Length; i++)
                _plans[i] = (float)Math.Clamp(mean[i % _width] + deviation[i % _width] * random.Normal(), -1, 1);
            for (int n = 0; n < candidates; n++)
                (_returns[n], _order[n]) = (-Imagine(_plans.AsSpan(n * _width, _width)), n);
            Array.Sort(_returns, _order); // the best first
            for (int i = 0; i < _width; i++)
                (mean[i], deviation[i]) = Refit(i);
        }
    }

    private (double Mean, double Deviation) Refit(int column)
    {
        double sum = 0, squares = 0;
        for (int k = 0; k < elite; k++)
            sum += _plans[_order[k] * _width + column];
        for (int k = 0; k < elite; k++)
            squares += Math.Pow(_plans[_order[k] * _width + column] - sum / elite, 2);
        return (sum / elite, Math.Sqrt(squares / elite + 1e-6));
    }

    private double Imagine(ReadOnlySpan<float> plan)
    {
        double sum = 0;
        _imagined.CopyFrom(environment);
        for (int t = 0; t < plan.Length; t += environment.ActionSize)
            sum += _imagined.Step(plan.Slice(t, environment.ActionSize), default).Reward;
        return sum;
    }
}
