using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Simulation.Controller;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Simulation.Tests.Controller;

/// <summary>The state packages of ports 30001 to 30003 and 30011 to 30013, and who may send scripts.</summary>
public class ClientInterfaceTests
{
    private const string Marker = "sec mark():\n write_output_integer_register(7, 42)\nend\n";

    [Theory]
    [InlineData("UR5", "3.1.0", 1044)]
    [InlineData("UR5", "3.2.0", 1060)]
    [InlineData("UR5", "3.5.0", 1108)]
    [InlineData("UR5e", "5.0.0", 1108)]
    [InlineData("UR5e", "5.1.0", 1116)]
    [InlineData("UR5e", "5.4.0", 1140)]
    [InlineData("UR5e", "5.9.0", 1140)]
    [InlineData("UR5e", "5.10.0", 1220)]
    public void The_real_time_package_is_as_long_as_its_version_s(string model, string software, int bytes)
    {
        using var bench = new ControllerBench(o => (o.Model, o.Software) = (model, software));
        using var client = new RealTimeClient(bench.Host, 30003);
        Assert.Equal(bytes, 4 + client.Read().Length);
    }

    [Theory]
    [InlineData("UR5e", 0.002)]
    [InlineData("UR5", 0.008)]
    public void The_real_time_state_comes_every_cycle(string model, double period)
    {
        using var bench = new ControllerBench(o => o.Model = model);
        using var client = new RealTimeClient(bench.Host, 30013);
        double[] first = client.Values(), second = client.Values();
        Assert.Equal(period * (1 + 40e-6), second[0] - first[0], 1e-8);
        Assert.Equal(bench.Physics.Q.ToArray(), first[31..37]); // column 32 of the maker's table is the first measured joint
        Assert.Equal(7, first[94]); // robot mode
        Assert.Equal(253, first[95]); // first joint's mode
        Assert.Equal(1, first[101]); // safety mode
        Assert.Equal(1, first[117]); // speed scaling
    }

    [Fact]
    public void A_client_of_the_real_time_port_that_never_reads_may_still_send_scripts()
    {
        using var bench = new ControllerBench(o => o.DrainTimeoutS = 0.1);
        using var client = new ScriptClient(bench.Host, 30003, receiveBufferBytes: 4096);
        bench.TakeOver();
        bench.Step(5000); // 6 MB of states, ten seconds
        client.Send("def p():\n  sleep(60)\nend\n");
        bench.Step(10);
        Assert.True(bench.Controller.Status.ProgramRunning);
    }

    [Theory]
    [InlineData(30011)]
    [InlineData(30012)]
    [InlineData(30013)]
    public void A_read_only_port_tells_the_state_and_takes_no_script(int port)
    {
        using var bench = new ControllerBench();
        using var client = new ScriptClient(bench.Host, port);
        using var rtde = RtdeClient.Connect(bench.Host);
        rtde.Outputs("output_int_register_7");
        rtde.Start();
        client.Send(Marker);
        Assert.NotEmpty(client.Read().Body);
        using var open = new ScriptClient(bench.Host, port - 10);
        open.Send(Marker.Replace("42", "43"));
        Assert.Equal(43, RtdeClient.Int(rtde.Until(d => RtdeClient.Int(d) != 0, "the script of the open port has run")));
    }

    [Fact]
    public void A_script_connection_that_has_seen_local_control_stays_read_only()
    {
        using var bench = new ControllerBench();
        using var old = ScriptClient.Connect(bench.Host);
        using var dashboard = DashboardClient.Connect(bench.Host);
        bench.Controller.SetRemoteControl(false);
        dashboard.WaitFor("is in remote control", "false");
        bench.Controller.SetRemoteControl(true);
        dashboard.WaitFor("is in remote control", "true");
        old.Send("def p():\n  sleep(60)\nend\n");
        Assert.Equal(210, old.Message(6).Int(0));
        Assert.False(bench.Controller.Status.ProgramRunning);
        using var fresh = ScriptClient.Connect(bench.Host);
        fresh.Send("def p():\n  sleep(60)\nend\n");
        Eventually.True(() => bench.Controller.Status.ProgramRunning, "the program of the new connection runs");
    }

    [Fact]
    public void Outputs_safety_and_force_are_in_their_packages()
    {
        using var bench = new ControllerBench(o => o.PayloadKg = 0);
        bench.Physics.SensorWrench = new(0, 0, -12, 0, 0, 0);
        using var primary = ScriptClient.Connect(bench.Host);
        primary.Send("sec s():\n set_standard_digital_out(3, True)\nend\n");
        Eventually.True(() => RtdeClient.Int(State(primary)[3].AsSpan(4)) == 8, "the output is on");
        bench.Controller.EmergencyStop();
        Eventually.True(() => State(primary)[3][^10] == (int)SafetyMode.RobotEmergencyStop, "the masterboard says so");
        Dictionary<int, byte[]> parts = State(primary);
        Assert.Equal((1, 0), (parts[0][11], parts[0][12])); // emergency stopped, not protective stopped
        Assert.Equal([32, 70, 56, 4, 48], new[] { 2, 3, 7, 8, 9 }.Select(p => parts[p].Length));
        Assert.Equal(12, RtdeClient.Double(parts[7].AsSpan(16)), 1e-9); // the tool hangs down: its z is the base's -z
    }

    internal static Dictionary<int, byte[]> Parts(byte[] body)
    {
        var parts = new Dictionary<int, byte[]>();
        for (int at = 0; at < body.Length;)
        {
            int size = RtdeClient.Int(body.AsSpan(at));
            parts.Add(body[at + 4], body[(at + 5)..(at + size)]);
            at += size;
        }
        return parts;
    }

    private static Dictionary<int, byte[]> State(ScriptClient primary)
    {
        while (true)
        {
            var (type, body) = primary.Read();
            if (type == 16)
                return Parts(body);
        }
    }

    private sealed class RealTimeClient(string host, int port) : Client(host, port)
    {
        public byte[] Read() => ReadExactly(RtdeClient.Int(ReadExactly(4)) - 4);

        public double[] Values()
        {
            byte[] body = Read();
            return [.. Enumerable.Range(0, body.Length / 8).Select(i => RtdeClient.Double(body.AsSpan(8 * i)))];
        }
    }
}
