namespace RobotWorldModel.Drivers.Motion;

/// <summary>
/// One joint in discrete time: a' = a + j·dt, v' = v + a'·dt, p' = p + v'·dt, so that speed, acceleration and jerk are exactly the finite
/// differences of the set-points. All methods are pure.
/// </summary>
internal readonly struct JerkLimit(double speed, double acceleration, double jerk, double dt)
{
    private readonly double _step = jerk * dt; // the most that the acceleration may change in a cycle

    /// <summary>
    /// The acceleration from which a change of speed is just reached when from the next cycle on it is led back to zero at full jerk:
    /// the inverse of a + (a - J·dt) + (a - 2·J·dt) + … = change / dt, exactly, piece by piece.
    /// </summary>
    public double Towards(double change)
    {
        double u = Math.Abs(change) / dt;
        double m = Math.Floor((Math.Sqrt(1 + 8 * u / _step) - 1) / 2);
        return Math.CopySign((u + _step * m * (m + 1) / 2) / (m + 1), change);
    }

    /// <summary>The acceleration nearest to a wish that jerk, acceleration and the speed that must follow from it allow.</summary>
    public double Admissible(double wish, double v, double a)
    {
        // Speed that is sure to come if the acceleration is led back from here on must stay within the limit, on both sides.
        double high = Math.Min(acceleration, Towards(Math.Max(0, speed - v)));
        double low = Math.Max(-acceleration, -Towards(Math.Max(0, speed + v)));
        double wanted = Math.Clamp(wish, low, high);
        return Math.Clamp(wanted, a - _step, a + _step);
    }

    /// <summary>Goes for a speed as fast as the limits allow.</summary>
    public double ForSpeed(double wanted, double v, double a) => Admissible(Towards(wanted - v), v, a);

    /// <summary>One cycle of the way to rest. Ends exactly at v = 0, a = 0.</summary>
    public void Brake(ref double p, ref double v, ref double a)
    {
        a = ForSpeed(0, v, a);
        v += a * dt;
        if (Math.Abs(v) < 1e-9 && Math.Abs(a) <= _step)
            (v, a) = (0, 0); // what is left is rounding
        p += v * dt;
    }

    /// <summary>The speed from which a distance is just enough to stop in (a = 0 at both ends).</summary>
    public double SpeedToStopWithin(double distance)
    {
        double knee = acceleration * acceleration / jerk; // below this speed the acceleration never reaches its limit
        double short_ = Math.Pow(distance * Math.Sqrt(jerk), 2.0 / 3);
        if (short_ <= knee)
            return short_;
        double b = acceleration / (2 * jerk), c = distance;
        return acceleration * (Math.Sqrt(b * b + 2 * c / acceleration) - b);
    }
}
