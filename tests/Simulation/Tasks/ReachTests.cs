using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Motion;
using RobotWorldModel.Drivers.UniversalRobots;
using RobotWorldModel.Simulation.Tasks;

namespace RobotWorldModel.Simulation.Tests.Tasks;

public class ReachTests
{
    private static readonly Vector6 s_home = new(0, -Math.PI / 2, Math.PI / 2, -Math.PI / 2, -Math.PI / 2, 0);
    private static readonly UrKinematics s_kinematics = new(UrModel.Ur5e);
    private static readonly MotionLimits s_limits = ReachTask.CellLimits();

    [Fact]
    public void Starts_are_near_home_and_clear_and_goals_in_the_box_and_in_reach()
    {
        var task = new ReachTask(s_kinematics, s_limits);
        var geometry = new ArmGeometry(s_kinematics, s_limits);
        Vec3 least = new(9, 9, 9), most = new(-9, -9, -9);
        for (ulong seed = 0; seed < 300; seed++)
        {
            ReachEpisode episode = task.Draw(seed);
            Assert.Equal(episode, task.Draw(seed));
            Assert.InRange((episode.StartQ - s_home).MaxAbs, 0, 0.3);
            Assert.True(geometry.IsClear(episode.StartQ, 0.01));
            Pose goal = (s_kinematics.Flange(episode.StartQ) * s_limits.FlangeToTcp) with { Position = episode.Goal };
            Assert.True(s_kinematics.TryInverse(goal, s_limits.FlangeToTcp, episode.StartQ, out Vector6 there));
            Assert.True(geometry.IsClear(there, 0.01));
            Vec3 g = episode.Goal;
            (least, most) = (new(Math.Min(least.X, g.X), Math.Min(least.Y, g.Y), Math.Min(least.Z, g.Z)),
                new(Math.Max(most.X, g.X), Math.Max(most.Y, g.Y), Math.Max(most.Z, g.Z)));
        }
        // The whole box, in front of the arm: simulation.md's x of 0.35 to 0.65 in a base that is turned by half a turn.
        Assert.InRange((least - new Vec3(-0.65, -0.3, 0.1)).Length, 0, 0.03);
        Assert.InRange((most - new Vec3(-0.35, 0.3, 0.5)).Length, 0, 0.03);
    }

    [Fact]
    public void Whoever_heads_straight_for_the_goal_is_there_in_time_with_nothing_shortened()
    {
        var environment = new ReachEnvironment();
        for (ulong seed = 0; seed < 20; seed++)
        {
            double reward = Run(environment, seed, out int shortened);
            Assert.True(environment.Succeeded, $"seed {seed}");
            Assert.InRange((environment.Tcp - environment.Episode.Goal).Length, 0, 0.002);
            Assert.Equal(0, shortened);
            Assert.InRange(reward, 50, 150);
            Quat turned = s_kinematics.Flange(environment.Q).Rotation * s_kinematics.Flange(environment.Episode.StartQ).Rotation.Inverse;
            Assert.InRange(turned.ToRotationVector().Length, 0, 1e-5);
        }
    }

    [Fact]
    public void Into_the_table_the_filter_lets_nobody_go()
    {
        var environment = new ReachEnvironment();
        environment.Reset(1, default);
        var clamps = Clamp.None;
        for (int i = 0; i < environment.Decisions; i++)
        {
            environment.Step([0, 0, -1], default);
            clamps |= environment.Sent.Clamped;
        }
        Assert.True((clamps & (Clamp.Table | Clamp.Workspace)) != 0, $"{clamps}");
        Assert.True(new ArmGeometry(s_kinematics, s_limits).IsClear(environment.Q), $"{environment.Tcp}");
        Assert.False(environment.Succeeded);
    }

    [Fact]
    public void What_is_seen_is_what_the_arm_knew_at_the_tick()
    {
        var environment = new ReachEnvironment();
        float[] seen = new float[ReachTask.ObservationSize];
        environment.Reset(4, seen);
        Vec3 goal = environment.Episode.Goal, tcp = environment.Tcp;
        Assert.Equal([(float)goal.X, (float)goal.Y, (float)goal.Z], seen[21..24]);
        Assert.Equal([(float)(goal.X - tcp.X), (float)(goal.Y - tcp.Y), (float)(goal.Z - tcp.Z)], seen[24..27]);
        Assert.Equal(Enumerable.Repeat(0f, 12), [.. seen[6..12], .. seen[18..21], .. seen[27..30]]); // at rest, nothing commanded
        environment.Step([0, 0.4f, 0], seen);
        Assert.Equal([0, (float)ReachTask.Slew, 0], seen[27..30]); // on its way to 0.1
        for (int i = 0; i < 30; i++)
            environment.Step([0, 0.4f, 0], seen);
        Assert.Equal(0.1, seen[16], 0.002); // 0.4 of 0.25 m/s
        Assert.Equal((float)environment.Tcp.Y, seen[13], 0.0005f); // 2 ms earlier at most
        Assert.Equal(0.1 * 0.065, seen[19], 0.1 * 0.01); // what is due now: set-points are 33 ms behind, servoj 30 ms more
        Assert.Equal(0.1, seen[28], 1e-6);
        Assert.Equal(30, ReachTask.ObservationNames.Count);
        Assert.Equal("goal_less_tcp_z", ReachTask.ObservationNames[26]);
        Assert.Equal("commanded_speed_x", ReachTask.ObservationNames[27]);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    public void Commands_that_are_ticks_late_move_the_arm_so_much_later(int ticks)
    {
        var late = new ReachEnvironment(path: new() { ExtraTicks = ticks });
        var punctual = new ReachEnvironment(path: new() { DecisionMs = 0 });
        late.Reset(6, default);
        punctual.Reset(6, default);
        for (int i = 0; i < ticks; i++)
            late.Step([0.5f, 0, 0.3f], default);
        for (int i = 0; i < 40; i++)
        {
            late.Step([0.5f, 0, 0.3f], default);
            punctual.Step([0.5f, 0, 0.3f], default);
            // A tick is 4.9 mm. What is left: the first command moves the arm for the rest of its tick alone, here 8 ms less.
            Assert.InRange((late.Tcp - punctual.Tcp).Length, 0, 0.002);
        }
    }

    [Fact]
    public void A_decision_longer_than_a_tick_is_refused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new ReachEnvironment(path: new() { DecisionMs = 34 }));

    [Fact]
    public void A_command_is_never_faster_than_the_filter_lets_pass_and_never_jumps()
    {
        var task = new ReachTask(s_kinematics, s_limits);
        Vec3 velocity = default;
        for (int i = 0; i < 30; i++)
        {
            Vec3 before = velocity;
            velocity = task.Velocity([1, 1, -1], before);
            Assert.InRange((velocity - before).Length, 0, ReachTask.Slew + 1e-12);
        }
        Assert.Equal(0.225, velocity.Length, 1e-6);
        Assert.Equal(0.225 - ReachTask.Slew, task.Velocity([-1, -1, 1], velocity).Length, 1e-6);
        Assert.Equal(new Vec3(0.125, 0, 0), task.Velocity([0.5, 0, 0], new(0.12, 0, 0)));
        Command command = ReachTask.Command(new(0.125, 0, 0), 5);
        Assert.Equal((CommandKind.TcpVelocity, 5), (command.Kind, command.DueNs));
        Assert.Equal(new(0.125, 0, 0, 0, 0, 0), command.Arm);
    }

    [Fact]
    public void Success_is_near_and_slow_for_two_tenths_of_a_second()
    {
        Vec3 goal = new(-0.5, 0, 0.3), near = new(-0.5, 0.0199, 0.3), far = new(-0.5, 0.0201, 0.3);
        Assert.True(After((near, 0, 7)));
        Assert.False(After((near, 0, 6)));
        Assert.False(After((far, 0, 20)));
        Assert.False(After((near, 0.21, 20)));
        Assert.False(After((near, 0, 6), (far, 0, 1), (near, 0, 6)));
        Assert.True(After((near, 0, 7), (far, 0, 1))); // it stays so

        Assert.Equal(1, ReachTask.Reward(goal, goal));
        Assert.Equal(1 - Math.Tanh(0.5), ReachTask.Reward(goal + new Vec3(0, 0.1, 0), goal), 1e-12);

        bool After(params (Vec3 Tcp, double Speed, int Looks)[] looks)
        {
            var progress = new ReachProgress();
            long now = 0;
            foreach (var (tcp, speed, count) in looks)
                for (int i = 0; i < count; i++)
                    progress.Look(tcp, new(0, 0, speed, 0, 0, 0), goal, ++now * 1_000_000_000 / 30);
            return progress.Succeeded;
        }
    }

    // Towards the goal as far as what was commanded is from it, at most at full speed.
    private static double Run(ReachEnvironment environment, ulong seed, out int shortened)
    {
        float[] seen = new float[ReachTask.ObservationSize];
        double reward = 0;
        shortened = 0;
        environment.Reset(seed, seen);
        for (int i = 0; i < environment.Decisions; i++)
        {
            reward += environment.Step([8 * (seen[24] - seen[18]), 8 * (seen[25] - seen[19]), 8 * (seen[26] - seen[20])], seen).Reward;
            shortened += environment.Sent is { Accepted: true, Clamped: Clamp.None } ? 0 : 1;
        }
        return reward;
    }
}
