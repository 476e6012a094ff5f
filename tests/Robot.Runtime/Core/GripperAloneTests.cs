using System.Text.Json;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Runtime.Configuration;
using RobotWorldModel.Runtime.Core;
using RobotWorldModel.Runtime.Protocol;
using RobotWorldModel.Simulation.Cell;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Runtime.Tests.Core;

/// <summary>A gripper of a cell without an arm, on the simulated URCap.</summary>
[Collection("alone")]
[Trait("Keeps", "time")]
public sealed class GripperAloneTests : IDisposable
{
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(60);
    private readonly TempFolder _folder = new();
    private readonly string _host = Ports.FreeLoopbackAddress();
    private readonly SimulatedCell _cell;
    private readonly object _me = new(), _other = new();
    private CellDevices? _devices;

    public GripperAloneTests()
    {
        _cell = new(new() { Host = _host, WithForce = false });
        _cell.Start();
    }

    public void Dispose()
    {
        _devices?.Dispose();
        _cell.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task It_is_activated_moved_stopped_and_released_by_who_asks()
    {
        GripperRun run = Open(motion: true);
        Assert.Contains("not activated", Refused(() => run.Move(To(0.5), _me)), StringComparison.Ordinal);
        Assert.Contains("not activated", Refused(() => Order(run, "open_fully")), StringComparison.Ordinal);
        Order(run, "activate");
        Eventually.True(() => _devices!.Gripper!.Active, "it is active");

        Task<PolicyEnd> half = run.Move(To(0.5), _me);
        Assert.Contains("are being moved", Refused(() => run.Move(To(0), _other)), StringComparison.Ordinal);
        Assert.Contains("are being moved", Refused(() => Order(run, "activate")), StringComparison.Ordinal);
        Assert.Equal(new(true, ""), await half.WaitAsync(s_deadline));
        Assert.Equal(0.5, State.Position, 0.03);

        run.Closed(_me); // its motion is over: what the fingers hold, they go on to hold
        Task<PolicyEnd> closing = run.Move(To(1), _me);
        run.Closed(_other);
        Assert.False(closing.IsCompleted);
        run.Closed(_me);
        Assert.Equal(new(false, "who asked for it went away"), await closing.WaitAsync(s_deadline));
        Stands();

        Task<PolicyEnd> opening = run.Move(To(0), _me);
        run.Stop("stopped by a person");
        Assert.Equal(new(false, "stopped by a person"), await opening.WaitAsync(s_deadline));
        Stands();

        Task<PolicyEnd> last = run.Move(To(1), _me);
        Order(run, "release_opening", _other);
        Assert.Equal(new(false, "the gripper was released"), await last.WaitAsync(s_deadline));
        run.Closed(_other);
        Eventually.True(() => State.Fault == Drivers.Robotiq.GripperFault.Released, "it is released, whoever has gone");
        Assert.False(_devices!.Gripper!.Active);
    }

    [Fact]
    public void Nothing_is_ordered_where_motion_is_off()
    {
        GripperRun run = Open(motion: false);
        Assert.All((string[])["activate", "release_opening", "close_fully"],
            order => Assert.Contains("motion is off", Refused(() => Order(run, order)), StringComparison.Ordinal));
        Assert.Contains("motion is off", Refused(() => run.Move(To(1), _me)), StringComparison.Ordinal);
    }

    private GripperState State => _devices!.Gripper!.States.TryGetNewest(out var newest) ? newest.Value : default;

    private void Stands()
    {
        Eventually.True(() => !State.Moving, "the fingers stand");
        Assert.InRange(State.Position, 0.05, 0.95);
    }

    private GripperRun Open(bool motion)
    {
        string file = _folder["cell.yaml"];
        File.WriteAllText(file, $"cell: gripper-alone\ngripper: {{host: {_host}, speed_percent: 10}}\n"
            + $"motion: {{enabled: {(motion ? "true" : "false")}}}\n");
        _devices = new(CellConfig.Load(file));
        _devices.Start();
        Eventually.True(() => _devices.Gripper!.Status.Connected && _devices.Gripper.States.NewestOriginatingNs is not null, "it answers");
        Assert.Null(_devices.Motion);
        return new(_devices, new(null));
    }

    private static JsonElement To(double position) => JsonSerializer.SerializeToElement(new { position });

    private void Order(GripperRun run, string order, object? connection = null) =>
        run.TryHandle(CoreMethods.GripperOrder, JsonSerializer.SerializeToElement(new { order }), connection ?? _me);

    private static string Refused(Action what) => Assert.Throws<RobotException>(what).Message;
}
