using RobotWorldModel.Drivers.Force;
using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Motion;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.Time;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Drivers.Tests.Motion;

public sealed partial class ArmMotionTests : IDisposable
{
    private const long Tick = 33_333_333;
    private readonly FakeArm _arm = new();
    private readonly FakeGripper _gripper = new();
    private readonly FakeForce _force = new();

    // Long times where a test is not about them: a busy machine must not make the arm stop.
    private readonly MotionLimits _limits = new()
    {
        FlangeToTcp = new(new(0, 0, 0.145), Quat.Identity),
        ExpectedPayloadKg = 0.925,
        TargetTimeoutMs = 20_000,
        StateTimeoutMs = 20_000,
        ForceTimeoutMs = 60_000,
    };

    private ExternalForce? _external;
    private ArmMotion? _made;

    public void Dispose() => _made?.Dispose();

    [Fact]
    public void The_holder_moves_the_arm_and_the_gripper_and_others_are_told_who_holds_it()
    {
        ArmMotion motion = Started();
        using MotionLease lease = Acquire(motion, "jog");
        Assert.Null(motion.TryAcquire("replay", out string? refusal));
        Assert.Contains("jog holds the arm", refusal);
        Assert.Equal((MotionState.Holding, "jog"), (motion.Report().State, motion.Report().Owner));

        Drive(motion, lease, FakeArm.Home + new Vector6(0.02, 0, 0, 0, 0, 0.1), gripper: 0.6);
        Assert.Equal(0.6, _gripper.Requests[^1]);
        Assert.Equal(MotionState.Moving, motion.Report().State);
        lease.Dispose();
        Assert.False(lease.Active);
        Eventually.True(() => motion.Report().State == MotionState.Off && _arm.Last.Mode == ArmMode.Hold, "the arm is free again");
        SendResult late = lease.Send(Joints(FakeArm.Home));
        Assert.False(late.Accepted);
        Assert.Contains("released", late.Refusal);
        Eventually.True(() => _arm.State.Qd.MaxAbs < 0.005, "the arm stands"); // set-points rest a little before the arm does
        using MotionLease next = Acquire(motion, "replay");
        Assert.Equal("replay", motion.Report().Owner);
    }

    [Fact]
    public void The_next_owner_waits_until_the_arm_itself_stands()
    {
        ArmMotion motion = Started();
        MotionLease lease = Acquire(motion, "first");
        DriveUntilFast(motion, lease);
        lease.Dispose();
        using MotionLease next = Acquire(motion, "second");
        Assert.InRange(_arm.State.Qd.MaxAbs, 0, 0.02);
        int taken = _arm.SentCount;
        Eventually.True(() => _arm.SentCount > taken + 10, "the arm is served");
        long late = 0;
        var servo = _arm.SentSince(0).Where(s => s.Mode == ArmMode.Servo).ToList();
        for (int i = 1; i < servo.Count; i++)
        {
            double jump = (servo[i].Q - servo[i - 1].Q).MaxAbs;
            int cycles = jump < 0.003 ? 1 : CyclesBetween(servo[i - 1], servo[i]);
            Assert.True(cycles > 0, $"a set-point jumped by {jump} rad between two leases");
            late += cycles - 1;
        }
        long missed = motion.Report().MissedCycles;
        Assert.True(late <= missed, $"set-points jumped as if {late} cycles had been missed, {missed} were");
    }

    [Fact]
    public void The_first_set_point_is_where_the_arm_stands_and_none_jumps()
    {
        _arm.Change((ref RobotState s) => s.Q = s.TargetQ = FakeArm.Home + new Vector6(0.3, 0.1, 0, 0, 0, 0));
        Vector6 start = _arm.State.Q;
        ArmMotion motion = Started();
        using MotionLease lease = Acquire(motion, "test");
        Assert.Equal(start, motion.CommandedJoints);
        Drive(motion, lease, start + new Vector6(0.03, 0, 0, 0, 0, 0.1));
        motion.Stop("enough");
        Eventually.True(() => motion.Report().State == MotionState.Off, "the arm rests");
        var servo = _arm.SentSince(0).Where(s => s.Mode == ArmMode.Servo).ToList();
        Assert.Equal(start, servo[0].Q);
        long late = 0;
        for (int i = 1; i < servo.Count; i++)
        {
            int cycles = CyclesBetween(servo[i - 1], servo[i]);
            Assert.True(cycles > 0, $"set-point {i} does not follow from the one before: {servo[i - 1]}, {servo[i]}");
            Assert.True(servo[i].Qd.MaxAbs <= _limits.JointSpeed);
            late += cycles - 1;
        }
        Assert.True(late <= motion.Report().MissedCycles, $"{late} cycles were left out, {motion.Report().MissedCycles} were missed");
        Assert.Equal(0, servo[^1].Qd.MaxAbs);
    }

    [Fact]
    public async Task A_stop_from_any_thread_ramps_to_rest_and_takes_the_lease()
    {
        ArmMotion motion = Started();
        MotionLease lease = Acquire(motion, "test");
        DriveUntilFast(motion, lease);
        await Task.Run(() => motion.Stop("a person pressed stop"));
        Assert.Equal("a person pressed stop", lease.EndedBecause);
        Eventually.True(() => motion.Report().State == MotionState.Off, "the arm rests");
        Assert.Equal("a person pressed stop", motion.Report().Reason);
        Assert.False(motion.NeedsAcknowledge);
        var servo = _arm.SentSince(0).Where(s => s.Mode == ArmMode.Servo).ToList();
        Assert.Equal(0, servo[^1].Qd.MaxAbs);
        Assert.True(servo.Max(s => s.Qd.MaxAbs) > 0.1);
    }

    [Fact]
    public void Without_commands_the_arm_stops_keeps_its_lease_and_goes_on_when_they_come_back()
    {
        _limits.TargetTimeoutMs = 100;
        ArmMotion motion = Started();
        using MotionLease lease = Acquire(motion, "test");
        Eventually.True(() => // on a busy machine a driving test may itself be late, which is what this test is about
        {
            lease.Send(new(CommandKind.JointVelocity, new(0, 0, 0, 0, 0, 0.5), double.NaN, HostClock.NowNs + Tick));
            return motion.Report().State == MotionState.Moving;
        }, "the arm moves");
        Eventually.True(() => motion.Report() is { State: MotionState.Holding, Timeouts: > 0 }, "the arm stands");
        Assert.True(lease.Active);
        Assert.Equal(0, _arm.Last.Qd.MaxAbs);
        Eventually.True(() => lease.Send(Joints(motion.CommandedJoints)).Accepted, "commands are taken again");
    }

    [Fact]
    public void Every_gate_refuses_in_one_line_that_says_what_to_do()
    {
        Refused("motion.enabled", _ => { }, enabled: false);
        Refused("needs a connected arm", arm => arm.Connected = false, beforeStart: () => _limits.StateTimeoutMs = 1);
        _limits.StateTimeoutMs = 20_000;
        Refused("safety state is ProtectiveStop", arm => arm.Change((ref RobotState s) => s.Safety = SafetyStatusBits.ProtectiveStop));
        Refused("safety state is Normal, ProtectiveStop",
            arm => arm.Change((ref RobotState s) => s.Safety = SafetyStatusBits.Normal | SafetyStatusBits.ProtectiveStop));
        Refused("mode is PowerOff", arm => arm.Change((ref RobotState s) => s.Mode = RobotMode.PowerOff));
        Refused("TCP is", arm => arm.Change((ref RobotState s) => s.TcpOffset = new(0, 0, 0.1452, 0, 0, 0)));
        Refused("TCP is", arm => arm.Change((ref RobotState s) => s.TcpOffset = new(0, 0, 0.145, 0, 0, 0.002)));
        Refused("payload is 1 kg", arm => arm.Change((ref RobotState s) => s.Payload = 1));
        Refused("joint 5", arm => arm.Change((ref RobotState s) => s.Q[5] = s.TargetQ[5] = 6.4));
        Refused("table", arm => arm.Change((ref RobotState s) => s.Q = s.TargetQ = new(0, 0.1, 0, 0, -1.5, 0)));
        Refused("wait until it stands", arm => arm.Change((ref RobotState s) => s.Qd = new(0, 0, 0.5, 0, 0, 0)));
        Refused("the dashboard is in local mode: press Remote", arm => arm.StartRefusal = "the dashboard is in local mode: press Remote");
        Refused("has not said how often", arm => arm.ControlRateHz = 0);
    }

    [Fact]
    public void What_the_controller_does_not_tell_is_not_compared()
    {
        _arm.Change((ref RobotState s) =>
        {
            s.TcpOffset = new(double.NaN, double.NaN, double.NaN, double.NaN, double.NaN, double.NaN);
            s.Payload = double.NaN;
            s.SpeedScaling = double.NaN;
        });
        ArmMotion motion = Started();
        using MotionLease lease = Acquire(motion, "test");
        Assert.Equal(1, motion.Report().SpeedFraction);
    }

    [Fact]
    public void A_configured_force_sensor_that_measures_nothing_refuses_motion()
    {
        ArmMotion motion = Started(force: true);
        Assert.Null(motion.TryAcquire("test", out string? refusal));
        Assert.Contains("no force is measured", refusal);
    }

    [Fact]
    public void Reduced_mode_moves()
    {
        _arm.Change((ref RobotState s) => s.Safety = SafetyStatusBits.Reduced);
        using MotionLease lease = Acquire(Started(), "test");
        Assert.True(lease.Active);
    }

    [SkippableFact]
    public void Cycles_that_were_missed_are_made_up_for_as_the_controller_goes_on_without_them()
    {
        ArmMotion motion = Started();
        using MotionLease lease = Acquire(motion, "test");
        _arm.StallAtRadPerS = 0.299;
        long start = HostClock.NowNs + 100_000_000;
        for (int k = 1; k <= 11; k++) // all at once: who sends is not looked at here; gently up to 0.3 rad/s, and on
        {
            Vector6 target = FakeArm.Home + new Vector6(0, 0, 0, 0, 0, 0.01) * (k <= 6 ? k * k / 12.0 : k - 3);
            Assert.True(lease.Send(new(CommandKind.JointPosition, target, double.NaN, start + k * Tick)).Accepted);
        }
        Eventually.True(() => (_arm.State.Q - FakeArm.Home)[5] > 0.079, "it is there");
        var before = _arm.SentSince(0)[_arm.StalledAfter];
        var after = _arm.SentSince(_arm.StalledAfter + 1)[0];
        Assert.True(motion.Report().MissedCycles >= 8, "the stall was seen");
        Skip.If(motion.Report().MissedCycles > 45, "the machine itself stood still meanwhile");
        double cycles = (after.Q - before.Q)[5] / (0.3 * 0.002);
        Assert.InRange(cycles, 8.5, 60); // not one step on from where it was 20 ms ago
        Assert.InRange(after.Qd[5], 0.295, 0.305); // and neither slower nor faster for it
    }

    [Fact]
    public void In_freedrive_a_person_leads_and_set_points_begin_where_the_arm_then_stands()
    {
        ArmMotion motion = Started();
        using MotionLease lease = Acquire(motion, "freedrive");
        Assert.True(lease.SetFreedrive(true));
        Assert.Contains("freedrive", lease.Send(Joints(FakeArm.Home)).Refusal);
        Eventually.True(() => _arm.Last.Mode == ArmMode.Freedrive && motion.Report().State == MotionState.Freedrive, "the arm is free");
        Vector6 led = FakeArm.Home + new Vector6(0.4, 0, 0.1, 0, 0, 0.5);
        _arm.Change((ref RobotState s) => s.Q = s.TargetQ = led);
        Eventually.True(() => motion.CommandedJoints == led, "the measured pose is the commanded one");
        Assert.True(lease.SetFreedrive(false));
        Eventually.True(() => motion.Report().State == MotionState.Holding, "the arm is held");
        Eventually.True(() => _arm.Last is { Mode: ArmMode.Servo } last && last.Q == led, "set-points begin there");
        Assert.False(lease.Send(Joints(FakeArm.Home)).Accepted); // far from there
        Assert.True(lease.Send(Joints(led)).Accepted);
    }

    [Fact]
    public void Freedrive_is_not_given_while_the_arm_moves_nor_without_a_lease()
    {
        ArmMotion motion = Started();
        MotionLease lease = Acquire(motion, "test");
        DriveUntilFast(motion, lease);
        Assert.False(lease.SetFreedrive(true));
        motion.Stop("enough");
        Assert.False(lease.SetFreedrive(true));
    }

    [Fact]
    public async Task A_stop_while_the_arm_is_being_taken_refuses_it()
    {
        ArmMotion motion = Started();
        using var starting = new ManualResetEventSlim();
        _arm.Starting = cancel =>
        {
            starting.Set();
            cancel.WaitHandle.WaitOne(20_000);
        };
        string? refusal = null;
        var taking = Task.Run(() => motion.TryAcquire("test", out refusal));
        Assert.True(starting.Wait(20_000));
        Assert.Null(motion.TryAcquire("other", out string? busy));
        Assert.Contains("test is taking the arm", busy);
        motion.Stop("no");
        Assert.Null(await taking);
        Assert.Contains("stopped while", refusal);
    }

    [Fact]
    public void A_slowed_controller_slows_what_is_sent()
    {
        ArmMotion motion = Started();
        using MotionLease lease = Acquire(motion, "test");
        _arm.Change((ref RobotState s) => s.TargetSpeedFraction = 0.25);
        Eventually.True(() => motion.Report().SpeedFraction == 0.25, "it is known");
        long due = HostClock.NowNs;
        Vector6 before = lease.Send(new(CommandKind.JointVelocity, default, double.NaN, due += Tick)).Guarded;
        for (int i = 0; i < 5; i++)
        {
            SendResult result = lease.Send(new(CommandKind.JointVelocity, new(0, 0, 0, 0, 0, 1), double.NaN, due += Tick));
            Assert.Equal(0.25 * Tick * 1e-9, result.Guarded[5] - before[5], 1e-9);
            before = result.Guarded;
        }
    }

    [Fact]
    public void The_arms_thread_allocates_nothing()
    {
        _force.Measure(0, 0, 0);
        ArmMotion motion = Started(force: true);
        using MotionLease lease = Acquire(motion, "test");
        Drive(motion, lease, null, ticks: 20, velocity: new(0, 0, 0, 0, 0, 0.5));
        bool forth = false;
        Assert.Equal(0, Allocations.Least(() =>
        {
            _arm.CountFrom = _arm.SentCount + 50;
            Eventually.True(
                () =>
                {
                    _force.Measure(0, 0, 1);
                    Drive(motion, lease, null, ticks: 10, velocity: new(0, 0, 0, 0, 0, forth ? 0.5 : -0.5));
                    forth = !forth;
                    return _arm.SentCount >= _arm.CountFrom + 2000;
                },
                "2000 cycles");
            return _arm.AllocatedBytes;
        }));
        Assert.True(lease.Active);
    }

    [Fact]
    public void At_the_end_the_arm_comes_to_rest_and_the_program_is_halted()
    {
        ArmMotion motion = Started();
        MotionLease lease = Acquire(motion, "test");
        DriveUntilFast(motion, lease);
        motion.Dispose();
        _made = null;
        Assert.False(lease.Active);
        var sent = _arm.SentSince(0);
        Assert.Equal(ArmMode.Stop, sent[^1].Mode);
        Assert.Equal(0, sent.Last(s => s.Mode == ArmMode.Servo).Qd.MaxAbs);
    }

    [Fact]
    public void Drivers_that_only_read_are_not_taken()
    {
        Assert.Throws<ArgumentException>(() => new ArmMotion(new ReadOnlyArm(_arm), null, null, _limits, true));
        Assert.Throws<ArgumentException>(() => new ArmMotion(_arm, null, null, new() { TcpSpeed = double.NaN }, true));
        Assert.Throws<ArgumentException>(() =>
            new ArmMotion(_arm, null, null, new() { WorkspaceMin = new(1, 1, 1), WorkspaceMax = new(0, 0, 0) }, true));
    }

    private ArmMotion Started(bool force = false, bool enabled = true)
    {
        _made = new(_arm, _gripper, force ? _force : null, _limits, enabled, _external);
        _made.Start();
        return _made;
    }

    private void Refused(string says, Action<FakeArm> make, bool enabled = true, Action? beforeStart = null)
    {
        var arm = new FakeArm();
        beforeStart?.Invoke();
        using var motion = new ArmMotion(arm, null, null, _limits, enabled);
        motion.Start();
        make(arm);
        MotionLease? lease = null;
        string? refusal = null;
        Eventually.True(() => (lease = motion.TryAcquire("test", out refusal)) is null, "it is refused");
        Assert.Contains(says, refusal);
        Assert.DoesNotContain("\n", refusal);
    }

    private static MotionLease Acquire(ArmMotion motion, string owner)
    {
        MotionLease? lease = motion.TryAcquire(owner, out string? refusal);
        Assert.True(lease is not null, refusal);
        return lease;
    }

    private static bool TryAcquired(ArmMotion motion)
    {
        using MotionLease? lease = motion.TryAcquire("again", out _);
        return lease is not null;
    }

    /// <summary>Cycles from one set-point to the next; more than one where the arm's thread missed some. 0: they do not fit.</summary>
    private int CyclesBetween((ArmMode, Vector6 Q, Vector6 Qd) last, (ArmMode, Vector6 Q, Vector6 Qd) next)
    {
        const double Cycle = 1 / 500.0;
        const int Most = 50; // after that much the program on the controller has stopped the arm
        double steepest = _limits.JointAcceleration * 1.000001;
        Vector6 moved = next.Q - last.Q, faster = next.Qd - last.Qd;
        if ((moved * (1 / Cycle) - next.Qd).MaxAbs < 1e-9 && faster.MaxAbs <= steepest * Cycle)
            return 1;
        for (int n = 2; n <= Most; n++)
        {
            double time = n * Cycle;
            if (faster.MaxAbs <= steepest * time && (moved - next.Qd * time).MaxAbs <= steepest * time * time)
                return n;
        }
        return 0;
    }

    private static Command Joints(in Vector6 q) => new(CommandKind.JointPosition, q, double.NaN, HostClock.NowNs + Tick);

    private void DriveUntilFast(ArmMotion motion, MotionLease lease) =>
        Drive(motion, lease, null, ticks: 200, velocity: new(0, 0, 0, 0, 0, 0.4), until: () => _arm.Last.Qd[5] > 0.2);

    // A tick at 30 Hz, towards a goal or with a velocity.
    private static void Drive(
        ArmMotion motion, MotionLease lease, Vector6? goal, int ticks = 300, double gripper = double.NaN, Vector6 velocity = default,
        Func<bool>? until = null)
    {
        var grid = new AbsoluteGrid(30, HostClock.NowNs);
        for (int i = 0; i < ticks && lease.Active; i++)
        {
            long due = grid.TimeOf(grid.WaitNext() + 1);
            Command command = new(CommandKind.JointVelocity, velocity, gripper, due);
            if (goal is { } to)
                command = new(CommandKind.JointPosition, motion.CommandedJoints + Limited(to - motion.CommandedJoints, 0.02),
                    gripper, due);
            lease.Send(command);
            if (until?.Invoke() == true || (goal is { } end && (motion.CommandedJoints - end).MaxAbs < 1e-4))
                return;
        }
        if (lease.Active)
            Assert.True(until is null && goal is null, "the arm did not get there");
    }

    private static Vector6 Limited(in Vector6 step, double most) => step.MaxAbs <= most ? step : step * (most / step.MaxAbs);

    private sealed class ReadOnlyArm(FakeArm arm) : IRobotArm
    {
        public string Name => "robot";

        public SampleStream<RobotState> States => arm.States;

        public bool Reached => false;

        public RobotIdentity? Identity => null;

        public string? ModelDoubt => null;

        public Drivers.UniversalRobots.UrKinematics Kinematics => arm.Kinematics;

        public DeviceStatus Status => arm.Status;

        public ClockMapReport? Clock => null;

        public void Start()
        {
        }

        public void Dispose()
        {
        }
    }
}
