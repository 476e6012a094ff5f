using RobotWorldModel.Planner;
using RobotWorldModel.Planner.Engine;
using RobotWorldModel.Planner.Planners;
using RobotWorldModel.WorldModel.Checkpoints;
using RobotWorldModel.WorldModel.Data;
using RobotWorldModel.WorldModel.Training;

namespace RobotWorldModel.Runtime.Simulate;

/// <summary>Plans in TD-MPC2's latent model with its own planner, its policy's sequences among the candidates.</summary>
internal sealed class TdMpc2Policy : IEpisodePolicy
{
    private const ulong Seed = 1;

    private readonly TdMpc2Engine _engine;
    private readonly TdMpc2Planner _planner;
    private readonly Normaliser _observations, _actions;
    private readonly int[] _columns;
    private readonly float[] _raw, _normal, _before;
    private readonly bool[] _present = [true];
    private PlanNumbers _numbers;

    /// <param name="columns">Where each value that the model sees is among those that the task shows.</param>
    public TdMpc2Policy(ModelCard card, WeightFile weights, TdMpc2Options search, int[] columns)
    {
        _engine = new TdMpc2Engine(weights, card.Config.TdMpc2, card.Shape, new() { Threads = 1, MostSteps = search.Horizon })
        {
            Objective = new() { Discount = card.Config.TdMpc2Loss.Discount, TerminalValue = true },
        };
        _planner = new TdMpc2Planner(search, card.Shape.Actions, Seed);
        (_observations, _actions) = (card.Normalisation.Modalities[card.Shape.Vectors[0].Name], card.Normalisation.Actions);
        _columns = columns;
        (_raw, _normal, _before) = (new float[columns.Length], new float[columns.Length], new float[card.Shape.Actions]);
    }

    public void Begin(ulong seed)
    {
        _numbers = new(seed);
        _engine.Reset();
        _planner.Reset();
    }

    public void Act(ReadOnlySpan<float> observation, ReadOnlySpan<float> before, Span<float> action)
    {
        for (int i = 0; i < _columns.Length; i++)
            _raw[i] = observation[_columns[i]];
        _observations.Apply(_raw, _normal);
        _actions.Apply(before, _before);
        _engine.Observe(_before, _normal, _present);
        _planner.Plan(_engine, new PlanRequest(_numbers.Next()));
        _actions.Invert(_planner.Actions[..action.Length], action);
    }

    public void Dispose() => _engine.Dispose();
}
