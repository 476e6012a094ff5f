using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.Time;
using RobotWorldModel.Drivers.V4l2;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Drivers.Tests.V4l2;

public sealed class V4l2CameraTests : IDisposable
{
    private const int W = ScriptedVideo.Width, H = ScriptedVideo.Height;
    private readonly ScriptedVideo _video = new();

    public void Dispose()
    {
        Assert.Equal(0, _video.Open);
        Assert.Empty(_video.Wrongs);
    }

    internal static V4l2CameraOptions Options(Action<V4l2CameraOptions>? change = null)
    {
        var options = new V4l2CameraOptions { Name = "front", Device = "/dev/v4l/by-id/cam", Width = W, Height = H };
        change?.Invoke(options);
        return options;
    }

    /// <summary>A grey whose red, green and blue are all <c>(sequence % 200 * 298 + 128) / 256</c>.</summary>
    internal static ScriptedPicture Grey(uint sequence, long? stampNs = null, uint flags = 0x12000)
    {
        byte[] yuyv = new byte[W * H * 2];
        for (int i = 0; i < yuyv.Length; i += 2)
            (yuyv[i], yuyv[i + 1]) = ((byte)(16 + sequence % 200), 128);
        return new(yuyv, sequence, stampNs, flags);
    }

    private static byte GreyOf(long sequence) => (byte)((sequence % 200 * 298 + 128) / 256);

    private V4l2Camera Start(Action<V4l2CameraOptions>? change = null)
    {
        var camera = new V4l2Camera(Options(change), _video);
        camera.Start();
        return camera;
    }

    private static void Says(V4l2Camera camera, string words) =>
        Eventually.True(() => camera.Status.Message.Contains(words), $"'{words}' in '{camera.Status.Message}'");

    [Fact]
    public void Pictures_come_with_the_kernels_stamps_and_numbers_and_every_call_in_order()
    {
        using (var camera = Start(o => (o.LatencyMs, o.MountedOn, o.Extrinsics) = (5, "flange", new Pose(new(0, 0, 0.1), Quat.Identity))))
        {
            var queue = camera.Color.Subscribe(64);
            long start = HostClock.NowNs / 1000 * 1000;
            for (uint i = 0; i < 10; i++)
                _video.Picture(Grey(i, start + i * 1000));
            Eventually.True(() => queue.Count == 10, "ten pictures");
            Assert.Equal(new StreamCounters(10, 0, 0), camera.Color.Counters);
            for (int i = 0; i < 10; i++)
            {
                Assert.True(queue.TryDequeue(out var sample));
                Assert.Equal((i, start + i * 1000), (sample.Sequence, sample.DeviceNs));
                Assert.Equal(sample.DeviceNs - 5_000_000, sample.OriginatingNs);
                Assert.True(sample.ArrivalNs >= start);
                Assert.All(sample.Value.Pixels.ToArray(), b => Assert.Equal(GreyOf(i), b));
                sample.Value.Release();
            }
            Assert.True(camera.Status.Connected);
            Assert.Equal("front: Scripted Webcam 4711 at /dev/v4l/by-id/cam, colour 32x16 from YUYV, stamped by the kernel at a picture's "
                + "start", camera.Status.Message);
            Assert.Equal(("Scripted Webcam", "4711", 0d, "flange"),
                (camera.Info!.Model, camera.Info.Serial, camera.Info.DepthScale, camera.Info.MountedOn));
            Assert.True(double.IsNaN(camera.Info.Color.Fx));
            Assert.Null(camera.Depth);
            Assert.Equal(("host", 30d), (camera.Clock!.Domain, camera.Color.RateHz));
        }
        string[] calls = [.. _video.Calls.Where(c => c is not ("QUERYCTRL" or "S_CTRL" or "G_CTRL"))];
        Assert.Equal((string[])["open /dev/v4l/by-id/cam", "QUERYCAP", "S_FMT", "S_PARM", "REQBUFS", "QUERYBUF", "mmap", "QBUF"],
            calls[..8]);
        Assert.Equal((string[])["STREAMOFF", "munmap", "close"], calls[^3..]);
        Assert.Contains("STREAMON", calls);
    }

    [Fact]
    public void What_the_config_sets_is_set_and_the_rest_is_automatic()
    {
        using (Start(o => (o.ExposureUs, o.Gain, o.WhiteBalanceK) = (8000, 40, 5200)))
            Eventually.True(() => _video.Calls.Contains("STREAMON"), "a stream");
        Assert.Equal((1, 80, 0, 40, 0, 5200), (Value(0x9A0901), Value(0x9A0902), Value(0x9A0903), Value(0x980913), Value(0x98090C),
            Value(0x98091A)));
        int opened = _video.Opened;
        using (Start())
            Eventually.True(() => _video.Opened > opened && _video.Calls[^1] == "STREAMON", "another stream");
        Assert.Equal((3, 0, 1), (Value(0x9A0901), Value(0x9A0903), Value(0x98090C)));
    }

    private int Value(uint control) => _video.Controls[control].Value;

    [Fact]
    public void Measured_intrinsics_are_told_on()
    {
        using var camera = Start(o => o.Intrinsics = [600, 601, 15.5, 7.5, 0.1, -0.2, 0.001, 0.002, 0.3]);
        Eventually.True(() => camera.Info is not null, "the camera's info");
        Assert.Equal(new CameraIntrinsics(W, H, 600, 601, 15.5, 7.5, []), camera.Info!.Color with { Distortion = [] });
        Assert.Equal([0.1, -0.2, 0.001, 0.002, 0.3], camera.Info.Color.Distortion);
    }

    [Fact]
    public void Gaps_in_the_kernels_count_are_losses_also_over_its_end()
    {
        using var camera = Start();
        var queue = camera.Color.Subscribe(64);
        foreach (uint sequence in (uint[])[4_294_967_290, 4_294_967_292, 4_294_967_295, 1, 2])
            _video.Picture(Grey(sequence));
        Eventually.True(() => queue.Count == 5, "five pictures");
        Assert.Equal(new StreamCounters(5, 1 + 2 + 1, 0), camera.Color.Counters);
        var numbers = new List<long>();
        while (queue.TryDequeue(out var sample))
        {
            numbers.Add(sample.Sequence);
            sample.Value.Release();
        }
        Assert.Equal([0, 2, 5, 7, 8], numbers);
    }

    [Fact]
    public void A_driver_that_does_not_count_is_counted_for()
    {
        using var camera = Start();
        for (int i = 0; i < 4; i++)
            _video.Picture(Grey(0));
        Eventually.True(() => camera.Color.Counters.Received == 4, "four pictures");
        Assert.Equal(0, camera.Color.Counters.Lost);
    }

    [Theory]
    [InlineData(0x2000u, 0, "at a picture's end")]
    [InlineData(0x0u, 0, "stamped on arrival")]
    [InlineData(0x4000u, 0, "stamped on arrival")]
    [InlineData(0x12000u, 1_700_000_000_000_000_000, "stamped on arrival")] // the wall clock, which uvcvideo can be told to use
    [InlineData(0x12000u, 1, "stamped on arrival")]
    public void Stamps_are_used_only_where_they_are_of_the_monotonic_clock(uint flags, long stampNs, string said)
    {
        using var camera = Start();
        var queue = camera.Color.Subscribe(8);
        _video.Picture(Grey(0, stampNs == 0 ? null : stampNs, flags));
        Says(camera, said);
        Assert.True(queue.TryDequeue(out var sample));
        Assert.Equal(said.Contains("arrival"), sample.DeviceNs == Sample<ImageFrame>.NoDeviceTime);
        if (said.Contains("arrival"))
            Assert.Equal(sample.ArrivalNs, sample.OriginatingNs);
        sample.Value.Release();
    }

    [Fact]
    public void Rows_with_padding_are_read_as_the_camera_lays_them_out()
    {
        _video.Padding = 8;
        using var camera = Start();
        byte[] padded = new byte[(W * 2 + 8) * H];
        for (int y = 0; y < H; y++)
        {
            padded.AsSpan(y * (W * 2 + 8)).Fill(255);
            Grey((uint)(y * 10)).Bytes.AsSpan(0, W * 2).CopyTo(padded.AsSpan(y * (W * 2 + 8)));
        }
        _video.Picture(new(padded, 0));
        Eventually.True(() => camera.Color.Counters.Received == 1, "a picture");
        Assert.True(camera.Color.TryGetNewest(out var sample));
        for (int y = 0; y < H; y++)
            Assert.All(sample.Value.Pixels.Slice(y * W * 3, W * 3).ToArray(), b => Assert.Equal(GreyOf(y * 10), b));
        sample.Value.Release();
    }

    [SkippableFact]
    public void Motion_JPEG_is_decoded_and_a_damaged_picture_is_a_loss()
    {
        JpegPicture picture = JpegPicture.Make(W, H);
        _video.Format = 0x47504A4D;
        using var camera = Start(o => o.Format = VideoPixels.Mjpg);
        var queue = camera.Color.Subscribe(8);
        byte[] whole = picture.WithoutTables();
        _video.Picture(new(whole, 0));
        _video.Picture(new(whole[..(whole.Length - 40)], 1));
        _video.Picture(new("nonsense"u8.ToArray(), 2));
        _video.Picture(new([], 3));
        _video.Picture(new(picture.Jpeg, 4));
        Eventually.True(() => camera.Color.Counters is { Received: 2, Lost: 3 }, "two pictures and three losses");
        Assert.Contains("from MJPG", camera.Status.Message);
        while (queue.TryDequeue(out var sample))
        {
            Assert.Contains(sample.Sequence, (long[])[0, 4]);
            Assert.Equal(picture.Rgb, sample.Value.Pixels.ToArray());
            sample.Value.Release();
        }
    }

    [Fact]
    public void Without_the_JPEG_library_Motion_JPEG_is_refused_and_the_device_left_alone()
    {
        using (var camera = new V4l2Camera(Options(o => o.Format = VideoPixels.Mjpg), _video, "libturbojpeg-that-is-not.so.0"))
        {
            camera.Start();
            Says(camera, "sudo apt-get install libturbojpeg0");
        }
        Assert.Equal(0, _video.Opened);
    }

    [Fact]
    public void A_reader_that_holds_all_frames_costs_pictures_and_nothing_else()
    {
        using var camera = Start(o => o.PoolFrames = 4);
        var hoard = camera.Color.Subscribe(64);
        for (uint i = 0; i < 10; i++)
            _video.Picture(Grey(i));
        Eventually.True(() => camera.Color.Counters is { Received: 4, Lost: 6 }, "four kept, six lost");
        while (hoard.TryDequeue(out var sample))
            sample.Value.Release();
        _video.Picture(Grey(10));
        Eventually.True(() => camera.Color.Counters is { Received: 5, Lost: 6 }, "the next is kept");
    }

    [Fact]
    public void A_stop_ends_the_wait_for_a_picture_at_once()
    {
        var camera = Start();
        Eventually.True(() => _video.Calls.Contains("STREAMON"), "a stream");
        var clock = System.Diagnostics.Stopwatch.StartNew();
        camera.Dispose();
        Assert.InRange(clock.Elapsed.TotalSeconds, 0, 4); // it would wait for 5 s
        Assert.Equal("front: stopped", camera.Status.Message);
    }

    [SkippableTheory]
    [InlineData(VideoPixels.Yuyv)]
    [InlineData(VideoPixels.Mjpg)]
    public void Receiving_allocates_nothing(VideoPixels format)
    {
        byte[] bytes = format == VideoPixels.Mjpg ? JpegPicture.Make(W, H).Jpeg : Grey(0).Bytes;
        _video.Format = format == VideoPixels.Mjpg ? 0x47504A4Du : 0x56595559;
        using var camera = new V4l2Camera(Options(o => o.Format = format), _video); // its thread is the test's here
        using var stream = camera.Open();
        uint sequence = 0;
        long Read(int pictures)
        {
            long allocated = 0;
            for (int i = 0; i < pictures; i++)
            {
                _video.Picture(new(bytes, sequence++, HostClock.NowNs + sequence));
                long before = GC.GetAllocatedBytesForCurrentThread();
                camera.TryReadPicture(stream, 1000);
                allocated += GC.GetAllocatedBytesForCurrentThread() - before;
            }
            return allocated;
        }
        Assert.Equal(0, Allocations.Least(() => Read(500)));
        Assert.Equal(sequence, camera.Color.Counters.Received);
    }

    [Theory]
    [InlineData(0, 16, 30, 32, "base", null, "width must be even")]
    [InlineData(33, 16, 30, 32, "base", null, "width must be even")]
    [InlineData(32, 16, 0, 32, "base", null, "fps must be 1 to 500")]
    [InlineData(32, 16, 30, 1, "base", null, "pool_frames must be 2 to 1024")]
    [InlineData(32, 16, 30, 32, "wall", null, "mounted_on must be base or flange")]
    [InlineData(32, 16, 30, 32, "base", 7, "there are 7 numbers")]
    public void Options_out_of_range_are_named(int width, int height, double fps, int pool, string mount, int? numbers, string said) =>
        Assert.Contains(said, Assert.Throws<ArgumentException>(() => new V4l2Camera(Options(o =>
        {
            (o.Width, o.Height, o.RateHz, o.PoolFrames, o.MountedOn) = (width, height, fps, pool, mount);
            o.Intrinsics = numbers is { } n ? new double[n] : null;
        }))).Message);
}
