using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.UniversalRobots;
using RobotWorldModel.Simulation.Controller;

namespace RobotWorldModel.Simulation.Tests.Controller;

/// <summary>optimovej and optimovel: shares of what the arm can do, and no step in acceleration.</summary>
public class OptimizedMoveTests
{
    private const double Dt = 0.002;
    private static readonly UrKinematics s_arm = new(UrModel.Ur10e); // its joints are not all equally fast
    private static readonly Vector6 s_home = new(0, -Math.PI / 2, Math.PI / 2, -Math.PI / 2, -Math.PI / 2, 0);
    private static readonly Pose s_tool = new(new(0, 0, 0.145), Quat.Identity);

    [Theory]
    [InlineData(0.3, 0.3)]
    [InlineData(1, 0.5)]
    public void A_joint_move_takes_its_shares_of_speed_and_acceleration_and_starts_and_ends_smoothly(double speed, double acceleration)
    {
        var motion = new MotionGenerator(s_arm, s_home);
        Vector6 target = s_home + new Vector6(1, 0, -1.2, 0, 0, 0.5);
        double fastest = 0, hardest = 0, steepest = 0;
        Run(motion, new(PathKind.Joints, s_tool, acceleration, speed) { ToQ = target, Optimized = true }, before =>
        {
            for (int i = 0; i < 6; i++)
                fastest = Math.Max(fastest, Math.Abs(motion.Qd[i]) / s_arm.Model.MaxJointSpeed[i]);
            hardest = Math.Max(hardest, motion.Qdd.MaxAbs);
            steepest = Math.Max(steepest, (motion.Qdd - before).MaxAbs);
        });
        Assert.Equal(target, motion.Q);
        Assert.InRange(fastest, speed * 0.9, speed * 1.001); // the base, which is the slowest for its way
        double allowed = MotionGenerator.JointAcceleration * acceleration;
        Assert.InRange(hardest, allowed * 0.8, allowed * 1.01);
        Assert.InRange(steepest, 0, hardest * 0.2); // a straight ramp would step by all of it
    }

    [Fact]
    public void A_line_is_as_fast_as_its_share_of_what_the_joints_allow()
    {
        var motion = new MotionGenerator(s_arm, s_home);
        Pose start = s_arm.Flange(s_home) * s_tool;
        Pose to = start with { Position = start.Position + new Vec3(0.1, 0.3, -0.1) };
        Vec3 along = (to.Position - start.Position).Normalized;
        double fastest = 0, steepest = 0;
        Run(motion, new(PathKind.Line, s_tool, 0.3, 0.3) { ToPose = to, Optimized = true }, before =>
        {
            for (int i = 0; i < 6; i++)
                fastest = Math.Max(fastest, Math.Abs(motion.Qd[i]) / s_arm.Model.MaxJointSpeed[i]);
            steepest = Math.Max(steepest, (motion.Qdd - before).MaxAbs);
            Vec3 way = (s_arm.Flange(motion.Q) * s_tool).Position - start.Position;
            Assert.InRange((way - way.Dot(along) * along).Length, 0, 1e-6);
        });
        Assert.True(UrKinematics.Difference(to, s_arm.Flange(motion.Q) * s_tool).Norm < 1e-6);
        Assert.InRange(fastest, 0.2, 0.32);
        Assert.InRange(steepest, 0, 0.2 * 0.3 * MotionGenerator.JointAcceleration);
    }

    [Fact]
    public void Optimized_moves_blend_into_one_another()
    {
        var motion = new MotionGenerator(s_arm, s_home);
        Vector6 first = s_home + new Vector6(0.4, 0, 0, 0, 0, 0), last = first + new Vector6(0, 0, 0.4, 0, 0, 0);
        motion.Follow(new(PathKind.Joints, s_tool, 0.3, 0.3) { ToQ = first, BlendRadius = 0.05, Optimized = true });
        while (!motion.MayMoveOn)
            Assert.Null(motion.Step(Dt, 1, s_tool, default));
        motion.Follow(new(PathKind.Joints, s_tool, 0.3, 0.3) { ToQ = last, Optimized = true });
        double slowest = double.MaxValue;
        for (int i = 0; !motion.IsDone; i++)
        {
            Assert.Null(motion.Step(Dt, 1, s_tool, default));
            slowest = i < 60 ? Math.Min(slowest, motion.Qd.MaxAbs) : slowest;
        }
        Assert.InRange(slowest, 0.05, 2);
        Assert.Equal(last, motion.Q);
    }

    private static void Run(MotionGenerator motion, in Move move, Action<Vector6> look)
    {
        motion.Follow(move);
        while (!motion.IsDone)
        {
            Vector6 before = motion.Qdd;
            Assert.Null(motion.Step(Dt, 1, s_tool, default));
            look(before);
        }
    }
}
