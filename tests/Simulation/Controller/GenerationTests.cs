using System.Net.Sockets;
using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.UniversalRobots;
using RobotWorldModel.Simulation.Controller;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Simulation.Tests.Controller;

/// <summary>What differs between CB3, e-Series and PolyScope X, and from version to version.</summary>
public class GenerationTests
{
    [Theory]
    [InlineData("UR3", "3.15.8.106339", 3, 3, 0.008)]
    [InlineData("UR5", "3.15.8.106339", 1, 3, 0.008)]
    [InlineData("UR10", "3.15.8.106339", 2, 3, 0.008)]
    [InlineData("UR3e", "5.12.4.1101661", 3, 5, 0.002)]
    [InlineData("UR5e", "5.12.4.1101661", 1, 5, 0.002)]
    [InlineData("UR10e", "5.12.4.1101661", 2, 5, 0.002)]
    [InlineData("UR16e", "5.12.4.1101661", 4, 5, 0.002)]
    public void Every_model_runs_at_its_rate_and_says_what_it_is(string model, string software, int type, int board, double period)
    {
        using var bench = new ControllerBench(o => o.Model = model);
        using var rtde = RtdeClient.Connect(bench.Host);
        byte[] version = rtde.Request('v', []);
        Assert.Equal(software, string.Join('.', Enumerable.Range(0, 4).Select(i => RtdeClient.Int(version.AsSpan(4 * i)))));
        rtde.Outputs("timestamp", 1 / period);
        rtde.Start();
        double before = RtdeClient.Double(rtde.Data());
        Assert.Equal(period * (1 + 40e-6), RtdeClient.Double(rtde.Data()) - before, 1e-8);

        using var primary = ScriptClient.Connect(bench.Host);
        byte[] configuration = StatePart(primary, 6);
        Assert.Equal((board, board, type), (RtdeClient.Int(configuration.AsSpan(^16)), RtdeClient.Int(configuration.AsSpan(^12)),
            RtdeClient.Int(configuration.AsSpan(^8))));
    }

    [Theory]
    [InlineData("UR5e", "3.15.8", "an e-Series arm has 5.x")]
    [InlineData("UR5", "5.12.4", "a CB3 arm (UR3, UR5, UR10) has 3.x")]
    [InlineData("UR5e", "5.12", "is not a version")]
    [InlineData("UR5e", "newest", "is not a version")]
    public void Software_that_does_not_run_on_the_arm_is_refused(string model, string software, string why)
    {
        var mistake = Assert.Throws<ArgumentException>(() => new ControllerBench(o => (o.Model, o.Software) = (model, software)));
        Assert.Contains(why, mistake.Message);
    }

    [Theory]
    [InlineData("UR5", "3.8.0", "output_int_register_24", "NOT_FOUND")]
    [InlineData("UR5", "3.9.0", "output_int_register_24", "INT32")]
    [InlineData("UR5e", "5.2.9", "input_double_register_47", "NOT_FOUND")]
    [InlineData("UR5e", "5.3.0", "input_double_register_47", "DOUBLE")]
    [InlineData("UR5e", "5.2.9", "output_bit_register_64", "NOT_FOUND")]
    [InlineData("UR5e", "5.2.9", "output_int_register_23", "INT32")]
    [InlineData("UR5", "3.9.9", "safety_status", "NOT_FOUND")]
    [InlineData("UR5", "3.10.0", "safety_status", "INT32")]
    [InlineData("UR5e", "5.5.0", "payload", "NOT_FOUND")]
    [InlineData("UR5e", "5.5.1", "payload", "DOUBLE")]
    [InlineData("UR5", "3.11.0", "payload_cog", "VECTOR3D")]
    [InlineData("UR5", "3.12.2", "tcp_offset", "NOT_FOUND")]
    [InlineData("UR5", "3.12.3", "tcp_offset", "VECTOR6D")]
    [InlineData("UR5e", "5.8.9", "script_control_line", "NOT_FOUND")]
    [InlineData("UR5e", "5.9.0", "script_control_line", "UINT32")]
    [InlineData("UR5e", "5.9.0", "ft_raw_wrench", "VECTOR6D")]
    [InlineData("UR5", "3.15.8", "ft_raw_wrench", "NOT_FOUND")]
    [InlineData("UR5e", "5.10.9", "payload_inertia", "NOT_FOUND")]
    [InlineData("UR5e", "5.11.0", "payload_inertia", "VECTOR6D")]
    [InlineData("UR5e", "5.12.4", "actual_current_as_torque", "NOT_FOUND")]
    [InlineData("UR5e", "10.7.0", "actual_current_as_torque", "VECTOR6D")]
    public void Outputs_are_there_from_their_version_on(string model, string software, string name, string type)
    {
        using var bench = new ControllerBench(o => (o.Model, o.Software) = (model, software));
        using var client = RtdeClient.Connect(bench.Host);
        Assert.Equal((type == "NOT_FOUND" ? 0 : 1, type), client.Outputs(name, 125));
    }

    [Fact]
    public void Inputs_are_there_from_their_version_on()
    {
        using var bench = new ControllerBench(o => o.Software = "5.2.0");
        using var client = RtdeClient.Connect(bench.Host);
        Assert.Equal((0, "INT32,NOT_FOUND"), client.Inputs("input_int_register_23,input_int_register_24"));
        Assert.Equal((1, "INT32"), client.Inputs("input_int_register_23"));
    }

    [Theory]
    [InlineData("UR5", "3.15.8", "safetystatus", "could not understand: safetystatus")]
    [InlineData("UR5", "3.15.8", "safetymode", "Safetymode: NORMAL")]
    [InlineData("UR5", "3.15.8", "is in remote control", "could not understand: is in remote control")]
    [InlineData("UR5", "3.15.8", "version", "could not understand: version")]
    [InlineData("UR5", "3.15.8", "PolyscopeVersion", "URSoftware 3.15.8.0 (Dec 14 2022)")]
    [InlineData("UR5", "3.11.0", "get serial number", "could not understand: get serial number")]
    [InlineData("UR10", "3.12.0", "get serial number", UrController.SimulatedSerial)]
    [InlineData("UR10", "3.12.0", "get robot model", "UR10")]
    [InlineData("UR16e", "5.6.0", "get robot model", "UR16")]
    [InlineData("UR5e", "5.5.1", "get robot model", "could not understand: get robot model")]
    [InlineData("UR5e", "5.3.0", "safetystatus", "could not understand: safetystatus")]
    [InlineData("UR5e", "5.12.4", "getUserRole", "could not understand: getUserRole")]
    public void The_dashboard_knows_what_its_version_knows(string model, string software, string command, string reply)
    {
        using var bench = new ControllerBench(o => (o.Model, o.Software) = (model, software));
        using var dashboard = DashboardClient.Connect(bench.Host);
        Assert.Equal(reply, dashboard.Ask(command));
    }

    [Fact]
    public void A_cb3_has_user_roles_and_no_local_control()
    {
        using var bench = new ControllerBench(o => (o.Model, o.RemoteControl) = ("UR5", false));
        using var dashboard = DashboardClient.Connect(bench.Host);
        Assert.Equal("NONE", dashboard.Ask("getUserRole"));
        Assert.Equal("Setting user role: locked", dashboard.Ask("setUserRole locked"));
        Assert.Equal("LOCKED", dashboard.Ask("getUserRole"));
        Assert.Equal("Failed setting user role: king", dashboard.Ask("setUserRole king"));
        Assert.Equal("LOCKED", dashboard.Ask("getUserRole"));
        Assert.Equal("Powering off", dashboard.Ask("power off"));
    }

    [Fact]
    public void Polyscope_x_has_no_dashboard()
    {
        using var bench = new ControllerBench(o => o.Software = "10.7.0");
        using var rtde = RtdeClient.Connect(bench.Host); // the rest is there
        var refused = Assert.Throws<SocketException>(() => new DashboardClient(bench.Host));
        Assert.Equal(SocketError.ConnectionRefused, refused.SocketErrorCode);
    }

    [Fact]
    public void A_calibrated_arm_tells_the_geometry_by_which_it_moves()
    {
        using var bench = new ControllerBench(o => o.CalibrationSeed = 7);
        using var primary = ScriptClient.Connect(bench.Host);
        byte[] told = StatePart(primary, 5);
        UrCalibration calibration = PrimaryWire(told);
        Assert.InRange((calibration.A - UrModel.Ur5e.A).MaxAbs, 1e-6, 5e-4);
        Assert.InRange(calibration.Theta.MaxAbs, 1e-6, 1e-3);

        using var rtde = RtdeClient.Connect(bench.Host);
        rtde.Outputs("actual_q,actual_TCP_pose,tcp_offset");
        rtde.Start();
        byte[] data = rtde.Data();
        Vector6 q = RtdeClient.Vector(data), tcp = RtdeClient.Vector(data.AsSpan(48)), offset = RtdeClient.Vector(data.AsSpan(96));
        Pose expected = new UrKinematics(UrModel.Ur5e, calibration).Flange(q) * Pose.FromVector(offset);
        Pose nominal = new UrKinematics(UrModel.Ur5e).Flange(q) * Pose.FromVector(offset);
        Assert.True((tcp - expected.ToVector()).MaxAbs < 1e-9);
        Assert.InRange((expected.Position - nominal.Position).Length, 1e-5, 1e-2);
    }

    [Fact]
    public void Two_arms_are_calibrated_differently_and_a_nominal_one_tells_the_table()
    {
        byte[] nominal = Kinematics(null), one = Kinematics(1), other = Kinematics(2);
        Assert.Equal(UrModel.Ur5e.D, PrimaryWire(nominal).D);
        Assert.NotEqual(one[..24], other[..24]); // the checksums
        Assert.NotEqual(nominal[..24], one[..24]);
        Assert.Equal(one, Kinematics(1));

        static byte[] Kinematics(int? seed)
        {
            using var bench = new ControllerBench(o => o.CalibrationSeed = seed);
            using var primary = ScriptClient.Connect(bench.Host);
            return StatePart(primary, 5);
        }
    }

    private static UrCalibration PrimaryWire(byte[] kinematics) => Drivers.UniversalRobots.PrimaryWire.ReadCalibration(kinematics)!;

    private static byte[] StatePart(ScriptClient primary, int kind)
    {
        while (true)
        {
            var (type, body) = primary.Read();
            if (type == 16)
                return ClientInterfaceTests.Parts(body)[kind];
        }
    }
}
