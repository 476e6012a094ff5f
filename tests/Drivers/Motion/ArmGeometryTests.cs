using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Motion;
using RobotWorldModel.Drivers.UniversalRobots;

namespace RobotWorldModel.Drivers.Tests.Motion;

public class ArmGeometryTests
{
    private static readonly Pose s_tool = new(new(0, 0, 0.145), Quat.Identity);

    [Theory]
    [InlineData("UR5e")]
    [InlineData("UR3e")]
    [InlineData("UR10e")]
    public void Tcp_and_its_velocity_agree_with_the_kinematics(string model)
    {
        var kinematics = new UrKinematics(UrModel.ByName(model));
        var tool = new Pose(new(0.01, -0.02, 0.145), Quat.FromRotationVector(new(0.3, 0, 0)));
        var geometry = new ArmGeometry(kinematics, new MotionLimits { FlangeToTcp = tool });
        var random = new Random(2);
        for (int n = 0; n < 200; n++)
        {
            Vector6 q = Any(random, 6), qd = Any(random, 2);
            Assert.True(((kinematics.Flange(q) * tool).Position - geometry.Tcp(q)).Length < 1e-12);
            Vector6 expected = kinematics.TcpVelocity(q, qd, tool);
            Assert.True((new Vec3(expected[0], expected[1], expected[2]) - geometry.TcpVelocity(q, qd)).Length < 1e-12);
        }
    }

    [Theory]
    [InlineData("UR5e")]
    [InlineData("UR3e")]
    [InlineData("UR10e")]
    public void The_working_pose_is_clear_on_every_model(string model)
    {
        var limits = new MotionLimits { FlangeToTcp = s_tool, WorkspaceMin = new(-2, -2, 0), WorkspaceMax = new(2, 2, 2) };
        var geometry = new ArmGeometry(new UrKinematics(UrModel.ByName(model)), limits);
        Vector6 home = new(0, -Math.PI / 2, Math.PI / 2, -Math.PI / 2, -Math.PI / 2, 0);
        Assert.True(geometry.IsClear(home, 0.02), $"clearance {geometry.Clearance(home, out _)}");
        // Turning wrist 2 and 3 all around is what these arms are made for.
        for (double turn = -3; turn < 3; turn += 0.1)
        {
            Vector6 q = home;
            (q[4], q[5]) = (turn, -turn);
            Assert.True(geometry.IsClear(q),
                $"clearance {geometry.Clearance(q, out Obstacle nearest)} to {nearest} with wrist 2 at {turn}");
        }
    }

    [Fact]
    public void What_is_too_close_is_named()
    {
        var limits = new MotionLimits { FlangeToTcp = s_tool, WorkspaceMin = new(-2, -2, -2), WorkspaceMax = new(2, 2, 2) };
        var geometry = new ArmGeometry(new UrKinematics(UrModel.Ur5e), limits);
        // Stretched out low: the wrist hangs below the table.
        Assert.True(geometry.Clearance(new(0, 0.2, 0, 0, 0, 0), out Obstacle nearest) < 0);
        Assert.Equal(Obstacle.Table, nearest);
        // Folded: the wrist is inside the shoulder.
        Assert.True(geometry.Clearance(new(0, -1.2, Math.PI - 0.05, 0, 0, 0), out nearest) < 0);
        Assert.Equal(Obstacle.Self, nearest);

        limits.WorkspaceMax = new(2, 2, 0.3);
        geometry = new ArmGeometry(new UrKinematics(UrModel.Ur5e), limits);
        Vector6 home = new(0, -Math.PI / 2, Math.PI / 2, -Math.PI / 2, -Math.PI / 2, 0);
        double over = geometry.Tcp(home).Z - 0.3;
        Assert.Equal(-over, geometry.Clearance(home, out nearest), 1e-12);
        Assert.Equal(Obstacle.Workspace, nearest);
    }

    [Fact]
    public void A_tool_pointing_down_may_reach_the_table_with_its_tip()
    {
        var kinematics = new UrKinematics(UrModel.Ur5e);
        var geometry = new ArmGeometry(kinematics, new MotionLimits { FlangeToTcp = s_tool });
        Vector6 q = new(0, -Math.PI / 2, Math.PI / 2, -Math.PI / 2, -Math.PI / 2, 0);
        Pose above = kinematics.Flange(q) * s_tool;
        Assert.True(kinematics.Inverse(ref q, above with { Position = above.Position with { Z = 0.01 } }, s_tool) < 1e-6);
        Assert.Equal(0.01, geometry.Clearance(q, out _), 1e-6);
    }

    [Fact]
    public void Clearance_changes_by_no_more_than_reach_times_the_turn()
    {
        var geometry = new ArmGeometry(new UrKinematics(UrModel.Ur5e), new MotionLimits { FlangeToTcp = s_tool });
        var random = new Random(3);
        for (int n = 0; n < 20_000; n++)
        {
            Vector6 q = Any(random, 4), d = Any(random, 0.2);
            double bound = 0;
            for (int i = 0; i < 6; i++)
                bound += geometry.Reach[i] * Math.Abs(d[i]);
            double change = Math.Abs(geometry.Clearance(q + d, out _) - geometry.Clearance(q, out _));
            Assert.True(change <= bound + 1e-12, $"{change} > {bound} at {q} by {d}");
        }
    }

    // Also where the arm's own geometry is not the nominal one.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Each_clearance_changes_by_no_more_than_the_joints_between_its_parts_turn(bool calibrated)
    {
        Vector6 off = new(0.001, -0.002, 0.001, 0.002, -0.001, 0.001), nominalA = UrModel.Ur5e.A, nominalD = UrModel.Ur5e.D;
        var own = new UrCalibration(off, nominalA + off, nominalD + off, UrModel.Ur5e.Alpha + off * 0.5, 0, "");
        var limits = new MotionLimits { FlangeToTcp = s_tool };
        var geometry = new ArmGeometry(new UrKinematics(UrModel.Ur5e, calibrated ? own : null), limits);
        var random = new Random(5);
        for (int n = 0; n < 6_000; n++)
        {
            Vector6 q = Any(random, 4), d = Any(random, 0.2);
            for (int i = 0; i < n % 6; i++)
                d[i] = 0; // only the joints beyond turn
            ArmGeometry.Clearances before = Of(q), after = Of(q + d), bound = geometry.ChangesOf(d);
            Check(before.Box, after.Box, bound.Box);
            Check(before.Table, after.Table, bound.Table);
            Check(before.Shoulder, after.Shoulder, bound.Shoulder);
            Check(before.UpperArm, after.UpperArm, bound.UpperArm);
            Check(before.Wrist, after.Wrist, bound.Wrist);
            Assert.Equal(before.Least(out Obstacle nearest), geometry.Clearance(q, out Obstacle same));
            Assert.Equal(nearest, same);
        }
        // The base's turn alone is seen by the box alone.
        Assert.Equal((0, 0), (geometry.ChangesOf(new(1, 0, 0, 0, 0, 0)).Table, geometry.ChangesOf(new(1, 1, 1, 0, 0, 0)).Wrist));

        ArmGeometry.Clearances Of(in Vector6 q)
        {
            geometry.Forward(q, out ArmGeometry.Posture posture);
            return geometry.ClearancesOf(posture);
        }

        static void Check(double before, double after, double bound) =>
            Assert.True(Math.Abs(after - before) <= bound + 1e-12, $"{before} to {after}, at most {bound}");
    }

    [Fact]
    public void The_distance_of_segments_is_the_least_over_all_their_points()
    {
        var random = new Random(4);
        for (int n = 0; n < 300; n++)
        {
            Segment a = new(Point(random), Point(random)), b = new(Point(random), Point(random));
            if (n % 10 == 0)
                b = new(a.A + new Vec3(0, 0.1, 0), a.B + new Vec3(0, 0.1, 0)); // parallel
            if (n % 10 == 1)
                b = new(b.A, b.A); // a point
            double least = double.MaxValue;
            for (int i = 0; i <= 200; i++)
                for (int k = 0; k <= 200; k++)
                    least = Math.Min(least, (a.A + (a.B - a.A) * (i / 200.0) - b.A - (b.B - b.A) * (k / 200.0)).Length);
            double distance = Segment.Distance(a, b);
            Assert.True(distance <= least + 1e-12 && distance >= least - 0.02, $"{distance}, not {least}");
        }
    }

    private static Vector6 Any(Random random, double width)
    {
        Vector6 v = default;
        for (int i = 0; i < 6; i++)
            v[i] = (random.NextDouble() - 0.5) * width;
        return v;
    }

    private static Vec3 Point(Random random) => new(random.NextDouble(), random.NextDouble(), random.NextDouble());
}
