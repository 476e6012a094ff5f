using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Samples;

namespace RobotWorldModel.Drivers.Motion;

/// <summary>Whether a motion has brought the arm to its end, or never will; asked command by command, on one thread.</summary>
public sealed class Arrival
{
    private const long ArriveNs = 5_000_000_000;
    private const double StandsRadPerS = 0.02;
    private const Clamp Speeds = Clamp.JointSpeed | Clamp.TcpSpeed;

    // A soft servoj setting creeps up to its end, slower than standing; what is not there after this long will not get there.
    private const double ThereRad = 1e-3;
    private const long CreepNs = 500_000_000;
    private long _arriveUntilNs = long.MaxValue, _standsFromNs = long.MaxValue;
    private Vector6 _sent;
    private Clamp _shortened;

    /// <summary>The arm stands where the motion ends.</summary>
    public bool Arrived { get; private set; }

    /// <summary>One line: the motion must be given up; null where it goes on.</summary>
    public string? Failed { get; private set; }

    /// <summary>Before each command.</summary>
    /// <param name="done">The motion's last command has been asked for.</param>
    /// <param name="fresh">The state is no old one.</param>
    /// <param name="dueNs">When the command is due, host ns.</param>
    public void Look(bool done, in RobotState state, bool fresh, long dueNs)
    {
        bool stands = done && fresh && state.Qd.MaxAbs < StandsRadPerS;
        _standsFromNs = stands ? Math.Min(_standsFromNs, dueNs) : long.MaxValue;
        Arrived = stands && ((state.Q - _sent).MaxAbs < ThereRad || dueNs - _standsFromNs >= CreepNs);
        if (done && _arriveUntilNs == long.MaxValue)
            _arriveUntilNs = dueNs + ArriveNs;
        if (_shortened != Clamp.None)
            Failed = $"the cell's limits shortened the way ({_shortened}): something was nearer than when it was looked at";
        else if (!Arrived && dueNs > _arriveUntilNs)
            Failed = "the arm does not come to rest at the end of its way: something holds it back";
    }

    /// <summary>After each command that was taken.</summary>
    /// <param name="clamped">Being slowed down is no obstacle: a slider that goes to zero also shortens what was planned a moment
    /// before.</param>
    /// <param name="guarded">Where the arm was sent, rad.</param>
    public void Sent(Clamp clamped, in Vector6 guarded)
    {
        _sent = guarded;
        _shortened |= clamped & ~Speeds;
    }
}
