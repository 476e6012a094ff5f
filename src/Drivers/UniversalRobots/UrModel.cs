using RobotWorldModel.Drivers.Geometry;

namespace RobotWorldModel.Drivers.UniversalRobots;

/// <summary>
/// A UR arm's geometry and limits. Standard Denavit-Hartenberg, T_i = Rz(θ_i)·Tz(d_i)·Tx(a_i)·Rx(α_i), nominal values from Universal
/// Robots' article "DH parameters for calculations of kinematics and dynamics"; a calibrated controller's own values replace them.
/// </summary>
/// <param name="Name">UR5e, UR3e …</param>
/// <param name="A">Link lengths, m.</param>
/// <param name="D">Link offsets, m.</param>
/// <param name="Alpha">Link twists, rad.</param>
/// <param name="MaxJointSpeed">rad/s.</param>
/// <param name="BaseRateHz">500 for the e-Series, 125 for CB3.</param>
/// <param name="ControllerType">robotType in the primary interface's configuration data.</param>
public sealed record UrModel(
    string Name, Vector6 A, Vector6 D, Vector6 Alpha, Vector6 MaxJointSpeed, double BaseRateHz, int ControllerType)
{
    public static readonly UrModel Ur3e =
        Create("UR3e", -0.24355, -0.2132, 0.15185, 0.13105, 0.08535, 0.0921, [180, 180, 180, 360, 360, 360], 3);
    public static readonly UrModel Ur5e =
        Create("UR5e", -0.425, -0.3922, 0.1625, 0.1333, 0.0997, 0.0996, [180, 180, 180, 180, 180, 180], 1);
    public static readonly UrModel Ur10e =
        Create("UR10e", -0.6127, -0.57155, 0.1807, 0.17415, 0.11985, 0.11655, [120, 120, 180, 180, 180, 180], 2);

    public static readonly UrModel Ur16e =
        Create("UR16e", -0.4784, -0.36, 0.1807, 0.17415, 0.11985, 0.11655, [120, 120, 180, 180, 180, 180], 4);

    public static readonly UrModel Ur3 =
        Create("UR3", -0.24365, -0.21325, 0.1519, 0.11235, 0.08535, 0.0819, [180, 180, 180, 360, 360, 360], 3, 125);
    public static readonly UrModel Ur5 =
        Create("UR5", -0.425, -0.39225, 0.089159, 0.10915, 0.09465, 0.0823, [180, 180, 180, 180, 180, 180], 1, 125);
    public static readonly UrModel Ur10 =
        Create("UR10", -0.612, -0.5723, 0.1273, 0.163941, 0.1157, 0.0922, [120, 120, 180, 180, 180, 180], 2, 125);

    public static IReadOnlyList<UrModel> All { get; } = [Ur3e, Ur5e, Ur10e, Ur16e, Ur3, Ur5, Ur10];

    /// <summary>Joint range of every UR joint, ± rad.</summary>
    public const double JointRange = 2 * Math.PI;

    /// <exception cref="ArgumentException">Not a model known here.</exception>
    public static UrModel ByName(string name) =>
        All.FirstOrDefault(m => m.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
        ?? throw new ArgumentException(
            $"'{name}' is not a robot model known here; known are {string.Join(", ", All.Select(m => m.Name))}");

    private static UrModel Create(
        string name, double a2, double a3, double d1, double d4, double d5, double d6, ReadOnlySpan<double> speedsDeg, int type,
        double rateHz = 500)
    {
        Vector6 speeds = new(speedsDeg);
        return new(name, new(0, a2, a3, 0, 0, 0), new(d1, 0, 0, d4, d5, d6),
            new(Math.PI / 2, 0, 0, Math.PI / 2, -Math.PI / 2, 0), speeds * (Math.PI / 180), rateHz, type);
    }
}
