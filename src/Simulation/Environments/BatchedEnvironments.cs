namespace RobotWorldModel.Simulation.Environments;

/// <summary>
/// Many environments of one kind, stepped together on several threads. Each is on its own: what comes out does not depend on how many
/// threads there are. Used by one thread at a time.
/// </summary>
public sealed class BatchedEnvironments
{
    private readonly IEnvironment[] _environments;
    private readonly float[] _actions, _observations;
    private readonly double[] _rewards;
    private readonly bool[] _terminated, _truncated;
    private readonly ParallelOptions _threads;
    private readonly Action<int> _step;
    private readonly int _shards;

    /// <param name="one">The kind and its settings; stays the caller's.</param>
    /// <param name="count">How many, N.</param>
    /// <param name="threads">At most; 0: one a core.</param>
    /// <exception cref="ArgumentOutOfRangeException">Not even one.</exception>
    public BatchedEnvironments(IEnvironment one, int count, int threads = 0)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(threads);
        _environments = [.. Enumerable.Range(0, count).Select(_ => one.Copy())];
        (ActionSize, ObservationSize) = (one.ActionSize, one.ObservationSize);
        (_actions, _observations) = (new float[count * ActionSize], new float[count * ObservationSize]);
        (_rewards, _terminated, _truncated) = (new double[count], new bool[count], new bool[count]);
        _shards = Math.Min(count, threads == 0 ? Environment.ProcessorCount : threads);
        _threads = new() { MaxDegreeOfParallelism = _shards };
        _step = StepShard;
    }

    public int Count => _environments.Length;

    public int ActionSize { get; }

    public int ObservationSize { get; }

    /// <summary>[N, <see cref="ActionSize"/>]: to be filled before <see cref="Step"/>.</summary>
    public Span<float> Actions => _actions;

    /// <summary>[N, <see cref="ObservationSize"/>]: after the last reset or step of each.</summary>
    public ReadOnlySpan<float> Observations => _observations;

    /// <summary>[N], of the last <see cref="Step"/>.</summary>
    public ReadOnlySpan<double> Rewards => _rewards;

    /// <inheritdoc cref="StepResult.Terminated"/>
    public ReadOnlySpan<bool> Terminated => _terminated;

    /// <inheritdoc cref="StepResult.Truncated"/>
    public ReadOnlySpan<bool> Truncated => _truncated;

    /// <summary>One of them, e.g. to plan from.</summary>
    public IEnvironment this[int index] => _environments[index];

    /// <summary>All begin anew, each with its own seed.</summary>
    /// <exception cref="ArgumentException">Not N seeds.</exception>
    public void Reset(ReadOnlySpan<ulong> seeds)
    {
        if (seeds.Length != Count)
            throw new ArgumentException($"{Count} environments need as many seeds, {seeds.Length} were given", nameof(seeds));
        for (int i = 0; i < Count; i++)
            Reset(i, seeds[i]);
    }

    /// <summary>One begins anew; the others stay where they are.</summary>
    public void Reset(int index, ulong seed)
    {
        _environments[index].Reset(seed, ObservationOf(index));
        (_rewards[index], _terminated[index], _truncated[index]) = (0, false, false);
    }

    /// <summary>Each takes its action.</summary>
    /// <exception cref="ArgumentException">An action is not a number; none has been taken.</exception>
    public void Step()
    {
        for (int i = 0; i < _actions.Length; i++)
            if (float.IsNaN(_actions[i]))
                throw new ArgumentException(
                    $"{_environments[0].Name}: the action of environment {i / ActionSize} is not a number: its source is broken");
        if (_shards == 1)
            StepShard(0);
        else
            Parallel.For(0, _shards, _threads, _step);
    }

    private Span<float> ObservationOf(int index) => _observations.AsSpan(index * ObservationSize, ObservationSize);

    private void StepShard(int shard)
    {
        int end = (int)((long)Count * (shard + 1) / _shards);
        for (int i = (int)((long)Count * shard / _shards); i < end; i++)
        {
            StepResult result = _environments[i].Step(_actions.AsSpan(i * ActionSize, ActionSize), ObservationOf(i));
            (_rewards[i], _terminated[i], _truncated[i]) = (result.Reward, result.Terminated, result.Truncated);
        }
    }
}
