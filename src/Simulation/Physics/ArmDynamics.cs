using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.UniversalRobots;

namespace RobotWorldModel.Simulation.Physics;

/// <summary>
/// Masses of a UR arm and what its motors must hold against gravity. Values: Universal_Robots_ROS2_Description,
/// config/ur*/physical_parameters.yaml.
/// </summary>
public sealed class ArmDynamics
{
    /// <summary>Standard gravity, m/s².</summary>
    public const double Gravity = 9.80665;

    // Link i's centre of mass in DH frame i, m.
    private readonly Vec3[] _centre = new Vec3[6];
    private readonly double[] _mass;

    /// <exception cref="ArgumentException">No masses are known for the model.</exception>
    public ArmDynamics(UrModel model)
    {
        (_mass, Vec3[] centre) = model.Name switch
        {
            "UR3e" => (new[] { 1.98, 3.4445, 1.437, 0.871, 0.805, 0.261 }, new Vec3[]
            {
                new(0, 0, -0.02), new(-0.11355, 0, 0.1157), new(-0.1632, 0, 0.0238), new(0, -0.01, 0), new(0, 0.01, 0), new(0, 0, -0.02),
            }),
            "UR5e" => (new[] { 3.761, 8.058, 2.846, 1.37, 1.3, 0.365 }, new Vec3[]
            {
                new(0, -0.00193, -0.02561), new(-0.2125, 0, 0.11336), new(-0.2422, 0, 0.0265), new(0, -0.01634, -0.0018),
                new(0, 0.01634, -0.0018), new(0, 0, -0.001159),
            }),
            "UR10e" => (new[] { 7.369, 13.051, 3.989, 2.1, 1.98, 0.615 }, new Vec3[]
            {
                new(0.021, -0.027, 0), new(-0.2327, 0, 0.158), new(-0.33155, 0, 0.068), new(0, -0.018, 0.007), new(0, 0.018, -0.007),
                new(0, 0, -0.026),
            }),
            "UR16e" => (new[] { 7.369, 10.45, 4.321, 2.18, 2.033, 0.907 }, new Vec3[]
            {
                new(0, -0.03, -0.016), new(-0.1764, 0, 0.16), new(-0.166, 0, 0.065), new(0, -0.011, -0.009), new(0, 0.012, -0.018),
                new(0, 0, -0.044),
            }),
            "UR3" => (new[] { 2, 3.42, 1.26, 0.8, 0.8, 0.35 }, new Vec3[]
            {
                new(0, 0, -0.02), new(-0.11365, 0, 0.1157), new(-0.16325, 0, 0.0238), new(0, -0.01, 0), new(0, 0.01, 0), new(0, 0, -0.02),
            }),
            "UR5" => (new[] { 3.7, 8.393, 2.33, 1.219, 1.219, 0.1879 }, new Vec3[]
            {
                new(0, -0.00193, -0.02561), new(-0.2125, 0, 0.11336), new(-0.24225, 0, 0.0265), new(0, -0.01634, -0.0018),
                new(0, 0.01634, -0.0018), new(0, 0, -0.001159),
            }),
            "UR10" => (new[] { 7.1, 12.7, 4.27, 2, 2, 0.365 }, new Vec3[]
            {
                new(0.021, -0.027, 0), new(-0.232, 0, 0.158), new(-0.3323, 0, 0.068), new(0, -0.018, 0.007), new(0, 0.018, -0.007),
                new(0, 0, -0.026),
            }),
            _ => throw new ArgumentException($"no link masses are known for a {model.Name}", nameof(model)),
        };
        for (int i = 0; i < 6; i++)
            _centre[i] = UrdfToDh(model, i).Transform(centre[i]);
    }

    public double MassOf(int link) => _mass[link];

    /// <summary>Torques (N·m) with which the motors hold the links, given the DH frames 1…6 in a base that stands upright.</summary>
    public Vector6 HoldingTorque(ReadOnlySpan<Pose> frames)
    {
        Vector6 torque = default;
        for (int link = 0; link < 6; link++)
        {
            Vec3 weight = new(0, 0, -_mass[link] * Gravity);
            torque += HoldingTorque(frames, weight, default, frames[link].Transform(_centre[link]), link);
        }
        return torque;
    }

    /// <summary>
    /// Torques with which the motors hold a force and torque (base frame) that act at a point (base frame) of a link, 0…5.
    /// </summary>
    public static Vector6 HoldingTorque(ReadOnlySpan<Pose> frames, Vec3 force, Vec3 moment, Vec3 point, int link = 5)
    {
        Vector6 torque = default;
        for (int j = 0; j <= link; j++)
        {
            Vec3 axis = j == 0 ? Vec3.UnitZ : frames[j - 1].Rotation.Rotate(Vec3.UnitZ);
            Vec3 origin = j == 0 ? default : frames[j - 1].Position;
            torque[j] = -axis.Dot((point - origin).Cross(force) + moment);
        }
        return torque;
    }

    // The masses are given in joint frames (z along joint i); DH frame i is that frame moved along x and turned about x by the link's
    // twist.
    private static Pose UrdfToDh(UrModel model, int i) =>
        new(new(-model.A[i], 0, 0), Quat.FromAxisAngle(Vec3.UnitX, -model.Alpha[i]));
}
