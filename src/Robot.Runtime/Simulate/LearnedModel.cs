using RobotWorldModel.Planner;
using RobotWorldModel.Planner.Live;
using RobotWorldModel.Planner.Planners;
using RobotWorldModel.Runtime.Protocol;
using RobotWorldModel.Simulation.Environments;
using RobotWorldModel.WorldModel.Checkpoints;
using RobotWorldModel.WorldModel.Data;
using RobotWorldModel.WorldModel.Training;

namespace RobotWorldModel.Runtime.Simulate;

/// <summary>A trained model that acts in a task, read once for all policies that use it.</summary>
internal sealed class LearnedModel
{
    private readonly WeightFile _weights;

    private readonly IReadOnlyList<string> _shown;

    private LearnedModel(ModelCard card, WeightFile weights, IReadOnlyList<string> shown) =>
        (Card, _weights, _shown) = (card, weights, shown);

    public ModelCard Card { get; }

    public string Sha256 => Card.Sha256;

    /// <exception cref="RobotException">It is no model, or none of this task.</exception>
    public static LearnedModel Open(string path, SimulatedTask task, IEnvironment environment)
    {
        try
        {
            (ModelCard card, string weights) = ModelCard.Open(path);
            if (Mismatch(card, task, environment) is { } why)
                throw new RobotException(ExitCode.Config, $"{path} is no model of {task.Name}: {why}");
            return new(card, WeightFile.Read(weights), task.Columns);
        }
        catch (InvalidDataException e)
        {
            throw new RobotException(ExitCode.Usage, e.Message);
        }
    }

    public ModelKind Kind => Card.Config.Kind;

    /// <summary>One that filters and plans in it, for one thread.</summary>
    public ModelController NewController(ControlOptions options) => new(Card, _weights, options, _shown);

    /// <summary>A TD-MPC2's, for one thread.</summary>
    public TdMpc2Policy NewPolicy(TdMpc2Options search) => new(Card, _weights, search, ModelController.Columns(Card, _shown)!);

    private static string? Mismatch(ModelCard card, SimulatedTask task, IEnvironment environment)
    {
        IReadOnlyList<Modality> seen = card.Data.Modalities;
        ActionSpace actions = card.Data.Actions;
        double rateHz = 1 / environment.SecondsPerDecision;
        if (ModelController.Columns(card, task.Columns) is null)
        {
            return $"it sees {string.Join(", ", seen.Select(m => $"{m.Name} ({string.Join(", ", m.Columns)})"))}, the task shows "
                + $"{string.Join(", ", task.Columns)}. Train it with --set data.modalities=[task] on the task's own episodes";
        }
        if (card.Shape.Images.Count > 0)
            return $"it sees {string.Join(", ", card.Shape.Images.Select(i => i.Name))}, and faster than real time there are no pictures";
        if (actions.Size != environment.ActionSize || card.Shape.Actions != environment.ActionSize)
            return $"it does {card.Shape.Actions} values an action ({actions}), the task takes {environment.ActionSize}";
        return Math.Abs(card.Data.RateHz - rateHz) > 1e-6 * rateHz
            ? $"it learned at {card.Data.RateHz:0.###} Hz, the task decides at {rateHz:0.###} Hz" : null;
    }
}

/// <summary>Filters its state from what is observed, and plans in the learned model.</summary>
internal sealed class ModelPolicy : IEpisodePolicy
{
    private readonly ModelController _controller;
    private PlanNumbers _numbers;

    /// <param name="value">End each imagined sequence in the model's value of its last state.</param>
    /// <exception cref="RobotException">It has learned no value.</exception>
    public ModelPolicy(LearnedModel model, CemOptions search, bool value)
    {
        if (value && !model.Card.Config.Behaviour)
            throw new RobotException(ExitCode.Config, "--value needs a model that has learned one: train it with --set behaviour=true");
        _controller = model.NewController(new ControlOptions
        {
            Planner = search,
            Objective = (ReachPlanning.Fits(model.Card) ? ReachPlanning.Objective(model.Card) : new Objective()) with
            {
                // Of a model that has a value with it and without, so that the value is all that they differ by.
                Discount = model.Card.Config.Behaviour ? model.Card.Config.ActorCritic.Discount : 1,
                TerminalValue = value,
            },
        });
    }

    public void Begin(ulong seed)
    {
        _numbers = new(seed);
        _controller.Begin();
    }

    public void Act(ReadOnlySpan<float> observation, ReadOnlySpan<float> before, Span<float> action)
    {
        _controller.Observe(before, observation);
        _controller.Expect([]);
        _controller.Plan(new PlanRequest(_numbers.Next()));
        _controller.CopyPlan(action);
    }

    public void Dispose() => _controller.Dispose();
}
