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
    private const long SettledNs = 200_000_000, LongestNs = 15_000_000_000, BeginNs = 400_000_000;
    private const double Near = 0.03;
    private long _startNs, _restNs;

    public string Name => "gripper";

    public PolicyStep Next(Observation observation, long dueNs)
    {
        if (_startNs == 0)
            (_startNs, _restNs) = (dueNs, dueNs);
        GripperState state = observation.Gripper.Value;
        bool arrived = state.ObjectDetected || Math.Abs(state.Position - position) < Near;
        if (observation.GripperFreshness != StreamFreshness.Fresh || state.Moving || !arrived)
            _restNs = dueNs;
        bool done = dueNs - _restNs > SettledNs && dueNs - _startNs > BeginNs;
        if (!done && dueNs - _startNs > LongestNs)
            return new(null, false, $"the fingers did not arrive within {LongestNs / 1_000_000_000} s; ./robot gripper status says more");
        return new(new(CommandKind.JointPosition, joints, position, dueNs), done);
    }
}
