using System.Buffers.Binary;
using RobotWorldModel.Drivers.FrameSocket;
using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.Sockets;
using RobotWorldModel.Drivers.Time;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Drivers.Tests.FrameSocket;

public class FrameSocketCameraTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private string Socket => _folder["camera.sock"];

    private static string Example => Repository.Path("examples", "camera-python", "camera.py");

    public void Dispose() => _folder.Dispose();

    private FrameSocketCamera Open(int pool = 32, bool depth = true)
    {
        var camera = new FrameSocketCamera(new()
        {
            Name = "wrist",
            SocketPath = Socket,
            PoolFrames = pool,
            Depth = depth,
            MountedOn = "flange",
            Extrinsics = new Pose(new(0, 0, 0.1), Quat.Identity),
        });
        camera.Start();
        return camera;
    }

    private static void Says(FrameSocketCamera camera, string words) =>
        Eventually.True(() => camera.Status.Message.Contains(words), $"'{words}' in the status");

    [SkippableTheory]
    [InlineData("Example")]
    [InlineData("Example in C")]
    public void The_examples_can_stand_there(string model)
    {
        using var camera = Open();
        var color = camera.Color.Subscribe(256);
        var depth = camera.Depth!.Subscribe(256);
        Says(camera, "there is no socket");
        using PeerProcess process = model == "Example"
            ? new PythonPeer(Example, Socket, "--source", "synthetic", "--size", "160x120")
            : new PeerProcess(CPeer.Build("../examples/camera-c/camera.c"), Socket, "160", "120", "30");
        Eventually.True(() => color.Count >= 20 && depth.Count >= 20, $"20 framesets ({process.Errors})");
        Assert.True(camera.Status.Connected);
        Assert.Equal(model, camera.Info!.Model);
        Assert.Equal(new CameraIntrinsics(160, 120, 600, 600, 80, 60, []), camera.Info.Color with { Distortion = [] });
        Assert.Equal([0d, 0, 0, 0, 0], camera.Info.Depth!.Distortion);
        Assert.Equal((0.001, "flange", new Vec3(0, 0, 0.1)),
            (camera.Info.DepthScale, camera.Info.MountedOn, camera.Info.Extrinsics!.Value.Position));
        Assert.Equal((30, 30), (camera.Color.RateHz, camera.Depth.RateHz));
        Assert.Equal("host", camera.Clock!.Domain);
        long before = 0;
        for (int i = 0; i < 20; i++)
        {
            Assert.True(color.TryDequeue(out var c));
            Assert.True(depth.TryDequeue(out var d));
            Assert.Equal((c.Sequence, c.DeviceNs), (d.Sequence, d.DeviceNs));
            Assert.Equal([(byte)c.Sequence, 128, (byte)(255 - (byte)c.Sequence)], c.Value.Pixels[^3..].ToArray());
            Assert.Equal(1000 + c.Sequence % 256, BinaryPrimitives.ReadUInt16LittleEndian(d.Value.Pixels[^2..]));
            Assert.InRange(c.OriginatingNs, before + 1, c.ArrivalNs);
            before = c.OriginatingNs;
            c.Value.Release();
            d.Value.Release();
        }
    }

    [SkippableFact]
    public void It_finds_the_camera_again_after_each_loss()
    {
        using var camera = Open();
        for (int round = 0; round < 3; round++)
        {
            long before = camera.Color.Counters.Received;
            using (var process = new PythonPeer(Example, Socket, "--source", "synthetic", "--size", "64x48", "--rate", "60"))
            {
                Eventually.True(() => camera.Status.Connected && camera.Color.Counters.Received > before + 10, "pictures");
                Assert.Equal(round, camera.Status.Reconnects);
            }
            Says(camera, "trying again"); // also: the socket's file is still there, with nobody behind it
        }
    }

    [Fact]
    public void A_camera_that_falls_silent_is_told_and_connected_to_anew()
    {
        using var server = new HandMadeCamera(Socket);
        using var camera = Open();
        server.AcceptAndGreet(depth: false);
        server.Color(1, 1);
        Eventually.True(() => camera.Status.Connected, "a picture");
        Says(camera, "nothing came for 2 s from");
        server.AcceptAndGreet(depth: false);
        server.Color(1, 1);
        Eventually.True(() => camera.Status is { Connected: true, Reconnects: 1 }, "a picture again");
    }

    [Fact]
    public void A_camera_that_makes_less_than_it_says_is_told_while_its_pictures_are_used()
    {
        using var server = new HandMadeCamera(Socket);
        using var camera = Open();
        ulong sequence = 0, depths = 0;
        server.AcceptAndGreet();
        Second(color: 10, depth: 200);
        Says(camera, "pictures a second of colour: too little light");
        Assert.Equal(new StreamCounters((long)sequence, 0, 0), camera.Color.Counters); // numbered one by one: nothing is lost
        Second(color: 200, depth: 200);
        Eventually.True(() => !camera.Status.Message.Contains("a second"), "it is as it says again");
        Second(color: 200, depth: 0);
        Says(camera, "it makes 0 of 30 pictures a second of depth: ");
        Assert.True(camera.Status is { Connected: true, Reconnects: 0 });

        // The pictures of somewhat more than a second, and one more with which it is looked at.
        void Second(int color, int depth)
        {
            Picture(color > 0, depth > 0);
            long from = HostClock.NowNs;
            for (int i = 1; i < Math.Max(color, depth); i++)
                Picture(i < color, i < depth);
            Eventually.True(() => HostClock.NowNs > from + 1_050_000_000, "a second");
            Picture(color > 0, depth > 0);
            long sent = (long)sequence;
            Eventually.True(() => camera.Color.Counters.Received == sent, "they are read");
        }

        void Picture(bool color, bool depth)
        {
            if (depth)
                server.Depth(++depths, (long)depths * 1_000_000);
            if (color)
                server.Color(++sequence, (long)sequence * 1_000_000);
        }
    }

    [Fact]
    public void Pixels_arrive_as_sent_and_gaps_are_losses_of_their_own_stream()
    {
        using var server = new HandMadeCamera(Socket);
        using var camera = Open();
        var color = camera.Color.Subscribe(64);
        var depth = camera.Depth!.Subscribe(64);
        server.AcceptAndGreet();
        foreach (ulong sequence in (ulong[])[100, 101, 102, 105, 106])
        {
            server.Color(sequence, (long)sequence * 1_000_000);
            if (sequence != 102)
                server.Depth(sequence, (long)sequence * 1_000_000 - 3000); // stamped a little earlier, as real ones are
        }
        Eventually.True(() => color.Count == 5 && depth.Count == 4, "nine pictures");
        Assert.Equal(new StreamCounters(5, 2, 0), camera.Color.Counters);
        Assert.Equal(new StreamCounters(4, 3, 0), camera.Depth.Counters);
        while (color.TryDequeue(out var sample))
        {
            Assert.Equal(HandMadeCamera.Pixels((ulong)sample.Sequence, 3), sample.Value.Pixels.ToArray());
            Assert.Equal(sample.Sequence * 1_000_000, sample.DeviceNs);
            sample.Value.Release();
        }
        while (depth.TryDequeue(out var sample))
        {
            Assert.Equal(HandMadeCamera.Pixels((ulong)sample.Sequence, 2), sample.Value.Pixels.ToArray());
            sample.Value.Release();
        }
    }

    [Fact]
    public void A_reader_that_holds_all_frames_costs_pictures_and_nothing_else()
    {
        using var server = new HandMadeCamera(Socket);
        using var camera = Open(pool: 4);
        var hoard = camera.Color.Subscribe(64);
        server.AcceptAndGreet();
        for (ulong sequence = 0; sequence < 10; sequence++)
            server.Color(sequence, (long)sequence);
        Eventually.True(() => camera.Color.Counters is { Received: 4, Lost: 6 }, "four kept, six lost");
        Assert.True(camera.Status.Connected);
        while (hoard.TryDequeue(out var sample))
            sample.Value.Release();
        server.Color(10, 10);
        Eventually.True(() => camera.Color.Counters is { Received: 5, Lost: 6 }, "the next one is kept");
        Assert.True(camera.Color.TryGetNewest(out var newest));
        Assert.Equal(HandMadeCamera.Pixels(10, 3), newest.Value.Pixels.ToArray());
        newest.Value.Release();
    }

    [Fact]
    public void The_same_session_goes_on_where_it_was_and_another_begins_anew()
    {
        using var server = new HandMadeCamera(Socket);
        using var camera = Open();
        server.AcceptAndGreet("a");
        server.Color(10, 1000);
        Eventually.True(() => camera.Color.Counters.Received == 1, "the first");
        server.HangUp();
        server.AcceptAndGreet("a");
        server.Color(14, 5000);
        Eventually.True(() => camera.Color.Counters is { Received: 2, Lost: 3 }, "three were made meanwhile");
        server.HangUp();
        server.AcceptAndGreet("b");
        server.Color(2, 30);
        Eventually.True(() => camera.Color.Counters is { Received: 3, Lost: 3 }, "a new count");
        Assert.Equal(2, camera.Status.Reconnects);
    }

    [Fact]
    public void Depth_that_nobody_wants_is_read_away_and_a_camera_may_have_none()
    {
        using var server = new HandMadeCamera(Socket);
        using (var camera = Open(depth: false))
        {
            server.AcceptAndGreet();
            server.Depth(1, 1);
            server.Color(1, 1);
            Eventually.True(() => camera.Color.Counters.Received == 1, "colour behind depth");
            Assert.Null(camera.Depth);
            Assert.Null(camera.Info!.Depth);
        }
        using (var camera = Open())
        {
            server.AcceptAndGreet(depth: false);
            server.Color(1, 1);
            Says(camera, "no depth");
            Assert.Equal(0, camera.Info!.DepthScale);
        }
    }

    [Fact]
    public void Intrinsics_that_nobody_has_measured_may_be_null()
    {
        using var server = new HandMadeCamera(Socket);
        using var camera = Open(depth: false);
        server.Accept();
        string hello = HandMadeCamera.HelloJson(depth: false), known = "\"fx\":";
        Assert.Contains(known, hello);
        server.Hello(System.Text.RegularExpressions.Regex.Replace(hello, "\"(fx|fy|cx|cy)\":[0-9.]+", "\"$1\":null"));
        server.Color(1, 1);
        Eventually.True(() => camera.Color.Counters.Received == 1, "a picture");
        Assert.True(double.IsNaN(camera.Info!.Color.Fx) && double.IsNaN(camera.Info.Color.Cy));
    }

    public static TheoryData<string, string> Nonsense => new()
    {
        { "http", "instead of \"RWMF\"" },
        { "version", "speaks version 9" },
        { "kind", "kind 3" },
        { "picture first", "instead of a hello" },
        { "hello twice", "hello a second time" },
        { "huge hello", "more than 65536" },
        { "no json", "docs/frame-socket.md" },
        { "missing", "docs/frame-socket.md" },
        { "wrong type", "docs/frame-socket.md" },
        { "huge picture", "must be 1 to 8192" },
        { "rate", "rate_hz" },
        { "scale", "depth_scale" },
        { "size", "33x8" },
        { "payload", "767 bytes" },
        { "4 GiB", "impossible numbers" },
        { "no depth", "its hello has none" },
        { "backwards", "sequence 4 after 5" },
        { "leap", "sequence 9000000000 after 5" },
        { "clock back", "must rise" },
        { "clock leap", "must rise" },
    };

    [Theory]
    [MemberData(nameof(Nonsense))]
    public void Nonsense_closes_the_connection_with_one_clear_line(string what, string said)
    {
        const int W = HandMadeCamera.Width, H = HandMadeCamera.Height;
        using var server = new HandMadeCamera(Socket);
        using var camera = Open();
        string hello = HandMadeCamera.HelloJson();
        server.Accept();
        if (what is "size" or "payload" or "4 GiB" or "backwards" or "leap" or "clock back" or "clock leap" or "hello twice" or "kind"
            or "version")
            server.Hello(hello);
        byte[] color = HandMadeCamera.Pixels(5, 3);
        byte[] odd = HandMadeCamera.Message(1, 5, 5, W, H, color);
        switch (what)
        {
            case "http":
                server.Send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"u8);
                break;
            case "version":
                odd[4] = 9;
                server.Send(odd);
                break;
            case "kind":
                odd[6] = 3;
                server.Send(odd);
                break;
            case "picture first":
                server.Send(odd);
                break;
            case "hello twice":
                server.Hello(hello);
                break;
            case "huge hello":
                server.Send(HandMadeCamera.Message(0, 0, 0, 0, 0, new byte[70_000]));
                break;
            case "no json":
                server.Hello("camera ready");
                break;
            case "missing":
                server.Hello("{}");
                break;
            case "wrong type":
                server.Hello(hello.Replace("\"rate_hz\":30", "\"rate_hz\":\"fast\""));
                break;
            case "huge picture":
                server.Hello(hello.Replace("\"width\":32", "\"width\":100000"));
                break;
            case "rate":
                server.Hello(hello.Replace("\"rate_hz\":30", "\"rate_hz\":0"));
                break;
            case "scale":
                server.Hello(hello.Replace("0.0001", "1000"));
                break;
            case "size":
                server.Send(HandMadeCamera.Message(1, 5, 5, W + 1, H, color));
                break;
            case "payload":
                server.Send(HandMadeCamera.Message(1, 5, 5, W, H, color[1..]));
                break;
            case "4 GiB":
                BinaryPrimitives.WriteUInt32LittleEndian(odd.AsSpan(32), uint.MaxValue);
                server.Send(odd);
                break;
            case "no depth":
                server.Hello(HandMadeCamera.HelloJson(depth: false));
                server.Depth(1, 1);
                break;
            default:
                server.Color(5, 5);
                server.Color(what switch { "backwards" => 4ul, "leap" => 9_000_000_000, _ => 6 },
                    what switch { "clock back" => 4, "clock leap" => 1L << 50, _ => 6 });
                break;
        }
        Says(camera, said);
        Assert.StartsWith("wrist: ", camera.Status.Message);
        Assert.False(camera.Status.Connected);
        Assert.DoesNotContain('\n', camera.Status.Message);
        long before = camera.Color.Counters.Received;
        server.AcceptAndGreet(); // and then it behaves
        server.Color(1, 1);
        Eventually.True(() => camera.Color.Counters.Received == before + 1, "a picture of the next connection");
    }

    [Fact]
    public void Random_bytes_never_end_the_thread()
    {
        var random = new Random(3);
        using var server = new HandMadeCamera(Socket);
        using var camera = Open();
        for (int round = 0; round < 12; round++)
        {
            server.Accept();
            if (round % 3 == 0)
                server.Hello(HandMadeCamera.HelloJson());
            byte[] good = HandMadeCamera.Message(1, 1, 1, HandMadeCamera.Width, HandMadeCamera.Height, HandMadeCamera.Pixels(1, 3));
            byte[] bytes = new byte[200];
            random.NextBytes(bytes);
            if (round % 2 == 0) // nearly right
            {
                good.AsSpan(0, 40).CopyTo(bytes);
                bytes[random.Next(40)] ^= (byte)(1 << random.Next(8));
            }
            server.Send(bytes);
            server.HangUp();
        }
        server.AcceptAndGreet();
        long before = camera.Color.Counters.Received;
        server.Color(1, 1);
        Eventually.True(() => camera.Color.Counters.Received == before + 1, "a picture after all that");
    }

    [Fact]
    public void A_picture_that_breaks_off_gives_its_frame_back()
    {
        using var server = new HandMadeCamera(Socket);
        using var camera = Open(pool: 2);
        for (int round = 0; round < 5; round++)
        {
            server.AcceptAndGreet();
            byte[] message = HandMadeCamera.Message(1, 1, 1, HandMadeCamera.Width, HandMadeCamera.Height, HandMadeCamera.Pixels(1, 3));
            server.Send(message.AsSpan(0, 200));
            server.HangUp();
        }
        server.AcceptAndGreet();
        server.Color(1, 1);
        Eventually.True(() => camera.Color.Counters is { Received: 1, Lost: 5 }, "one whole, five broken");
    }

    [Fact]
    public void Receiving_allocates_nothing()
    {
        using var server = new HandMadeCamera(Socket);
        using var camera = new FrameSocketCamera(new() { Name = "wrist", SocketPath = Socket });
        using var socket = DeviceAddress.Unix(Socket, "the camera").Connect(1000, default); // the device's thread is the test's here
        server.AcceptAndGreet();
        camera.ReadHello(socket, default);
        ulong sequence = 0;
        long Exchange(int pictures)
        {
            long allocated = 0;
            for (int i = 0; i < pictures; i++)
            {
                server.Color(++sequence, (long)sequence * 10_000_000);
                server.Depth(sequence, (long)sequence * 10_000_000);
                long before = GC.GetAllocatedBytesForCurrentThread();
                camera.ReadPicture(socket, default);
                camera.ReadPicture(socket, default);
                allocated += GC.GetAllocatedBytesForCurrentThread() - before;
            }
            return allocated;
        }
        Assert.Equal(0, Allocations.Least(() => Exchange(1000)));
        Assert.Equal(new StreamCounters((long)sequence, 0, 0), camera.Depth!.Counters);
    }

    [Fact]
    public void The_document_shows_the_program_that_the_tests_run()
    {
        string program = File.ReadAllText(Example);
        string[] parts = [.. File.ReadAllText(Repository.Path("docs", "frame-socket.md")).Split("```python\n").Skip(1)
            .Select(part => part[..part.IndexOf("```", StringComparison.Ordinal)])];
        Assert.Equal(2, parts.Length);
        Assert.All(parts, part => Assert.Contains(part, program));
    }

    [Fact]
    public void Bad_options_are_named()
    {
        Assert.Contains("socket path", Assert.Throws<ArgumentException>(() =>
            new FrameSocketCamera(new() { Name = "c", SocketPath = "/" + new string('x', 200) })).Message);
        Assert.Contains("mounted_on", Assert.Throws<ArgumentException>(() =>
            new FrameSocketCamera(new() { Name = "c", SocketPath = "/tmp/c", MountedOn = "ceiling" })).Message);
        Assert.Contains("pool_frames", Assert.Throws<ArgumentException>(() =>
            new FrameSocketCamera(new() { Name = "c", SocketPath = "/tmp/c", PoolFrames = 0 })).Message);
    }
}
