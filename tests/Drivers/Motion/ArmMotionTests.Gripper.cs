using RobotWorldModel.Drivers.Force;
using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Motion;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Drivers.Tests.Motion;

// Orders to the gripper by itself, and the force that turns with the tool.
public sealed partial class ArmMotionTests
{
    [Fact]
    public void A_person_orders_the_gripper_only_while_nobody_has_the_arm_but_a_release_ends_whatever_moves()
    {
        ArmMotion motion = Started();
        Assert.Null(motion.Obey(GripperOrder.Activate));
        MotionLease lease = Acquire(motion, "replay");
        Assert.Contains("replay has the arm", motion.Obey(GripperOrder.Activate));
        Assert.Contains("replay has the arm", motion.Obey(GripperOrder.OpenFully));
        Assert.Equal([GripperOrder.Activate], _gripper.Orders);
        int halts = _gripper.Halts;
        Assert.Null(motion.Obey(GripperOrder.ReleaseOpening));
        Assert.Equal([GripperOrder.Activate, GripperOrder.ReleaseOpening], _gripper.Orders);
        Assert.Equal("the gripper was released", lease.EndedBecause);
        Eventually.True(() => motion.Report().State == MotionState.Off, "the arm rests");
        Assert.Equal(halts, _gripper.Halts); // a halt would make the gripper forget the release
    }

    [Fact]
    public void A_gripper_that_is_away_or_not_active_is_said()
    {
        ArmMotion motion = Started();
        (_gripper.Active, _gripper.Status) = (false, new(true, "gripper: not activated", 0));
        Assert.Equal("gripper: not activated", motion.Obey(GripperOrder.CloseFully));
        Assert.Null(motion.Obey(GripperOrder.ReleaseClosing)); // it may still be able to let go
        _gripper.Status = new(false, "gripper: unplugged", 0);
        Assert.Equal("gripper: unplugged", motion.Obey(GripperOrder.ReleaseOpening));
        Assert.Equal([GripperOrder.ReleaseClosing], _gripper.Orders);
    }

    [Fact]
    public void Where_motion_is_off_the_gripper_obeys_nobody()
    {
        using var motion = new ArmMotion(_arm, _gripper, _force, _limits, enabled: false);
        Assert.Contains("motion is off", motion.Obey(GripperOrder.ReleaseOpening));
        Assert.Empty(_gripper.Orders);
    }

    [Fact]
    public void The_weight_of_the_tool_is_no_force_where_it_is_known_however_the_arm_turns_it()
    {
        const double MassKg = 8; // turned by 1.5 rad, it changes the raw force by 107 N; 50 N are allowed
        _external = new(new(new(1, -2, 3, 0, 0, 0), MassKg, default, Pose.Identity));
        Read(default);
        ArmMotion motion = Started(force: true);
        using MotionLease lease = Acquire(motion, "test");
        Read(default);
        Drive(motion, lease, FakeArm.Home + new Vector6(0, 0, 0, 1.5, 0, 0));
        Eventually.True(() => _arm.State.Q[3] - FakeArm.Home[3] > 1.49, "the tool is turned");
        Read(new(0, 0, 45));
        Drive(motion, lease, null, ticks: 3);
        Assert.True(lease.Active, lease.EndedBecause);
        Read(new(0, 0, 60));
        Eventually.True(() => !lease.Active, "60 N from outside end it");
        Assert.Contains("N, more than the 50 N allowed", lease.EndedBecause);

        void Read(Vec3 fromOutside)
        {
            Quat flange = _arm.Kinematics.Flange(_arm.State.Q).Rotation;
            Vec3 weight = flange.Inverse.Rotate(new(0, 0, -MassKg * WrenchCalibration.Gravity));
            _force.Measure(1 + weight.X + fromOutside.X, -2 + weight.Y + fromOutside.Y, 3 + weight.Z + fromOutside.Z);
        }
    }
}
