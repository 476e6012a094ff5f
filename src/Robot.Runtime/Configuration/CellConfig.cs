using System.ComponentModel.DataAnnotations;
using System.Security.Cryptography;
using System.Text;
using RobotWorldModel.Drivers.UniversalRobots;
using RobotWorldModel.Runtime.Devices;

namespace RobotWorldModel.Runtime.Configuration;

/// <summary>
/// One file of hardware-configs/: a lab cell, or the simulated one. Units are in the names; angles in rad, lengths in m.
/// </summary>
public sealed class CellConfig
{
    /// <summary>Targets that come no faster time out before the next (<see cref="Drivers.Motion.MotionLimits.TargetTimeoutMs"/>).
    /// </summary>
    private const double SlowestWithMotionHz = 10;

    [Required, RegularExpression("[a-z0-9][a-z0-9_-]{0,31}", ErrorMessage = "must be lower-case letters, digits, - and _, at most 32")]
    public string Cell { get; set; } = "";

    /// <summary>The grid counts in thousandths of a hertz: with more decimals it would drift.</summary>
    [Range(1.0, 100.0), Decimals(3)]
    public double RateHz { get; set; } = 30;

    public RobotConfig? Robot { get; set; }

    public ForceConfig? Force { get; set; }

    public GripperConfig? Gripper { get; set; }

    public List<CameraConfig> Cameras { get; set; } = [];

    public TeleoperationConfig? Teleoperation { get; set; }

    public MotionConfig Motion { get; set; } = new();

    public RecordingConfig Recording { get; set; } = new();

    public ServiceConfig Service { get; set; } = new();

    public SimulationConfig? Simulation { get; set; }

    /// <summary>The file it was read from, and the text, which goes into every episode's metadata.</summary>
    internal string File { get; private set; } = "";

    internal string Text { get; private set; } = "";

    /// <summary>What was measured of the cell; where it says something, the sections above say it, too.</summary>
    internal CellCalibration Calibration { get; private set; } = new();

    /// <summary>SHA-256 of the text: a running service refuses commands that name another config.</summary>
    internal string Hash => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Text)));

    /// <exception cref="ConfigException">The file is absent, unreadable or wrong; says where and what.</exception>
    public static CellConfig Load(string file)
    {
        string text;
        try
        {
            text = System.IO.File.ReadAllText(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ConfigException(
                $"{file}: cannot be read ({e.Message.TrimEnd('.')}); name one of hardware-configs/*.yaml with --config");
        }
        var config = YamlBinder.Bind<CellConfig>(file, text);
        (config.File, config.Text) = (file, text);
        config.CheckWhole();
        config.Calibration = CellCalibration.Load(file);
        config.Calibration.ApplyTo(config);
        return config;
    }

    private void CheckWhole()
    {
        if (Robot is null && Force is null && Gripper is null && Cameras.Count == 0)
            throw new ConfigException($"{File}: there is no device to record from; add robot, force, gripper or cameras");
        if (Robot is not null)
        {
            CheckMetres("robot.tcp", Robot.Tcp, 1);
            CheckMetres("robot.payload_cog", Robot.PayloadCog ?? [], 1);
        }
        CheckForce();
        CheckMotion();
        CheckTeleoperation();
        CheckCameras();
    }

    private void CheckForce()
    {
        CheckMetres("force.mounting", Force?.Mounting ?? [], 1);
        if (Robot is null && Force?.Mounting is not null)
            throw new ConfigException($"{File}: force.mounting says nothing without a robot section: there is no flange");
        if (Force?.Driver != ForceDrivers.OfTheArm)
            return;
        if (Robot is null)
            throw new ConfigException($"{File}: force.driver: {Force.Driver} is the arm's own sensor, but there is no robot section");
        if (Force.Source == UrForceSource.Raw && UrModel.ByName(Robot.Model).BaseRateHz < 500)
            throw new ConfigException($"{File}: force.source: raw: a {Robot.Model} has no force sensor; use source: tcp, an estimate from "
                + "its joints' currents");
    }

    private void CheckMotion()
    {
        if (Robot is null && Gripper is null && Motion.Enabled)
            throw new ConfigException($"{File}: motion.enabled is true, but there is no robot section, and no gripper to move alone");
        if (Robot is not null && Motion.Enabled && RateHz <= SlowestWithMotionHz)
            throw new ConfigException($"{File}: rate_hz: {RateHz} is too slow to move the arm, which obeys a target for 100 ms; "
                + $"use more than {SlowestWithMotionHz}, or motion.enabled: false");
        for (int i = 0; i < 3; i++)
            if (Motion.WorkspaceMin[i] >= Motion.WorkspaceMax[i])
                throw new ConfigException($"{File}: motion.workspace_min must be below motion.workspace_max in every axis");
        CheckMetres("motion.workspace_min", Motion.WorkspaceMin, 3);
        CheckMetres("motion.workspace_max", Motion.WorkspaceMax, 3);
    }

    private void CheckTeleoperation()
    {
        if (Teleoperation is null)
            return;
        if (Robot is null)
            throw new ConfigException($"{File}: there is a teleoperation section, but no robot section: there is no arm to lead");
        if (Teleoperation.Driver == TeleopDrivers.Leader && Teleoperation.Host == Robot.Host)
            throw new ConfigException($"{File}: teleoperation.host: {Robot.Host} is robot.host; the leading arm is a second one");
        Teleoperation.Model ??= Robot.Model; // of the leading arm: as the one that is led
        try
        {
            TeleopDrivers.Validate(Teleoperation);
        }
        catch (ArgumentException e)
        {
            throw new ConfigException($"{File}: teleoperation.{e.Message}");
        }
    }

    private void CheckCameras()
    {
        if (Cameras.GroupBy(c => c.Name).FirstOrDefault(g => g.Count() > 1) is { } twice)
            throw new ConfigException($"{File}: two cameras are named '{twice.Key}'; names become folders and must differ");
        CheckShared("socket", c => c.Socket.Contains('/') ? Path.GetFullPath(c.Socket) : c.Socket,
            "each camera process listens on one of its own");
        CheckShared("device", c => c.Device, "it has one reader");
        CheckRealSense([.. Cameras.Where(c => c.Driver == CameraDrivers.RealSense)]);
        foreach (var camera in Cameras)
        {
            if (camera is { Extrinsics: not null, MountedOn: null })
                throw new ConfigException($"{File}: camera {camera.Name}: extrinsics say nothing without mounted_on (base or flange)");
            CheckMetres($"camera {camera.Name}: extrinsics", camera.Extrinsics ?? [], 5);
        }
    }

    private void CheckShared(string key, Func<CameraConfig, string> of, string why)
    {
        if (Cameras.GroupBy(of).FirstOrDefault(g => g.Key != "" && g.Count() > 1) is { } shared)
            throw new ConfigException($"{File}: cameras {string.Join(" and ", shared.Select(c => c.Name))} have the same {key}, "
                + $"'{shared.Key}'; {why}");
    }

    private void CheckRealSense(CameraConfig[] cameras)
    {
        if (cameras.Length < 2)
            return;
        if (Array.Find(cameras, c => c.Serial.Length == 0) is { } any)
            throw new ConfigException($"{File}: camera {any.Name} needs its serial, because there is more than one RealSense");
        if (cameras.GroupBy(c => c.Serial).FirstOrDefault(g => g.Count() > 1) is { } twice)
            throw new ConfigException($"{File}: cameras {string.Join(" and ", twice.Select(c => c.Name))} have one serial, {twice.Key}");
        if (cameras.Select(c => c.Library).Distinct().Count() > 1)
            throw new ConfigException($"{File}: every RealSense must name the same library: one process can load one");
    }

    /// <summary>The first three numbers are lengths; the rest, if any, a rotation vector.</summary>
    private void CheckMetres(string key, IReadOnlyList<double> values, double most)
    {
        for (int i = 0; i < values.Count; i++)
            if (Math.Abs(values[i]) > (i < 3 ? most : 2 * Math.PI))
                throw new ConfigException(
                    $"{File}: {key}: {values[i]} is more than {(i < 3 ? $"{most} m" : "a turn")}; lengths are in m, angles in rad");
    }
}

public sealed class RobotConfig
{
    [AllowedValues("ur_rtde")]
    public string Driver { get; set; } = "ur_rtde";

    [Required, Host]
    public string Host { get; set; } = "";

    [AllowedValues("UR3", "UR5", "UR10", "UR3e", "UR5e", "UR10e", "UR16e")]
    public string Model { get; set; } = "UR5e";

    /// <summary>The constant part of the delay from joint encoder to host, which stamps cannot show.</summary>
    [Range(0.0, 500.0)]
    public double LatencyMs { get; set; } = 1;

    /// <summary>Flange to TCP as the controller must have it: x, y, z in m, rotation vector in rad.</summary>
    [Length(6, 6)]
    public double[] Tcp { get; set; } = new double[6];

    [Range(0.0, 50.0)]
    public double PayloadKg { get; set; }

    /// <summary>The payload's centre of mass, flange frame, m. Absent: the controller's own is left as it is, and not compared.</summary>
    [Length(3, 3)]
    public double[]? PayloadCog { get; set; }

    /// <summary>Where <c>./robot arm home</c> brings the arm: joint angles, rad. Absent: it has no home.</summary>
    [Length(6, 6)]
    public double[]? Home { get; set; }

    [Range(100, 2000)]
    public int ServojGain { get; set; } = 2000;

    [Range(0.03, 0.2)]
    public double ServojLookaheadS { get; set; } = 0.03;
}

public sealed class MotionConfig
{
    /// <summary>False: this cell only records. True: the arm may be moved, within the limits below.</summary>
    public bool Enabled { get; set; }

    /// <summary>m/s.</summary>
    [Range(0.001, 1.0)]
    public double TcpSpeed { get; set; } = 0.25;

    /// <summary>rad/s.</summary>
    [Range(0.01, 3.14)]
    public double JointSpeed { get; set; } = 1.5;

    /// <summary>rad/s².</summary>
    [Range(0.1, 40.0)]
    public double JointAcceleration { get; set; } = 8;

    /// <summary>rad/s³.</summary>
    [Range(1.0, 1000.0)]
    public double JointJerk { get; set; } = 120;

    /// <summary>N; beyond it motion ends and a person is needed.</summary>
    [Range(1.0, 250.0)]
    public double ForceLimit { get; set; } = 50;

    /// <summary>The program on the controller stops by itself after this long without a new counter.</summary>
    [Range(100, 200)]
    public int WatchdogMs { get; set; } = 100;

    /// <summary>Box for the TCP in the base frame, m.</summary>
    [Length(3, 3)]
    public double[] WorkspaceMin { get; set; } = [-0.75, -0.75, 0];

    [Length(3, 3)]
    public double[] WorkspaceMax { get; set; } = [0.75, 0.75, 0.9];

    /// <summary>Nothing of arm or tool goes below this height in the base frame, m.</summary>
    [Range(-1.0, 1.0)]
    public double TableHeight { get; set; }
}

public enum KeepLog { Numbers, All, None }

public sealed class RecordingConfig
{
    /// <summary>What stays of the capture log: numbers (without images), all, none.</summary>
    public KeepLog Keep { get; set; } = KeepLog.Numbers;
}

public sealed class ServiceConfig
{
    /// <summary>Where API and dashboard listen. Keep to the loopback address: there is no password.</summary>
    [ListenAddress]
    public string Listen { get; set; } = "127.0.0.1:8080";
}
