using RobotWorldModel.Drivers.Rdt;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Drivers.Tests.Rdt;

public class OnRobotHexTests
{
    [SkippableFact]
    public void It_is_told_speed_filter_and_no_bias_and_then_to_start()
    {
        using var peer = new NetFtPeer(onRobot: true);
        using var sensor = new OnRobotHex(new() { Host = peer.Host, RateHz = 250, FilterHz = 15 });
        var queue = sensor.Wrenches.Subscribe(1 << 12);
        sensor.Start();
        var samples = NetFtPeer.Take(queue, 100);
        Assert.Equal("82:4 81:4 42:0 2:0", peer.Order("requests"));
        Wrench w = samples[^1].Value;
        Assert.Equal(0.0003, w.Tz, 1e-12);
        Assert.Equal(samples[^1].Sequence - samples[0].Sequence, Math.Round((w.Fz - samples[0].Value.Fz) * 10_000));
        Assert.Equal(250, sensor.Wrenches.RateHz);
        Assert.Contains("OnRobot HEX", sensor.Status.Message);
        Assert.Contains("250 Hz, 10000 counts/N and 100000 counts/Nm by the config", sensor.Status.Message);
    }

    [SkippableFact]
    public void Its_counts_are_the_configs_and_silence_is_said()
    {
        using var peer = new NetFtPeer(onRobot: true);
        using var sensor = new OnRobotHex(new() { Host = peer.Host, CountsPerForce = 1, CountsPerTorque = 10 });
        sensor.Start();
        NetFtPeer.WaitForData(sensor);
        Assert.True(sensor.Wrenches.TryGetNewest(out var sample));
        Assert.Equal((1, 2, 3), (sample.Value.Tx, sample.Value.Ty, sample.Value.Tz));
        peer.Order("status 40");
        NetFtPeer.WaitFor(sensor, "its status is 0x00000040 (see the sensor's manual)");
        peer.SwitchOff();
        Eventually.True(() => sensor.Status.LastLoss.Contains("look at its power and the network cable"), "the loss");
        peer.SwitchOn();
        NetFtPeer.WaitForData(sensor);
    }

    [Theory]
    [InlineData(300, 0, 1, "rate_hz is 300")]
    [InlineData(2000, 0, 1, "rate_hz is 2000")]
    [InlineData(1, 0, 1, "rate_hz is 1;")]
    [InlineData(500, 100, 1, "filter_hz is 100; it must be one of 0, 500, 150, 50, 15, 5, 1.5")]
    [InlineData(500, 0, 0, "counts_per_force and counts_per_torque must be above 0")]
    public void An_option_that_it_does_not_have_is_named(double rate, double filter, double counts, string expected) => Assert.Contains(
        expected, Assert.Throws<ArgumentException>(() =>
            new OnRobotHex(new() { Host = "h", RateHz = rate, FilterHz = filter, CountsPerForce = counts })).Message);
}
