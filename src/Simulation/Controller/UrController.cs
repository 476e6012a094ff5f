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
/// A UR e-Series controller on the maker's ports: RTDE (30004), dashboard (29999) and script ports (30001-30003). It runs what is sent to
/// it and moves the arm in the physics by it. Everything happens in <see cref="Step"/>, except that a thread of its own sends RTDE data
/// when the transport's delay is over.
/// </summary>
public sealed class UrController : ISimulatedDevice
{
    /// <summary>By this number everyone knows that the arm is simulated.</summary>
    public const string SimulatedSerial = "20235500000";

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
    private int _protectiveStops, _emergencyStops, _emergencyReleases;
    private long _cycle, _nowNs;
    private volatile UrControllerStatus _status;

    /// <exception cref="ArgumentException">A model not known, or a vector of the wrong length.</exception>
    public UrController(UrControllerOptions options, ICellPhysics physics, DeviceClock clock)
    {
        (_options, _physics, _clock) = (options, physics, clock);
        UrModel model = UrModel.ByName(options.Model);
        _kinematics = new(model);
        _state.TcpOffset = new(options.TcpOffset);
        _state.PayloadKg = options.PayloadKg;
        _state.PayloadCog = new(options.PayloadCog[0], options.PayloadCog[1], options.PayloadCog[2]);
        _state.Q = physics.Q;
        _power = new(options.StartRunning, options.PowerUpS);
        _motion = new(_kinematics, physics.Q);
        _rtde = new(options, model.BaseRateHz);
        _scripts = new(options, model);
        _dashboard = new(options);
        _messages = new(_scripts, _state, () => _nowNs);
        _watchdogs = new(_rtde, model.BaseRateHz);
        var library = new BuiltinLibrary();
        MathBuiltins.AddTo(library);
        _builtins = new(new(_state, _motion, _kinematics, _messages, _watchdogs), ProtectiveStop, _power.PowerOff);
        _builtins.AddTo(library);
        _programs = new(library, _motion, _messages, _watchdogs, _builtins.Sockets);
        _commands = new(options, _power, _programs, _messages);
        _runScript = RunScript;
        _answer = _commands.Answer;
        Sent = new Dictionary<string, SentLog> { ["robot"] = _rtde.Sent };
        UpdateStates();
        _status = Snapshot();
    }

    /// <summary>Of the stream "robot": one sample a control cycle, whether or not a client listens.</summary>
    public IReadOnlyDictionary<string, SentLog> Sent { get; }

    public UrControllerStatus Status => _status;

    /// <summary>Cycles that have yet to be made up for after the next <see cref="Step"/>; set by who steps.</summary>
    public long CyclesBehind { get; set; }

    /// <inheritdoc/>
    public void Start()
    {
        WarmUp();
        try
        {
            _rtde.Start();
            _scripts.Start();
            _dashboard.Start();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>
    /// As a collision would: motion stops, the program ends, and 5 s later it may be unlocked. From any thread; acts in the next cycle.
    /// </summary>
    public void ProtectiveStop() => Interlocked.Increment(ref _protectiveStops);

    /// <summary>The red button. From any thread; acts in the next cycle.</summary>
    public void EmergencyStop() => Interlocked.Increment(ref _emergencyStops);

    /// <summary>Pulls the red button out again; the arm then waits to be powered.</summary>
    public void ReleaseEmergencyStop() => Interlocked.Increment(ref _emergencyReleases);

    public void Step(long nowNs, double dt)
    {
        long startNs = HostClock.NowNs;
        _nowNs = nowNs;
        long deviceNs = _clock.ToDevice(nowNs);
        _state.TimestampS = deviceNs * 1e-9;
        _state.TimestampUs = (ulong)Math.Max(0, deviceNs / 1000);
        Receive(nowNs);
        HandleButtons();
        _power.Step(dt);
        RunProgram();
        Move(dt);
        UpdateState();
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
        _scripts.Receive(_state, nowNs, _runScript, door - 2);
    }

    private void RunScript(string script)
    {
        if (!_options.RemoteControl)
        {
            _messages.Error(210, 0, ReportLevel.Warning, "The connection is read-only: the robot is in local control");
            return;
        }
        _programs.Start(script, Obstacle());
    }

    private string? Obstacle() => _power.MayMove ? null
        : _power.Mode != RobotMode.Running ? "The robot is not running: power it on and release its brakes"
        : "The robot is stopped by its safety system: see to the cause, then unlock it";

    private void HandleButtons()
    {
        if (Interlocked.Exchange(ref _protectiveStops, 0) > 0)
            StopForSafety("C157: collision detected by joint: as asked of the simulated controller");
        if (Interlocked.Exchange(ref _emergencyStops, 0) > 0)
        {
            _power.EmergencyStop();
            EndMotion();
            _messages.Safety(0, SafetyMode.RobotEmergencyStop);
        }
        if (Interlocked.Exchange(ref _emergencyReleases, 0) > 0)
            _power.ReleaseEmergencyStop();
        if (!_power.MayMove && (_programs.IsRunning || _motion.InFreedrive)) // the dashboard took the power
            EndMotion();
    }

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

    private void StopForSafety(string cause)
    {
        if (!_power.MayMove)
            return;
        _power.ProtectiveStop();
        EndMotion();
        int code = int.Parse(cause.AsSpan(1, cause.IndexOf(':') - 1));
        _messages.Error(code, 0, ReportLevel.Violation, cause);
        _messages.Safety(code, SafetyMode.ProtectiveStop);
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
        UpdateForce(flange);
        _builtins.Record();
        UpdateStates();
        UrControllerStatus last = _status;
        if (last.Mode != _state.Mode || last.Safety != _state.SafetyBits || last.ProgramRunning != _programs.IsRunning
            || last.ProgramName != _programs.Name || last.RtdeClients != _rtde.Clients)
            _status = Snapshot();
    }

    // The wrench at the flange less the configured payload's weight, in base axes, as e-Series controllers give it.
    private void UpdateForce(in Pose flange)
    {
        Wrench w = _physics.SensorWrench;
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
    }

    private UrControllerStatus Snapshot() => new(_power.Mode, _power.SafetyBits, _programs.IsRunning, _programs.Name, _rtde.Clients);
}
