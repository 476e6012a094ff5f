using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.UniversalRobots;

namespace RobotWorldModel.Drivers.Motion;

/// <summary>
/// A straight line in joint space from rest to rest with the least jerk: s(x) = 10x³ - 15x⁴ + 6x⁵ (Flash and Hogan 1985). Asked once a
/// tick; no allocation after construction.
/// </summary>
public sealed class MoveTo : IMotion
{
    private const double PeakSpeed = 1.875, PeakAcceleration = 5.7735, PeakJerk = 60; // of s(x), x in 0..1
    private readonly Vector6 _from, _to;
    private double _seconds;
    private long _dueNs = long.MinValue;

    /// <param name="speed">Of the fastest joint at its peak, rad/s.</param>
    public MoveTo(in Vector6 from, in Vector6 to, double speed)
        : this(from, to, TimeSpan.FromSeconds(PeakSpeed * (to - from).MaxAbs / speed))
    {
    }

    /// <param name="duration">Of the whole way; zero is there at once.</param>
    public MoveTo(in Vector6 from, in Vector6 to, TimeSpan duration)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(duration, TimeSpan.Zero);
        (_from, _to, Duration) = (from, to, duration.TotalSeconds);
    }

    /// <summary>As fast as a share of a cell's limits allows.</summary>
    /// <param name="share">Of TCP speed, joint speed, acceleration and jerk, above 0 and at most 0.9.</param>
    public static MoveTo Within(in Vector6 from, in Vector6 to, MotionLimits limits, UrKinematics kinematics, double share = 0.5)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(share);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(share, SafetyFilter.SpeedShare);
        double turn = (to - from).MaxAbs;
        double seconds = PeakSpeed * turn / (share * limits.JointSpeed);
        seconds = Math.Max(seconds, Math.Sqrt(PeakAcceleration * turn / (share * limits.JointAcceleration)));
        seconds = Math.Max(seconds, Math.Cbrt(PeakJerk * turn / (share * limits.JointJerk)));
        double fastest = 0;
        for (int i = 0; i <= 50; i++)
        {
            Vector6 v = kinematics.TcpVelocity(Vector6.Lerp(from, to, i / 50.0), to - from, limits.FlangeToTcp);
            fastest = Math.Max(fastest, new Vec3(v[0], v[1], v[2]).Length);
        }
        return new(from, to, TimeSpan.FromSeconds(Math.Max(seconds, PeakSpeed * fastest / (share * limits.TcpSpeed))));
    }

    /// <inheritdoc/>
    public double Duration { get; }

    /// <inheritdoc/>
    public bool Done { get; private set; }

    /// <summary>Where the arm is to be this long after the start, rad.</summary>
    public Vector6 At(double seconds)
    {
        if (seconds >= Duration)
            return _to;
        double x = Math.Max(0, seconds / Duration);
        return Vector6.Lerp(_from, _to, x * x * x * (10 - 15 * x + 6 * x * x));
    }

    /// <inheritdoc/>
    public Command Next(long dueNs, double gripper = double.NaN, double speedFraction = 1)
    {
        if (_dueNs != long.MinValue)
            _seconds += (dueNs - _dueNs) * 1e-9 * speedFraction;
        _dueNs = dueNs;
        Done = _seconds >= Duration;
        return new(CommandKind.JointPosition, At(_seconds), gripper, dueNs);
    }
}
