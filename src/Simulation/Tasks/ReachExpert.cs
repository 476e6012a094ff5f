using RobotWorldModel.Drivers.Geometry;

namespace RobotWorldModel.Simulation.Tasks;

/// <summary>Reaches without having learned anything: a velocity towards the goal, in proportion to what is left.</summary>
public static class ReachExpert
{
    /// <summary>
    /// 1/s: what is left shrinks by this share a second, with the way's lag of some 0.1 s well within what stays smooth.
    /// </summary>
    private const double Gain = 3;

    private const int GoalLessTcp = 24; // in ReachTask.ObservationNames

    /// <param name="observation">Of <see cref="ReachTask"/>.</param>
    /// <param name="action">Filled, each value in -1..1.</param>
    public static void Act(ReadOnlySpan<float> observation, Span<float> action)
    {
        var left = new Vec3(observation[GoalLessTcp], observation[GoalLessTcp + 1], observation[GoalLessTcp + 2]);
        Vec3 wanted = left * (Gain / ReachTask.AxisSpeed);
        if (wanted.Length > 1)
            wanted *= 1 / wanted.Length;
        (action[0], action[1], action[2]) = ((float)wanted.X, (float)wanted.Y, (float)wanted.Z);
    }
}
