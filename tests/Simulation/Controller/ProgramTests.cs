using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.UniversalRobots;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Simulation.Tests.Controller;

public class ProgramTests
{
    [Fact]
    public void Stop_program_ends_what_runs_and_is_no_mistake_when_nothing_does()
    {
        using var bench = new ControllerBench();
        using var primary = ScriptClient.Connect(bench.Host);
        primary.Send("stop program\ndef f():\n  while True:\n    sync()\n  end\nend\n");
        Assert.Equal("PROGRAM_XXX_STARTED f", primary.Message().Key);
        primary.Send("stop program\n");
        Assert.Equal("PROGRAM_XXX_STOPPED f", primary.Message().Key);
        Eventually.True(() => !bench.Controller.Status.ProgramRunning, "nothing runs");
    }

    [Fact]
    public void A_program_starts_speaks_and_stops_as_a_real_controller_reports_it()
    {
        using var bench = new ControllerBench();
        using var primary = ScriptClient.Connect(bench.Host);
        primary.Send("# a header\n\ndef test_fun():\n  textmsg(\"still running \", 1.5)\n  sleep(0.02)\n  sync()\nend\n");
        PrimaryMessage started = primary.Message(), text = primary.Message(), stopped = primary.Message();
        Assert.Equal((7, "PROGRAM_XXX_STARTED test_fun"), (started.Kind, started.Key));
        Assert.Equal((0, "still running 1.5"), (text.Kind, text.Text(0)));
        Assert.Equal((7, "PROGRAM_XXX_STOPPED test_fun"), (stopped.Kind, stopped.Key));
    }

    [Theory]
    [InlineData("def illegal_fun():\n  calldoesntexist()\nend\n", 2, 3, "compile_error_name_not_found:calldoesntexist:")]
    [InlineData("\ndef unbalanced_parens():\n    textmsg(\"log \", get_actual_tcp_pose()\nend\n", 3, 1, "syntax_error_on_line:3:end:")]
    [InlineData("def f():\n  servoj([0,0,0,0,0,0], gains=3)\nend\n", 2, 25,
        "compile_error_wrong_arguments:servoj takes (q, a, v, t, lookahead_time, gain):")]
    public void A_compile_error_is_reported_and_the_running_program_goes_on(string script, int line, int column, string text)
    {
        using var bench = new ControllerBench();
        using var primary = ScriptClient.Connect(bench.Host);
        primary.Send("def endless():\n while True:\n  sync()\n end\nend\n");
        Assert.Equal("PROGRAM_XXX_STARTED endless", primary.Message(7).Key);
        primary.Send(script);
        Assert.Equal((line, column, text), primary.Message(10).Exception);
        Assert.True(bench.Controller.Status is { ProgramRunning: true, ProgramName: "endless" });
    }

    [Theory]
    [InlineData("x = [1]\n  y = x[3]", "Index out of bounds: 3 of a list of 1")]
    [InlineData("x = 0\n  y = 1 / x", "Division by zero")]
    [InlineData("x = 0\n  write_output_integer_register(48, 1)", "Index out of bounds: 48 is not in 0..47")]
    [InlineData("x = 0\n  servoj(get_actual_joint_positions(), lookahead_time=0.5)",
        "servoj: lookahead_time must be in [0.03, 0.2], not 0.5")]
    [InlineData("x = 0\n  get_inverse_kin(p[5,0,0,0,0,0])", "get_inverse_kin: unable to find an inverse kinematics solution")]
    public void A_fault_is_reported_and_ends_the_program(string body, string text)
    {
        using var bench = new ControllerBench();
        using var primary = ScriptClient.Connect(bench.Host);
        primary.Send($"def f():\n  {body}\nend\n");
        Assert.Equal("PROGRAM_XXX_STARTED f", primary.Message().Key);
        PrimaryMessage fault = primary.Message();
        Assert.Equal((10, 3, text), (fault.Kind, fault.Exception.Line, fault.Exception.Text));
        Assert.Equal("PROGRAM_XXX_STOPPED f", primary.Message().Key);
    }

    [Fact]
    public void A_loop_that_never_yields_ends_with_a_runtime_exception()
    {
        using var bench = new ControllerBench();
        using var primary = ScriptClient.Connect(bench.Host);
        primary.Send("def f():\n  x = 0\n  while True:\n    x = x + 1\n  end\nend\n");
        Assert.Contains("Runtime is too much behind", primary.Message(10).Exception.Text);
        Assert.Equal("PROGRAM_XXX_STOPPED f", primary.Message().Key);
    }

    [Fact]
    public void A_new_program_replaces_the_running_one_and_a_secondary_one_runs_beside_it()
    {
        using var bench = new ControllerBench();
        using var primary = ScriptClient.Connect(bench.Host);
        primary.Send("def one():\n while True:\n  sync()\n end\nend\n");
        Assert.Equal("PROGRAM_XXX_STARTED one", primary.Message().Key);
        primary.Send("sec beside():\n  textmsg(\"beside\")\nend\n");
        Assert.Equal("beside", primary.Message().Text(0));
        Assert.Equal("one", bench.Controller.Status.ProgramName);
        primary.Send("sec bad():\n  sleep(1)\nend\n");
        Assert.StartsWith("SECONDARY_PROGRAM_EXCEPTION_XXX Runtime is too much behind", primary.Message().Key);
        primary.Send("textmsg(\"a line\")\n"); // a line is a program too
        Assert.Equal("PROGRAM_XXX_STOPPED one", primary.Message().Key);
        Assert.Equal("PROGRAM_XXX_STARTED unnamed", primary.Message().Key);
        Assert.Equal("a line", primary.Message().Text(0));
    }

    [Fact]
    public void A_script_may_come_in_pieces_and_its_client_may_leave_before_the_last_newline()
    {
        using var bench = new ControllerBench();
        using var primary = ScriptClient.Connect(bench.Host);
        using (var other = new ScriptClient(bench.Host, 30002))
        {
            other.Send("def f():\n  if True:\n    tex");
            other.Send("tmsg(\"pieces\")\n  end\nend");
        }
        Assert.Equal("pieces", primary.Message(0).Text(0));
    }

    [Fact]
    public void Registers_carry_values_between_a_client_and_the_program()
    {
        using var bench = new ControllerBench();
        using var rtde = RtdeClient.Connect(bench.Host);
        rtde.Outputs("output_int_register_24,output_double_register_25,output_bit_register_70,runtime_state,robot_status_bits");
        rtde.Inputs("input_int_register_24,input_double_register_25");
        rtde.Start();
        using var primary = ScriptClient.Connect(bench.Host);
        primary.Send("""
            def echo():
              while True:
                write_output_integer_register(24, read_input_integer_register(24) * 2)
                write_output_float_register(25, read_input_float_register(25) + 0.5)
                write_output_boolean_register(70, read_input_integer_register(24) > 10)
                sync()
              end
            end

            """);
        rtde.Send(1, 21, 1.25);
        byte[] data = rtde.Until(d => RtdeClient.Int(d) == 42, "the program's answer");
        Assert.Equal((1.75, 1, 2, 3),
            (RtdeClient.Double(data.AsSpan(4)), data[12], RtdeClient.Int(data.AsSpan(13)), RtdeClient.Int(data.AsSpan(17))));
    }

    [Fact]
    public void A_watchdog_stops_the_program_when_its_input_stays_away()
    {
        using var bench = new ControllerBench();
        using var rtde = RtdeClient.Connect(bench.Host);
        rtde.Inputs("input_int_register_24");
        using var primary = ScriptClient.Connect(bench.Host);
        primary.Send("def f():\n  rtde_set_watchdog(\"input_int_register_24\", 1, \"stop\")\n  while True:\n    sync()\n  end\nend\n");
        Assert.Equal("PROGRAM_XXX_STARTED f", primary.Message(7).Key);
        rtde.Outputs("timestamp");
        rtde.Start();
        Func<RtdeClient, byte[]> cycle = bench.TakeOver();
        for (int i = 0; i < 800; i++) // 1.6 s: longer than the second that the watchdog grants
        {
            rtde.Send(1, i);
            cycle(rtde);
        }
        Assert.True(bench.Controller.Status.ProgramRunning);
        for (int i = 0; i < 600; i++)
            cycle(rtde);
        Assert.False(bench.Controller.Status.ProgramRunning);
        Assert.Contains("input_int_register_24 stayed away", primary.Message(2).Text(0));
        Assert.Equal("PROGRAM_XXX_STOPPED f", primary.Message(7).Key);
    }

    [Fact]
    public void A_blocking_popup_holds_the_program_until_it_is_closed()
    {
        using var bench = new ControllerBench();
        using var primary = ScriptClient.Connect(bench.Host);
        using var dashboard = DashboardClient.Connect(bench.Host);
        primary.Send("def f():\n  popup(\"look here\", title=\"Hello\", error=True, blocking=True)\n  textmsg(\"closed\")\nend\n");
        PrimaryMessage popup = primary.Message(2);
        Assert.Equal([0, 1, 1, 5], popup.Body[8..12]); // no warning, an error, blocking, and the title's length
        Assert.Equal("Hellolook here", popup.Text(12));
        Eventually.True(() => bench.Controller.Status.ProgramRunning, "it runs");
        dashboard.Ask("close popup");
        Assert.Equal("closed", primary.Message(0).Text(0));
    }

    [Fact]
    public void A_protective_stop_ends_the_program_and_no_other_starts_meanwhile()
    {
        using var bench = new ControllerBench();
        using var primary = ScriptClient.Connect(bench.Host);
        using var rtde = RtdeClient.Connect(bench.Host);
        rtde.Outputs("safety_mode,safety_status_bits,runtime_state,actual_qd");
        rtde.Start();
        primary.Send("def f():\n  speedj([0.5,0,0,0,0,0], 2, 10)\nend\n");
        rtde.Until(d => RtdeClient.Double(d.AsSpan(12)) > 0.4, "it moves");
        bench.Controller.ProtectiveStop();
        Assert.Equal(157, primary.Message(6).Int(0));
        Assert.Equal((byte)3, primary.Message(5).Body[8]);
        byte[] data = rtde.Until(d => RtdeClient.Double(d.AsSpan(12)) == 0, "it stands");
        Assert.Equal((3, (int)(SafetyStatusBits.ProtectiveStop | SafetyStatusBits.StoppedDueToSafety)),
            (RtdeClient.Int(data), RtdeClient.Int(data.AsSpan(4))));
        primary.Send("textmsg(\"never\")\n");
        Assert.Contains("stopped by its safety system", primary.Message(2).Text(0));
        Assert.False(bench.Controller.Status.ProgramRunning);
    }

    [Theory]
    [InlineData("q = get_actual_joint_positions()\n  q[0] = q[0] + 1.5\n  "
        + "servoj(q, t=0.002, lookahead_time=0.03, gain=2000)\n  sync()\n  sync()", 153)]
    [InlineData("speedj([0, 4, 0, 0, 0, 0], 20, 5)", 153)]
    [InlineData("movej([0, -1.5, 1.5, -1.5, -1.5, 6.5], a=20, v=3)", 150)]
    [InlineData("movel(p[-1.5, -0.13, 0.4, 2.2, 2.2, 0], a=3, v=1)", 153)] // near full reach the joints race
    public void What_the_arm_cannot_do_is_a_protective_stop(string body, int code)
    {
        using var bench = new ControllerBench();
        using var primary = ScriptClient.Connect(bench.Host);
        primary.Send($"def f():\n  {body}\nend\n");
        Assert.Equal(code, primary.Message(6).Int(0));
        Eventually.True(() => bench.Controller.Status is { ProgramRunning: false, Safety: not SafetyStatusBits.Normal },
            "the program has ended");
    }

    [Fact]
    public void The_state_on_ports_one_and_two_has_the_arm_and_its_kinematics()
    {
        using var bench = new ControllerBench();
        foreach (int port in (int[])[30001, 30002])
        {
            using var client = new ScriptClient(bench.Host, port);
            Assert.Equal(3, client.Message().Kind);
            var (type, body) = client.Read();
            Assert.Equal(16, type);
            Dictionary<int, byte[]> parts = ClientInterfaceTests.Parts(body);
            Assert.Equal(Enumerable.Range(0, 10), parts.Keys.Order());
            Assert.Equal(7, parts[0][15]);
            Assert.Equal(-Math.PI / 2, RtdeClient.Double(parts[1].AsSpan(41)));
            Assert.Equal(new(0, -0.425, -0.3922, 0, 0, 0), RtdeClient.Vector(parts[5].AsSpan(24 + 48)));
            Assert.Equal(1, RtdeClient.Int(parts[6].AsSpan(parts[6].Length - 8)));
            Vector6 tcp = RtdeClient.Vector(parts[4]);
            Pose expected = new UrKinematics(UrModel.Ur5e).Flange(bench.Physics.Q) * new Pose(new(0, 0, 0.145), Quat.Identity);
            Assert.True((tcp - expected.ToVector()).MaxAbs < 1e-9);
        }
    }
}
