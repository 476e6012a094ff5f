using System.Runtime.InteropServices;
using RobotWorldModel.Drivers.RealSense;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.Time;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Drivers.Tests.RealSense;

/// <summary>One test on the stand-in and, where it is installed, on librealsense2 itself: what one takes the other must take.</summary>
public class SoftwareDeviceTests(StandInFixture fixture) : RealSenseTest(fixture)
{
    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public void Pictures_of_a_software_device_arrive(bool original)
    {
        using var software = new SoftwareCamera(Library(original));
        using var camera = OpenSoftware(original);
        var color = camera.Color.Subscribe(64);
        var depth = camera.Depth!.Subscribe(64);
        const double Wrap = 4294967296;
        int sent = 0;
        // From a third of a second before its clock turns over, at the pace of its stamps.
        Eventually.True(() =>
        {
            software.Send(++sent, Wrap - 333_333 + sent * 33_333);
            Thread.Sleep(33);
            return color.Count >= 15 && depth.Count >= 15;
        }, "fifteen sets", 20);
        Assert.Equal((SoftwareCamera.Serial, "1.0"), (camera.Info!.Serial, camera.Info.Firmware));
        Assert.Equal(0.001, camera.Info.DepthScale, 1e-6);
        Assert.Equal((31.5, 61.0), (camera.Info.Color.Cx, camera.Info.Depth!.Fy));
        Assert.Equal(0.015, camera.Info.DepthInColor!.Value.Position.X, 1e-6);
        Assert.Equal(0, software.AutoExposurePriorityNow);
        var colors = Drain(color);
        var depths = Drain(depth);
        var pairs = colors.Select(s => s.Sequence).Intersect(depths.Select(s => s.Sequence));
        Assert.Equal(Math.Min(colors.Count, depths.Count), pairs.Count());
        for (int i = 0; i < colors.Count; i++)
        {
            Assert.Equal(-1, colors[i].Value.Pixels.IndexOfAnyExcept(colors[i].Value.Pixels[0]));
            if (i > 0)
                Assert.Equal(colors[i - 1].DeviceNs + (colors[i].Sequence - colors[i - 1].Sequence) * 33_333_000, colors[i].DeviceNs, 1e3);
        }
        Assert.True(colors[^1].DeviceNs > Wrap * 1000);
        colors.ForEach(s => s.Value.Release());
        depths.ForEach(s => s.Value.Release());
    }

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public void Pictures_of_a_software_device_that_are_left_out_are_lost(bool original)
    {
        using var software = new SoftwareCamera(Library(original));
        using var camera = OpenSoftware(original);
        int sent = 0;
        Eventually.True(() => Send() && camera.Status.Connected && camera.Depth!.Counters.Received > 0, "pictures", 20);
        var (color, depth) = (camera.Color.Counters.Lost, camera.Depth!.Counters.Lost);
        sent += 4;
        Eventually.True(() => Send() && camera.Color.Counters.Lost == color + 4 && camera.Depth.Counters.Lost == depth + 4,
            () => $"four of each are lost: {camera.Color.Counters}, {camera.Depth.Counters}", 20);

        bool Send()
        {
            software.Send(++sent, sent * 33_333);
            Thread.Sleep(33); // the pace of its stamps
            return true;
        }
    }

    [Fact]
    public void Taking_pictures_allocates_nothing()
    {
        using var software = new SoftwareCamera(Bus.Path);
        using var camera = OpenSoftware(original: false);
        int sent = 0;
        Eventually.True(() => Sent() && camera.Status.Connected, "pictures", 20);
        long before = camera.Color.Counters.Received;
        int from = sent;
        Assert.Equal(0, Allocations.OfOneRound(() => // the stand-in calls back on the thread that hands over
        {
            for (int i = 0; i < 200; i++)
                software.Send(++sent, HostClock.NowNs * 1e-3);
        }));
        Assert.Equal(sent - from, camera.Color.Counters.Received - before);
        Assert.DoesNotContain("believed", camera.Status.Message);

        bool Sent()
        {
            software.Send(++sent, HostClock.NowNs * 1e-3);
            return camera.Color.Counters.Received > 3;
        }
    }

    private RealSenseCamera OpenSoftware(bool original) => Open(
        o => (o.Library, o.Width, o.Height, o.Fps) = (Library(original), SoftwareCamera.Width, SoftwareCamera.Height, SoftwareCamera.Fps),
        Quick with { Stale = 5000, Fault = 10_000, First = 10_000 });

    private string Library(bool original)
    {
        if (!original)
            return Bus.Path;
        string? found = RealSenseLibrary.SystemNames.FirstOrDefault(n => NativeLibrary.TryLoad(n, out _));
        Skip.If(found is null, "librealsense2 is not installed on this machine");
        return found!;
    }
}
