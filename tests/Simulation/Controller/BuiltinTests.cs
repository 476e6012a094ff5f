using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Simulation.Tests.Controller;

/// <summary>What built-ins answer and change, as a client that sends programs sees it.</summary>
public class BuiltinTests
{
    [Theory]
    [InlineData("get_inverse_kin_has_solution(get_actual_tcp_pose())", "True")]
    [InlineData("get_inverse_kin_has_solution(p[5,0,0,0,0,0])", "False")]
    [InlineData("pose_dist(get_forward_kin(get_inverse_kin(get_actual_tcp_pose())), get_actual_tcp_pose()) < 1e-6", "True")]
    [InlineData("point_dist(get_forward_kin([0,0,0,0,0,0], p[0,0,0,0,0,0]), p[-0.8172,-0.2329,0.0628,0,0,0]) < 1e-4", "True")]
    [InlineData("is_within_safety_limits(get_actual_tcp_pose())", "True")]
    [InlineData("is_within_safety_limits(p[5,0,0,0,0,0])", "False")]
    [InlineData("is_within_safety_limits([0,0,0,0,0,0])", "True")]
    [InlineData("is_within_safety_limits([7,0,0,0,0,0])", "False")]
    [InlineData("is_steady()", "True")]
    [InlineData("tool_contact([0, 0, 1, 0, 0, 0])", "0")]
    [InlineData("get_actual_joint_positions_history(3) == get_actual_joint_positions()", "True")]
    [InlineData("get_target_payload_cog()", "[0,0,0.067]")]
    [InlineData("get_target_payload_inertia()", "[0,0,0,0,0,0]")]
    [InlineData("get_standard_digital_in(3)", "False")]
    [InlineData("get_standard_analog_in(1)", "0")]
    [InlineData("get_steptime()", "0.002")]
    [InlineData("pose_dist(get_target_waypoint(), get_target_tcp_pose()) < 1e-9", "True")]
    public void A_question_has_its_answer(string call, string answer) => Assert.Equal(answer, Said($"textmsg({call})"));

    [Theory]
    [InlineData("set_payload(1.5, [0, 0, 0.1])\n  textmsg(get_target_payload(), get_target_payload_cog())", "1.5[0,0,0.1]")]
    [InlineData("set_payload_mass(2)\n  textmsg(get_target_payload(), get_target_payload_cog())", "2[0,0,0.067]")]
    [InlineData("set_payload_cog([0, 0.01, 0])\n  textmsg(get_target_payload(), get_target_payload_cog())", "0.925[0,0.01,0]")]
    [InlineData("set_target_payload(1, [0, 0, 0], [1, 2, 3, 0, 0, 0])\n  textmsg(get_target_payload_inertia())", "[1,2,3,0,0,0]")]
    [InlineData("set_tcp(p[0, 0, 0.2, 0, 0, 0])\n  textmsg(get_tcp_offset())", "p[0,0,0.2,0,0,0]")]
    [InlineData("set_standard_analog_out(1, 0.25)\n  textmsg(get_standard_analog_out(1))", "0.25")]
    [InlineData("set_tool_digital_out(1, True)\n  textmsg(get_tool_digital_out(1), get_tool_digital_out(0))", "TrueFalse")]
    public void A_setting_is_kept(string body, string answer) => Assert.Equal(answer, Said(body));

    [Fact]
    public void A_contact_is_found_where_its_force_began_to_rise()
    {
        using var bench = new ControllerBench();
        using var primary = ScriptClient.Connect(bench.Host);
        using var rtde = RtdeClient.Connect(bench.Host);
        rtde.Outputs("timestamp");
        rtde.Start();
        primary.Send("""
            def f():
              zero_ftsensor()
              sync()
              while tool_contact([0, 0, -1, 0, 0, 0]) == 0:
                sync()
              end
              textmsg(tool_contact([0, 0, -1, 0, 0, 0]), tool_contact([0, 0, 1, 0, 0, 0]))
            end

            """);
        Assert.Equal("PROGRAM_XXX_STARTED f", primary.Message(7).Key);
        Func<RtdeClient, byte[]> cycle = bench.TakeOver();
        for (int i = 0; i < 100; i++)
            cycle(rtde);
        for (int i = 0; i < 40; i++) // the sensor's z points down: a force upwards on the tool grows by 0.5 N a cycle
        {
            bench.Physics.SensorWrench = new Wrench(0, 0, -0.5 * i, 0, 0, 0);
            cycle(rtde);
        }
        Assert.Equal("80", primary.Message(0).Text(0)); // from 1 N to 5 N: eight cycles; and nothing in the other direction
    }

    [Fact]
    public void An_external_sensor_takes_the_place_of_the_built_in_one_and_must_keep_sending()
    {
        using var bench = new ControllerBench();
        using var primary = ScriptClient.Connect(bench.Host);
        using var rtde = RtdeClient.Connect(bench.Host);
        rtde.Outputs("timestamp,runtime_state,actual_TCP_force");
        rtde.Inputs("external_force_torque");
        rtde.Start();
        rtde.Send(1, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0);
        primary.Send("def f():\n  set_payload(0)\n  ft_rtde_input_enable(True, 0.3, [0, 0, 0.05], [0, 0, 0])\n"
            + "  while True:\n    sync()\n  end\nend\n");
        Assert.Equal("PROGRAM_XXX_STARTED f", primary.Message(7).Key);
        Func<RtdeClient, byte[]> cycle = bench.TakeOver();
        byte[] data = cycle(rtde);
        for (int i = 0; i < 3; i++)
            data = cycle(rtde);
        double force = 0;
        for (int i = 0; i < 3; i++)
            force += Math.Pow(RtdeClient.Double(data.AsSpan(12 + 8 * i)), 2);
        Assert.Equal(1, Math.Sqrt(force), 1e-9);
        for (int i = 0; i < 300; i++) // 0.6 s: far longer than the tenth of a second that it may stay away
            data = cycle(rtde);
        Assert.Equal((int)RuntimeState.Paused, RtdeClient.Int(data.AsSpan(8)));
        Assert.Contains("external_force_torque stayed away; the program is paused", primary.Message(2).Text(0));
        Assert.True(bench.Controller.Status.ProgramRunning);
    }

    [Fact]
    public void An_external_sensor_that_is_not_used_any_longer_may_stay_away()
    {
        using var bench = new ControllerBench();
        using var primary = ScriptClient.Connect(bench.Host);
        using var rtde = RtdeClient.Connect(bench.Host);
        rtde.Outputs("timestamp,runtime_state");
        rtde.Inputs("external_force_torque");
        rtde.Start();
        rtde.Send(1, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0);
        primary.Send("def f():\n  ft_rtde_input_enable(True)\n  sleep(0.02)\n  ft_rtde_input_enable(False)\n"
            + "  sleep(0.4)\n  textmsg(\"on\")\nend\n");
        Assert.Equal("on", primary.Message(0).Text(0)); // four times as long as it might have stayed away
    }

    [Fact]
    public void A_program_can_stop_the_robot_and_take_its_power()
    {
        using var bench = new ControllerBench();
        using var primary = ScriptClient.Connect(bench.Host);
        primary.Send("def f():\n  powerdown()\n  textmsg(\"never\")\nend\n");
        Eventually.True(() => bench.Controller.Status is { Mode: RobotMode.PowerOff, ProgramRunning: false }, "the power is off");
        using var other = new ControllerBench();
        using var second = ScriptClient.Connect(other.Host);
        second.Send("def f():\n  protective_stop()\n  textmsg(\"never\")\nend\n");
        Eventually.True(() => other.Controller.Status.Safety.HasFlag(SafetyStatusBits.ProtectiveStop), "it is stopped");
    }

    private static string Said(string body)
    {
        using var bench = new ControllerBench();
        using var primary = ScriptClient.Connect(bench.Host);
        primary.Send($"def f():\n  sleep(0.02)\n  {body}\nend\n");
        return primary.Message(0).Text(0);
    }
}
