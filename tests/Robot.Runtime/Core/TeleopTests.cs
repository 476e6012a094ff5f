using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Text;
using RobotWorldModel.Collector.Capture;
using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Motion;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.Teleoperation;
using RobotWorldModel.Drivers.Time;
using RobotWorldModel.Drivers.UniversalRobots;
using RobotWorldModel.Runtime.Configuration;
using RobotWorldModel.Runtime.Core;
using RobotWorldModel.Runtime.Core.Policies;
using RobotWorldModel.Runtime.Protocol;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Runtime.Tests.Core;

/// <summary>From what a person does to the arm on the simulated controller's wires, and back: policy, lease, filter, program.</summary>
[Collection("alone")]
[Trait("Keeps", "time")]
public sealed class TeleopTests : IDisposable
{
    private const double Standing = 0.02; // rad/s
    private readonly ControllerOnWires _controller = new();
    private readonly TempFolder _folder = new();
    private readonly ConcurrentQueue<CommandRecord> _commands = [];
    private readonly Hand _hand = new();
    private CellDevices? _devices; // in tests of the whole way
    private UrArm? _arm;
    private ArmMotion? _motion;
    private PolicyRunner? _policies;
    private DeviceThread? _ticks;
    private SampleQueue<RobotState>? _states;

    public void Dispose()
    {
        _ticks?.Dispose();
        _devices?.Dispose();
        if (_devices is null)
        {
            _motion?.Dispose();
            _arm?.Dispose();
        }
        _controller.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void The_arm_moves_while_the_switch_is_held_and_stands_soon_after_it_is_let_go()
    {
        using TeleopGate gate = Begin(linearScale: 0.25);
        Vector6 home = _controller.Physics.Q;
        _hand.Push(new(0, 1, 0, 0, 0, 0));
        Ticks(5);
        Assert.Equal(home, _controller.Physics.Q); // the switch is not held
        _hand.Press();
        Ticks(5);
        Assert.Equal(home, _controller.Physics.Q); // pushed before it was pressed: no jump
        _hand.Push(default);
        Ticks(3);
        _hand.Push(new(0, 1, 0, 0, 0, 0));
        Eventually.True(() => _controller.Physics.Qd.MaxAbs > 0.35, "it moves");

        while (_states!.TryDequeue(out _)) // of before
        {
        }
        long releasedNs = _hand.Release();
        Eventually.True(() => _controller.Physics.Qd.MaxAbs == 0 && !gate.Engaged, "it stands");
        Ticks(10);
        var states = new List<Sample<RobotState>>();
        while (_states.TryDequeue(out var state))
            states.Add(state);
        double fastest = states.Max(s => s.Value.Qd.MaxAbs);
        int slows = states.FindLastIndex(s => s.Value.Qd.MaxAbs > 0.95 * fastest);
        int stands = states.FindIndex(slows, s => s.Value.Qd.MaxAbs < Standing);
        CommandRecord[] all = [.. _commands.Where(c => !c.Refused)];
        Assert.All(all.Zip(all.Skip(1)).Where(pair => pair.Second.Tick == pair.First.Tick + 1), pair => Assert.InRange(
            (pair.Second.GuardedQ - pair.First.GuardedQ).MaxAbs, 0, (TeleopGate.JointSpeed / 30) + 1e-4));
        // Where set-points come late, the controller follows what it has missed at its own speed: a busy machine's 0.76 was seen.
        Assert.InRange(fastest, 0.35, 2 * TeleopGate.JointSpeed);
        // By the controller's own cycles of 2 ms: 8 rad/s² from there.
        Assert.InRange(stands - slows, 1, (fastest / 8 / 0.002) + 5);
        Assert.All(states[stands..], s => Assert.InRange(s.Value.Qd.MaxAbs, 0, Standing)); // and it stays
        double ms = (states[stands].OriginatingNs - releasedNs) * 1e-6;
        Console.WriteLine($"released at {fastest:0.00} rad/s: stands after {ms:0} ms, of which {gate.ReactionNs * 1e-6:0.0} ms until the "
            + $"order to halt and {(stands - slows) * 2} ms in the controller");
        Assert.InRange(ms, 0, 1000); // 100 where the machine is not busy
    }

    [Fact]
    public void Every_tick_has_a_command_with_its_source_also_while_the_arm_stops()
    {
        using TeleopGate gate = Begin();
        _hand.Press();
        Ticks(3);
        _hand.Push(new(0, 0, 1, 0, 0, 0));
        _hand.AskGripper(1);
        Eventually.True(() => _controller.Physics.Qd.MaxAbs > 0.1, "it moves");
        _hand.Release();
        Ticks(20);
        CommandRecord[] all = [.. _commands];
        Assert.All(all, c => Assert.Equal("teleop_gamepad", c.Source));
        Assert.Equal(Enumerable.Range(0, all.Length).Select(i => all[0].Tick + i), all.Select(c => c.Tick));
        Assert.Contains(all, c => c.Gripper == 1);
        Assert.True(double.IsNaN(all[^1].Gripper)); // released: nothing is asked of the fingers any more
        Assert.Contains(all, c => c is { Kind: CommandKind.TcpVelocity, Refused: false });
        Assert.True((all[^1].GuardedQ - _controller.Physics.Q).MaxAbs < 1e-3);
        Assert.IsType<TeleopPolicy>(_policies!.Current); // refused while it stopped, which is no reason to end
    }

    [Fact]
    public void A_device_that_shows_no_life_or_is_gone_halts_the_arm_and_needs_a_new_press()
    {
        using TeleopGate gate = Begin(staleNs: TeleopGate.StaleNs);
        foreach (Action breaks in new Action[] { () => _hand.Frozen = true, () => _hand.Away = true })
        {
            _hand.Press();
            Eventually.True(() => gate.Engaged, "engaged");
            _hand.Push(new(0, 0, 1, 0, 0, 0));
            breaks();
            Eventually.True(() => !gate.Engaged && _controller.Physics.Qd.MaxAbs == 0, "it stands");
            (_hand.Frozen, _hand.Away) = (false, false);
            Vector6 at = _controller.Physics.Q;
            Ticks(10);
            Assert.False(gate.Engaged); // held all the while
            Assert.True((at - _controller.Physics.Q).MaxAbs < 1e-3);
            _hand.Release();
            _hand.Push(default);
            Ticks(10);
        }
    }

    [Fact]
    public void At_a_wall_the_arm_stops_at_the_limit_and_teleoperation_goes_on()
    {
        using TeleopGate gate = Begin(linearScale: 0.25, lidM: 0.45);
        _hand.Press();
        Ticks(3);
        _hand.Push(new(0, 0, 1, 0, 0, 0));
        Eventually.True(() => _commands.Any(c => (c.Clamped & (uint)Clamp.Workspace) != 0), "the box's lid");
        Ticks(15); // more than the refusals or clamps in a row that end what is broken
        Assert.True(gate.Engaged);
        double lid = _motion!.CommandedTcp.Position.Z;
        Assert.InRange(lid, 0.4, 0.45);
        _hand.Push(new(0, 0, -1, 0, 0, 0));
        Eventually.True(() => _motion.CommandedTcp.Position.Z < lid - 0.01, "away from it");
    }

    [Fact]
    public void At_the_end_of_a_joints_range_the_arm_stops_and_the_controller_finds_nothing_wrong()
    {
        Script(_controller, "def turned():\n  movej([0, -1.5708, 1.5708, -1.5708, -1.5708, 6.1], a=6, v=3)\nend\n");
        Eventually.True(() => _controller.Physics.Qd.MaxAbs == 0 && Math.Abs(_controller.Physics.Q[5] - 6.1) < 1e-3, "it is there");
        using TeleopGate gate = Begin(angularScale: 1.2);
        _hand.Press();
        Ticks(3);
        _hand.Push(new(0, 0, 0, 0, 0, -1));
        Eventually.True(() => _commands.Any(c => (c.Clamped & (uint)Clamp.JointRange) != 0), "the end of wrist 3");
        Ticks(15);
        Assert.True(gate.Engaged);
        double end = _controller.Physics.Q[5];
        Assert.InRange(end, 6.2, 2 * Math.PI - SafetyFilter.JointMargin + 1e-3);
        double height = _motion!.CommandedTcp.Position.Z;
        _hand.Push(new(0, 0, 1, 0, 0, 0)); // the joint that is at its end has no part in that
        Eventually.True(() => _motion.CommandedTcp.Position.Z > height + 0.01, "up", 10);
        _hand.Push(new(0, 0, -1, 0, 0, 0));
        Eventually.True(() => _motion.CommandedTcp.Position.Z < height + 0.005, "down", 10);
        _hand.Push(new(0, 0, 0, 0, 0, 1));
        Eventually.True(() => _controller.Physics.Q[5] < end - 0.05, "away from it");
    }

    [Fact]
    public void A_second_arm_in_freedrive_leads_and_the_loss_of_its_stream_holds()
    {
        using var leader = new ControllerOnWires();
        Connect($"teleoperation: {{driver: leader, host: {leader.Host}}}");
        var run = new TeleopRun(_config!, _devices!, _policies!);
        Eventually.True(() => _devices!.Teleoperation!.Status.Connected && _devices.Teleoperation.Read().Connected, "the leader is there");
        Vector6 at = _controller.Physics.Q;
        Uninterrupted(run, leader, () =>
        {
            Vector6 home = _controller.Physics.Q, there = leader.Physics.Q;
            leader.Physics.HandWrench = new(0, 12, 0, 0, 0, 0);
            Eventually.True(() => (leader.Physics.Q - there).MaxAbs > 0.05, "a hand leads it");
            leader.Physics.HandWrench = default;
            Eventually.True(() => leader.Physics.Qd.MaxAbs < 1e-3 && _controller.Physics.Qd.MaxAbs < 1e-3, "both stand");
            Ticks(15);
            at = _controller.Physics.Q;
            return at - home - (leader.Physics.Q - there);
        });
        Assert.All(_commands, c => Assert.Equal("teleop_leader", c.Source));

        Script(leader, "def moved():\n  end_freedrive_mode()\n  movej([0.2, -1.6, 1.6, -1.6, -1.6, 0], a=4, v=2)\nend\n");
        Eventually.True(() => leader.Physics.Qd.MaxAbs == 0 && Math.Abs(leader.Physics.Q[0] - 0.2) < 1e-4, "it is elsewhere");
        Uninterrupted(run, leader, () =>
        {
            Ticks(10);
            return at - _controller.Physics.Q; // from where it stands: no jump to where the leader is
        });

        leader.Dispose();
        Eventually.True(() => run.Status!.State is "away" or "off" && _controller.Physics.Qd.MaxAbs == 0, "its stream is lost");
    }

    [Fact]
    public void A_leader_of_another_model_than_the_configs_moves_nothing()
    {
        using var leader = new ControllerOnWires();
        Connect($"teleoperation: {{driver: leader, host: {leader.Host}, model: UR3e}}");
        var run = new TeleopRun(_config!, _devices!, _policies!);
        Eventually.True(() => run.Status!.Message.Contains("is a UR5e, the config says UR3e: write teleoperation.model: UR5e"), "said");
        Script(leader, "def led():\n  freedrive_mode()\n  sleep(100)\nend\n");
        var away = Assert.Throws<RobotException>(run.Take);
        Assert.Equal(ExitCode.Device, away.Code);
        Assert.Contains("teleoperation.model", away.Message);
    }

    /// <summary>
    /// The leader is in freedrive, which is the switch, and something is true of that: the difference is nothing. A machine that is too
    /// busy to read in time halts the arm; then once more.
    /// </summary>
    private void Uninterrupted(TeleopRun run, ControllerOnWires leader, Func<Vector6> difference)
    {
        for (int tries = 0; ; tries++)
        {
            Script(leader, "def over():\n  end_freedrive_mode()\nend\n");
            Eventually.True(() => Had(run.Take) && run.Status!.State == "released", "it is let go");
            Script(leader, "def led():\n  freedrive_mode()\n  sleep(100)\nend\n");
            for (int looks = 0; looks < 300 && run.Status!.State != "moving"; looks++)
                Thread.Sleep(10); // not for ever: it may have been halted between two looks
            if (run.Status!.State != "moving" && tries < 20)
                continue;
            Vector6 d = difference();
            if (run.Status!.State == "moving" || tries == 20)
            {
                Assert.InRange(d.MaxAbs, 0, 2e-3);
                return;
            }
        }
    }

    [Fact]
    public void Without_a_device_or_a_section_it_does_not_begin()
    {
        Connect("");
        var none = Assert.Throws<RobotException>(new TeleopRun(_config!, _devices!, _policies!).Take);
        Assert.Contains("has no teleoperation section", none.Message);
        _ticks!.Dispose();
        _devices!.Dispose();
        Connect("teleoperation: {driver: gamepad, device: /dev/input/by-id/nothing}");
        var away = Assert.Throws<RobotException>(new TeleopRun(_config!, _devices!, _policies!).Take);
        Assert.Contains("teleoperation: ", away.Message);
        Assert.Equal(ExitCode.Device, away.Code);
    }

    private CellConfig? _config;

    // The whole way, from the config on.
    private void Connect(string teleoperation)
    {
        File.WriteAllText(_folder["cell.yaml"], $$"""
            cell: teleop-test
            robot: {host: {{_controller.Host}}, tcp: [0, 0, 0.145, 0, 0, 0], payload_kg: 0.925}
            motion: {enabled: true, watchdog_ms: 200}
            {{teleoperation}}
            """);
        _config = CellConfig.Load(_folder["cell.yaml"]);
        _devices = new(_config);
        (_arm, _motion) = (_devices.Arm!, _devices.Motion!);
        _devices.Start();
        Drive();
    }

    /// <summary>With a hand for a device.</summary>
    /// <param name="staleNs">Long by default, as other times are here: a busy machine must not stop the arm where a test is not about
    /// that.</param>
    private TeleopGate Begin(
        double linearScale = 0.1, double angularScale = 0.5, long staleNs = 20_000_000_000, double lidM = 0.9)
    {
        _arm = new(new() { Host = _controller.Host, ClaimInputs = true, WatchdogMs = 200 });
        var limits = new MotionLimits
        {
            FlangeToTcp = new(new(0, 0, 0.145), Quat.Identity),
            WorkspaceMax = new(0.75, 0.75, lidM),
            TargetTimeoutMs = 20_000,
            StateTimeoutMs = 20_000,
        };
        _motion = new(_arm, null, null, limits, enabled: true);
        _arm.Start();
        _motion.Start();
        Drive();
        TeleopGate? gate = null;
        Eventually.True(() => Had(() => _policies!.Start("teleop_gamepad", (motion, lease) =>
        {
            gate = new(_hand, lease, staleNs);
            var way = new HandMotion(linearScale, angularScale, TeleopFrame.Base, q => motion.TcpOf(q));
            return new TeleopPolicy("teleop_gamepad", _hand, gate, way, motion);
        }, TeleopGate.JointSpeed)), "the arm is had");
        gate!.Start();
        return gate;
    }

    // False: it is not connected yet.
    private static bool Had(Action take)
    {
        try
        {
            take();
            return true;
        }
        catch (RobotException)
        {
            return false;
        }
    }

    private void Drive()
    {
        _states = _arm!.States.Subscribe(1 << 16);
        _policies = new(_motion);
        _ticks = new("test-tick", Tick);
        _ticks.Start();
    }

    private void Tick(CancellationToken stop)
    {
        var grid = new AbsoluteGrid(30, HostClock.NowNs);
        var sampler = new Sampler(_arm!.States, null, null, []);
        Observation observation = sampler.CreateObservation();
        for (long n = 0; !stop.IsCancellationRequested; n++)
        {
            long slot = grid.WaitNext();
            sampler.Sample(slot, grid.TimeOf(slot), observation);
            if (_policies!.Decide(observation, grid.TimeOf(slot + 1), out Command command, out SendResult result))
                _commands.Enqueue(_policies.Record(n, command, result));
        }
    }

    private void Ticks(int count)
    {
        int until = _commands.Count + count;
        Eventually.True(() => _commands.Count >= until || _policies!.Current is null, $"{count} ticks");
        Assert.True(_devices is not null || _policies!.Current is not null, $"it has ended: {_motion!.Report().Reason}");
    }

    private static void Script(ControllerOnWires controller, string program)
    {
        using var client = new TcpClient(controller.Host, 30002);
        client.GetStream().Write(Encoding.ASCII.GetBytes(program));
        client.GetStream().Flush();
        Assert.True(client.GetStream().Read(new byte[16]) > 0); // it is there and has taken the connection
    }

    /// <summary>What a person does, without a device.</summary>
    private sealed class Hand : ITeleopDevice
    {
        private readonly Lock _lock = new();
        private TeleopInput _input = new() { Connected = true };
        private bool _frozen, _away;

        public bool Frozen
        {
            set
            {
                lock (_lock)
                    (_frozen, _input.AliveNs) = (value, HostClock.NowNs);
            }
        }

        public bool Away
        {
            set
            {
                lock (_lock)
                    _away = value;
            }
        }

        public string Name => "teleoperation";

        public DeviceStatus Status { get; } = new(true, "a hand", 0);

        public ClockMapReport? Clock => null;

        public TeleopInput Read()
        {
            lock (_lock)
            {
                TeleopInput input = _input;
                input.AliveNs = _frozen ? _input.AliveNs : HostClock.NowNs;
                input.Connected = !_away;
                return input;
            }
        }

        public void Push(Vector6 deflection)
        {
            lock (_lock)
                _input.Deflection = deflection;
        }

        public void Press()
        {
            lock (_lock)
                (_input.Held, _input.Press, _input.ChangedNs) = (true, _input.Press + 1, HostClock.NowNs);
        }

        public long Release()
        {
            lock (_lock)
                (_input.Held, _input.ChangedNs) = (false, HostClock.NowNs);
            return _input.ChangedNs;
        }

        public void AskGripper(double position)
        {
            lock (_lock)
                (_input.Gripper, _input.GripperPress) = (position, _input.GripperPress + 1);
        }

        public void Start()
        {
        }

        public void Dispose()
        {
        }
    }
}

/// <summary>Tests in which a halt counts that a busy machine would bring about: nothing else runs beside them.</summary>
[CollectionDefinition("alone", DisableParallelization = true)]
public sealed class AloneCollection;
