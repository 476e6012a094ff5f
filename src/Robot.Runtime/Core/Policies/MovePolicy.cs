using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Motion;
using RobotWorldModel.Drivers.Samples;

namespace RobotWorldModel.Runtime.Core.Policies;

/// <summary>One move, on the controller's own clock: its speed slider slows it down. Done when the arm stands at its end.</summary>
internal sealed class MovePolicy(IMotion move) : ITickPolicy
{
    private const long ArriveNs = 5_000_000_000;
    private const double StandsRadPerS = 0.02;
    private const Clamp Speeds = Clamp.JointSpeed | Clamp.TcpSpeed;

    // A soft servoj setting creeps up to its end, slower than standing; what is not there after this long will not get there.
    private const double ThereRad = 1e-3;
    private const long CreepNs = 500_000_000;
    private long _arriveUntilNs = long.MaxValue, _standsFromNs = long.MaxValue;
    private Vector6 _sent;
    private bool _shortened;

    public string Name => "move";

    public PolicyStep Next(Observation observation, long dueNs)
    {
        if (_shortened)
            return new(null, false, "the cell's limits shortened the way: something was nearer than when it was looked at");
        bool stands = move.Done && observation.RobotFreshness == StreamFreshness.Fresh
            && observation.Robot.Value.Qd.MaxAbs < StandsRadPerS;
        _standsFromNs = stands ? Math.Min(_standsFromNs, dueNs) : long.MaxValue;
        bool arrived = stands && ((observation.Robot.Value.Q - _sent).MaxAbs < ThereRad || dueNs - _standsFromNs >= CreepNs);
        if (move.Done && _arriveUntilNs == long.MaxValue)
            _arriveUntilNs = dueNs + ArriveNs;
        if (!arrived && dueNs > _arriveUntilNs)
            return new(null, false, "the arm does not come to rest at the end of its way: something holds it back");
        return new(move.Next(dueNs, speedFraction: observation.Robot.Value.SpeedFraction), arrived);
    }

    public void Sent(in SendResult result)
    {
        if (result.Accepted)
            _sent = result.Guarded;
        // Being slowed down is no obstacle: a slider that goes to zero also shortens what was planned a moment before.
        _shortened |= result.Accepted && (result.Clamped & ~Speeds) != 0;
    }
}
