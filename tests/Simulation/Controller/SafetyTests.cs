using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Simulation.Controller;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Simulation.Tests.Controller;

public class SafetyTests
{
    private const string Endless = "def endless():\n while True:\n  sync()\n end\nend\n";

    [Fact]
    public void A_force_on_the_tool_over_the_limit_is_a_collision()
    {
        using var bench = new ControllerBench(o => (o.PayloadKg, o.ProtectiveForceN) = (0, 150));
        using var primary = ScriptClient.Connect(bench.Host);
        using var dashboard = DashboardClient.Connect(bench.Host);
        bench.Physics.SensorWrench = new(90, 90, 70, 0, 0, 0); // 145 N
        using var rtde = RtdeClient.Connect(bench.Host);
        rtde.Outputs("tcp_force_scalar");
        rtde.Start();
        rtde.Until(d => RtdeClient.Double(d) > 140, "the force is felt");
        Assert.Equal("Safetystatus: NORMAL", dashboard.Ask("safetystatus"));
        bench.Physics.SensorWrench = new(90, 90, 90, 0, 0, 0); // 156 N
        Assert.Equal(157, primary.Message(6).Int(0));
        Assert.Equal("Safetystatus: PROTECTIVE_STOP", dashboard.Ask("safetystatus"));
    }

    [Fact]
    public void The_payload_s_weight_is_no_collision()
    {
        using var bench = new ControllerBench(o => o.PayloadKg = 20);
        bench.Physics.SensorWrench = new(0, 0, 20 * 9.80665, 0, 0, 0); // the tool hangs down
        using var rtde = RtdeClient.Connect(bench.Host);
        rtde.Outputs("tcp_force_scalar,safety_mode");
        rtde.Start();
        byte[] data = rtde.Until(d => RtdeClient.Double(d) < 1e-6, "the load is taken for the payload");
        bench.Physics.SensorWrench = new(0, 0, 0, 0, 0, 0); // it falls off: 196 N too little
        rtde.Until(d => RtdeClient.Int(d.AsSpan(8)) == (int)SafetyMode.ProtectiveStop, "that is one");
    }

    [Fact]
    public void An_arm_that_is_held_back_from_its_path_is_stopped()
    {
        using var bench = new ControllerBench();
        using var primary = ScriptClient.Connect(bench.Host);
        primary.Send(Endless);
        Eventually.True(() => bench.Controller.Status.ProgramRunning, "the program runs");
        bench.Physics.HeldBack = new(0, 0.15, 0, 0, 0, 0);
        Assert.Equal(153, primary.Message(6).Int(0));
        Eventually.True(() => !bench.Controller.Status.ProgramRunning, "its program has ended");
        Assert.Equal(SafetyStatusBits.ProtectiveStop | SafetyStatusBits.StoppedDueToSafety, bench.Controller.Status.Safety);
    }

    [Theory]
    [InlineData(3.2, true)]
    [InlineData(3.4, false)]
    public void A_joint_that_is_faster_than_it_may_be_is_stopped(double speed, bool normal)
    {
        using var bench = new ControllerBench(); // a UR5e: 180 °/s, 3.14 rad/s
        bench.TakeOver();
        bench.Physics.Driven = new(0, 0, 0, -speed, 0, 0);
        bench.Step(3);
        Assert.Equal(normal ? SafetyStatusBits.Normal : SafetyStatusBits.ProtectiveStop | SafetyStatusBits.StoppedDueToSafety,
            bench.Controller.Status.Safety);
    }

    [Fact]
    public void Every_change_of_the_safety_mode_is_told()
    {
        using var bench = new ControllerBench();
        using var primary = ScriptClient.Connect(bench.Host);
        bench.Controller.SafeguardStop();
        Assert.Equal((int)SafetyMode.SafeguardStop, primary.Message(5).Body[8]);
        bench.Controller.ReleaseSafeguardStop();
        Assert.Equal((int)SafetyMode.Normal, primary.Message(5).Body[8]);
        bench.Controller.ProtectiveStop();
        PrimaryMessage stop = primary.Message(5);
        Assert.Equal((157, (int)SafetyMode.ProtectiveStop), (stop.Int(0), stop.Body[8]));
    }

    [Theory]
    [InlineData(false, "ROBOT_EMERGENCY_STOP", SafetyStatusBits.RobotEmergencyStop)]
    [InlineData(true, "SYSTEM_EMERGENCY_STOP", SafetyStatusBits.SystemEmergencyStop)]
    public void An_emergency_stop_takes_the_power_until_it_is_released(bool ofSystem, string name, SafetyStatusBits bit)
    {
        using var bench = new ControllerBench();
        using var dashboard = DashboardClient.Connect(bench.Host);
        if (ofSystem)
            bench.Controller.SystemEmergencyStop();
        else
            bench.Controller.EmergencyStop();
        dashboard.WaitFor("safetystatus", $"Safetystatus: {name}");
        MustBecome(bench, bit | SafetyStatusBits.EmergencyStopped | SafetyStatusBits.StoppedDueToSafety);
        Assert.Equal("Robotmode: POWER_OFF", dashboard.Ask("robotmode"));
        bench.Controller.ReleaseEmergencyStop();
        dashboard.WaitFor("safetystatus", "Safetystatus: NORMAL");
    }

    [Fact]
    public void A_broken_light_curtain_stops_the_arm_under_power_and_a_free_one_lets_it_go_on()
    {
        using var bench = new ControllerBench();
        using var dashboard = DashboardClient.Connect(bench.Host);
        bench.Controller.SafeguardStop();
        dashboard.WaitFor("safetystatus", "Safetystatus: SAFEGUARD_STOP");
        Assert.Equal("Robotmode: RUNNING", dashboard.Ask("robotmode"));
        MustBecome(bench, SafetyStatusBits.SafeguardStop | SafetyStatusBits.StoppedDueToSafety);
        Assert.Equal("Protective stop releasing", dashboard.Ask("unlock protective stop")); // there is none; the curtain stays
        Assert.Equal("Safetystatus: SAFEGUARD_STOP", dashboard.Ask("safetystatus"));
        bench.Controller.ReleaseSafeguardStop();
        dashboard.WaitFor("safetystatus", "Safetystatus: NORMAL");
    }

    [Fact]
    public void A_program_waits_for_the_light_curtain_and_goes_on_where_it_was()
    {
        using var bench = new ControllerBench();
        using var primary = ScriptClient.Connect(bench.Host);
        using var dashboard = DashboardClient.Connect(bench.Host);
        primary.Send("def move():\n movej([1, -1.57, 1.57, -1.57, -1.57, 0], a=2, v=0.3)\nend\n");
        Eventually.True(() => bench.Physics.Qd[0] > 0.25, "it moves");
        bench.Controller.SafeguardStop();
        Eventually.True(() => bench.Physics.Qd.MaxAbs == 0, "it stands");
        Assert.Equal("PAUSED move", dashboard.Ask("programState"));
        Assert.Equal("Failed to execute: play", dashboard.Ask("play")); // someone stands there
        Assert.InRange(bench.Physics.Q[0], 0, 0.9);
        bench.Controller.ReleaseSafeguardStop();
        Eventually.True(() => Math.Abs(bench.Physics.Q[0] - 1) < 1e-6, "it has arrived");
        Assert.Equal("Safetystatus: NORMAL", dashboard.Ask("safetystatus"));
    }

    [Theory]
    [InlineData(false, "VIOLATION", SafetyStatusBits.Violation)]
    [InlineData(true, "FAULT", SafetyStatusBits.Fault)]
    public void A_fault_or_violation_needs_the_safety_system_restarted(bool fault, string name, SafetyStatusBits bit)
    {
        using var bench = new ControllerBench(o => o.PowerUpS = 0.01);
        using var dashboard = DashboardClient.Connect(bench.Host);
        if (fault)
            bench.Controller.SafetyFault();
        else
            bench.Controller.SafetyViolation();
        dashboard.WaitFor("safetystatus", $"Safetystatus: {name}");
        MustBecome(bench, bit | SafetyStatusBits.StoppedDueToSafety);
        dashboard.Ask("brake release"); // does nothing, now or later
        Assert.Equal("Restarting safety", dashboard.Ask("restart safety"));
        dashboard.WaitFor("safetystatus", "Safetystatus: NORMAL");
        Assert.Equal("Robotmode: POWER_OFF", dashboard.Ask("robotmode"));
        dashboard.Ask("brake release");
        dashboard.WaitFor("robotmode", "Robotmode: RUNNING");
    }

    [Fact]
    public void A_controller_that_boots_takes_no_orders_until_it_has_booted()
    {
        using var bench = new ControllerBench(o => (o.Start, o.BootS, o.PowerUpS) = (ControllerStart.Booting, 0.5, 0.01));
        using var dashboard = DashboardClient.Connect(bench.Host);
        using var rtde = RtdeClient.Connect(bench.Host);
        rtde.Outputs("robot_mode");
        rtde.Start();
        if (dashboard.Ask("robotmode") == "Robotmode: BOOTING")
            dashboard.Ask("brake release"); // too early
        dashboard.WaitFor("robotmode", "Robotmode: POWER_OFF");
        dashboard.Ask("brake release");
        dashboard.WaitFor("robotmode", "Robotmode: RUNNING");
        var modes = new List<int>();
        rtde.Until(d =>
        {
            int mode = RtdeClient.Int(d);
            if (modes.Count == 0 || modes[^1] != mode)
                modes.Add(mode);
            return mode == 7;
        }, "it runs");
        Assert.Equal([3, 4, 5, 7], modes.SkipWhile(m => m == 2));
    }

    /// <summary>The dashboard answers from within a cycle, the status is the one at its end.</summary>
    internal static void MustBecome(ControllerBench bench, SafetyStatusBits bits) =>
        Eventually.True(() => bench.Controller.Status.Safety == bits, $"the status says {bits}");
}
