using RobotWorldModel.Drivers.Force;
using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Runtime.Configuration;
using RobotWorldModel.Runtime.Core;
using RobotWorldModel.Runtime.Protocol;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Runtime.Tests.Core;

/// <summary>What touches the tool, in its axes and the base's, of a sensor that nobody has calibrated.</summary>
public sealed class ForceFramesTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("tcp")]
    [InlineData("raw")]
    public void The_arms_own_wrench_is_told_in_the_tools_and_the_bases_axes(string source)
    {
        using var controller = new ControllerOnWires();
        controller.Physics.SensorWrench = new(3, -2, 7, 0.1, 0.2, -0.3);
        CellConfig config = Config($"robot: {{host: {controller.Host}, model: UR5e}}\nforce: {{driver: ur_rtde, source: {source}}}");
        using var devices = new CellDevices(config, watchOnly: true);
        devices.Start();
        var run = new ForceRun(config, devices, null!); // its recorder is the tare's
        ForceStatus status = null!;
        Eventually.True(() => run.Status() is { Base: not null } told && (status = told).External[2] != 0, "the force is told");
        Assert.True(devices.Arm!.States.TryGetNewest(out var newest));
        RobotState state = newest.Value;
        // The controller itself gives it in the base's axes; the arm stands. What the sensor measures has the payload's weight in it.
        Vector6 expected = state.TcpForce
            + new Vector6(0, 0, source == "raw" ? -state.Payload * WrenchCalibration.Gravity : 0, 0, 0, 0);
        Assert.False(status.Calibrated);
        for (int i = 0; i < 3; i++)
            Assert.Equal(expected[i], status.Base![i], 1e-6);
        Vec3 inTool = Pose.FromVector(state.TcpPose).Rotation.Inverse.Rotate(new(expected[0], expected[1], expected[2]));
        Assert.True((inTool - new Vec3(status.Tool![0], status.Tool[1], status.Tool[2])).Length < 1e-6);
        if (source == "tcp")
            Assert.Equal(status.External, status.Tool, (a, b) => Math.Abs(a - b) < 1e-9); // it is at the TCP already
    }

    [Fact]
    public void The_place_of_any_other_sensor_is_the_configs_and_without_it_not_known()
    {
        const string Robot = "robot: {host: h, model: UR5e}\n";
        Pose tcp = new(new(0, 0, 0.1), Quat.Identity);
        Assert.Null(Config($"{Robot}force: {{host: h}}").Force!.SensorInFlange(tcp));
        CellConfig mounted = Config($"{Robot}force: {{host: h, mounting: [0, 0, 0.04, 0, 0, 1.5707963267948966]}}");
        Pose place = mounted.Force!.SensorInFlange(tcp)!.Value;
        Assert.True((place.Rotation.Rotate(new(1, 0, 0)) - new Vec3(0, 1, 0)).Length < 1e-12);
        Assert.Equal(0.04, place.Position.Z);
        Assert.Contains("'force.mounting' means nothing to ur_rtde",
            Refused($"{Robot}force: {{driver: ur_rtde, mounting: [0,0,0,0,0,0]}}"), StringComparison.Ordinal);
        Assert.Contains("force.mounting: 40 is more than 1 m", Refused($"{Robot}force: {{host: h, mounting: [0,0,40,0,0,0]}}"),
            StringComparison.Ordinal);
        Assert.Contains("force.mounting", Refused($"{Robot}force: {{host: h, mounting: [0,0,0]}}"), StringComparison.Ordinal);
        Assert.Contains("without a robot section", Refused("force: {host: h, mounting: [0,0,0,0,0,0]}"), StringComparison.Ordinal);
    }

    private string Refused(string text) => Assert.Throws<ConfigException>(() => Config(text)).Message;

    private CellConfig Config(string text)
    {
        string file = _folder[$"{Guid.NewGuid():N}.yaml"];
        File.WriteAllText(file, $"cell: force-frames\n{text}\n");
        return CellConfig.Load(file);
    }
}
