using RobotWorldModel.Drivers.Geometry;

namespace RobotWorldModel.Drivers.Motion;

/// <summary>
/// Key presses as TCP targets: each press moves the goal by one step, and the target goes there at jogging speed. Presses may come from another
/// thread than the tick's.
/// </summary>
public sealed class TcpStepJog
{
    /// <summary>One press: m, rad.</summary>
    public const double StepM = 0.005, StepRad = Math.PI / 90;

    /// <summary>At most: m/s, rad/s.</summary>
    public const double Speed = 0.02, TurnSpeed = 0.15;

    private const double FarthestM = 0.05;
    private readonly Lock _lock = new();
    private Pose _at, _goal;
    private long _lastDueNs = long.MinValue;

    /// <param name="start">Where the TCP is commanded to be, base frame.</param>
    public TcpStepJog(Pose start) => _at = _goal = start;

    /// <summary>The target has reached the goal.</summary>
    public bool AtRest { get; private set; } = true;

    /// <param name="axis">0…5: x, y, z (steps of 5 mm), rx, ry, rz (steps of 2°), all in the base frame.</param>
    /// <param name="steps">Signed. The goal never runs further than 5 cm ahead, so that a held key stops soon.</param>
    public void Press(int axis, int steps)
    {
        lock (_lock)
        {
            Span<double> v = stackalloc double[6];
            v[axis] = steps * (axis < 3 ? StepM : StepRad);
            var position = _goal.Position + new Vec3(v[0], v[1], v[2]);
            if ((position - _at.Position).Length <= FarthestM)
                _goal = new(position, Quat.FromRotationVector(new(v[3], v[4], v[5])) * _goal.Rotation);
            AtRest = false;
        }
    }

    /// <summary>The command for a target's time.</summary>
    public Command Next(long dueNs)
    {
        lock (_lock)
        {
            double seconds = _lastDueNs == long.MinValue ? 0 : Math.Clamp((dueNs - _lastDueNs) * 1e-9, 0, 0.1);
            _lastDueNs = dueNs;
            Vec3 way = _goal.Position - _at.Position;
            Vec3 turn = (_goal.Rotation * _at.Rotation.Inverse).ToRotationVector();
            double needed = Math.Max(way.Length / Speed, turn.Length / TurnSpeed);
            double share = needed <= seconds ? 1 : seconds / needed;
            _at = new(_at.Position + share * way, (Quat.FromRotationVector(share * turn) * _at.Rotation).Normalized);
            AtRest = needed <= seconds;
            return new(CommandKind.TcpPose, _at.ToVector(), double.NaN, dueNs);
        }
    }
}
