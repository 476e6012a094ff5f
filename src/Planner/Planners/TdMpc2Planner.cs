namespace RobotWorldModel.Planner.Planners;

/// <summary>What <see cref="TdMpc2Planner"/> searches with; the defaults are the paper's.</summary>
public sealed record TdMpc2Options
{
    public int Horizon { get; init; } = 3;

    /// <summary>N, with the policy's among them.</summary>
    public int Candidates { get; init; } = 512;

    /// <summary>M sequences that the policy acts out.</summary>
    public int PolicyCandidates { get; init; } = 24;

    /// <summary>K.</summary>
    public int Elites { get; init; } = 64;

    /// <summary>I: 6, and 8 for 20 and more values an action.</summary>
    public int? Iterations { get; init; }

    public double MostStd { get; init; } = 2;

    public double LeastStd { get; init; } = 0.05;

    /// <summary>τ, which multiplies: an inverse temperature.</summary>
    public double Temperature { get; init; } = 0.5;

    /// <summary>Add noise of the final deviation to the first action: to collect data.</summary>
    public bool Explore { get; init; }
}

/// <summary>
/// TD-MPC2's planner (Hansen et al. 2024): MPPI over elites, with the policy's own sequences among the candidates. The value at the end of
/// the horizon is the imagination's matter. One thing is not the paper's: its code counts a return that is no number as 0, which may be
/// the best; here it is worth less than all others.
/// </summary>
public sealed class TdMpc2Planner : SequencePlanner
{
    private readonly TdMpc2Options _options;
    private readonly int _iterations;
    private readonly float[] _std, _policy, _policyNoise;
    private readonly double[] _weights;

    public TdMpc2Planner(TdMpc2Options options, int actionSize, ulong seed, TimeProvider? clock = null)
        : base(options.Horizon, actionSize, options.Candidates, 1, seed, clock)
    {
        Check(options);
        (_options, _iterations) = (options, IterationsOf(options, actionSize));
        (_std, _weights) = (new float[Size], new double[options.Elites]);
        _policy = new float[options.PolicyCandidates * Size];
        _policyNoise = new float[Math.Max(_policy.Length, actionSize)];
    }

    /// <exception cref="ArgumentException">Options that cannot be.</exception>
    internal static void Check(TdMpc2Options options)
    {
        if (options.PolicyCandidates >= options.Candidates || options.Elites < 1 || options.Elites > options.Candidates)
        {
            throw new ArgumentException(
                "TD-MPC2's planner needs fewer policy sequences than candidates, and 1 ≤ elites ≤ candidates", nameof(options));
        }
    }

    internal static int IterationsOf(TdMpc2Options options, int actionSize) => options.Iterations ?? (actionSize >= 20 ? 8 : 6);

    private protected override PlanResult Search(IImagination imagination, in PlanRequest request)
    {
        var mean = Remembered(0);
        mean[(Size - Math.Min(request.Shift, Horizon) * ActionSize)..].Clear(); // what shifts in is 0 here
        if (!IsWarm)
            mean.Clear();
        _std.AsSpan().Fill((float)_options.MostStd);
        int m = imagination.HasPolicy ? _options.PolicyCandidates : 0, n = _options.Candidates, done = 0;
        float best = float.NaN, share = float.NaN;
        double sum = 0;
        for (; HasTime(request, done, _iterations); done++)
        {
            if (done == 0 && m > 0)
            {
                Noise.Fill(_policyNoise.AsSpan(0, m * Size));
                imagination.SamplePolicy(_policyNoise.AsSpan(0, m * Size), m, Horizon, _policy);
            }
            _policy.AsSpan(0, m * Size).CopyTo(Candidates);
            Noise.Fill(Candidates.AsSpan(m * Size));
            for (int i = m; i < n; i++)
                Spread(Candidate(i), mean, _std);
            if (!Score(imagination, n))
                continue;
            Rank(n);
            best = Returns[Order[0]] <= best ? best : Returns[Order[0]];
            sum = Refit(mean, out share);
        }
        if (float.IsNaN(best))
            return new(done, done == _iterations, best, share);
        // One of the elites by its weight, and its first action with the final deviation's noise where data is wanted.
        double draw = Noise.NextUniform() * sum;
        int pick = 0;
        while (pick < _options.Elites - 1 && (draw -= _weights[pick]) >= 0)
            pick++;
        Candidate(Order[pick]).CopyTo(Best);
        if (_options.Explore)
        {
            Noise.Fill(_policyNoise.AsSpan(0, ActionSize));
            for (int a = 0; a < ActionSize; a++)
                Best[a] = Math.Clamp(Best[a] + _std[a] * _policyNoise[a], -1, 1);
        }
        return new(done, done == _iterations, best, share);
    }

    /// <summary>μ and σ of the elites, each weighed by e^(τ (v - max v)).</summary>
    /// <returns>The sum of the weights.</returns>
    private double Refit(Span<float> mean, out float share)
    {
        double sum = 0, squares = 0;
        for (int k = 0; k < _weights.Length; k++)
        {
            _weights[k] = Math.Exp(_options.Temperature * ((double)Returns[Order[k]] - Returns[Order[0]]));
            sum += _weights[k];
            squares += _weights[k] * _weights[k];
        }
        for (int i = 0; i < Size; i++)
        {
            double average = 0, spread = 0;
            for (int k = 0; k < _weights.Length; k++)
                average += _weights[k] * Candidates[Order[k] * Size + i];
            average /= sum;
            for (int k = 0; k < _weights.Length; k++)
                spread += _weights[k] * Math.Pow(Candidates[Order[k] * Size + i] - average, 2);
            mean[i] = (float)average;
            _std[i] = (float)Math.Clamp(Math.Sqrt(spread / sum), _options.LeastStd, _options.MostStd);
        }
        share = (float)(sum * sum / squares / _weights.Length);
        return sum;
    }
}
