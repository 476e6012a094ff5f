using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.UniversalRobots;
using RobotWorldModel.Simulation.Controller;
using RobotWorldModel.Simulation.Tests.Controller;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Simulation.Tests.Devices;

/// <summary>The arm's own sensor on the simulated controller.</summary>
public class UrForceSensorTests
{
    [Theory]
    [InlineData("UR5e", "5.9.0", true)]
    [InlineData("UR5e", "5.8.2", false)]
    [InlineData("UR5", "3.15.8", false)]
    public void The_raw_wrench_comes_from_the_version_on_that_has_it(string model, string software, bool has)
    {
        using var bench = new ControllerBench(o => (o.Model, o.Software) = (model, software));
        using var arm = new UrArm(new() { Host = bench.Host, Model = model });
        UrForceSensor sensor = arm.CreateForceSensor("force", UrForceSource.Raw);
        arm.Start();
        Eventually.True(() => arm.States.Counters.Received > 20, "the arm's data");
        Assert.Equal(has, sensor.Wrenches.Counters.Received > 0);
        Assert.Equal(has, arm.Status.Connected && sensor.Status.Connected);
        if (has)
            Assert.Equal($"{model} wrist sensor (RTDE ft_raw_wrench, flange axes)", sensor.Info.Model);
    }

    [Theory]
    [InlineData(UrForceSource.Tcp)]
    [InlineData(UrForceSource.Raw)]
    public void Either_is_what_the_flange_feels_where_nothing_hangs_on_it(UrForceSource source)
    {
        using var bench = new ControllerBench(o => o.PayloadKg = 0);
        var felt = new Wrench(3, -4, 5, 0.1, -0.2, 0.3);
        bench.Physics.SensorWrench = felt;
        using var arm = new UrArm(new() { Host = bench.Host });
        UrForceSensor sensor = arm.CreateForceSensor("force", source);
        arm.Start();
        Eventually.True(() => sensor.Wrenches.Counters.Received > 20, "wrenches");
        Assert.True(sensor.Wrenches.TryGetNewest(out var sample));
        Wrench w = sample.Value;
        double[] expected = [felt.Fx, felt.Fy, felt.Fz, felt.Tx, felt.Ty, felt.Tz], found = [w.Fx, w.Fy, w.Fz, w.Tx, w.Ty, w.Tz];
        for (int i = 0; i < 6; i++)
            Assert.Equal(expected[i], found[i], 1e-9);
    }
}
