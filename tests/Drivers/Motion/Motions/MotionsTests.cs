using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Motion;
using RobotWorldModel.Drivers.UniversalRobots;

namespace RobotWorldModel.Drivers.Tests.Motion.Motions;

public class MotionsTests
{
    private const long Tick = 33_333_333;
    private static readonly Vector6 s_home = new(0, -Math.PI / 2, Math.PI / 2, -Math.PI / 2, -Math.PI / 2, 0);

    [Fact]
    public void A_move_begins_and_ends_at_rest_where_it_should_and_keeps_its_share_of_the_limits()
    {
        var limits = new MotionLimits { FlangeToTcp = new(new(0, 0, 0.145), Quat.Identity) };
        var kinematics = new UrKinematics(UrModel.Ur5e);
        var geometry = new ArmGeometry(kinematics, limits);
        Vector6 goal = s_home + new Vector6(0.8, 0.2, -0.3, 0.1, 0, 2);
        var move = MoveTo.Within(s_home, goal, limits, kinematics, 0.5);
        Assert.Equal(s_home, move.At(0));
        Assert.Equal(goal, move.At(move.Duration));
        double fastestTcp = 0, fastestJoint = 0;
        const double Dt = 1e-3;
        for (double t = 0; t < move.Duration; t += Dt)
        {
            fastestTcp = Math.Max(fastestTcp, (geometry.Tcp(move.At(t + Dt)) - geometry.Tcp(move.At(t))).Length / Dt);
            fastestJoint = Math.Max(fastestJoint, (move.At(t + Dt) - move.At(t)).MaxAbs / Dt);
        }
        Assert.InRange(fastestTcp, 0, 0.5 * limits.TcpSpeed);
        Assert.InRange(fastestJoint, 0, 0.5 * limits.JointSpeed);
        Assert.True(fastestTcp > 0.4 * limits.TcpSpeed || fastestJoint > 0.4 * limits.JointSpeed, "needlessly slow");
    }

    [Fact]
    public void A_move_is_asked_by_due_times_and_says_when_it_is_done()
    {
        var move = new MoveTo(s_home, s_home + new Vector6(0.3, 0, 0, 0, 0, 0), TimeSpan.FromSeconds(1));
        long due = 5_000_000_000;
        int ticks = 0;
        Assert.Equal(s_home, move.Next(due).Arm);
        while (!move.Done)
        {
            Command command = move.Next(due += Tick, 0.7);
            Assert.Equal((CommandKind.JointPosition, due, 0.7), (command.Kind, command.DueNs, command.Gripper));
            ticks++;
        }
        Assert.InRange(ticks, 30, 31);
        Assert.Equal(0.3, move.Next(due + Tick).Arm[0], 1e-12);
    }

    [Fact]
    public void A_move_slows_with_the_controllers_clock()
    {
        var move = new MoveTo(s_home, s_home + new Vector6(0.3, 0, 0, 0, 0, 0), TimeSpan.FromSeconds(1));
        int ticks = 0;
        for (long due = 0; !move.Done; due += Tick)
        {
            move.Next(due, speedFraction: 0.5);
            ticks++;
        }
        Assert.InRange(ticks, 60, 62);
    }

    [Fact]
    public void A_moves_fastest_joint_peaks_at_the_speed_given()
    {
        var move = new MoveTo(s_home, s_home + new Vector6(0.3, 0, 0.6, 0, 0, 0), 0.75);
        double middle = move.Duration / 2;
        Assert.Equal(0.75, (move.At(middle + 1e-4) - move.At(middle - 1e-4)).MaxAbs / 2e-4, 1e-3);
    }

    [Fact]
    public void A_move_to_where_the_arm_is_is_done_at_once()
    {
        var move = MoveTo.Within(s_home, s_home, new MotionLimits(), new UrKinematics(UrModel.Ur5e));
        Assert.Equal(s_home, move.Next(1).Arm);
        Assert.True(move.Done);
    }

    [Fact]
    public void Each_key_press_is_one_step_of_5_mm_below_20_mm_a_second()
    {
        var start = new Pose(new(0.4, 0.1, 0.3), Quat.FromRotationVector(new(Math.PI, 0, 0)));
        var jog = new TcpStepJog(start);
        Assert.True(jog.AtRest);
        jog.Press(2, -2);
        jog.Press(2, -1);
        jog.Press(0, 1);
        Assert.False(jog.AtRest);
        long due = 1_000_000_000;
        Vec3 at = Pose.FromVector(jog.Next(due).Arm).Position;
        Assert.Equal(0, (at - start.Position).Length, 1e-12);
        int ticks = 0;
        while (!jog.AtRest)
        {
            Vec3 next = Pose.FromVector(jog.Next(due += Tick).Arm).Position;
            Assert.True((next - at).Length <= 0.020 * Tick * 1e-9 + 1e-12);
            at = next;
            ticks++;
        }
        Assert.Equal(0, (at - (start.Position + new Vec3(0.005, 0, -0.015))).Length, 1e-9);
        Assert.InRange(ticks, 34, 50); // 20 mm at 18 mm/s, twice from rest to rest
    }

    [Fact]
    public void Turns_are_about_the_tool_tip_in_steps_of_2_degrees()
    {
        var start = new Pose(new(0.4, 0.1, 0.3), Quat.FromRotationVector(new(Math.PI, 0, 0)));
        var jog = new TcpStepJog(start);
        jog.Press(5, 1);
        jog.Next(0);
        Pose end = Pose.FromVector(jog.Next(1_000_000_000).Arm);
        Assert.Equal(0, (end.Position - start.Position).Length, 1e-12);
        Vec3 turned = (end.Rotation * start.Rotation.Inverse).ToRotationVector();
        Assert.Equal(2 * Math.PI / 180, turned.Z, 1e-9);
        Assert.Equal(turned.Length, turned.Z, 1e-9);
    }

    [Fact]
    public void More_presses_than_can_wait_are_not_taken_and_a_restart_forgets_them()
    {
        var jog = new TcpStepJog(Pose.Identity);
        jog.Press(1, 1000);
        jog.Press(1, -1);
        jog.Next(0);
        Pose end = Pose.FromVector(jog.Next(100_000_000_000).Arm);
        Assert.Equal(TcpStepJog.MaxWaiting * TcpStepJog.StepM, end.Position.Y, 1e-12);
        jog.Press(1, 3);
        var here = new Pose(new(1, 2, 3), Quat.Identity);
        jog.Restart(here);
        Assert.True(jog.AtRest);
        Assert.Equal(here.ToVector(), jog.Next(100_100_000_000).Arm);
        Assert.Throws<ArgumentOutOfRangeException>(() => jog.Press(6, 1));
    }
}
