using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Text;
using RobotWorldModel.Collector.Capture;
using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Motion;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.Teleoperation;
using RobotWorldModel.Drivers.Time;
using RobotWorldModel.Runtime.Configuration;
using RobotWorldModel.Runtime.Core;
using RobotWorldModel.Runtime.Core.Policies;
using RobotWorldModel.Runtime.Protocol;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Runtime.Tests.Core;

/// <summary>From what a person does to the arm on the simulated controller's wires, and back: policy, lease, filter, program.</summary>
public sealed class TeleopTests : IDisposable
{
    private const double Standing = 0.02; // rad/s
    private readonly ControllerOnWires _controller = new();
    private readonly TempFolder _folder = new();
    private readonly ConcurrentQueue<CommandRecord> _commands = [];
    private readonly Hand _hand = new();
    private CellDevices? _devices;
    private PolicyRunner? _policies;
    private DeviceThread? _ticks;
    private SampleQueue<RobotState>? _states;

    public void Dispose()
    {
        _ticks?.Dispose();
        _devices?.Dispose();
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
        Assert.InRange(fastest, 0.35, TeleopGate.JointSpeed + 1e-3);
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
        using TeleopGate gate = Begin(linearScale: 0.25, workspace: "workspace_max: [0.75, 0.75, 0.45]");
        _hand.Press();
        Ticks(3);
        _hand.Push(new(0, 0, 1, 0, 0, 0));
        Eventually.True(() => _commands.Any(c => (c.Clamped & (uint)Clamp.Workspace) != 0), "the box's lid");
        Ticks(15); // more than the refusals or clamps in a row that end what is broken
        Assert.True(gate.Engaged);
        double lid = _devices!.Motion!.CommandedTcp.Position.Z;
        Assert.InRange(lid, 0.4, 0.45);
        _hand.Push(new(0, 0, -1, 0, 0, 0));
        Eventually.True(() => _devices.Motion.CommandedTcp.Position.Z < lid - 0.01, "away from it");
    }

    [Fact]
    public void A_second_arm_in_freedrive_leads_and_the_loss_of_its_stream_holds()
    {
        using var leader = new ControllerOnWires();
        Connect($"teleoperation: {{driver: leader, host: {leader.Host}}}");
        var run = new TeleopRun(_config!, _devices!, _policies!);
        Eventually.True(() => _devices!.Teleoperation!.Status.Connected && _devices.Teleoperation.Read().Connected, "the leader is there");
        Take(run);
        Vector6 home = _controller.Physics.Q, there = leader.Physics.Q;

        Script(leader, "def led():\n  freedrive_mode()\n  sleep(100)\nend\n");
        Eventually.True(() => run.Status!.State == "moving", "its freedrive is the switch");
        leader.Physics.HandWrench = new(0, 12, 0, 0, 0, 0);
        Eventually.True(() => (leader.Physics.Q - there).MaxAbs > 0.05, "a hand leads it");
        leader.Physics.HandWrench = default;
        Eventually.True(() => leader.Physics.Qd.MaxAbs < 1e-3
            && (_controller.Physics.Q - home - (leader.Physics.Q - there)).MaxAbs < 1e-3, "joint by joint");
        Assert.All(_commands, c => Assert.Equal("teleop_leader", c.Source));

        Script(leader, "def over():\n  end_freedrive_mode()\nend\n");
        Eventually.True(() => run.Status!.State == "released", "freedrive is over");
        Vector6 at = _controller.Physics.Q;
        Script(leader, "def moved():\n  movej([0.2, -1.6, 1.6, -1.6, -1.6, 0], a=4, v=2)\nend\n");
        Eventually.True(() => leader.Physics.Qd.MaxAbs == 0 && Math.Abs(leader.Physics.Q[0] - 0.2) < 1e-4, "it is elsewhere");
        Script(leader, "def led():\n  freedrive_mode()\n  sleep(100)\nend\n");
        Eventually.True(() => run.Status!.State == "moving", "led again");
        Ticks(10);
        Assert.True((at - _controller.Physics.Q).MaxAbs < 2e-3); // from where it stands: no jump to where the leader is

        leader.Physics.HandWrench = new(0, 12, 0, 0, 0, 0);
        Eventually.True(() => _controller.Physics.Qd.MaxAbs > 0.02, "it follows");
        leader.Dispose();
        Eventually.True(() => run.Status!.State == "away" && _controller.Physics.Qd.MaxAbs == 0, "its stream is lost");
        Assert.IsType<TeleopPolicy>(_policies!.Current); // held, until a person ends it or presses again
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

    private void Connect(string teleoperation, string workspace = "tcp_speed: 0.25")
    {
        File.WriteAllText(_folder["cell.yaml"], $$"""
            cell: teleop-test
            robot: {host: {{_controller.Host}}, tcp: [0, 0, 0.145, 0, 0, 0], payload_kg: 0.925}
            motion: {enabled: true, {{workspace}}}
            {{teleoperation}}
            """);
        _config = CellConfig.Load(_folder["cell.yaml"]);
        _devices = new(_config);
        _states = _devices.Arm!.States.Subscribe(1 << 16);
        _policies = new(_devices.Motion);
        _devices.Start();
        _ticks = new("test-tick", Tick);
        _ticks.Start();
    }

    private TeleopGate Begin(
        double linearScale = 0.1, long staleNs = 20_000_000_000, string workspace = "tcp_speed: 0.25") // patient with a busy machine
    {
        Connect("", workspace);
        TeleopGate? gate = null;
        Eventually.True(() =>
        {
            try
            {
                _policies!.Start("teleop_gamepad", (motion, lease) =>
                {
                    gate = new(_hand, lease, staleNs);
                    var way = new HandMotion(linearScale, 0.5, TeleopFrame.Base, q => motion.TcpOf(q));
                    return new TeleopPolicy("teleop_gamepad", _hand, gate, way, motion);
                }, TeleopGate.JointSpeed);
                return true;
            }
            catch (RobotException)
            {
                return false; // not connected yet
            }
        }, "the arm is had");
        gate!.Start();
        return gate;
    }

    private static void Take(TeleopRun run) => Eventually.True(() =>
    {
        try
        {
            run.Take();
            return true;
        }
        catch (RobotException)
        {
            return false; // not connected yet
        }
    }, "the arm is had");

    private void Tick(CancellationToken stop)
    {
        var grid = new AbsoluteGrid(30, HostClock.NowNs);
        Sampler sampler = _devices!.CreateSampler();
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
        Eventually.True(() => _commands.Count >= until, $"{count} ticks");
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
