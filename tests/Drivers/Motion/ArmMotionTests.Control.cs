using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Motion;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Drivers.Tests.Motion;

// A callback once a cycle.
public sealed partial class ArmMotionTests
{
    [Fact]
    public void A_callback_drives_the_arm_once_a_cycle_and_the_lease_holds_it_afterwards()
    {
        ArmMotion motion = Started();
        using MotionLease lease = Acquire(motion, "test");
        long due = 0, calls = 0;
        ControlReport report = lease.Control((in ControlCycle now) =>
        {
            Assert.Equal(calls++, now.Cycle);
            Assert.True(now.DueNs > due, "cycles go on in time");
            due = now.DueNs;
            double x = Math.Min(1, now.Seconds / 0.5);
            return now.Seconds < 0.6 ? Command.Joints(FakeArm.Home + new Vector6(0, 0, 0, 0, 0, 0.1) * (x * x * (3 - 2 * x))) : null;
        });
        Assert.True(report.Finished, report.ToString());
        Assert.Equal((calls, 0), (report.Cycles, report.Clamped));
        Assert.Equal(300, report.Cycles + report.Missed, 5.0);
        Assert.Equal((true, MotionState.Holding), (lease.Active, motion.Report().State));
        Assert.Equal(0.1, motion.CommandedJoints[5] - FakeArm.Home[5], 1e-3);
        Assert.Equal(0.1, _arm.State.Q[5] - FakeArm.Home[5], 1e-2);
        Assert.Equal(0, motion.Report().Timeouts);
        Eventually.True(() => lease.Send(Joints(motion.CommandedJoints)).Accepted, "ticks are taken after it");
    }

    [Theory]
    [InlineData(CommandKind.JointVelocity)]
    [InlineData(CommandKind.TcpVelocity)]
    [InlineData(CommandKind.TcpPose)]
    public void Each_kind_of_command_moves_the_arm_as_far_as_it_says(CommandKind kind)
    {
        ArmMotion motion = Started();
        using MotionLease lease = Acquire(motion, "test");
        Pose start = motion.CommandedTcp;
        const double Speed = 0.08, Seconds = 0.5;
        ControlReport report = lease.Control((in ControlCycle now) => now.Seconds >= Seconds ? null : kind switch
        {
            CommandKind.JointVelocity => Command.JointSpeeds(new(0, 0, 0, 0, 0, Speed)),
            CommandKind.TcpVelocity => Command.TcpSpeeds(new(0, Speed, 0, 0, 0, 0)),
            _ => Command.Tcp(start with { Position = start.Position + new Vec3(0, Speed * now.Seconds, 0) }),
        });
        Assert.True(report.Finished, report.ToString());
        Vec3 moved = motion.CommandedTcp.Position - start.Position;
        double way = kind == CommandKind.JointVelocity ? Math.Abs(motion.CommandedJoints[5] - FakeArm.Home[5]) : moved.Y;
        Assert.InRange(way, 0.8 * Speed * Seconds, 1.1 * Speed * Seconds); // it ends on the move: the ramp to rest is part of the way
        if (kind != CommandKind.JointVelocity)
            Assert.True(new Vec3(moved.X, 0, moved.Z).Length < 1e-3, $"off the line: {moved}");
    }

    [Fact]
    public void What_goes_too_fast_is_shortened_and_the_callback_is_told()
    {
        ArmMotion motion = Started();
        using MotionLease lease = Acquire(motion, "test");
        Clamp told = Clamp.None;
        ControlReport report = lease.Control((in ControlCycle now) =>
        {
            told |= now.Clamped;
            return now.Seconds < 0.4 ? Command.JointSpeeds(new(0, 0, 0, 0, 0, 20)) : null;
        });
        Assert.True(report.Finished, report.ToString());
        Assert.True(told.HasFlag(Clamp.JointSpeed) && report.Clamped >= report.Cycles - 2, report.ToString());
        Assert.InRange(_arm.SentSince(0).Max(s => s.Qd.MaxAbs), 0.5 * _limits.JointSpeed, _limits.JointSpeed);
    }

    [Fact]
    public void A_command_that_cannot_be_meant_ends_the_motion_at_rest()
    {
        ArmMotion motion = Started();
        using MotionLease lease = Acquire(motion, "test");
        ControlReport report = lease.Control((in ControlCycle now) =>
            Command.JointSpeeds(new(0, 0, 0, 0, 0, now.Seconds < 0.2 ? 0.3 : double.NaN)));
        Assert.False(report.Finished);
        Assert.Contains("not a number", report.Why);
        Assert.Equal((true, 0), (lease.Active, motion.Report().Timeouts));
        Assert.Equal(0, _arm.Last.Qd.MaxAbs);
    }

    [Fact]
    public void A_callback_that_hangs_stops_the_arm_and_ends()
    {
        _limits.TargetTimeoutMs = 60;
        ArmMotion motion = Started();
        using MotionLease lease = Acquire(motion, "test");
        bool hung = false, rested = false;
        ControlReport report = lease.Control((in ControlCycle now) =>
        {
            if (now.Seconds < 0.2)
                return Command.JointSpeeds(new(0, 0, 0, 0, 0, 0.3));
            if (hung)
                return null;
            hung = true;
            Eventually.True(() => rested = _arm.Last.Qd.MaxAbs == 0, "the arm rests while the callback hangs");
            return Command.JointSpeeds(default); // too late, or from rest: whether it is taken depends on the moment
        });
        Assert.True(hung && rested && lease.Active && motion.Report().Timeouts > 0, report.ToString());
    }

    [Fact]
    public void What_the_callback_throws_is_passed_on_when_the_arm_stands()
    {
        ArmMotion motion = Started();
        using MotionLease lease = Acquire(motion, "test");
        var thrown = Assert.Throws<InvalidOperationException>(() => lease.Control((in ControlCycle now) =>
            now.Seconds < 0.2 ? Command.JointSpeeds(new(0, 0, 0, 0, 0, 0.3)) : throw new InvalidOperationException("a mistake in it")));
        Assert.Equal("a mistake in it", thrown.Message);
        Assert.Equal((MotionState.Holding, 0.0), (motion.Report().State, _arm.Last.Qd.MaxAbs));
        Assert.InRange(_arm.State.Qd.MaxAbs, 0, 0.02);
    }

    [Fact]
    public async Task It_is_cancelled_and_it_is_stopped_from_outside()
    {
        ArmMotion motion = Started();
        using MotionLease lease = Acquire(motion, "test");
        using var cancel = new CancellationTokenSource();
        ControlReport report = lease.Control((in ControlCycle now) =>
        {
            if (now.Seconds > 0.2)
                cancel.Cancel();
            return Command.JointSpeeds(new(0, 0, 0, 0, 0, 0.3));
        }, cancel.Token);
        Assert.Equal((false, "interrupted", true), (report.Finished, report.Why, lease.Active));

        Task stop = Task.CompletedTask;
        report = lease.Control((in ControlCycle now) =>
        {
            if (now.Cycle == 100)
                stop = Task.Run(() => motion.Stop("a person pressed stop"));
            return Command.JointSpeeds(new(0, 0, 0, 0, 0, -0.3));
        });
        await stop;
        Assert.Equal((false, "a person pressed stop", false), (report.Finished, report.Why, lease.Active));
        Eventually.True(() => motion.Report().State == MotionState.Off, "the arm rests");
        Assert.False(lease.Control((in ControlCycle _) => null).Finished);
    }

    [Fact]
    public void Its_clock_is_the_controllers()
    {
        ArmMotion motion = Started();
        using MotionLease lease = Acquire(motion, "test");
        double seconds = 0;
        long due = 0;
        int[] cycles = new int[3]; // stood, ran at a half, ran in full
        ControlReport report = lease.Control((in ControlCycle now) =>
        {
            double wanted = now.Cycle == 0 ? 0 : (now.DueNs - due) * 1e-9 * now.State.SpeedFraction;
            Assert.Equal(wanted, now.Step, 1e-12);
            Assert.Equal(seconds += now.Step, now.Seconds, 1e-9);
            due = now.DueNs;
            cycles[(int)(now.State.SpeedFraction * 2)]++;
            if (now.Cycle is 50 or 100)
                _arm.Change((ref RobotState s) => s.TargetSpeedFraction -= 0.5);
            return now.Cycle < 150 ? Command.JointSpeeds(new(0, 0, 0, 0, 0, 0.2)) : null;
        });
        Assert.True(report.Finished, report.ToString());
        Assert.All(cycles, n => Assert.InRange(n, 30, 70));
    }

    [Fact]
    public void One_loop_at_a_time_and_from_rest()
    {
        ArmMotion motion = Started();
        using MotionLease lease = Acquire(motion, "test");
        DriveUntilFast(motion, lease); // by ticks
        double fastest = double.NaN;
        ControlReport report = lease.Control((in ControlCycle now) =>
        {
            if (now.Cycle == 0)
                fastest = _arm.Last.Qd.MaxAbs;
            Assert.Throws<InvalidOperationException>(() => lease.Control((in ControlCycle _) => null));
            return now.Cycle < 5 ? Command.Joints(now.Commanded) : null;
        });
        Assert.True(report.Finished, report.ToString());
        Assert.Equal(0, fastest);
    }

    [Fact]
    public void A_move_goes_to_its_end_and_can_be_cancelled_and_tells_what_is_in_the_way()
    {
        ArmMotion motion = Started();
        using MotionLease lease = Acquire(motion, "test");
        Vector6 there = FakeArm.Home + new Vector6(0.05, 0, 0, 0, 0, 0.2);
        ControlReport report = lease.Move(motion.MoveTo(there, 0.5));
        Assert.True(report.Finished, report.ToString());
        Assert.True((motion.CommandedJoints - there).MaxAbs < 1e-6 && (_arm.State.Q - there).MaxAbs < 0.01, $"{_arm.State.Q}");

        using var cancel = new CancellationTokenSource(100);
        report = lease.Move(motion.MoveTo(FakeArm.Home, 0.05), cancel.Token);
        Assert.Equal((false, "interrupted"), (report.Finished, report.Why));
        Assert.True((motion.CommandedJoints - FakeArm.Home).MaxAbs > 0.05);

        Pose below = motion.CommandedTcp;
        below = below with { Position = new(below.Position.X, below.Position.Y, -0.1) };
        report = lease.Move(motion.MoveLine(below, 0.9));
        Assert.False(report.Finished);
        Assert.Contains("limits shortened the way (", report.Why);
        Assert.True(motion.CommandedTcp.Position.Z > 0);
        Assert.True(lease.Active);
    }

    [Fact]
    public void The_loop_allocates_nothing()
    {
        ArmMotion motion = Started();
        using MotionLease lease = Acquire(motion, "test");
        Assert.Equal(0, Allocations.Least(() =>
        {
            long from = 0, to = 0;
            var report = lease.Control((in ControlCycle now) =>
            {
                if (now.Cycle == 20)
                    from = GC.GetAllocatedBytesForCurrentThread();
                if (now.Cycle == 300)
                    to = GC.GetAllocatedBytesForCurrentThread();
                return now.Cycle <= 300 ? Command.TcpSpeeds(new(0, 0.02 * Math.Cos(now.Seconds), 0, 0, 0, 0)) : null;
            });
            Assert.True(report.Finished, report.ToString());
            return to - from;
        }));
    }
}
