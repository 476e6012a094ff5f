namespace RobotWorldModel.Planner;

/// <summary>One plan that is asked for.</summary>
/// <param name="Number">Of the plan: its random numbers follow from the planner's seed and this, whatever was planned before.</param>
/// <param name="DeadlineNs">On the planner's clock, the host's monotonic one unless it was given another: no iteration begins that, as
/// long as the longest one lately, would end after it.</param>
/// <param name="Shift">Actions of the plan before that have been executed since, by which it is shifted first.</param>
/// <param name="MostIterations">Ends sooner: to plan once more what a deadline cut short.</param>
public readonly record struct PlanRequest(
    ulong Number, long DeadlineNs = long.MaxValue, int Shift = 1, int MostIterations = int.MaxValue);

/// <summary>How a plan came about.</summary>
/// <param name="Iterations">Rounds of scoring that were done. With none the sequence is the one before, shifted.</param>
/// <param name="Complete">Whether it took all of its rounds.</param>
/// <param name="Return">The largest that was imagined; not a number where nothing was scored.</param>
/// <param name="EffectiveShare">1 / Σ w² over the number of weighed sequences, in (0, 1]: how many of them the last round's result rests
/// on; not a number where nothing is weighed.</param>
public readonly record struct PlanResult(int Iterations, bool Complete, float Return, float EffectiveShare);

/// <summary>
/// Finds actions by imagining them. Memory is allocated when it is made, never in a plan. The same seed, memory and imagination give the
/// same plan to the bit. Not for several callers at a time.
/// </summary>
public interface IPlanner
{
    /// <summary>Actions of a plan.</summary>
    int Horizon { get; }

    /// <summary>Values of an action, each in [-1, 1].</summary>
    int ActionSize { get; }

    /// <summary>The newest plan, [horizon, action].</summary>
    ReadOnlySpan<float> Actions { get; }

    /// <summary>All that it carries from one plan to the next: kept, and copied back, a plan can be made once more.</summary>
    Span<float> Memory { get; }

    /// <summary>Plans: <see cref="Actions"/> are the best so far when the time is over.</summary>
    PlanResult Plan(IImagination imagination, in PlanRequest request);

    /// <summary>Forgets the plan before: another task begins.</summary>
    void Reset();
}
