using RobotWorldModel.Drivers.Motion;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Runtime.Configuration;
using RobotWorldModel.Runtime.Doctor;
using RobotWorldModel.Runtime.Processes;
using RobotWorldModel.Runtime.Protocol;
using RobotWorldModel.Simulation.Controller;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Runtime.Tests.Doctor;

/// <summary>What is said of an arm as its controller or a running service tells it, and of the service.</summary>
public sealed class ArmAndServiceChecksTests : IDisposable
{
    private static readonly ArmLook s_good = new("UR5e", "20195500123", "5.12.4.1101661", "ready", "",
        new([0, 0, 0.1, 0, 0, 0], 1, null, null), new(true, "", "STOPPED", ""));

    private readonly TempFolder _folder = new();
    private readonly MadeUpMachine _computer = new();
    private readonly Said _said = new();

    public void Dispose()
    {
        _folder.Dispose();
        _computer.Dispose();
    }

    [Fact]
    public void An_arm_that_is_as_the_config_says_is_right()
    {
        ArmChecks.Judge(_said.In(Sections.Arm), Config("motion: {enabled: true}\nforce: {host: h}"), s_good);
        Assert.All(_said.All, c => Assert.True(c.State == CheckState.Ok, $"{c}"));
        Assert.Equal(6, _said.All.Count);
    }

    [Theory]
    [InlineData("emergency_stop", true, CheckState.Fault)]
    [InlineData("emergency_stop", false, CheckState.Warning)]
    [InlineData("powered_off", true, CheckState.Warning)]
    [InlineData("moving", true, CheckState.Ok)]
    public void A_state_that_it_has_to_be_led_out_of_is_told_with_the_way(string state, bool motion, CheckState expected)
    {
        ArmChecks.Judge(_said.In(Sections.Arm), Config($"motion: {{enabled: {(motion ? "true" : "false")}}}"),
            s_good with { State = state, Next = "do this" });
        _said.Is("state", expected, state.Replace('_', ' '));
        Assert.Equal(expected == CheckState.Ok ? "" : "do this", _said["state"].Advice);
    }

    [Fact]
    public void Local_control_is_a_fault_where_the_arm_is_to_be_moved_and_none_where_it_is_watched()
    {
        var local = s_good with { Pendant = new(false, "", "", "") };
        var watched = new Said();
        ArmChecks.Judge(_said.In(Sections.Arm), Config("motion: {enabled: true}"), local);
        ArmChecks.Judge(watched.In(Sections.Arm), Config(""), local);
        _said.Is("remote control", CheckState.Fault, "top right");
        _said.Is("force limit", CheckState.Warning, "not watched");
        watched.Is("remote control", CheckState.Ok, "enough to record");
    }

    [Fact]
    public void A_real_arm_under_a_simulated_cells_config_is_a_fault_and_the_other_way_round_a_warning()
    {
        const string Simulated = "simulation: {control: c.sock}";
        var other = new Said();
        ArmChecks.Judge(_said.In(Sections.Arm), Config(Simulated), s_good);
        ArmChecks.Judge(other.In(Sections.Arm), Config(""), s_good with { Serial = UrController.SimulatedSerial });
        _said.Is("serial number", CheckState.Fault, "a real arm answers");
        other.Is("serial number", CheckState.Warning, "./robot sim");
    }

    [Fact]
    public void What_the_controller_does_not_tell_is_skipped_with_the_reason()
    {
        ArmLook nothing = new(null, null, "", "connecting", "wait", null, new(null, "", "", "no dashboard"));
        ArmChecks.Judge(_said.In(Sections.Arm), Config(""), nothing);
        _said.Is("model", CheckState.Skipped);
        _said.Is("serial number", CheckState.Skipped);
        _said.Is("TCP and payload", CheckState.Skipped);
        _said.Is("remote control", CheckState.Skipped, "no dashboard");
    }

    [Fact]
    public void A_closed_dashboard_is_none_of_polyscope_x_and_a_slow_network_is_told()
    {
        (int, string, double, string?)[] ports = [(30004, "RTDE", 0.3, null), (29999, "dashboard", 1, "h refused port 29999")];
        var (x, slow, jumpy, lost) = (new Said(), new Said(), new Said(), new Said());
        NetworkChecks.Judge(_said.In(Sections.Arm), new(ports, [0.5, 0.6], null, [], null), motion: true, isPolyScopeX: false);
        NetworkChecks.Judge(x.In(Sections.Arm), new(ports, [0.5, 0.6], null, [], null), motion: true, isPolyScopeX: true);
        NetworkChecks.Judge(slow.In(Sections.Arm), new(ports, [8, 9, 9], null, null, null), motion: false, isPolyScopeX: false);
        NetworkChecks.Judge(jumpy.In(Sections.Arm), new(ports, [.. Enumerable.Repeat(0.5, 90), .. Enumerable.Repeat(60.0, 10)], null, null,
            "h dropped it"), motion: true, isPolyScopeX: false);
        NetworkChecks.Judge(lost.In(Sections.Arm), new(ports, [0.5], "h has gone silent", null, null), motion: true, isPolyScopeX: false);
        var other = new Said();
        NetworkChecks.Judge(other.In(Sections.Arm), new(ports, [], "h speaks no RTDE", null, null), motion: false, isPolyScopeX: false);
        other.Is("round trip", CheckState.Fault, "h speaks no RTDE");
        _said.Is("port 29999", CheckState.Fault, "nothing is powered or unlocked");
        _said.Is("round trip", CheckState.Ok);
        x.Is("port 29999", CheckState.Skipped, "PolyScope X");
        slow.Is("port 29999", CheckState.Warning);
        slow.Is("round trip", CheckState.Warning, "a cable");
        slow.Is("RTDE inputs", CheckState.Skipped, "motion.enabled is false");
        jumpy.Is("round trip", CheckState.Warning, "later than others");
        jumpy.Is("RTDE inputs", CheckState.Fault, "h dropped it");
        lost.Is("round trip", CheckState.Fault, "gone silent");
        lost.Is("RTDE inputs", CheckState.Skipped);
    }

    [Fact]
    public void What_a_running_service_sees_is_judged_over_the_time_between_two_looks()
    {
        var config = Config("cameras: [{name: wrist, socket: s}]\nforce: {host: h}\ngripper: {host: h}");
        var checks = Judge(config, Status(0, 0, 0, 0), Status(2_000_000_000, 1000, missed: 4, lost: 0));
        Is(checks, Sections.Arm, "stream", CheckState.Ok, "500.0 Hz of 500");
        Is(checks, Sections.Force, "stream", CheckState.Warning, "50.0 Hz of 100");
        Is(checks, Sections.Gripper, "stream", CheckState.Fault, "the gripper answers '?'");
        Is(checks, Sections.Cameras, "wrist_rgb", CheckState.Fault, "too old");
        Is(checks, Sections.Cameras, "wrist picture", CheckState.Skipped);
        Is(checks, Sections.Arm, "model", CheckState.Fault, "UR10e");
        Is(checks, Sections.Service, "tick", CheckState.Warning, "4 missed");
        Is(checks, Sections.Service, "dashboard", CheckState.Warning, "port is in use");
    }

    [Fact]
    public void Clocks_delays_and_usb_of_a_running_service_are_judged_as_without_one()
    {
        _computer.Write("/sys/devices/usb1/1-2/speed", "480\n");
        _computer.Write("/sys/devices/usb1/1-2/1-2:1.0/x", "");
        _computer.Link("/sys/class/video4linux/video0/device", "../../../devices/usb1/1-2/1-2:1.0");
        var config = Config("force: {host: h}\ncameras: [{name: wrist, driver: realsense}, "
            + "{name: scene, driver: v4l2, device: /dev/video0, width: 1280, height: 720}]");
        StreamStatus[] Streams(double delayMs) =>
        [
            new("robot", 500, 500, 2, true, 1000, 0, 0, true, "", 1, new("controller", 5, 12, 80_000)),
            new("force", 100, 100, 10, true, 1000, 0, 0, true, "", delayMs),
            new("wrist_rgb", 30, 30, 40, true, 1000, 0, 0, true, "", 40, new("camera", 5, 12, 7_000_000), "2.1", false),
            new("wrist_depth", 30, 30, 40, true, 1000, 0, 0, true, "", 40, new("camera", 5, 12, 7_000_000), "2.1", false),
            new("scene_rgb", 30, 0, null, false, 0, 0, 0, false, "no /dev/video0"),
        ];
        var checks = Judge(config, Status(0, 0, 0, 0) with { Streams = Streams(2) },
            Status(500_000_000, 0, 0, 0) with { Streams = Streams(2) }, Status(1_000_000_000, 0, 0, 0) with { Streams = Streams(90) });
        Is(checks, Sections.Arm, "clock", CheckState.Ok, "controller: fitted to 0.080 ms, drift 12.0 ppm");
        Is(checks, Sections.Arm, "delay", CheckState.Ok, "1.0 ms");
        Is(checks, Sections.Force, "clock", CheckState.Skipped, "none of its own");
        Is(checks, Sections.Force, "delay", CheckState.Warning, "median 2.0 ms, p99 90.0 ms", "later than others");
        Is(checks, Sections.Cameras, "wrist_rgb clock", CheckState.Warning, "fitted to 7.000 ms");
        Is(checks, Sections.Cameras, "wrist USB", CheckState.Warning, "USB 2.1");
        Is(checks, Sections.Cameras, "wrist stamps", CheckState.Warning, "FORCE_RSUSB_BACKEND");
        Is(checks, Sections.Cameras, "scene USB", CheckState.Warning, "480 Mbit/s", "mjpg");
        Assert.DoesNotContain(checks, c => c.Name is "wrist_depth clock" or "scene_rgb clock" or "scene_rgb delay");
    }

    [Theory]
    [InlineData("idle", 0, 70, false, CheckState.Warning, "70.0 N at rest", "calibrate wrench")]
    [InlineData("idle", 0, 70, true, CheckState.Ok, "2.0 N of it from outside")]
    [InlineData("idle", 0.1, 70, false, CheckState.Skipped, "not at rest")]
    [InlineData("recording", 0, 70, false, CheckState.Skipped, "busy")]
    public void Force_at_rest_is_judged_beside_a_service(
        string mode, double qd, double forceN, bool calibrated, CheckState state, params string[] words)
    {
        var config = Config("force: {host: h}");
        CoreStatus At(long timeNs, double noiseN) => Status(timeNs, timeNs / 2_000_000, 0, 0) with
        {
            Mode = mode,
            Wrench = [forceN + noiseN, 0, 0, 0, 0, 0],
            Force = new("FT 300 7", calibrated ? [2, 0, 0, 0, 0, 0] : [forceN, 0, 0, 0, 0, 0], null, null, calibrated, null),
            Robot = new("UR5e", "1", "running", "normal", "stopped", [], [0, qd, 0, 0, 0, 0], [], 1, Tool: s_good.Tool),
        };
        Is(Judge(config, At(0, -0.1), At(1_000_000_000, 0.1)), Sections.Force, "values", state, words);
        if (state == CheckState.Warning)
            Is(Judge(config, At(0, 0), At(1_000_000_000, 0)), Sections.Force, "values", CheckState.Warning, "not one value differs");
    }

    [Theory]
    [InlineData(true, 0, CheckState.Ok, "obeys at once")]
    [InlineData(false, 0, CheckState.Warning, "gripper activate")]
    [InlineData(false, 14, CheckState.Fault, "too much current")]
    public void A_grippers_activation_is_judged_beside_a_service(bool active, int fault, CheckState state, string words)
    {
        var status = Status(0, 0, 0, 0) with { Gripper = new(0.5, 0.04, false, false, fault, active) };
        StreamStatus there = new("gripper", 60, 60, 10, true, 60, 0, 0, true, "fault 0x0E: too much current");
        Is(Judge(Config("gripper: {host: h}"), status with { Streams = [there] }, status with { TimeNs = 1, Streams = [there] }),
            Sections.Gripper, "activation", state, words);
        Assert.DoesNotContain(Judge(Config("gripper: {host: h}"), status, status with { TimeNs = 1 }), c => c.Name == "activation");
    }

    [Fact]
    public void An_installed_unit_whose_program_or_config_is_away_is_a_fault()
    {
        ServiceChecks.Installed(_said.In(Sections.Service), _computer.Machine);
        _said.Is("systemd unit", CheckState.Skipped, "make install");
        _computer.Write("/etc/systemd/system/robot-runtime.service",
            "[Service]\nExecStart=/opt/r/robot run --config /etc/r/cell.yaml --data /d\n");
        var (nothing, noConfig, all) = (new Said(), new Said(), new Said());
        ServiceChecks.Installed(nothing.In(Sections.Service), _computer.Machine);
        nothing.Is("systemd unit", CheckState.Fault, "/opt/r/robot, which is not there");
        _computer.Write("/opt/r/robot", "");
        ServiceChecks.Installed(noConfig.In(Sections.Service), _computer.Machine);
        noConfig.Is("systemd unit", CheckState.Fault, "/etc/r/cell.yaml, which is not there");
        _computer.Write("/etc/r/cell.yaml", "");
        ServiceChecks.Installed(all.In(Sections.Service), _computer.Machine);
        all.Is("systemd unit", CheckState.Ok);
    }

    private CellConfig Config(string more)
    {
        string file = _folder[$"{Guid.NewGuid():N}.yaml"];
        File.WriteAllText(file, $"cell: c\nrobot: {{host: h, model: UR5e, payload_kg: 1}}\n{more}\n");
        return CellConfig.Load(file);
    }

    private IReadOnlyList<Check> Judge(CellConfig config, params CoreStatus[] looks)
    {
        var look = new ServiceLook(config, new("c", 1, "http://x/", config.Hash, "/d", _folder["c.sock"]), _computer.Machine,
            new(null, "", _folder["p"]), new());
        look.Judge(looks, new PendantReport(true, "", "", ""));
        Assert.NotNull(look.Arm);
        return look.Checks;
    }

    private static void Is(IReadOnlyList<Check> checks, string section, string name, CheckState state, params string[] words)
    {
        Check check = Assert.Single(checks, c => c.Section == section && c.Name == name);
        Assert.True(check.State == state, $"{check}");
        Assert.All(words, w => Assert.Contains(w, $"{check.Found} {check.Advice}", StringComparison.Ordinal));
    }

    private static CoreStatus Status(long timeNs, long received, long missed, long lost) => new("c", "idle", "", timeNs, 1, "/d", false,
        [
            new("robot", 500, 500, 2, true, received, lost, 0, true, "robot: UR10e"),
            new("force", 100, 100, 10, true, received / 10, 0, 0, true, "force: FT 300"),
            new("gripper", 60, 0, null, false, 0, 0, 0, false, "gripper: the gripper answers '?'"),
            new("wrist_rgb", 30, 30, 900, false, received / 10, 0, 0, true, "wrist: 640x480"),
        ],
        new(30, timeNs, missed, 10, 100, 2000),
        new("UR10e", "20195500123", "running", "normal", "stopped", [], [], [], 1, Tool: s_good.Tool, Identified: true),
        null, null, new(false, "off", null, "", false, "ready"), null, [], null, new(1, 1), Dashboard: new(false, "its port is in use"));
}
