using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Motion;
using RobotWorldModel.Drivers.Tests.Robotiq;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Drivers.Tests.Motion;

// A gripper on a line of its own, as it is: what becomes of the arm when it fails.
public sealed partial class ArmMotionTests
{
    [SkippableFact]
    public void Power_that_a_gripper_on_its_line_loses_in_motion_stops_the_arm_and_nothing_moves_when_it_is_back()
    {
        using var bench = GripperBench.OnALine(answerMs: 300);
        bench.Active();
        using var motion = new ArmMotion(_arm, bench.Gripper, null, _limits, enabled: true);
        motion.Start();
        using MotionLease lease = Acquire(motion, "replay");
        Vector6 turn = new(0, 0, 0, 0, 0, 0.4);
        Drive(motion, lease, null, ticks: 200, gripper: 1, velocity: turn, until: () => bench.Newest.Moving && _arm.Last.Qd[5] > 0.2);
        Assert.True(lease.Active, lease.EndedBecause);
        bench.Tell("unpowered 1");
        Drive(motion, lease, null, ticks: 1000, gripper: 1, velocity: turn);
        Assert.Contains("the gripper no longer obeys (gripper: lost: unit 9 did not answer within 300 ms", lease.EndedBecause);
        Eventually.True(() => _arm.State.Qd.MaxAbs < 0.005, "the arm stands");

        bench.Tell("ACT 0"); // without power it has forgotten its activation
        int asked = bench.Tell("log").Length;
        bench.Tell("unpowered 0");
        bench.Says("not activated");
        long seen = bench.Gripper.States.Counters.Received;
        Eventually.True(() => bench.Gripper.States.Counters.Received > seen + 20, "polls");
        string since = bench.Tell("log")[asked..]; // the halt of the lost lease at most
        Assert.DoesNotContain("ACT 1", since);
        Assert.DoesNotContain("GTO 1", since);
        Assert.False(lease.Active);
        Assert.True(_arm.State.Qd.MaxAbs < 0.005);
    }
}
