using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Motion;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.Time;
using RobotWorldModel.Runtime.Core.Policies;

namespace RobotWorldModel.Runtime.Tests.Core.Policies;

/// <summary>When a move is over.</summary>
public class MovePolicyTests
{
    private const long Period = 33_333_333;
    private static readonly Vector6 s_end = new(0.5, -1.5, 1.5, -1.5, -1.5, 0);
    private readonly SampleStream<RobotState> _states = new("robot", 500, 0);
    private readonly MovePolicy _policy = new(new MoveTo(s_end, s_end, TimeSpan.Zero)); // all of it lies behind
    private long _tick;

    [Fact]
    public void An_arm_that_creeps_up_to_the_end_is_waited_for()
    {
        for (double left = 4e-3; left > 1e-3; left *= 0.8)
            Assert.False(Tick(left, speed: 0.01));
        Assert.True(Tick(0.9e-3, speed: 0.002));
    }

    [Fact]
    public void One_that_moves_has_not_arrived_however_near_it_is()
    {
        Tick(0, speed: 0.1);
        Assert.False(Tick(0, speed: 0.1));
        Assert.True(Tick(0, speed: 0));
    }

    [Fact]
    public void One_that_stands_a_little_off_has_arrived_after_half_a_second()
    {
        int ticks = 0;
        while (!Tick(3e-3, speed: 0))
            ticks++;
        Assert.InRange(ticks * Period * 1e-9, 0.45, 0.6);
    }

    private bool Tick(double left, double speed)
    {
        var sampler = new Sampler(_states, null, null, []);
        var observation = sampler.CreateObservation();
        long now = HostClock.NowNs;
        var state = new RobotState
        {
            Q = s_end - new Vector6(left, 0, 0, 0, 0, 0),
            Qd = new(speed, 0, 0, 0, 0, 0),
            SpeedScaling = 1,
            TargetSpeedFraction = 1,
        };
        _states.Publish(new(state, now, Sample<RobotState>.NoDeviceTime, now, ++_tick));
        sampler.Sample(0, now, observation);
        PolicyStep step = _policy.Next(observation, _tick * Period);
        Assert.Null(step.Failed);
        _policy.Sent(new(true, Clamp.None, step.Command!.Value.Arm, null));
        return step.Done;
    }
}
