using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Motion;
using RobotWorldModel.Simulation.Tasks;

namespace RobotWorldModel.Runtime.Core.Mpc;

/// <summary>
/// The way that a goal was gone for, backwards: from rest, and at most half as fast as it was gone. From where a missed goal leaves the
/// arm, nobody has looked whether the straight way in joint space is free; the way it came was. Made once, filled and gone on the tick's
/// thread without allocation.
/// </summary>
/// <param name="most">Commands of a goal.</param>
internal sealed class WayBack(int most) : IMotion
{
    private const double Pace = 0.5; // of the way there
    private const double PaceS = 0.5; // until it has that pace: where the goal was given up, the arm may have been at full speed
    private readonly Vector6[] _way = new Vector6[most];
    private int _kept;
    private double _at; // commands from the start
    private double _pace;
    private long _dueNs;

    /// <inheritdoc/>
    public double Duration => Math.Max(0, _kept - 1) / (Pace * ReachTask.RateHz);

    /// <inheritdoc/>
    public bool Done { get; private set; }

    /// <summary>Another goal is gone for, from here.</summary>
    public void Begin(in Vector6 start)
    {
        (_way[0], _kept) = (start, 1);
        TurnRound();
    }

    /// <summary>A command was taken.</summary>
    public void Keep(in Vector6 guarded)
    {
        if (_kept < _way.Length)
            _way[_kept++] = guarded;
        TurnRound();
    }

    /// <inheritdoc/>
    public Command Next(long dueNs, double gripper = double.NaN, double speedFraction = 1)
    {
        double seconds = _dueNs == 0 ? 0 : (dueNs - _dueNs) * 1e-9 * speedFraction;
        _pace = Math.Min(Pace, _pace + Pace * seconds / PaceS);
        _at = Math.Max(0, _at - seconds * _pace * ReachTask.RateHz);
        _dueNs = dueNs;
        Done = _at <= 0;
        int before = (int)_at;
        Vector6 q = before + 1 < _kept ? Vector6.Lerp(_way[before], _way[before + 1], _at - before) : _way[before];
        return Command.Joints(q, dueNs) with { Gripper = gripper };
    }

    private void TurnRound() => (_at, _pace, _dueNs, Done) = (_kept - 1, 0, 0, false);
}
