using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.UniversalRobots;

namespace RobotWorldModel.Drivers.Tests.UniversalRobots;

public class UrKinematicsTests
{
    // Flange poses for nominal DH, computed independently (reference vectors).
    [Theory]
    [InlineData("UR5e", new[] { 0.0, 0, 0, 0, 0, 0 }, new[] { -0.8172, -0.2329, 0.0628, 1.570796, 0, 0 })]
    [InlineData("UR5e", new[] { 0, -Math.PI / 2, Math.PI / 2, -Math.PI / 2, -Math.PI / 2, 0 },
        new[] { -0.4919, -0.1333, 0.4879, 2.221441, 2.221441, 0 })]
    [InlineData("UR5e", new[] { .1, -1.2, 1.3, -.7, -1.5, .4 }, new[] { -0.501938, -0.191412, 0.381078, 1.948776, 1.381623, 1.040426 })]
    [InlineData("UR3e", new[] { .1, -1.2, 1.3, -.7, -1.5, .4 }, new[] { -0.25766, -0.164108, 0.235248, 1.948776, 1.381623, 1.040426 })]
    [InlineData("UR10e", new[] { .1, -1.2, 1.3, -.7, -1.5, .4 }, new[] { -0.740414, -0.257599, 0.53014, 1.948776, 1.381623, 1.040426 })]
    public void Flange_equals_the_reference(string model, double[] q, double[] expected)
    {
        Vector6 pose = new UrKinematics(UrModel.ByName(model)).Flange(new Vector6(q)).ToVector();
        for (int i = 0; i < 6; i++)
            Assert.Equal(expected[i], pose[i], 1e-6);
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

    [Fact]
    public void A_calibration_moves_the_flange_and_leaves_every_link_where_it_is()
    {
        UrModel m = UrModel.Ur5e;
        // As on real arms: axis 3 leans against axis 2 by a milliradian, so the two meet 425 m away, and that is where frame 2 stands.
        const double Lean = 1e-3;
        var calibration = new UrCalibration(
            new(1e-3, Math.PI / 2, -Math.PI / 2, 2e-3, -1e-3, 5e-4),
            new(2e-4, 0, m.A[2] + 1e-4, 1e-5, 1e-5, 0),
            new(m.D[0] + 3e-4, -m.A[1] / Math.Tan(Lean), m.A[1] / Math.Sin(Lean), m.D[3] - 2e-4, m.D[4] + 1e-4, m.D[5] + 2e-4),
            new(m.Alpha[0] + 1e-3, Lean, 0, m.Alpha[3] - 5e-4, m.Alpha[4] + 3e-4, 0), 2, "");
        var own = new UrKinematics(m, calibration);
        var nominal = new UrKinematics(m);
        Assert.True(own.IsCalibrated && !nominal.IsCalibrated);
        var random = new Random(2);
        Span<Pose> a = stackalloc Pose[6], b = stackalloc Pose[6];
        for (int n = 0; n < 200; n++)
        {
            Vector6 q = default;
            for (int i = 0; i < 6; i++)
                q[i] = (random.NextDouble() - 0.5) * 6;
            own.Frames(q, a);
            nominal.Frames(q, b);
            for (int i = 0; i < 6; i++)
            {
                double apart = (a[i].Position - b[i].Position).Length;
                Assert.True(apart < 0.01, $"frame {i + 1} is {apart} m off");
            }
            Assert.Equal(Direct(calibration, q).Position.X, own.Flange(q).Position.X, 1e-9);
            Assert.True((Direct(calibration, q).Position - own.Flange(q).Position).Length < 1e-9);
            Assert.True((Direct(calibration, q).Rotation.Inverse * own.Flange(q).Rotation).ToRotationVector().Length < 1e-9);
            Vector6 start = q;
            Assert.True(own.Inverse(ref start, own.Flange(q), Pose.Identity) < 1e-6);
        }
    }

    // Standard DH, link by link, as the controller's manual writes it.
    private static Pose Direct(UrCalibration c, Vector6 q)
    {
        Pose t = Pose.Identity;
        for (int i = 0; i < 6; i++)
        {
            t *= new Pose(default, Quat.FromAxisAngle(Vec3.UnitZ, q[i] + c.Theta[i]));
            t *= new Pose(new(0, 0, c.D[i]), Quat.Identity);
            t *= new Pose(new(c.A[i], 0, 0), Quat.FromAxisAngle(Vec3.UnitX, c.Alpha[i]));
        }
        return t;
    }
}
