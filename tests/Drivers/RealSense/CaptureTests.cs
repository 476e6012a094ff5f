using RobotWorldModel.Drivers.RealSense;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Drivers.Tests.RealSense;

public class CaptureTests(StandInFixture fixture) : RealSenseTest(fixture)
{
    private const long PeriodNs = 1_000_000_000 / 90;

    [Theory]
    [InlineData(false, 0)]
    [InlineData(true, 0)]
    [InlineData(false, 24)]
    public void Pictures_arrive_as_they_were_and_a_set_has_one_number(bool oneSensor, int padding)
    {
        PlugIn(oneSensor: oneSensor);
        Bus.Order("rwm_pad", Serial, padding);
        using var camera = Open();
        var color = camera.Color.Subscribe(32);
        var depth = camera.Depth!.Subscribe(32);
        Eventually.True(() => color.Count > 10 && depth.Count > 10, $"pictures ({camera.Status.Message})", 20);
        var colors = Drain(color);
        var depths = Drain(depth);
        int pairs = 0;
        foreach (var c in colors)
        {
            long number = BitConverter.ToInt64(c.Value.Pixels);
            Assert.Equal(424 * 240 * 3, c.Value.Pixels.Length);
            Assert.Equal(-1, c.Value.Pixels[8..].IndexOfAnyExcept((byte)(number * 2 + StandIn.Color)));
            Assert.InRange(c.OriginatingNs, c.ArrivalNs - 200_000_000, c.ArrivalNs);
            foreach (var d in depths.Where(d => d.Sequence == c.Sequence))
            {
                pairs++;
                Assert.Equal(3_000_000, c.DeviceNs - d.DeviceNs, 1_000.0); // what the stand-in's depth is ahead; it counts whole µs
                Assert.Equal(-1, d.Value.Pixels[8..].IndexOfAnyExcept((byte)(BitConverter.ToInt64(d.Value.Pixels) * 2 + StandIn.Depth)));
            }
        }
        Assert.InRange(pairs, 8, colors.Count);
        colors.ForEach(s => s.Value.Release());
        depths.ForEach(s => s.Value.Release());
        Assert.Equal(0, camera.Color.Counters.Lost + camera.Depth.Counters.Lost);
    }

    [Fact]
    public void It_says_what_it_is_and_how_it_sees()
    {
        PlugIn();
        using var camera = Open();
        Streams(camera);
        CameraInfo info = camera.Info!;
        Assert.Equal(("Stand-in D435", Serial, "5.16.0.1", "3.2", "librealsense 2.58.2", true),
            (info.Model, info.Serial, info.Firmware, info.Usb, info.Library, info.HasMetadata));
        Assert.Equal(($"2-1-{Serial}", "camera"), (info.Port, info.ClockDomain));
        Assert.Equal((424, 240, 213.5, 117.5), (info.Color.Width, info.Color.Height, info.Color.Cx, info.Color.Cy));
        Assert.Equal(0.001, info.DepthScale, 1e-9);
        var (x, y) = LensModel.Bend([-0.055, 0.065, 0.0005, -0.0002, -0.021], 0.3, -0.2); // from the distorted to the ideal picture
        var (backX, backY) = LensModel.Bend(info.Color.Distortion, x, y);
        Assert.Equal((0.3, -0.2), (Math.Round(backX, 4), Math.Round(backY, 4)));
        Assert.All(info.Depth!.Distortion, k => Assert.Equal(0, k));
        var inColor = info.DepthInColor!.Value.Transform(new(1, 0, 2)); // the stand-in's: 0.1 rad about z, then a shift
        Assert.Equal((Math.Cos(0.1) + 0.015, Math.Sin(0.1) + 0.0002, 2.0), (inColor.X, inColor.Y, inColor.Z), new Close(1e-6));
        Assert.Equal("camera", camera.Clock!.Domain);
        Assert.Equal((90.0, 90.0), (camera.Color.RateHz, camera.Depth!.RateHz));
        Assert.Contains($"USB 3.2, port 2-1-{Serial}, firmware 5.16.0.1, librealsense 2.58.2", camera.Status.Message);
        Assert.EndsWith(", stamped by its own clock", camera.Status.Message);
    }

    [Fact]
    public void Its_clock_turns_over_and_nothing_is_seen_of_it()
    {
        PlugIn();
        Bus.Clock(Serial, 0, 40);
        Bus.Clock(Serial, 4294967296.0 - 400_000 - Bus.DeviceUs(Serial), 40);
        using var camera = Open();
        var all = Follow(camera, camera.Color, s => s.DeviceNs > 4294967296_000 + 100_000_000);
        for (int i = 1; i < all.Count; i++)
            Assert.Equal((all[i].Sequence - all[i - 1].Sequence) * PeriodNs, all[i].DeviceNs - all[i - 1].DeviceNs, 10_000.0);
        Assert.True(all[0].DeviceNs < 4294967296_000);
        Assert.DoesNotContain("believed", camera.Status.Message);
    }

    [Fact]
    public void Originating_times_are_those_of_the_exposure()
    {
        PlugIn();
        Bus.Clock(Serial, 123_456_789, 35);
        Bus.Order("rwm_delay", Serial, 4);
        using var camera = Open(o => o.LatencyMs = 2);
        var all = Follow(camera, camera.Color, s => s.Sequence > 60);
        // Exposure is 5 ms before the stamp, the configured latency 2 ms; the delay of 4 ms is what stamps cannot show.
        var late = all.TakeLast(30).Select(s => s.ArrivalNs - s.OriginatingNs).ToList();
        Assert.InRange(late.Min(), 6_900_000, 9_000_000);
        Assert.InRange(late.Max(), 6_900_000, 207_000_000);
    }

    [Fact]
    public void Without_metadata_pictures_have_no_stamp_of_the_camera()
    {
        PlugIn();
        Bus.Order("rwm_metadata", Serial, 0);
        using var camera = Open();
        Streams(camera);
        Assert.True(camera.Color.TryGetNewest(out var newest));
        Assert.Equal(Sample<ImageFrame>.NoDeviceTime, newest.DeviceNs);
        Assert.InRange(newest.ArrivalNs - newest.OriginatingNs, 0, 100_000_000);
        newest.Value.Release();
        Assert.Null(camera.Clock);
        Assert.Equal((false, "host"), (camera.Info!.HasMetadata, camera.Info.ClockDomain));
        Assert.Contains("without metadata", camera.Status.Message);
    }

    [Fact]
    public void Stamps_that_go_over_to_another_clock_are_said()
    {
        PlugIn();
        using var camera = Open();
        Streams(camera);
        Assert.Equal("camera", camera.Info!.ClockDomain);
        Bus.Order("rwm_metadata", Serial, 0);
        Says(camera, "without metadata: stamped by the host; its stamps went over to another clock (2 so far), now the host's");
        Assert.Equal((false, "host"), (camera.Info!.HasMetadata, camera.Info.ClockDomain));
        Bus.Order("rwm_metadata", Serial, 1);
        Says(camera, "stamped by its own clock; its stamps went over to another clock (4 so far), now the camera's");
        Assert.Equal(0, camera.Status.Reconnects);
    }

    [Fact]
    public void Colour_alone()
    {
        PlugIn();
        using var camera = Open(o => o.Depth = false);
        Streams(camera);
        Assert.Null(camera.Depth);
        Assert.Null(camera.Info!.Depth);
        Assert.Equal(1, Bus.Ask("rwm_opens", Serial));
    }

    [Fact]
    public void What_does_not_come_is_counted()
    {
        PlugIn();
        using var camera = Open();
        Streams(camera);
        long from = 0;
        var all = Follow(camera, camera.Color, s =>
        {
            if (from == 0)
                Bus.Order("rwm_drop", Serial, StandIn.Color, 3);
            from = from == 0 ? s.Sequence : from;
            return s.Sequence > from + 10;
        });
        Assert.Equal(3, all.Zip(all.Skip(1), (a, b) => b.Sequence - a.Sequence - 1).Sum());
        Assert.Equal((3, 0), (camera.Color.Counters.Lost, camera.Depth!.Counters.Lost));
    }

    [Fact]
    public void A_reader_that_holds_all_frames_costs_pictures_and_nothing_else()
    {
        PlugIn();
        using var camera = Open(o => o.PoolFrames = 4);
        var hoard = camera.Color.Subscribe(64);
        // For longer than a stream may be silent: the camera must not be started anew for it.
        Eventually.True(() => camera.Color.Counters.Lost >= 90 * 3 * Quick.Fault / 1000, "losses", 20);
        Says(camera, "readers hold all frames: is the disk slow?");
        Assert.True(camera.Depth!.Counters.Received > 10);
        Assert.Equal(4, camera.Color.Counters.Received);
        Assert.Equal((0, 0), (camera.Status.Reconnects, Bus.Ask("rwm_resets", Serial)));
        var held = Drain(hoard);
        long lost = camera.Color.Counters.Lost;
        held.ForEach(s => s.Value.Release());
        camera.Color.Detach(hoard);
        Drain(hoard).ForEach(s => s.Value.Release());
        Streams(camera);
        Assert.InRange(camera.Color.Counters.Lost, lost, lost + 60);
    }

    private sealed class Close(double by) : IEqualityComparer<(double, double, double)>
    {
        public bool Equals((double, double, double) a, (double, double, double) b) =>
            Math.Abs(a.Item1 - b.Item1) < by && Math.Abs(a.Item2 - b.Item2) < by && Math.Abs(a.Item3 - b.Item3) < by;

        public int GetHashCode((double, double, double) v) => 0;
    }
}
