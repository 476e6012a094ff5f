using System.Globalization;
using System.Text.Json.Nodes;
using RobotWorldModel.Drivers.Time;
using RobotWorldModel.Runtime.Protocol;
using RobotWorldModel.Simulation.Cell;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.EndToEnd.Tests;

/// <summary>examples/HighRate as a person runs it, against a simulated cell: the arm driven once a cycle from another program.</summary>
public class HighRateTests : IDisposable
{
    private readonly TestCell _cell = new(cameras: 0);

    public void Dispose() => _cell.Dispose();

    [Fact]
    public void The_example_draws_its_circle_can_be_interrupted_and_shares_the_arm_with_nobody()
    {
        _cell.StartSim();
        long began = HostClock.NowNs;
        var drawn = Example().WaitForEnd().MustEndWith(ExitCode.Done);
        Assert.StartsWith("finished; ", drawn.Out, StringComparison.Ordinal);
        Assert.Contains(" 0 commands shortened", drawn.Out, StringComparison.Ordinal);
        int cycles = int.Parse(drawn.Out.Split(' ')[1], CultureInfo.InvariantCulture);
        Assert.InRange(cycles, 1000, 2060); // of 2050; fewer where the machine is busy
        JsonObject motion = Witness(began);
        Assert.InRange(motion["max_joint_speed"]!.GetValue<double>(), 0.05, 0.6);
        Assert.True(Ceased(motion)[^1] - motion["began"]![0]!.GetValue<long>() > 3_800_000_000, $"{motion}");
        Assert.Equal(motion["began"]!.AsArray().Count, Ceased(motion).Length); // from rest to rest

        var interrupted = Example();
        long second = HostClock.NowNs;
        // Faster than what it may still creep from before: the program must be there to hear.
        Eventually.True(() => Witness(second)["max_joint_speed"]!.GetValue<double>() > 0.02, "the arm moves", 60);
        interrupted.Signal(RobotProcess.SigInt);
        var ended = interrupted.WaitForEnd().MustEndWith(ExitCode.Device);
        Assert.StartsWith("ended: interrupted; ", ended.Out, StringComparison.Ordinal);
        motion = Witness(second);
        Assert.Equal(motion["began"]!.AsArray().Count, Ceased(motion).Length);

        _cell.StartService();
        var refused = Example().WaitForEnd().MustEndWith(ExitCode.Busy);
        Assert.Contains("in use by another process", refused.Err, StringComparison.Ordinal);
    }

    private RobotProcess Example() => _cell.StartProgram("dotnet",
        Repository.Path("examples/HighRate", Path.GetRelativePath(Repository.Path("tests/EndToEnd"), AppContext.BaseDirectory),
            "RobotWorldModel.HighRate.dll"), _cell.Config);

    private static long[] Ceased(JsonObject motion) => [.. motion["ceased"]!.AsArray().Select(t => t!.GetValue<long>())];

    private JsonObject Witness(long fromNs)
    {
        using var control = new CellControl(_cell.Control);
        return control.Call("motion", new() { ["from"] = fromNs, ["to"] = long.MaxValue })!.AsObject();
    }
}
