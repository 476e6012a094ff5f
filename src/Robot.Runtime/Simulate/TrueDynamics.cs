using RobotWorldModel.Planner;
using RobotWorldModel.Simulation.Environments;

namespace RobotWorldModel.Runtime.Simulate;

/// <summary>
/// Imagination that is never wrong: candidates are rolled out in the environment's own dynamics. What a learned model is measured against.
/// </summary>
/// <param name="environment">Where candidates start: wherever it is when they are scored. It is only looked at.</param>
internal sealed class TrueDynamics(IEnvironment environment) : IImagination
{
    private readonly IEnvironment _imagined = environment.Copy();

    public int ActionSize => environment.ActionSize;

    public bool HasPolicy => false;

    /// <inheritdoc/>
    public void Score(ReadOnlySpan<float> actions, int candidates, int horizon, Span<float> returns)
    {
        for (int n = 0; n < candidates; n++)
        {
            _imagined.CopyFrom(environment);
            double sum = 0;
            for (int t = 0; t < horizon; t++, actions = actions[ActionSize..])
                sum += _imagined.Step(actions[..ActionSize], default).Reward;
            returns[n] = (float)sum;
        }
    }

    /// <inheritdoc/>
    public void SamplePolicy(ReadOnlySpan<float> noise, int candidates, int horizon, Span<float> actions) =>
        throw new InvalidOperationException("the true dynamics have no policy");
}
