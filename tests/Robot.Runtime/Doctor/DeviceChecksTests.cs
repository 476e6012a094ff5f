using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.V4l2;
using RobotWorldModel.Runtime.Configuration;
using RobotWorldModel.Runtime.Doctor;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Runtime.Tests.Doctor;

/// <summary>What is said of devices of any kind, of serial ports, force, fingers, pictures and the disk.</summary>
public sealed class DeviceChecksTests : IDisposable
{
    private readonly MadeUpMachine _computer = new();
    private readonly TempFolder _folder = new();
    private readonly Said _said = new();

    public void Dispose()
    {
        _computer.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void A_stream_is_measured_by_its_samples_own_times()
    {
        var times = Enumerable.Range(0, 91).Where(i => i != 45).Select(i => (i * 33_333_333L, i * 33_333_333L + 20_000_000)).ToList();
        StreamLook look = StreamLook.Of("wrist_rgb", 30, lost: 1, times);
        Assert.Equal((90, 1), (look.Samples, look.Lost));
        Assert.Equal(29.67, look.MeasuredHz, 1);
        Assert.Equal(66.7, look.LongestGapMs, 1);
        Assert.Equal((20.0, 20.0), (look.DelayP50Ms, look.DelayP99Ms));
    }

    [Theory]
    [InlineData(29.9, 0, 34, 20, 25, CheckState.Ok, CheckState.Ok, "")]
    [InlineData(25.0, 0, 40, 20, 25, CheckState.Warning, CheckState.Ok, "less often")]
    [InlineData(9.0, 0, 40, 20, 25, CheckState.Fault, CheckState.Ok, "less often")]
    [InlineData(29.9, 3, 34, 20, 25, CheckState.Warning, CheckState.Ok, "never arrived")]
    [InlineData(29.9, 0, 150, 20, 25, CheckState.Warning, CheckState.Ok, "what else this computer does")]
    [InlineData(29.9, 0, 34, 20, 300, CheckState.Ok, CheckState.Warning, "")]
    [InlineData(29.9, 0, 34, 20, 80, CheckState.Ok, CheckState.Warning, "")]
    public void Rate_and_delay_are_judged(
        double hz, long lost, double gap, double p50, double p99, CheckState rate, CheckState delay, string words)
    {
        var look = new StreamLook("gripper", 30, 90, lost, hz, gap, p50, p99);
        StreamChecks.Rate(_said.In(Sections.Gripper), "gripper", look);
        StreamChecks.Delay(_said.In(Sections.Gripper), "gripper", look);
        _said.Is("rate", rate, words);
        _said.Is("delay", delay);
    }

    [Fact]
    public void A_device_that_is_away_silent_or_comes_and_goes_is_told()
    {
        var section = _said.In(Sections.Cameras);
        Assert.False(StreamChecks.Connection(section, "a", new(false, "a: there is no /dev/video7: is it plugged in?", 0), "see to it"));
        Assert.True(StreamChecks.Connection(section, "b", new(true, "b: 640x480", 2, "unplugged"), "see to it"));
        StreamChecks.Rate(section, "c", StreamLook.Of("c", 30, 0, []));
        _said.Is("a connection", CheckState.Fault, "there is no /dev/video7", "see to it");
        _said.Is("b connection", CheckState.Warning, "lost 2 times", "unplugged");
        _said.Is("c rate", CheckState.Fault, "sends nothing");
    }

    [Fact]
    public void Clock_maps_are_judged_by_what_is_left_and_by_their_drift()
    {
        var section = _said.In(Sections.Cameras);
        StreamChecks.Clock(section, "a", new("camera", 5, 12, 400_000));
        StreamChecks.Clock(section, "b", new("camera", 5, 12, 9_000_000));
        StreamChecks.Clock(section, "c", new("camera", 5, -190, 400_000));
        StreamChecks.Clock(section, "d", null);
        _said.Is("a clock", CheckState.Ok, "0.400 ms, drift 12.0 ppm");
        _said.Is("b clock", CheckState.Warning);
        _said.Is("c clock", CheckState.Warning);
        _said.Is("d clock", CheckState.Skipped, "none of its own");
    }

    [Theory]
    [InlineData(true, false, CheckState.Ok, CheckState.Ok, "not held")]
    [InlineData(true, true, CheckState.Ok, CheckState.Warning, "does something lie on it")]
    [InlineData(true, null, CheckState.Ok, CheckState.Skipped, "./robot teleop")]
    [InlineData(false, false, CheckState.Fault, null, "")]
    public void What_leads_the_arm_is_there_and_its_switch_is_let_go(
        bool connected, bool? held, CheckState connection, CheckState? deadMan, string words)
    {
        TeleopChecks.Judge(_said.In(Sections.Teleoperation), new(connected, "teleoperation: no gamepad is connected", 0), held);
        _said.Is("connection", connection, "no gamepad is connected");
        if (deadMan is { } state)
            _said.Is("dead man's switch", state, words);
        else
            Assert.Single(_said.All);
    }

    [Fact]
    public void A_serial_port_is_known_by_its_stable_name_and_its_latency()
    {
        const string ById = "/dev/serial/by-id/usb-FTDI_A1-if00-port0";
        _computer.Write("/dev/ttyUSB0", "");
        _computer.Link(ById, "../../ttyUSB0");
        _computer.Write("/sys/bus/usb-serial/devices/ttyUSB0/latency_timer", "16\n");
        SerialChecks.Look(_said.In(Sections.Force), _computer.Machine, ById);
        _said.Is("serial port", CheckState.Ok, "is ttyUSB0");
        _said.Is("adapter latency", CheckState.Warning, "16 ms", "make install");

        _computer.Write("/sys/bus/usb-serial/devices/ttyUSB0/latency_timer", "1\n");
        var (plain, absent) = (new Said(), new Said());
        SerialChecks.Look(plain.In(Sections.Force), _computer.Machine, "/dev/ttyUSB0");
        plain.Is("serial port", CheckState.Warning, $"line: {ById}");
        plain.Is("adapter latency", CheckState.Ok, "1 ms");
        SerialChecks.Look(absent.In(Sections.Force), _computer.Machine, "/dev/ttyUSB7");
        absent.Is("serial port", CheckState.Fault, "there is no /dev/ttyUSB7");
        absent.Is("adapter latency", CheckState.Skipped, "no FTDI");
    }

    [Fact]
    public void Force_that_stands_still_is_too_large_or_is_no_number_is_told()
    {
        Assert.Equal(CheckState.Ok, Force(i => 10 + 0.1 * (i % 3)));
        Assert.Equal(CheckState.Ok, Force(i => 60 + 0.1 * (i % 3), outside: 0.5));
        Assert.Equal(CheckState.Warning, Force(i => 60 + 0.1 * (i % 3)));
        Assert.Equal(CheckState.Warning, Force(i => 10 + 0.1 * (i % 3), outside: 8));
        Assert.Equal(CheckState.Warning, Force(_ => 10));
        Assert.Equal(CheckState.Warning, Force(i => i == 5 ? double.NaN : i));
    }

    [Fact]
    public void A_gripper_that_is_not_active_or_at_fault_is_told()
    {
        var (ready, idle, broken) = (new Said(), new Said(), new Said());
        GripperChecks.Judge(ready.In(Sections.Gripper), true, new(0.5, 0.0425, 0, true, false, 0), "");
        GripperChecks.Judge(idle.In(Sections.Gripper), false, new(0.5, 0.0425, 0, false, true, 0), "");
        GripperChecks.Judge(broken.In(Sections.Gripper), false, new(0.5, 0.0425, 0, false, false, 0x0E), "fault 0x0E, too much current");
        ready.Is("activation", CheckState.Ok);
        ready.Is("fingers", CheckState.Ok, "42.5 mm open, holding something");
        idle.Is("activation", CheckState.Warning, "at the pendant");
        idle.Is("fingers", CheckState.Warning, "they move");
        broken.Is("activation", CheckState.Fault, "too much current");
    }

    [Fact]
    public void Black_overexposed_and_empty_pictures_are_told_and_every_picture_is_a_file()
    {
        const int W = 64, H = 48;
        byte[] scene = new byte[W * H * 3];
        for (int i = 0; i < scene.Length; i++)
            scene[i] = (byte)(i / 3 % W / 8 % 2 == 0 ? 60 : 180);
        Assert.Equal(CheckState.Ok, Picture("scene", scene));
        Assert.Equal(CheckState.Warning, Picture("black", new byte[W * H * 3]));
        Assert.Equal(CheckState.Warning, Picture("white", [.. Enumerable.Repeat((byte)255, W * H * 3)]));
        Assert.Equal(CheckState.Warning, Picture("gray", [.. Enumerable.Repeat((byte)120, W * H * 3)]));
        _said.Is("black picture", CheckState.Warning, "cap");
        _said.Is("scene picture", CheckState.Ok, "64x48, brightness 120", _folder["scene.png"]);
        Assert.True(PictureLook.Of(scene, W, H).Sharpness > 5);
        Assert.Equal(4, Directory.GetFiles(_folder.Path, "*.png").Length);

        CheckState Picture(string name, byte[] rgb)
        {
            CameraChecks.Picture(_said.In(Sections.Cameras), name, rgb, W, H, _folder.Path);
            return _said[$"{name} picture"].State;
        }
    }

    [Fact]
    public void Depth_without_returns_is_told()
    {
        var section = _said.In(Sections.Cameras);
        CameraChecks.Depth(section, "blind", new byte[2000], 0.001);
        CameraChecks.Depth(section, "seeing", [.. Enumerable.Range(0, 1000).SelectMany(_ => new byte[] { 0xE8, 0x03 })], 0.001);
        _said.Is("blind depth", CheckState.Warning, "0 %");
        _said.Is("seeing depth", CheckState.Ok, "100 %", "1.00 m");
    }

    [Fact]
    public void A_camera_on_a_slow_usb_bus_is_told()
    {
        _computer.Write("/sys/devices/usb1/1-2/speed", "480\n");
        _computer.Write("/sys/devices/usb1/1-2/1-2:1.0/x", "");
        _computer.Link("/sys/class/video4linux/video0/device", "../../../devices/usb1/1-2/1-2:1.0");
        var section = _said.In(Sections.Cameras);
        CameraConfig small = new() { Name = "small", Device = "/dev/video0" };
        CameraConfig large = new() { Name = "large", Device = "/dev/video0", Width = 1280, Height = 720 };
        CameraConfig jpeg = new() { Name = "jpeg", Device = "/dev/video0", Width = 1280, Height = 720, Format = VideoPixels.Mjpg };
        foreach (var camera in (CameraConfig[])[small, large, jpeg])
            CameraChecks.Usb(section, _computer.Machine, camera, "", null);
        CameraChecks.Usb(section, _computer.Machine, new() { Name = "other", Device = "/dev/video9" }, "", null);
        CameraChecks.Usb(section, _computer.Machine, new() { Name = "depth" }, "2.1", true);
        CameraChecks.Usb(section, _computer.Machine, new() { Name = "quick" }, "3.2", false);
        _said.Is("small USB", CheckState.Ok, "480 Mbit/s, 18 MB/s");
        _said.Is("large USB", CheckState.Warning, "mjpg");
        _said.Is("jpeg USB", CheckState.Ok);
        _said.Is("other USB", CheckState.Skipped, "not on USB");
        _said.Is("depth USB", CheckState.Warning, "USB 2.1");
        _said.Is("quick USB", CheckState.Ok);
        _said.Is("quick stamps", CheckState.Warning, "FORCE_RSUSB_BACKEND");
    }

    [Fact]
    public void A_disk_that_is_slow_full_or_closed_is_told()
    {
        var need = new RecordingNeed(90e6, "two cameras", KeepLog.Numbers);
        Assert.Equal((CheckState.Ok, CheckState.Ok), Disk(new("/d", "/d", null, 800e6, 2_000_000_000_000), need));
        Assert.Equal((CheckState.Warning, CheckState.Warning), Disk(new("/d", "/d", null, 200e6, 40_000_000_000), need));
        Assert.Equal((CheckState.Fault, CheckState.Fault), Disk(new("/d", "/d", null, 60e6, 1_000_000_000), need));
        Assert.Equal((CheckState.Skipped, CheckState.Skipped), Disk(new("/d", "/d", "read-only", double.NaN, 0), need));
        Assert.Equal((CheckState.Skipped, CheckState.Skipped), Disk(new("/d", "/d", null, 60e6, 1_000_000_000), null));
        Assert.Equal((CheckState.Skipped, CheckState.Ok), Disk(new("/d", "/d", null, double.NaN, 2_000_000_000_000), need));
        var newest = new Said();
        DiskChecks.Judge(newest.In(Sections.Disk), new("/d", "/d", null, 800e6, 36_000_000_000), need with { NewestEpisode = 1e6 });
        newest.Is("room", CheckState.Ok, "10 hours", "newest episode");

        static (CheckState, CheckState) Disk(DiskLook look, RecordingNeed? need)
        {
            var said = new Said();
            DiskChecks.Judge(said.In(Sections.Disk), look, need);
            Assert.Equal(look.Problem is null ? CheckState.Ok : CheckState.Fault, said["data root"].State);
            return (said["write speed"].State, said["room"].State);
        }
    }

    [Fact]
    public void A_real_disk_is_measured_and_left_as_it_was()
    {
        DiskLook look = DiskLook.At(Path.Combine(_folder.Path, "not", "there"), TimeSpan.FromMilliseconds(100));
        Assert.Equal((_folder.Path, null), (look.Folder, look.Problem));
        Assert.True(look.BytesPerSecond > 0 && look.FreeBytes > 0);
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Path));
        Assert.NotNull(DiskLook.At("/proc/robot", TimeSpan.FromMilliseconds(100)).Problem);
    }

    private static CheckState Force(Func<int, double> fx, double? outside = null)
    {
        var said = new Said();
        ForceChecks.Judge(said.In(Sections.Force),
            new(new("FT 300"), [.. Enumerable.Range(0, 100).Select(i => new Wrench(fx(i), 0, 0, 0, 0, 0))], outside), 50);
        return said["values"].State;
    }
}
