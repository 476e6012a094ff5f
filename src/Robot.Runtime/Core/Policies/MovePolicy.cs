using RobotWorldModel.Drivers.Motion;
using RobotWorldModel.Drivers.Samples;

namespace RobotWorldModel.Runtime.Core.Policies;

/// <summary>One move, on the controller's own clock: its speed slider slows it down. Done when the arm stands at its end.</summary>
internal sealed class MovePolicy(IMotion move) : ITickPolicy
{
    private readonly Arrival _arrival = new();

    public string Name => "move";

    public PolicyStep Next(Observation observation, long dueNs)
    {
        RobotState state = observation.Robot.Value;
        _arrival.Look(move.Done, state, observation.RobotFreshness == StreamFreshness.Fresh, dueNs);
        return _arrival.Failed is { } failed
            ? new(null, false, failed)
            : new(move.Next(dueNs, speedFraction: state.SpeedFraction), _arrival.Arrived);
    }

    public void Sent(in SendResult result)
    {
        if (result.Accepted)
            _arrival.Sent(result.Clamped, result.Guarded);
    }
}
