using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Motion;
using RobotWorldModel.Drivers.UniversalRobots;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Drivers.Tests.Motion;

public class SetpointGeneratorTests
{
    private const long Period = 2_000_000;
    private static readonly Vector6 s_home = new(0, -Math.PI / 2, Math.PI / 2, -Math.PI / 2, -Math.PI / 2, 0);
    private static readonly UrKinematics s_kinematics = new(UrModel.Ur5e);

    [Fact]
    public void A_smooth_motion_is_followed_with_a_constant_delay_below_40_ms_and_without_overshoot()
    {
        var run = new Run(Limits());
        Vector6 goal = s_home + new Vector6(0.25, 0.1, -0.1, 0.1, 0.05, 0.3);
        run.Targets(k => MinJerk(s_home, goal, k / 30.0 / 1.2), 80);
        Vector6 direction = goal - s_home;
        for (int i = 0; i < 6; i++)
            foreach (var p in run.Positions)
                Assert.True((p[i] - goal[i]) * Math.Sign(direction[i]) < 1e-3, $"joint {i} went {p[i] - goal[i]} beyond its goal");
        Assert.True((run.Positions[^1] - goal).MaxAbs < 1e-6);
        (double delay, double left) = Delay(run, goal);
        Assert.InRange(delay, 0, 0.040);
        Assert.True(left < 2e-3, $"{left} rad off at a delay of {delay} s");
    }

    [Fact]
    public void A_target_every_cycle_is_followed_with_less_than_12_ms_of_delay_without_overshoot_or_chatter()
    {
        var run = new Run(Limits(), everyCycle: true);
        Vector6 goal = s_home + new Vector6(0.25, 0.1, -0.1, 0.1, 0.05, 0.3);
        run.Targets(k => MinJerk(s_home, goal, k / 500.0 / 1.2), 700);
        Assert.True((run.Positions[^1] - goal).MaxAbs < 1e-6, $"{run.Positions[^1] - goal}");
        (double delay, double left) = Delay(run, goal);
        Assert.InRange(delay, 0, 0.012);
        Assert.True(left < 1e-4, $"{left} rad off at a delay of {delay} s");
        for (int i = 0; i < 6; i++)
            Assert.True(run.Variation(i, out double peak) < 4.5 * peak, $"joint {i} chatters");
    }

    [Fact]
    public void Targets_of_a_cycle_that_come_3_ms_late_leave_no_trace()
    {
        Vector6 goal = s_home + new Vector6(0.25, 0.1, -0.1, 0.1, 0.05, 0.3);
        var (punctual, late) = (new Run(Limits(), everyCycle: true), new Run(Limits(), everyCycle: true));
        punctual.Targets(k => MinJerk(s_home, goal, (k - 3) / 600.0), 700);
        late.Targets(k => MinJerk(s_home, goal, (k - 3) / 600.0), 700, k => k % 7 == 0 ? 3_000_000 : 0);
        for (int n = 0; n < late.Positions.Count; n++)
            Assert.True((punctual.Positions[n] - late.Positions[n]).MaxAbs < 1e-12, $"differs at step {n}");
    }

    // The delay that fits best, and what is left with it, rad.
    private static (double Delay, double Left) Delay(Run run, in Vector6 goal)
    {
        (double best, double bestDelay) = (double.MaxValue, 0);
        for (double delay = 0; delay < 0.06; delay += 0.001)
        {
            double worst = 0;
            for (int n = 0; n < run.Positions.Count; n++)
                worst = Math.Max(worst, (run.Positions[n] - MinJerk(s_home, goal, ((n + 1) * 0.002 - delay) / 1.2)).MaxAbs);
            if (worst < best)
                (best, bestDelay) = (worst, delay);
        }
        return (bestDelay, best);
    }

    [Fact]
    public void A_smooth_motion_does_not_chatter()
    {
        var run = new Run(Limits());
        Vector6 goal = s_home + new Vector6(0.25, 0.1, -0.1, 0.1, 0.05, 0.3);
        run.Targets(k => MinJerk(s_home, goal, k / 30.0 / 1.2), 80);
        for (int i = 0; i < 6; i++)
        {
            double variation = run.Variation(i, out double peak);
            Assert.True(variation < 6 * peak, $"joint {i}: variation {variation}, peak {peak}");
        }
    }

    [Fact]
    public void A_sudden_step_is_caught_up_with_and_comes_to_rest_on_the_target()
    {
        var limits = Limits();
        var run = new Run(limits);
        Vector6 goal = s_home + new Vector6(0.1, 0, 0, 0, 0, -0.1);
        run.Targets(k => k < 3 ? s_home : goal, 60); // a jump: far beyond any acceleration
        Assert.True((run.Positions[^1] - goal).MaxAbs < 1e-6, $"{run.Positions[^1]}");
        double overshoot = 0;
        foreach (var p in run.Positions)
            overshoot = Math.Max(overshoot, p[0] - goal[0]);
        Assert.True(overshoot < 1e-3, $"overshoot {overshoot}");
        for (int n = run.Accelerations.Count - 100; n < run.Accelerations.Count; n++)
            Assert.True(run.Accelerations[n].MaxAbs < 1e-3, $"still moving with {run.Accelerations[n].MaxAbs} rad/s²");
    }

    [Fact]
    public void The_same_targets_at_shifted_times_give_the_same_set_points()
    {
        var random = new Random(5);
        var targets = new Vector6[40];
        for (int i = 0; i < targets.Length; i++)
            targets[i] = s_home + new Vector6(random.NextDouble(), random.NextDouble(), 0, 0, 0, random.NextDouble()) * 0.03;
        var first = new Run(Limits(), startNs: 5_000_000_000);
        var second = new Run(Limits(), startNs: 987_000_000_000);
        first.Targets(k => targets[k - 1], targets.Length);
        second.Targets(k => targets[k - 1], targets.Length);
        Assert.Equal(first.Positions, second.Positions);
    }

    [Fact]
    public void Without_a_target_the_arm_ramps_to_a_stop_and_holds()
    {
        var run = new Run(Limits());
        run.Targets(k => s_home + new Vector6(0.01, 0, 0, 0, 0, 0) * k, 20);
        Assert.True(run.Generator.Velocity.MaxAbs > 0.1);
        run.Silence(0.06);
        Assert.Equal(GeneratorState.Following, run.Generator.State);
        run.Silence(0.5);
        Assert.Equal(GeneratorState.Holding, run.Generator.State);
        Assert.Equal(0, run.Generator.Velocity.MaxAbs);
        Assert.Equal(1, run.Generator.Timeouts);
        Vector6 held = run.Generator.Position;
        run.Silence(1);
        Assert.Equal(held, run.Generator.Position);
    }

    [Fact]
    public void A_stop_begins_with_the_next_set_point_and_ends_at_rest()
    {
        var run = new Run(Limits());
        run.Targets(k => s_home + new Vector6(0.01, 0, 0, 0, 0, 0.03) * k, 20);
        double before = run.Generator.Velocity[5];
        run.Generator.Brake();
        run.Silence(0.04);
        Assert.True(run.Generator.Velocity[5] < before);
        run.Silence(0.4);
        Assert.Equal(GeneratorState.Holding, run.Generator.State);
        Assert.Equal(0, run.Generator.Velocity.MaxAbs);
    }

    [Fact]
    public void Late_targets_within_10_ms_leave_no_trace()
    {
        Vector6 goal = s_home + new Vector6(0.25, 0.1, -0.1, 0.1, 0.05, 0.3);
        var punctual = new Run(Limits());
        var late = new Run(Limits());
        punctual.Targets(k => MinJerk(s_home, goal, (k - 3) / 40.0), 60);
        var random = new Random(6);
        late.Targets(k => MinJerk(s_home, goal, (k - 3) / 40.0), 60, k => k == 0 ? 0 : random.NextInt64(9_000_000));
        Assert.Equal(punctual.Positions.Count, late.Positions.Count);
        for (int n = 0; n < late.Positions.Count; n++)
            Assert.True((punctual.Positions[n] - late.Positions[n]).MaxAbs < 1e-12, $"differs at step {n}");
    }

    [Fact]
    public void Steps_and_targets_allocate_nothing()
    {
        var run = new Run(Limits());
        run.Targets(k => s_home + new Vector6(0.01, 0, 0, 0, 0, 0.03) * k, 20);
        int n = 0;
        Assert.Equal(0, Allocations.OfOneRound(() =>
        {
            for (int end = n + 2000; n < end; n++)
            {
                if (n % 17 == 0)
                    run.Generator.Add(s_home + new Vector6(Math.Sin(n), 0, 0, 0, 0, 0) * 0.2, run.NowNs + 33_000_000, run.NowNs);
                run.NowNs += Period;
                run.Generator.Step(run.NowNs);
            }
        }));
    }

    private static MotionLimits Limits() => new() { FlangeToTcp = new(new(0, 0, 0.145), Quat.Identity), TcpSpeed = 0.5 };

    private static Vector6 MinJerk(in Vector6 from, in Vector6 to, double s)
    {
        s = Math.Clamp(s, 0, 1);
        return Vector6.Lerp(from, to, s * s * s * (10 - 15 * s + 6 * s * s));
    }

    // Drives a generator with targets at 30 Hz, or one a cycle, each sent at its tick and due one tick later; at(k) is due at tick k.
    private sealed class Run
    {
        public readonly SetpointGenerator Generator;
        public readonly List<Vector6> Positions = [], Accelerations = [];
        public long NowNs;
        private readonly bool _everyCycle;

        public Run(MotionLimits limits, long startNs = 1_000_000_000, bool everyCycle = false)
        {
            _everyCycle = everyCycle;
            Generator = new(s_kinematics, limits, 500);
            Generator.Seed(s_home);
            NowNs = startNs;
        }

        public void Targets(Func<int, Vector6> at, int count, Func<int, long>? lateNs = null)
        {
            long start = NowNs;
            int sent = 0;
            while (NowNs < Due(count))
            {
                while (sent < count && Due(sent) + (lateNs?.Invoke(sent) ?? 0) <= NowNs)
                {
                    sent++;
                    Generator.Add(at(sent), Due(sent), NowNs, _everyCycle);
                }
                Step();
            }

            long Due(int k) => start + (_everyCycle ? k * Period : k * 100_000_000L / 3);
        }

        /// <summary>How far a joint's acceleration goes up and down in all; a min-jerk motion's rises, falls, rises: four peaks.</summary>
        public double Variation(int joint, out double peak)
        {
            (double variation, peak) = (0, 0);
            for (int n = 1; n < Accelerations.Count; n++)
            {
                variation += Math.Abs(Accelerations[n][joint] - Accelerations[n - 1][joint]);
                peak = Math.Max(peak, Math.Abs(Accelerations[n][joint]));
            }
            return variation;
        }

        public void Silence(double seconds)
        {
            for (long end = NowNs + (long)(seconds * 1e9); NowNs < end;)
                Step();
        }

        private void Step()
        {
            NowNs += Period;
            Generator.Step(NowNs);
            Positions.Add(Generator.Position);
            Accelerations.Add(Generator.Acceleration);
        }
    }
}
