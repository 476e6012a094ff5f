using RobotWorldModel.Drivers.RealSense;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Drivers.Tests.RealSense;

public class SettingsTests(StandInFixture fixture) : RealSenseTest(fixture)
{
    private const int Exposure = 3, Gain = 4, WhiteBalance = 9, AutoExposure = 10, AutoWhiteBalance = 11, Preset = 12, LaserPower = 13,
        Emitter = 18, AutoExposurePriority = 30, GlobalTime = 53;

    [Fact]
    public void The_camera_is_set_as_the_config_says()
    {
        PlugIn();
        using (var camera = Open(o =>
            (o.ExposureUs, o.DepthExposureUs, o.Gain, o.WhiteBalance, o.Emitter, o.LaserPower, o.Preset) =
            (8000, 7000, 32, 5000, RealSenseEmitter.Auto, 100, "high_accuracy")))
            Streams(camera);
        // The colour camera counts its exposure in 100 µs; the laser's power goes in steps of 30 mW.
        Assert.Equal((80, 32, 5000), (Bus.Option(Serial, Exposure), Bus.Option(Serial, Gain), Bus.Option(Serial, WhiteBalance)));
        Assert.Equal((7000, 0), (Bus.DepthOption(Serial, Exposure), Bus.DepthOption(Serial, AutoExposure))); // depth in µs
        Assert.Equal((0, 0), (Bus.Option(Serial, AutoExposure), Bus.Option(Serial, AutoWhiteBalance)));
        Assert.Equal((3, 90, 2), (Bus.Option(Serial, Preset), Bus.Option(Serial, LaserPower), Bus.Option(Serial, Emitter)));
        using (var camera = Open()) // and nothing is left of it for who names nothing
            Streams(camera);
        Assert.Equal((1, 1), (Bus.Option(Serial, AutoExposure), Bus.Option(Serial, AutoWhiteBalance)));
        Assert.Equal(1, Bus.DepthOption(Serial, AutoExposure));
        Assert.Equal((0, 0), (Bus.Option(Serial, AutoExposurePriority), Bus.Option(Serial, GlobalTime)));
    }

    [Fact]
    public void Of_a_camera_with_one_sensor_the_exposure_counts_in_microseconds()
    {
        PlugIn(oneSensor: true);
        using var camera = Open(o => o.ExposureUs = 8000);
        Streams(camera);
        Assert.Equal(8000, Bus.Option(Serial, Exposure));
        Assert.Equal(0.0001, camera.Info!.DepthScale, 1e-9);
        Assert.Equal(1, Bus.Ask("rwm_opens", Serial));
    }

    [Fact]
    public void Stamps_fitted_by_the_library_are_taken_where_they_are_asked_for()
    {
        PlugIn();
        using var camera = Open(o => o.GlobalTime = true);
        Streams(camera);
        Assert.Equal(1, Bus.Option(Serial, GlobalTime));
        Assert.True(camera.Color.TryGetNewest(out var newest));
        long nowNs = (DateTimeOffset.UtcNow - DateTimeOffset.UnixEpoch).Ticks * 100;
        Assert.InRange(nowNs - newest.DeviceNs, 0, 1_000_000_000);
        newest.Value.Release();
        Assert.Equal(("wall", "wall"), (camera.Clock!.Domain, camera.Info!.ClockDomain));
        Assert.Contains("stamped by the library's fit to the wall clock", camera.Status.Message);
    }

    public static TheoryData<string, string> Refused => new()
    {
        { "exposure", "exposure_us: 50 is outside 100 … 1000000 of this camera" },
        { "one sensor", "depth_exposure_us: depth and colour of this camera come from one sensor: exposure_us is of both" },
        { "white_balance", "white_balance: 100 is outside 2800 … 6500 of this camera" },
        { "laser", "laser_power: 1000 is outside 0 … 360 of this camera" },
        { "preset", "preset: this camera has no 'best'; it has custom, default, hand, high_accuracy, high_density, medium_density" },
        { "size", "it has no colour of 640x481 at 90 Hz, but 1280x720 at 6/15/30/60/90, 640x480 at" },
        { "depth size", "it has no depth of 424x241 at 90 Hz, but" },
        { "json", "advanced_json: Could not find file" },
        { "usb", "it is on USB 2.1 (port 2-1-836612070000): use a USB 3 port and a USB 3 cable" },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public void What_the_camera_cannot_do_is_said(string what, string said)
    {
        PlugIn(usb: what == "usb" ? "2.1" : "3.2", oneSensor: what == "one sensor");
        using var camera = Open(o => _ = what switch
        {
            "one sensor" => o.DepthExposureUs = 8000,
            "exposure" => o.ExposureUs = 50,
            "white_balance" => o.WhiteBalance = 100,
            "laser" => o.LaserPower = 1000,
            "preset" => (o.Preset = "best").Length,
            "size" => (o.Width = 640) + (o.Height = 481),
            "depth size" => o.DepthHeight = 241,
            "json" => (o.AdvancedJson = "/rwm-nowhere.json").Length,
            _ => 0,
        });
        Says(camera, $"wrist: {said}");
        Assert.False(camera.Status.Connected);
    }

    [Fact]
    public void Usb_2_is_taken_where_it_is_allowed()
    {
        PlugIn(usb: "2.1");
        using var camera = Open(o => o.AllowUsb2 = true);
        Streams(camera);
        Assert.Equal("2.1", camera.Info!.Usb);
    }

    [Fact]
    public void Advanced_settings_restart_the_camera_once()
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder["settings.json"], "{ \"param-leftrightthreshold\": 24 }");
        PlugIn();
        for (int round = 0; round < 2; round++)
        {
            using var camera = Open(o => o.AdvancedJson = folder["settings.json"]);
            Streams(camera);
            Assert.Equal("{ \"param-leftrightthreshold\": 24 }", Bus.Json(Serial));
            Assert.Equal(round + 1, Bus.Ask("rwm_opens", Serial) / 2);
        }
    }

    [Fact]
    public void Advanced_settings_that_are_wrong_are_said()
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder["settings.json"], "nothing of the kind");
        PlugIn();
        Bus.Order("rwm_advanced", Serial, 1);
        using var camera = Open(o => o.AdvancedJson = folder["settings.json"]);
        Says(camera, "failed to parse JSON");
    }

    [Fact]
    public void Bad_options_are_named()
    {
        Assert.Contains("exposure_us: 20000 is longer than a picture lasts at 90 Hz",
            Assert.Throws<ArgumentException>(() => Open(o => o.ExposureUs = 20_000)).Message);
        Assert.Contains("depth_exposure_us: 20000 is longer than a picture lasts at 90 Hz",
            Assert.Throws<ArgumentException>(() => Open(o => o.DepthExposureUs = 20_000)).Message);
        Assert.Contains("depth_exposure_us says nothing with depth: false",
            Assert.Throws<ArgumentException>(() => Open(o => (o.DepthExposureUs, o.Depth) = (2000, false))).Message);
        Assert.Contains("gain says nothing", Assert.Throws<ArgumentException>(() => Open(o => o.Gain = 3)).Message);
        Assert.Contains("pool_frames", Assert.Throws<ArgumentException>(() => Open(o => o.PoolFrames = 1)).Message);
        Assert.Contains("mounted_on", Assert.Throws<ArgumentException>(() => Open(o => o.MountedOn = "roof")).Message);
    }
}
