using System.Diagnostics;
using System.Net.Sockets;
using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Simulation.Controller;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Simulation.Tests.Controller;

/// <summary>Faults that the controller is ordered to have.</summary>
public class FaultTests
{
    [Fact]
    public void A_restarted_controller_leaves_its_ports_and_comes_back_as_if_new()
    {
        using var bench = new ControllerBench(o => (o.BootS, o.TcpOffset) = (0.3, [0, 0, 0.1, 0, 0, 0]));
        using var dashboard = DashboardClient.Connect(bench.Host);
        using var script = ScriptClient.Connect(bench.Host);
        using var rtde = RtdeClient.Connect(bench.Host);
        rtde.Inputs("input_int_register_24");
        rtde.Send(1, 99);
        script.Send("def endless():\n set_tcp(p[0, 0, 0.2, 0, 0, 0])\n while True:\n  sync()\n end\nend\n");
        Eventually.True(() => bench.Controller.Status.ProgramRunning, "the program runs");

        bench.Controller.Restart(0.5);
        foreach (Client client in (Client[])[dashboard, script, rtde])
            Eventually.True(client.IsClosed, "its connections are closed");
        foreach (int port in (int[])[29999, 30001, 30003, 30004, 30013])
            Assert.Equal(SocketError.ConnectionRefused, Refused(bench.Host, port));
        Assert.False(bench.Controller.Status.ProgramRunning);

        using RtdeClient after = Return(bench.Host);
        Assert.Equal("INT32", after.Inputs("input_int_register_24").Types); // nobody has it any more
        after.Outputs("timestamp,robot_mode,input_int_register_24,tcp_offset");
        after.Start();
        byte[] data = after.Data();
        Assert.InRange(RtdeClient.Double(data), 0, 5); // before, its clock was at seven seconds
        Assert.Equal(0, RtdeClient.Int(data.AsSpan(12)));
        Assert.Equal(0.1, RtdeClient.Double(data.AsSpan(16 + 16)));
        after.Until(d => RtdeClient.Int(d.AsSpan(8)) == 3, "it has booted and has no power");
        using var again = DashboardClient.Connect(bench.Host);
        Assert.Equal("Robotmode: POWER_OFF", again.Ask("robotmode"));
    }

    [Fact]
    public void However_short_it_is_off_it_comes_back()
    {
        using var bench = new ControllerBench();
        using var client = RtdeClient.Connect(bench.Host);
        bench.Controller.Restart(0);
        Eventually.True(client.IsClosed, "its connection is closed");
        Return(bench.Host).Dispose();
    }

    [Fact]
    public void An_arm_that_moves_when_its_controller_goes_is_held_by_its_brakes()
    {
        using var bench = new ControllerBench();
        using var script = ScriptClient.Connect(bench.Host);
        script.Send("def move():\n speedj([0.5, 0, 0, 0, 0, 0], 5, 60)\nend\n");
        Eventually.True(() => bench.Physics.Qd[0] > 0.4, "it moves");
        bench.Controller.Restart(30);
        Eventually.True(() => bench.Physics.Qd.MaxAbs == 0, "it stands");
        Vector6 where = bench.Physics.Q;
        bench.TakeOver();
        bench.Step(500);
        Assert.Equal(where, bench.Physics.Q);
    }

    [Fact]
    public void After_shutdown_the_controller_does_not_come_back()
    {
        using var bench = new ControllerBench();
        using var dashboard = DashboardClient.Connect(bench.Host);
        Assert.Equal("Shutting down", dashboard.Ask("shutdown"));
        Eventually.True(dashboard.IsClosed, "it is off");
        bench.TakeOver();
        bench.Step(10_000);
        Assert.Equal(SocketError.ConnectionRefused, Refused(bench.Host, 30004));
    }

    [Fact]
    public void A_pulled_cable_is_told_to_nobody_and_the_connections_live_on()
    {
        using var bench = new ControllerBench();
        using var client = RtdeClient.Connect(bench.Host);
        using var dashboard = DashboardClient.Connect(bench.Host);
        client.Outputs("timestamp,input_int_register_24");
        client.Inputs("input_int_register_24");
        client.Start();
        client.Data();
        var step = bench.TakeOver();
        bench.Controller.PullCable(true);
        bench.Step();
        byte[] rest = new byte[65536];
        while (client.Socket.Poll(200_000, SelectMode.SelectRead)) // what was on its way
            Assert.True(client.Socket.Receive(rest) > 0);
        client.Send(1, 5);
        bench.Step(100);
        Assert.False(client.Socket.Poll(100_000, SelectMode.SelectRead), "a byte came through a pulled cable");
        using var late = new DashboardClient(bench.Host); // the kernel lets it in; nobody greets it
        bench.Step(100);
        Assert.False(late.Socket.Poll(0, SelectMode.SelectRead));

        bench.Controller.PullCable(false);
        Assert.Equal(5, RtdeClient.Int(step(client).AsSpan(8)));
        bench.Step(10);
        Assert.StartsWith("Connected", late.ReadLine());
    }

    [Fact]
    public void The_clock_jumps_and_starts_anew_and_the_connection_does_not_notice()
    {
        using var bench = new ControllerBench();
        using var client = RtdeClient.Connect(bench.Host);
        client.Outputs("timestamp");
        client.Start();
        double before = RtdeClient.Double(client.Data());
        bench.Controller.StepClock(100);
        double jumped = before;
        client.Until(d => (jumped = RtdeClient.Double(d)) > before + 50, "the clock has jumped");
        Assert.InRange(jumped, before + 100, before + 130);
        bench.Controller.RestartClock();
        client.Until(d => RtdeClient.Double(d) < before, "a new epoch");
        Assert.InRange(RtdeClient.Double(client.Data()), 0, 5);
    }

    [Fact]
    public void Packages_get_lost_as_ordered()
    {
        using var bench = new ControllerBench();
        using var client = RtdeClient.Connect(bench.Host);
        client.Outputs("timestamp");
        client.Start();
        client.Data();
        bench.TakeOver();
        long sent = bench.Controller.Sent["robot"].Counts.Sent;
        bench.Controller.LosePackages(1);
        bench.Step(20);
        Assert.Equal((sent, 20), bench.Controller.Sent["robot"].Counts);
        bench.Controller.LosePackages(0);
        bench.Step(5);
        Assert.Equal((sent + 5, 20), bench.Controller.Sent["robot"].Counts);
    }

    [Fact]
    public void Packages_come_late_as_ordered()
    {
        using var bench = new ControllerBench();
        using var client = RtdeClient.Connect(bench.Host);
        client.Outputs("timestamp");
        client.Start();
        client.Data();
        var step = bench.TakeOver();
        step(client); // what was on its way has come
        bench.Controller.DelayPackages(1500);
        var clock = Stopwatch.StartNew();
        step(client);
        Assert.InRange(clock.Elapsed.TotalSeconds, 0.7, double.MaxValue); // the cycle's own time may lie a little back
    }

    [Fact]
    public void Registers_that_another_client_wants_are_in_use_once_their_owner_has_gone()
    {
        using var bench = new ControllerBench();
        using var owner = RtdeClient.Connect(bench.Host);
        Assert.Equal((1, "INT32"), owner.Inputs("input_int_register_24"));
        bench.Controller.LetAnotherClientHaveRegisters(true);
        using var second = RtdeClient.Connect(bench.Host);
        Eventually.True(() => second.Inputs("input_double_register_47") is (0, "IN_USE"), "the free ones are taken");
        Assert.Equal((1, "INT32"), second.Inputs("input_int_register_23")); // a fieldbus's
        Assert.Equal((2, "INT32"), owner.Inputs("input_int_register_24")); // whoever has one keeps it
        owner.Dispose();
        Eventually.True(() => bench.Controller.Status.RtdeClients == 1, "the owner has gone");
        Assert.Equal((0, "IN_USE"), second.Inputs("input_int_register_24"));
        bench.Controller.LetAnotherClientHaveRegisters(false);
        Eventually.True(() => second.Inputs("input_int_register_24").Types == "INT32", "it is free again");
    }

    [Fact]
    public void The_slider_slows_a_move_and_at_zero_holds_it()
    {
        using var bench = new ControllerBench();
        using var script = ScriptClient.Connect(bench.Host);
        script.Send("def move():\n movej([1, -1.57, 1.57, -1.57, -1.57, 0], a=2, v=0.5)\nend\n");
        Eventually.True(() => bench.Physics.Qd[0] > 0.45, "it moves");
        bench.TakeOver();
        bench.Controller.SetSpeedSlider(0);
        bench.Step(2);
        Vector6 held = bench.Physics.Q;
        bench.Step(100);
        Assert.Equal(held, bench.Physics.Q);
        Assert.True(bench.Controller.Status.ProgramRunning);
        bench.Controller.SetSpeedSlider(0.5);
        bench.Step(2);
        Assert.InRange(bench.Physics.Qd[0], 0.2, 0.3);
        bench.Controller.SetSpeedSlider(1);
        bench.Step(2000);
        Assert.Equal(1, bench.Physics.Q[0], 1e-6);
    }

    [Fact]
    public void Noise_on_the_force_sensor_has_the_size_that_was_ordered()
    {
        using var bench = new ControllerBench();
        using var client = RtdeClient.Connect(bench.Host);
        client.Outputs("ft_raw_wrench");
        client.Start();
        Assert.Equal(default, RtdeClient.Vector(client.Data()));
        bench.Controller.SetForceNoise(5);
        client.Until(d => RtdeClient.Double(d) != 0, "noise");
        double[] fx = [.. Enumerable.Range(0, 400).Select(_ => RtdeClient.Double(client.Data()))];
        Assert.InRange(Math.Sqrt(fx.Average(f => f * f)), 4, 6);
        Assert.InRange(fx.Average(), -1, 1);
    }

    private static SocketError Refused(string host, int port)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        return Assert.Throws<SocketException>(() => socket.Connect(host, port)).SocketErrorCode;
    }

    private static RtdeClient Return(string host)
    {
        RtdeClient? client = null;
        Eventually.True(() =>
        {
            try
            {
                client = RtdeClient.Connect(host);
                return true;
            }
            catch (SocketException)
            {
                return false;
            }
        }, "its ports are open again");
        return client!;
    }
}
