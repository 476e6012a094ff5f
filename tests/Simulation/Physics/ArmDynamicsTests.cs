using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.UniversalRobots;
using RobotWorldModel.Simulation.Physics;
using RobotWorldModel.Simulation.Scene;

namespace RobotWorldModel.Simulation.Tests.Physics;

public class ArmDynamicsTests
{
    private static readonly Vector6 s_home = new(0, -Math.PI / 2, Math.PI / 2, -Math.PI / 2, -Math.PI / 2, 0);

    // The UR5e as its ROS description has it: joint frames (xyz, rpy) in a base turned by nothing, masses, centres of mass.
    private static readonly (Vec3 Xyz, Vec3 Rpy, double Mass, Vec3 Com)[] s_description =
    [
        (new(0, 0, 0.1625), default, 3.761, new(0, -0.00193, -0.02561)),
        (default, new(Math.PI / 2, 0, 0), 8.058, new(-0.2125, 0, 0.11336)),
        (new(-0.425, 0, 0), default, 2.846, new(-0.2422, 0, 0.0265)),
        (new(-0.3922, 0, 0.1333), default, 1.37, new(0, -0.01634, -0.0018)),
        (new(0, -0.0997, 0), new(Math.PI / 2, 0, 0), 1.3, new(0, 0.01634, -0.0018)),
        (new(0, 0.0996, 0), new(Math.PI / 2, Math.PI, Math.PI), 0.365, new(0, 0, -0.001159)),
    ];

    [Fact]
    public void Torques_are_the_slope_of_the_potential_energy()
    {
        var dynamics = new ArmDynamics(UrModel.Ur5e);
        var kinematics = new UrKinematics(UrModel.Ur5e);
        var random = new Random(5);
        Span<Pose> frames = stackalloc Pose[6];
        for (int n = 0; n < 50; n++)
        {
            Vector6 q = default;
            for (int i = 0; i < 6; i++)
                q[i] = (random.NextDouble() - 0.5) * 6;
            kinematics.Frames(q, frames);
            Vector6 torque = dynamics.HoldingTorque(frames);
            for (int j = 0; j < 6; j++)
            {
                Vector6 more = q, less = q;
                more[j] += 1e-4;
                less[j] -= 1e-4;
                Assert.Equal((Energy(more) - Energy(less)) / 2e-4, torque[j], 1e-5);
            }
        }
    }

    // Computed by a physics engine for the same arm with the gripper of 0.925 kg.
    [Fact]
    public void Torques_at_home_with_the_gripper_are_the_reference()
    {
        var physics = new KinematicPhysics(new CellScene(UrModel.Ur5e, 1), s_home);
        double[] expected = [0, -24.73, -24.73, -2.73, 0, 0];
        for (int j = 0; j < 6; j++)
            Assert.Equal(expected[j], physics.JointTorque[j], 0.03);
    }

    [Theory]
    [InlineData("UR3e", 8.7985)]
    [InlineData("UR5e", 17.7)]
    [InlineData("UR10e", 29.104)]
    [InlineData("UR16e", 27.26)]
    [InlineData("UR3", 8.63)]
    [InlineData("UR5", 17.0489)]
    [InlineData("UR10", 28.435)]
    public void Masses_add_up(string model, double total)
    {
        var dynamics = new ArmDynamics(UrModel.ByName(model));
        Assert.Equal(total, Enumerable.Range(0, 6).Sum(dynamics.MassOf), 1e-6);
    }

    [Fact]
    public void An_arm_without_known_masses_is_refused_by_name()
    {
        var mistake = Assert.Throws<ArgumentException>(() => new ArmDynamics(UrModel.Ur5e with { Name = "UR99" }));
        Assert.Contains("UR99", mistake.Message);
    }

    private static double Energy(in Vector6 q)
    {
        double energy = 0;
        Pose frame = Pose.Identity;
        for (int i = 0; i < 6; i++)
        {
            (Vec3 xyz, Vec3 rpy, double mass, Vec3 com) = s_description[i];
            frame *= new Pose(xyz, Quat.FromRpy(rpy.X, rpy.Y, rpy.Z)) * new Pose(default, Quat.FromAxisAngle(Vec3.UnitZ, q[i]));
            energy += mass * 9.80665 * frame.Transform(com).Z;
        }
        return energy;
    }
}
