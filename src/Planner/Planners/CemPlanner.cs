namespace RobotWorldModel.Planner.Planners;

/// <summary>What <see cref="CemPlanner"/> searches with. As it is, PlaNet's (Hafner et al. 2019).</summary>
public sealed record CemOptions
{
    public int Horizon { get; init; } = 12;

    /// <summary>N, of the first iteration.</summary>
    public int Candidates { get; init; } = 1000;

    /// <summary>K, the best ones that the distribution is fitted to.</summary>
    public int Elites { get; init; } = 100;

    public int Iterations { get; init; } = 10;

    /// <summary>σ at first, in units of an action's range to either side.</summary>
    public double Std { get; init; } = 1;

    /// <summary>σ is never less.</summary>
    public double LeastStd { get; init; }

    /// <summary>Share of the old μ and σ in the new ones.</summary>
    public double Momentum { get; init; }

    /// <summary>Begin at the mean of the plan before, shifted; else at 0.</summary>
    public bool WarmStart { get; init; }

    /// <summary>β of noise whose power falls as 1 / f^β along the horizon; 0 is white.</summary>
    public double NoiseExponent { get; init; }

    /// <summary>γ: iteration i draws max(N γ^-i, 2 K) candidates.</summary>
    public double Decay { get; init; } = 1;

    /// <summary>Share of the elites that stay among the candidates, in the next iteration and, shifted, in the next plan.</summary>
    public double KeptElites { get; init; }

    /// <summary>μ itself is a candidate in the last iteration.</summary>
    public bool MeanLast { get; init; }

    /// <summary>The plan is the best sequence that was imagined; else the mean.</summary>
    public bool ReturnBest { get; init; }

    /// <summary>iCEM (Pinneri et al. 2020) with a small budget.</summary>
    public static CemOptions Improved { get; } = new()
    {
        Horizon = 30,
        Candidates = 100,
        Elites = 10,
        Iterations = 3,
        Std = 0.5,
        Momentum = 0.1,
        WarmStart = true,
        NoiseExponent = 2,
        Decay = 1.25,
        KeptElites = 0.3,
        MeanLast = true,
        ReturnBest = true,
    };
}

/// <summary>
/// The cross-entropy method: draw sequences from a normal distribution, score them, fit the distribution to the best. With the options of
/// iCEM (Pinneri et al. 2020), numbered as there. The standard deviation is that of the elites as a population (divided by K).
/// </summary>
public sealed class CemPlanner : SequencePlanner
{
    private readonly CemOptions _options;
    private readonly ColoredNoise _colored;
    private readonly int _kept;
    private readonly float[] _std;

    public CemPlanner(CemOptions options, int actionSize, ulong seed, TimeProvider? clock = null)
        : base(options.Horizon, actionSize, options.Candidates + Kept(options) + 1, 1 + Kept(options), seed, clock)
    {
        Check(options);
        (_options, _kept) = (options, Kept(options));
        _colored = new(options.NoiseExponent, options.Horizon, actionSize);
        _std = new float[Size];
    }

    /// <exception cref="ArgumentException">Options that cannot be.</exception>
    internal static void Check(CemOptions options)
    {
        if (options.Elites < 1 || options.Elites > options.Candidates || options.Decay < 1 || options.KeptElites is < 0 or > 1
            || options.Momentum is < 0 or >= 1)
        {
            throw new ArgumentException(
                "CEM needs 1 ≤ elites ≤ candidates, a decay of 1 or more, and shares within [0, 1]", nameof(options));
        }
    }

    /// <summary>Candidates that an iteration draws.</summary>
    internal static int Drawn(CemOptions options, int iteration)
    {
        int least = Math.Min(2 * options.Elites, options.Candidates);
        return (int)Math.Max(options.Candidates * Math.Pow(options.Decay, -iteration), least);
    }

    private protected override PlanResult Search(IImagination imagination, in PlanRequest request)
    {
        var mean = Remembered(0);
        if (!_options.WarmStart)
            mean.Clear();
        _std.AsSpan().Fill((float)_options.Std);
        float best = float.NaN;
        int done = 0;
        for (; HasTime(request, done, _options.Iterations); done++)
        {
            int count = Draw(mean, done);
            if (!Score(imagination, count))
                continue;
            Rank(count);
            if (!(Returns[Order[0]] <= best)) // better, or the first
            {
                best = Returns[Order[0]];
                if (_options.ReturnBest)
                    Candidate(Order[0]).CopyTo(Best);
            }
            Refit(mean, Math.Min(_options.Elites, count));
            for (int k = 0; k < _kept; k++)
                Candidate(Order[k]).CopyTo(Remembered(1 + k));
            if (!_options.ReturnBest)
                mean.CopyTo(Best);
        }
        return new(done, done == _options.Iterations, best, float.NaN);
    }

    /// <summary>New candidates (1), fewer each time (2), then elites of the iteration or plan before (3), at last the mean (4).</summary>
    private int Draw(ReadOnlySpan<float> mean, int iteration)
    {
        int count = Drawn(_options, iteration);
        _colored.Fill(Noise, Candidates.AsSpan(0, count * Size));
        for (int i = 0; i < count; i++)
            Spread(Candidate(i), mean, _std);
        if (iteration > 0 || (IsWarm && _options.WarmStart))
        {
            for (int k = 0; k < _kept; k++, count++)
            {
                Remembered(1 + k).CopyTo(Candidate(count));
                if (iteration == 0)
                    DrawLastAction(Candidate(count), mean);
            }
        }
        if (_options.MeanLast && iteration == _options.Iterations - 1)
            mean.CopyTo(Candidate(count++));
        return count;
    }

    private void DrawLastAction(Span<float> sequence, ReadOnlySpan<float> mean)
    {
        int last = Size - ActionSize;
        Noise.Fill(sequence[last..]);
        Spread(sequence[last..], mean[last..], _std.AsSpan(last));
    }

    private void Refit(Span<float> mean, int elites)
    {
        for (int i = 0; i < Size; i++)
        {
            double sum = 0, squares = 0;
            for (int k = 0; k < elites; k++)
                sum += Candidates[Order[k] * Size + i];
            double average = sum / elites;
            for (int k = 0; k < elites; k++)
                squares += Math.Pow(Candidates[Order[k] * Size + i] - average, 2);
            mean[i] = (float)(_options.Momentum * mean[i] + (1 - _options.Momentum) * average);
            double std = _options.Momentum * _std[i] + (1 - _options.Momentum) * Math.Sqrt(squares / elites);
            _std[i] = (float)Math.Max(std, _options.LeastStd);
        }
    }

    private static int Kept(CemOptions options) => (int)(options.KeptElites * options.Elites);
}
