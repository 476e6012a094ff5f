using RobotWorldModel.Drivers.Geometry;

namespace RobotWorldModel.Drivers.Motion;

/// <summary>
/// A joint move from rest to rest as timed targets: minimum jerk (Flash and Hogan, 1985), all joints at once, as long as its fastest joint needs.
/// </summary>
/// <param name="speed">Of the fastest joint at its peak, rad/s.</param>
public sealed class MoveTo(Vector6 from, Vector6 to, double speed)
{
    private const double PeakOverMean = 1.875, ShortestSeconds = 0.3;
    private long _startNs = long.MinValue;

    /// <summary>s.</summary>
    public double Duration { get; } = Math.Max(ShortestSeconds, PeakOverMean * (to - from).MaxAbs / speed);

    /// <summary>The last target handed out was the end.</summary>
    public bool Done { get; private set; }

    /// <summary>The command for a target's time; the first call's time is the start.</summary>
    public Command Next(long dueNs)
    {
        if (_startNs == long.MinValue)
            _startNs = dueNs;
        double s = Math.Clamp((dueNs - _startNs) * 1e-9 / Duration, 0, 1);
        Done = s >= 1;
        double eased = s * s * s * (10 + s * (6 * s - 15));
        return new(CommandKind.JointPosition, Vector6.Lerp(from, to, eased), double.NaN, dueNs);
    }
}
