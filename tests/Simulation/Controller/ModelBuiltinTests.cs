namespace RobotWorldModel.Simulation.Tests.Controller;

/// <summary>What programs ask that compute torques themselves, and what they call besides.</summary>
public class ModelBuiltinTests
{
    [Theory]
    [InlineData("get_jacobian([0, -1.57, 1.57, -1.57, -1.57, 0], p[0, 0, 0, 0, 0, 0])[5, 0]", "1")] // the base turns about z
    [InlineData("get_mass_matrix() * [1, 2, 3, 4, 5, 6]", "[1,2,3,4,5,6]")] // of the simulated arm: 1 kg·m² a joint
    [InlineData("get_coriolis_and_centrifugal_torques()", "[0,0,0,0,0,0]")]
    [InlineData("get_freedrive_status()", "0")]
    public void A_question_has_its_answer(string call, string answer) => Assert.Equal(answer, Said($"textmsg({call})"));

    [Fact]
    public void The_Jacobian_is_how_the_tool_moves_with_the_joints()
    {
        const string Body = """
            q = get_actual_joint_positions()
              dq = [0.00001, 0, -0.00002, 0.00001, 0, 0.00003]
              a = get_forward_kin(q)
              b = get_forward_kin(q + dq)
              v = get_jacobian(q) * dq
              textmsg(norm([b[0] - a[0] - v[0], b[1] - a[1] - v[1], b[2] - a[2] - v[2]]) < 0.000000001)
            """;
        Assert.Equal("True", Said(Body));
    }

    [Fact]
    public void Its_change_is_the_difference_of_two_Jacobians()
    {
        const string Body = """
            q = get_actual_joint_positions()
              qd = [0.1, -0.2, 0.3, 0.1, 0.2, -0.1]
              h = 0.0001
              slope = (get_jacobian(q + qd * h) - get_jacobian(q - qd * h)) / (2 * h)
              difference = slope - get_jacobian_time_derivative(q, qd)
              textmsg(norm(difference[0]) + norm(difference[4]) < 0.000001, norm(slope[0]) > 0.01)
            """;
        Assert.Equal("TrueTrue", Said(Body));
    }

    [Theory]
    [InlineData("[0, -1.57, 0.2, -1.57, -1.57, 0]", "1")] // the elbow is nearly straight
    [InlineData("[0, -1.57, 1.57, -1.57, -0.05, 0]", "2")] // wrist 1 and wrist 3 are nearly parallel
    [InlineData("[0, -2, 0.897, 1.103, -1.57, 0]", "2")] // the wrist is above the base's axis
    public void Freedrive_tells_how_near_a_singularity_is(string q, string answer) =>
        Assert.Equal(answer, Said($"movej({q}, a=40, v=3)\n  textmsg(get_freedrive_status())"));

    [Theory]
    [InlineData("optimovej([0, -1.57, 1.57, -1.57, -1.57, 0], a=1.4)", "a must be in (0, 1]")]
    [InlineData("optimovel(\"table\")", "no frames and no objects")]
    [InlineData("set_tool_communication(True, 1234, 0, 1, 1.5, 3.5)", "no baud rate 1234")]
    public void What_it_does_not_take_it_says(string call, string problem)
    {
        using var bench = new ControllerBench();
        using var primary = ScriptClient.Connect(bench.Host);
        primary.Send($"def f():\n  sleep(0.02)\n  {call}\nend\n");
        Assert.Contains(problem, primary.Message(10).Exception.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("set_tool_communication(True, 115200, 0, 1, 1.5, 3.5)")]
    [InlineData("optimovej([0.1, -1.57, 1.57, -1.57, -1.57, 0], a=1, v=1)")]
    [InlineData("optimovel(get_actual_tcp_pose())")]
    [InlineData("torque_command([0, 0, 0, 0, 0, 0.1], False)")]
    public void What_it_takes_it_does(string call) => Assert.Equal("done", Said($"{call}\n  textmsg(\"done\")"));

    private static string Said(string body)
    {
        using var bench = new ControllerBench();
        using var primary = ScriptClient.Connect(bench.Host);
        primary.Send($"def f():\n  sleep(0.02)\n  {body}\nend\n");
        return primary.Message(0).Text(0);
    }
}
