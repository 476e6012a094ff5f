using RobotWorldModel.Drivers.Samples;

namespace RobotWorldModel.Runtime.Core.Policies;

/// <summary>
/// A plan's own time. It runs as fast as the controller's: with the speed slider at a half a plan takes twice as long, and with the slider
/// at zero it stands, so that the reference never runs away from the arm.
/// </summary>
internal struct PlanClock
{
    private long _dueNs;

    /// <summary>Of the plan, s.</summary>
    public double Seconds { get; private set; }

    /// <summary>0 is at this host time.</summary>
    public void Start(long startNs) => (_dueNs, Seconds) = (startNs, 0);

    /// <summary>On to a tick's due time, as fast as the controller's time runs just now.</summary>
    public double Advance(long dueNs, Observation observation)
    {
        Seconds += (dueNs - _dueNs) * 1e-9 * observation.Robot.Value.SpeedFraction;
        _dueNs = dueNs;
        return Seconds;
    }
}
