using RobotWorldModel.Runtime.Configuration;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Runtime.Tests.Configuration;

public class CellConfigTests
{
    public static TheoryData<string> ShippedConfigs() => [.. Directory.GetFiles(Repository.Path("hardware-configs"), "*.yaml")];

    [Theory]
    [MemberData(nameof(ShippedConfigs))]
    public void Every_shipped_config_is_valid_and_only_the_simulated_cell_may_move(string file)
    {
        var config = CellConfig.Load(file);
        Assert.Equal(config.Simulation is not null, config.Motion.Enabled);
    }

    [Fact]
    public void An_unknown_key_is_named_with_its_line_and_the_nearest_known_one()
    {
        string message = Refused("cell: a\nrobot:\n  host: h\n  latencyms: 3\n");
        Assert.Contains("cell.yaml:4:", message);
        Assert.Contains("unknown key 'robot.latencyms'; did you mean 'latency_ms'?", message);
    }

    [Theory]
    [InlineData("rate_hz: 0", "'rate_hz: 0' is out of range; 1 to 100 is allowed")]
    [InlineData("rate_hz: fast", "'rate_hz: fast' must be a number")]
    [InlineData("motion: {tcp_speed: 2}", "'motion.tcp_speed: 2' is out of range; 0.001 to 1 is allowed")]
    [InlineData("motion: {watchdog_ms: 50}", "'motion.watchdog_ms: 50' is out of range; 100 to 200 is allowed")]
    [InlineData("motion: {enabled: maybe}", "'motion.enabled: maybe' must be true or false")]
    [InlineData("motion: {workspace_min: [0, 0]}", "'motion.workspace_min' needs 3 values")]
    [InlineData("motion: {workspace_min: [1, 0, 0]}", "motion.workspace_min must be below motion.workspace_max")]
    [InlineData("cameras: 3", "'cameras' must be a list")]
    [InlineData("cameras: [{name: a}]", "'cameras[0].socket' is missing")]
    [InlineData("cameras: [{name: a, socket: s}, {name: a, socket: t}]", "two cameras are named 'a'")]
    [InlineData("cameras: [{name: 'a/b', socket: s}]", "must be a short lower-case word")]
    [InlineData("recording: {keep: some}", "must be one of numbers, all, none")]
    [InlineData("force: {host: h, driver: ati}", "is not known; use robotiq_ft300_socket")]
    [InlineData("force: {driver: ati_netft}", "cell.yaml:3: 'force.host' is missing")]
    [InlineData("force: {driver: ati_netft, host: h, filter_hz: 5}", "'force.filter_hz' means nothing to ati_netft, which takes host")]
    [InlineData("force: {driver: onrobot_hex, host: h, http_port: 80}", "'force.http_port' means nothing to onrobot_hex")]
    [InlineData("force: {driver: onrobot_hex, host: h, rate_hz: 300}", "'force.rate_hz: 300' is none that onrobot_hex has")]
    [InlineData("force: {driver: onrobot_hex, host: h, filter_hz: 100}", "'force.filter_hz: 100'")]
    [InlineData("force: {driver: onrobot_hex, host: h, counts_per_force: 0}", "'force.counts_per_force: 0' is out of range")]
    [InlineData("force: {driver: ur_rtde, host: h}", "'force.host' means nothing to ur_rtde, which takes source, latency_ms")]
    [InlineData("force: {driver: ur_rtde, source: wrist}", "'force.source: wrist' must be one of tcp, raw")]
    [InlineData("force: {driver: robotiq_ft300_socket}", "cell.yaml:3: 'force.host' is missing")]
    [InlineData("force: {driver: bota_serial, line: /dev/x, unit: 9}",
        "'force.unit' means nothing to bota_serial, which takes line, baud, rate_hz, latency_ms")]
    [InlineData("force: {driver: bota_serial, line: /dev/x, baud: 19200}", "'force.baud: 19200'")]
    [InlineData("force: {driver: bota_serial, line: /dev/x, rate_hz: 500}",
        "'force.rate_hz: 500' is none that the sensor has: use 100, 200,")]
    [InlineData("force: {driver: bota_serial, line: /dev/x, baud: 115200}",
        "'force.rate_hz: 400' is more than 115200 baud carry: use 100,")]
    [InlineData("force: {driver: bota_serial, line: 'modbus://h'}", "which a Bota sensor does not speak")]
    [InlineData("force: {driver: robotiq_ft300_stream, host: h}", "'force.line' is missing")]
    [InlineData("force: {driver: robotiq_ft300_stream, line: /dev/x, host: h}",
        "'force.host' means nothing to robotiq_ft300_stream, which takes line, unit, latency_ms")]
    [InlineData("force: {driver: robotiq_ft300_stream, line: 'modbus://h'}", "carries no data stream; use driver: robotiq_ft300_modbus")]
    [InlineData("gripper: {driver: robotiq_modbus, line: 'udp://h:1'}", "'gripper.line: udp://h:1' must be a path such as")]
    [InlineData("gripper: {host: h, model: 2F-140, force_n: 200}", "'gripper.force_n: 200' is out of range for a 2F-140; 10 to 125")]
    [InlineData("gripper: {host: h, open_count: 230, closed_count: 3}", "'gripper.open_count: 230' must be below closed_count, 3")]
    [InlineData("gripper: {host: h, socket: s}", "unknown key 'gripper.socket'")]
    [InlineData("teleoperation: {device: d}", "cell.yaml:3: 'teleoperation.driver' is missing")]
    [InlineData("teleoperation: {driver: joystick}", "'teleoperation.driver: joystick' is not known; use gamepad, spacemouse, leader")]
    [InlineData("teleoperation: {driver: leader}", "cell.yaml:3: 'teleoperation.host' is missing")]
    [InlineData("teleoperation: {driver: leader, host: h, frame: tool}",
        "'teleoperation.frame' means nothing to leader, which takes host, model, scale, dead_man, gripper_open, gripper_close")]
    [InlineData("teleoperation: {driver: gamepad, scale: 1}", "'teleoperation.scale' means nothing to gamepad, which takes device")]
    [InlineData("teleoperation: {driver: gamepad, linear_scale: 2}", "'teleoperation.linear_scale: 2' is out of range; 0.001 to 1")]
    [InlineData("teleoperation: {driver: gamepad, frame: world}", "'teleoperation.frame: world' must be one of base, tool")]
    [InlineData("teleoperation: {driver: gamepad, axes: [ABS_X]}", "'teleoperation.axes' needs 6 values")]
    [InlineData("teleoperation: {driver: gamepad, dead_man: SHIFT}", "teleoperation.dead_man: 'SHIFT' is no button, as BTN_TR or 311 is")]
    [InlineData("teleoperation: {driver: leader, host: h2, dead_man: BTN_TR}", "teleoperation.dead_man: 'BTN_TR' is no button of an arm")]
    [InlineData("teleoperation: {driver: leader, host: h}", "teleoperation.host: h is robot.host; the leading arm is a second one")]
    [InlineData("teleoperation: {driver: leader, host: h2, model: UR7}", "'teleoperation.model: UR7' is not known; use UR3, UR5")]
    [InlineData("rate_hz: [1", "not valid YAML")]
    [InlineData("rate_hz: .nan", "must be a number")]
    [InlineData("rate_hz: 29.9701", "cell.yaml:3: 'rate_hz: 29.9701' has more than 3 decimals")]
    [InlineData("{rate_hz: 30}: 3", "cell.yaml:3: a key is no plain word")]
    [InlineData("motion: {[enabled]: true}", "cell.yaml:3: a key of 'motion' is no plain word")]
    [InlineData("rate_hz: 10\nmotion: {enabled: true}", "rate_hz: 10 is too slow to move the arm")]
    [InlineData("cameras: [{name: a, socket: s}, {name: b, socket: s}]", "cameras a and b have the same socket, 's'")]
    [InlineData("cameras: [{name: a, socket: /tmp/s}, {name: b, socket: /tmp/./s}]", "cameras a and b have the same socket, '/tmp/s'")]
    [InlineData("cameras: [{name: a, socket: s, depth: 1}]", "'cameras[0].depth: 1' must be true or false")]
    [InlineData("cameras: [{name: a, driver: v4l2}]", "cell.yaml:3: 'cameras[0].device' is missing")]
    [InlineData("cameras: [{name: a, driver: v4l2, device: ''}]", "'cameras[0].device' is empty")]
    [InlineData("cameras: [{name: a, driver: v4l2, device: d, depth: true}]",
        "'cameras[0].depth' means nothing to v4l2, which takes device")]
    [InlineData("cameras: [{name: a, driver: v4l2, device: d, width: 641}]", "cell.yaml:3: 'cameras[0].width: 641' must be even")]
    [InlineData("cameras: [{name: a, driver: v4l2, device: d, format: h264}]", "must be one of yuyv, mjpg")]
    [InlineData("cameras: [{name: a, driver: v4l2, device: d, fps: 0}]", "'cameras[0].fps: 0' is out of range; 1 to 500")]
    [InlineData("cameras: [{name: a, driver: v4l2, device: d, intrinsics: [600, 600, 320]}]",
        "'cameras[0].intrinsics' are fx, fy, cx, cy")]
    [InlineData("cameras: [{name: a, driver: v4l2, device: d, intrinsics: [0, 600, 320, 240]}]", "focal lengths in pixels")]
    [InlineData("cameras: [{name: a, driver: episode}]", "cell.yaml:3: 'cameras[0].episode' is missing")]
    [InlineData("cameras: [{name: a, driver: episode, episode: e, camera: ''}]", "'cameras[0].camera' is empty")]
    [InlineData("cameras: [{name: a, driver: episode, episode: e, loop: 2}]", "'cameras[0].loop: 2' must be true or false")]
    [InlineData("cameras: [{name: a, driver: v4l2, device: d}, {name: b, driver: v4l2, device: d}]",
        "cameras a and b have the same device, 'd'; it has one reader")]
    [InlineData("cameras: [{name: a, driver: realsense, socket: s}]", "'cameras[0].socket' means nothing to realsense")]
    [InlineData("cameras: [{name: a, driver: realsense, emitter: dim}]", "'cameras[0].emitter: dim' must be one of off, on, auto")]
    [InlineData("cameras: [{name: a, driver: realsense, serial: ''}]", "'cameras[0].serial' is empty")]
    [InlineData("cameras: [{name: a, driver: realsense, fps: 60, exposure_us: 20000}]",
        "'cameras[0].exposure_us: 20000' is longer than a picture lasts at 60 Hz (16666 µs)")]
    [InlineData("cameras: [{name: a, driver: realsense, fps: 60, depth_exposure_us: 20000}]",
        "'cameras[0].depth_exposure_us: 20000' is longer than a picture lasts at 60 Hz (16666 µs)")]
    [InlineData("cameras: [{name: a, driver: realsense, depth: false, depth_exposure_us: 2000}]",
        "'cameras[0].depth_exposure_us' says nothing with depth: false")]
    [InlineData("cameras: [{name: a, driver: realsense, gain: 3}]", "'cameras[0].gain' says nothing without exposure_us")]
    [InlineData("cameras: [{name: a, driver: realsense, serial: '1'}, {name: b, driver: realsense}]", "camera b needs its serial")]
    [InlineData("cameras: [{name: a, driver: realsense, serial: 1}, {name: b, driver: realsense, serial: 1}]",
        "cameras a and b have one serial, 1")]
    [InlineData("cameras: [{name: a, driver: realsense, serial: 1}, {name: b, driver: realsense, serial: 2, library: /x.so}]",
        "every RealSense must name the same library")]
    [InlineData("gripper: {host: 192.168.1.100/}", "cell.yaml:3: 'gripper.host: 192.168.1.100/' must be a host's name or address alone")]
    [InlineData("force: {host: 'http://192.168.1.100'}", "'force.host: http://192.168.1.100' must be a host's name or address alone")]
    [InlineData("force: {host: ''}", "cell.yaml:3: 'force.host' is empty")]
    [InlineData("service: {listen: '127.0.0.1:80800'}", "cell.yaml:3: 'service.listen: 127.0.0.1:80800' must be an IP address and a port")]
    [InlineData("service: {listen: 'pc:8080'}", "'service.listen: pc:8080' must be an IP address and a port")]
    [InlineData("service: {listen: '127.0.0.1:0'}", "'service.listen: 127.0.0.1:0' must be an IP address and a port")]
    [InlineData("service: {listen: ''}", "'service.listen: ' must be an IP address and a port")]
    [InlineData("simulation: {control: s, robot: {software: new}}", "'simulation.robot.software: new' must be a version such as 5.12.4")]
    [InlineData("simulation: {control: s, robot: {serial: '1234567'}}",
        "'simulation.robot.serial: 1234567' must be digits that begin with 20")]
    [InlineData("simulation: {control: s, robot: {start: asleep}}",
        "'simulation.robot.start: asleep' must be one of running, power_off, booting")]
    [InlineData("simulation: {control: s, robot: {calibration: -1}}", "'simulation.robot.calibration: -1' is out of range")]
    [InlineData("simulation: {control: s, robot: {protective_force: 5}}",
        "'simulation.robot.protective_force: 5' is out of range; 10 to 500")]
    [InlineData("simulation: {control: s, robot: {remote_controll: true}}", "did you mean 'remote_control'")]
    public void A_value_that_does_not_fit_is_named_with_what_would(string text, string expected) =>
        Assert.Contains(expected, Refused($"cell: a\nrobot: {{host: h}}\n{text}\n"));

    [Theory]
    [InlineData("rate_hz: 29.97")]
    [InlineData("rate_hz: 5\nmotion: {enabled: false}")]
    [InlineData("gripper: {host: gripper-1.lab}")]
    [InlineData("force: {host: h, mounting: [0, 0, 0.04, 0, 0, 1.57]}")]
    [InlineData("gripper: {driver: robotiq_modbus, line: /dev/serial/by-id/usb-x, unit: 11, model: Hand-E}")]
    [InlineData("force: {driver: robotiq_ft300_modbus, line: 'modbus://192.168.1.50'}")]
    [InlineData("force: {driver: robotiq_ft300_stream, line: 'tcp://192.168.1.50:4001'}")]
    [InlineData("force: {driver: bota_serial, line: 'tcp://192.168.1.50:4001', baud: 115200, rate_hz: 250, latency_ms: 2}")]
    [InlineData("force: {driver: ati_netft, host: h, port: 49153, http_port: 8080, rate_hz: 976.5, latency_ms: 0.5}")]
    [InlineData("force: {driver: onrobot_hex, host: h, rate_hz: 500, filter_hz: 1.5, counts_per_force: 1, counts_per_torque: 2}")]
    [InlineData("force: {driver: ur_rtde, source: raw, latency_ms: 2}")]
    [InlineData("gripper: {host: 'fe80::1'}")]
    [InlineData("service: {listen: '[::1]:8080'}")]
    [InlineData("service: {listen: 'localhost:8080'}")]
    [InlineData("cameras: [{name: a, socket: s, depth: false}, {name: b, socket: t}]")]
    [InlineData("cameras: [{name: a, driver: v4l2, device: /dev/v4l/by-id/c, width: 1280, height: 720, fps: 29.97, format: mjpg, "
        + "exposure_us: 8000, gain: 20, white_balance: 5000, intrinsics: [900, 900, 640, 360, 0.1, 0, 0, 0, 0]}]")]
    [InlineData("cameras: [{name: a, driver: episode, episode: data/demo_000, camera: wrist, loop: false, depth: false}, "
        + "{name: b, driver: episode, episode: data/demo_000, camera: scene}]")]
    [InlineData("cameras: [{name: a, driver: realsense}, {name: b, socket: s}]")]
    [InlineData("cameras: [{name: a, driver: realsense, serial: 836612070000, width: 848, height: 480, fps: 60, depth_width: 640, "
        + "depth_height: 480, exposure_us: 8000, depth_exposure_us: 9000, gain: 32, white_balance: 4600, emitter: on, "
        + "laser_power: 150, preset: high_accuracy, advanced_json: a.json, allow_usb2: true, global_time: false, "
        + "library: /usr/lib/librealsense2.so, latency_ms: 10}]")]
    [InlineData("simulation: {control: s, robot: {software: 3.15.8, serial: '20175500001', start: power_off, delay_ms_max: 3}}")]
    public void A_value_that_fits_is_taken(string text)
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder["cell.yaml"], $"cell: a\nrobot: {{host: h}}\n{text}\n");
        Assert.Equal("a", CellConfig.Load(folder["cell.yaml"]).Cell);
    }

    [Theory]
    [InlineData("[0, 0]", "'robot.payload_cog' needs 3 values")]
    [InlineData("[0, 0, 60]", "robot.payload_cog: 60 is more than 1 m")]
    public void A_centre_of_mass_that_cannot_be_is_named(string cog, string expected) =>
        Assert.Contains(expected, Refused($"cell: a\nrobot: {{host: h, payload_cog: {cog}}}\n"));

    [Fact]
    public void All_errors_are_told_at_once()
    {
        string message = Refused("cel: a\nrobot: {hots: h}\nrate_hz: 1000\n");
        Assert.Equal(5, message.Split('\n').Length); // two unknown keys, two missing ones, one range
    }

    [Fact]
    public void An_absent_file_says_what_to_name() =>
        Assert.Contains("--config", Assert.Throws<ConfigException>(() => CellConfig.Load("/nowhere/cell.yaml")).Message);

    private static string Refused(string yaml)
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder["cell.yaml"], yaml);
        return Assert.Throws<ConfigException>(() => CellConfig.Load(folder["cell.yaml"])).Message;
    }
}
