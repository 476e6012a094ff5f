using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Motion;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.Time;
using RobotWorldModel.Drivers.UniversalRobots;
using RobotWorldModel.Runtime.Core.Policies;

namespace RobotWorldModel.Runtime.Tests.Core.Policies;

/// <summary>Plans on a controller whose speed slider is not at its end.</summary>
public class PlanClockTests
{
    private const long Period = 33_333_333;
    private static readonly Vector6 s_start = new(0, -1.5, 1.5, -1.5, -1.5, 0);
    private readonly SampleStream<RobotState> _states = new("robot", 500, 0);
    private readonly Sampler _sampler;
    private readonly Observation _observation;
    private double _slider = 1;
    private Vector6 _q = s_start;
    private long _sequence;

    public PlanClockTests()
    {
        _sampler = new(_states, null, null, []);
        _observation = _sampler.CreateObservation();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(0.5)]
    [InlineData(0.1)]
    public void A_replay_takes_as_much_longer_as_the_controller_is_slower(double slider)
    {
        ReplayPolicy policy = Replay(rows: 30);
        _slider = slider;
        List<(long DueNs, Command Command)> issued = Play(policy, out long endNs);
        double seconds = (endNs - policy.PlayStartNs) * 1e-9;
        Assert.Equal((30 + 9) / 30.0 / slider, seconds, 2 * Period * 1e-9 / slider);
        Assert.Equal(30, policy.RowNs.Length);
        for (int k = 0; k < 30; k++)
            Assert.Equal(policy.PlayStartNs + k * Period / slider, policy.RowNs[k], 1e5);
        for (int i = 1; i < issued.Count; i++) // a joint that turns by 0.01 rad a row
            Assert.InRange(issued[i].Command.Arm[0] - issued[i - 1].Command.Arm[0], 0, 0.01 * slider + 1e-6);
    }

    [Fact]
    public void A_replay_stands_while_the_slider_is_at_zero_and_goes_on_where_it_stood()
    {
        ReplayPolicy policy = Replay(rows: 60);
        int ticks = 0;
        Vector6? held = null;
        List<(long DueNs, Command Command)> issued = Play(policy, out _, () =>
        {
            if (policy.PlayStartNs != 0)
                ticks++;
            _slider = ticks is >= 20 and < 50 ? 0 : 1;
            return ticks;
        });
        var standing = issued.Where(c => c.Command.Arm == (held ??= issued[22].Command.Arm)).ToList();
        Assert.InRange(standing.Count, 29, 32);
        for (int i = 1; i < issued.Count; i++)
            Assert.InRange(issued[i].Command.Arm[0] - issued[i - 1].Command.Arm[0], 0, 0.01 + 1e-6);
        Assert.Equal(0.59, issued[^1].Command.Arm[0], 1e-9);
        long gap = policy.RowNs.ToArray().Zip(policy.RowNs.ToArray()[1..], (a, b) => b - a).Max();
        Assert.Equal(31 * Period, gap, 2.0 * Period);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(0.25)]
    public void A_move_and_a_scripted_demonstration_too(double slider)
    {
        _slider = slider;
        var move = MoveTo.Within(s_start, s_start + new Vector6(0.3, 0, 0, 0, 0, 0), new(), new UrKinematics(UrModel.Ur5e));
        Play(new MovePolicy(move), out long moved);
        Assert.Equal(move.Duration / slider, moved * 1e-9, 3 * Period * 1e-9 / slider);

        Pose tcp = new UrKinematics(UrModel.Ur5e).Flange(s_start);
        var script = new PickAndPlace(tcp, new(new(-0.5, -0.1, 0.02), Quat.Identity), new(new(-0.5, 0.1, 0.02), Quat.Identity));
        script.Go();
        Play(script, out long done);
        Assert.Equal(script.Seconds / slider, done * 1e-9, 3 * Period * 1e-9 / slider);
    }

    private static ReplayPolicy Replay(int rows)
    {
        Vector6[] actions = [.. Enumerable.Range(0, rows).Select(k => s_start + new Vector6(0.01 * k, 0, 0, 0, 0, 0))];
        double[] none = [.. Enumerable.Repeat(double.NaN, rows)];
        return new(new("demo_000", 30, actions, none, actions, none), 1, new MoveTo(s_start, s_start, TimeSpan.Zero), () => true);
    }

    /// <summary>Asks tick by tick until it is done.</summary>
    /// <param name="endNs">Due time of the last command; the first tick's is one period.</param>
    private List<(long DueNs, Command Command)> Play(ITickPolicy policy, out long endNs, Func<int>? each = null)
    {
        var issued = new List<(long, Command)>();
        for (long tick = 1; tick < 20_000; tick++)
        {
            each?.Invoke();
            PolicyStep step = policy.Next(Observe(), tick * Period);
            Assert.Null(step.Failed);
            if (step.Command is { Kind: CommandKind.JointPosition } command)
            {
                _q = command.Arm; // an arm without lag
                policy.Sent(new(true, Clamp.None, _q, null));
            }
            if (policy is not ReplayPolicy { PlayStartNs: 0 })
                issued.Add((tick * Period, step.Command!.Value));
            if (!step.Done)
                continue;
            endNs = tick * Period;
            return issued;
        }
        throw new InvalidOperationException($"{policy.Name} is not done after 20 000 ticks");
    }

    private Observation Observe()
    {
        long now = HostClock.NowNs;
        var state = new RobotState { Q = _q, SpeedScaling = 1, TargetSpeedFraction = _slider };
        _states.Publish(new(state, now, Sample<RobotState>.NoDeviceTime, now, ++_sequence));
        _sampler.Sample(0, now, _observation);
        return _observation;
    }
}
