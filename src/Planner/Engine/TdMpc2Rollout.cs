namespace RobotWorldModel.Planner.Engine;

/// <summary>One thread's buffers, and the rollout of one block of candidates in them.</summary>
internal abstract unsafe class TdMpc2Rollout : IDisposable
{
    /// <summary>Candidates [first, first + count), over the whole horizon.</summary>
    public abstract void Block(RolloutJob job, int first, int count);

    /// <summary>Moves the state by an action.</summary>
    public abstract void Advance(ReadOnlySpan<float> action);

    /// <summary>Vectors with their masks become the state.</summary>
    public abstract void Observe(ReadOnlySpan<float> inputs);

    /// <summary>The reward that an action in the state brings.</summary>
    public abstract float Reward(ReadOnlySpan<float> action);

    /// <summary>What is still to come from the state on when the policy acts without noise.</summary>
    public abstract float Value();

    public abstract void Dispose();
}

/// <summary>
/// The states of all steps lie one behind the other in one buffer, each row a state z and behind it the action that is done there: what
/// dynamics and heads take. So rewards see the whole horizon as one matrix.
/// </summary>
internal sealed unsafe class TdMpc2Rollout<T> : TdMpc2Rollout where T : unmanaged, ILanes<T>
{
    // Of the policy: ln σ = -10 + 6 (tanh(x) + 1).
    private const float LeastLogStd = -10, HalfRange = 6;

    private readonly TdMpc2Network _net;
    private readonly NativeBuffer _start, _steps, _rewards, _values, _head, _observed;
    private readonly MlpScratch _scratch;
    private readonly nint _stride;
    private readonly int _latent, _actionSize;
    private int _rows; // of the block at hand
    private bool _givesWay;

    /// <param name="start">z where rollouts start: the engine's, the same for all threads.</param>
    public TdMpc2Rollout(TdMpc2Network net, NativeBuffer start, int blockRows, int horizon)
    {
        (_net, _start, _latent, _actionSize) = (net, start, net.Config.Latent, net.Shape.Actions);
        _stride = NativeBuffer.Stride(_latent + _actionSize);
        _steps = new((horizon + 1) * blockRows * _stride);
        (_rewards, _values, _head) = (new(horizon * blockRows), new(blockRows), new(blockRows));
        _observed = new(net.Encoder?.Inputs ?? 0);
        _scratch = new(blockRows, net.Widest);
    }

    public override void Block(RolloutJob job, int first, int count)
    {
        // Whole tiles of four rows; what fills the last one is computed from zeros and not looked at.
        int rows = (count + 3) / 4 * 4;
        nint at = (nint)first * job.Horizon * _actionSize;
        _givesWay = job.GivesWay;
        TakeStart(rows);
        for (int t = 0; t < job.Horizon; t++)
        {
            if (job.PolicyActs)
                Act(t, rows, count, job.Horizon, job.PolicyNoise is null ? null : job.PolicyNoise + at, job.Actions + at);
            else
                TakeActions(t, rows, count, job.Horizon, job.Actions + at);
            _net.Dynamics.Run<T>(rows, At(t), _scratch, At(t + 1));
            GiveWay();
        }
        if (!job.PolicyActs)
            Return(job, first, count, rows);
    }

    public override void Advance(ReadOnlySpan<float> action)
    {
        TakeStart(1);
        action.CopyTo(ActionOf(0, 0));
        _net.Dynamics.Run<T>(1, At(0), _scratch, At(1));
        new ReadOnlySpan<float>(At(1).Start, _latent).CopyTo(_start.Span);
    }

    public override void Observe(ReadOnlySpan<float> inputs)
    {
        inputs.CopyTo(_observed.Span);
        _net.Encoder!.Run<T>(1, new(_observed.Start, 0, null, 0), _scratch, new(_start.Start, 0, null, 0));
    }

    public override float Reward(ReadOnlySpan<float> action)
    {
        TakeStart(1);
        action.CopyTo(ActionOf(0, 0));
        _net.Reward.Evaluate<T>(1, At(0), _scratch, _rewards.Start);
        return *_rewards.Start;
    }

    public override float Value()
    {
        TakeStart(1);
        Value(0, 1);
        return *_values.Start;
    }

    public override void Dispose()
    {
        NativeBuffer[] buffers = [_steps, _rewards, _values, _head, _observed];
        foreach (var buffer in buffers)
            buffer.Dispose();
        _scratch.Dispose();
    }

    /// <summary>G = r₀ + γ (r₁ + γ (… + γ v_H)), rewards less costs; the sum is in double.</summary>
    private void Return(RolloutJob job, int first, int count, int rows)
    {
        var objective = job.Objective;
        Rewards(objective, job.PreviousAction, job.Horizon, rows);
        if (objective.TerminalValue)
            Value(job.Horizon, rows);
        for (int i = 0; i < count; i++)
        {
            double sum = objective.TerminalValue ? _values.Start[i] : 0;
            for (int t = job.Horizon - 1; t >= 0; t--)
                sum = _rewards.Start[(nint)t * rows + i] + objective.Discount * sum;
            job.Returns[first + i] = (float)sum;
        }
    }

    private void Rewards(Objective objective, float[] before, int horizon, int rows)
    {
        int all = horizon * rows;
        if (objective.RewardWeight == 0)
            _rewards.Span[..all].Clear();
        for (int done = 0; done < all && objective.RewardWeight != 0; done += _scratch.Rows)
        {
            int part = Math.Min(_scratch.Rows, all - done);
            _net.Reward.Evaluate<T>(part, At(0).From(done), _scratch, _rewards.Start + done);
            for (int i = done; i < done + part; i++)
                _rewards.Start[i] *= (float)objective.RewardWeight;
            GiveWay();
        }
        Costs.TakeActions(objective, before, At(0).Start + _latent, _stride, horizon, rows, _rewards.Start);
        if (objective.Latent is { } latent)
            Costs.TakeLatent(latent, At(1), horizon, rows, _rewards.Start);
    }

    /// <summary>The mean of all value heads where the policy acts without noise. All of them, where the paper draws two by lot: so the
    /// same sequence is worth the same in every round of a plan.</summary>
    private void Value(int step, int rows)
    {
        Act(step, rows, 0, 0, null, null);
        _values.Span[..rows].Clear();
        for (int q = 0; q < _net.Values.Count; q++)
        {
            _net.Values[q].Evaluate<T>(rows, At(step), _scratch, _head.Start);
            for (int i = 0; i < rows; i++)
                _values.Start[i] += _head.Start[i] / _net.Values.Count;
            GiveWay();
        }
    }

    /// <summary>The policy's actions in a step: behind the states, and of the first rows where they are asked for.</summary>
    /// <param name="noise">Shaped as the actions; null for the policy's mean.</param>
    /// <param name="actions">[rows, horizon, action]; null where they are not asked for.</param>
    private void Act(int step, int rows, int count, int horizon, float* noise, float* actions)
    {
        float* policy = _net.Policy.Run<T>(rows, At(step), _scratch);
        for (int i = 0; i < rows; i++, policy += _scratch.Stride)
        {
            var taken = ActionOf(step, i);
            nint at = ((nint)i * horizon + step) * _actionSize;
            for (int k = 0; k < _actionSize; k++)
            {
                float u = policy[k];
                if (noise is not null && i < count)
                    u += Std(policy[_actionSize + k]) * noise[at + k];
                float action;
                VectorMath.Tanh(Lane.Create(u)).Store(&action);
                taken[k] = action;
                if (i < count)
                    actions[at + k] = action;
            }
        }
    }

    private static float Std(float x)
    {
        float squeezed, std;
        VectorMath.Tanh(Lane.Create(x)).Store(&squeezed);
        VectorMath.Exp(Lane.Create(LeastLogStd + HalfRange * (squeezed + 1))).Store(&std);
        return std;
    }

    private void TakeActions(int step, int rows, int count, int horizon, float* actions)
    {
        for (int i = 0; i < rows; i++)
        {
            var taken = ActionOf(step, i);
            if (i < count)
                new ReadOnlySpan<float>(actions + ((nint)i * horizon + step) * _actionSize, _actionSize).CopyTo(taken);
            else
                taken.Clear();
        }
    }

    /// <summary>Begins a block: all of its rows are where the state is.</summary>
    private void TakeStart(int rows)
    {
        _rows = rows;
        for (int i = 0; i < rows; i++)
            _start.Span.CopyTo(new Span<float>(At(0).From(i).Start, _latent));
    }

    private void GiveWay()
    {
        if (_givesWay)
            Thread.Yield();
    }

    private Span<float> ActionOf(int step, int row) => new(At(step).From(row).Start + _latent, _actionSize);

    private Features At(int step) => new(_steps.Start + (nint)step * _rows * _stride, _stride, null, 0);
}
