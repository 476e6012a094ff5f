using System.Text.Json.Nodes;
using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Motion;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.Teleoperation;
using RobotWorldModel.Drivers.Tests.Evdev;
using RobotWorldModel.Drivers.Time;
using RobotWorldModel.Runtime.Core;
using RobotWorldModel.Runtime.Core.Policies;
using RobotWorldModel.Runtime.Protocol;
using RobotWorldModel.Simulation.Cell;

namespace RobotWorldModel.Bench;

/// <summary>
/// From the release of a gamepad's dead man's switch, by the stamp of its event, until the arm truly stands: pushed so far that it
/// moves as fast as a teleoperated arm may. The gamepad is scripted below the driver's system calls; driver, gate, policy, filter and
/// the arm's thread are core's, the controller is another process, whose own record of the motion is the witness.
/// </summary>
internal static class TeleopBench
{
    private const int DeadManButton = 0x137, TurnStick = 3, Full = 32767;
    private const double PromisedMs = 100, NearlyCap = 0.97 * SafetyFilter.SpeedShare * TeleopGate.JointSpeed;
    private static readonly TimeSpan s_rest = TimeSpan.FromMilliseconds(300), s_deadline = TimeSpan.FromSeconds(30);

    public static async Task RunAsync(Results results, int runs, int releases, CancellationToken cancel)
    {
        results.Note($"{releases} releases a run, the tool turning to and fro about z; at {SafetyFilter.SpeedShare} of the "
            + $"{TeleopGate.JointSpeed} rad/s that no joint may exceed");
        using var cell = new BenchCell(robotOnly: true);
        var (sim, _) = await cell.StartSimAsync(cancel);
        using var simulated = sim;
        using var control = cell.Control();
        ArmDriving.Raise(results);
        for (int run = 0; run < runs; run++)
        {
            using var led = Led.Start(cell, cancel);
            Measure(led, control, results, releases, cancel);
        }
    }

    private static void Measure(Led led, CellControl control, Results results, int releases, CancellationToken cancel)
    {
        var (standing, orders, speeds) = (new List<double>(), new List<double>(), new List<double>());
        for (int i = 0; i < releases; i++)
        {
            led.Pad.Press(DeadManButton);
            Until("the switch is seen", () => led.Gate.Engaged, cancel);
            led.Pad.Move(TurnStick, i % 2 == 0 ? Full : -Full);
            Until("it is at full speed", () => Witness(control, HostClock.NowNs - 20_000_000, HostClock.NowNs).Speed > NearlyCap, cancel);
            long releasedNs = led.Pad.Release(DeadManButton);
            cancel.WaitHandle.WaitOne(s_rest);
            var (_, ceasedNs) = Witness(control, releasedNs, HostClock.NowNs);
            standing.Add((ceasedNs - releasedNs) * 1e-6);
            orders.Add(led.Gate.ReactionNs * 1e-6);
            speeds.Add(Witness(control, releasedNs - 20_000_000, releasedNs + 20_000_000).Speed);
            led.Pad.Move(TurnStick, 0);
            Until("it stands", () => !led.Gate.Engaged, cancel);
            led.ThrowIfEnded();
        }
        Distribution stands = new(standing, "releases"), order = new(orders, "releases");
        results.Add("slowest at its release", "rad/s", speeds.Min());
        results.Add("fastest at its release", "rad/s", speeds.Max());
        results.Add("release to the order to halt p50", "ms", order.Median);
        results.Add("release to the order to halt max", "ms", order.Max);
        results.Add("release to standstill p50", "ms", stands.Median);
        results.Add("release to standstill max", "ms", stands.Max, Goal.AtMost(PromisedMs));
    }

    private static (double Speed, long CeasedNs) Witness(CellControl control, long fromNs, long toNs)
    {
        JsonNode told = control.Call("motion", new JsonObject { ["from"] = fromNs, ["to"] = toNs })!;
        return ((double)told["max_joint_speed"]!, told["ceased"]!.AsArray() is { Count: > 0 } times ? (long)times[^1]! : toNs);
    }

    private static void Until(string what, Func<bool> wished, CancellationToken cancel)
    {
        long deadline = Environment.TickCount64 + (long)s_deadline.TotalMilliseconds;
        while (!wished())
        {
            if (Environment.TickCount64 > deadline)
                throw new RobotException(ExitCode.Device, $"not within {s_deadline.TotalSeconds:0} s: {what}");
            cancel.WaitHandle.WaitOne(2);
            cancel.ThrowIfCancellationRequested();
        }
    }

    /// <summary>An arm led by a scripted gamepad.</summary>
    private sealed class Led : IDisposable
    {
        private readonly CellDevices _devices;
        private readonly HandController _hand;
        private readonly PolicyRunner _policies;
        private readonly DeviceThread _ticks;
        private Task<PolicyEnd>? _ended;

        private Led(BenchCell cell)
        {
            _devices = new(cell.Config);
            _hand = new(new() { Kind = HandKind.Gamepad }, new ScriptedInput(Pad));
            _policies = new(_devices.Motion);
            _ticks = new("bench tick", Tick);
        }

        public ScriptedDevice Pad { get; } = ScriptedDevice.Gamepad();

        public TeleopGate Gate { get; private set; } = null!;

        /// <summary>All on the calling thread: another of the pool would start threads of the normal class.</summary>
        public static Led Start(BenchCell cell, CancellationToken cancel)
        {
            var led = new Led(cell);
            led._devices.Start();
            led._hand.Start();
            led._ticks.Start();
            Until("the gamepad is there", () => led._hand.Status.Connected, cancel);
            Until("the arm is had", led.TryTake, cancel);
            led.Gate.Start();
            return led;
        }

        /// <exception cref="RobotException">The arm has been taken from the gamepad.</exception>
        public void ThrowIfEnded()
        {
            if (_ended!.IsCompleted)
                throw new RobotException(ExitCode.Device, _ended.Result.Why);
        }

        public void Dispose()
        {
            Gate?.Dispose();
            _ticks.Dispose();
            _policies.End("measured");
            _hand.Dispose();
            _devices.Dispose();
        }

        private bool TryTake()
        {
            if (_devices.Arm!.Identity is null)
                return false;
            if (!_devices.IsSimulated)
                throw new RobotException(ExitCode.Config, $"{_devices.Arm.Status.Message}: benches move no real arm");
            try
            {
                _ended = _policies.Start("teleop_gamepad", (motion, lease) =>
                {
                    Gate = new(_hand, lease);
                    var way = new HandMotion(linearScale: 0.1, angularScale: 1.2, TeleopFrame.Base, q => motion.TcpOf(q));
                    return new TeleopPolicy("teleop_gamepad", _hand, Gate, way, motion);
                }, TeleopGate.JointSpeed);
                return true;
            }
            catch (RobotException) // it is not connected yet
            {
                return false;
            }
        }

        private void Tick(CancellationToken stop)
        {
            var grid = new AbsoluteGrid(30, HostClock.NowNs);
            Sampler sampler = _devices.CreateSampler();
            Observation observation = sampler.CreateObservation();
            while (!stop.IsCancellationRequested)
            {
                long slot = grid.WaitNext();
                sampler.Sample(slot, grid.TimeOf(slot), observation);
                _policies.Decide(observation, grid.TimeOf(slot + 1), out _, out _);
            }
        }
    }
}
