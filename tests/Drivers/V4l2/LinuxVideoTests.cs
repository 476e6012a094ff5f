using System.Diagnostics;
using RobotWorldModel.Drivers.V4l2;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Drivers.Tests.V4l2;

/// <summary>The kernel's own calls, on what every machine has; and on a real capture device where there is one.</summary>
public unsafe class LinuxVideoTests
{
    private static readonly LinuxVideo s_linux = new();

    [Fact]
    public void What_is_not_there_and_what_is_no_video_device_are_errors()
    {
        Assert.Equal(2, s_linux.Open("/dev/v4l/by-id/nothing", out IVideoDevice? none));
        Assert.Null(none);
        Assert.Equal(0, s_linux.Open("/dev/null", out IVideoDevice? device));
        VideoCapability capability;
        Assert.Equal(25, device!.Call(Video.QueryCapability, &capability));
        Assert.Equal("", device.Serial);
        device.Dispose();
        device.Dispose();
    }

    [Fact]
    public void The_serial_is_the_usb_devices_above_the_video_nodes_interface()
    {
        using var sysfs = new TempFolder();
        string usb = Path.Combine(sysfs.Path, "devices", "usb1", "1-2"), node = Path.Combine(sysfs.Path, "class", "video4linux", "video3");
        Directory.CreateDirectory(Path.Combine(usb, "1-2:1.0"));
        Directory.CreateDirectory(node);
        File.CreateSymbolicLink(Path.Combine(node, "device"), Path.Combine(usb, "1-2:1.0"));
        File.WriteAllText(sysfs["video3"], "");
        File.CreateSymbolicLink(sysfs["by-id"], sysfs["video3"]);
        Assert.Equal("", LinuxVideo.SerialOf(sysfs["by-id"], sysfs.Path)); // a camera without
        File.WriteAllText(Path.Combine(usb, "serial"), "4711\n");
        Assert.Equal("4711", LinuxVideo.SerialOf(sysfs["by-id"], sysfs.Path));
        Assert.Equal("4711", LinuxVideo.SerialOf(sysfs["video3"], sysfs.Path));
        Assert.Equal("", LinuxVideo.SerialOf(sysfs["video4"], sysfs.Path));
    }

    [Fact]
    public void Memory_is_mapped_from_the_device()
    {
        using var folder = new TempFolder();
        byte[] content = new byte[8192];
        new Random(1).NextBytes(content);
        File.WriteAllBytes(folder["memory"], content);
        Assert.Equal(0, s_linux.Open(folder["memory"], out IVideoDevice? device));
        Assert.Equal(0, device!.Map(4096, 4096, out byte* address));
        Assert.Equal(content[4096..], new ReadOnlySpan<byte>(address, 4096).ToArray());
        device.Unmap(address, 4096);
        Assert.Equal(22, device.Map(4096, 1, out address)); // not on a page
        Assert.True(address is null);
        device.Dispose();
    }

    [Fact]
    public void A_wait_ends_with_data_with_its_time_or_when_it_is_woken()
    {
        using var folder = new TempFolder();
        using (var mkfifo = new PeerProcess("/usr/bin/mkfifo", folder["pipe"]))
            mkfifo.ReadToEnd();
        Assert.Equal(0, s_linux.Open(folder["pipe"], out IVideoDevice? device));
        Assert.Equal((0, false), (device!.Wait(0, out bool ready), ready));
        using (var writer = new FileStream(folder["pipe"], FileMode.Open, FileAccess.ReadWrite))
        {
            writer.WriteByte(1);
            writer.Flush();
        }
        Assert.Equal((0, true), (device.Wait(60_000, out ready), ready));
        using var thread = new CancellationTokenSource();
        var clock = Stopwatch.StartNew();
        thread.Token.Register(device.Wake);
        thread.CancelAfter(20);
        while (ready) // the byte stays there: only the wake ends it
            device.Wait(60_000, out ready);
        Assert.InRange(clock.Elapsed.TotalSeconds, 0, 50);
        device.Dispose();
    }

    /// <summary>A webcam, or the kernel's own: <c>modprobe vivid</c>.</summary>
    [SkippableFact]
    public void A_real_capture_device_streams()
    {
        string? path = Directory.GetFiles("/dev", "video*").Order().FirstOrDefault();
        Skip.If(path is null, "there is no /dev/video*: plug in a webcam, or modprobe vivid");
        using var camera = new V4l2Camera(new() { Name = "real", Device = path, RateHz = 30 });
        var queue = camera.Color.Subscribe(64);
        camera.Start();
        Eventually.True(() => queue.Count >= 20 || camera.Status.Message.Contains("trying again"), "20 pictures or a reason");
        Assert.True(queue.Count >= 20, camera.Status.Message);
        long before = long.MinValue;
        while (queue.TryDequeue(out var sample))
        {
            Assert.True(sample.OriginatingNs > before && sample.OriginatingNs <= sample.ArrivalNs);
            before = sample.OriginatingNs;
            sample.Value.Release();
        }
    }
}
