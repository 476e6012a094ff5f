using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Motion;
using RobotWorldModel.Drivers.Teleoperation;
using RobotWorldModel.Drivers.UniversalRobots;

namespace RobotWorldModel.Drivers.Tests.Teleoperation;

public class TeleopMotionTests
{
    private const long Tick = 33_333_333;
    private static readonly UrKinematics s_ur5e = new(UrModel.Ur5e);
    private static readonly Vector6 s_home = new(0, -Math.PI / 2, Math.PI / 2, -Math.PI / 2, -Math.PI / 2, 0);
    private long _dueNs = 1_000_000_000;

    [Fact]
    public void A_stick_that_is_pushed_before_the_press_moves_nothing_until_it_was_in_its_middle()
    {
        HandMotion motion = Begun(TeleopFrame.Base);
        for (int i = 0; i < 5; i++)
            Assert.Equal(Command.Joints(s_home, _dueNs + Tick), Next(motion, new(1, 0, 0, 0, 0, 0)));
        Assert.NotEqual("", motion.Waits);
        Next(motion, default);
        Assert.Equal("", motion.Waits);
        Assert.True(Next(motion, new(1, 0, 0, 0, 0, 0)).Arm[0] > 0);
    }

    [Fact]
    public void Speed_grows_with_the_deflection_within_the_acceleration_to_the_scale_and_a_quarter_of_it_when_slow()
    {
        HandMotion motion = Begun(TeleopFrame.Base);
        Next(motion, default);
        Vector6 last = default;
        for (int i = 0; i < 30; i++)
        {
            Vector6 v = Next(motion, new(1, 1, 0, 0, 0, 1)).Arm;
            Assert.InRange((v - last)[0], 0, HandMotion.LinearAcceleration / 30);
            Assert.InRange((v - last)[5], 0, HandMotion.AngularAcceleration / 30 + 1e-9);
            last = v;
        }
        Assert.Equal(0.1, new Vec3(last[0], last[1], last[2]).Length, 9); // a corner is no faster
        Assert.Equal(0.5, last[5], 9);
        for (int i = 0; i < 30; i++)
            last = Next(motion, new(0.5, 0, 0, 0, 0, 0), slow: true).Arm;
        Assert.Equal(0.0125, last[0], 9);
        Assert.Equal(0, last[5], 9);
    }

    [Fact]
    public void In_the_tools_frame_a_push_goes_where_the_tool_points()
    {
        HandMotion motion = Begun(TeleopFrame.Tool);
        Next(motion, default);
        Vector6 v = default;
        for (int i = 0; i < 30; i++)
            v = Next(motion, new(0, 0, 1, 0, 0, 1)).Arm;
        Vec3 down = s_ur5e.Flange(s_home).Rotation.Rotate(Vec3.UnitZ);
        Assert.True((new Vec3(v[0], v[1], v[2]) - down * 0.1).Length < 1e-9);
        Assert.True((new Vec3(v[3], v[4], v[5]) - down * 0.5).Length < 1e-9);
    }

    [Fact]
    public void Where_a_limit_shortened_the_way_speed_begins_anew_and_after_a_refusal_the_arm_is_held_once()
    {
        HandMotion motion = Begun(TeleopFrame.Base);
        Next(motion, default);
        for (int i = 0; i < 30; i++)
            Next(motion, new(1, 0, 0, 0, 0, 0));
        motion.Sent(new(true, Clamp.TcpSpeed, s_home, null));
        Assert.Equal(0.1, Next(motion, new(1, 0, 0, 0, 0, 0)).Arm[0], 9);
        motion.Sent(new(true, Clamp.Workspace, s_home, null));
        Assert.InRange(Next(motion, new(-1, 0, 0, 0, 0, 0)).Arm[0], -0.05, 0); // away from it at once
        motion.Sent(new(false, Clamp.None, s_home, "out of reach"));
        Assert.Equal(CommandKind.JointPosition, Next(motion, new(1, 0, 0, 0, 0, 0)).Kind);
        Assert.Equal(CommandKind.TcpVelocity, Next(motion, new(1, 0, 0, 0, 0, 0)).Kind);
    }

    [Fact]
    public void A_leading_arm_of_the_same_model_is_followed_joint_by_joint_from_where_both_stood()
    {
        var motion = new LeaderMotion(0.5, sameModel: true, Tcp);
        Vector6 leader = new(1, -1, 1, -1, -1, 2), moved = new(0.1, 0, -0.02, 0, 0, 0.2);
        motion.Begin(new() { LeaderQ = leader }, s_home);
        Assert.Equal(s_home, Follow(motion, new() { LeaderQ = leader }).Arm);
        Assert.True((Follow(motion, new() { LeaderQ = leader + moved }).Arm - (s_home + moved * 0.5)).MaxAbs < 1e-12);
    }

    [Fact]
    public void A_leading_arm_of_another_model_is_followed_by_its_tool()
    {
        var motion = new LeaderMotion(2, sameModel: false, Tcp);
        var leader = new Pose(new(0.3, 0.1, 0.2), Quat.FromRpy(3, 0.2, 1));
        motion.Begin(new() { LeaderTcp = leader.ToVector() }, s_home);
        var there = new Pose(leader.Position + new Vec3(0.01, 0, -0.02), Quat.FromAxisAngle(Vec3.UnitZ, 0.05) * leader.Rotation);
        Command command = Follow(motion, new() { LeaderTcp = there.ToVector() });
        Assert.Equal(CommandKind.TcpPose, command.Kind);
        Pose wanted = Pose.FromVector(command.Arm);
        Assert.True((wanted.Position - (Tcp(s_home).Position + new Vec3(0.02, 0, -0.04))).Length < 1e-9);
        Vec3 turn = (wanted.Rotation * Tcp(s_home).Rotation.Inverse).ToRotationVector();
        Assert.True((turn - new Vec3(0, 0, 0.1)).Length < 1e-9);
    }

    [Fact]
    public void An_arm_that_falls_far_behind_the_leading_one_is_not_sent_after_it()
    {
        foreach (bool same in new[] { true, false })
        {
            var motion = new LeaderMotion(1, same, Tcp);
            motion.Begin(default, s_home);
            var far = new TeleopInput { LeaderQ = new(0.4, 0, 0, 0, 0, 0), LeaderTcp = new(0, 0.2, 0, 0, 0, 0) };
            Assert.NotNull(motion.Next(far, _dueNs += Tick));
            motion.Sent(new(true, Clamp.JointSpeed, s_home, null));
            Assert.Null(motion.Next(far, _dueNs += Tick));
        }
        var refused = new LeaderMotion(1, false, Tcp);
        refused.Begin(default, s_home);
        Assert.NotNull(refused.Next(default, _dueNs += Tick));
        refused.Sent(new(false, Clamp.None, s_home, "out of reach"));
        Assert.Null(refused.Next(default, _dueNs += Tick));
    }

    private static Pose Tcp(Vector6 q) => s_ur5e.Flange(q);

    private static HandMotion Begun(TeleopFrame frame)
    {
        var motion = new HandMotion(0.1, 0.5, frame, Tcp);
        motion.Begin(default, s_home);
        return motion;
    }

    private Command Next(HandMotion motion, Vector6 deflection, bool slow = false) =>
        motion.Next(new() { Deflection = deflection, Slow = slow }, _dueNs += Tick)!.Value;

    private Command Follow(LeaderMotion motion, in TeleopInput input)
    {
        Command command = motion.Next(input, _dueNs += Tick)!.Value;
        motion.Sent(new(true, Clamp.None, s_home, null));
        return command;
    }
}
