namespace RobotWorldModel.Planner.Planners;

/// <summary>What <see cref="MppiPlanner"/> searches with.</summary>
public sealed record MppiOptions
{
    public int Horizon { get; init; } = 15;

    public int Candidates { get; init; } = 512;

    /// <summary>Rounds of one update each: one in the paper.</summary>
    public int Iterations { get; init; } = 1;

    /// <summary>σ of the noise on each value of an action.</summary>
    public double Std { get; init; } = 0.5;

    /// <summary>λ, in units of the return: towards 0 only the best counts, towards infinity all count alike.</summary>
    public double Temperature { get; init; } = 0.1;

    /// <summary>
    /// Share of the paper's cost of control λ Σ uᵀ Σ⁻¹ ε, 0 to 1: 1 is what its derivation has, 0 leaves it out.
    /// </summary>
    public double ControlCost { get; init; } = 1;

    /// <summary>β of noise whose power falls as 1 / f^β along the horizon; 0 is white, as in the paper.</summary>
    public double NoiseExponent { get; init; }
}

/// <summary>
/// Model predictive path integral control (Williams et al. 2017, information-theoretic form): the plan moves by the noise of all
/// candidates, each weighed by e^(-cost / λ). Noise counts as it was executed, within the action's range.
/// </summary>
public sealed class MppiPlanner : SequencePlanner
{
    private readonly MppiOptions _options;
    private readonly ColoredNoise _colored;
    private readonly double[] _weights;

    public MppiPlanner(MppiOptions options, int actionSize, ulong seed, TimeProvider? clock = null)
        : base(options.Horizon, actionSize, options.Candidates, 0, seed, clock)
    {
        if (!(options.Temperature > 0) || !(options.Std > 0))
            throw new ArgumentException("MPPI needs a temperature and a standard deviation above 0", nameof(options));
        _options = options;
        _colored = new(options.NoiseExponent, options.Horizon, actionSize);
        _weights = new double[options.Candidates];
    }

    private protected override PlanResult Search(IImagination imagination, in PlanRequest request)
    {
        int n = _options.Candidates, done = 0;
        float best = float.NaN, share = float.NaN;
        for (; HasTime(request, done, _options.Iterations); done++)
        {
            // ε = clip(U + ε) - U, held as the sequence U + ε itself.
            _colored.Fill(Noise, Candidates);
            foreach (ref float value in Candidates.AsSpan())
                value *= (float)_options.Std;
            for (int i = 0; i < n; i++)
                Add(Candidate(i), Best);
            if (!Score(imagination, n))
                continue;
            double least = double.PositiveInfinity, sum = 0, squares = 0;
            for (int i = 0; i < n; i++)
            {
                _weights[i] = -Returns[i] + ControlCost(Candidate(i));
                least = Math.Min(least, _weights[i]);
                best = Returns[i] <= best ? best : Returns[i];
            }
            foreach (ref double weight in _weights.AsSpan())
            {
                weight = Math.Exp(-(weight - least) / _options.Temperature);
                sum += weight;
                squares += weight * weight;
            }
            share = (float)(sum * sum / squares / n);
            // U + Σ w ε / Σ w is the weighted mean of U + ε.
            for (int k = 0; k < Size; k++)
            {
                double mean = 0;
                for (int i = 0; i < n; i++)
                    mean += _weights[i] * Candidates[i * Size + k];
                Best[k] = (float)(mean / sum);
            }
        }
        return new(done, done == _options.Iterations, best, share);
    }

    /// <summary>λ Σ_t u_tᵀ Σ⁻¹ ε_t, times the share of it that is wanted.</summary>
    private double ControlCost(ReadOnlySpan<float> candidate)
    {
        double sum = 0;
        if (_options.ControlCost > 0)
            for (int k = 0; k < Size; k++)
                sum += (double)Best[k] * (candidate[k] - Best[k]);
        return _options.ControlCost * _options.Temperature * sum / (_options.Std * _options.Std);
    }

    private static void Add(Span<float> noise, ReadOnlySpan<float> plan)
    {
        for (int k = 0; k < noise.Length; k++)
            noise[k] = Math.Clamp(plan[k] + noise[k], -1, 1);
    }
}
