using System.Runtime.CompilerServices;
using RobotWorldModel.WorldModel.Rssm;

namespace RobotWorldModel.Planner.Engine;

/// <summary>What all threads work on: one call of <see cref="RssmEngine"/>.</summary>
internal sealed unsafe class RolloutJob
{
    /// <summary>[candidates, horizon, action]; written where the policy acts.</summary>
    public float* Actions;

    /// <summary>Of the policy, shaped as the actions; null for its mean.</summary>
    public float* PolicyNoise;

    public float* Returns;
    public int Candidates, Horizon;
    public bool PolicyActs, GivesWay;
    public Objective Objective = new();

    /// <summary>The action that led to the state.</summary>
    public required float[] PreviousAction;
}

/// <summary>One thread's buffers, and the rollout of one block of candidates in them.</summary>
internal abstract unsafe class Rollout : IDisposable
{
    /// <summary>Candidates [first, first + count), over the whole horizon.</summary>
    public abstract void Block(RolloutJob job, int first, int count);

    /// <summary>Moves the state by an action, to the mean of what is expected.</summary>
    public abstract void Advance(ReadOnlySpan<float> action);

    /// <summary>Moves the state by the action that led to an observation, and corrects it by that.</summary>
    public abstract void Correct(ReadOnlySpan<float> action, ReadOnlySpan<float> embedding);

    /// <summary>Embeds vectors with their masks.</summary>
    public abstract void Embed(ReadOnlySpan<float> inputs, Span<float> embedding);

    /// <summary>The vectors that are expected where the state is.</summary>
    public abstract void Decode(Span<float> vectors);

    /// <summary>What convolutions make of a picture.</summary>
    public abstract void EmbedPicture(int picture, ReadOnlySpan<float> planes, Span<float> features);

    /// <summary>The picture that is expected where the state is.</summary>
    public abstract void DecodePicture(int picture, Span<float> planes);

    /// <summary>Reward received on entering the state.</summary>
    public abstract float Reward();

    public abstract void Dispose();
}

/// <summary>
/// The features of all steps lie one behind the other in one buffer, first those of the start. So a step reads and writes them in place,
/// and the heads see the whole horizon as one matrix.
/// </summary>
internal sealed unsafe partial class Rollout<T> : Rollout where T : unmanaged, ILanes<T>
{
    // Hafner et al. 2020: of a policy that is a normal distribution around tanh(mean).
    private const float LeastStd = 0.1f, MostStd = 1;

    private readonly RssmNetwork _net;
    private readonly LatentState _start;
    private readonly int _groups;
    private readonly nint _stride, _gateStride, _halfStride, _inputStride;
    private readonly NativeBuffer _features, _actions, _gates, _fromInput, _fromHidden, _input, _sharedGates, _sharedInput;
    private readonly NativeBuffer _rewards, _continues, _values, _observed;
    private readonly int[] _classes;
    private readonly MlpScratch _scratch;
    private int _rows; // of the block at hand
    private bool _givesWay;

    /// <param name="start">Where rollouts start, and the noise of their steps: the engine's, the same for all threads.</param>
    public Rollout(RssmNetwork net, LatentState start, int blockRows, int horizon)
    {
        var config = net.Config;
        (_net, _start) = (net, start);
        _groups = config.Classes > 0 ? config.Stochastic : 0;
        _stride = NativeBuffer.Stride(config.Deterministic + (config.Classes > 0 ? 0 : config.Stochastic));
        _gateStride = NativeBuffer.Stride(net.ResetUpdate.Width);
        _halfStride = NativeBuffer.Stride(net.CandidateInput.Width);
        _inputStride = NativeBuffer.Stride(net.Input?.Width ?? 0);
        _features = new((horizon + 1) * blockRows * _stride);
        _classes = GC.AllocateArray<int>(Math.Max(1, (horizon + 1) * blockRows * _groups), pinned: true);
        _actions = new(horizon * blockRows * net.ActionSize);
        (_gates, _sharedGates) = (new(blockRows * _gateStride), new(_gateStride));
        (_fromInput, _fromHidden) = (new(blockRows * _halfStride), new(blockRows * _halfStride));
        _sharedInput = new(Math.Max(_halfStride, _inputStride));
        _input = new(blockRows * _inputStride);
        (_rewards, _continues, _values) = (new(horizon * blockRows), new(horizon * blockRows), new(blockRows));
        _observed = new(config.Deterministic + net.Embedding + (net.Encoder?.Inputs ?? 0));
        _scratch = new(blockRows, net.Widest);
    }

    public override void Block(RolloutJob job, int first, int count)
    {
        // Whole tiles of four rows; what fills the last one is computed from zeros and not looked at.
        int rows = (count + 3) / 4 * 4, size = job.Horizon * _net.ActionSize;
        float* actions = job.Actions + (nint)first * size;
        _givesWay = job.GivesWay;
        TakeStart(rows);
        if (!job.PolicyActs)
            CopyActions(actions, count, rows, job.Horizon);
        for (int t = 0; t < job.Horizon; t++)
        {
            if (job.PolicyActs)
                Act(actions, job.PolicyNoise is null ? null : job.PolicyNoise + (nint)first * size, t, count, rows, job.Horizon);
            Recur(t, rows, shared: t == 0 && !job.PolicyActs);
            Sample(_net.Prior.Run<T>(rows, At(t + 1), _scratch), _start.NoiseAt(t), rows, At(t + 1));
            GiveWay();
        }
        if (!job.PolicyActs)
            Return(job, first, count, rows);
    }

    /// <summary>From the features of step t and its actions to h of step t + 1.</summary>
    /// <param name="shared">All rows are at the start: what it contributes is computed for one.</param>
    private void Recur(int t, int rows, bool shared)
    {
        var config = _net.Config;
        var (from, to) = (At(t), At(t + 1));
        int d = config.Deterministic, a = _net.ActionSize, s = config.Classes > 0 ? 0 : config.Stochastic;
        var h = new Segment(from.Start, shared ? 0 : from.Stride, d);
        var hs = new Segment(h.Start, h.Stride, d + s);
        var latent = new Segment(h.Start + d, h.Stride, s);
        var action = new Segment(_actions.Start + (nint)t * rows * a, a, a);
        if (_net.Input is { } input)
        {
            Apply(input, rows, latent, action, from, _sharedInput.Start, _input.Start, _inputStride, shared, config.Activation);
            var x = new Segment(_input.Start, _inputStride, config.InputLayer);
            Apply(_net.ResetUpdate, rows, h, x, from, _sharedGates.Start, _gates.Start, _gateStride, shared);
            _net.CandidateInput.Multiply<T>(rows, x, default, 0, _net.CandidateInput.Bias, 0, _fromInput.Start, _halfStride);
        }
        else
        {
            Apply(_net.ResetUpdate, rows, hs, action, from, _sharedGates.Start, _gates.Start, _gateStride, shared);
            Apply(_net.CandidateInput, rows, latent, action, from, _sharedInput.Start, _fromInput.Start, _halfStride, shared);
        }
        var hidden = _net.CandidateHidden;
        hidden.Multiply<T>(shared ? 1 : rows, h, default, 0, hidden.Bias, 0, _fromHidden.Start, _halfStride);
        // h first: the last vector of a row reaches into the values of s, which come after it.
        Rows.Gates<T>(rows, d, _gates.Start, _gateStride, _fromInput.Start, _halfStride, _fromHidden.Start, shared ? 0 : _halfStride,
            h.Start, h.Stride, to.Start, to.Stride);
    }

    /// <summary>A layer on a part that the state makes, dense or one-hot, and a part that differs from row to row.</summary>
    private void Apply(
        Dense layer, int rows, Segment state, Segment rest, Features features, float* row, float* c, nint stride, bool shared,
        Activation? end = null)
    {
        float* init = layer.Bias;
        nint initStride = 0;
        if (layer.Gathers)
        {
            layer.Gather<T>(shared ? 1 : rows, features.Classes, features.Groups, shared ? row : c, stride);
            init = shared ? row : c;
            initStride = shared ? 0 : stride;
        }
        if (!shared)
        {
            layer.Multiply<T>(rows, state, rest, 0, init, initStride, c, stride, end);
            return;
        }
        layer.Multiply<T>(1, state, default, 0, init, 0, row, stride);
        layer.Multiply<T>(rows, rest, default, state.Count, row, 0, c, stride, end);
    }

    /// <summary>s from what prior or posterior says, in the scratch.</summary>
    private void Sample(float* latent, float* noise, int rows, Features to)
    {
        var config = _net.Config;
        if (config.Classes > 0)
            Rows.Classes(rows, config.Stochastic, config.Classes, latent, _scratch.Stride, config.Unimix, noise, to.Classes);
        else
        {
            Rows.Gaussian<T>(rows, config.Stochastic, latent, _scratch.Stride, config.MinStd, noise, to.Start + config.Deterministic,
                to.Stride);
        }
    }

    /// <summary>
    /// G = r₁ + γ c₁ (r₂ + γ c₂ (… + γ c_H v)), rewards less costs received on entering a step; the sum is in double.
    /// </summary>
    private void Return(RolloutJob job, int first, int count, int rows)
    {
        var objective = job.Objective;
        bool continues = objective.Continues, value = objective.TerminalValue;
        if (objective.RewardWeight == 0)
            _rewards.Span[..(job.Horizon * rows)].Clear();
        else
            Evaluate(_net.Reward, 1, job.Horizon, rows, _rewards.Start);
        TakeCosts(job, rows);
        if (continues)
            Evaluate(_net.Continues!, 1, job.Horizon, rows, _continues.Start);
        if (value)
            Evaluate(_net.Value!, job.Horizon, 1, rows, _values.Start);
        for (int i = 0; i < count; i++)
        {
            double sum = value ? _values.Start[i] : 0;
            for (int t = job.Horizon - 1; t >= 0; t--)
            {
                nint at = (nint)t * rows + i;
                bool followed = t < job.Horizon - 1 || value;
                double keeps = !followed ? 0 : !continues ? 1 : 1 / (1 + Math.Exp(-(double)_continues.Start[at]));
                sum = _rewards.Start[at] + objective.Discount * keeps * sum;
            }
            job.Returns[first + i] = (float)sum;
        }
    }

    /// <summary>A head on the features of some steps, which lie one behind the other: one matrix, taken in parts that fit.</summary>
    /// <param name="values">[steps, rows].</param>
    private void Evaluate(ScalarHead head, int from, int steps, int rows, float* values)
    {
        var features = At(from);
        for (int done = 0; done < steps * rows; done += _scratch.Rows)
        {
            head.Evaluate<T>(Math.Min(_scratch.Rows, steps * rows - done), features.From(done), _scratch, values + done);
            GiveWay();
        }
    }

    private void GiveWay()
    {
        if (_givesWay)
            Thread.Yield();
    }

    private void Act(float* actions, float* noise, int t, int count, int rows, int horizon)
    {
        int size = _net.ActionSize;
        float* policy = _net.Actor!.Run<T>(rows, At(t), _scratch);
        float* taken = _actions.Start + (nint)t * rows * size;
        for (int i = 0; i < rows; i++, policy += _scratch.Stride, taken += size)
        {
            nint at = ((nint)i * horizon + t) * size;
            for (int k = 0; k < size; k++)
            {
                VectorMath.Tanh(Lane.Create(policy[k])).Store(taken + k);
                if (noise is not null && i < count)
                {
                    float std;
                    VectorMath.Sigmoid(Lane.Create(policy[size + k] + 2)).Store(&std);
                    taken[k] = Math.Clamp(taken[k] + (LeastStd + (MostStd - LeastStd) * std) * noise[at + k], -1, 1);
                }
                if (i < count)
                    actions[at + k] = taken[k];
            }
        }
    }

    /// <summary>Begins a block: all of its rows are where the state is.</summary>
    private void TakeStart(int rows)
    {
        _rows = rows;
        for (int i = 0; i < rows; i++)
        {
            var row = At(0).From(i);
            _start.Features.CopyTo(new Span<float>(row.Start, _start.Features.Length));
            _start.Classes.CopyTo(new Span<int>(row.Classes, _groups));
        }
    }

    private void CopyActions(float* actions, int count, int rows, int horizon)
    {
        int size = _net.ActionSize;
        for (int t = 0; t < horizon; t++)
        {
            float* to = _actions.Start + (nint)t * rows * size;
            for (int i = 0; i < rows; i++, to += size)
            {
                var row = new Span<float>(to, size);
                if (i < count)
                    new ReadOnlySpan<float>(actions + ((nint)i * horizon + t) * size, size).CopyTo(row);
                else
                    row.Clear();
            }
        }
    }

    private Features At(int t)
    {
        int* classes = (int*)Unsafe.AsPointer(ref _classes[0]);
        return new(_features.Start + (nint)t * _rows * _stride, _stride, classes + (nint)t * _rows * _groups, _groups);
    }

    public override void Dispose()
    {
        NativeBuffer[] buffers = [_features, _actions, _gates, _fromInput, _fromHidden, _input, _sharedGates, _sharedInput, _rewards,
            _continues, _values, _observed];
        foreach (var buffer in buffers)
            buffer.Dispose();
        _scratch.Dispose();
    }
}
