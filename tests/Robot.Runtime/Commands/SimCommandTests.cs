using RobotWorldModel.Runtime.Commands;
using RobotWorldModel.Runtime.Configuration;
using RobotWorldModel.Runtime.Protocol;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Runtime.Tests.Commands;

/// <summary>What robot sim takes from a config, and what it refuses.</summary>
public sealed class SimCommandTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("gripper: {host: 127.0.1.8}", "gripper.host is 127.0.1.8")]
    [InlineData("force: {host: 127.0.1.8}", "force.host is 127.0.1.8")]
    [InlineData("force: {host: 192.168.1.100}", "force.host is 192.168.1.100")]
    public void A_urcaps_device_elsewhere_than_its_controller_is_refused_with_what_to_write(string section, string why)
    {
        var e = Assert.Throws<RobotException>(() => SimCommand.SimulationOptionsOf(Config(section)));
        Assert.Equal(ExitCode.Config, e.Code);
        Assert.Contains(why, e.Message, StringComparison.Ordinal);
        Assert.Contains("set it to robot.host, 127.0.1.7", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_urcaps_device_at_its_controller_and_others_anywhere_on_the_loopback_are_served()
    {
        var options = SimCommand.SimulationOptionsOf(Config("gripper: {host: 127.0.1.7}\nforce: {host: 127.0.1.7}"));
        Assert.Equal((true, true), (options.WithForce, options.WithGripper));
        Assert.Equal("127.0.1.8", SimCommand.SimulationOptionsOf(Config("force: {driver: ati_netft, host: 127.0.1.8}")).NetFt!.Host);
    }

    private CellConfig Config(string section)
    {
        string file = _folder[$"{Guid.NewGuid():N}.yaml"];
        File.WriteAllText(file, $"cell: a\nrobot: {{host: 127.0.1.7}}\nsimulation: {{control: {_folder["c.sock"]}}}\n{section}\n");
        return CellConfig.Load(file);
    }
}
