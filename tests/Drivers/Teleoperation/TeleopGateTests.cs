using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Motion;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.Teleoperation;
using RobotWorldModel.Drivers.Tests.Evdev;
using RobotWorldModel.Drivers.Tests.Motion;
using RobotWorldModel.Drivers.Time;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Drivers.Tests.Teleoperation;

/// <summary>From a kernel's event to the order to the controller.</summary>
public sealed class TeleopGateTests : IDisposable
{
    private const int DeadMan = 0x137;
    private const long Patient = 20_000_000_000; // a busy machine must not halt the arm where a test is not about that
    private readonly FakeArm _arm = new();
    private readonly FakeGripper _gripper = new();
    private readonly ScriptedDevice _pad = ScriptedDevice.Gamepad();
    private readonly HandController _controller;
    private readonly ArmMotion _motion;
    private readonly MotionLease _lease;
    private TeleopGate? _gate;

    public TeleopGateTests()
    {
        var limits = new MotionLimits
        {
            FlangeToTcp = new(new(0, 0, 0.145), Quat.Identity),
            ExpectedPayloadKg = 0.925,
            TargetTimeoutMs = 20_000,
            StateTimeoutMs = 20_000,
        };
        _motion = new ArmMotion(_arm, _gripper, null, limits, enabled: true);
        _motion.Start();
        _lease = _motion.TryAcquire("teleop", out string? refusal, TeleopGate.JointSpeed)!;
        Assert.Null(refusal);
        _controller = new(new(), new ScriptedInput(_pad));
        _controller.Start();
        Eventually.True(() => _controller.Read().Connected, "the pad is there");
    }

    public void Dispose()
    {
        _gate?.Dispose();
        _lease.Dispose();
        _motion.Dispose();
        _controller.Dispose();
    }

    [Fact]
    public void Letting_the_switch_go_has_the_controller_stop_the_arm_without_a_tick()
    {
        Drive();
        _pad.Release(DeadMan);
        Eventually.True(() => _arm.Last.Mode == ArmMode.Hold, "the controller is told"); // no tick runs here any more
        Assert.False(_gate!.Engaged);
        Eventually.True(() => !_lease.Halting && _arm.State.Qd.MaxAbs < 0.02, "it stands");
        Assert.True(_lease.Active);
        Assert.True(_gate.ReactionNs > 0);
        Console.WriteLine($"from the release's stamp to the order to halt: {_gate.ReactionNs * 1e-6:0.0} ms");
    }

    [Fact]
    public void A_pulled_cable_a_reader_that_is_not_run_and_lost_events_halt_it_too_and_each_needs_a_new_press()
    {
        Drive();
        _pad.Unplug();
        Halts("the cable is pulled");
        _pad.PlugIn();
        Eventually.True(() => _controller.Read().Connected, "it is back");
        Assert.False(MayMove());
        _gate!.Dispose();

        Drive(TeleopGate.StaleNs, untilFast: false);
        _pad.Change(() => _pad.Stalled = true);
        Halts("its reader is not run");
        _pad.Change(() => _pad.Stalled = false);
        Eventually.True(() => HostClock.NowNs - _controller.Read().AliveNs < TeleopGate.StaleNs, "it is run again");
        Assert.False(MayMove()); // held all the while
        _gate.Dispose();

        Drive();
        _pad.Change(() =>
        {
            for (int i = 0; i < 40; i++)
                _pad.Move(3, i * 100);
        });
        Halts("events were lost");
        Assert.False(MayMove());
    }

    [Fact]
    public void A_switch_that_is_held_before_it_begins_moves_nothing()
    {
        _pad.Press(DeadMan);
        Eventually.True(() => _controller.Read().Held, "held");
        _gate = new(_controller, _lease, Patient);
        Assert.False(MayMove());
        _pad.Release(DeadMan);
        _pad.Press(DeadMan);
        Eventually.True(() => _controller.Read().Press == 2, "pressed anew");
        Assert.True(MayMove());
    }

    [Fact]
    public void Commands_are_refused_until_the_halted_arm_stands_and_go_on_from_there()
    {
        Drive();
        _pad.Release(DeadMan);
        Eventually.True(() => _lease.Halting, "it halts");
        if (_lease.Send(Command.JointSpeeds(default, HostClock.NowNs + 33_000_000)) is { Accepted: false } refused)
            Assert.Contains("halt", refused.Refusal); // else it stands already, on a busy machine
        Eventually.True(() => !_lease.Halting && _motion.Report().State == MotionState.Holding, "it stands");
        Vector6 at = _motion.CommandedJoints;
        Assert.True((at - _arm.State.Q).MaxAbs < 0.005);
        SendResult taken = _lease.Send(Command.JointSpeeds(new(0, 0, 0, 0, 0, 0.3), HostClock.NowNs + 33_000_000));
        Assert.True(taken.Accepted, taken.Refusal);
        Assert.True((taken.Guarded - at).MaxAbs < 0.02);
    }

    [Theory]
    [InlineData(true, 1)]
    [InlineData(false, 0)]
    public void Fingers_that_move_are_halted_and_those_that_stand_keep_what_they_hold(bool move, int halts)
    {
        long now = HostClock.NowNs;
        _gripper.States.Publish(new(new(0.5, 0.04, 40, false, move, 0), now, Sample<GripperState>.NoDeviceTime, now, 1));
        Drive();
        _pad.Release(DeadMan);
        Halts("released");
        Assert.Equal(halts, _gripper.Halts);
    }

    [Fact]
    public void No_joint_is_faster_than_what_can_be_stopped_in_time()
    {
        Drive();
        for (int i = 0; i < 30; i++)
            Tick(new(0, 0, 0, 0, 0, 3));
        Assert.InRange(_arm.SentSince(0).Max(s => s.Qd.MaxAbs), 0.2, TeleopGate.JointSpeed + 1e-9);
    }

    private bool MayMove() => _gate!.MayMove(_controller.Read(), out _);

    private void Halts(string why)
    {
        Eventually.True(() => _arm.Last.Mode == ArmMode.Hold, why);
        Eventually.True(() => !_lease.Halting, "it stands");
        Assert.False(_gate!.Engaged);
    }

    /// <summary>Presses the switch and moves until the arm is fast, by ticks that then end.</summary>
    private void Drive(long staleNs = Patient, bool untilFast = true)
    {
        _gate = new(_controller, _lease, staleNs);
        _gate.Start();
        _pad.Release(DeadMan);
        int before = _controller.Read().Press;
        _pad.Press(DeadMan);
        Eventually.True(() => _controller.Read() is { Held: true } input && input.Press > before, "pressed");
        Eventually.True(MayMove, "it may move");
        Tick(new(0, 0, 0, 0, 0, 0.4));
        for (int i = 0; untilFast && _arm.Last.Qd[5] < 0.2; i++)
        {
            Assert.True(i < 300 && _gate.Engaged, "the arm moves");
            Tick(new(0, 0, 0, 0, 0, 0.4));
        }
    }

    private void Tick(Vector6 velocity)
    {
        long due = HostClock.NowNs + 33_333_333;
        _lease.Send(Command.JointSpeeds(velocity, due));
        AbsoluteGrid.SleepUntil(due);
    }
}
