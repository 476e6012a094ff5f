using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.Time;
using RobotWorldModel.Drivers.V4l2;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Drivers.Tests.V4l2;

/// <summary>The rows of docs/faults.md about webcams, and every other refusal: each in words, and after it pictures.</summary>
public sealed class V4l2FaultTests : IDisposable
{
    private readonly ScriptedVideo _video = new();
    private readonly V4l2CameraOptions _options = V4l2CameraTests.Options();

    public void Dispose()
    {
        Assert.Equal(0, _video.Open);
        Assert.Empty(_video.Wrongs);
    }

    private V4l2Camera Start()
    {
        var camera = new V4l2Camera(_options, _video);
        camera.Start();
        return camera;
    }

    private static void Says(V4l2Camera camera, string words)
    {
        Eventually.True(() => camera.Status.Message.Contains(words), $"'{words}' in '{camera.Status.Message}'");
        Assert.StartsWith("front: ", camera.Status.Message);
        Assert.DoesNotContain('\n', camera.Status.Message);
    }

    private void PicturesFlow(V4l2Camera camera)
    {
        long before = camera.Color.Counters.Received;
        _video.Picture(V4l2CameraTests.Grey(0));
        _video.Picture(V4l2CameraTests.Grey(1));
        Eventually.True(() => camera.Color.Counters.Received == before + 2 && camera.Status.Connected, "two pictures");
    }

    [Fact]
    public void A_cable_that_is_pulled_and_put_in_again()
    {
        using var camera = Start();
        PicturesFlow(camera);
        _video.Unplug();
        Says(camera, "there is no /dev/v4l/by-id/cam: is the camera plugged in? ls /dev/v4l/by-id/ shows those that are");
        Assert.False(camera.Status.Connected);
        Assert.Contains("the camera is gone: look at its plug, and at the hub's power", camera.Status.LastLoss);
        _video.PlugIn();
        PicturesFlow(camera); // its own count begins anew: no loss is made of that
        Assert.Equal((1, 0L), (camera.Status.Reconnects, camera.Color.Counters.Lost));
        Assert.True(camera.Color.TryGetNewest(out var newest));
        Assert.Equal(3, newest.Sequence);
        newest.Value.Release();
    }

    [Fact]
    public void A_frozen_camera_is_opened_anew()
    {
        using var camera = Start();
        PicturesFlow(camera);
        _video.Freeze();
        Eventually.True(() => camera.Status.LastLoss.Contains("no picture for 2 s"), "the loss");
        PicturesFlow(camera);
        Assert.Equal((1, 2), (camera.Status.Reconnects, _video.Opened));
    }

    [Fact]
    public void A_restarted_camera_that_keeps_its_place_is_opened_anew()
    {
        using var camera = Start();
        PicturesFlow(camera);
        Break("DQBUF", 5); // the stream is over, the device is still there
        _video.Picture(V4l2CameraTests.Grey(2));
        Eventually.True(() => camera.Status.LastLoss.Contains("taking a picture failed on the USB bus"), "the loss");
        Repair();
        PicturesFlow(camera);
        Assert.Equal(1, camera.Status.Reconnects);
    }

    [Theory]
    [InlineData("S_FMT")]
    [InlineData("REQBUFS")]
    [InlineData("STREAMON")]
    [InlineData("open")]
    public void Another_program_that_has_the_camera_is_named_as_such(string call)
    {
        Break(call, 16);
        using var camera = Start();
        Says(camera, "another program has the camera (fuser -v /dev/v4l/by-id/cam shows which); it serves one at a time");
        Repair();
        PicturesFlow(camera);
    }

    [Fact]
    public void Garbage_is_lost_and_nothing_but_garbage_ends_the_session()
    {
        using var camera = Start();
        PicturesFlow(camera);
        for (uint i = 2; i < 20; i++)
            _video.Picture(new(new byte[100], i)); // pictures that broke off
        for (uint i = 20; i < 22; i++)
            _video.Picture(V4l2CameraTests.Grey(i, flags: 0x12040)); // marked by the kernel
        _video.Picture(V4l2CameraTests.Grey(22) with { Claims = 1 << 30 });
        Eventually.True(() => camera.Color.Counters is { Received: 2, Lost: 21 }, "21 losses");
        PicturesFlow(camera);
        for (uint i = 2; i < 40; i++)
            _video.Picture(new(new byte[100], i));
        Says(camera, "30 pictures in a row were damaged, the last: it is not whole; try another cable or port");
        Eventually.True(() => _video.Waiting == 0, "all is read");
        PicturesFlow(camera);
        Assert.Equal(0, camera.Status.Message.Count(c => c == '\n'));
    }

    [SkippableFact]
    public void Garbage_instead_of_JPEG_says_what_the_decoder_says()
    {
        JpegPicture other = JpegPicture.Make(64, 48);
        (_video.Format, _options.Format) = (0x47504A4D, VideoPixels.Mjpg);
        using var camera = Start();
        for (uint i = 0; i < 30; i++)
            _video.Picture(new(other.Jpeg[..1000], i));
        Says(camera, "30 pictures in a row were damaged, the last: a JPEG of 64x48");
    }

    [Fact]
    public void A_slow_camera_is_said_while_its_pictures_are_used()
    {
        using var camera = Start();
        PicturesFlow(camera);
        long from = HostClock.NowNs;
        Eventually.True(() => HostClock.NowNs > from + 1_100_000_000, "the second over which the rate is looked at");
        _video.Picture(V4l2CameraTests.Grey(2));
        Says(camera, "of 30 pictures a second: too little light for its exposure, or too many cameras on its USB bus");
        Assert.True(camera.Status.Connected);
        Assert.Equal(new StreamCounters(3, 0, 0), camera.Color.Counters);
    }

    public static TheoryData<string, string> WrongDevices => new()
    {
        { "no device", "is no video device: name one of /dev/v4l/by-id/" },
        { "metadata node", "(Scripted Webcam) takes no pictures: webcams have a second device for metadata; name the one that ends in "
            + "-video-index0" },
        { "no streaming", "cannot stream into mapped buffers: use a process of your own (docs/frame-socket.md)" },
        { "other format", "Scripted Webcam has no YUYV; it has MJPG, Y16" },
        { "other size", "Scripted Webcam has no 32x16 in YUYV; it has 640x480, 1280x720" },
        { "other rate", "makes 15 pictures a second at 32x16 in YUYV, not 30: change fps, size or format" },
        { "one buffer", "the kernel gave 1 buffers of 4" },
        { "no rights", "this user may not open /dev/v4l/by-id/cam: sudo usermod -aG video $USER, then log in anew" },
        { "dead node", "there is no camera behind /dev/v4l/by-id/cam: unplug it and plug it in again" },
        { "odd error", "/dev/v4l/by-id/cam cannot be opened: Too many open files (errno 24)" },
        { "usb", "setting the rate failed on the USB bus (Protocol error (errno 71)): try another cable or port" },
        { "bandwidth", "the USB bus has no room for its pictures beside the others': use format: mjpg" },
        { "no memory", "mapping a buffer failed: Cannot allocate memory (errno 12)" },
        { "poll", "waiting for a picture failed: Bad file descriptor (errno 9)" },
        { "stream error", "its driver reports an error on the stream: the camera has stopped" },
        { "no gain", "it has no control for gain: remove the key from the config" },
        { "gain", "gain: 400 is outside what it can do, 0 to 255" },
        { "exposure", "exposure_us: 1000000 is outside what it can do, 300 to 204700" },
        { "stubborn", "gain: it was set to 40 and says 10: this camera does not obey; remove the key from the config" },
        { "refused", "it did not take gain: Broken pipe (errno 32)" },
    };

    [Theory]
    [MemberData(nameof(WrongDevices))]
    public void A_wrong_device_and_every_refusal_are_said_in_words(string what, string said)
    {
        Prepare(what);
        using var camera = Start();
        Says(camera, said);
        Assert.EndsWith("; trying again", camera.Status.Message);
        Assert.False(camera.Status.Connected);
        Repair();
        PicturesFlow(camera);
        Assert.Equal(0, camera.Status.Reconnects); // it had never been there
    }

    private void Prepare(string what)
    {
        switch (what)
        {
            case "no device": Break("QUERYCAP", 25); break;
            case "metadata node": _video.DeviceCaps = 0x04A00000; break;
            case "no streaming": _video.DeviceCaps = 0x00200001; break;
            case "other format": _video.Format = 0x47504A4D; break;
            case "other size": _video.Size = (64, 48); break;
            case "other rate": _video.Period = (1, 15); break;
            case "one buffer": _video.Buffers = 1; break;
            case "no rights": Break("open", 13); break;
            case "dead node": Break("open", 19); break;
            case "odd error": Break("open", 24); break;
            case "usb": Break("S_PARM", 71); break;
            case "bandwidth": Break("STREAMON", 28); break;
            case "no memory": Break("mmap", 12); break;
            case "poll": Break("poll", 9); break;
            case "stream error":
                Break("DQBUF", 11);
                _video.Picture(V4l2CameraTests.Grey(0));
                break;
            case "no gain":
                _options.Gain = 1;
                _video.Controls.Remove(0x980913);
                break;
            case "gain": _options.Gain = 400; break;
            case "exposure": _options.ExposureUs = 1_000_000; break;
            case "stubborn":
                _options.Gain = 40;
                _video.Stubborn.Add(0x980913);
                break;
            case "refused":
                _options.Gain = 40;
                Break("S_CTRL", 32);
                break;
            default: throw new ArgumentException(what);
        }
    }

    private void Break(string call, int error)
    {
        _video.Change(() =>
        {
            if (call == "open")
                _video.OpenError = error;
            else
                _video.Fails[call] = error;
        });
    }

    private void Repair()
    {
        _video.Change(() =>
        {
            _video.Fails.Clear();
            _options.Gain = _options.ExposureUs = null;
            (_video.DeviceCaps, _video.Format, _video.Buffers) = (0x04200001, 0x56595559, 4);
            (_video.Size, _video.Period) = ((ScriptedVideo.Width, ScriptedVideo.Height), (1, 30));
        });
        _video.PlugIn();
    }
}
