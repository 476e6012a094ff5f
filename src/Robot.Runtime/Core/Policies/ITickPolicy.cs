using RobotWorldModel.Drivers.Motion;
using RobotWorldModel.Drivers.Samples;

namespace RobotWorldModel.Runtime.Core.Policies;

/// <summary>What a policy wants in a tick.</summary>
/// <param name="Command">Null: nothing; the arm holds.</param>
/// <param name="Done">It has nothing more to do: whoever started it is told, and it holds until it is ended.</param>
/// <param name="Failed">It cannot go on; one line that says why. The arm stops.</param>
internal readonly record struct PolicyStep(Command? Command, bool Done, string? Failed = null);

/// <summary>
/// Whoever decides what the arm should do: asked once a tick, on the tick's thread. Must not wait and must not allocate.
/// </summary>
internal interface ITickPolicy
{
    /// <summary>The lease's owner, and the action_source of a recording: scripted, jog, replay …</summary>
    string Name { get; }

    /// <param name="observation">What is known at this tick.</param>
    /// <param name="dueNs">The time of the next slot: when the command's target should be reached.</param>
    PolicyStep Next(Observation observation, long dueNs);

    /// <summary>What became of the command of this tick's <see cref="Next"/>.</summary>
    void Sent(in SendResult result)
    {
    }
}
