using System.Net.Sockets;
using System.Text.Json;
using RobotWorldModel.Drivers.FrameSocket;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.Time;
using RobotWorldModel.Simulation.Devices;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Simulation.Tests.Devices;

public class FrameSocketServerTests : IDisposable
{
    private const int Width = 64, Height = 48;
    private const long PeriodNs = 1_000_000_000 / 100; // faster than a camera, so that tests are short
    private readonly TempFolder _folder = new();
    private readonly DeviceClock _clock = new(HostClock.NowNs, 5_000_000_000, -30);
    private readonly byte[] _color = new byte[Width * Height * 3], _depth = new byte[Width * Height * 2];

    public FrameSocketServerTests()
    {
        new Random(1).NextBytes(_color);
        new Random(2).NextBytes(_depth);
    }

    private string Path => _folder["wrist.sock"];

    public void Dispose() => _folder.Dispose();

    private static FrameHello Hello(bool depth = true)
    {
        var lens = new CameraIntrinsics(Width, Height, 60, 61, 32, 24, [0.1, 0.2, 0.01, 0.02, 0.3]);
        return new("Simulated D435", "SIM-1", 100, "camera", Guid.NewGuid().ToString("N"), lens,
            depth ? lens with { Fx = 62 } : null, depth ? 0.001 : 0);
    }

    private FrameSocketServer Server(TransportOptions? transport = null, bool depth = true) =>
        new(new() { Name = "wrist", SocketPath = Path, Transport = transport ?? new() { DelayMsMin = 25, DelayMsMax = 40 } },
            Hello(depth));

    /// <summary>A renderer: framesets on a grid, each stamped with its truth, until disposed.</summary>
    private DeviceThread Render(FrameSocketServer server, ulong framesets = ulong.MaxValue)
    {
        var renderer = new DeviceThread("renderer", stop =>
        {
            long origin = HostClock.NowNs;
            for (ulong n = 1; n <= framesets && !stop.IsCancellationRequested; n++)
            {
                long now = origin + (long)n * PeriodNs;
                AbsoluteGrid.SleepUntil(now);
                Publish(server, n, now);
            }
        });
        renderer.Start();
        return renderer;
    }

    private void Publish(FrameSocketServer server, ulong sequence, long now)
    {
        PictureStamp.Write(_color, PixelFormat.Rgb8, sequence, now);
        PictureStamp.Write(_depth, PixelFormat.Depth16, sequence, now);
        server.Publish(FrameKind.Color, sequence, now, _clock.ToDevice(now), _color);
        server.Publish(FrameKind.Depth, sequence, now, _clock.ToDevice(now), _depth);
    }

    [SkippableFact]
    public void A_client_of_plain_sockets_reads_hello_pictures_and_their_stamps()
    {
        using var server = Server();
        server.Start();
        using var renderer = Render(server);
        using var client = new PythonPeer("frame_client.py", Path, "40");
        string[] lines = client.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var hello = JsonDocument.Parse(lines[0]).RootElement;
        Assert.Equal("Simulated D435", hello.GetProperty("model").GetString());
        Assert.Equal(62, hello.GetProperty("depth").GetProperty("fx").GetDouble());
        Assert.Equal(0.001, hello.GetProperty("depth_scale").GetDouble());
        var distortion = hello.GetProperty("color").GetProperty("distortion").EnumerateArray().Select(d => d.GetDouble());
        Assert.Equal([0.1, 0.2, 0.01, 0.02, 0.3], distortion);
        ulong before = 0;
        for (int i = 1; i < lines.Length; i++)
        {
            var picture = JsonDocument.Parse(lines[i]).RootElement;
            ulong sequence = picture.GetProperty("sequence").GetUInt64();
            long truth = picture.GetProperty("true").GetInt64();
            Assert.Equal(sequence, picture.GetProperty("stamped").GetUInt64());
            Assert.Equal(_clock.ToDevice(truth), picture.GetProperty("stamp").GetInt64());
            Assert.True(picture.GetProperty("arrival").GetInt64() - truth >= 25_000_000);
            bool isColor = picture.GetProperty("kind").GetInt32() == 1;
            Assert.True(isColor ? i == 1 || sequence == before + 1 || before == 0 : i == 1 || sequence == before, $"picture {i}");
            before = sequence;
        }
        Assert.Equal(41, lines.Length);
    }

    [Fact]
    public void The_driver_receives_what_was_rendered_at_its_true_time()
    {
        using var server = Server();
        server.Start();
        using var camera = new FrameSocketCamera(new() { Name = "wrist", SocketPath = Path, LatencyMs = 25, PoolFrames = 64 });
        var color = camera.Color.Subscribe(1024);
        camera.Start();
        Eventually.True(() => server.Clients == 1, "the driver");
        using var renderer = Render(server);
        var errors = new List<double>();
        int count = 0;
        Eventually.True(() =>
        {
            while (color.TryDequeue(out var sample))
            {
                Assert.True(PictureStamp.TryRead(sample.Value.Pixels, PixelFormat.Rgb8, out ulong sequence, out long truth));
                Assert.Equal((ulong)sample.Sequence, sequence);
                Assert.Equal(_clock.ToDevice(truth), sample.DeviceNs);
                Assert.True(_color.AsSpan(48).SequenceEqual(sample.Value.Pixels[48..]));
                Assert.InRange(sample.ArrivalNs, truth + 25_000_000, long.MaxValue);
                if (++count > 150)
                    errors.Add(Math.Abs(sample.OriginatingNs - truth) / 1e6);
                sample.Value.Release();
            }
            return count >= 400;
        }, "400 pictures", 60);
        errors.Sort();
        Assert.True(errors[errors.Count / 2] < 3, $"median error {errors[errors.Count / 2]:0.000} ms");
        var sent = server.Sent["wrist_rgb"].Counts;
        Assert.True(camera.Color.Counters.Received + camera.Color.Counters.Lost <= sent.Sent);
    }

    [Fact]
    public void Drops_are_the_losses_that_the_driver_counts()
    {
        using var server = Server(new() { DelayMsMin = 1, DelayMsMax = 3, ExtraDelayMs = 20, DropShare = 0.1 });
        server.Start();
        using var camera = new FrameSocketCamera(new() { Name = "wrist", SocketPath = Path, PoolFrames = 64 });
        camera.Start();
        Eventually.True(() => server.Clients == 1, "the driver");
        ulong sequence = 0;
        for (; sequence < 300; sequence++) // four framesets, then wait for them
        {
            Publish(server, sequence, HostClock.NowNs);
            if (sequence % 4 == 3)
                Eventually.True(() => camera.Color.Counters.Received == server.Sent["wrist_rgb"].Counts.Sent
                    && camera.Depth!.Counters.Received == server.Sent["wrist_depth"].Counts.Sent, "all that was sent");
        }
        foreach (var (stream, log) in new[] { (camera.Color, "wrist_rgb"), (camera.Depth!, "wrist_depth") })
        {
            var counts = server.Sent[log].Counts;
            Assert.Equal(300, counts.Sent + counts.Dropped);
            Assert.InRange(counts.Dropped, 5, 70);
            // What was dropped before the first or after the last picture that came, the driver cannot know of.
            Assert.InRange(stream.Counters.Lost, counts.Dropped - 6, counts.Dropped);
        }
    }

    [Fact]
    public void A_client_that_does_not_read_misses_pictures_alone_and_the_producer_never_waits()
    {
        using var server = Server();
        server.Start();
        using var deaf = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        deaf.Connect(new UnixDomainSocketEndPoint(Path));
        using var camera = new FrameSocketCamera(new() { Name = "wrist", SocketPath = Path, PoolFrames = 64 });
        camera.Start();
        Eventually.True(() => server.Clients == 2, "two clients");
        using var renderer = Render(server);
        Eventually.True(() => server.Skipped > 10, "pictures that the deaf one misses");
        long seen = camera.Color.Counters.Received;
        Eventually.True(() => camera.Color.Counters.Received > seen + 50, "pictures for the other");
        Eventually.True(() => server.Clients == 1, "the deaf one is closed");
        Assert.Equal(0, camera.Status.Reconnects);
    }

    [Fact]
    public void Clients_may_come_and_go()
    {
        using var server = Server();
        server.Start();
        using var renderer = Render(server);
        for (int i = 0; i < 5; i++)
        {
            using var camera = new FrameSocketCamera(new() { Name = "wrist", SocketPath = Path, PoolFrames = 64 });
            camera.Start();
            Eventually.True(() => camera.Depth!.Counters.Received > 5, "pictures");
            camera.Dispose();
            Eventually.True(() => server.Clients == 0, "it is gone");
        }
    }

    [SkippableFact]
    public void A_socket_in_use_is_said_and_a_dead_one_is_replaced()
    {
        using (var first = Server())
        {
            first.Start();
            using var second = Server();
            var error = Assert.Throws<IOException>(second.Start);
            Assert.Contains(Path, error.Message);
            Assert.Contains("another process", error.Message);
            Assert.True(File.Exists(Path));
        }
        Assert.False(File.Exists(Path));
        using (new PythonPeer(Repository.Path("examples", "camera-python", "camera.py"), Path, "--source", "synthetic"))
            Eventually.True(() => File.Exists(Path), "a camera process");
        Assert.True(File.Exists(Path)); // it was killed, and could not tidy up
        using var third = Server();
        third.Start();
        using var camera = new FrameSocketCamera(new() { Name = "wrist", SocketPath = Path });
        camera.Start();
        Eventually.True(() => third.Clients == 1, "a client");
    }

    [Fact]
    public void A_picture_of_another_size_is_refused()
    {
        using var server = Server(depth: false);
        Assert.Throws<ArgumentException>(() => server.Publish(FrameKind.Color, 1, 1, 1, _depth));
        Assert.Throws<ArgumentException>(() => server.Publish(FrameKind.Depth, 1, 1, 1, _depth));
    }
}
