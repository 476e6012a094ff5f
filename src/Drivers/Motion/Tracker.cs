namespace RobotWorldModel.Drivers.Motion;

/// <summary>
/// Brings one joint onto a moving reference without passing it: seen from the reference, its acceleration is the largest from which a
/// stop at the reference is still possible (time-optimal with limited jerk), and close to it the acceleration of a critically damped
/// third-order system. Where the joint is on the reference, it stays there exactly.
/// </summary>
internal static class Tracker
{
    private const double LinearPole = 60; // 1/s, all three

    /// <summary>The next acceleration relative to the reference.</summary>
    /// <param name="e">Position less the reference's, rad.</param>
    /// <param name="w">Speed less the reference's, rad/s.</param>
    /// <param name="a">Acceleration less the reference's, rad/s².</param>
    public static double NextAcceleration(double e, double w, double a, double dt, double acceleration, double jerk)
    {
        double demand = -LinearPole * (3 * a + LinearPole * (3 * w + LinearPole * e));
        if (Math.Abs(demand) <= jerk && Math.Abs(e) < jerk / (LinearPole * LinearPole * LinearPole))
            return a + demand * dt;

        double low = Math.Max(a - jerk * dt, Math.Min(a, -acceleration)), high = Math.Min(a + jerk * dt, Math.Max(a, acceleration));
        if (StopAfter(e, w, high, dt, acceleration, jerk) <= 0)
            return high;
        if (StopAfter(e, w, low, dt, acceleration, jerk) >= 0)
            return low;
        for (int i = 0; i < 12; i++)
        {
            double middle = (low + high) / 2;
            if (StopAfter(e, w, middle, dt, acceleration, jerk) <= 0)
                low = middle;
            else
                high = middle;
        }
        return (low + high) / 2;
    }

    // Where the joint would come to rest, relative to the reference, if after one period with this acceleration it braked.
    private static double StopAfter(double e, double w, double a, double dt, double limit, double jerk)
    {
        w += a * dt;
        e += w * dt;
        double turned = w + a * Math.Abs(a) / (2 * jerk); // the speed once the acceleration is gone
        double sign = turned < 0 ? -1 : 1;
        double v = sign * w, a0 = sign * a;
        double peak = Math.Min(limit, Math.Sqrt(Math.Max(0, jerk * v + a0 * a0 / 2)));
        double t1 = (a0 + peak) / jerk;
        double v1 = v + (a0 - jerk * t1 / 2) * t1;
        double left = peak * peak / (2 * jerk); // what the release takes away
        double t2 = peak > 0 ? Math.Max(0, (v1 - left) / peak) : 0;
        double distance = t1 * (v + t1 * (a0 / 2 - jerk * t1 / 6)) + t2 * (v1 - peak * t2 / 2) + peak * left / (3 * jerk);
        return e + sign * distance;
    }
}
