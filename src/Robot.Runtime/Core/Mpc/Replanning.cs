using System.Globalization;
using System.Runtime.InteropServices;
using RobotWorldModel.Collector.Episodes;
using RobotWorldModel.Planner;
using RobotWorldModel.Planner.Live;
using RobotWorldModel.Runtime.Protocol;
using RobotWorldModel.WorldModel.Checkpoints;
using RobotWorldModel.WorldModel.Training;

namespace RobotWorldModel.Runtime.Core.Mpc;

/// <summary>What came of planning again.</summary>
/// <param name="Plans">That the episode has.</param>
/// <param name="Equal">Of them, those whose every action and return is the same to the bit.</param>
/// <param name="Cut">Plans that a deadline had cut short.</param>
/// <param name="Followed">Frames that sent their own plan's first action.</param>
/// <param name="Shifted">Frames whose plan was late: an earlier one's action was sent.</param>
/// <param name="Held">Frames that stood still, because no plan had an action.</param>
/// <param name="Stale">Frames that stood still, because nothing fresh was seen.</param>
/// <param name="Strange">Frames that sent what no plan says; first those, then the plans that differ, a line each.</param>
internal sealed record ReplanReport(
    string Episode, int Frames, int Plans, int Equal, int Cut, int Followed, int Shifted, int Held, int Stale, int Strange,
    IReadOnlyList<string> Differences)
{
    private const int MostLines = 10;

    public bool AllEqual => Plans > 0 && Equal == Plans && Strange == 0;

    public IEnumerable<string> Lines =>
    [
        $"{Episode}: {Frames} frames, {Followed + Shifted + Held + Stale + Strange} decided: {Followed} followed their plan, {Shifted} an "
            + $"earlier one (theirs was late), {Held} stood still without a plan, {Stale} because nothing fresh was seen",
        Plans == 0 ? "there is no plan in it" : $"{Equal} of {Plans} plans are the same to the bit; {Cut} of them had been cut by their "
            + "deadline, and were planned again with as many rounds",
        .. Differences.Take(MostLines),
        .. Differences.Count > MostLines ? [$"… and {Differences.Count - MostLines} more"] : (string[])[],
    ];
}

/// <summary>An episode whose plans are made once more, from the state, the memory and the random numbers that each began from.</summary>
internal sealed class Replanning : IDisposable
{
    private readonly string _episode;
    private readonly PlanFile _plans;
    private readonly int _rounds;
    private readonly ModelController _controller;
    private readonly float[] _memory, _sequence, _elites;

    private Replanning(string episode, PlanFile plans, PlannerSettings settings, ModelController controller)
    {
        (_episode, _plans, _rounds, _controller) = (episode, plans, settings.Search.Iterations, controller);
        _memory = new float[controller.PlannerMemory.Length];
        _sequence = new float[controller.Horizon * controller.ActionSize];
        _elites = new float[settings.Search.Elites];
    }

    /// <param name="model">A run or a model's folder; null for the one that the episode names.</param>
    /// <exception cref="RobotException">There is no plan in it, or the model is another one.</exception>
    public static Replanning Open(string episode, string? model)
    {
        ModelController? controller = null;
        try
        {
            var metadata = EpisodeMetadata.Read(episode);
            if (metadata.Planner is not { } planner)
                throw new RobotException(ExitCode.Usage,
                    $"{episode}: no planner acted in it, so there is nothing to plan again; 'robot mpc --record' makes such episodes");
            PlannerSettings settings = PlannerSettings.Of(planner);
            model ??= planner.Model;
            if (!Directory.Exists(model))
                throw new RobotException(
                    ExitCode.Usage, $"{model}, in which {episode} was planned, is not there; say where it is with --model");
            (ModelCard card, string weights) = ModelCard.Open(model);
            if (card.Sha256 != planner.ModelSha256)
                throw new RobotException(ExitCode.Config, $"{episode} was planned in {planner.Model} (SHA-256 {planner.ModelSha256}); "
                    + $"{model} is another model (SHA-256 {card.Sha256})");
            PlanFile plans = PlanFile.Read(Path.Combine(episode, EpisodeLayout.Plan), planner.Shape, metadata.Frames);
            controller = new(card, WeightFile.Read(weights), settings.Options with { Threads = Environment.ProcessorCount });
            if (settings.Describe(planner.Model, card, controller).Shape with { Observation = planner.Shape.Observation } != planner.Shape)
                throw new InvalidDataException($"the arrays of {EpisodeLayout.Plan} do not have the sizes of its model and planner");
            return new(episode, plans, settings, controller);
        }
        catch (Exception e) when (e is InvalidDataException or FileNotFoundException)
        {
            controller?.Dispose();
            bool named = e.Message.Contains(episode, StringComparison.Ordinal);
            throw new RobotException(ExitCode.Config, named ? e.Message : $"{episode}: {e.Message}");
        }
    }

    public void Dispose() => _controller.Dispose();

    public ReplanReport Run(CancellationToken cancel)
    {
        var (strange, different) = (new List<string>(), new List<string>());
        int plans = 0, equal = 0, cut = 0, followed = 0, shifted = 0, held = 0, stale = 0;
        for (int k = 0; k < _plans.Frames; k++)
        {
            cancel.ThrowIfCancellationRequested();
            if (_plans.Iterations[k] != PlanFile.NoPlan)
            {
                plans++;
                cut += _plans.Iterations[k] < _rounds ? 1 : 0;
                if (Differs(k) is { } difference)
                    different.Add(difference);
                else
                    equal++;
            }
            bool none = float.IsNaN(_plans.Row(_plans.Action, k)[0]);
            if (none)
                held += _plans.Fallback[k] ? 1 : 0; // else nothing was decided: the arm stood before and after
            else if (FromPlan(k) is not { } age || age > 0 != _plans.Late[k])
                strange.Add($"frame {k}: what was sent stands in no plan for it");
            else if (age > 0)
                shifted++;
            else if (_plans.Fallback[k])
                stale++;
            else
                followed++;
        }
        return new(_episode, _plans.Frames, plans, equal, cut, followed, shifted, held, stale, strange.Count, [.. strange, .. different]);
    }

    /// <summary>Null where the plan is the same.</summary>
    private string? Differs(int frame)
    {
        _memory[0] = _plans.Warm[frame] ? 1 : 0;
        Span<float> start = _plans.Row(_plans.WarmStart, frame);
        start.CopyTo(_memory.AsSpan(1));
        _plans.Row(_plans.Carried, frame).CopyTo(_memory.AsSpan(1 + start.Length));
        PlanResult result = _controller.PlanAgain(_plans.Row(_plans.Latent, frame), _plans.Row(_plans.ActionBefore, frame), _memory,
            new PlanRequest(_plans.Rng[2 * frame + 1], Shift: _plans.Shift[frame], MostIterations: _plans.Iterations[frame]));
        _controller.CopyPlan(_sequence);
        _controller.CopyBestReturns(_elites);
        Span<float> recorded = _plans.Row(_plans.Sequence, frame);
        if (result.Iterations == _plans.Iterations[frame] && Same(_sequence, recorded)
            && Same([result.Return], [_plans.ExpectedReturn[frame]]) && Same(_elites, _plans.Row(_plans.EliteReturns, frame)))
            return null;
        double most = 0;
        for (int i = 0; i < recorded.Length; i++)
            most = Math.Max(most, Math.Abs((double)recorded[i] - _sequence[i]));
        return string.Create(CultureInfo.InvariantCulture, $"frame {frame}: another plan, actions up to {most:G3} apart; return "
            + $"{result.Return:G7}, recorded {_plans.ExpectedReturn[frame]:G7}");
    }

    /// <summary>How many ticks old the plan is that a frame's action is from; null where no plan has it.</summary>
    private int? FromPlan(int frame)
    {
        ReadOnlySpan<float> action = _plans.Row(_plans.Action, frame);
        for (int age = _plans.Late[frame] ? 1 : 0; age <= Math.Min(frame, PlanningLoop.MostShift); age++)
            if (_plans.Iterations[frame - age] != PlanFile.NoPlan
                && Same(_plans.Row(_plans.Sequence, frame - age).Slice(age * action.Length, action.Length), action))
                return age;
        return null;
    }

    // Bits, not values: what is no number is equal to itself, and 0 is not -0.
    private static bool Same(ReadOnlySpan<float> a, ReadOnlySpan<float> b) =>
        MemoryMarshal.AsBytes(a).SequenceEqual(MemoryMarshal.AsBytes(b));
}
