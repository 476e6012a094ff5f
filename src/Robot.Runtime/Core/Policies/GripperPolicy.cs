using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Motion;
using RobotWorldModel.Drivers.Samples;

namespace RobotWorldModel.Runtime.Core.Policies;

/// <summary>
/// The fingers alone, with the arm held where it is. Done when they rest at what was asked, or on something; the first motion of a gripper
/// that is not active yet is its activation.
/// </summary>
/// <param name="joints">Where the arm is held, rad.</param>
/// <param name="position">0 open … 1 closed.</param>
internal sealed class GripperPolicy(Vector6 joints, double position) : ITickPolicy
{
    private FingersArrival _arrival = new(position);

    public string Name => "gripper";

    public PolicyStep Next(Observation observation, long dueNs)
    {
        string? ended = _arrival.Ended(observation.Gripper.Value, observation.GripperFreshness == StreamFreshness.Fresh, dueNs);
        return ended is { Length: > 0 }
            ? new(null, false, ended)
            : new(new(CommandKind.JointPosition, joints, position, dueNs), ended is not null);
    }
}
