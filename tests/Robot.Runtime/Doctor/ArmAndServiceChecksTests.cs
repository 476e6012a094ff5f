using RobotWorldModel.Drivers.Motion;
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
        var look = new ServiceLook(config, new("c", 1, "http://x/", config.Hash, "/d", _folder["c.sock"]), new(null, "", _folder["p"]),
            new());
        var checks = Judge(look, Status(0, 0, 0, 0), Status(2_000_000_000, 1000, missed: 4, lost: 0));
        Is(checks, Sections.Arm, "stream", CheckState.Ok, "500.0 Hz of 500");
        Is(checks, Sections.Force, "stream", CheckState.Warning, "50.0 Hz of 100");
        Is(checks, Sections.Gripper, "stream", CheckState.Fault, "the gripper answers '?'");
        Is(checks, Sections.Cameras, "wrist_rgb", CheckState.Fault, "too old");
        Is(checks, Sections.Cameras, "wrist picture", CheckState.Skipped);
        Is(checks, Sections.Arm, "model", CheckState.Fault, "UR10e");
        Is(checks, Sections.Service, "tick", CheckState.Warning, "4 missed");
        Is(checks, Sections.Service, "dashboard", CheckState.Warning, "port is in use");

        static void Is(IReadOnlyList<Check> checks, string section, string name, CheckState state, params string[] words)
        {
            Check check = Assert.Single(checks, c => c.Section == section && c.Name == name);
            Assert.True(check.State == state, $"{check}");
            Assert.All(words, w => Assert.Contains(w, $"{check.Found} {check.Advice}", StringComparison.Ordinal));
        }
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

    private static IReadOnlyList<Check> Judge(ServiceLook look, CoreStatus first, CoreStatus last)
    {
        look.Judge(first, last, new PendantReport(true, "", "", ""));
        Assert.NotNull(look.Arm);
        return look.Checks;
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
