using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.UniversalRobots;
using RobotWorldModel.Simulation.Controller;

namespace RobotWorldModel.Simulation.Tests.Controller;

public class MotionTests
{
    private const double Dt = 0.002;
    private static readonly UrKinematics s_arm = new(UrModel.Ur5e);
    private static readonly Vector6 s_home = new(0, -Math.PI / 2, Math.PI / 2, -Math.PI / 2, -Math.PI / 2, 0);
    private static readonly Pose s_tool = new(new(0, 0, 0.145), Quat.Identity);

    // Values of a simulation of the same response elsewhere; the discrete step leaves some milliseconds.
    [Theory]
    [InlineData(300, 0.1, 0.186)]
    [InlineData(2000, 0.03, 0.062)]
    [InlineData(100, 0.2, 0.388)]
    public void Servoj_reaches_nine_tenths_of_a_step_in_the_time_that_gain_and_lookahead_give(double gain, double lookahead, double t90)
    {
        var motion = new MotionGenerator(s_arm, s_home);
        Vector6 target = s_home;
        target[0] += 0.01;
        motion.Servo(target, Dt, lookahead, gain);
        double t = 0;
        for (; motion.Q[0] < 0.009; t += Dt)
            Assert.Null(motion.Step(Dt, 1, s_tool, default));
        Assert.Equal(t90, t, 0.006);
        for (int i = 0; i < 2000; i++)
            motion.Step(Dt, 1, s_tool, default);
        Assert.Equal(target, motion.Q);
        Assert.True(motion.IsSteady);
    }

    [Fact]
    public void Servoj_follows_a_ramp_with_the_lag_of_its_lookahead()
    {
        var motion = new MotionGenerator(s_arm, s_home);
        Vector6 target = s_home;
        for (int i = 0; i < 500; i++)
        {
            target[2] += 0.5 * Dt;
            motion.Servo(target, Dt, 0.03, 2000);
            motion.Step(Dt, 1, s_tool, default);
            Assert.InRange(motion.DeviationRatio, 0, 0.5);
        }
        Assert.Equal(0.03, (target[2] - motion.Q[2]) / 0.5, 0.004);
        Assert.Equal(0.5, motion.Qd[2], 1e-3);
    }

    [Fact]
    public void Torques_move_the_joints_as_long_as_they_are_renewed()
    {
        var motion = new MotionGenerator(s_arm, s_home);
        for (int i = 0; i < 100; i++)
        {
            motion.Torque(new(0, 0, 0, 0, 0, 2));
            Assert.Null(motion.Step(Dt, 1, s_tool, default));
        }
        Assert.InRange(motion.Qd[5], 0.3, 0.4); // 2 N·m on 1 kg·m² for 0.2 s, less a little friction
        Assert.Equal(0, (motion.Q - s_home)[0]);
        for (int i = 0; i < 50; i++)
            Assert.Null(motion.Step(Dt, 1, s_tool, default));
        Assert.True(motion.IsSteady && motion.IsDone, "positions are controlled again");
    }

    [Fact]
    public void Movej_keeps_speed_and_acceleration_and_arrives_at_rest()
    {
        var motion = new MotionGenerator(s_arm, s_home);
        Vector6 target = s_home + new Vector6(1, -0.5, 0.25, 0, 0, -0.8);
        motion.Follow(Joints(target, acceleration: 2, speed: 0.8));
        int cycles = 0;
        for (; !motion.IsDone; cycles++)
        {
            Assert.Null(motion.Step(Dt, 1, s_tool, default));
            Assert.InRange(motion.Qd.MaxAbs, 0, 0.8 + 1e-6);
            Assert.InRange(motion.Qdd.MaxAbs, 0, 2 + 1e-6);
            Vector6 way = motion.Q - s_home;
            Assert.Equal(way[0] * -0.5, way[1], 1e-9); // all joints on one straight line
        }
        Assert.Equal(target, motion.Q);
        Assert.Equal(1 / 0.8 + 0.8 / 2, cycles * Dt, 2 * Dt); // length / v + v / a
    }

    [Fact]
    public void Movej_takes_the_time_that_it_is_given()
    {
        var motion = new MotionGenerator(s_arm, s_home);
        motion.Follow(Joints(s_home + new Vector6(0.3, 0, 0, 0, 0, 0), 1, 1) with { TimeS = 0.5 });
        int cycles = 0;
        for (; !motion.IsDone; cycles++)
            motion.Step(Dt, 1, s_tool, default);
        Assert.Equal(0.5, cycles * Dt, 2 * Dt);
    }

    [Fact]
    public void The_slider_makes_a_move_take_longer()
    {
        var motion = new MotionGenerator(s_arm, s_home);
        motion.Follow(Joints(s_home + new Vector6(0.3, 0, 0, 0, 0, 0), 1, 1) with { TimeS = 0.5 });
        int cycles = 0;
        for (; !motion.IsDone; cycles++)
            motion.Step(Dt, 0.25, s_tool, default);
        Assert.Equal(2, cycles * Dt, 2 * Dt);
    }

    [Fact]
    public void Movel_leads_the_tool_along_a_line_at_its_speed()
    {
        var motion = new MotionGenerator(s_arm, s_home);
        Pose from = s_arm.Flange(s_home) * s_tool;
        var to = new Pose(from.Position + new Vec3(0.1, 0.05, -0.1), Quat.FromAxisAngle(Vec3.UnitZ, 0.2) * from.Rotation);
        motion.Follow(Line(to, acceleration: 1, speed: 0.2));
        Vec3 along = (to.Position - from.Position).Normalized;
        while (!motion.IsDone)
        {
            Assert.Null(motion.Step(Dt, 1, s_tool, default));
            Vec3 way = (s_arm.Flange(motion.Q) * s_tool).Position - from.Position;
            Assert.InRange((way - way.Dot(along) * along).Length, 0, 1e-6);
            Vector6 v = s_arm.TcpVelocity(motion.Q, motion.Qd, s_tool);
            Assert.InRange(Math.Sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]), 0, 0.2 + 1e-3);
        }
        Assert.True(UrKinematics.Difference(to, s_arm.Flange(motion.Q) * s_tool).Norm < 1e-6);
    }

    [Fact]
    public void A_line_that_leads_out_of_reach_is_refused_where_it_ends()
    {
        var motion = new MotionGenerator(s_arm, s_home);
        Pose far = s_arm.Flange(s_home) * s_tool;
        motion.Follow(Line(far with { Position = new(-1.5, -0.13, 0.4) }, acceleration: 1, speed: 0.005));
        string? problem = null;
        for (int i = 0; i < 200_000 && problem == null; i++)
            problem = motion.Step(Dt, 1, s_tool, default);
        Assert.StartsWith("C15", problem);
    }

    [Fact]
    public void Stopj_slows_all_joints_together()
    {
        var motion = new MotionGenerator(s_arm, s_home);
        motion.SpeedJ(new(0.8, -0.4, 0, 0, 0, 0), 100, 1);
        for (int i = 0; i < 20; i++)
            motion.Step(Dt, 1, s_tool, default);
        Assert.True(motion.SpeedReached);
        motion.Stop(2);
        int cycles = 0;
        for (; !motion.IsDone; cycles++)
        {
            motion.Step(Dt, 1, s_tool, default);
            Assert.Equal(motion.Qd[0] * -0.5, motion.Qd[1], 1e-9);
            Assert.InRange(motion.Qdd.MaxAbs, 0, 2 + 1e-6);
        }
        Assert.Equal(0.4, cycles * Dt, 2 * Dt);
        Assert.True(motion.IsSteady);
    }

    [Fact]
    public void Stopl_slows_the_tool()
    {
        var motion = new MotionGenerator(s_arm, s_home);
        motion.SpeedJ(new(0.5, 0, 0, 0, 0, 0), 100, 1);
        for (int i = 0; i < 20; i++)
            motion.Step(Dt, 1, s_tool, default);
        Vector6 v = s_arm.TcpVelocity(motion.Q, motion.Qd, s_tool);
        double speed = Math.Sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]);
        motion.Stop(0.5, ofTool: true);
        int cycles = 0;
        for (; !motion.IsDone; cycles++)
            motion.Step(Dt, 1, s_tool, default);
        Assert.Equal(speed / 0.5, cycles * Dt, 0.02);
    }

    [Fact]
    public void Speedj_that_is_not_renewed_slows_down()
    {
        var motion = new MotionGenerator(s_arm, s_home);
        motion.SpeedJ(new(0.2, 0, 0, 0, 0, 0), 1, 0.3);
        for (int i = 0; i < 150; i++)
            motion.Step(Dt, 1, s_tool, default);
        Assert.Equal(0.2, motion.Qd[0], 1e-9);
        for (int i = 0; i < 101; i++)
            motion.Step(Dt, 1, s_tool, default);
        Assert.True(motion.IsSteady);
    }

    [Fact]
    public void A_move_that_begins_in_motion_stops_first_and_still_arrives()
    {
        var motion = new MotionGenerator(s_arm, s_home);
        motion.SpeedJ(new(0, 0, 0, 0, 0, 1), 100, 1);
        for (int i = 0; i < 20; i++)
            motion.Step(Dt, 1, s_tool, default);
        motion.Follow(Joints(s_home, 3, 1));
        while (!motion.IsDone)
        {
            motion.Step(Dt, 1, s_tool, default);
            Assert.InRange(motion.Qdd.MaxAbs, 0, 3 + 1e-6);
        }
        Assert.Equal(s_home, motion.Q);
    }

    [Fact]
    public void In_freedrive_a_hand_leads_the_tool_and_without_it_the_arm_comes_to_rest()
    {
        var motion = new MotionGenerator(s_arm, s_home);
        double before = (s_arm.Flange(motion.Q) * s_tool).Position.Y;
        motion.Freedrive(FreeAxes.All);
        for (int i = 0; i < 500; i++)
            Assert.Null(motion.Step(Dt, 1, s_tool, new(0, 10, 0, 0, 0, 0)));
        Assert.InRange((s_arm.Flange(motion.Q) * s_tool).Position.Y - before, 0.05, 0.5);
        for (int i = 0; i < 1000; i++)
            motion.Step(Dt, 1, s_tool, default);
        Assert.Equal(0, motion.Qd.MaxAbs);
        Assert.True(motion.InFreedrive);
    }

    private static Move Joints(in Vector6 to, double acceleration, double speed) =>
        new(PathKind.Joints, s_tool, acceleration, speed) { ToQ = to };

    private static Move Line(in Pose to, double acceleration, double speed) =>
        new(PathKind.Line, s_tool, acceleration, speed) { ToPose = to };
}
