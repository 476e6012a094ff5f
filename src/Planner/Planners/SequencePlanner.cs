namespace RobotWorldModel.Planner.Planners;

/// <summary>
/// What the planners have in common: buffers for a number of candidates, warm start by shift, the deadline, ranking. A planner itself is
/// the one method <see cref="Search"/>.
/// </summary>
public abstract class SequencePlanner : IPlanner
{
    private readonly TimeProvider _clock;
    private readonly ulong _seed;
    private readonly float[] _memory;
    private readonly float[] _keys;
    private long _iterationNs, _begunNs;
    private int _ranked; // candidates of the newest plan's last round

    /// <param name="mostCandidates">Sequences that are scored at a time, at most.</param>
    /// <param name="remembered">Sequences that are carried from plan to plan beside the plan itself.</param>
    private protected SequencePlanner(
        int horizon, int actionSize, int mostCandidates, int remembered, ulong seed, TimeProvider? clock)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(horizon, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(actionSize, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(mostCandidates, 1);
        (Horizon, ActionSize, _seed, _clock) = (horizon, actionSize, seed, clock ?? TimeProvider.System);
        Size = horizon * actionSize;
        _memory = new float[1 + Size * (1 + remembered)];
        (Candidates, Returns) = (new float[mostCandidates * Size], new float[mostCandidates]);
        (Order, _keys) = (new int[mostCandidates], new float[mostCandidates]);
    }

    public int Horizon { get; }

    public int ActionSize { get; }

    public ReadOnlySpan<float> Actions => Best;

    public Span<float> Memory => _memory;

    /// <summary>Values of a sequence.</summary>
    private protected int Size { get; }

    /// <summary>[candidates, horizon, action].</summary>
    private protected float[] Candidates { get; }

    private protected float[] Returns { get; }

    /// <summary>Candidates from the best to the worst, as <see cref="Rank"/> left them.</summary>
    private protected int[] Order { get; }

    private protected NormalNoise Noise { get; } = new(0);

    /// <summary>The plan so far.</summary>
    private protected Span<float> Best => _memory.AsSpan(1, Size);

    /// <summary>Whether there is a plan before this one.</summary>
    private protected bool IsWarm => _memory[0] != 0;

    /// <inheritdoc/>
    public PlanResult Plan(IImagination imagination, in PlanRequest request)
    {
        if (imagination.ActionSize != ActionSize)
            throw new ArgumentException($"the planner is for {ActionSize} values an action, the model for {imagination.ActionSize}");
        ArgumentOutOfRangeException.ThrowIfNegative(request.Shift);
        _ranked = 0;
        Noise.Restart(_seed, request.Number);
        for (int at = 1; at < _memory.Length; at += Size)
            Shift(_memory.AsSpan(at, Size), request.Shift, ActionSize);
        var result = Search(imagination, request);
        _memory[0] = 1;
        return result;
    }

    /// <inheritdoc/>
    public void Reset() => Array.Clear(_memory);

    /// <summary>Returns of the newest plan's last round, the best first; the rest are not numbers.</summary>
    public void CopyBestReturns(Span<float> to)
    {
        for (int k = 0; k < to.Length; k++)
            to[k] = k < _ranked ? Returns[Order[k]] : float.NaN;
    }

    /// <summary>The planner.</summary>
    private protected abstract PlanResult Search(IImagination imagination, in PlanRequest request);

    /// <summary>One of the sequences that are carried on, shifted by now.</summary>
    private protected Span<float> Remembered(int index) => _memory.AsSpan(1 + Size * (1 + index), Size);

    private protected Span<float> Candidate(int index) => Candidates.AsSpan(index * Size, Size);

    /// <summary>
    /// Whether another iteration is wanted and would be through before the deadline, were it as long as the longest of this plan, or at
    /// first of the one before. A first one that would not is taken for half as long the next time, lest one slow plan end planning.
    /// </summary>
    private protected bool HasTime(in PlanRequest request, int done, int wanted)
    {
        long now = NowNs;
        if (done > 0)
            _iterationNs = done == 1 ? now - _begunNs : Math.Max(_iterationNs, now - _begunNs);
        _begunNs = now;
        if (done >= Math.Min(wanted, request.MostIterations))
            return false;
        if (now <= request.DeadlineNs - _iterationNs)
            return true;
        if (done == 0)
            _iterationNs /= 2;
        return false;
    }

    /// <summary>Scores the first candidates; one whose return is no number is worth less than all others.</summary>
    /// <returns>Whether any return is a number: else there is nothing to follow.</returns>
    private protected bool Score(IImagination imagination, int count)
    {
        var returns = Returns.AsSpan(0, count);
        imagination.Score(Candidates.AsSpan(0, count * Size), count, Horizon, returns);
        bool any = false;
        foreach (ref float value in returns)
        {
            if (float.IsNaN(value))
                value = float.NegativeInfinity;
            any |= !float.IsNegativeInfinity(value);
        }
        return any;
    }

    /// <summary>Puts the first candidates in <see cref="Order"/>; those of equal returns in the order in which they were drawn.</summary>
    private protected void Rank(int count)
    {
        _ranked = count;
        for (int i = 0; i < count; i++)
            (Order[i], _keys[i]) = (i, -Returns[i]);
        _keys.AsSpan(0, count).Sort(Order.AsSpan(0, count));
        for (int from = 0, to; from < count; from = to)
        {
            for (to = from + 1; to < count && _keys[to] == _keys[from]; to++)
            {
            }
            Order.AsSpan(from, to - from).Sort();
        }
    }

    /// <summary>Drops the first actions of a sequence; the last one stands for those that come in.</summary>
    internal static void Shift(Span<float> sequence, int steps, int actionSize)
    {
        int horizon = sequence.Length / actionSize;
        steps = Math.Min(steps, horizon - 1);
        sequence[(steps * actionSize)..].CopyTo(sequence);
        for (int t = horizon - steps; t < horizon; t++)
            sequence.Slice((horizon - 1 - steps) * actionSize, actionSize).CopyTo(sequence[(t * actionSize)..]);
    }

    /// <summary>candidate = mean + std · candidate, each value in [-1, 1].</summary>
    private protected static void Spread(Span<float> candidate, ReadOnlySpan<float> mean, ReadOnlySpan<float> std)
    {
        for (int i = 0; i < candidate.Length; i++)
            candidate[i] = Math.Clamp(mean[i] + std[i] * candidate[i], -1, 1);
    }

    private long NowNs => _clock.GetTimestamp() * (1_000_000_000 / _clock.TimestampFrequency);
}
