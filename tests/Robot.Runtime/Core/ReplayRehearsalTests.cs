using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Motion;
using RobotWorldModel.Drivers.UniversalRobots;
using RobotWorldModel.Runtime.Core.Policies;

namespace RobotWorldModel.Runtime.Tests.Core;

public class ReplayRehearsalTests
{
    private static readonly Vector6 s_home = new(0, -1.5708, 1.5708, -1.5708, -1.5708, 0);
    private static readonly UrKinematics s_kinematics = new(UrModel.ByName("UR5e"));

    private static MotionLimits Limits => new() { FlangeToTcp = new(new(0, 0, 0.145), Quat.Identity) };

    // One joint turns at a steady rate.
    private static ReplayPlan Turning(int joint, double radPerS, double seconds = 2)
    {
        int rows = (int)(seconds * 30);
        Vector6[] actions = [.. Enumerable.Range(0, rows).Select(k =>
        {
            Vector6 q = s_home;
            q[joint] += radPerS * k / 30;
            return q;
        })];
        double[] gripper = [.. actions.Select(_ => double.NaN)];
        return new("demo_000", 30, actions, gripper, actions, gripper);
    }

    private static ReplayRehearsal Rehearse(ReplayPlan plan, double speed = 1, MotionLimits? limits = null) =>
        ReplayRehearsal.Of(plan, s_kinematics, limits ?? Limits, speed);

    [Fact]
    public void What_keeps_all_limits_is_played_as_it_is()
    {
        var rehearsal = Rehearse(Turning(5, 1.2));
        Assert.Equal((0, Clamp.None, null), (rehearsal.Shortened, rehearsal.Limits, rehearsal.Obstruction));
        Assert.Equal("", rehearsal.ToString());
        Assert.InRange(rehearsal.MostBehindRad, 0, 1e-9);
    }

    [Fact]
    public void A_little_too_fast_is_shortened_and_said()
    {
        var rehearsal = Rehearse(Turning(5, 1.36, 1)); // 0.9 of 1.5 rad/s are for targets
        Assert.Null(rehearsal.Obstruction);
        Assert.Equal(Clamp.JointSpeed, rehearsal.Limits);
        Assert.InRange(rehearsal.MostBehindRad, 0.005, 0.05);
        Assert.Contains("motion.joint_speed", rehearsal.ToString());
    }

    [Theory]
    [InlineData(0, 0.3, 2.0, "motion.tcp_speed")]
    [InlineData(5, 1.2, 2.0, "motion.joint_speed")]
    public void Too_fast_is_refused_with_its_row_and_slower_is_not(int joint, double radPerS, double speed, string limit)
    {
        var plan = Turning(joint, radPerS);
        var fast = Rehearse(plan, speed);
        Assert.Matches(@"^demo_000: at row \d+ of 60 the cell's limits \(" + limit, fast.Obstruction);
        Assert.Contains("slower (--speed)", fast.Obstruction);
        Assert.Null(Rehearse(plan, 0.5).Obstruction);
    }

    [Fact]
    public void A_path_out_of_the_box_ends_there_and_a_first_pose_outside_never_begins()
    {
        Vec3 tcp = (s_kinematics.Flange(s_home) * Limits.FlangeToTcp).Position;
        var plan = Turning(0, 0.2);
        var narrow = Limits;
        narrow.WorkspaceMax = new(narrow.WorkspaceMax.X, tcp.Y + 0.02, narrow.WorkspaceMax.Z);
        narrow.WorkspaceMin = new(narrow.WorkspaceMin.X, tcp.Y - 0.02, narrow.WorkspaceMin.Z);
        Assert.Matches(@"at row \d+ of 60 the cell's limits \(workspace box\)", Rehearse(plan, 1, narrow).Obstruction);
        Assert.EndsWith("is not replayed here", Rehearse(plan, 1, narrow).Obstruction); // slower would not help
        narrow.WorkspaceMax = new(narrow.WorkspaceMax.X, tcp.Y - 0.01, narrow.WorkspaceMax.Z);
        Assert.Equal("demo_000: its first pose is out of bounds here: workspace box", Rehearse(plan, 1, narrow).Obstruction);
    }

    [Fact]
    public void The_target_between_two_rows_is_on_the_line_between_theirs()
    {
        var plan = Turning(0, 0.3);
        Assert.Equal(plan.Actions[3], plan.TargetAt(3));
        Assert.Equal((plan.Actions[3][0] + plan.Actions[4][0]) / 2, plan.TargetAt(3.5)[0], 12);
        Assert.Equal(plan.Actions[0], plan.TargetAt(-1));
        Assert.Equal(plan.Actions[^1], plan.TargetAt(1000));
    }
}
