using RobotWorldModel.Runtime.Devices;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Runtime.Tests.Devices;

/// <summary>What may be used once has one lock, whatever name the config gives it.</summary>
public sealed class DeviceFileTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public DeviceFileTests()
    {
        File.WriteAllText(_folder["node"], "");
        Directory.CreateDirectory(_folder["by-id"]);
        File.CreateSymbolicLink(_folder["by-id/name"], "../node");
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Serial_ports_and_input_devices_are_claimed_by_their_file()
    {
        string[] names = [_folder["node"], _folder["by-id/name"], _folder["by-id/../node"]];
        string[] claims =
        [
            .. names.Select(n => ForceDrivers.All[ForceDrivers.Stream].Address(new() { Line = n })!),
            .. names.Select(n => GripperDrivers.All[GripperDrivers.OnALine].Address(new() { Line = n })!),
            .. names.Select(n => TeleopDrivers.All["gamepad"].Address(new() { Device = n })!),
        ];
        Assert.Equal(_folder["node"].Replace('/', '_'), Assert.Single(claims.Distinct()));
    }

    [Fact]
    public void What_is_no_file_or_not_there_keeps_its_own_name()
    {
        Assert.Equal("spacemouse", TeleopDrivers.All["spacemouse"].Address(new() { Driver = "spacemouse" }));
        Assert.Equal("045e:028e", TeleopDrivers.All["gamepad"].Address(new() { Device = "045e:028e" }));
        Assert.Equal("tcp:__h:4001", OfLine("tcp://h:4001"));
        Assert.Equal("_dev_serial_by-id_none", OfLine("/dev/serial/by-id/none"));
        File.CreateSymbolicLink(_folder["cell.tty"], "/dev/pts/0"); // of the simulated cell: another number at its next start
        Assert.Equal(_folder["cell.tty"].Replace('/', '_'), OfLine(_folder["cell.tty"]));
    }

    private static string? OfLine(string line) => ForceDrivers.All[ForceDrivers.Polled].Address(new() { Line = line });
}
