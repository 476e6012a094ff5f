using TorchSharp;
using static TorchSharp.torch;

namespace RobotWorldModel.Planner.Torch;

/// <summary>
/// A model's imagination as operations on tensors of one shape, on any device: nothing in it depends on a value, so that it can be recorded
/// in a CUDA graph. What changes from plan to plan (state, action before, noise) lies in tensors that are filled in place.
/// </summary>
public abstract class TensorImagination : IDisposable
{
    private readonly PinnedBuffer _state;
    private Tensor? _discounts;

    private protected TensorImagination(int stateSize, int actionSize, Device device, ScalarType type)
    {
        (ActionSize, Device, Type, StateSize) = (actionSize, device, type, stateSize);
        _state = new PinnedBuffer(stateSize + actionSize, device, type);
    }

    public int ActionSize { get; }

    /// <summary>Values of a state.</summary>
    public int StateSize { get; }

    public Device Device { get; }

    /// <summary>float32, or float64 to check against.</summary>
    public ScalarType Type { get; }

    public abstract bool HasPolicy { get; }

    /// <summary>What a sequence is worth. Set it before a planner records what it does.</summary>
    /// <exception cref="ArgumentException">It needs what the model does not have, or has costs of another size.</exception>
    public Objective Objective
    {
        get => field;
        set
        {
            Check(value);
            field = value;
            _discounts?.Dispose();
            _discounts = null;
        }
    } = new();

    /// <summary>[state size], where sequences start.</summary>
    private protected Tensor State => _state.Device.narrow(0, 0, StateSize);

    /// <summary>[A].</summary>
    private protected Tensor ActionBefore => _state.Device.narrow(0, StateSize, ActionSize);

    /// <summary>Where the next plan starts, as the CPU engine's state: an RSSM's h and s, a TD-MPC2's z; and the action before.</summary>
    /// <exception cref="ArgumentException">They are of another size.</exception>
    public void SetState(ReadOnlySpan<float> state, ReadOnlySpan<float> actionBefore)
    {
        if (state.Length != StateSize || actionBefore.Length != ActionSize)
        {
            throw new ArgumentException($"a state of this model has {StateSize} values and an action {ActionSize}; "
                + $"{state.Length} and {actionBefore.Length} were given");
        }
        state.CopyTo(_state.Host);
        actionBefore.CopyTo(_state.Host[StateSize..]);
    }

    /// <summary>What each sequence is worth: actions [N, H, A], each value in [-1, 1] → [N].</summary>
    public abstract Tensor Score(Tensor actions);

    /// <summary>Lets the policy act from the state on: noise [N, H, A] → actions [N, H, A].</summary>
    public abstract Tensor SamplePolicy(Tensor noise);

    public virtual void Dispose()
    {
        _discounts?.Dispose();
        _state.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Sends what was set to the device; a planner does so itself.</summary>
    public virtual void Upload() => _state.Upload();

    private protected abstract void Check(Objective objective);

    /// <summary>G = Σ γ^t r_t (+ γ^H v), all steps of a plan at once: rewards [N, H], value [N] or null → [N].</summary>
    private protected Tensor Discounted(Tensor rewards, Tensor? value)
    {
        int horizon = (int)rewards.shape[1];
        var discounts = Discounts(horizon);
        var sum = (rewards * discounts.narrow(0, 0, horizon)).sum(1L);
        return value is null ? sum : sum + value * discounts.select(0, horizon);
    }

    /// <summary>Rewards less what actions [N, H, A] and their changes cost.</summary>
    private protected Tensor TakeActions(Tensor rewards, Tensor actions)
    {
        if (Objective.ActionCost != 0)
            rewards = rewards - actions.square().sum(-1L) * Objective.ActionCost;
        if (Objective.ActionChangeCost != 0)
        {
            var before = ActionBefore.reshape(1, 1, ActionSize).expand(actions.shape[0], 1, ActionSize);
            var earlier = cat([before, actions.narrow(1, 0, actions.shape[1] - 1)], 1);
            rewards = rewards - (actions - earlier).square().sum(-1L) * Objective.ActionChangeCost;
        }
        return rewards;
    }

    /// <summary>Rewards less a cost [N, H] of each step, or of the last one alone.</summary>
    private protected static Tensor Take(Tensor rewards, Tensor cost, bool atEndOnly)
    {
        if (!atEndOnly)
            return rewards - cost;
        long horizon = rewards.shape[1];
        return cat([rewards.narrow(1, 0, horizon - 1), rewards.narrow(1, horizon - 1, 1) - cost.narrow(1, horizon - 1, 1)], 1);
    }

    private protected Tensor Constant(ReadOnlySpan<float> values) =>
        tensor(values.ToArray(), [values.Length], dtype: Type, device: Device).DetachFromDisposeScope();

    /// <summary>Replaces a constant by another, or by none.</summary>
    private protected void Renew(ref Tensor? constant, float[]? values)
    {
        constant?.Dispose();
        constant = values is null ? null : Constant(values);
    }

    // γ^0 … γ^H, made by the first plan, which nothing records.
    private Tensor Discounts(int horizon)
    {
        if (_discounts is null || _discounts.shape[0] < horizon + 1)
        {
            _discounts?.Dispose();
            _discounts = Constant([.. Enumerable.Range(0, horizon + 1).Select(t => (float)Math.Pow(Objective.Discount, t))]);
        }
        return _discounts;
    }
}

/// <summary>
/// Values that the processor and a device exchange: pinned memory on the processor's side, so that a copy is one operation in the device's
/// queue. On the CPU both sides are the same memory.
/// </summary>
internal sealed class PinnedBuffer : IDisposable
{
    private readonly Tensor _host;
    private readonly Tensor? _device;

    public PinnedBuffer(int count, Device device, ScalarType type)
    {
        using var plain = zeros([count]);
        _host = (device.type == DeviceType.CPU ? plain.alias() : plain.pin_memory()).DetachFromDisposeScope();
        if (device.type != DeviceType.CPU || type != ScalarType.Float32)
            _device = zeros([count], dtype: type, device: device).DetachFromDisposeScope();
    }

    /// <summary>The processor's side.</summary>
    public unsafe Span<float> Host => System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(_host.bytes);

    /// <summary>[count], on the device.</summary>
    public Tensor Device => _device ?? _host;

    public void Upload()
    {
        if (_device is not null)
            _device.copy_(_host, nonBlocking: true);
    }

    /// <summary>Is done when the device's queue has come so far.</summary>
    public void Download()
    {
        if (_device is not null)
            _host.copy_(_device, nonBlocking: true);
    }

    public void Dispose()
    {
        _host.Dispose();
        _device?.Dispose();
    }
}
