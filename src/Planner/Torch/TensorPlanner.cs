using RobotWorldModel.Planner.Planners;
using RobotWorldModel.TorchDevices;
using TorchSharp;
using static TorchSharp.torch;

namespace RobotWorldModel.Planner.Torch;

/// <summary>How a planner on libtorch runs.</summary>
public sealed record TensorPlannerOptions
{
    /// <summary>Record the plan once and replay it: on CUDA alone. A plan is then one start of work, not thousands.</summary>
    public bool Graph { get; init; }

    /// <summary>
    /// Draw noise on the processor as the CPU planners do, the same numbers from the same seed: the same plan to rounding. Else on the
    /// device, where the seed says the same on devices of one kind only.
    /// </summary>
    public bool SameNoise { get; init; }
}

/// <summary>
/// A planner whose whole plan, all iterations, is operations on tensors of one shape. It cannot end before its last iteration as those on
/// the CPU do; what it carries from plan to plan is theirs. Not for several callers at a time, nor for several threads.
/// </summary>
public abstract class TensorPlanner : IDisposable
{
    private const int WarmUps = 3; // libraries choose and set up what they compute with

    private readonly TensorPlannerOptions _options;
    private readonly PinnedBuffer _carried, _results;
    private readonly PinnedBuffer? _drawn;
    private readonly Tensor? _noise, _lot;
    private readonly CudaStream? _stream;
    private readonly ulong _seed;
    private readonly float[] _memory;
    private CudaGraph? _graph;

    /// <param name="normals">Normal variates of a plan.</param>
    /// <param name="remembered">Sequences that are carried from plan to plan beside the plan itself.</param>
    private protected TensorPlanner(
        TensorImagination imagination, int horizon, int normals, int remembered, ulong seed, TensorPlannerOptions? options)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(horizon, 1);
        (Imagination, Horizon, _seed, _options) = (imagination, horizon, seed, options ?? new());
        var (device, type) = (imagination.Device, imagination.Type);
        if (_options.Graph && device.type != DeviceType.CUDA)
            throw new ArgumentException($"a plan is recorded as a graph on CUDA alone; the model is on {device}");
        Size = horizon * imagination.ActionSize;
        _memory = new float[1 + Size * (1 + remembered)];
        _carried = new PinnedBuffer(_memory.Length, device, type);
        _results = new PinnedBuffer(_memory.Length + 1, device, type); // what is carried on, best return, effective share
        if (_options.SameNoise)
            _drawn = new PinnedBuffer(normals + 1, device, type);
        else
        {
            _noise = empty([normals], dtype: type, device: device).DetachFromDisposeScope();
            _lot = empty([1], dtype: type, device: device).DetachFromDisposeScope();
        }
        if (device.type == DeviceType.CUDA)
            _stream = new CudaStream(device.index);
    }

    public int Horizon { get; }

    public int ActionSize => Imagination.ActionSize;

    /// <summary>The newest plan, [horizon, action].</summary>
    public ReadOnlySpan<float> Actions => _memory.AsSpan(1, Size);

    /// <summary>All that it carries from one plan to the next, laid out as the CPU planner's of the same kind.</summary>
    public Span<float> Memory => _memory;

    private protected TensorImagination Imagination { get; }

    /// <summary>Values of a sequence.</summary>
    private protected int Size { get; }

    /// <summary>[count · size] from a place on, as normal variates.</summary>
    private protected Tensor Normals(int from, int count) => (_noise ?? _drawn!.Device).narrow(0, from, count);

    /// <summary>[1], in [0, 1).</summary>
    private protected Tensor Lot => _lot?.alias() ?? _drawn!.Device.narrow(0, _drawn.Device.shape[0] - 1, 1);

    /// <summary>[1], 1 where there is a plan before this one.</summary>
    private protected Tensor Warm => _carried.Device.narrow(0, 0, 1);

    /// <summary>Plans from the imagination's state; <see cref="Actions"/> has it then.</summary>
    /// <param name="number">Of the plan: its random numbers follow from the planner's seed and this.</param>
    /// <param name="shift">Actions of the plan before that have been executed since.</param>
    public PlanResult Plan(ulong number, int shift = 1)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(shift);
        for (int at = 1; at < _memory.Length; at += Size)
            SequencePlanner.Shift(_memory.AsSpan(at, Size), shift, ActionSize);
        Shifted(_memory, shift);
        _memory.CopyTo(_carried.Host);
        using var quiet = no_grad();
        using var onStream = _stream?.Use();
        using var scope = NewDisposeScope();
        Seed(number);
        if (_options.Graph && _graph is null)
            Record();
        Send();
        if (_graph is not null)
            _graph.Replay();
        else
            Search();
        _results.Download();
        _stream?.Synchronize();
        var results = _results.Host;
        results[..(_memory.Length - 1)].CopyTo(_memory.AsSpan(1));
        _memory[0] = 1;
        return new(Iterations, true, results[^2], results[^1]);
    }

    /// <summary>Forgets the plan before: another task begins.</summary>
    public void Reset() => Array.Clear(_memory);

    public virtual void Dispose()
    {
        _graph?.Dispose();
        _carried.Dispose();
        _results.Dispose();
        _drawn?.Dispose();
        _noise?.Dispose();
        _lot?.Dispose();
        _stream?.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected abstract int Iterations { get; }

    /// <summary>
    /// The planner: the sequences that are carried on, the plan first, [1 + remembered, size]; the best return and the effective share, [1]
    /// each. On tensors alone.
    /// </summary>
    private protected abstract (Tensor Sequences, Tensor Best, Tensor Share) Search(Tensor remembered);

    /// <summary>Draws the noise of a plan as the CPU planner does: the same calls in the same order.</summary>
    /// <returns>The lot.</returns>
    private protected abstract float Draw(NormalNoise noise, Span<float> normals);

    /// <summary>What else a shift does to what is carried.</summary>
    private protected virtual void Shifted(Span<float> memory, int shift)
    {
    }

    private protected Tensor Full(double value, params long[] size) =>
        full(size, value, dtype: Imagination.Type, device: Imagination.Device);

    /// <summary>Returns where what is no number is worth less than all others.</summary>
    private protected Tensor Score(Tensor candidates)
    {
        var returns = Imagination.Score(candidates.reshape(-1, Horizon, ActionSize));
        return where(returns.isnan(), Full(double.NegativeInfinity, 1), returns);
    }

    private void Search()
    {
        if (_noise is not null)
        {
            _noise.normal_();
            _lot!.uniform_(0, 1);
        }
        int sequences = (_memory.Length - 1) / Size;
        var (carriedOn, best, share) = Search(_carried.Device.narrow(0, 1, sequences * Size).reshape(sequences, Size));
        _results.Device.copy_(cat([carriedOn.flatten(), best, share]));
    }

    private void Seed(ulong number)
    {
        if (_drawn is not null)
        {
            var noise = new NormalNoise(_seed, number);
            _drawn.Host[^1] = Draw(noise, _drawn.Host[..^1]);
            return;
        }
        long seed = unchecked((long)(_seed * 0x9e3779b97f4a7c15 + number));
        if (Imagination.Device.type == DeviceType.CUDA)
            cuda.manual_seed(seed);
        else
            manual_seed(seed);
    }

    private void Send()
    {
        _carried.Upload();
        _drawn?.Upload();
        Imagination.Upload();
    }

    private void Record()
    {
        Send();
        for (int i = 0; i < WarmUps; i++)
        {
            using var scope = NewDisposeScope();
            Search();
        }
        _stream!.Synchronize();
        _graph = new CudaGraph();
        _graph.Capture(() =>
        {
            using var scope = NewDisposeScope();
            Search();
        });
    }
}
