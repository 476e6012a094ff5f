using RobotWorldModel.Runtime.Configuration;
using RobotWorldModel.Runtime.Doctor;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Runtime.Tests.Doctor;

/// <summary>What is said of computers that are made of files.</summary>
public sealed class ComputerChecksTests : IDisposable
{
    private static readonly Needs s_all = new()
    {
        SerialPorts = [(Sections.Gripper, "/dev/serial/by-id/usb-FTDI_A1-if00-port0")],
        Webcams = ["/dev/video0"],
        RealSense = true,
        Input = true,
        Motion = true,
    };

    private readonly MadeUpMachine _computer = new();
    private readonly Said _said = new();

    public void Dispose() => _computer.Dispose();

    [Fact]
    public void A_good_computer_is_right_in_everything()
    {
        _computer.Write("/etc/udev/rules.d/60-robot-serial.rules", File.ReadAllText(Repository.Path("systemd/60-robot-serial.rules")));
        _computer.Write("/etc/udev/rules.d/60-realsense.rules", File.ReadAllText(Repository.Path("systemd/60-realsense.rules")));
        _computer.Write("/etc/udev/rules.d/60-robot-input.rules", File.ReadAllText(Repository.Path("systemd/60-robot-input.rules")));
        Look();
        Assert.NotEmpty(_said.All);
        Assert.All(_said.All, c => Assert.True(c.State == CheckState.Ok, $"{c}"));
    }

    [Fact]
    public void What_slows_a_computer_is_a_warning_with_what_to_do()
    {
        _computer.Write("/proc/meminfo", "MemTotal: 4000000 kB\nMemAvailable: 1500000 kB\n");
        _computer.Write("/sys/devices/system/cpu/isolated", "2-6\n");
        _computer.Write("/sys/devices/system/cpu/cpu3/cpufreq/scaling_governor", "powersave\n");
        _computer.Write("/proc/version", "Linux version 6.1.0 (x) #1 SMP PREEMPT_DYNAMIC Debian\n");
        _computer.Write("/sys/devices/system/clocksource/clocksource0/current_clocksource", "hpet\n");
        Look();
        _said.Is("memory", CheckState.Warning, "1.5 of 4.1 GB");
        _said.Is("cores", CheckState.Warning, "8, of which 5 are isolated", "runs on 3");
        _said.Is("CPU governor", CheckState.Warning, "performance, powersave", "cpupower");
        _said.Is("real-time kernel", CheckState.Warning, "linux-image-rt");
        _said.Is("clock", CheckState.Warning, "hpet", "dmesg");
    }

    [Fact]
    public void A_computer_without_memory_is_a_fault_and_one_that_only_records_needs_no_real_time_kernel()
    {
        _computer.Write("/proc/meminfo", "MemTotal: 4000000 kB\nMemAvailable: 200000 kB\n");
        _computer.Write("/proc/version", "Linux version 6.1.0\n");
        ComputerChecks.Look(_said.In(Sections.Computer), _computer.Machine, new());
        _said.Is("memory", CheckState.Fault, "end other programs");
        _said.Is("real-time kernel", CheckState.Skipped, "recording needs none");
    }

    [Fact]
    public void What_the_kernel_refuses_is_said_with_the_lines_that_allow_it()
    {
        ComputerChecks.Limits(_said.In(Sections.Computer), "SCHED_FIFO 50: not permitted", "mlockall: no");
        ComputerChecks.WallClock(_said.In(Sections.Computer), synchronized: false);
        _said.Is("real-time class", CheckState.Warning, "SCHED_FIFO 50: not permitted", "rtprio 90");
        _said.Is("locked memory", CheckState.Warning, "memlock unlimited");
        _said.Is("wall clock", CheckState.Warning, "monotonic");
    }

    [Theory]
    [InlineData("Groups:\t44 46", "dialout:x:20:", "dialout", CheckState.Fault, "usermod -aG dialout lab")]
    [InlineData("Groups:\t44 46", "dialout:x:20:a,lab", "dialout", CheckState.Fault, "log out and in")]
    [InlineData("Groups:\t44 46", "other:x:20:", "dialout", CheckState.Fault, "no such group")]
    [InlineData("Groups:\t20 46", "dialout:x:20:", "video", CheckState.Warning, "no such group")]
    public void A_missing_group_is_named_with_the_command_that_gives_it(
        string groups, string entry, string group, CheckState state, string words)
    {
        _computer.Write("/proc/self/status", $"Uid:\t1000\t1000\nGid:\t1000\n{groups}\n");
        _computer.Write("/etc/group", entry + "\n");
        Look();
        _said.Is($"group {group}", state, words);
    }

    [Fact]
    public void Root_needs_no_group_and_a_config_without_such_devices_neither()
    {
        PermissionChecks.Look(_said.In(Sections.Computer), _computer.Machine, new(), "lab");
        Assert.All(_said.All, c => Assert.Equal(CheckState.Skipped, c.State));
        _computer.Write("/proc/self/status", "Uid:\t0\t0\nGroups:\t0\n");
        var root = new Said();
        PermissionChecks.Look(root.In(Sections.Computer), _computer.Machine, s_all, "root");
        root.Is("group dialout", CheckState.Skipped, "root");
    }

    [Fact]
    public void Missing_udev_rules_are_named()
    {
        Look();
        _said.Is("RealSense udev rules", CheckState.Warning, "none are installed", "60-realsense.rules");
        _said.Is("serial udev rules", CheckState.Warning, "none are installed", "60-robot-serial.rules");
        _said.Is("input udev rules", CheckState.Warning, "none are installed", "60-robot-input.rules");
    }

    [Fact]
    public void A_gpu_is_told_a_broken_driver_too_and_none_is_no_fault()
    {
        ComputerChecks.Gpu(_said.In(Sections.Computer), _computer.Machine, () => throw new InvalidOperationException("not asked"));
        _said.Is("GPU", CheckState.Skipped, "no NVIDIA driver");
        _computer.Write("/proc/driver/nvidia/version", "NVRM version: 550\n");
        var (works, broken) = (new Said(), new Said());
        ComputerChecks.Gpu(works.In(Sections.Computer), _computer.Machine, () => "RTX 4000, 550.1, 20475 MiB");
        works.Is("GPU", CheckState.Ok, "RTX 4000");
        ComputerChecks.Gpu(broken.In(Sections.Computer), _computer.Machine, () => null);
        broken.Is("GPU", CheckState.Warning, "restart");
    }

    [Fact]
    public void The_real_computer_can_be_looked_at()
    {
        ComputerChecks.Look(_said.In(Sections.Computer), new Machine(), s_all);
        ComputerChecks.Limits(_said.In(Sections.Computer), Drivers.Time.RealTime.WhyNoFifo(), null);
        ComputerChecks.WallClock(_said.In(Sections.Computer), Libc.IsClockSynchronized());
        _said.Is("memory", _said["memory"].State, "GB are free");
        Assert.NotEqual(CheckState.Skipped, _said["cores"].State);
    }

    [Fact]
    public void Libraries_are_looked_up_where_the_config_needs_them()
    {
        LibraryChecks.Look(_said.In(Sections.Computer), new() { RealSense = true, RealSenseLibrary = "/nowhere/librealsense2.so" });
        _said.Is("librealsense2", CheckState.Fault, "there is no file /nowhere/librealsense2.so");
        _said.Is("libturbojpeg", CheckState.Skipped, "Motion-JPEG");
        _said.Is("libapriltag", CheckState.Skipped, "no camera to calibrate");
    }

    [SkippableFact]
    public void A_library_that_is_there_is_named_with_its_file_and_what_it_tells_of_its_version()
    {
        Skip.IfNot(LibraryChecks.FileOf("libturbojpeg.so.0") is not null && LibraryChecks.FileOf("libapriltag.so.3") is not null,
            "libturbojpeg0 and libapriltag3 are not installed: ./scripts/setup.sh");
        LibraryChecks.Look(_said.In(Sections.Computer), new() { Jpeg = true, AprilTag = true });
        _said.Is("libturbojpeg", CheckState.Ok, "/libturbojpeg.so.0");
        Assert.Matches(@"^\d+\.\d+\S* from /", _said["libturbojpeg"].Found);
        _said.Is("libapriltag", CheckState.Ok, "/libapriltag.so.3");
        Assert.Null(LibraryChecks.FileOf("libnobody.so.9"));
    }

    private void Look()
    {
        ComputerChecks.Look(_said.In(Sections.Computer), _computer.Machine, s_all);
        PermissionChecks.Look(_said.In(Sections.Computer), _computer.Machine, s_all, "lab");
    }
}
