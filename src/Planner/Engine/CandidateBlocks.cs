namespace RobotWorldModel.Planner.Engine;

/// <summary>
/// A plan's candidates in blocks of rows on a team of threads: as many blocks of one size for each, taken as threads get to them. Not for
/// several callers at a time.
/// </summary>
internal sealed unsafe class CandidateBlocks : IDisposable
{
    private readonly EngineOptions _options;
    private readonly ThreadTeam _team;
    private readonly RolloutJob _job;
    private readonly Action<int, RolloutJob, int, int> _block;
    private int _blockRows, _nextBlock;

    /// <param name="actionSize">Values of an action.</param>
    /// <param name="block">Rolls out candidates [first, first + count) on a member of the team: member, job, first, count.</param>
    /// <exception cref="ArgumentException">Blocks of a size that no tile fits.</exception>
    public CandidateBlocks(EngineOptions options, int actionSize, Action<int, RolloutJob, int, int> block)
    {
        if (options.BlockRows < 12 || options.BlockRows % 12 != 0)
            throw new ArgumentException($"a block of {options.BlockRows} candidates: a multiple of 12 is needed");
        (_options, _block) = (options, block);
        _job = new() { PreviousAction = new float[actionSize] };
        _team = new ThreadTeam(options.Threads, Work, options.Nice);
    }

    /// <summary>The action that led to the state, zeros at first.</summary>
    public float[] PreviousAction => _job.PreviousAction;

    /// <inheritdoc cref="IImagination.Score"/>
    public void Score(ReadOnlySpan<float> actions, int candidates, int horizon, Span<float> returns, Objective objective)
    {
        Check(actions.Length, candidates, horizon);
        if (returns.Length != candidates)
            throw new ArgumentException($"{candidates} candidates, but room for {returns.Length} returns");
        _job.Objective = objective;
        fixed (float* a = actions, r = returns)
        {
            Run(a, null, r, candidates, horizon);
        }
    }

    /// <inheritdoc cref="IImagination.SamplePolicy"/>
    public void Act(ReadOnlySpan<float> noise, int candidates, int horizon, Span<float> actions)
    {
        Check(actions.Length, candidates, horizon);
        if (!noise.IsEmpty && noise.Length != actions.Length)
            throw new ArgumentException($"{actions.Length} values of actions, but {noise.Length} of noise");
        fixed (float* a = actions, n = noise)
        {
            Run(a, n, null, candidates, horizon);
        }
    }

    public void Dispose() => _team.Dispose();

    private void Check(int actions, int candidates, int horizon)
    {
        int size = PreviousAction.Length;
        if (actions != candidates * horizon * size)
        {
            throw new ArgumentException($"{candidates} candidates of {horizon} steps of {size} values are "
                + $"{candidates * horizon * size} values; {actions} were given");
        }
        if (horizon > _options.MostSteps)
            throw new ArgumentException($"{horizon} steps: the engine was made for {_options.MostSteps}");
    }

    private void Run(float* actions, float* policyNoise, float* returns, int candidates, int horizon)
    {
        _job.Actions = actions;
        _job.PolicyNoise = policyNoise;
        _job.Returns = returns;
        (_job.PolicyActs, _job.GivesWay) = (returns is null, _options.GivesWay);
        (_job.Candidates, _job.Horizon, _nextBlock) = (candidates, horizon, 0);
        // As many blocks of one size for each thread; whole tiles.
        int each = (candidates + _team.Count - 1) / _team.Count;
        int blocks = Math.Max(1, (each + _options.BlockRows - 1) / _options.BlockRows);
        _blockRows = Math.Max(4, ((each + blocks - 1) / blocks + 3) / 4 * 4);
        _team.Run();
    }

    private void Work(int member)
    {
        while (true)
        {
            int first = (Interlocked.Increment(ref _nextBlock) - 1) * _blockRows;
            if (first >= _job.Candidates)
                return;
            _block(member, _job, first, Math.Min(_blockRows, _job.Candidates - first));
        }
    }
}
