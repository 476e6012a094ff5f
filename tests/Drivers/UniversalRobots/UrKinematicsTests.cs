using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.UniversalRobots;

namespace RobotWorldModel.Drivers.Tests.UniversalRobots;

public class UrKinematicsTests
{
    // Flange poses for nominal DH, computed independently (reference vectors).
    [Theory]
    [InlineData("UR5e", new[] { 0.0, 0, 0, 0, 0, 0 }, new[] { -0.8172, -0.2329, 0.0628, 1.570796, 0, 0 })]
    [InlineData("UR5e", new[] { 0, -Math.PI / 2, Math.PI / 2, -Math.PI / 2, -Math.PI / 2, 0 }, new[] { -0.4919, -0.1333, 0.4879, 2.221441, 2.221441, 0 })]
    [InlineData("UR5e", new[] { .1, -1.2, 1.3, -.7, -1.5, .4 }, new[] { -0.501938, -0.191412, 0.381078, 1.948776, 1.381623, 1.040426 })]
    [InlineData("UR3e", new[] { .1, -1.2, 1.3, -.7, -1.5, .4 }, new[] { -0.25766, -0.164108, 0.235248, 1.948776, 1.381623, 1.040426 })]
    [InlineData("UR10e", new[] { .1, -1.2, 1.3, -.7, -1.5, .4 }, new[] { -0.740414, -0.257599, 0.53014, 1.948776, 1.381623, 1.040426 })]
    public void Flange_equals_the_reference(string model, double[] q, double[] expected)
    {
        Vector6 pose = new UrKinematics(UrModel.ByName(model)).Flange(new Vector6(q)).ToVector();
        for (int i = 0; i < 6; i++)
            Assert.Equal(expected[i], pose[i], 1.5e-6);
    }

    [Fact]
    public void Inverse_finds_back_to_the_pose_of_a_neighbouring_configuration()
    {
        var kinematics = new UrKinematics(UrModel.Ur5e);
        var tool = new Pose(new(0.01, -0.02, 0.145), Quat.FromRotationVector(new(0.1, 0.2, -0.3)));
        var random = new Random(1);
        for (int n = 0; n < 1000; n++)
        {
            Vector6 q = default, start = default;
            for (int i = 0; i < 6; i++)
            {
                q[i] = (random.NextDouble() - 0.5) * 4;
                start[i] = q[i] + (random.NextDouble() - 0.5) * 0.1;
            }
            if (Math.Abs(Math.Sin(q[4])) < 0.2 || Math.Abs(Math.Sin(q[2])) < 0.2)
                continue; // wrist and elbow singularities: no neighbouring solution is promised there
            Pose wanted = kinematics.Flange(q) * tool;
            double error = kinematics.Inverse(ref start, wanted, tool);
            Assert.True(error < 1e-6, $"error {error} at {q}");
        }
    }
}
