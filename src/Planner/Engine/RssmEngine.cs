using System.Runtime.Intrinsics;
using RobotWorldModel.WorldModel.Checkpoints;
using RobotWorldModel.WorldModel.Rssm;

namespace RobotWorldModel.Planner.Engine;

/// <summary>Vectors that the engine's kernels use.</summary>
public enum VectorWidth
{
    /// <summary>Sixteen floats, twelve rows of a product at a time: AVX-512.</summary>
    Bits512,

    /// <summary>Eight floats, six rows: AVX2 with FMA; two halves on ARM.</summary>
    Bits256,

    /// <summary>No vectors.</summary>
    Scalar,
}

/// <summary>How an engine is laid out, once.</summary>
public sealed record EngineOptions
{
    /// <summary>Threads that score, the caller's among them.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>Steps of the longest rollout.</summary>
    public int MostSteps { get; init; } = 32;

    /// <summary>Candidates that one thread carries through the horizon together, at most; a multiple of 12.</summary>
    public int BlockRows { get; init; } = 72;

    /// <summary>
    /// Nice level of the engine's own threads, 1 to 19; null leaves them as they are. It says nothing in a real-time process, whose
    /// threads must all be of one priority (<see cref="Drivers.Time.RealTime"/>): there <see cref="GivesWay"/>.
    /// </summary>
    public int? Nice { get; init; }

    /// <summary>
    /// Let threads of the same priority that are ready, the arm's and the tick's, run first after every step of a block, the caller's own
    /// thread included: in a real-time process nothing else would take the core from a thread that computes.
    /// </summary>
    public bool GivesWay { get; init; }

    /// <summary>Null for the widest that the processor has.</summary>
    public VectorWidth? Vectors { get; init; }
}

/// <summary>
/// An RSSM's imagination on a CPU: each thread carries a block of candidates through the whole horizon, products and activations fused in
/// cache, without a managed allocation. Sums have one order whatever the threads and blocks, so that results are the same to the bit for
/// any number of either. Not for several callers at a time.
/// </summary>
public sealed unsafe partial class RssmEngine : IImagination, IDisposable
{
    private readonly RssmNetwork _net;
    private readonly LatentState _state;
    private readonly Rollout[] _rollouts;
    private readonly CandidateBlocks _blocks;
    private readonly EngineOptions _options;
    private Objective _objective = new();

    /// <param name="weights">A checkpoint of the model.</param>
    /// <param name="config">Its shape.</param>
    /// <param name="shape">What it sees and does.</param>
    /// <exception cref="InvalidDataException">The checkpoint is of another shape.</exception>
    public RssmEngine(WeightFile weights, RssmConfig config, ModelShape shape, EngineOptions? options = null)
    {
        _options = options ?? new();
        Vectors = _options.Vectors ?? Widest;
        _net = new RssmNetwork(weights, config, shape, PanelWidth(Vectors));
        PictureValues = _net.PictureEncoders.Sum(e => e.Inputs);
        _state = new LatentState(config, _options.MostSteps);
        _rollouts = new Rollout[_options.Threads];
        for (int i = 0; i < _rollouts.Length; i++)
        {
            _rollouts[i] = Vectors switch
            {
                VectorWidth.Bits512 => new Rollout<Lanes512>(_net, _state, _options.BlockRows, _options.MostSteps),
                VectorWidth.Bits256 => new Rollout<Lanes256>(_net, _state, _options.BlockRows, _options.MostSteps),
                _ => new Rollout<Lane>(_net, _state, _options.BlockRows, _options.MostSteps),
            };
        }
        _blocks = new CandidateBlocks(_options, shape.Actions, (member, job, first, count) => _rollouts[member].Block(job, first, count));
    }

    /// <summary>The widest vectors that this processor computes with.</summary>
    public static VectorWidth Widest => Vector512.IsHardwareAccelerated ? VectorWidth.Bits512
        : Vector256.IsHardwareAccelerated || Vector128.IsHardwareAccelerated ? VectorWidth.Bits256 : VectorWidth.Scalar;

    /// <summary>Columns of a panel of packed weights: two vectors.</summary>
    internal static int PanelWidth(VectorWidth vectors) => 2 * (vectors switch
    {
        VectorWidth.Bits512 => Lanes512.Count,
        VectorWidth.Bits256 => Lanes256.Count,
        _ => Lane.Count,
    });

    /// <summary>What its kernels use.</summary>
    public VectorWidth Vectors { get; }

    public int ActionSize => _net.ActionSize;

    public bool HasPolicy => _net.Actor is not null;

    /// <summary>Values of noise a step: S of a Gaussian latent, groups · classes of a categorical one.</summary>
    public int NoiseWidth => _state.NoiseWidth;

    /// <summary>What a sequence is worth, from now on.</summary>
    /// <exception cref="ArgumentException">It needs a head that the checkpoint does not have, or has costs of another size.</exception>
    public Objective Objective
    {
        get => _objective;
        set
        {
            if (value.Continues && _net.Continues is null)
                throw new ArgumentException("the objective weighs by continuation, but the model has no continue head ('continues')");
            if (value.TerminalValue && _net.Value is null)
                throw new ArgumentException("the objective ends in a value, but the model has no value head ('value')");
            CheckCosts(value);
            _objective = value;
        }
    }

    /// <summary>
    /// The noise that every candidate gets, [steps, <see cref="NoiseWidth"/>]: normal variates, or Gumbel variates of each class; empty
    /// for the mean of each step, or the most likely class.
    /// </summary>
    public void SetNoise(ReadOnlySpan<float> noise) => _state.SetNoise(noise);

    /// <inheritdoc/>
    public void Score(ReadOnlySpan<float> actions, int candidates, int horizon, Span<float> returns)
    {
        CheckNoise(horizon);
        _blocks.Score(actions, candidates, horizon, returns, _objective);
    }

    /// <inheritdoc/>
    public void SamplePolicy(ReadOnlySpan<float> noise, int candidates, int horizon, Span<float> actions)
    {
        if (!HasPolicy)
            throw new InvalidOperationException("the model has no policy: its checkpoint has no 'actor'");
        CheckNoise(horizon);
        _blocks.Act(noise, candidates, horizon, actions);
    }

    public void Dispose()
    {
        _blocks.Dispose();
        foreach (var rollout in _rollouts)
            rollout.Dispose();
        _state.Dispose();
        _net.Dispose();
    }

    private void CheckCosts(Objective objective)
    {
        if (objective.State is { } state && (VectorSize == 0 || state.Goal.Length != VectorSize || state.Weights.Length != VectorSize
            || (state.Low?.Length ?? VectorSize) != VectorSize || (state.High?.Length ?? VectorSize) != VectorSize))
        {
            throw new ArgumentException($"the objective has costs of {state.Goal.Length} values of vectors with {state.Weights.Length} "
                + $"weights; the model sees {VectorSize}");
        }
        if (objective.Latent is { } latent && latent.Goal.Length != _state.Features.Length)
        {
            throw new ArgumentException(
                $"the objective's latent goal has {latent.Goal.Length} values, the model's latent state {_state.Features.Length}");
        }
    }

    /// <summary>Rollouts take noise step by step: there must be enough.</summary>
    private void CheckNoise(int horizon)
    {
        if (horizon > _state.NoiseSteps)
        {
            throw new ArgumentException(
                $"{horizon} steps: the engine was made for {_options.MostSteps} and has noise for {_state.NoiseSteps}");
        }
    }
}
