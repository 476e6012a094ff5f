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
    [InlineData("pause", "Failed to execute: pause")]
    [InlineData("isProgramSaved", "true <unnamed>")]
    [InlineData("load", "File not found: ")]
    [InlineData("load installation default.installation", "File not found: default.installation")]
    [InlineData("restart safety", "Restarting safety")]
    [InlineData("addToLog", "No log message to add")]
    [InlineData("get operational mode", "NONE")]
    [InlineData("set operational mode sleepy", "Failed setting operational mode: sleepy")]
    [InlineData("generate flight report controller", "Flight Report generated with id: 1")]
    [InlineData("generate flight report holiday",
        "Error: holiday is not a type of flight report; there are controller, software and system")]
    [InlineData("loadx y", "could not understand: loadx y")]
    [InlineData("Power on", "could not understand: Power on")]
    [InlineData("shutdown", "Shutting down")]
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
        SafetyTests.MustBecome(
            bench, SafetyStatusBits.RobotEmergencyStop | SafetyStatusBits.EmergencyStopped | SafetyStatusBits.StoppedDueToSafety);
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

    [Fact]
    public void A_program_is_paused_and_goes_on_with_play()
    {
        using var bench = new ControllerBench();
        using var dashboard = DashboardClient.Connect(bench.Host);
        using var script = new ScriptClient(bench.Host, 30003);
        script.Send("def endless():\n while True:\n  sync()\n end\nend\n");
        dashboard.WaitFor("programState", "PLAYING endless");
        Assert.Equal("Pausing program", dashboard.Ask("pause"));
        Assert.Equal("PAUSED endless", dashboard.Ask("programState"));
        Assert.Equal("Program running: false", dashboard.Ask("running"));
        Assert.Equal("Failed to execute: pause", dashboard.Ask("pause"));
        Assert.Equal("Starting program", dashboard.Ask("play"));
        Assert.Equal("PLAYING endless", dashboard.Ask("programState"));
    }

    [Theory]
    [InlineData("load x.script")]
    [InlineData("load installation x.installation")]
    [InlineData("play")]
    [InlineData("stop")]
    [InlineData("pause")]
    [InlineData("power on")]
    [InlineData("brake release")]
    [InlineData("unlock protective stop")]
    [InlineData("restart safety")]
    [InlineData("set operational mode manual")]
    [InlineData("clear operational mode")]
    [InlineData("shutdown")]
    public void An_order_is_refused_in_local_control(string order)
    {
        using var bench = new ControllerBench(o => o.RemoteControl = false);
        using var dashboard = DashboardClient.Connect(bench.Host);
        const string Refusal = "Command is not allowed due to safety reasons, please switch robot to Remote Control mode and reconnect to "
            + "port 29999";
        Assert.Equal(Refusal, dashboard.Ask(order));
        Assert.Equal("Robotmode: RUNNING", dashboard.Ask("robotmode"));
    }

    [Fact]
    public void The_operational_mode_is_the_dashboard_s_until_it_is_cleared()
    {
        using var bench = new ControllerBench();
        using var dashboard = DashboardClient.Connect(bench.Host);
        Assert.Equal("Operational mode MANUAL is set", dashboard.Ask("set operational mode manual"));
        Assert.Equal("MANUAL", dashboard.Ask("get operational mode"));
        Assert.Equal("No longer controlling the operational mode. Current operational mode: MANUAL.",
            dashboard.Ask("clear operational mode"));
        Assert.Equal("NONE", dashboard.Ask("get operational mode"));
    }

    [Fact]
    public void A_program_of_the_folder_is_loaded_and_played()
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder["wait.script"], "def waiting():\n while True:\n  sync()\n end\nend\n");
        File.WriteAllText(folder["broken.script"], "def broken(:\nend\n");
        File.WriteAllText(folder["pendant.urp"], "");
        File.WriteAllText(folder["default.installation"], "");
        using var bench = new ControllerBench(o => o.ProgramFolder = folder.Path);
        using var dashboard = DashboardClient.Connect(bench.Host);
        Assert.Equal("File not found: gone.script", dashboard.Ask("load gone.script"));
        Assert.Equal("File not found: ../wait.script", dashboard.Ask("load ../wait.script"));
        Assert.Equal("Error while loading program: pendant.urp", dashboard.Ask("load pendant.urp"));
        Assert.Equal("No program loaded", dashboard.Ask("get loaded program"));
        Assert.Equal("Loading installation: /programs/default.installation", dashboard.Ask("load installation default.installation"));

        Assert.Equal("Loading program: /programs/wait.script", dashboard.Ask("load wait.script"));
        Assert.Equal("Loaded program: /programs/wait.script", dashboard.Ask("get loaded program"));
        Assert.Equal("STOPPED wait.script", dashboard.Ask("programState"));
        Assert.Equal("true wait.script", dashboard.Ask("isProgramSaved"));
        Assert.Equal("Starting program", dashboard.Ask("play"));
        Assert.Equal("Program running: true", dashboard.Ask("running"));
        Assert.Equal("PLAYING waiting", dashboard.Ask("programState"));
        Assert.Equal("Failed to execute: play", dashboard.Ask("play")); // it runs already
        Assert.Equal("Stopped", dashboard.Ask("stop"));

        dashboard.Ask("load /programs/broken.script");
        Assert.Equal("Failed to execute: play", dashboard.Ask("play"));
        dashboard.Ask("load wait.script");
        dashboard.Ask("power off");
        Assert.Equal("Failed to execute: play", dashboard.Ask("play"));
    }
}
