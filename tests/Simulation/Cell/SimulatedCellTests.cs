using System.Text.Json.Nodes;
using RobotWorldModel.Drivers.Time;
using RobotWorldModel.Simulation.Cell;
using RobotWorldModel.Simulation.Controller;
using RobotWorldModel.Simulation.Devices;
using RobotWorldModel.Simulation.Tests.Controller;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Simulation.Tests.Cell;

/// <summary>The whole cell through its wires and its control socket.</summary>
public sealed class SimulatedCellTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly string _host = Ports.FreeLoopbackAddress();
    private SimulatedCell? _cell;
    private CellControl? _control;

    [Theory]
    [InlineData("UR3")]
    [InlineData("UR10")]
    [InlineData("UR16e")]
    [InlineData("UR5e")]
    public void The_witness_tells_when_the_arm_moved(string model)
    {
        CellControl control = Start(model);
        long before = HostClock.NowNs;
        using (var script = ScriptClient.Connect(_host))
        {
            script.Send("def nod():\n movej([0, -1.4, 1.5, -1.57, -1.57, 0], a=2, v=0.4)\nend\n");
            Eventually.True(() => Motion(control, before)["ceased"]!.AsArray().Count == 1, "the arm has moved and stands");
        }
        JsonObject motion = Motion(control, before);
        Assert.Equal(0.4, (double)motion["max_joint_speed"]!, 0.01);
        long began = (long)motion["began"]![0]!, ceased = (long)motion["ceased"]![0]!;
        Assert.InRange((ceased - began) * 1e-9, 0.5, 1.0); // 0.17 rad at 0.4 rad/s and 2 rad/s²: 0.63 s
        Assert.Equal(0, (double)Motion(control, ceased + 1)["max_joint_speed"]!);
    }

    [Fact]
    public void A_fault_ends_when_its_time_is_over()
    {
        CellControl control = Start();
        using var client = RtdeClient.Connect(_host);
        client.Outputs("target_speed_fraction");
        client.Start();
        Fault(control, "speed_slider", seconds: 0.5, value: 0.25);
        client.Until(d => RtdeClient.Double(d) == 0.25, "the slider is moved");
        client.Until(d => RtdeClient.Double(d) == 1, "and moved back");
    }

    [Fact]
    public void A_fault_ordered_again_lasts_longer_and_ends_as_the_first_would_have()
    {
        CellControl control = Start();
        using var client = RtdeClient.Connect(_host);
        client.Outputs("target_speed_fraction");
        client.Start();
        Fault(control, "speed_slider", seconds: 3600, value: 0.25);
        client.Until(d => RtdeClient.Double(d) == 0.25, "the slider is moved");
        Fault(control, "speed_slider", seconds: 0.2, value: 0.5);
        client.Until(d => RtdeClient.Double(d) == 0.5, "further");
        client.Until(d => RtdeClient.Double(d) == 1, "and back to where it was at first");
    }

    [Fact]
    public void A_frozen_camera_sends_nothing_until_it_thaws()
    {
        CellControl control = Start(camera: "scene");
        Eventually.True(() => _cell!.Sent["scene_rgb"].Counts.Sent > 2, "pictures come");
        Fault(control, "camera_freeze", seconds: 3600, value: null);
        long skipped = Skipped();
        Eventually.True(() => Skipped() > skipped + 2, "it is frozen"); // the picture in hand has gone
        long before = _cell!.Sent["scene_rgb"].Counts.Sent;
        skipped = Skipped();
        Eventually.True(() => Skipped() > skipped + 5, "time passes");
        Assert.Equal(before, _cell.Sent["scene_rgb"].Counts.Sent);
        Fault(control, "camera_freeze", seconds: 0.01, value: null);
        Eventually.True(() => _cell.Sent["scene_rgb"].Counts.Sent > before, "pictures come again");

        long Skipped() => long.Parse(_cell!.DescribeCounts().Split("pictures skipped: ")[1]);
    }

    [Fact]
    public void Every_fault_that_is_listed_can_be_ordered()
    {
        CellControl control = Start(netFt: new() { Host = _host });
        foreach (CellFault fault in CellFault.All)
            Fault(control, fault.Name, seconds: 0.05, value: null);
        Assert.All(CellFault.All, f => Assert.DoesNotContain('\n', f.Help));
    }

    [Fact]
    public void The_usual_cells_force_sensor_has_its_faults_too_and_one_without_says_so()
    {
        CellControl control = Start(); // a FT 300 behind the URCap
        foreach (string name in CellFault.All.Select(f => f.Name).Where(n => n.StartsWith("force_") && n != "force_error"))
            Fault(control, name, seconds: 0.05, value: null);
        _control!.Dispose();
        _cell!.Dispose();
        control = Start(force: false);
        Assert.Contains("force_freeze: this cell has no force sensor beside the arm",
            Assert.Throws<InvalidOperationException>(() => Fault(control, "force_freeze", null, null)).Message);
    }

    [Fact]
    public void What_cannot_be_ordered_is_said_in_a_line()
    {
        CellControl control = Start();
        Assert.Contains("'flood' is not a fault of the cell; there are drop, delay,",
            Assert.Throws<InvalidOperationException>(() => Fault(control, "flood", null, null)).Message);
        Assert.Contains("drop: 2 is out of range; 0 to 1 is allowed",
            Assert.Throws<InvalidOperationException>(() => Fault(control, "drop", null, 2)).Message);
        Assert.Contains("-1 s is not a duration",
            Assert.Throws<InvalidOperationException>(() => Fault(control, "drop", -1, null)).Message);
        Assert.Contains("force_error: a FT 300 says nothing of its health",
            Assert.Throws<InvalidOperationException>(() => Fault(control, "force_error", null, null)).Message);
        Assert.Contains("the pendant has no button 'coffee'",
            Assert.Throws<InvalidOperationException>(() => control.Call("pendant", new() { ["button"] = "coffee" })).Message);
    }

    [Fact]
    public void The_pendant_powers_the_arm_in_local_control()
    {
        CellControl control = Start(change: o => (o.Start, o.RemoteControl, o.PowerUpS) = (ControllerStart.PowerOff, false, 0.01));
        using var dashboard = DashboardClient.Connect(_host);
        Assert.StartsWith("Command is not allowed", dashboard.Ask("brake release"));
        control.Call("pendant", new() { ["button"] = "brake_release" });
        dashboard.WaitFor("robotmode", "Robotmode: RUNNING");
        control.Call("pendant", new() { ["button"] = "power_off" });
        dashboard.WaitFor("robotmode", "Robotmode: POWER_OFF");
        control.Call("fault", new() { ["name"] = "remote" });
        dashboard.WaitFor("is in remote control", "true");
    }

    public void Dispose()
    {
        _control?.Dispose();
        _cell?.Dispose();
        _folder.Dispose();
    }

    private CellControl Start(string model = "UR5e", Action<UrControllerOptions>? change = null, string? camera = null,
        NetFtServerOptions? netFt = null, bool force = true)
    {
        var controller = new UrControllerOptions();
        change?.Invoke(controller);
        _cell = new(new()
        {
            Host = _host,
            Model = model,
            Controller = controller,
            ControlSocket = _folder["control.sock"],
            WithForce = force && netFt is null,
            NetFt = netFt,
            Cameras = camera is null ? [] : [(camera, _folder["camera.sock"])],
            PictureWidth = 160,
        });
        _cell.Start();
        return _control = new(_folder["control.sock"]);
    }

    private static JsonObject Motion(CellControl control, long from) =>
        control.Call("motion", new() { ["from"] = from, ["to"] = long.MaxValue })!.AsObject();

    private static void Fault(CellControl control, string name, double? seconds, double? value)
    {
        var order = new JsonObject { ["name"] = name };
        if (seconds is { } s)
            order["seconds"] = s;
        if (value is { } v)
            order["value"] = v;
        control.Call("fault", order);
    }
}
