using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Simulation.Tests.Controller;

public class RtdeTests
{
    [Fact]
    public void Versions_one_and_two_are_accepted_and_others_are_not()
    {
        using var bench = new ControllerBench();
        using var client = new RtdeClient(bench.Host);
        Assert.Equal([0], client.Request('V', [0, 3]));
        Assert.Equal([1], client.Request('V', [0, 1]));
        Assert.Equal([1], client.Request('V', [0, 2]));
        byte[] version = client.Request('v', []);
        Assert.Equal((16, 5, 12), (version.Length, RtdeClient.Int(version), RtdeClient.Int(version.AsSpan(4))));
    }

    [Fact]
    public void Types_come_in_the_order_of_the_names_and_a_trailing_comma_adds_nothing()
    {
        using var bench = new ControllerBench();
        using var client = RtdeClient.Connect(bench.Host);
        var (recipe, types) = client.Outputs(
            "timestamp,actual_q,robot_mode,joint_mode,actual_digital_output_bits,payload_cog,output_bit_register_64,");
        Assert.Equal((1, "DOUBLE,VECTOR6D,INT32,VECTOR6INT32,UINT64,VECTOR3D,BOOL"), (recipe, types));
        client.Start();
        byte[] data = client.Data();
        Assert.Equal(8 + 48 + 4 + 24 + 8 + 24 + 1, data.Length);
        Assert.Equal(bench.Physics.Q, RtdeClient.Vector(data.AsSpan(8)));
        Assert.Equal(7, RtdeClient.Int(data.AsSpan(56)));
        Assert.Equal(253, RtdeClient.Int(data.AsSpan(60)));
    }

    [Fact]
    public void Names_that_are_not_there_are_said_and_nothing_is_sent_until_they_are_left_out()
    {
        using var bench = new ControllerBench();
        using var client = RtdeClient.Connect(bench.Host);
        Assert.Equal((0, "DOUBLE,NOT_FOUND,INT32"), client.Outputs("timestamp,actual_mood,robot_mode"));
        Assert.Equal([0], client.Request('S', []));
        Assert.Equal((0, "INT32,NOT_FOUND"), client.Inputs("input_int_register_24,input_int_register_48"));
        Assert.Equal((1, "DOUBLE,INT32"), client.Outputs("timestamp,robot_mode"));
        client.Start();
        Assert.Equal(12, client.Data().Length);
    }

    [Theory]
    [InlineData(500, 1)]
    [InlineData(300, 1)]
    [InlineData(200, 2)]
    [InlineData(100, 5)]
    [InlineData(30, 16)]
    [InlineData(1000, 1)]
    [InlineData(0, 1)]
    public void The_rate_is_the_base_rate_divided_by_a_whole_number(double requested, int divisor)
    {
        using var bench = new ControllerBench();
        using var client = RtdeClient.Connect(bench.Host);
        client.Outputs("timestamp", requested);
        client.Start();
        double previous = RtdeClient.Double(client.Data());
        for (int i = 0; i < 20; i++)
        {
            double now = RtdeClient.Double(client.Data());
            Assert.Equal(divisor * 0.002 * (1 + 40e-6), now - previous, 1e-8); // the device's clock runs 40 ppm fast
            previous = now;
        }
    }

    [Fact]
    public void Every_cycle_that_was_sent_arrives_once_with_the_stamp_that_the_truth_has()
    {
        using var bench = new ControllerBench();
        using var client = RtdeClient.Connect(bench.Host);
        client.Outputs("timestamp");
        client.Start();
        var stamps = new List<long>();
        for (int i = 0; i < 500; i++)
            stamps.Add((long)Math.Round(RtdeClient.Double(client.Data()) * 1e9));
        var log = bench.Controller.Sent["robot"];
        Assert.Equal(500, log.CountBetween(stamps[0], stamps[^1], deviceTime: true));
        foreach (long stamp in stamps)
            Assert.Equal(stamp, bench.Clock.ToDevice(Assert.NotNull(log.TrueTimeOf(stamp))));
        Assert.Equal(0, log.Counts.Dropped);
    }

    [Fact]
    public void A_share_of_dropped_samples_is_missing_and_counted()
    {
        using var bench = new ControllerBench(o => o.Transport.DropShare = 0.3);
        using var client = RtdeClient.Connect(bench.Host);
        client.Outputs("timestamp");
        client.Start();
        double first = RtdeClient.Double(client.Data()), last = first;
        for (int i = 0; i < 300; i++)
            last = RtdeClient.Double(client.Data());
        Assert.InRange((last - first) / 0.002, 340, 560); // 300 arrived of some 430
        Assert.InRange(bench.Controller.Sent["robot"].Counts.Dropped, 40, long.MaxValue);
    }

    [Fact]
    public void An_input_belongs_to_one_client_until_that_client_goes()
    {
        using var bench = new ControllerBench();
        using var second = RtdeClient.Connect(bench.Host);
        using (var first = RtdeClient.Connect(bench.Host))
        {
            Assert.Equal((1, "INT32,DOUBLE"), first.Inputs("input_int_register_24,input_double_register_24"));
            Assert.Equal((2, "INT32"), first.Inputs("input_int_register_24")); // a client may have it in several recipes
            Assert.Equal((0, "IN_USE,INT32"), second.Inputs("input_int_register_24,input_int_register_25"));
            Assert.Equal((1, "INT32"), second.Inputs("input_int_register_25")); // the refused recipe took nothing
        }
        Eventually.True(() => second.Inputs("input_int_register_24") is (2, "INT32"), "the register is free again");
    }

    [Fact]
    public void A_fieldbus_owns_the_lower_registers()
    {
        using var bench = new ControllerBench(o => o.FieldbusEnabled = true);
        using var client = RtdeClient.Connect(bench.Host);
        Assert.Equal((0, "IN_USE,INT32,IN_USE"), client.Inputs("input_int_register_23,input_int_register_24,speed_slider_mask"));
        Assert.Equal((1, "INT32"), client.Inputs("input_int_register_24"));
    }

    [Fact]
    public void Inputs_can_be_read_back_and_keep_their_value()
    {
        using var bench = new ControllerBench();
        using var client = RtdeClient.Connect(bench.Host);
        client.Outputs("input_int_register_24,input_double_register_47,target_speed_fraction,actual_digital_output_bits");
        client.Inputs("input_int_register_24,input_double_register_47");
        client.Inputs("speed_slider_mask,speed_slider_fraction");
        client.Inputs("standard_digital_output_mask,standard_digital_output");
        client.Start();
        client.Send(1, -7, 0.125);
        client.Send(2, 1, 0.5);
        client.Send(3, (byte)6, (byte)5); // bits 1 and 2 are meant: 2 on, 1 off
        byte[] data = client.Until(d => BinaryPrimitives.ReadUInt64BigEndian(d.AsSpan(20)) == 4, "the digital output is on");
        Assert.Equal((-7, 0.125, 0.5), (RtdeClient.Int(data), RtdeClient.Double(data.AsSpan(4)), RtdeClient.Double(data.AsSpan(12))));
        client.Send(2, 0, 0.9); // without the mask it means nothing
        client.Send(1, 8, 0.25);
        data = client.Until(d => RtdeClient.Int(d) == 8, "the next value");
        Assert.Equal(0.5, RtdeClient.Double(data.AsSpan(12)));
    }

    [Fact]
    public void Cycles_that_come_late_each_find_the_package_of_their_time()
    {
        using var bench = new ControllerBench();
        using var client = RtdeClient.Connect(bench.Host);
        client.Outputs("timestamp,input_int_register_24");
        client.Inputs("input_int_register_24");
        client.Start();
        client.Data();
        var step = bench.TakeOver();
        for (int i = 1; i <= 5; i++)
            client.Send(1, i);
        foreach (var (behind, found) in new[] { (7, 0), (6, 0), (4, 1), (3, 2), (2, 3), (1, 4), (0, 5), (0, 5) })
        {
            bench.Controller.CyclesBehind = behind;
            Assert.Equal(found, RtdeClient.Int(step(client).AsSpan(8)));
        }
        client.Send(1, 6);
        client.Send(1, 7);
        Assert.Equal(7, RtdeClient.Int(step(client).AsSpan(8))); // in time: the newest
    }

    [Fact]
    public void Input_packages_that_do_not_fit_are_told_and_ignored()
    {
        using var bench = new ControllerBench();
        using var client = RtdeClient.Connect(bench.Host);
        client.Inputs("input_int_register_24");
        client.Send(1, 1.5);
        Assert.Contains("has 9 bytes, not 5", Encoding.ASCII.GetString(client.Read('M')));
        client.Send(9, 1);
        Assert.Contains("input recipe 9 was not set up", Encoding.ASCII.GetString(client.Read('M')));
        client.Send('?', []);
        Assert.Contains("package type 63 is not known", Encoding.ASCII.GetString(client.Read('M')));
    }

    [Fact]
    public void Paused_it_sends_nothing_until_it_is_started_again()
    {
        using var bench = new ControllerBench();
        using var client = RtdeClient.Connect(bench.Host);
        client.Outputs("timestamp");
        client.Start();
        double before = RtdeClient.Double(client.Data());
        Assert.Equal([1], client.Request('P', []));
        client.Send('v', []);
        Assert.Equal('v', client.Read().Type); // the very next package: no data came between
        client.Start();
        Assert.True(RtdeClient.Double(client.Data()) > before);
    }

    [Fact]
    public void Protocol_version_one_has_no_recipe_ids()
    {
        using var bench = new ControllerBench();
        using var client = RtdeClient.Connect(bench.Host, version: 1);
        Assert.Equal("DOUBLE,INT32", Encoding.ASCII.GetString(client.Request('O', "timestamp,robot_mode"u8)));
        client.Start();
        byte[] data = client.Read('U');
        Assert.Equal((12, 7), (data.Length, RtdeClient.Int(data.AsSpan(8))));
    }

    [Theory]
    [InlineData(new byte[] { 0, 0, 0 })]
    [InlineData(new byte[] { 0, 2, 86, 0, 2 })]
    public void A_size_below_three_ends_the_connection(byte[] bytes)
    {
        using var bench = new ControllerBench();
        using var client = RtdeClient.Connect(bench.Host);
        client.Socket.Send(bytes);
        Eventually.True(client.IsClosed, "the controller closes");
    }

    [Fact]
    public void A_list_of_names_over_the_limit_is_told_and_ends_the_connection()
    {
        using var bench = new ControllerBench();
        using var client = RtdeClient.Connect(bench.Host);
        client.Send('I', Encoding.ASCII.GetBytes(string.Join(',', Enumerable.Repeat("input_int_register_24", 100))));
        Assert.Contains("over 2048", Encoding.ASCII.GetString(client.Read('M')));
        Eventually.True(client.IsClosed, "the controller closes");
    }

    [Fact]
    public void Packages_may_come_in_any_pieces()
    {
        using var bench = new ControllerBench();
        using var client = new RtdeClient(bench.Host);
        foreach (byte b in (byte[])[0, 5, (byte)'V', 0, 2, 0, 3])
            client.Socket.Send([b]);
        Assert.Equal([1], client.Read('V'));
        client.Socket.Send([(byte)'v', 0, 3, (byte)'v']);
        Assert.Equal(16, client.Read('v').Length);
        Assert.Equal(16, client.Read('v').Length);
    }

    [Fact]
    public void A_client_that_never_reads_is_closed_and_nobody_else_notices()
    {
        using var bench = new ControllerBench(o => o.DrainTimeoutS = 1);
        using var idle = RtdeClient.Connect(bench.Host, receiveBufferBytes: 4096);
        string many = string.Join(',', Enumerable.Range(0, 48).Select(i => $"output_double_register_{i}"));
        idle.Outputs(many);
        idle.Start();
        using var reader = RtdeClient.Connect(bench.Host);
        reader.Outputs("timestamp");
        reader.Start();
        double previous = RtdeClient.Double(reader.Data());
        reader.Until(d =>
        {
            double now = RtdeClient.Double(d);
            Assert.Equal(0.002 * (1 + 40e-6), now - previous, 1e-8); // every cycle
            previous = now;
            return bench.Controller.Status.RtdeClients == 1;
        }, "the controller closes the client that does not read");
        Eventually.True(idle.IsClosed, "it is closed");
    }

    [Fact]
    public void Several_clients_have_recipes_and_rates_of_their_own()
    {
        using var bench = new ControllerBench();
        using var a = RtdeClient.Connect(bench.Host);
        using var b = RtdeClient.Connect(bench.Host);
        a.Outputs("timestamp,actual_q");
        b.Outputs("robot_mode", 125);
        a.Start();
        b.Start();
        Assert.Equal(56, a.Data().Length);
        Assert.Equal(4, b.Data().Length);
        b.Dispose();
        Assert.Equal(56, a.Data().Length);
        Eventually.True(() => bench.Controller.Status.RtdeClients == 1, "one client is left");
    }

    [Fact]
    public void An_address_that_is_taken_is_said_in_one_line()
    {
        using var bench = new ControllerBench();
        var error = Assert.Throws<IOException>(() => new ControllerBench(o => o.Host = bench.Host));
        Assert.Contains($"RTDE cannot listen on {bench.Host}:30004", error.Message);
    }

    [Fact]
    public void After_a_controller_has_gone_the_next_one_has_its_address_at_once()
    {
        string host = Ports.FreeLoopbackAddress();
        var bench = new ControllerBench(o => o.Host = host);
        using var client = RtdeClient.Connect(host);
        client.Outputs("timestamp");
        client.Start();
        client.Data();
        bench.Dispose(); // it closes first: its side of the connection lingers
        using var next = new ControllerBench(o => o.Host = host);
        RtdeClient.Connect(host).Dispose();
    }
}
