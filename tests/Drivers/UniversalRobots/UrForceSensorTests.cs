using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.UniversalRobots;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Drivers.Tests.UniversalRobots;

public class UrForceSensorTests
{
    private static Sample<Wrench> Newest(UrForceSensor sensor)
    {
        Sample<Wrench> sample = default;
        Eventually.True(() => sensor.Wrenches.TryGetNewest(out sample), "a wrench");
        return sample;
    }

    [SkippableFact]
    public void The_TCPs_wrench_is_turned_into_the_tools_axes()
    {
        using var mini = new UrMini();
        mini.Order("set actual_TCP_pose 0.4 0.1 0.3 0 0 1.5707963267948966"); // a quarter turn about z: the tool's x is the base's y
        mini.Order("set actual_TCP_force 1 2 3 0.1 0.2 0.3");
        using var arm = new UrArm(mini.Options());
        UrForceSensor sensor = arm.CreateForceSensor("force", UrForceSource.Tcp);
        arm.Start();
        Wrench w = Newest(sensor).Value;
        double[] expected = [2, -1, 3, 0.2, -0.1, 0.3], found = [w.Fx, w.Fy, w.Fz, w.Tx, w.Ty, w.Tz];
        for (int i = 0; i < 6; i++)
            Assert.Equal(expected[i], found[i], 1e-12);
        Eventually.True(() => sensor.Status.Connected, "a status");
        Assert.Equal("UR5e wrist sensor (RTDE actual_TCP_force, at the TCP, tool axes)", sensor.Info.Model);
        Assert.Contains("UR5e wrist sensor", sensor.Status.Message);
        Assert.Equal(500, sensor.Wrenches.RateHz);
        Assert.DoesNotContain("ft_raw_wrench", arm.OutputNames); // nobody wants it
    }

    [SkippableFact]
    public void Samples_have_the_arms_numbers_and_times_and_lose_what_it_loses()
    {
        using var mini = new UrMini();
        using var arm = new UrArm(mini.Options());
        UrForceSensor sensor = arm.CreateForceSensor("force", UrForceSource.Tcp, latencyMs: 0.4);
        var states = arm.States.Subscribe(4096);
        var wrenches = sensor.Wrenches.Subscribe(4096);
        arm.Start();
        Newest(sensor);
        mini.Order("drop 20");
        Eventually.True(() => sensor.Wrenches.Counters.Lost >= 20, "the loss");
        Eventually.True(() => wrenches.Count > 50, "wrenches after it");
        for (int i = 0; i < 50; i++)
        {
            Assert.True(states.TryDequeue(out var state));
            Assert.True(wrenches.TryDequeue(out var wrench));
            Assert.Equal((state.Sequence, state.DeviceNs, state.ArrivalNs), (wrench.Sequence, wrench.DeviceNs, wrench.ArrivalNs));
            Assert.Equal(600_000, wrench.OriginatingNs - state.OriginatingNs); // the arm's latency is 1 ms
        }
        Assert.Equal(arm.States.Counters.Lost, sensor.Wrenches.Counters.Lost);
        Assert.Same(arm.Clock!.Domain, sensor.Clock!.Domain);
    }

    [SkippableFact]
    public void Values_that_repeat_are_samples_like_any_other()
    {
        using var mini = new UrMini(); // which never changes them
        using var arm = new UrArm(mini.Options());
        UrForceSensor sensor = arm.CreateForceSensor("force", UrForceSource.Tcp);
        arm.Start();
        Eventually.True(() => sensor.Wrenches.Counters.Received > 500, "a second of them");
        Assert.True(sensor.Status.Connected);
        Assert.Equal(arm.States.Counters.Lost, sensor.Wrenches.Counters.Lost);
    }

    [SkippableFact]
    public void An_old_controller_has_no_raw_wrench_and_it_is_said_what_to_do()
    {
        using var mini = new UrMini(); // which does not know the field
        using var arm = new UrArm(mini.Options());
        UrForceSensor sensor = arm.CreateForceSensor("force", UrForceSource.Raw);
        Assert.Equal("force: the arm's connection: not started", sensor.Status.Message);
        arm.Start();
        Eventually.True(
            () => sensor.Status.Message.Contains("does not send ft_raw_wrench (NOT_FOUND): an e-Series with PolyScope 5.9 does"),
            "what is missing");
        Eventually.True(() => arm.States.Counters.Received > 50, "the arm's own data");
        Assert.False(sensor.Status.Connected);
        Assert.Equal(0, sensor.Wrenches.Counters.Received);
    }

    [SkippableFact]
    public void Without_the_TCPs_pose_there_is_no_wrench_in_the_tools_axes()
    {
        using var mini = new UrMini();
        mini.Order("unknown actual_TCP_pose");
        using var arm = new UrArm(mini.Options());
        UrForceSensor sensor = arm.CreateForceSensor("force", UrForceSource.Tcp);
        arm.Start();
        Eventually.True(() => sensor.Status.Message.Contains("does not send actual_TCP_pose"), "what is missing");
        Assert.Equal(0, sensor.Wrenches.Counters.Received);
    }

    [SkippableFact]
    public void On_a_CB3_it_is_called_the_estimate_that_it_is()
    {
        using var mini = new UrMini(major: 3);
        using var arm = new UrArm(mini.Options("UR5"));
        UrForceSensor sensor = arm.CreateForceSensor("force", UrForceSource.Tcp);
        arm.Start();
        Newest(sensor);
        Assert.Equal("UR5 joint-current estimate (RTDE actual_TCP_force, at the TCP, tool axes)", sensor.Info.Model);
        Assert.Equal(125, sensor.Wrenches.RateHz);
        Assert.Equal(0, Allocations.Least(() =>
        {
            (long before, long wanted) = (arm.ReaderAllocatedBytes, sensor.Wrenches.Counters.Received + 100);
            Eventually.True(() => sensor.Wrenches.Counters.Received >= wanted, "wrenches");
            return arm.ReaderAllocatedBytes - before;
        }));
    }
}
