namespace RobotWorldModel.Planner;

/// <summary>
/// Sequences of actions rolled out from one state, which was set before: all that a planner needs to know of a model. Narrower than
/// design.md's IWorldModel, whose Score takes state and objective too: what a state is differs from model to model, and a planner does
/// nothing with it. So the same planners run on a learned model, on a true simulator and on a test's formula.
/// </summary>
public interface IImagination
{
    /// <summary>Values of one action, each in [-1, 1].</summary>
    int ActionSize { get; }

    /// <summary>Whether <see cref="SamplePolicy"/> works.</summary>
    bool HasPolicy { get; }

    /// <summary>What each sequence is worth, more is better; not a number where it cannot be told.</summary>
    /// <param name="actions">[candidates, horizon, action], row-major.</param>
    /// <param name="returns">[candidates].</param>
    void Score(ReadOnlySpan<float> actions, int candidates, int horizon, Span<float> returns);

    /// <summary>Lets the model's policy act from the state on.</summary>
    /// <param name="noise">Normal variates shaped as the actions; empty for the policy's mean.</param>
    /// <param name="actions">Filled: [candidates, horizon, action], each in [-1, 1].</param>
    /// <exception cref="InvalidOperationException">There is no policy.</exception>
    void SamplePolicy(ReadOnlySpan<float> noise, int candidates, int horizon, Span<float> actions);
}
