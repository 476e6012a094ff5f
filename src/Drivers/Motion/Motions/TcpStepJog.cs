using RobotWorldModel.Drivers.Geometry;

namespace RobotWorldModel.Drivers.Motion;

/// <summary>
/// Moves the tool by steps, one a key press, at less than 20 mm/s and 10 °/s. Steps that wait go on in one motion where they have the same
/// direction. Keys may be pressed on any thread, one thread asks once a tick.
/// </summary>
public sealed class TcpStepJog
{
    /// <summary>Commanded; where servoj overshoots, more is measured, and below 20 mm/s where ticks are punctual.</summary>
    public const double Speed = 0.018, TurnSpeed = 9 * Math.PI / 180;

    public const double StepM = 0.005, StepRad = 2 * Math.PI / 180;

    /// <summary>Steps per s²: 0.1 m/s², 40 °/s². A speed that jumps makes servoj overshoot by an eighth.</summary>
    private const double Acceleration = 20;

    private const double SubstepS = 0.005;

    /// <summary>Steps that can wait; more are not taken, so that the arm stops soon after a held key.</summary>
    public const int MaxWaiting = 10;

    private readonly Lock _lock = new();
    private readonly (int Axis, int Direction)[] _waiting = new (int, int)[MaxWaiting];
    private int _first, _count;
    private Pose _from;
    private double _progress; // 0..1 of the step under way
    private double _speed; // steps per s
    private long _dueNs = long.MinValue;

    /// <param name="start">Where the TCP is commanded to be, base frame.</param>
    public TcpStepJog(in Pose start) => _from = start;

    /// <summary>No step is under way or waiting.</summary>
    public bool AtRest
    {
        get
        {
            lock (_lock)
                return _count == 0;
        }
    }

    /// <summary>So many steps more, one after the other; those that find no room to wait are forgotten.</summary>
    /// <param name="axis">0…5: along x, y, z, about x, y, z, all of the base frame, about the TCP.</param>
    /// <param name="steps">Signed.</param>
    /// <exception cref="ArgumentOutOfRangeException">No such axis.</exception>
    public void Press(int axis, int steps)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(axis);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(axis, 5);
        lock (_lock)
            for (int i = Math.Min(Math.Abs(steps), MaxWaiting - _count); i > 0; i--)
                _waiting[(_first + _count++) % MaxWaiting] = (axis, Math.Sign(steps));
    }

    /// <summary>Forgets all steps and goes on from here: the arm could not follow.</summary>
    public void Restart(in Pose at)
    {
        lock (_lock)
        {
            _from = at;
            _count = 0;
            (_progress, _speed) = (0, 0);
        }
    }

    /// <summary>The command due then; the first is the start.</summary>
    /// <param name="speedFraction">The report's: this motion's clock runs as fast as the controller's.</param>
    public Command Next(long dueNs, double gripper = double.NaN, double speedFraction = 1)
    {
        double seconds = _dueNs == long.MinValue ? 0 : (dueNs - _dueNs) * 1e-9 * speedFraction;
        _dueNs = dueNs;
        lock (_lock)
            return new(CommandKind.TcpPose, Advance(seconds).ToVector(), gripper, dueNs);
    }

    private Pose Advance(double seconds)
    {
        for (; _count > 0 && seconds > 0; seconds -= SubstepS)
            AdvanceBy(Math.Min(seconds, SubstepS));
        return _count == 0 ? _from : Stepped(_from, _waiting[_first].Axis, _waiting[_first].Direction * _progress);
    }

    /// <summary>Speeds up to the cruise, and down to rest at the last step of the same direction.</summary>
    private void AdvanceBy(double seconds)
    {
        (int axis, int direction) = _waiting[_first];
        double left = StepsOfThisDirection() - _progress, cruise = axis < 3 ? Speed / StepM : TurnSpeed / StepRad;
        _speed = Math.Min(Math.Min(_speed + Acceleration * seconds, cruise), Math.Sqrt(2 * Acceleration * left));
        bool last = _speed * seconds >= left;
        _progress += last ? left : _speed * seconds;
        for (; _count > 0 && _progress >= 1 - 1e-9; _progress -= 1)
        {
            _from = Stepped(_from, axis, direction);
            _first = (_first + 1) % MaxWaiting;
            _count--;
        }
        if (last)
            (_progress, _speed) = (0, 0);
    }

    private int StepsOfThisDirection()
    {
        int steps = 1;
        while (steps < _count && _waiting[(_first + steps) % MaxWaiting] == _waiting[_first])
            steps++;
        return steps;
    }

    private static Pose Stepped(in Pose start, int axis, double steps)
    {
        Vec3 unit = (axis % 3) switch { 0 => Vec3.UnitX, 1 => Vec3.UnitY, _ => Vec3.UnitZ };
        return axis < 3
            ? start with { Position = start.Position + unit * (steps * StepM) }
            : start with { Rotation = (Quat.FromAxisAngle(unit, steps * StepRad) * start.Rotation).Normalized };
    }
}
