using RobotWorldModel.Drivers.Force;
using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Motion;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.Teleoperation;
using RobotWorldModel.Drivers.UniversalRobots;
using RobotWorldModel.Runtime.Configuration;
using RobotWorldModel.Runtime.Devices;
using RobotWorldModel.Runtime.Processes;
using RobotWorldModel.Runtime.Protocol;
using RobotWorldModel.Simulation.Controller;

namespace RobotWorldModel.Runtime.Core;

/// <summary>
/// The cell's devices as its config names them. Each connects by itself once started, in any order, and again after every loss.
/// </summary>
internal sealed class CellDevices : IDisposable
{
    // Further behind than servoj's lookahead makes it at full speed, the arm is held by something.
    private const double HeldBackRad = 0.15;
    private readonly List<Claim> _claims = [];
    private readonly bool _simulation;

    /// <param name="watchOnly">Nothing is moved and nothing on the controller claimed, whatever the config says.</param>
    /// <exception cref="RobotException">Another service uses one of them (75).</exception>
    public CellDevices(CellConfig config, bool watchOnly = false)
    {
        bool motion = config.Motion.Enabled && !watchOnly;
        _simulation = config.Simulation is not null;
        if (config.Robot is { } robot)
        {
            Claim("robot", robot.Host);
            Arm = new UrArm(new()
            {
                Host = robot.Host,
                Model = robot.Model,
                LatencyMs = robot.LatencyMs,
                ServojGain = robot.ServojGain,
                ServojLookaheadS = robot.ServojLookaheadS,
                WatchdogMs = config.Motion.WatchdogMs,
                JointSpeedLimit = config.Motion.JointSpeed,
                ClaimInputs = motion,
            });
        }
        if (config.Force is { } force)
            Force = force.Driver == ForceDrivers.OfTheArm
                ? Arm!.CreateForceSensor("force", force.Source, force.LatencyMs)
                : Create("force", ForceDrivers.All[force.Driver], force);
        if (config.Gripper is { } gripper)
            Gripper = Create("gripper", GripperDrivers.All[gripper.Driver], gripper);
        foreach (CameraConfig camera in config.Cameras)
            Cameras.Add(Create("camera", CameraDrivers.All[camera.Driver], camera));
        if (config.Teleoperation is { } teleoperation)
            Teleoperation = Create("teleoperation", TeleopDrivers.All[teleoperation.Driver], teleoperation);
        All = [.. new IDevice?[] { Arm, Force, Gripper, Teleoperation }.OfType<IDevice>(), .. Cameras];
        Frames = [.. Cameras.SelectMany(c => new[] { c.Color, c.Depth }).OfType<SampleStream<ImageFrame>>()];
        Streams = [.. new ISampleStream?[] { Arm?.States, Force?.Wrenches, Gripper?.States }.OfType<ISampleStream>(), .. Frames];
        External = new(Arm is null ? null : config.Calibration.Wrench?.ToCalibration(), config.Calibration.Wrench?.Sensor);
        Motion = Arm is null ? null : new ArmMotion(Arm, Gripper, Force, Limits(config), motion, External);
        GripperAlone = Arm is null && Gripper is not null ? new(Gripper, motion) : null;
    }

    /// <summary>
    /// The config says so and the arm does not deny it: an arm with a serial number of its own is real, whatever the config says.
    /// </summary>
    public bool IsSimulated => _simulation && Arm?.Identity is null or { Serial: UrController.SimulatedSerial };

    public UrArm? Arm { get; }

    public IForceTorqueSensor? Force { get; }

    public IGripper? Gripper { get; }

    public List<ICamera> Cameras { get; } = [];

    /// <summary>What a person leads the arm with; no stream of its own: what it makes the arm do is recorded.</summary>
    public ITeleopDevice? Teleoperation { get; }

    public IReadOnlyList<IDevice> All { get; }

    public IReadOnlyList<ISampleStream> Streams { get; }

    /// <summary>Colour and depth of each camera in the config's order.</summary>
    public IReadOnlyList<SampleStream<ImageFrame>> Frames { get; }

    /// <summary>What touches the tool, by what was measured of force sensor and tool.</summary>
    public ExternalForce External { get; }

    /// <summary>The force sensor's model and serial number; empty without one.</summary>
    public string SensorName => Force is null ? "" : $"{Force.Info.Model} {Force.Info.Serial}".TrimEnd();

    /// <summary>The arm's command side behind lease and filter; null in a cell without an arm.</summary>
    public ArmMotion? Motion { get; }

    /// <summary>The gripper's command side in a cell without an arm; else it is <see cref="Motion"/>'s, and this is null.</summary>
    public GripperAlone? GripperAlone { get; }

    public Sampler CreateSampler() => new(Arm?.States, Force?.Wrenches, Gripper?.States, Frames);

    /// <summary>The device that makes a stream.</summary>
    public IDevice DeviceOf(ISampleStream stream) =>
        stream == Arm?.States ? Arm
        : stream == Force?.Wrenches ? Force
        : stream == Gripper?.States ? Gripper
        : Cameras.First(c => c.Color == stream || c.Depth == stream);

    public void Start()
    {
        foreach (var device in All)
            device.Start();
        Motion?.Start();
    }

    public void Dispose()
    {
        Motion?.Dispose();
        foreach (var device in All)
            device.Dispose();
        foreach (var claim in _claims)
            claim.Dispose();
    }

    private TDevice Create<TSection, TDevice>(string kind, Driver<TSection, TDevice> driver, TSection section)
    {
        if (driver.Address(section) is { } address)
            Claim(kind, address);
        try
        {
            return driver.Create!(section);
        }
        catch (ArgumentException e) // what the config's own rules let pass
        {
            throw new RobotException(ExitCode.Config, $"{kind}: {e.Message}");
        }
    }

    private void Claim(string kind, string address) =>
        _claims.Add(Processes.Claim.Take(Path.Combine(RuntimeFolder.Path, $"device-{kind}-{address}.lock"), $"{kind} {address}"));

    /// <summary>The config's, for an arm's driver and for who asks beforehand.</summary>
    public static MotionLimits Limits(CellConfig config) => new()
    {
        TcpSpeed = config.Motion.TcpSpeed,
        JointSpeed = config.Motion.JointSpeed,
        JointAcceleration = config.Motion.JointAcceleration,
        JointJerk = config.Motion.JointJerk,
        ForceLimitN = config.Motion.ForceLimit,
        WorkspaceMin = new(config.Motion.WorkspaceMin[0], config.Motion.WorkspaceMin[1], config.Motion.WorkspaceMin[2]),
        WorkspaceMax = new(config.Motion.WorkspaceMax[0], config.Motion.WorkspaceMax[1], config.Motion.WorkspaceMax[2]),
        TableHeight = config.Motion.TableHeight,
        FlangeToTcp = Pose.FromVector(new(config.Robot!.Tcp)),
        ExpectedPayloadKg = config.Robot.PayloadKg,
        FollowingErrorRad = HeldBackRad + config.Motion.JointSpeed * config.Robot.ServojLookaheadS,
        PayloadCog = config.Robot.PayloadCog is [var x, var y, var z] ? new(x, y, z) : new(double.NaN, double.NaN, double.NaN),
    };
}
