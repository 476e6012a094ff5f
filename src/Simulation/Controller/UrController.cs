using System.Collections.Concurrent;
using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.Time;
using RobotWorldModel.Drivers.UniversalRobots;
using RobotWorldModel.Simulation.Devices;
using RobotWorldModel.Simulation.Physics;
using RobotWorldModel.Simulation.UrScript;

namespace RobotWorldModel.Simulation.Controller;

/// <summary>What the cell's own displays and tests ask; a snapshot of the last cycle.</summary>
public sealed record UrControllerStatus(RobotMode Mode, SafetyStatusBits Safety, bool ProgramRunning, string ProgramName, int RtdeClients);

/// <summary>
/// A UR controller, CB3 or e-Series, on the maker's ports: RTDE (30004), dashboard (29999) and client interfaces (30001-30003,
/// 30011-30013). It runs what is sent to it and moves the arm in the physics by it. Everything happens in <see cref="Step"/>, except that
/// a thread of its own sends RTDE data when the transport's delay is over.
/// </summary>
public sealed partial class UrController : ISimulatedDevice, IDashboardHost
{
    /// <summary>By this number everyone knows that the arm is simulated.</summary>
    public const string SimulatedSerial = "20235500000";

    /// <summary>How far the arm may be from the set-point before it is stopped (C153), rad.</summary>
    private const double MaxTrackingError = 0.1;

    private const double NominalTorquePerAmpere = 10; // N·m/A at the joint: the size of a UR joint's, not a measured one

    private readonly ICellPhysics _physics;
    private readonly DeviceClock _clock;
    private readonly UrKinematics _kinematics;
    private readonly ControllerState _state = new();
    private readonly PowerAndSafety _power;
    private readonly MotionGenerator _motion;
    private readonly RtdeServer _rtde;
    private readonly ScriptServer _scripts;
    private readonly DashboardServer _dashboard;
    private readonly DashboardCommands _commands;
    private readonly PrimaryMessages _messages;
    private readonly ProgramRunner _programs;
    private readonly InputWatchdogs _watchdogs;
    private readonly RobotBuiltins _builtins;
    private readonly UrControllerOptions _options;
    private readonly Action<string> _runScript;
    private readonly Func<string, string> _answer;
    private readonly Action<string> _refuseScript;
    private readonly ConcurrentQueue<Action> _orders = new();
    private readonly NetworkCable _cable = new();
    private readonly Random _noise;
    private double _downForS, _forceNoiseN;
    private bool _remoteControl;
    private int _safetyCode;
    private SafetyMode _toldSafety = SafetyMode.Normal;
    private long _cycle, _nowNs;
    private volatile UrControllerStatus _status;

    /// <exception cref="ArgumentException">A model not known, software that does not run on it, or a vector of the wrong length.
    /// </exception>
    /// <exception cref="IOException">The folder of programs cannot be read.</exception>
    public UrController(UrControllerOptions options, ICellPhysics physics, DeviceClock clock)
    {
        (_options, _physics, _clock) = (options, physics, clock);
        UrModel model = UrModel.ByName(options.Model);
        Version = ControllerVersion.Of(options.Software, IsCb3(model));
        var arm = new ArmCalibration(model, options.CalibrationSeed);
        _kinematics = arm.Kinematics;
        _remoteControl = options.RemoteControl;
        _noise = new(options.Seed + 1);
        _state.Reset(new(options.TcpOffset), options.PayloadKg, PayloadCogOf(options));
        _state.Q = physics.Q;
        _power = new(options.Start, options.PowerUpS, options.BootS);
        _motion = new(_kinematics, physics.Q);
        _rtde = new(options, model.BaseRateHz, Version, _cable);
        _scripts = new(options, new(model, arm, Version), new(Version), _cable);
        _dashboard = new(options, _cable);
        _messages = new(_scripts, _state, () => _nowNs);
        _watchdogs = new(_rtde, model.BaseRateHz);
        var library = new BuiltinLibrary();
        MathBuiltins.AddTo(library);
        _builtins = new(new(_state, _motion, _kinematics, _messages, _watchdogs), ProtectiveStop, _power.PowerOff);
        _builtins.AddTo(library);
        _programs = new(library, _motion, _messages, _watchdogs, _builtins.Sockets);
        _commands = new(options, this, _power, _programs, new(options.ProgramFolder), _messages);
        (_runScript, _refuseScript, _answer) = (TakeScript, RefuseScript, _commands.Answer);
        Sent = new Dictionary<string, SentLog> { ["robot"] = _rtde.Sent };
        _status = Snapshot();
        UpdateStates();
    }

    /// <summary>The geometry that an arm with such a calibration really has, and by which its controller moves it.</summary>
    /// <exception cref="ArgumentException">The model is not known.</exception>
    public static UrKinematics KinematicsOf(UrControllerOptions options) =>
        new ArmCalibration(UrModel.ByName(options.Model), options.CalibrationSeed).Kinematics;

    /// <summary>Of the stream "robot": one sample a control cycle, whether or not a client listens.</summary>
    public IReadOnlyDictionary<string, SentLog> Sent { get; }

    public UrControllerStatus Status => _status;

    /// <summary>The slider, 0..1.</summary>
    public double SpeedSlider => _state.SpeedFraction;

    /// <summary>Its software and its ports.</summary>
    public string Describe() =>
        $"{Version}: RTDE 30004, {(Version.IsPolyScopeX ? "no dashboard" : "dashboard 29999")}, script 30001-30003";

    internal ControllerVersion Version { get; }

    ControllerVersion IDashboardHost.Version => Version;

    bool IDashboardHost.RemoteControl => MayBeOrdered;

    private bool MayBeOrdered => _remoteControl || Version.IsCb3;

    /// <summary>Cycles that have yet to be made up for after the next <see cref="Step"/>; set by who steps.</summary>
    public long CyclesBehind { get; set; }

    /// <inheritdoc/>
    public void Start()
    {
        WarmUp();
        try
        {
            _rtde.Start();
            OpenPorts();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public void Step(long nowNs, double dt)
    {
        long startNs = HostClock.NowNs;
        _nowNs = nowNs;
        while (_orders.TryDequeue(out Action? order))
            order();
        if (_downForS > 0)
        {
            StepWithoutController(dt);
            return;
        }
        long deviceNs = _clock.ToDevice(nowNs);
        _state.TimestampS = deviceNs * 1e-9;
        _state.TimestampUs = (ulong)Math.Max(0, deviceNs / 1000);
        Receive(nowNs);
        _power.Step(dt);
        bool waits = _power.Safety == SafetyMode.SafeguardStop && _programs.IsPaused;
        if (!_power.MayMove && !waits && (_programs.IsRunning || _motion.InFreedrive)) // the dashboard took the power
            EndMotion();
        RunProgram();
        Move(dt);
        UpdateState();
        Supervise();
        TellSafety();
        UpdateStates();
        _rtde.Publish(_state, nowNs, deviceNs);
        _scripts.PublishState(_state, nowNs, dt);
        _state.ExecutionTimeS = (HostClock.NowNs - startNs) * 1e-9;
    }

    public void Dispose()
    {
        _builtins.Sockets.CloseAll();
        _dashboard.Dispose();
        _scripts.Dispose();
        _rtde.Dispose();
    }

    // The runtime compiles the interpreter when it is first used; without this the first program would cost tens of cycles.
    private static void WarmUp()
    {
        const string Script = """
            def warm_up():
              global n = 0
              def add(a, b=1):
                local v = [a, b, 0.5]
                v[1] = norm(v[0] - b) + 1
                return v[0] + v[1] * 2.0
              end
              thread t():
                n = n + 1
              end
              while n < 3 and not n == 2:
                if add(n) > 1 or n >= 5:
                  n = n + 1
                elif add(b=2, a=1) != p[0, 0, 0, 0, 0, 0][1]:
                  n = n + 1
                end
              end
              join run t()
              halt
            end
            """;
        var library = new BuiltinLibrary();
        MathBuiltins.AddTo(library);
        new ScriptRun(ScriptCompiler.Compile(Script, library)).RunCycle();
    }

    // One door a cycle is looked at; each has its turn every 10 ms.
    private void Receive(long nowNs)
    {
        int door = (int)(_cycle++ % 5);
        _rtde.Receive(_state, nowNs, CyclesBehind, door == 0);
        _dashboard.Receive(nowNs, _answer, door == 1);
        _scripts.Receive(_state, nowNs, !MayBeOrdered, _runScript, _refuseScript, door - 2);
    }

    // Besides scripts the client interfaces take an order in words, which UR's client library sends before its program: "stop program".
    private void TakeScript(string script)
    {
        if (script.AsSpan().Trim() is "stop program")
            _programs.Stop();
        else
            RunScript(script);
    }

    private void RunScript(string script) => _programs.Start(script, Obstacle());

    private void RefuseScript(string script) =>
        _messages.Error(210, 0, ReportLevel.Warning, "The connection is read-only: the robot is in local control");

    bool IDashboardHost.Play(string script)
    {
        RunScript(script);
        return _programs.IsRunning;
    }

    void IDashboardHost.Shutdown() => Restart(double.PositiveInfinity);

    private string? Obstacle() => _power.MayMove ? null
        : _power.Mode != RobotMode.Running ? "The robot is not running: power it on and release its brakes"
        : "The robot is stopped by its safety system: see to the cause, then unlock it";

    private void RunProgram()
    {
        _programs.RunCycle();
        if (!_programs.IsRunning || _programs.IsPaused || _watchdogs.Step() is not { } missed)
            return;
        string done = missed.Pauses ? "paused" : "stopped";
        _messages.Popup("RTDE watchdog", $"The RTDE input {missed.Name} stayed away; the program is {done}", error: true);
        if (missed.Pauses)
            _programs.Pause();
        else
            _programs.Stop();
    }

    private void Move(double dt)
    {
        Pose tool = Pose.FromVector(_state.TcpOffset);
        if (_motion.Step(dt, _state.SpeedFraction, tool, _physics.HandWrench, _state.TcpForce) is { } problem)
            StopForSafety(problem);
        _physics.Step(dt, _motion.Q, _motion.Qd);
    }

    // What the arm really does against what it may do.
    private void Supervise()
    {
        if (!_power.MayMove)
            return;
        double trackingError = (_state.TargetQ - _state.Q).MaxAbs;
        if (trackingError > MaxTrackingError)
            StopForSafety($"C153: position deviates from path: a joint is {trackingError:0.000} rad from its set-point");
        for (int i = 0; i < 6; i++)
            if (Math.Abs(_state.Qd[i]) > _kinematics.Model.MaxJointSpeed[i] * 1.05)
                StopForSafety($"C153: position deviates from path: joint {i} moves at {_state.Qd[i]:0.00} rad/s, over its limit");
        Vector6 felt = _state.TcpForce + _builtins.ForceBias; // also what zero_ftsensor has taken away
        double force = new Vec3(felt[0], felt[1], felt[2]).Length;
        if (force > _options.ProtectiveForceN)
            StopForSafety($"C157: collision detected by joint: {force:0} N on the tool");
    }

    private void StopForSafety(string cause)
    {
        if (!_power.MayMove)
            return;
        _power.ProtectiveStop();
        EndMotion();
        int code = int.Parse(cause.AsSpan(1, cause.IndexOf(':') - 1));
        _messages.Error(code, 0, ReportLevel.Violation, cause);
        _safetyCode = code;
    }

    // Every change of the safety mode, the way back to normal too.
    private void TellSafety()
    {
        if (_toldSafety == _power.Safety)
            return;
        _toldSafety = _power.Safety;
        _messages.Safety(_safetyCode, _toldSafety);
        _safetyCode = 0;
    }

    private void EndMotion()
    {
        _programs.Stop();
        _motion.Stop(MotionGenerator.SafetyStopDeceleration);
    }

    private void UpdateState()
    {
        Pose tool = Pose.FromVector(_state.TcpOffset);
        (_state.TargetQ, _state.TargetQd, _state.TargetQdd) = (_motion.Q, _motion.Qd, _motion.Qdd);
        (_state.Q, _state.Qd, _state.Torque) = (_physics.Q, _physics.Qd, _physics.JointTorque);
        _state.Current = _state.Torque * (1 / NominalTorquePerAmpere);
        _state.DeviationRatio = _motion.DeviationRatio;
        Pose flange = _kinematics.Flange(_state.Q);
        _state.TcpPose = (flange * tool).ToVector();
        _state.TcpSpeed = _kinematics.TcpVelocity(_state.Q, _state.Qd, tool);
        _state.TargetTcpPose = (_kinematics.Flange(_state.TargetQ) * tool).ToVector();
        _state.TargetTcpSpeed = _kinematics.TcpVelocity(_state.TargetQ, _state.TargetQd, tool);
        UpdateElbow();
        UpdateForce(flange);
        _builtins.Record();
    }

    // The wrench at the flange less the configured payload's weight, in base axes, as e-Series controllers give it.
    private void UpdateForce(in Pose flange)
    {
        Wrench w = _physics.SensorWrench;
        if (_forceNoiseN > 0)
            w = Noisy(w);
        _state.FtRawWrench = new(w.Fx, w.Fy, w.Fz, w.Tx, w.Ty, w.Tz);
        var (measuredForce, measuredTorque) = _state.ExternalSensor is { } sensor
            ? sensor.AtFlange(_state.ExternalForceTorque)
            : (new(w.Fx, w.Fy, w.Fz), new(w.Tx, w.Ty, w.Tz));
        Vec3 weight = _state.Gravity * -_state.PayloadKg;
        Vec3 force = flange.Rotation.Rotate(measuredForce) - weight;
        Vec3 torque = flange.Rotation.Rotate(measuredTorque) - flange.Rotation.Rotate(_state.PayloadCog).Cross(weight);
        _state.TcpForce = new Vector6(force.X, force.Y, force.Z, torque.X, torque.Y, torque.Z) - _builtins.ForceBias;
    }

    private void UpdateStates()
    {
        (_state.Mode, _state.Safety, _state.SafetyBits) = (_power.Mode, _power.Safety, _power.SafetyBits);
        _state.Runtime = _programs.Runtime;
        _state.StatusBits = (_state.JointMode != 239 ? 1u : 0) | (_programs.IsRunning ? 2u : 0) | (_motion.InFreedrive ? 4u : 0);
        _state.ScriptLine = (uint)_programs.Line;
        UrControllerStatus last = _status;
        if (last.Mode != _state.Mode || last.Safety != _state.SafetyBits || last.ProgramRunning != _programs.IsRunning
            || last.ProgramName != _programs.Name || last.RtdeClients != _rtde.Clients)
            _status = Snapshot();
    }

    private void UpdateElbow()
    {
        Span<Pose> frames = stackalloc Pose[6];
        _kinematics.Frames(_state.Q, frames);
        Vec3 elbow = frames[1].Position;
        Vec3 velocity = Vec3.UnitZ.Cross(elbow) * _state.Qd[0]
            + frames[0].Rotation.Rotate(Vec3.UnitZ).Cross(elbow - frames[0].Position) * _state.Qd[1];
        _state.Elbow = new(elbow.X, elbow.Y, elbow.Z, velocity.X, velocity.Y, velocity.Z);
    }

    private Wrench Noisy(in Wrench w) => new(
        w.Fx + _forceNoiseN * Gaussian(), w.Fy + _forceNoiseN * Gaussian(), w.Fz + _forceNoiseN * Gaussian(),
        w.Tx + _forceNoiseN / 25 * Gaussian(), w.Ty + _forceNoiseN / 25 * Gaussian(), w.Tz + _forceNoiseN / 25 * Gaussian());

    private double Gaussian() => Math.Sqrt(-2 * Math.Log(1 - _noise.NextDouble())) * Math.Cos(2 * Math.PI * _noise.NextDouble());

    private static bool IsCb3(UrModel model) => model.BaseRateHz < 500;

    private static Vec3 PayloadCogOf(UrControllerOptions options) =>
        new(options.PayloadCog[0], options.PayloadCog[1], options.PayloadCog[2]);

    private UrControllerStatus Snapshot() => new(_power.Mode, _power.SafetyBits, _programs.IsRunning, _programs.Name, _rtde.Clients);
}
