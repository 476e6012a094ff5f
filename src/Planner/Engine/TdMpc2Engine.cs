using RobotWorldModel.WorldModel.Checkpoints;
using RobotWorldModel.WorldModel.Rssm;
using RobotWorldModel.WorldModel.TdMpc2;

namespace RobotWorldModel.Planner.Engine;

/// <summary>
/// TD-MPC2's imagination on a CPU, laid out as <see cref="RssmEngine"/>'s: blocks of candidates through the whole horizon, no managed
/// allocation, the same results to the bit for any number of threads. Nothing is drawn by lot in it. Not for several callers at a time.
/// </summary>
public sealed unsafe class TdMpc2Engine : IImagination, IDisposable
{
    private readonly TdMpc2Network _net;
    private readonly NativeBuffer _state;
    private readonly TdMpc2Rollout[] _rollouts;
    private readonly CandidateBlocks _blocks;
    private readonly float[] _inputs;
    private Objective _objective = new() { TerminalValue = true };

    /// <param name="weights">A checkpoint of the model.</param>
    /// <param name="config">Its shape.</param>
    /// <param name="shape">What it sees and does.</param>
    /// <exception cref="InvalidDataException">The checkpoint is of another shape.</exception>
    public TdMpc2Engine(WeightFile weights, TdMpc2Config config, ModelShape shape, EngineOptions? options = null)
    {
        options ??= new();
        config.Check();
        Vectors = options.Vectors ?? RssmEngine.Widest;
        _net = new TdMpc2Network(weights, config, shape, RssmEngine.PanelWidth(Vectors));
        VectorSize = shape.Vectors.Sum(v => v.Size);
        _state = new NativeBuffer(config.Latent);
        _inputs = new float[_net.Encoder?.Inputs ?? 0];
        _rollouts = new TdMpc2Rollout[options.Threads];
        for (int i = 0; i < _rollouts.Length; i++)
        {
            _rollouts[i] = Vectors switch
            {
                VectorWidth.Bits512 => new TdMpc2Rollout<Lanes512>(_net, _state, options.BlockRows, options.MostSteps),
                VectorWidth.Bits256 => new TdMpc2Rollout<Lanes256>(_net, _state, options.BlockRows, options.MostSteps),
                _ => new TdMpc2Rollout<Lane>(_net, _state, options.BlockRows, options.MostSteps),
            };
        }
        _blocks = new CandidateBlocks(options, shape.Actions, (member, job, first, count) => _rollouts[member].Block(job, first, count));
    }

    /// <summary>What its kernels use.</summary>
    public VectorWidth Vectors { get; }

    public int ActionSize => _net.Shape.Actions;

    public bool HasPolicy => true;

    /// <summary>Size L of z.</summary>
    public int LatentSize => _net.Config.Latent;

    /// <summary>Values of all vectors that the model sees.</summary>
    public int VectorSize { get; }

    /// <summary>What a sequence is worth, from now on; at first the rewards and the value of the last state.</summary>
    /// <exception cref="ArgumentException">It weighs what the model does not have, or a latent goal is of another size.</exception>
    public Objective Objective
    {
        get => _objective;
        set
        {
            if (value.Continues)
                throw new ArgumentException("the objective weighs by continuation, which a TD-MPC2 does not predict");
            if (value.State is not null)
                throw new ArgumentException("the objective has costs of what is measured, which a TD-MPC2 does not predict");
            if (value.Latent is { } latent && latent.Goal.Length != LatentSize)
            {
                throw new ArgumentException(
                    $"the objective's latent goal has {latent.Goal.Length} values, the model's latent state {LatentSize}");
            }
            _objective = value;
        }
    }

    /// <inheritdoc/>
    public void Score(ReadOnlySpan<float> actions, int candidates, int horizon, Span<float> returns) =>
        _blocks.Score(actions, candidates, horizon, returns, _objective);

    /// <inheritdoc/>
    public void SamplePolicy(ReadOnlySpan<float> noise, int candidates, int horizon, Span<float> actions) =>
        _blocks.Act(noise, candidates, horizon, actions);

    /// <summary>An episode begins: no action led here. The state is what is observed next.</summary>
    public void Reset()
    {
        _state.Span.Clear();
        Array.Clear(_blocks.PreviousAction);
    }

    /// <summary>Where rollouts start: z [L].</summary>
    public void SetState(ReadOnlySpan<float> z)
    {
        if (z.Length != LatentSize)
            throw new ArgumentException($"a state of this model has {LatentSize} values; {z.Length} were given");
        z.CopyTo(_state.Span);
    }

    /// <summary>z [L].</summary>
    public void GetState(Span<float> z) => _state.Span.CopyTo(z);

    /// <summary>
    /// Takes what is seen as the state: the model has no memory of what was before. A vector that is missing counts as unknown.
    /// </summary>
    /// <param name="action">[A], that led here; zeros at the start of an episode. Costs of a change begin at it.</param>
    /// <param name="vectors">All vectors one behind the other, [<see cref="VectorSize"/>], normalised as in training.</param>
    /// <param name="present">Of each vector whether it is there; its values count for nothing where it is not.</param>
    /// <exception cref="InvalidOperationException">The model sees pictures too.</exception>
    public void Observe(ReadOnlySpan<float> action, ReadOnlySpan<float> vectors, ReadOnlySpan<bool> present)
    {
        var seen = _net.Shape.Vectors;
        if (_net.Encoder is null)
        {
            throw new InvalidOperationException(
                "the CPU engine encodes vectors; this model sees pictures too: encode its observations with libtorch, and set the state");
        }
        if (vectors.Length != VectorSize || present.Length != seen.Count)
            throw new ArgumentException($"the model sees {VectorSize} values in {seen.Count} vectors");
        TakeAction(action);
        int to = 0;
        for (int v = 0; v < seen.Count; v++)
        {
            int size = seen[v].Size;
            for (int i = 0; i < size; i++)
                _inputs[to++] = present[v] ? vectors[i] : 0;
            _inputs[to++] = present[v] ? 1 : 0;
            vectors = vectors[size..];
        }
        _rollouts[0].Observe(_inputs);
    }

    /// <summary>Moves the state by an action [A], each value in [-1, 1]: by one that is on its way to the arm.</summary>
    public void Advance(ReadOnlySpan<float> action)
    {
        TakeAction(action);
        _rollouts[0].Advance(action);
    }

    /// <summary>The reward that an action [A] in the state brings.</summary>
    public float Reward(ReadOnlySpan<float> action) =>
        action.Length == ActionSize ? _rollouts[0].Reward(action) : throw WrongSize(action.Length);

    /// <summary>What is still to come from the state on when the policy acts without noise: the mean of all value heads.</summary>
    public float Value() => _rollouts[0].Value();

    public void Dispose()
    {
        _blocks.Dispose();
        foreach (var rollout in _rollouts)
            rollout.Dispose();
        _state.Dispose();
        _net.Dispose();
    }

    private void TakeAction(ReadOnlySpan<float> action)
    {
        if (action.Length != ActionSize)
            throw WrongSize(action.Length);
        action.CopyTo(_blocks.PreviousAction);
    }

    private ArgumentException WrongSize(int given) => new($"an action of this model has {ActionSize} values; {given} were given");
}
