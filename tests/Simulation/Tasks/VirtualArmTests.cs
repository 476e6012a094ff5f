using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Motion;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.Time;
using RobotWorldModel.Drivers.UniversalRobots;
using RobotWorldModel.Simulation.Tasks;
using RobotWorldModel.Simulation.Tests.Controller;
using RobotWorldModel.Tests.Shared;
using Xunit.Abstractions;

namespace RobotWorldModel.Simulation.Tests.Tasks;

/// <summary>The arm on virtual time against the simulated controller with our program on it.</summary>
public class VirtualArmTests(ITestOutputHelper output)
{
    private const long PeriodNs = 2_000_000;
    private static readonly UrKinematics s_kinematics = new(UrModel.Ur5e);
    private static readonly MotionLimits s_limits = ReachTask.CellLimits();

    // The same set-points go to the controller, one a cycle as the arm's thread sends them, and its cycles are made by hand.
    [Fact]
    public void It_moves_cycle_by_cycle_as_the_controller_moves_it()
    {
        using var bench = new ControllerBench();
        using var rtde = RtdeClient.Connect(bench.Host);
        rtde.Outputs("timestamp,actual_q,actual_qd,runtime_state");
        rtde.Inputs(ControlProgram.InputNames);
        rtde.Start();
        using var primary = ScriptClient.Connect(bench.Host);
        primary.Send(ControlProgram.Text(new() { Host = "-" }, ControlProgram.NewHeartbeat(0)));
        Assert.Equal("PROGRAM_XXX_STARTED robot_world_model", primary.Message().Key);
        Func<RtdeClient, byte[]> cycle = bench.TakeOver();
        Vector6 start = bench.Physics.Q;
        int counter = 0;
        byte[] data = Send(start, ArmMode.Hold);
        for (int i = 0; i < 50 && RtdeClient.Int(data.AsSpan(104)) != (int)RuntimeState.Playing; i++)
            data = Send(start, ArmMode.Hold);

        var arm = new VirtualArm(s_kinematics, s_limits, new());
        var motion = new VirtualMotion(s_kinematics, s_limits, 500);
        arm.Seed(start);
        motion.Seed(start);
        long nextTick = 1_000_000_000 / 30;
        double moved = 0;
        for (int n = 1; n < 600; n++)
        {
            long setpointNs = (n - 1) * PeriodNs + 1_250_000;
            bool ticks = nextTick <= n * PeriodNs, before = nextTick < setpointNs;
            if (ticks && before)
                motion.Send(CommandAt(nextTick), nextTick);
            motion.Step(setpointNs);
            if (ticks && !before)
                motion.Send(CommandAt(nextTick), nextTick);
            if (ticks)
            {
                arm.AdvanceTo(nextTick);
                Assert.True(arm.Send(CommandAt(nextTick)).Accepted);
                nextTick += 1_000_000_000 / 30;
            }
            data = Send(motion.Setpoint, ArmMode.Servo);
            arm.AdvanceTo(n * PeriodNs);
            Assert.Equal(0, (RtdeClient.Vector(data.AsSpan(8)) - arm.Q).MaxAbs, 1e-9);
            Assert.Equal(0, (RtdeClient.Vector(data.AsSpan(56)) - arm.Qd).MaxAbs, 1e-9);
            moved = Math.Max(moved, (arm.Q - start).MaxAbs);
        }
        Assert.True(moved > 0.1);

        byte[] Send(in Vector6 q, ArmMode mode)
        {
            rtde.Send(1, q[0], q[1], q[2], q[3], q[4], q[5], 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0,
                ++counter, (int)mode, 0, 0, 0, 0);
            return cycle(rtde);
        }

        static Command CommandAt(long ns)
        {
            double t = ns * 1e-9;
            return Command.TcpSpeeds(new(0.2 * Math.Sin(3 * t), t is > 0.5 and < 0.6 ? 0.2 : -0.1 * t, 0.05, 0, 0, 0), ns + 33_333_333);
        }
    }

    // Driver, arm's thread and controller in real time; then the same commands at the same ticks here.
    [SkippableFact]
    public void It_ends_where_the_arm_in_real_time_ends()
    {
        Skip.IfNot(Environment.GetEnvironmentVariable("LONG_TESTS") == "1", "needs a machine that keeps time: only with LONG_TESTS=1");
        using var bench = new ControllerBench();
        using var arm = new UrArm(new() { Host = bench.Host, ClaimInputs = true, WatchdogMs = 200 });
        MotionLimits limits = ReachTask.CellLimits();
        (limits.StateTimeoutMs, limits.TargetTimeoutMs) = (5000, 1000); // on a busy machine too
        using var motion = new ArmMotion(arm, null, null, limits, enabled: true);
        arm.Start();
        motion.Start();
        Eventually.True(() => arm.Identity is not null && arm.States.TryGetNewest(out _), "the arm is known");
        MotionLease? lease = motion.TryAcquire("test", out string? refusal);
        Assert.True(lease is not null, refusal);

        Vector6 start = bench.Physics.Q;
        var task = new ReachTask(s_kinematics, limits);
        Vec3 velocity = default;
        var sent = new List<(long TickNs, Command Command, Vector6 Seen)>();
        var grid = new AbsoluteGrid(30, HostClock.NowNs);
        long origin = grid.OriginNs;
        while (sent.Count < 75)
        {
            long slot = grid.WaitNext();
            arm.States.TryGetNewest(out var state);
            // The first ticks, in which everything runs for the first time, may be late; they command nothing.
            double[] action = sent.Count is > 15 and < 60 ? [Math.Sin(0.2 * sent.Count), 0.6, -0.5] : [0, 0, 0];
            velocity = task.Velocity(action, velocity);
            Command command = ReachTask.Command(velocity, grid.TimeOf(slot + 1));
            SendResult result = lease!.Send(command);
            if (sent.Count < 15 && !result.Accepted)
                continue;
            Assert.True(result.Accepted, result.Refusal);
            sent.Add((grid.TimeOf(slot) - origin, command with { DueNs = command.DueNs - origin }, state.Value.Q));
        }
        Eventually.True(() => bench.Physics.Qd.MaxAbs == 0, "the arm stands");
        Vector6 end = bench.Physics.Q;
        lease!.Dispose();

        var virtualArm = new VirtualArm(s_kinematics, limits, new());
        virtualArm.Seed(start);
        var geometry = new ArmGeometry(s_kinematics, limits);
        var apart = new List<double>();
        foreach (var (tickNs, command, seen) in sent)
        {
            virtualArm.AdvanceTo(tickNs + 20_000_000);
            apart.Add((geometry.Tcp(virtualArm.Known.Q) - geometry.Tcp(seen)).Length);
            Assert.True(virtualArm.Send(command with { DueNs = command.DueNs + 20_000_000 }).Accepted);
        }
        virtualArm.AdvanceTo(virtualArm.NowNs + 1_000_000_000);
        double atEnd = (geometry.Tcp(virtualArm.Q) - geometry.Tcp(end)).Length;
        apart.Sort();
        output.WriteLine($"apart at the ticks: median {apart[37] * 1e3:0.00} mm, most {apart[^1] * 1e3:0.00} mm; "
            + $"at the end {atEnd * 1e6:0} µm, after {(geometry.Tcp(end) - geometry.Tcp(start)).Length:0.000} m; "
            + $"{grid.Missed} ticks missed, {motion.Report().MissedCycles} cycles");
        Assert.InRange((geometry.Tcp(end) - geometry.Tcp(start)).Length, 0.1, 1);
        Assert.InRange(atEnd, 0, 0.0001);
        Assert.InRange(apart[37], 0, 0.005); // 22 ms at full speed: a busy machine runs late
    }
}
