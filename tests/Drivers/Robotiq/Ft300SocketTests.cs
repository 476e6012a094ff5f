using System.Net;
using System.Net.Sockets;
using System.Text;
using RobotWorldModel.Drivers.Robotiq;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.Sockets;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Drivers.Tests.Robotiq;

public class Ft300SocketTests
{
    private static Ft300Socket Connect(string host, int stream, int command = 0)
    {
        var sensor = new Ft300Socket(new() { Host = host, StreamPort = stream, CommandPort = command, LatencyMs = 1 });
        sensor.Start();
        return sensor;
    }

    private static List<Sample<Wrench>> Take(SampleQueue<Wrench> queue, int count)
    {
        var samples = new List<Sample<Wrench>>();
        Eventually.True(() =>
        {
            while (queue.TryDequeue(out var sample))
                samples.Add(sample);
            return samples.Count >= count;
        }, $"{count} wrenches");
        return samples;
    }

    [SkippableTheory]
    [InlineData("plain")]
    [InlineData("pieces")]
    [InlineData("lines")]
    public void Every_tuple_arrives_once_in_order_with_rising_times(string style)
    {
        string host = Ports.FreeLoopbackAddress();
        using var peer = new PythonPeer("ft300.py", host, "63351", "63350", style);
        Assert.Equal("ready", peer.ReadLine());
        using var sensor = new Ft300Socket(new() { Host = host, LatencyMs = 1 });
        var queue = sensor.Wrenches.Subscribe(4096);
        sensor.Start();
        var samples = Take(queue, 150);
        for (int i = 0; i < samples.Count; i++)
        {
            Assert.Equal(new Wrench(i, -1.5, 2.25, 0.01, -0.02, 0.03), samples[i].Value); // the piece before the first is dropped
            Assert.Equal(Sample<Wrench>.NoDeviceTime, samples[i].DeviceNs);
            Assert.True(samples[i].OriginatingNs <= samples[i].ArrivalNs - 1_000_000);
            Assert.True(i == 0 || samples[i].OriginatingNs > samples[i - 1].OriginatingNs);
            Assert.True(i == 0 || samples[i].Sequence > samples[i - 1].Sequence);
        }
        Eventually.True(() => sensor.Status.Message.Contains("serial FT3-1234 firmware FTS-1.2.3"), "the serial in the status");
        Assert.True(sensor.Status.Connected);
        Assert.Equal("FT3-1234", sensor.Info.Serial);
        Assert.StartsWith("sample count at 100", sensor.Clock!.Domain);
    }

    [SkippableFact]
    public void A_sensor_without_a_command_port_is_no_fault()
    {
        string host = Ports.FreeLoopbackAddress();
        using var peer = new PythonPeer("ft300.py", host, "63351", "0");
        peer.ReadLine();
        using var sensor = Connect(host, 63351, 63350);
        Eventually.True(() => sensor.Wrenches.Counters.Received > 20, "wrenches");
        Assert.True(sensor.Status.Connected);
        Assert.Empty(sensor.Info.Serial);
    }

    [Fact]
    public void A_busy_command_port_is_asked_again_and_another_sensor_after_a_loss_says_its_own_serial()
    {
        using var stream = new TcpListener(IPAddress.Loopback, 0);
        using var commands = new TcpListener(IPAddress.Loopback, 0);
        stream.Start();
        commands.Start();
        using var stop = new CancellationTokenSource();
        int plugged = 1;
        bool busy = true;
        Task tuples = Serve(stream, client =>
        {
            int mine = Volatile.Read(ref plugged);
            for (; mine == Volatile.Read(ref plugged) && !stop.IsCancellationRequested; Thread.Sleep(5))
                client.Send("(1,2,3,4,5,6)"u8);
        }, stop.Token);
        Task answers = Serve(commands, client =>
        {
            byte[] question = new byte[8];
            while (!Volatile.Read(ref busy) && client.Receive(question) == question.Length)
                client.Send(Encoding.ASCII.GetBytes(question[4] == 'S' ? $"FT3-{Volatile.Read(ref plugged)}\n" : "FTS-1\n"));
            Volatile.Write(ref busy, false); // the first one is closed without an answer
        }, stop.Token);
        using (var sensor = Connect("127.0.0.1", Port(stream), Port(commands)))
        {
            Eventually.True(() => sensor is { Info.Serial: "FT3-1", Info.Firmware: "FTS-1" }, "the identity");
            Volatile.Write(ref plugged, 2);
            Eventually.True(() => sensor is { Info.Serial: "FT3-2", Info.Firmware: "FTS-1" }, "the other sensor's identity");
        }
        stop.Cancel();
        Eventually.True(() => tuples.IsCompleted && answers.IsCompleted, "the servers' end");
    }

    private static int Port(TcpListener listener) => ((IPEndPoint)listener.LocalEndpoint).Port;

    // One client after the other.
    private static Task Serve(TcpListener listener, Action<Socket> serve, CancellationToken stop) => Task.Run(() =>
    {
        while (!stop.IsCancellationRequested)
        {
            if (!listener.Pending())
            {
                Thread.Sleep(1);
                continue;
            }
            using Socket client = listener.AcceptSocket();
            try
            {
                serve(client);
            }
            catch (SocketException)
            {
                // the sensor's driver has gone
            }
        }
    }, CancellationToken.None);

    [SkippableFact]
    public void It_waits_for_the_sensor_and_finds_it_again_after_each_loss()
    {
        string host = Ports.FreeLoopbackAddress();
        using var sensor = Connect(host, 63351);
        Eventually.True(() => sensor.Status.Message.Contains("nothing listens on port 63351"), "a refused connection is said");
        Assert.False(sensor.Status.Connected);
        for (int round = 0; round < 3; round++)
        {
            long before = sensor.Wrenches.Counters.Received;
            using (var peer = new PythonPeer("ft300.py", host, "63351", "0"))
            {
                Eventually.True(() => sensor.Status.Connected && sensor.Wrenches.Counters.Received > before + 10, "wrenches");
                Assert.Equal(round, sensor.Status.Reconnects);
            }
            Eventually.True(() => !sensor.Status.Connected && sensor.Status.Message.Contains("lost"), "the loss is said");
        }
    }

    [SkippableFact]
    public void A_converter_that_stands_still_is_seen_and_what_it_repeats_is_not_published()
    {
        string host = Ports.FreeLoopbackAddress();
        using var peer = new PythonPeer("ft300.py", host, "63351", "0", "still");
        peer.ReadLine();
        using var sensor = Connect(host, 63351);
        var queue = sensor.Wrenches.Subscribe(1024);
        Eventually.True(() => sensor.Status is { Connected: false } s && s.Message.Contains("its converter stands still"), "it is said");
        Eventually.True(() => sensor.Status.Connected, "it moves again");
        var samples = Take(queue, 130);
        Assert.InRange(samples.Count(s => s.Value.Fx == 50), 1, 75); // half a second, until it was known
        Assert.True(sensor.Wrenches.Counters.Lost > 20);
    }

    [Theory]
    [InlineData("", "no byte")]
    [InlineData("HTTP/1.1 400 Bad Request\r\n\r\n", "no '( Fx")]
    [InlineData("( 1 , 2 , 3 )", "no byte")]
    public void Silence_and_other_languages_are_said_and_tried_again(string text, string said)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var sensor = Connect("127.0.0.1", ((IPEndPoint)listener.LocalEndpoint).Port);
        int times = 0;
        var messages = new HashSet<string>();
        using var stop = new CancellationTokenSource();
        var server = Task.Run(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                if (!listener.Pending())
                {
                    Thread.Sleep(1);
                    continue;
                }
                using var client = listener.AcceptSocket();
                times++;
                try
                {
                    while (!stop.IsCancellationRequested && text.StartsWith("HTTP", StringComparison.Ordinal))
                    {
                        client.Send(Encoding.ASCII.GetBytes(text));
                        Thread.Sleep(5);
                    }
                    client.Send(Encoding.ASCII.GetBytes(text));
                    while (client.Receive(new byte[16]) > 0)
                    {
                    }
                }
                catch (SocketException)
                {
                }
            }
        });
        Eventually.True(() => times >= 2 && sensor.Status.Message.Contains(said), $"'{said}' in the status");
        stop.Cancel();
        sensor.Dispose();
        Eventually.True(() => server.IsCompleted, "the server's end");
    }

    [Fact]
    public void A_broken_tuple_is_a_lost_sample()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var sensor = Connect("127.0.0.1", ((IPEndPoint)listener.LocalEndpoint).Port);
        Eventually.True(listener.Pending, "it connects");
        using var client = listener.AcceptSocket();
        client.Send("(1,2,3,4,5,6)(1,2,oops,4,5,6)(1,2,3,4,5,7)"u8);
        Eventually.True(() => sensor.Wrenches.Counters is { Received: 2, Lost: 1 }, "two wrenches and one loss");
        Assert.True(sensor.Wrenches.TryGetNewest(out var newest));
        Assert.Equal(7, newest.Value.Tz);
        Assert.Equal(2, newest.Sequence);
    }

    [Fact]
    public void Receiving_allocates_nothing()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        int port = ((IPEndPoint)listener.LocalEndpoint).Port;
        using var sensor = new Ft300Socket(new() { Host = "127.0.0.1", StreamPort = port });
        // Here, the device's thread is the test's.
        using var socket = DeviceAddress.Tcp("127.0.0.1", port, "the sensor").Connect(1000, default);
        using var server = listener.AcceptSocket();
        server.NoDelay = true;
        sensor.BeginSession();
        long Exchange(int times)
        {
            long allocated = 0;
            for (int i = 0; i < times; i++)
            {
                server.Send("( -12.25 , 0.5 , 103.125 , 0.01 , -0.02 , 3.5e-3 )( 1 , 2 , 3 , 4"u8);
                server.Send(" , 5 , 6 )"u8);
                long before = GC.GetAllocatedBytesForCurrentThread(), wanted = sensor.Wrenches.Counters.Received + 2;
                while (sensor.Wrenches.Counters.Received < wanted)
                    sensor.ReadSamples(socket, default);
                allocated += GC.GetAllocatedBytesForCurrentThread() - before;
            }
            return allocated;
        }
        Assert.Equal(0, Allocations.Least(() => Exchange(1000)));
    }

    [Fact]
    public void Disposing_does_not_wait_for_a_host_that_never_answers()
    {
        using var sensor = Connect("192.0.2.1", 63351); // a network that is in nobody's routes, by RFC 5737
        Eventually.True(() => sensor.Status.Message.Length > 0, "a status");
        var dispose = Task.Run(sensor.Dispose);
        Eventually.True(() => dispose.IsCompletedSuccessfully, "the end of its thread");
        sensor.Dispose(); // twice is as good as once
    }

    [Fact]
    public void A_config_without_a_host_is_refused() =>
        Assert.Throws<ArgumentException>(() => new Ft300Socket(new() { Host = " " }));
}
