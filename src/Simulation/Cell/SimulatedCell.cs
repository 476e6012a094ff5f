using System.Text.Json.Nodes;
using RobotWorldModel.Drivers.FrameSocket;
using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.Serial;
using RobotWorldModel.Drivers.Time;
using RobotWorldModel.Drivers.UniversalRobots;
using RobotWorldModel.Simulation.Controller;
using RobotWorldModel.Simulation.Devices;
using RobotWorldModel.Simulation.Physics;
using RobotWorldModel.Simulation.Rendering;
using RobotWorldModel.Simulation.Scene;

namespace RobotWorldModel.Simulation.Cell;

/// <summary>What a simulated cell consists of.</summary>
public sealed class CellOptions
{
    /// <summary>A loopback address of the cell's own; the makers' ports are used on it.</summary>
    public string Host { get; init; } = "127.0.1.1";

    public string Model { get; init; } = "UR5e";

    /// <summary>
    /// What is the controller's alone: software, serial, start … Address, model, TCP, payload and transport are the cell's.
    /// </summary>
    public UrControllerOptions Controller { get; init; } = new();

    public Pose Tcp { get; init; } = GripperGeometry.FlangeToTcp;

    public double PayloadKg { get; init; } = GripperGeometry.MassKg;

    public string ControlSocket { get; init; } = "";

    /// <summary>Name and socket path. A camera named wrist is mounted on the flange; any other looks at the scene.</summary>
    public IReadOnlyList<(string Name, string Socket)> Cameras { get; init; } = [];

    /// <summary>A Robotiq FT 300 at the controller.</summary>
    public bool WithForce { get; init; } = true;

    /// <summary>A sensor on the network in its place; its noise and transport are the cell's. Null: there is none.</summary>
    public NetFtServerOptions? NetFt { get; init; }

    /// <summary>A FT 300 on a line of its own, in its place; null: there is none.</summary>
    public PortAddress? Ft300Line { get; init; }

    /// <summary>A Bota sensor on a line of its own, in its place; its noise and transport are the cell's. Null: there is none.</summary>
    public BotaLineServerOptions? Bota { get; init; }

    public bool WithGripper { get; init; } = true;

    /// <summary>The gripper's own serial line; null: it hangs on the controller's URCap.</summary>
    public PortAddress? GripperLine { get; init; }

    public double GripperStrokeM { get; init; } = GripperGeometry.MaxWidth;

    public int Seed { get; init; } = 1;

    /// <summary>False: every device's clock is the host's.</summary>
    public bool Clocks { get; init; } = true;

    public bool Noise { get; init; } = true;

    /// <summary>A board to calibrate cameras with; null: there is none.</summary>
    public CellBoard? Board { get; init; }

    /// <summary>Of every camera, pixels: a multiple of 32.</summary>
    public int PictureWidth { get; init; } = CameraModel.Scene.Width;

    /// <summary>Of every camera, pixels; null: three quarters of the width. Another shape shows the middle of the view.</summary>
    public int? PictureHeight { get; init; }

    public TransportOptions RobotTransport { get; init; } = new();

    public TransportOptions ForceTransport { get; init; } = new();

    public TransportOptions GripperTransport { get; init; } = new();

    public TransportOptions CameraTransport { get; init; } = new();
}

/// <summary>
/// The simulated cell: one loop steps controller, physics and devices at the controller's rate (500 Hz, 125 Hz for a CB3); each camera
/// renders on a thread of its own. Everything is reached through the devices' own wires, and the truth through the control socket.
/// </summary>
public sealed class SimulatedCell : IDisposable
{
    private const double CameraHz = 30;

    /// <summary>Further behind than this the loop lets cycles go: the machine was asleep.</summary>
    private const long FarBehindNs = 1_000_000_000;

    private static readonly Vector6 s_home = new(0, -Math.PI / 2, Math.PI / 2, -Math.PI / 2, -Math.PI / 2, 0);
    private readonly CellOptions _options;
    private readonly UrKinematics _kinematics;
    private readonly double _loopHz;
    private readonly MotionLog _motion = new();
    private readonly CellFaults _faults;
    private readonly KinematicPhysics _physics;
    private readonly CellScene _scene;
    private readonly SnapshotRing _ring;
    private readonly UrController _controller;
    private readonly List<ISimulatedDevice> _devices = [];
    private readonly List<SimulatedCamera> _cameras = [];
    private readonly CellControlServer? _control;
    private readonly DeviceThread _loop;
    private readonly Lock _world = new(); // between the loop and the control socket
    private readonly Dictionary<string, SentLog> _sent = [];
    private Action<double>? _setForceNoise;
    private HandPattern? _hand;
    private long _cycles, _lateCycles, _skippedCycles;

    public SimulatedCell(CellOptions options)
    {
        _options = options;
        _scene = new(UrModel.ByName(options.Model), options.Seed, options.Board);
        _loopHz = _scene.Model.BaseRateHz;
        UrControllerOptions controller = options.Controller;
        (controller.Host, controller.Model, controller.Transport) = (options.Host, options.Model, options.RobotTransport);
        (controller.TcpOffset, controller.PayloadKg) = (options.Tcp.ToVector().ToArray(), options.PayloadKg);
        _kinematics = UrController.KinematicsOf(controller);
        _physics = new(_scene, s_home, _kinematics);
        _ring = new(_scene.Bodies);
        var random = new Random(options.Seed);
        controller.Seed = random.Next();
        _controller = new(controller, _physics, Clock(random));
        _devices.Add(_controller);
        AddForceSensor(random);
        AddGripper(random);
        foreach (var (name, socket) in options.Cameras)
            AddCamera(name, socket, random);
        foreach (var device in _devices)
            foreach (var (stream, log) in device.Sent)
                _sent[stream] = log;
        _faults = new(_controller, _devices.OfType<IForceSensorFaults>().SingleOrDefault(), options.ForceTransport,
            _devices.OfType<IGripperFaults>().SingleOrDefault(), options.GripperTransport, SetForceSensorNoise,
            FreezeCameras, _setForceNoise is not null);
        _control = options.ControlSocket.Length > 0 ? new(options.ControlSocket, Handle) : null;
        _loop = new("cell", Loop, timed: true);
    }

    /// <summary>What each stream has sent so far.</summary>
    public IReadOnlyDictionary<string, SentLog> Sent => _sent;

    /// <summary>Opens every socket and starts to run.</summary>
    /// <exception cref="IOException">An address is taken; says which.</exception>
    public void Start()
    {
        foreach (var device in _devices)
            device.Start();
        _control?.Start();
        _loop.Start();
        foreach (var camera in _cameras)
            camera.Start();
    }

    /// <summary>The cell in a line.</summary>
    public string Describe() =>
        $"{_options.Model} at {_options.Host} ({_controller.Describe()})"
        + (!_options.WithGripper ? "" : _options.GripperLine is { } line ? $", 2F-85 ({line})" : ", 2F-85 (63352)")
        + (_options.Bota is { } bota ? $", Bota sensor ({bota.Port})" : "")
        + (_options.Ft300Line is { } ft300 ? $", FT 300 ({ft300})" : "") + (_options.WithForce ? ", FT 300 (63350, 63351)" : "")
        + (_options.NetFt is { } force ? $", {(force.OnRobot ? "HEX" : "Net F/T")} at {force.Host} ({force.Port})" : "")
        + (_options.Cameras.Count > 0 ? $", cameras {string.Join(" and ", _options.Cameras.Select(c => c.Name))}" : "");

    /// <summary>What was sent, by stream.</summary>
    public string DescribeCounts() => string.Join(", ", _sent.Select(s => $"{s.Key} {s.Value.Counts.Sent}"))
        + $"; {_cycles} cycles, {_lateCycles} of them more than one late, {_skippedCycles} skipped"
        + $"; pictures skipped: {_cameras.Sum(c => c.Skipped)}";

    public void Dispose()
    {
        foreach (var camera in _cameras)
            camera.Dispose();
        _loop.Dispose();
        _control?.Dispose();
        foreach (var device in _devices)
            device.Dispose();
    }

    private void AddGripper(Random random)
    {
        if (!_options.WithGripper)
            return;
        var gripper = new GripperServerOptions
        {
            Host = _options.Host,
            Line = _options.GripperLine,
            StrokeM = _options.GripperStrokeM,
            Transport = _options.GripperTransport,
            Seed = random.Next(),
        };
        _devices.Add(gripper.Line is null ? new GripperServer(_physics, gripper) : new GripperLineServer(_physics, gripper));
    }

    private void AddForceSensor(Random random)
    {
        if (_options.Ft300Line is { } port)
        {
            var line = new Ft300LineServerOptions { Port = port, Transport = _options.ForceTransport, Seed = random.Next() };
            Add(new Ft300LineServer(_physics, line, Clock(random)), line);
        }
        else if (_options.WithForce)
        {
            var ft300 = new Ft300ServerOptions { Host = _options.Host, Transport = _options.ForceTransport, Seed = random.Next() };
            Add(new Ft300Server(_physics, ft300, Clock(random)), ft300);
        }
        else if (_options.NetFt is { } netFt)
        {
            (netFt.Transport, netFt.Seed) = (_options.ForceTransport, random.Next());
            Add(new NetFtServer(_physics, netFt, Clock(random)), netFt);
        }
        else if (_options.Bota is { } bota)
        {
            (bota.Transport, bota.Seed) = (_options.ForceTransport, random.Next());
            Add(new BotaLineServer(_physics, bota, Clock(random)), bota);
        }
    }

    private void Add(ISimulatedDevice sensor, IForceSensorNoise noise)
    {
        double usual = _options.Noise ? 1 : 0, forceN = noise.NoiseForceN * usual, torqueNm = noise.NoiseTorqueNm * usual;
        _setForceNoise = n => (noise.NoiseForceN, noise.NoiseTorqueNm) = (Math.Max(forceN, n), Math.Max(torqueNm, n / 25));
        _setForceNoise(0);
        _devices.Add(sensor);
    }

    private void AddCamera(string name, string socket, Random random)
    {
        CameraModel model = (name == "wrist" ? CameraModel.Wrist : CameraModel.Scene)
            .Scaled(_options.PictureWidth, _options.PictureHeight) with
        { Name = name };
        CameraInfo info = model.ToInfo($"SIM-{name}");
        var server = new FrameSocketServer(
            new() { Name = name, SocketPath = socket, Transport = _options.CameraTransport, Seed = random.Next() },
            new(info.Model, info.Serial, CameraHz, "camera", $"{HostClock.NowNs:x}", info.Color, info.Depth, info.DepthScale));
        var rig = new CameraRig(model, _scene.Bodies, _options.Noise ? new() : RenderOptions.Noiseless, random.Next());
        _devices.Add(server);
        _cameras.Add(new(rig, _ring, Clock(random), CameraHz,
            (in PictureInfo p, Span<byte> pixels) => PictureStamp.Write(pixels, p.Format, (ulong)p.Sequence, p.TrueNs),
            (in PictureInfo p, ReadOnlySpan<byte> pixels) =>
                server.Publish(p.Format == PixelFormat.Rgb8 ? FrameKind.Color : FrameKind.Depth,
                    (ulong)p.Sequence, p.TrueNs, p.DeviceNs, pixels)));
    }

    private DeviceClock Clock(Random random)
    {
        long now = HostClock.NowNs;
        return _options.Clocks
            ? new(now, random.NextInt64(1_000_000_000, 3_600_000_000_000), 100 * random.NextDouble() - 50)
            : new(now, now, 0);
    }

    private void Loop(CancellationToken stop)
    {
        double dt = 1 / _loopHz;
        var grid = new AbsoluteGrid(_loopHz, HostClock.NowNs);
        long slot = 0;
        while (!stop.IsCancellationRequested)
        {
            long due = grid.TimeOf(slot);
            AbsoluteGrid.SleepUntil(due);
            long behind = HostClock.NowNs - due;
            if (behind > FarBehindNs) // the machine slept, or was stopped: what its devices would have sent is over
            {
                long newest = grid.SlotAt(HostClock.NowNs);
                _skippedCycles += newest - slot;
                slot = newest;
            }
            lock (_world)
            {
                _controller.CyclesBehind = (long)(Math.Max(0, HostClock.NowNs - due) * 1e-9 * _loopHz);
                if (_hand is { } hand)
                    _physics.HandWrench = hand.At(due, _kinematics.Flange(_physics.Q) * _options.Tcp);
                foreach (var device in _devices)
                    device.Step(due, dt);
                _motion.Add(due, _physics.Q, dt);
                _faults.Step(due);
                _ring.Write(due);
            }
            _cycles++;
            if (behind > 1e9 / _loopHz)
                _lateCycles++;
            slot++; // every cycle is made, also when late: the controller's clock does not skip
        }
    }

    private JsonNode? Handle(string method, JsonObject request)
    {
        switch (method)
        {
            case "sent":
                return SentBetween(
                    (string)request["stream"]!, (long)request["from"]!, (long)request["to"]!, (bool?)request["device_time"] ?? false);
            case "counts":
                return new JsonObject(_sent.Select(s => KeyValuePair.Create(s.Key, (JsonNode?)s.Value.Counts.Sent)));
            case "truth":
                return Log((string)request["stream"]!).TrueTimeOf((long)request["device_ns"]!);
            case "times":
                return TimesBetween((string)request["stream"]!, (long)request["from"]!, (long)request["to"]!);
            case "motion":
                return Motion((long)request["from"]!, (long)request["to"]!);
            case "joints":
                return Joints((long)request["from"]!, (long)request["to"]!);
            default:
                lock (_world) // the loop waits: nothing that takes long
                    return HandleInWorld(method, request);
        }
    }

    private JsonObject? HandleInWorld(string method, JsonObject request)
    {
        switch (method)
        {
            case "bodies":
                return Bodies();
            case "reset":
                _physics.Reset((int)request["seed"]!);
                return Bodies();
            case "scene":
                return Scene();
            case "place":
                Place((JsonObject)request["scene"]!);
                return null;
            case "hand":
                _hand = HandPattern.Parse(request, HostClock.NowNs);
                return null;
            case "fault":
                _faults.Order((string)request["name"]!, (double?)request["seconds"], (double?)request["value"], HostClock.NowNs);
                return null;
            case "pendant":
                PressAtPendant((string)request["button"]!);
                return null;
            default:
                throw new ArgumentException($"'{method}' is not known; use sent, counts, truth, times, motion, joints, bodies, reset, "
                    + "scene, place, hand, fault, pendant");
        }
    }

    private void PressAtPendant(string button)
    {
        Action press = button switch
        {
            "power_on" => _controller.PressPowerOn,
            "power_off" => _controller.PressPowerOff,
            "brake_release" => _controller.PressBrakeRelease,
            "unlock" => _controller.PressUnlock,
            "stop" => _controller.PressStop,
            "close_popup" => _controller.PressClosePopup,
            _ => throw new ArgumentException(
                $"the pendant has no button '{button}'; it has power_on, power_off, brake_release, unlock, stop and close_popup"),
        };
        press();
    }

    private void SetForceSensorNoise(double newton) => _setForceNoise?.Invoke(newton);

    private void FreezeCameras(bool frozen)
    {
        foreach (SimulatedCamera camera in _cameras)
            camera.Frozen = frozen;
    }

    /// <summary>What the arm truly did; see <see cref="MotionLog.Account"/>.</summary>
    private JsonObject Motion(long from, long to)
    {
        MotionLog.Account account = _motion.Between(from, to);
        return new()
        {
            ["max_joint_speed"] = account.MaxJointSpeed,
            ["began"] = new JsonArray([.. account.Began.Select(t => (JsonNode)t)]),
            ["ceased"] = new JsonArray([.. account.Ceased.Select(t => (JsonNode)t)]),
            ["cycles"] = account.Cycles,
        };
    }

    /// <summary>Where the arm truly was, [[host ns, six joints in rad], …].</summary>
    private JsonArray Joints(long from, long to) => [.. _motion.PlacesBetween(from, to).Select(place =>
        (JsonNode)new JsonArray([place.TimeNs, .. place.Q.ToArray().Select(v => (JsonNode)v)]))];

    private SentLog Log(string stream) =>
        _sent.TryGetValue(stream, out var log)
            ? log
            : throw new ArgumentException($"no stream '{stream}'; there are {string.Join(", ", _sent.Keys)}");

    private JsonValue SentBetween(string stream, long from, long to, bool deviceTime) =>
        JsonValue.Create(Log(stream).CountBetween(from, to, deviceTime));

    /// <summary>[true host ns, device ns, true host ns, …] of the samples sent.</summary>
    private JsonArray TimesBetween(string stream, long from, long to)
    {
        var times = new JsonArray();
        foreach (var (trueNs, deviceNs) in Log(stream).Between(from, to))
        {
            times.Add((JsonNode)trueNs);
            times.Add((JsonNode)deviceNs);
        }
        return times;
    }

    private JsonObject Bodies() => new()
    {
        ["cube"] = PoseJson(_scene.Cube.Body.PoseInBase),
        // The target is a flat mark: what is put on it stands half its height above.
        ["target"] = PoseJson(_scene.Target.PoseInBase with
        {
            Position = _scene.Target.PoseInBase.Position with { Z = _scene.Cube.HalfBox.Z },
        }),
        ["held"] = _physics.HeldObject,
    };

    /// <summary>Where everything lies that a new episode may place elsewhere; <c>place</c> takes it back.</summary>
    private JsonObject Scene() => new(_scene.Objects.Select(o => o.Body).Append(_scene.Target)
        .Select(body => KeyValuePair.Create(body.Name, (JsonNode?)PoseJson(body.PoseInBase))));

    private void Place(JsonObject scene)
    {
        foreach (var (name, pose) in scene)
            _physics.Place(name, Pose.FromVector(new([.. pose!.AsArray().Select(v => (double)v!)])));
    }

    private static JsonArray PoseJson(in Pose pose) => [.. pose.ToVector().ToArray().Select(v => (JsonNode)v)];
}
