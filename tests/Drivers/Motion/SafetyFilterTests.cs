using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Motion;
using RobotWorldModel.Drivers.UniversalRobots;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Drivers.Tests.Motion;

public class SafetyFilterTests
{
    private const long Tick = 33_333_333, Now = 1_000_000_000;
    private static readonly Vector6 s_home = new(0, -Math.PI / 2, Math.PI / 2, -Math.PI / 2, -Math.PI / 2, 0);
    private static readonly UrKinematics s_kinematics = new(UrModel.Ur5e);
    private readonly MotionLimits _limits = new() { FlangeToTcp = new(new(0, 0, 0.145), Quat.Identity) };
    private readonly SafetyFilter _filter;
    private readonly ArmGeometry _geometry;
    private long _now = Now;

    public SafetyFilterTests()
    {
        _filter = new(s_kinematics, _limits);
        _geometry = new(s_kinematics, _limits);
        _filter.Seed(s_home);
    }

    [Fact]
    public void A_harmless_target_passes_to_the_bit()
    {
        Vector6 target = s_home + new Vector6(0.001, -0.002, 0.001, 0, 0, 0.01);
        Assert.Equal(new SendResult(true, Clamp.None, target, null), Send(CommandKind.JointPosition, target));
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(double.NegativeInfinity)]
    [InlineData(1e12)]
    [InlineData(1e300)]
    public void What_is_no_sensible_number_is_refused_in_every_kind(double poison)
    {
        foreach (CommandKind kind in Enum.GetValues<CommandKind>())
            for (int i = 0; i < 6; i++)
            {
                Vector6 arm = kind is CommandKind.JointPosition ? s_home : default;
                arm[i] = poison;
                SendResult result = Send(kind, arm);
                Assert.False(result.Accepted);
                Assert.NotNull(result.Refusal);
                Assert.Equal(s_home, result.Guarded);
            }
        Assert.False(_filter.Check(new(CommandKind.JointPosition, s_home, double.PositiveInfinity, _now + Tick), _now).Accepted);
        Assert.False(Send((CommandKind)9, default).Accepted);
    }

    [Fact]
    public void A_first_target_too_far_from_the_commanded_pose_is_refused_and_a_near_one_is_not()
    {
        SendResult far = Send(CommandKind.JointPosition, s_home + new Vector6(0, 0, 0.051, 0, 0, 0));
        Assert.False(far.Accepted);
        Assert.Contains("0.051 rad", far.Refusal);
        Assert.True(Send(CommandKind.JointPosition, s_home + new Vector6(0, 0, 0.049, 0, 0, 0)).Accepted);
    }

    [Fact]
    public void A_target_out_of_its_time_is_refused()
    {
        Assert.Contains("late", _filter.Check(new(CommandKind.JointPosition, s_home, double.NaN, _now - 1), _now).Refusal);
        Assert.True(Send(CommandKind.JointPosition, s_home).Accepted);
        Assert.Contains("not due after", _filter.Check(new(CommandKind.JointPosition, s_home, double.NaN, _now), _now).Refusal);
        Assert.Contains("ahead", _filter.Check(new(CommandKind.JointPosition, s_home, double.NaN, _now + 600_000_000), _now).Refusal);
        Assert.Contains("too long ago",
            _filter.Check(new(CommandKind.JointPosition, s_home, double.NaN, _now + Tick), _now + Tick + 200_000_000).Refusal);
        Assert.False(_filter.Check(new(CommandKind.JointPosition, s_home, double.NaN, long.MinValue), _now).Accepted);
        Assert.False(_filter.Check(new(CommandKind.JointPosition, s_home, double.NaN, long.MaxValue), _now).Accepted);
    }

    [Fact]
    public void A_first_target_far_away_is_refused_as_joints_and_as_a_pose_of_the_tool()
    {
        Assert.Contains("move there first", Send(CommandKind.JointPosition, s_home + new Vector6(0.1, 0, 0, 0, 0, 0)).Refusal);
        Pose start = s_kinematics.Flange(s_home) * _limits.FlangeToTcp;
        Pose far = start with { Position = start.Position + new Vec3(0, 0, 0.1) };
        Assert.Contains("move there first", Send(CommandKind.TcpPose, far.ToVector()).Refusal);
        Assert.True(Send(CommandKind.TcpPose, start.ToVector()).Accepted);
        Assert.True(Send(CommandKind.TcpPose, far.ToVector()).Accepted); // no first one any more: shortened as ever
    }

    [Fact]
    public void A_joint_too_fast_is_slowed_along_its_line_and_said_so()
    {
        Send(CommandKind.JointPosition, s_home);
        Vector6 step = new(0, 0, 0, 0, 0.1, 0.2);
        SendResult result = Send(CommandKind.JointPosition, s_home + step);
        Assert.Equal(Clamp.JointSpeed, result.Clamped & Clamp.JointSpeed);
        Vector6 made = result.Guarded - s_home;
        Assert.InRange(made.MaxAbs, 0.01, _limits.JointSpeed * Tick * 1e-9);
        Assert.Equal(made[5] / 2, made[4], 1e-9);
    }

    [Fact]
    public void A_tool_too_fast_is_slowed_and_said_so()
    {
        Send(CommandKind.JointPosition, s_home);
        SendResult result = Send(CommandKind.JointPosition, s_home + new Vector6(0.04, 0, 0, 0, 0, 0));
        Assert.Equal(Clamp.TcpSpeed, result.Clamped);
        double moved = (_geometry.Tcp(result.Guarded) - _geometry.Tcp(s_home)).Length;
        Assert.InRange(moved, 0.8 * _limits.TcpSpeed * Tick * 1e-9, _limits.TcpSpeed * Tick * 1e-9);
    }

    [Fact]
    public void Tool_velocities_become_joints_along_a_straight_line_of_the_tool()
    {
        Pose start = s_kinematics.Flange(s_home) * _limits.FlangeToTcp;
        Vector6 last = default;
        for (int i = 0; i < 30; i++)
        {
            SendResult result = Send(CommandKind.TcpVelocity, new(0, 0.1, -0.05, 0, 0, 0.2));
            Assert.Equal((true, Clamp.None), (result.Accepted, result.Clamped));
            last = result.Guarded;
        }
        Pose end = s_kinematics.Flange(last) * _limits.FlangeToTcp;
        Vec3 moved = end.Position - start.Position;
        Assert.True((moved - new Vec3(0, 0.1, -0.05)).Length < 1e-4, $"moved {moved}");
        Assert.Equal(0.2, (end.Rotation * start.Rotation.Inverse).ToRotationVector().Z, 1e-4);
    }

    [Fact]
    public void Joint_velocities_last_from_one_due_time_to_the_next()
    {
        Vector6 speed = new(0, 0, 0, 0, 0, 0.5);
        Send(CommandKind.JointVelocity, speed);
        SendResult result = Send(CommandKind.JointVelocity, speed);
        Assert.Equal(2 * 0.5 * Tick * 1e-9, result.Guarded[5], 1e-6);
    }

    [Fact]
    public void A_tool_pose_out_of_reach_is_approached_at_the_allowed_speed_and_refused_where_the_arm_ends()
    {
        _limits.WorkspaceMin = new(-3, -3, -3);
        _limits.WorkspaceMax = new(3, 3, 3);
        var filter = new SafetyFilter(s_kinematics, _limits);
        filter.Seed(s_home);
        Pose start = s_kinematics.Flange(s_home) * _limits.FlangeToTcp;
        Vector6 away = (start with { Position = start.Position + new Vec3(-2, 0, 0) }).ToVector();
        SendResult result = default;
        for (int i = 0; i < 400; i++)
        {
            result = filter.Check(new(CommandKind.TcpPose, away, double.NaN, _now + Tick), _now);
            if (!result.Accepted)
                break;
            Assert.NotEqual(Clamp.None, result.Clamped);
            _now += Tick;
        }
        Assert.False(result.Accepted);
        Assert.Contains("reach", result.Refusal);
    }

    [Fact]
    public void The_box_the_table_the_arm_itself_and_the_joints_ranges_stop_targets_short_and_are_named()
    {
        _limits.WorkspaceMax = new(0.75, 0.75, 0.5);
        Assert.Equal(Clamp.Workspace, DriveUntilClamped(new(0, 0, -0.3, 0, 0, 0)) & Clamp.Workspace);
        _limits.WorkspaceMax = new(0.75, 0.75, 0.9);
        Assert.Equal(Clamp.SelfCollision, DriveUntilClamped(new(0, 0, 0.3, 0, 0, 0)) & Clamp.SelfCollision);
        Assert.Equal(Clamp.JointRange, DriveUntilClamped(new(0, 0, 0, 0, 0, 1.2)) & Clamp.JointRange);
        _limits.WorkspaceMin = new(-2, -2, -2);
        _limits.TableHeight = 0.1;
        Assert.Equal(Clamp.Table, DriveUntilClamped(new(0, 0.2, 0, 0, 0, 0)) & Clamp.Table);
    }

    [Fact]
    public void Where_the_arm_stands_too_close_to_something_it_may_still_go_away_from_it()
    {
        Vector6 low = s_home;
        Pose pose = s_kinematics.Flange(s_home) * _limits.FlangeToTcp;
        s_kinematics.Inverse(ref low, pose with { Position = pose.Position with { Z = 0.0035 } }, _limits.FlangeToTcp);
        _filter.Seed(low);
        SendResult down = Send(CommandKind.TcpVelocity, new(0, 0, -0.1, 0, 0, 0));
        Assert.True(down.Accepted && (down.Guarded - low).MaxAbs < 1e-4 && down.Clamped != Clamp.None);
        SendResult up = Send(CommandKind.TcpVelocity, new(0, 0, 0.1, 0, 0, 0));
        Assert.Equal((true, Clamp.None), (up.Accepted, up.Clamped));
        Assert.True(_geometry.Tcp(up.Guarded).Z > 0.005);
    }

    [Fact]
    public void A_joint_at_the_end_of_its_range_holds_up_no_motion_in_which_it_has_no_part()
    {
        var random = new Random(5);
        for (int i = 0; i < 100; i++)
        {
            double end = (i % 2 == 0 ? 1 : -1) * (2 * Math.PI - (i % 4 < 2 ? SafetyFilter.JointMargin : 0.002));
            Vector6 at = s_home;
            (at[0], at[5]) = (random.NextDouble() - 0.5, end);
            _filter.Seed(at);
            SendResult up = Send(CommandKind.TcpVelocity, new(0, 0, random.NextDouble() < 0.5 ? 0.1 : -0.1, 0, 0, 0));
            Assert.Equal((true, Clamp.None), (up.Accepted, up.Clamped));
            SendResult further = Send(CommandKind.JointVelocity, new(0, 0, 0, 0, 0, 0.5 * Math.Sign(end)));
            Assert.Equal(Clamp.JointRange, further.Clamped);
            Assert.Equal(end, further.Guarded[5], 1e-5);
        }
    }

    [Fact]
    public void A_slowed_controller_allows_and_makes_slower_steps()
    {
        Send(CommandKind.JointVelocity, default);
        SendResult half = Send(CommandKind.JointVelocity, new(0, 0, 0, 0, 0, 1), 0.5);
        Assert.Equal(0.5 * Tick * 1e-9, half.Guarded[5], 1e-9);
        SendResult stopped = Send(CommandKind.JointPosition, s_home, 0);
        Assert.Equal(half.Guarded, stopped.Guarded);
        Assert.NotEqual(Clamp.None, stopped.Clamped);
    }

    [Fact]
    public void Accepting_allocates_nothing()
    {
        Send(CommandKind.JointVelocity, new(0.1, 0, 0, 0, 0, 0.3));
        Send(CommandKind.TcpVelocity, new(0.1, 0, 0, 0, 0, 0.3));
        bool all = true;
        Assert.Equal(0, Allocations.OfOneRound(() =>
        {
            for (int i = 0; i < 50; i++)
            {
                all &= Send(CommandKind.JointVelocity, new(0.1, 0, 0.1, 0, 0, 3)).Accepted;
                all &= Send(CommandKind.TcpVelocity, new(0.01, 0, 0, 0, 0, 0.3)).Accepted;
            }
        }));
        Assert.True(all);
    }

    private Clamp DriveUntilClamped(Vector6 velocity)
    {
        var filter = new SafetyFilter(s_kinematics, _limits);
        var geometry = new ArmGeometry(s_kinematics, _limits);
        filter.Seed(s_home);
        Clamp seen = Clamp.None;
        for (int i = 0; i < 600; i++)
        {
            SendResult result = filter.Check(new(CommandKind.JointVelocity, velocity, double.NaN, _now + Tick), _now);
            _now += Tick;
            Assert.True(result.Accepted);
            Assert.True(geometry.IsClear(result.Guarded, SafetyFilter.Margin - 1e-9), $"{geometry.Clearance(result.Guarded, out _)}");
            for (int k = 0; k < 6; k++)
                Assert.InRange(result.Guarded[k], _limits.JointMin[k], _limits.JointMax[k]);
            seen |= result.Clamped;
        }
        return seen;
    }

    private SendResult Send(CommandKind kind, in Vector6 arm, double speedFraction = 1)
    {
        SendResult result = _filter.Check(new(kind, arm, double.NaN, _now + Tick), _now, speedFraction);
        if (result.Accepted)
            _now += Tick;
        return result;
    }
}
