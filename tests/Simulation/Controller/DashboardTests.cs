using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Simulation.Controller;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Simulation.Tests.Controller;

public class DashboardTests
{
    [Theory]
    [InlineData("robotmode", "Robotmode: RUNNING")]
    [InlineData("safetystatus", "Safetystatus: NORMAL")]
    [InlineData("safetymode", "Safetymode: NORMAL")]
    [InlineData("running", "Program running: false")]
    [InlineData("programState", "STOPPED <unnamed>")]
    [InlineData("get loaded program", "No program loaded")]
    [InlineData("PolyscopeVersion", "URSoftware 5.12.4.1101661 (Dec 14 2022)")]
    [InlineData("version", "5.12.4.1101661")]
    [InlineData("get serial number", UrController.SimulatedSerial)]
    [InlineData("get robot model", "UR5")]
    [InlineData("is in remote control", "true")]
    [InlineData("stop", "Stopped")]
    [InlineData("play", "Failed to execute: play")]
    [InlineData("load x.urp", "File not found: x.urp")]
    [InlineData("unlock protective stop", "Protective stop releasing")]
    [InlineData("close popup", "closing popup")]
    [InlineData("close safety popup", "closing safety popup")]
    [InlineData("popup hello", "showing popup")]
    [InlineData("addToLog hello", "Added log message")]
    [InlineData("make coffee", "could not understand: make coffee")]
    [InlineData("quit", "Disconnected")]
    public void A_command_has_its_documented_reply(string command, string reply)
    {
        using var bench = new ControllerBench();
        using var dashboard = DashboardClient.Connect(bench.Host);
        Assert.Equal(reply, dashboard.Ask(command));
    }

    [Fact]
    public void Power_and_brakes_go_through_their_modes()
    {
        using var bench = new ControllerBench(o =>
        {
            o.Start = ControllerStart.PowerOff;
            o.PowerUpS = 0.02;
        });
        using var dashboard = DashboardClient.Connect(bench.Host);
        using var rtde = RtdeClient.Connect(bench.Host);
        rtde.Outputs("robot_mode,robot_status_bits");
        rtde.Start();
        Assert.Equal("Robotmode: POWER_OFF", dashboard.Ask("robotmode"));
        Assert.Equal("Powering on", dashboard.Ask("power on"));
        dashboard.WaitFor("robotmode", "Robotmode: IDLE");
        Assert.Equal("Brake releasing", dashboard.Ask("brake release"));
        dashboard.WaitFor("robotmode", "Robotmode: RUNNING");
        Assert.Equal("Powering off", dashboard.Ask("power off"));
        Assert.Equal("Robotmode: POWER_OFF", dashboard.Ask("robotmode"));
        var modes = new List<int>();
        byte[] data = rtde.Until(d =>
        {
            int mode = RtdeClient.Int(d);
            if (modes.Count == 0 || modes[^1] != mode)
                modes.Add(mode);
            return modes.Count > 1 && mode == 3;
        }, "the modes over RTDE");
        Assert.Equal([3, 4, 5, 7, 3], modes);
        Assert.Equal(0, RtdeClient.Int(data.AsSpan(4)));
        Assert.Equal("Brake releasing", dashboard.Ask("brake release")); // powers on first
        dashboard.WaitFor("robotmode", "Robotmode: RUNNING");
    }

    [Fact]
    public void A_protective_stop_can_be_unlocked_after_five_seconds_and_not_before()
    {
        using var bench = new ControllerBench();
        using var dashboard = DashboardClient.Connect(bench.Host);
        bench.Controller.ProtectiveStop();
        dashboard.WaitFor("safetystatus", "Safetystatus: PROTECTIVE_STOP");
        Assert.Equal("Cannot unlock protective stop until 5s after occurrence. Always inspect cause of protective stop before unlocking",
            dashboard.Ask("unlock protective stop"));
        dashboard.WaitFor("unlock protective stop", "Protective stop releasing");
        Assert.Equal("Safetystatus: NORMAL", dashboard.Ask("safetystatus"));
    }

    [Fact]
    public void After_an_emergency_stop_the_arm_has_to_be_powered_again()
    {
        using var bench = new ControllerBench(o => o.PowerUpS = 0.01);
        using var dashboard = DashboardClient.Connect(bench.Host);
        bench.Controller.EmergencyStop();
        dashboard.WaitFor("safetystatus", "Safetystatus: ROBOT_EMERGENCY_STOP");
        Assert.Equal("Robotmode: POWER_OFF", dashboard.Ask("robotmode"));
        Assert.Equal(SafetyStatusBits.RobotEmergencyStop | SafetyStatusBits.EmergencyStopped | SafetyStatusBits.StoppedDueToSafety,
            bench.Controller.Status.Safety);
        dashboard.Ask("power on"); // with the button pressed this does nothing, now or later
        bench.Controller.ReleaseEmergencyStop();
        dashboard.WaitFor("safetystatus", "Safetystatus: NORMAL");
        Assert.Equal("Robotmode: POWER_OFF", dashboard.Ask("robotmode"));
        dashboard.Ask("brake release");
        dashboard.WaitFor("robotmode", "Robotmode: RUNNING");
    }

    [Fact]
    public void In_local_control_nothing_is_changed_from_outside()
    {
        using var bench = new ControllerBench(o => o.RemoteControl = false);
        using var dashboard = DashboardClient.Connect(bench.Host);
        using var primary = ScriptClient.Connect(bench.Host);
        Assert.Equal("false", dashboard.Ask("is in remote control"));
        Assert.Contains("please switch robot to Remote Control mode", dashboard.Ask("power off"));
        Assert.Equal("Robotmode: RUNNING", dashboard.Ask("robotmode"));
        primary.Send("textmsg(\"no\")\n");
        Assert.Equal(210, primary.Message(6).Int(0));
    }

    [Fact]
    public void Stop_ends_the_running_program()
    {
        using var bench = new ControllerBench();
        using var dashboard = DashboardClient.Connect(bench.Host);
        using var script = new ScriptClient(bench.Host, 30003);
        script.Send("def endless():\n while True:\n  sync()\n end\nend\n");
        dashboard.WaitFor("programState", "PLAYING endless");
        Assert.Equal("Program running: true", dashboard.Ask("running"));
        Assert.Equal("Stopped", dashboard.Ask("stop"));
        Assert.Equal("Program running: false", dashboard.Ask("running"));
        Eventually.True(() => !bench.Controller.Status.ProgramRunning, "the program has ended");
    }
}
