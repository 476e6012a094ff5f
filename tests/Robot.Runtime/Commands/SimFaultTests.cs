using RobotWorldModel.Runtime.Commands;
using RobotWorldModel.Runtime.Protocol;
using RobotWorldModel.Simulation.Cell;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Runtime.Tests.Commands;

/// <summary>robot sim fault against a cell that runs, and where none does.</summary>
public sealed class SimFaultTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private string Config => _folder["cell.yaml"];

    private string Control => _folder["control.sock"];

    public SimFaultTests() =>
        File.WriteAllText(Config, $"cell: a\nrobot: {{host: 127.0.0.1}}\nsimulation: {{control: {Control}}}\n");

    [Fact]
    public async Task A_fault_is_ordered_from_the_running_cell()
    {
        using var cell = new SimulatedCell(new() { Host = Ports.FreeLoopbackAddress(), ControlSocket = Control });
        cell.Start();
        Assert.Equal(ExitCode.Done, await FaultAsync("drop", "--seconds", "3600", "--value", "1"));
        Eventually.True(() => cell.Sent["robot"].Counts.Dropped > 10, "RTDE packages get lost");
        Assert.Equal(ExitCode.Device, await FaultAsync("drop", "--value", "7"));
    }

    [Fact]
    public async Task Without_a_cell_and_for_what_is_no_fault_it_says_so()
    {
        Assert.Equal(ExitCode.Device, await FaultAsync("drop"));
        Assert.Equal(ExitCode.Usage, await FaultAsync("flood"));
        Assert.Equal(ExitCode.Usage, await CommandLine.RunAsync(["sim", "fault", "drop"]));
        File.WriteAllText(Config, "cell: a\nrobot: {host: 127.0.0.1}\n");
        Assert.Equal(ExitCode.Config, await FaultAsync("drop"));
    }

    public void Dispose() => _folder.Dispose();

    private Task<int> FaultAsync(params string[] arguments) =>
        CommandLine.RunAsync(["sim", "fault", .. arguments, "--config", Config]);
}
