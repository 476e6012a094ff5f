namespace RobotWorldModel.Simulation.Environments;

/// <summary>What one decision brought.</summary>
/// <param name="Reward">Summed over the action's repeats.</param>
/// <param name="Terminated">The task itself is over: nothing follows that could be rewarded.</param>
/// <param name="Truncated">The episode's time is over; the task could go on.</param>
public readonly record struct StepResult(double Reward, bool Terminated, bool Truncated);

/// <summary>
/// A task in simulated time: deterministic to the bit for a seed and a sequence of actions, as fast as the machine computes. One thread at
/// a time; no allocation after construction.
/// </summary>
public interface IEnvironment
{
    string Name { get; }

    /// <summary>Values of an observation.</summary>
    int ObservationSize { get; }

    /// <summary>Values of an action.</summary>
    int ActionSize { get; }

    /// <summary>Decisions an episode; the last one's result is truncated.</summary>
    int Decisions { get; }

    /// <summary>Steps of the task's own that one decision lasts.</summary>
    int ActionRepeat { get; }

    double SecondsPerDecision { get; }

    /// <summary>Begins the episode of a seed.</summary>
    /// <param name="observation">[<see cref="ObservationSize"/>], or empty where it is not wanted.</param>
    /// <exception cref="ArgumentException">A span of another length.</exception>
    void Reset(ulong seed, Span<float> observation);

    /// <summary>One decision. After the episode's end it goes on, and says truncated each time: a planner may look beyond.</summary>
    /// <param name="action">[<see cref="ActionSize"/>]; each value is clamped to -1..1.</param>
    /// <param name="observation">[<see cref="ObservationSize"/>], or empty where it is not wanted.</param>
    /// <exception cref="ArgumentException">A span of another length, or an action that is not a number.</exception>
    StepResult Step(ReadOnlySpan<float> action, Span<float> observation);

    /// <summary>
    /// Takes over where another environment of the same kind and settings is, to the bit: so a planner rolls candidates out in the true
    /// dynamics.
    /// </summary>
    /// <exception cref="ArgumentException">It is of another kind, or another size.</exception>
    void CopyFrom(IEnvironment other);

    /// <summary>A second environment with the same settings, in the same state.</summary>
    IEnvironment Copy();
}
