using RobotWorldModel.Drivers.Geometry;

namespace RobotWorldModel.Drivers.Motion;

/// <summary>
/// The tool straight through space from rest to rest with the least jerk, turning about one axis meanwhile: s(x) = 10x³ - 15x⁴ + 6x⁵
/// (Flash and Hogan 1985). Asked once a tick; no allocation after construction.
/// </summary>
public sealed class MoveLine : IMotion
{
    private const double PeakSpeed = 1.875; // of s(x), x in 0..1
    private readonly Pose _from, _to;
    private readonly Vec3 _turn;
    private double _seconds;
    private long _dueNs = long.MinValue;

    /// <param name="from">Where the TCP is commanded to be, base frame.</param>
    /// <param name="to">Where it goes.</param>
    /// <param name="duration">Of the whole way, above zero.</param>
    public MoveLine(in Pose from, in Pose to, TimeSpan duration)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(duration, TimeSpan.Zero);
        (_from, _to, Duration) = (from, to, duration.TotalSeconds);
        _turn = (to.Rotation * from.Rotation.Inverse).ToRotationVector();
    }

    /// <summary>As fast as a share of a cell's limits allows the tool: its speed, and for its turn the joints'.</summary>
    /// <param name="share">Above 0 and at most 0.9.</param>
    public static MoveLine Within(in Pose from, in Pose to, MotionLimits limits, double share = 0.5)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(share);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(share, SafetyFilter.SpeedShare);
        double way = (to.Position - from.Position).Length, turn = (to.Rotation * from.Rotation.Inverse).ToRotationVector().Length;
        double seconds = PeakSpeed / share * Math.Max(way / limits.TcpSpeed, turn / limits.JointSpeed);
        return new(from, to, TimeSpan.FromSeconds(Math.Max(seconds, ShortestS)));
    }

    /// <summary>A move of no length still starts and ends at rest.</summary>
    private const double ShortestS = 0.3;

    /// <inheritdoc/>
    public double Duration { get; }

    /// <inheritdoc/>
    public bool Done { get; private set; }

    /// <summary>Where the tool is to be this long after the start.</summary>
    public Pose At(double seconds)
    {
        if (seconds >= Duration)
            return _to;
        double x = Math.Max(0, seconds / Duration), s = x * x * x * (10 - 15 * x + 6 * x * x);
        return new(_from.Position + s * (_to.Position - _from.Position),
            (Quat.FromRotationVector(s * _turn) * _from.Rotation).Normalized);
    }

    /// <inheritdoc/>
    public Command Next(long dueNs, double gripper = double.NaN, double speedFraction = 1)
    {
        if (_dueNs != long.MinValue)
            _seconds += (dueNs - _dueNs) * 1e-9 * speedFraction;
        _dueNs = dueNs;
        Done = _seconds >= Duration;
        return new(CommandKind.TcpPose, At(_seconds).ToVector(), gripper, dueNs);
    }
}
