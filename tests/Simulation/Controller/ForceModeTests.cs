using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.UniversalRobots;
using RobotWorldModel.Simulation.Controller;

namespace RobotWorldModel.Simulation.Tests.Controller;

public class ForceModeTests
{
    private const double Dt = 0.002;
    private static readonly UrKinematics s_arm = new(UrModel.Ur5e);
    private static readonly Vector6 s_home = new(0, -Math.PI / 2, Math.PI / 2, -Math.PI / 2, -Math.PI / 2, 0);
    private static readonly Pose s_tool = new(new(0, 0, 0.145), Quat.Identity);
    private static readonly Vector6 s_limits = new(0.1, 0.1, 0.1, 0.5, 0.5, 0.5);

    private readonly MotionGenerator _motion = new(s_arm, s_home);

    [Theory]
    [InlineData(5, 0.025)]
    [InlineData(10, 0.05)]
    [InlineData(100, 0.1)] // capped by the limit
    public void A_hand_moves_the_tool_along_compliant_axes_with_a_speed_that_grows_with_its_force(double force, double speed)
    {
        _motion.Force.Start(Pose.Identity, new(0, 1, 0, 0, 0, 0), default, 2, s_limits);
        Vec3 from = Tcp();
        Run(1, new(force, force, -force, 0, 1, 0));
        Assert.Equal(speed, Velocity()[1], speed * 0.02);
        Vec3 way = Tcp() - from;
        Assert.InRange(Math.Max(Math.Abs(way.X), Math.Abs(way.Z)), 0, 1e-4); // and along no other
        Assert.True(way.Y > 0.01);
        Run(2, default);
        Assert.InRange(Velocity().MaxAbs, 0, 1e-4);
    }

    [Fact]
    public void Pressing_on_a_wall_the_arm_applies_the_force_that_it_is_told()
    {
        double wall = Tcp().Z - 0.02;
        _motion.Force.Start(Pose.Identity, new(0, 0, 1, 0, 0, 0), new(0, 0, -15, 0, 0, 0), 2, s_limits);
        double pressed = 0;
        for (int i = 0; i < 3000; i++)
        {
            pressed = 5000 * Math.Max(0, wall - Tcp().Z); // a wall of 5 N/mm
            Assert.Null(_motion.Step(Dt, 1, s_tool, default, new(0, 0, pressed, 0, 0, 0)));
        }
        Assert.Equal(15, pressed, 0.1);
    }

    [Fact]
    public void The_task_frame_says_where_the_axes_point()
    {
        var frame = new Pose(default, Quat.FromAxisAngle(Vec3.UnitZ, Math.PI / 2)); // its x is the base's y
        _motion.Force.Start(frame, new(1, 0, 0, 0, 0, 0), new(8, 0, 0, 0, 0, 0), 2, s_limits);
        Run(1, default);
        Assert.InRange(Velocity()[1], 0.03, 0.05);
        Assert.InRange(Math.Abs(Velocity()[0]), 0, 1e-4);
    }

    [Fact]
    public void Type_1_turns_y_towards_the_frames_origin_and_type_3_waits_for_a_motion_to_turn_x_along()
    {
        var frame = new Pose(Tcp() + new Vec3(0.3, 0, 0), Quat.Identity);
        _motion.Force.Start(frame, new(0, 1, 0, 0, 0, 0), new(0, 8, 0, 0, 0, 0), 1, s_limits);
        Run(0.5, default);
        Assert.InRange(Velocity()[0], 0.02, 0.05);
        Assert.InRange(Math.Abs(Velocity()[1]), 0, 1e-4);

        _motion.Force.End();
        Run(2, default);
        _motion.Force.Start(Pose.Identity, new(0, 1, 0, 0, 0, 0), new(0, 8, 0, 0, 0, 0), 3, s_limits);
        Run(0.5, default);
        Assert.InRange(Velocity().MaxAbs, 0, 1e-4);
        _motion.SpeedL(new(0, 0.05, 0, 0, 0, 0), 1, 1, 5);
        Run(1, default);
        Assert.Equal(0.05, Velocity()[1], 2e-3);
        Assert.InRange(Velocity()[0], -0.05, -0.03); // y of the frame is the base's -x
    }

    [Fact]
    public void When_it_ends_the_arm_comes_to_rest_where_it_was_led_and_the_next_move_begins_there()
    {
        _motion.Force.Start(Pose.Identity, new(0, 0, 1, 0, 0, 0), new(0, 0, 10, 0, 0, 0), 2, s_limits);
        Run(1, default);
        _motion.Force.End();
        Assert.False(_motion.IsSteady);
        Vec3 led = Tcp();
        Run(0.5, default);
        Assert.True(_motion.IsSteady);
        Assert.InRange(Tcp().Z - led.Z, 0, 0.005);
        Vector6 before = _motion.Q;
        _motion.Follow(new(PathKind.Joints, s_tool, 1, 0.5) { ToQ = s_home });
        while (!_motion.IsDone)
        {
            Assert.Null(_motion.Step(Dt, 1, s_tool, default));
            Assert.InRange((_motion.Q - before).MaxAbs, 0, 0.5 * Dt + 1e-9);
            before = _motion.Q;
        }
        Assert.Equal(s_home, _motion.Q);
    }

    [Fact]
    public void A_servo_target_and_what_the_hand_adds_are_both_followed()
    {
        _motion.Force.Start(Pose.Identity, new(0, 1, 0, 0, 0, 0), default, 2, s_limits);
        Vector6 target = s_home + new Vector6(0, 0, 0, 0, 0, 0.2);
        for (int i = 0; i < 1000; i++)
        {
            _motion.Servo(target, Dt, 0.1, 300);
            Assert.Null(_motion.Step(Dt, 1, s_tool, default, new(0, 4, 0, 0, 0, 0)));
        }
        Assert.InRange(Tcp().Y - (s_arm.Flange(s_home) * s_tool).Position.Y, 0.03, 0.05);
        double turned = (s_arm.Flange(_motion.Q).Rotation * s_arm.Flange(s_home).Rotation.Inverse).ToRotationVector().Length;
        Assert.Equal(0.2, turned, 2e-3);
    }

    [Fact]
    public void Freedrive_with_some_axes_free_lets_the_tool_go_along_these_only()
    {
        _motion.Freedrive(new(new(0, 1, 0, 0, 0, 0), Pose.Identity));
        Vec3 from = Tcp();
        for (int i = 0; i < 500; i++)
            Assert.Null(_motion.Step(Dt, 1, s_tool, new(10, 10, 10, 0, 0, 0)));
        Vec3 way = Tcp() - from;
        Assert.True(way.Y > 0.02);
        Assert.InRange(Math.Max(Math.Abs(way.X), Math.Abs(way.Z)), 0, 1e-3);
    }

    private void Run(double seconds, in Vector6 force)
    {
        for (int i = 0; i < seconds / Dt; i++)
            Assert.Null(_motion.Step(Dt, 1, s_tool, default, force));
    }

    private Vec3 Tcp() => (s_arm.Flange(_motion.Q) * s_tool).Position;

    private Vector6 Velocity() => s_arm.TcpVelocity(_motion.Q, _motion.Qd, s_tool);
}
