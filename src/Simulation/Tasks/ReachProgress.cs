using RobotWorldModel.Drivers.Geometry;

namespace RobotWorldModel.Simulation.Tasks;

/// <summary>Whether a reach has succeeded: near the goal and slow at every look for 0.2 s.</summary>
public struct ReachProgress
{
    private const long SuccessNs = (long)(ReachTask.SuccessS * 1e9) - 1000; // the times of ticks are rounded
    private bool _within;
    private long _sinceNs;

    /// <summary>At some look so far; it stays so.</summary>
    public bool Succeeded { get; private set; }

    /// <param name="tcp">Base frame, m.</param>
    /// <param name="qd">rad/s.</param>
    /// <param name="goal">Base frame, m.</param>
    public void Look(Vec3 tcp, in Vector6 qd, Vec3 goal, long nowNs)
    {
        bool within = (tcp - goal).Length <= ReachTask.SuccessM && qd.MaxAbs < ReachTask.SuccessRadPerS;
        if (within && !_within)
            _sinceNs = nowNs;
        _within = within;
        Succeeded |= within && nowNs - _sinceNs >= SuccessNs;
    }
}
