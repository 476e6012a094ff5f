namespace RobotWorldModel.Simulation.Controller;

/// <summary>
/// A trapezoid of speed along a path, from rest to rest: up, level, down. Lengths in the path's own unit (m or rad). Its ramps are
/// straight, or smooth: with no step in acceleration, at the same length and duration.
/// </summary>
internal readonly struct SpeedProfile
{
    /// <summary>How much harder than on average a smooth ramp accelerates in its middle.</summary>
    public const double SmoothRise = 1.5;

    private readonly double _length, _peak, _up;
    private readonly bool _smooth;

    private SpeedProfile(double length, double duration, double peak, double up, double down, bool smooth) =>
        (_length, Duration, _peak, _up, Down, _smooth) = (length, duration, peak, up, down, smooth);

    public double Duration { get; }

    /// <summary>The highest speed.</summary>
    public double Peak => _peak;

    /// <summary>How long it slows down, s.</summary>
    public double Down { get; }

    /// <summary>The fastest within a speed and two accelerations (up and down).</summary>
    /// <param name="up">On average; a smooth ramp takes <see cref="SmoothRise"/> of it at most.</param>
    /// <param name="dt">The control cycle. The duration is a whole number of them, so that the last slows down no harder.</param>
    public static SpeedProfile Within(double length, double speed, double up, double down, double dt, bool smooth = false)
    {
        double ramps = (1 / up + 1 / down) / 2; // s²/m: both ramps cover ramps · peak²
        double peak = Math.Min(speed, Math.Sqrt(length / ramps));
        double duration = Whole(length > 0 ? length / peak + ramps * peak : 0, dt);
        double root = Math.Sqrt(Math.Max(0, duration * duration - 4 * ramps * length));
        peak = (duration - root) / (2 * ramps); // from length = peak · duration - ramps · peak²
        return new(length, duration, peak, peak / up, peak / down, smooth);
    }

    /// <summary>In a given time, s: a third each for up, level and down.</summary>
    public static SpeedProfile InTime(double length, double time, double dt)
    {
        double duration = Whole(time, dt);
        return new(length, duration, 1.5 * length / duration, duration / 3, duration / 3, smooth: false);
    }

    public double Travelled(double t)
    {
        if (t <= 0)
            return 0;
        if (t < _up)
            return _peak * _up * Ramp(t / _up);
        if (t < Duration - Down)
            return _peak * (t - _up / 2);
        double left = Math.Max(0, Duration - t);
        return left > 0 ? _length - _peak * Down * Ramp(left / Down) : _length;
    }

    // What is travelled after a share of a ramp of length 1 up to speed 1: the integral of s, or of 3s² - 2s³.
    private double Ramp(double share) => _smooth ? share * share * share * (1 - share / 2) : share * share / 2;

    /// <summary>When so much is travelled; good for the first half of the path, and straight ramps.</summary>
    public double TimeOf(double travelled)
    {
        if (_peak <= 0)
            return 0;
        double ramp = Math.Sqrt(2 * travelled * _up / _peak);
        return ramp <= _up ? ramp : travelled / _peak + _up / 2;
    }

    private static double Whole(double duration, double dt) => dt > 0 ? Math.Ceiling(duration / dt - 1e-9) * dt : duration;
}
