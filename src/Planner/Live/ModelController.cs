using RobotWorldModel.Planner.Engine;
using RobotWorldModel.Planner.Planners;
using RobotWorldModel.WorldModel.Checkpoints;
using RobotWorldModel.WorldModel.Data;
using RobotWorldModel.WorldModel.Training;

namespace RobotWorldModel.Planner.Live;

/// <summary>How a learned model is planned in.</summary>
public sealed record ControlOptions
{
    public CemOptions Planner { get; init; } = CemOptions.Improved with { Horizon = 12, Candidates = 96, Elites = 12, Iterations = 3 };

    public Objective Objective { get; init; } = new();

    /// <summary>Of the planner's random numbers.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Threads that imagine, the caller's among them.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>See <see cref="EngineOptions.GivesWay"/>.</summary>
    public bool GivesWay { get; init; }

    /// <summary>Null for the widest that the processor has. Others give other roundings.</summary>
    public VectorWidth? Vectors { get; init; }
}

/// <summary>
/// A learned model that filters what is seen and plans: one vector modality and any number of pictures in, actions out, both in the units
/// that they were recorded in. It knows no time and no robot; the same serves an environment faster than real time and a live arm. No
/// allocation after construction and the first pictures; one thread.
/// </summary>
public sealed class ModelController : IDisposable
{
    // Beyond what training showed by this share of its range an observation is another world.
    private const double BeyondRange = 0.1;

    private readonly RssmEngine _engine;
    private readonly CemPlanner _planner;
    private readonly Normaliser _normaliser, _actions;
    private readonly float[] _h, _s, _raw, _normal, _expected, _action;
    private readonly float[] _latent, _before, _memory; // what the newest plan began from
    private readonly int[] _columns;
    private readonly bool[] _present;
    private bool _begun;

    /// <param name="card">The model's.</param>
    /// <param name="weights">Its weights.</param>
    /// <param name="shown">What each value is that it will be shown; it takes the columns that it learned from. Null: just those.</param>
    /// <exception cref="InvalidDataException">
    /// It sees no vector, several, or what is not shown, or the weights are of another model.
    /// </exception>
    public ModelController(
        ModelCard card, WeightFile weights, ControlOptions options, IReadOnlyList<string>? shown = null, TimeProvider? clock = null)
    {
        if (card.Shape.Vectors is not [var vector])
            throw new InvalidDataException("live planning on the CPU takes a model that sees one vector, and pictures beside it; this one "
                + $"sees {string.Join(", ", card.Shape.Vectors.Select(v => v.Name).Concat(card.Shape.Images.Select(i => i.Name)))}");
        Card = card;
        _columns = shown is null ? [.. Enumerable.Range(0, vector.Size)] : Columns(card, shown)
            ?? throw new InvalidDataException(
                $"the model sees {string.Join(", ", card.Data.Modalities.SelectMany(m => m.Columns))}; not all of that is shown");
        ObservationSize = shown?.Count ?? vector.Size;
        _engine = new RssmEngine(weights, card.Config.Rssm, card.Shape, new EngineOptions
        {
            Threads = options.Threads,
            MostSteps = options.Planner.Horizon,
            GivesWay = options.GivesWay,
            Vectors = options.Vectors,
        })
        {
            Objective = options.Objective,
        };
        _planner = new CemPlanner(options.Planner, card.Shape.Actions, options.Seed, clock);
        (_normaliser, _actions) = (card.Normalisation.Modalities[vector.Name], card.Normalisation.Actions);
        Pictures = new(card);
        _present = new bool[1 + Pictures.Count];
        _action = new float[card.Shape.Actions];
        (_h, _s) = (new float[card.Config.Rssm.Deterministic], new float[card.Config.Rssm.StochasticWidth]);
        (_raw, _normal, _expected) = (new float[vector.Size], new float[vector.Size], new float[vector.Size]);
        (_latent, _before) = (new float[_h.Length + _s.Length], new float[_action.Length]);
        _memory = new float[_planner.Memory.Length];
        OneStepLimit = card.Validation?.OneStepError.GetValueOrDefault("p99_9", double.PositiveInfinity) ?? double.PositiveInfinity;
    }

    public ModelCard Card { get; }

    /// <summary>Values of what it is shown.</summary>
    public int ObservationSize { get; }

    /// <summary>What it sees beside the vector; what is put there counts for the next <see cref="Observe"/>.</summary>
    public PictureInputs Pictures { get; }

    public int ActionSize => _engine.ActionSize;

    public int Horizon => _planner.Horizon;

    /// <summary>What the planner carries from plan to plan: see <see cref="IPlanner.Memory"/>.</summary>
    public Span<float> PlannerMemory => _planner.Memory;

    /// <summary>Vectors that it computes with.</summary>
    public VectorWidth Vectors => _engine.Vectors;

    /// <summary>The state that the newest plan was made from: h, then s.</summary>
    public ReadOnlySpan<float> PlannedFrom => _latent;

    /// <summary>The action that led there, -1 … 1.</summary>
    public ReadOnlySpan<float> ActionBeforePlan => _before;

    /// <summary>The planner's memory before the newest plan, not shifted yet.</summary>
    public ReadOnlySpan<float> MemoryBeforePlan => _memory;

    /// <summary>Under it lay 99.9 % of one-step errors in validation; infinite where there was none.</summary>
    public double OneStepLimit { get; }

    /// <summary>An episode begins: nothing was seen, nothing planned.</summary>
    public void Begin()
    {
        _engine.Reset();
        _engine.GetState(_h, _s);
        _planner.Reset();
        _begun = false;
    }

    /// <summary>
    /// Plans some times with nobody acting on it: code that runs for the first time is compiled and resolved, which may take longer than a
    /// tick. Then as <see cref="Begin"/>.
    /// </summary>
    public void WarmUp()
    {
        const int Plans = 40; // the run time compiles again what has run 30 times
        float[] observation = new float[ObservationSize], action = new float[ActionSize];
        Begin();
        for (ulong i = 0; i < Plans; i++)
        {
            if (i % 2 == 0)
                Pictures.PutBlack();
            Observe(action, observation);
            Expect(action);
            Plan(new PlanRequest(i));
            CopyPlan(action);
        }
        Begin();
    }

    /// <summary>The first value that lies far outside of what training showed, or -1.</summary>
    /// <param name="observation">In the modality's own units.</param>
    public int Outside(ReadOnlySpan<float> observation)
    {
        for (int i = 0; i < _columns.Length; i++)
        {
            double margin = BeyondRange * (_normaliser.Max[i] - _normaliser.Min[i]) + 1e-3, value = observation[_columns[i]];
            if (!(value >= _normaliser.Min[i] - margin && value <= _normaliser.Max[i] + margin))
                return _columns[i];
        }
        return -1;
    }

    /// <summary>
    /// Filters: the action that led here, and what is seen. Gives how far the model's expectation was off, as validation measures it (root
    /// mean square of the normalised difference); NaN at an episode's first observation.
    /// </summary>
    /// <param name="action">As it was recorded; of no account at an episode's first observation, as in training.</param>
    /// <param name="observation">In the modality's own units; empty where nothing fresh was seen: then the state goes on by itself,
    /// whatever pictures there are.</param>
    public double Observe(ReadOnlySpan<float> action, ReadOnlySpan<float> observation)
    {
        _engine.SetState(_h, _s);
        double error = double.NaN;
        if (_begun)
            _actions.Apply(action, _action);
        else
            Array.Clear(_action);
        if (observation.IsEmpty)
        {
            _engine.Advance(_action);
        }
        else
        {
            for (int i = 0; i < _columns.Length; i++)
                _raw[i] = observation[_columns[i]];
            _normaliser.Apply(_raw, _normal);
            if (_begun)
            {
                _engine.Advance(_action);
                error = ErrorOfExpectation();
                _engine.SetState(_h, _s);
            }
            _present[0] = true;
            Pictures.Present.CopyTo(_present.AsSpan(1));
            _engine.Observe(_action, _normal, _present, Pictures.Values);
        }
        Pictures.Clear();
        _engine.GetState(_h, _s);
        _begun = true;
        return error;
    }

    /// <summary>Sets where the next plan starts: the filtered state, moved by actions that are on their way, [count, action].</summary>
    public void Expect(ReadOnlySpan<float> actions)
    {
        _engine.SetState(_h, _s);
        for (int at = 0; at < actions.Length; at += ActionSize)
        {
            _actions.Apply(actions.Slice(at, ActionSize), _action);
            _engine.Advance(_action);
        }
    }

    /// <summary>Plans from where <see cref="Expect"/> left the state.</summary>
    public PlanResult Plan(in PlanRequest request)
    {
        _engine.GetState(_latent.AsSpan(0, _h.Length), _latent.AsSpan(_h.Length));
        _engine.ActionBefore.CopyTo(_before);
        _planner.Memory.CopyTo(_memory);
        return _planner.Plan(_engine, request);
    }

    /// <summary>
    /// Plans once more what was planned before, from what was kept of it; the same model, options and vectors give the same to the bit.
    /// What the controller filters is as it was.
    /// </summary>
    /// <param name="latent">As <see cref="PlannedFrom"/>.</param>
    /// <param name="before">As <see cref="ActionBeforePlan"/>.</param>
    /// <param name="memory">As <see cref="MemoryBeforePlan"/>.</param>
    public PlanResult PlanAgain(
        ReadOnlySpan<float> latent, ReadOnlySpan<float> before, ReadOnlySpan<float> memory, in PlanRequest request)
    {
        _engine.SetState(latent[.._h.Length], latent[_h.Length..]);
        _engine.ActionBefore = before;
        memory.CopyTo(_planner.Memory);
        return Plan(request);
    }

    /// <summary>Returns of the newest plan's last round, the best first; the rest are not numbers.</summary>
    public void CopyBestReturns(Span<float> returns) => _planner.CopyBestReturns(returns);

    /// <summary>The newest plan's first actions, as they were recorded: [steps, action], as many as there is room for.</summary>
    public void CopyPlan(Span<float> actions) => _actions.Invert(_planner.Actions[..actions.Length], actions);

    public void Dispose() => _engine.Dispose();

    /// <summary>
    /// Where each column of the vector that a model learned from is among those that are shown; null where one is not there.
    /// </summary>
    public static int[]? Columns(ModelCard card, IReadOnlyList<string> shown)
    {
        if (card.Data.Modalities.Where(m => m.Kind == ModalityKind.Vector).ToList() is not [var seen])
            return null;
        int[] places = [.. seen.Columns.Select(name => shown.ToList().IndexOf(name))];
        return Array.IndexOf(places, -1) < 0 ? places : null;
    }

    private double ErrorOfExpectation()
    {
        _engine.Decode(_expected);
        double sum = 0;
        for (int i = 0; i < _normal.Length; i++)
        {
            double seen = Card.Config.Rssm.Symlog ? Math.CopySign(double.LogP1(Math.Abs(_normal[i])), _normal[i]) : _normal[i];
            sum += (seen - _expected[i]) * (seen - _expected[i]);
        }
        return Math.Sqrt(sum / _normal.Length);
    }
}
