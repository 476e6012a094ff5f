namespace RobotWorldModel.Simulation.Classic;

/// <summary>
/// dm_control's reward tolerances about zero: 1 there, less with distance (google-deepmind/dm_control, utils/rewards.py).
/// </summary>
internal static class Tolerance
{
    private const double ValueAtMargin = 0.1;
    private static readonly double s_exponent = Math.Log(ValueAtMargin);

    /// <summary>A Gaussian that is 0.1 at its margin.</summary>
    public static double Gaussian(double x, double margin) => Math.Exp(s_exponent * (x / margin) * (x / margin));

    /// <summary>A parabola that is 0 from its margin on.</summary>
    public static double Quadratic(double x, double margin) => Math.Max(0, 1 - x / margin * (x / margin));
}
