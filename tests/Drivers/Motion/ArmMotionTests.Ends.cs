using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Motion;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.Time;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Drivers.Tests.Motion;

// What ends motion.
public sealed partial class ArmMotionTests
{
    [Theory]
    [InlineData(SafetyStatusBits.Normal | SafetyStatusBits.ProtectiveStop)]
    [InlineData(SafetyStatusBits.Normal | SafetyStatusBits.SafeguardStop)]
    [InlineData(SafetyStatusBits.EmergencyStopped | SafetyStatusBits.RobotEmergencyStop)]
    [InlineData(SafetyStatusBits.None)]
    public void A_safety_state_ends_motion_halts_the_program_and_needs_a_person(SafetyStatusBits bits)
    {
        ArmMotion motion = Started();
        MotionLease lease = Acquire(motion, "test");
        DriveUntilFast(motion, lease);
        _arm.Change((ref RobotState s) => s.Safety = bits);
        Eventually.True(() => !lease.Active && motion.NeedsAcknowledge, "motion ended");
        Eventually.True(() => _arm.Last.Mode == ArmMode.Stop && motion.Report().State == MotionState.Fault, "the program is halted");
        Assert.Contains(bits.ToString(), lease.EndedBecause);

        if (bits != SafetyStatusBits.None) // which is no stop of the controller's
            Assert.Contains("still stopped", motion.Acknowledge());
        _arm.Change((ref RobotState s) => s.Safety = SafetyStatusBits.Normal);
        Assert.Null(motion.TryAcquire("test", out string? refusal));
        Assert.Contains("acknowledge", refusal);
        int starts = _arm.Starts;
        Assert.Null(motion.Acknowledge());
        Eventually.True(() => _arm.Last.Mode == ArmMode.Hold, "the arm is served again");
        Eventually.True(() => TryAcquired(motion), "motion begins again");
        Assert.Equal(starts + 1, _arm.Starts);
    }

    [Fact]
    public void A_force_over_the_limit_stops_the_arm_and_needs_a_person()
    {
        _force.Measure(0, 0, -20); // the tool's weight
        ArmMotion motion = Started(force: true);
        MotionLease lease = Acquire(motion, "test");
        _force.Measure(0, 0, -20);
        DriveUntilFast(motion, lease);
        _force.Measure(0, 0, 29); // 49 N more
        Drive(motion, lease, null, ticks: 3);
        Assert.True(lease.Active);
        _force.Measure(0, 0, 31); // one sample is enough
        _force.Measure(0, 0, -20);
        Eventually.True(() => !lease.Active && motion.NeedsAcknowledge, "motion ended");
        Eventually.True(() => _gripper.Halts > 0, "the fingers stop too");
        Assert.Contains("force: 51 N, more than the 50 N allowed", lease.EndedBecause);
        Eventually.True(() => motion.Report().State == MotionState.Fault, "the arm rests");
        var servo = _arm.SentSince(0).Where(s => s.Mode == ArmMode.Servo).ToList();
        Assert.Equal(0, servo[^1].Qd.MaxAbs); // it ramped, it did not jump
        Assert.Null(motion.TryAcquire("again", out _));
        motion.Acknowledge();
        Eventually.True(() => TryAcquired(motion), "motion begins again");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_stop_halts_the_fingers_whoever_had_the_arm_and_touches_no_gripper_of_a_cell_without_motion(bool enabled)
    {
        ArmMotion motion = Started(enabled: enabled);
        motion.Stop("a person");
        Assert.Equal(enabled ? 1 : 0, _gripper.Halts);
        if (!enabled)
            return;
        MotionLease lease = Acquire(motion, "test");
        lease.Dispose(); // given back as agreed: what the gripper does goes on, what it has not begun is forgotten
        Eventually.True(() => motion.Report().Owner is null, "nobody has the arm");
        Assert.Equal((1, 1), (_gripper.Halts, _gripper.Withdrawals));
        lease.Dispose();
        Assert.Equal(1, _gripper.Withdrawals); // another may have the arm by now
    }

    [Fact]
    public async Task A_stop_while_the_arm_comes_to_rest_for_the_next_owner_is_not_lost()
    {
        ArmMotion motion = Started();
        MotionLease lease = Acquire(motion, "first");
        DriveUntilFast(motion, lease);
        int starts = _arm.Starts;
        _arm.Connected = false; // last seen in motion: half a second is left to it
        lease.Dispose();
        string? refusal = null;
        Task<MotionLease?> next = Task.Factory.StartNew( // the thread pool may have none for longer than that
            () => motion.TryAcquire("second", out refusal),
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        Eventually.True(
            () =>
            {
                motion.Stop("a person pressed stop"); // whether or not the second waits for the arm to rest already
                return next.IsCompleted;
            },
            "the second is told");
        Assert.Null(await next);
        Assert.Contains("stopped while it was being taken", refusal);
        Assert.Equal(starts, _arm.Starts);
    }

    [Fact]
    public void A_gripper_lost_in_motion_ends_the_lease_and_only_the_next_one_may_activate_it()
    {
        ArmMotion motion = Started();
        _gripper.Active = false;
        MotionLease lease = Acquire(motion, "first");
        Assert.True(lease.Send(Joints(FakeArm.Home) with { Gripper = 0 }).Accepted);
        Assert.True(_gripper.MayActivate[^1]);
        _gripper.Active = true; // its first stroke has ended
        Eventually.True(
            () =>
            {
                lease.Send(Joints(FakeArm.Home) with { Gripper = 1 });
                return !_gripper.MayActivate[^1];
            },
            "a gripper that obeyed is not activated by whoever moves");
        Assert.True(lease.Active);
        _gripper.Active = false;
        Eventually.True(() => !lease.Active, "motion ended");
        Assert.Contains("the gripper no longer obeys (a fake gripper)", lease.EndedBecause);
        Assert.False(motion.NeedsAcknowledge);
        using MotionLease next = Acquire(motion, "second");
        Assert.True(next.Send(Joints(FakeArm.Home) with { Gripper = 0 }).Accepted);
        Assert.True(_gripper.MayActivate[^1]);
        _gripper.Status = _gripper.Status with { Connected = false };
        Eventually.True(
            () =>
            {
                next.Send(Joints(FakeArm.Home) with { Gripper = 1 });
                return !_gripper.MayActivate[^1];
            },
            "one that comes back is not activated by whoever moves");
        Assert.True(next.Active); // it never obeyed, so nothing is lost
    }

    [Fact]
    public void A_gripper_that_goes_and_comes_back_while_a_person_leads_the_arm_is_not_activated_afterwards()
    {
        ArmMotion motion = Started();
        _gripper.Active = false;
        using MotionLease lease = Acquire(motion, "test");
        Eventually.True(() => lease.SetFreedrive(true), "freedrive begins");
        Eventually.True(() => _arm.Last.Mode == ArmMode.Freedrive, "the arm is led");
        _gripper.Status = _gripper.Status with { Connected = false };
        int from = _arm.SentCount;
        Eventually.True(() => _arm.SentCount > from + 2, "cycles of the arm's thread");
        _gripper.Status = _gripper.Status with { Connected = true };
        Assert.True(lease.SetFreedrive(false));
        Eventually.True(() => lease.Send(Joints(_arm.State.Q) with { Gripper = 1 }).Accepted, "commands are taken again");
        Assert.False(_gripper.MayActivate[^1]);
    }

    [Fact]
    public void A_force_that_is_not_a_number_stops_the_arm()
    {
        _force.Measure(0, 0, 0);
        ArmMotion motion = Started(force: true);
        MotionLease lease = Acquire(motion, "test");
        _force.Measure(0, 0, 0);
        _force.Measure(0, double.NaN, 0);
        Eventually.True(() => motion.NeedsAcknowledge, "motion ended");
        Assert.False(lease.Active);
    }

    [Fact]
    public void A_force_sensor_that_falls_silent_ends_motion()
    {
        _limits.ForceTimeoutMs = 2000;
        ArmMotion motion = Started(force: true);
        _force.Measure(0, 0, 0);
        MotionLease lease = Acquire(motion, "test");
        Eventually.True(() => !lease.Active, "motion ended");
        Assert.Contains("no force", lease.EndedBecause);
        Assert.False(motion.NeedsAcknowledge);
    }

    [Fact]
    public void A_lost_connection_ends_motion_without_a_fault()
    {
        _limits.StateTimeoutMs = 2000;
        ArmMotion motion = Started();
        MotionLease lease = Acquire(motion, "test");
        _arm.Connected = false;
        Eventually.True(() => !lease.Active, "motion ended");
        Assert.Contains("no state", lease.EndedBecause);
        Assert.False(motion.NeedsAcknowledge);
        _arm.Connected = true;
        Eventually.True(() => TryAcquired(motion), "motion begins again");
    }

    [Fact]
    public void A_program_without_heartbeat_ends_motion_and_is_started_anew_by_the_next_lease()
    {
        ArmMotion motion = Started();
        MotionLease lease = Acquire(motion, "test");
        _arm.ProgramRuns = false;
        Eventually.True(() => !lease.Active, "motion ended");
        Assert.Contains("program", lease.EndedBecause);
        Assert.False(motion.NeedsAcknowledge);
        Eventually.True(() => TryAcquired(motion), "motion begins again");
        Assert.True(_arm.ProgramRuns);
    }

    [Fact]
    public void A_switched_off_arm_ends_motion()
    {
        ArmMotion motion = Started();
        MotionLease lease = Acquire(motion, "test");
        _arm.Change((ref RobotState s) => s.Mode = RobotMode.Idle);
        Eventually.True(() => !lease.Active, "motion ended");
        Assert.Contains("Idle", lease.EndedBecause);
    }

    [Fact]
    public void An_arm_that_does_not_follow_ends_motion()
    {
        ArmMotion motion = Started();
        MotionLease lease = Acquire(motion, "test");
        _arm.Blocked = true;
        Eventually.True(() =>
        {
            lease.Send(new(CommandKind.JointVelocity, new(0, 0, 0, 0, 0, 1), double.NaN, HostClock.NowNs + Tick));
            return !lease.Active;
        }, "motion ended");
        Assert.Contains("from where it was sent", lease.EndedBecause);
    }
}
