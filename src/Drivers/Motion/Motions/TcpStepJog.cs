using RobotWorldModel.Drivers.Geometry;

namespace RobotWorldModel.Drivers.Motion;

/// <summary>
/// Moves the tool by steps, one a key press, at 20 mm/s and 10 °/s at most. Presses wait for each other; keys may be pressed on any
/// thread, one thread asks once a tick.
/// </summary>
public sealed class TcpStepJog
{
    public const double StepM = 0.005, Speed = 0.020, StepRad = 2 * Math.PI / 180, TurnSpeed = 10 * Math.PI / 180;

    /// <summary>Steps that can wait; more are not taken, so that the arm stops soon after a held key.</summary>
    public const int MaxWaiting = 10;

    private readonly Lock _lock = new();
    private readonly (int Axis, int Direction)[] _waiting = new (int, int)[MaxWaiting];
    private int _first, _count;
    private Pose _from;
    private double _progress; // 0..1 of the step under way
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
            _progress = 0;
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
        while (_count > 0 && seconds > 0)
        {
            (int axis, int direction) = _waiting[_first];
            double whole = axis < 3 ? StepM / Speed : StepRad / TurnSpeed;
            double part = Math.Min(seconds, (1 - _progress) * whole);
            seconds -= part;
            _progress += part / whole;
            if (_progress < 1 - 1e-9)
                return Stepped(_from, axis, direction * _progress);
            _from = Stepped(_from, axis, direction);
            _progress = 0;
            _first = (_first + 1) % MaxWaiting;
            _count--;
        }
        return _count == 0 ? _from : Stepped(_from, _waiting[_first].Axis, _waiting[_first].Direction * _progress);
    }

    private static Pose Stepped(in Pose start, int axis, double steps)
    {
        Vec3 unit = (axis % 3) switch { 0 => Vec3.UnitX, 1 => Vec3.UnitY, _ => Vec3.UnitZ };
        return axis < 3
            ? start with { Position = start.Position + unit * (steps * StepM) }
            : start with { Rotation = (Quat.FromAxisAngle(unit, steps * StepRad) * start.Rotation).Normalized };
    }
}
