using RobotWorldModel.Planner;
using RobotWorldModel.Planner.Live;
using RobotWorldModel.Planner.Planners;
using RobotWorldModel.Simulation.Tasks;
using RobotWorldModel.WorldModel.Data;
using RobotWorldModel.WorldModel.Training;

namespace RobotWorldModel.Runtime.Simulate;

/// <summary>How reach is planned in a learned model, live as faster than real time.</summary>
internal static class ReachPlanning
{
    // Of a metre of distance squared: some centimetres from the goal, where the learned reward is nearly flat, it tells which way is left.
    private const double DistanceCost = 20;

    private static readonly string[] s_left = ["goal_less_tcp_x", "goal_less_tcp_y", "goal_less_tcp_z"];

    /// <summary>
    /// iCEM with a budget for one core; the mean, not the best sample: samples shake the arm where all are nearly as good.
    /// </summary>
    public static CemOptions Search { get; } = CemOptions.Improved with
    {
        Horizon = 24, // from rest the arm is 1 cm further after 10 ticks, and 10 cm after 24: more than the model is off
        Candidates = 28,
        Elites = 7,
        Iterations = 3,
        Std = 0.4,
        NoiseExponent = 3,
        ReturnBest = false,
        LeastStd = 0.02,
    };

    /// <summary>
    /// The learned reward, the expected distance to the goal, and a cost of actions that change: no recording shows what flips from one end
    /// of its range to the other.
    /// </summary>
    public static Objective Objective(ModelCard card)
    {
        IReadOnlyList<string> columns = card.Data.Modalities.First(m => m.Kind == ModalityKind.Vector).Columns;
        int size = columns.Count;
        Normaliser normaliser = card.Normalisation.Modalities[card.Shape.Vectors[0].Name];
        (float[] goal, float[] weights) = (new float[size], new float[size]);
        for (int i = 0; i < size; i++)
        {
            if (!s_left.Contains(columns[i]))
                continue;
            double zero = -normaliser.Offset[i] * normaliser.Scale[i];
            goal[i] = (float)(card.Config.Rssm.Symlog ? Math.CopySign(double.LogP1(Math.Abs(zero)), zero) : zero);
            weights[i] = (float)(DistanceCost / (normaliser.Scale[i] * normaliser.Scale[i]));
        }
        return new Objective { Discount = 1, State = new StateCost(goal, weights), ActionChangeCost = 0.1, ActionCost = 0.005 };
    }

    /// <summary>
    /// Whether a model learned reach, and nothing else, and sees at least where the goal is; pictures may be seen beside it.
    /// </summary>
    public static bool Fits(ModelCard card) =>
        card.Data.Modalities.Where(m => m.Kind == ModalityKind.Vector).ToList() is [{ Source: "task" } seen]
        && card.Data.Tasks.Keys.SequenceEqual(["reach"])
        && ModelController.Columns(card, ReachTask.ObservationNames) is not null && s_left.All(seen.Columns.Contains);
}
