namespace RobotWorldModel.Planner.Planners;

/// <summary>What <see cref="BestOfPolicyPlanner"/> searches with.</summary>
public sealed record BestOfPolicyOptions
{
    public int Horizon { get; init; } = 15;

    /// <summary>Sequences that the policy acts out, the first without noise.</summary>
    public int Candidates { get; init; } = 64;
}

/// <summary>Lets the policy act out several sequences and takes the one that is imagined to be worth most.</summary>
public sealed class BestOfPolicyPlanner : SequencePlanner
{
    private readonly float[] _noise;

    public BestOfPolicyPlanner(BestOfPolicyOptions options, int actionSize, ulong seed, TimeProvider? clock = null)
        : base(options.Horizon, actionSize, options.Candidates, 0, seed, clock) => _noise = new float[Candidates.Length];

    private protected override PlanResult Search(IImagination imagination, in PlanRequest request)
    {
        if (!HasTime(request, 0, 1))
            return new(0, false, float.NaN, float.NaN);
        Noise.Fill(_noise);
        _noise.AsSpan(0, Size).Clear();
        imagination.SamplePolicy(_noise, Returns.Length, Horizon, Candidates);
        bool scored = Score(imagination, Returns.Length);
        HasTime(request, 1, 1); // how long it took
        if (!scored)
            return new(1, true, float.NaN, float.NaN);
        Rank(Returns.Length);
        Candidate(Order[0]).CopyTo(Best);
        return new(1, true, Returns[Order[0]], float.NaN);
    }
}

/// <summary>The policy alone, without noise: nothing is scored.</summary>
public sealed class PolicyPlanner(int horizon, int actionSize, TimeProvider? clock = null)
    : SequencePlanner(horizon, actionSize, 1, 0, 0, clock)
{
    private protected override PlanResult Search(IImagination imagination, in PlanRequest request)
    {
        if (!HasTime(request, 0, 1))
            return new(0, false, float.NaN, float.NaN);
        imagination.SamplePolicy([], 1, Horizon, Best);
        HasTime(request, 1, 1); // how long it took
        return new(1, true, float.NaN, float.NaN);
    }
}
