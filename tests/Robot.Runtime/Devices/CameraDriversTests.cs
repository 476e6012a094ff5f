using RobotWorldModel.Collector.Playback;
using RobotWorldModel.Drivers.V4l2;
using RobotWorldModel.Runtime.Configuration;
using RobotWorldModel.Runtime.Devices;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Runtime.Tests.Devices;

public class CameraDriversTests
{
    [Fact]
    public void A_webcams_lock_is_the_files_behind_its_names_and_needs_no_webcam()
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder["video0"], "");
        File.CreateSymbolicLink(folder["by-id"], "video0");
        File.CreateSymbolicLink(folder["by-path"], "by-id");
        var driver = CameraDrivers.All["v4l2"];
        string? address = driver.Address(new() { Device = folder["video0"] });
        Assert.DoesNotContain('/', address!);
        Assert.Equal(address, driver.Address(new() { Device = folder["by-id"] }));
        Assert.Equal(address, driver.Address(new() { Device = folder["by-path"] }));
        File.Delete(folder["video0"]);
        Assert.NotNull(driver.Address(new() { Device = folder["by-id"] }));
        Assert.Equal("_dev_v4l_by-id_none-index0", driver.Address(new() { Device = "/dev/v4l/by-id/none-index0" }));
    }

    [Fact]
    public void Each_section_makes_its_driver()
    {
        using var webcam = CameraDrivers.All["v4l2"].Create!(new() { Name = "front", Device = "/dev/none", Fps = 15 });
        Assert.IsType<V4l2Camera>(webcam);
        Assert.Equal(("front_rgb", 15d), (webcam.Color.Name, webcam.Color.RateHz));
        var played = new CameraConfig { Name = "desk", Episode = "data/demo_000", Camera = "wrist", Depth = false };
        using var episode = CameraDrivers.All["episode"].Create!(played);
        Assert.IsType<EpisodeCamera>(episode);
        Assert.Null(episode.Depth);
        Assert.Null(CameraDrivers.All["episode"].Address(played)); // any number may play it
    }
}
