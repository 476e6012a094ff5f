using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.Time;
using RobotWorldModel.Drivers.UniversalRobots;

namespace RobotWorldModel.Drivers.Motion;

/// <summary>
/// The only way to move an arm: one lease, the safety filter at the tick, and a thread of its own that serves the arm at the controller's rate.
/// When things go quiet the arm holds or ramps to a stop; safety and force end motion until a person has acknowledged. Nothing unlocks by itself.
/// </summary>
public sealed class ArmMotion : IDisposable
{
    private const double DefaultRateHz = 500;
    private const long HeartbeatTimeoutNs = 200_000_000;
    private readonly IRobotArm _arm;
    private readonly IArmControl _control;
    private readonly IGripperControl? _gripper;
    private readonly MotionLimits _limits;
    private readonly MotionGates _gates;
    private readonly ForceGuard? _force;
    private readonly SafetyFilter _filter;
    private readonly SetpointGenerator _generator;
    private readonly DeviceThread _thread;
    private readonly Lock _acquiring = new(), _mailbox = new(), _snapshotLock = new();
    private readonly double _rateHz;

    // Between the tick's thread and the arm's: the newest target, and where to start from.
    private (Vector6 Q, long DueNs)? _target;
    private Vector6? _seed;
    private volatile MotionLease? _lease;
    private volatile bool _sending, _stopRequested, _freedrive;
    private volatile string _reason = "";
    private volatile bool _needsAcknowledge;

    // The arm thread's own.
    private (Vector6 Q, Vector6 Qd, MotionState State) _snapshot;
    private long _heartbeatNs, _lagNs, _missed, _clamped, _refused;
    private int _heartbeat;
    private volatile bool _programAlive;

    /// <param name="gripper">Null in a cell without one.</param>
    /// <param name="force">Null: force is not watched.</param>
    /// <param name="enabled">motion.enabled; false: every lease is refused.</param>
    /// <exception cref="ArgumentException">A driver that cannot be commanded.</exception>
    public ArmMotion(IRobotArm arm, IGripper? gripper, IForceTorqueSensor? force, MotionLimits limits, bool enabled, double rateHz = DefaultRateHz)
    {
        _arm = arm;
        _control = arm as IArmControl ?? throw new ArgumentException($"{arm.Name} cannot be commanded", nameof(arm));
        _gripper = gripper is null ? null : gripper as IGripperControl ?? throw new ArgumentException($"{gripper.Name} cannot be commanded", nameof(gripper));
        (_limits, Enabled, _rateHz) = (limits, enabled, rateHz);
        var geometry = new ArmGeometry(arm.Kinematics.Model, limits);
        _filter = new(arm.Kinematics, geometry, limits);
        _generator = new(geometry, limits, rateHz);
        _gates = new(arm, limits, _filter);
        _force = force is null ? null : new(force.Wrenches, limits.ForceLimitN);
        _thread = new("arm", RealTime.ArmPriority, Run);
    }

    public bool Enabled { get; }

    /// <summary>A safety or force fault waits for a person.</summary>
    public bool NeedsAcknowledge => _needsAcknowledge;

    /// <summary>The last set-point, rad; in freedrive the measured joints.</summary>
    public Vector6 CommandedJoints
    {
        get
        {
            lock (_snapshotLock)
                return _snapshot.Q;
        }
    }

    /// <summary>The TCP at the last set-point, base frame.</summary>
    public Pose CommandedTcp => _arm.Kinematics.Flange(CommandedJoints) * _limits.FlangeToTcp;

    public void Start()
    {
        if (Enabled)
            _thread.Start();
    }

    public void Dispose()
    {
        Stop("the service ends");
        _thread.Dispose();
        _force?.Dispose();
    }

    /// <summary>Asks for the arm. Starts our program on the controller where it does not run, which may take seconds: not from the tick's thread.</summary>
    /// <param name="refusal">One line: what is in the way and what to do about it.</param>
    public MotionLease? TryAcquire(string owner, out string? refusal)
    {
        lock (_acquiring)
        {
            refusal = Refusal();
            if (refusal is null && !_programAlive)
            {
                _sending = true; // the program ends by itself when it hears no counter
                refusal = _control.StartProgram(_thread.Stopping) ?? WaitForProgram();
            }
            refusal ??= _gates.Check(out Vector6 from) ?? Seed(from);
            if (refusal is not null)
                return null;
            _force?.Tare();
            _stopRequested = _freedrive = false;
            _reason = "";
            return _lease = new(this, owner);
        }
    }

    /// <summary>Ramps to a stop now and ends the lease, from any thread.</summary>
    public void Stop(string reason)
    {
        _stopRequested = true;
        EndLease(reason);
    }

    /// <summary>A person has looked at what ended motion; it may be asked for again.</summary>
    public void Acknowledge()
    {
        _needsAcknowledge = false;
        _reason = "";
    }

    public MotionReport Report()
    {
        (Vector6 Q, Vector6 Qd, MotionState State) s;
        lock (_snapshotLock)
            s = _snapshot;
        MotionState state = !Enabled ? MotionState.Off : _needsAcknowledge ? MotionState.Fault : s.State;
        string reason = !Enabled ? "motion.enabled is false in the config; recording works without it" : _reason;
        return new(Enabled, state, _lease?.Owner, reason, _needsAcknowledge, s.Q, Interlocked.Read(ref _clamped), Interlocked.Read(ref _refused),
            _generator.Timeouts, Interlocked.Read(ref _missed));
    }

    internal SendResult Send(MotionLease lease, in Command command)
    {
        if (_lease != lease || !lease.Active)
            return new(false, Clamp.None, default, lease.EndedBecause ?? "the lease has ended");
        if (_freedrive)
            return new(false, Clamp.None, default, "a person leads the arm");
        SendResult result = _filter.Guard(command, HostClock.NowNs);
        if (!result.Accepted)
        {
            Interlocked.Increment(ref _refused);
            return result;
        }
        if (result.Clamped != Clamp.None)
            Interlocked.Increment(ref _clamped);
        lock (_mailbox)
            _target = (result.Guarded, command.DueNs);
        if (!double.IsNaN(command.Gripper))
            _gripper?.Request(Math.Clamp(command.Gripper, 0, 1));
        return result;
    }

    internal bool SetFreedrive(MotionLease lease, bool on)
    {
        if (_lease != lease || !lease.Active)
            return false;
        if (on && Report().State == MotionState.Moving)
            return false;
        _freedrive = on;
        return true;
    }

    internal void Release(MotionLease lease, string why)
    {
        if (_lease == lease)
            Stop(why);
        else
            lease.End(why);
    }

    private string? Refusal()
    {
        if (!Enabled)
            return "motion is off: motion.enabled is false in the config; see docs/safety.md before you set it";
        if (_needsAcknowledge)
            return $"motion ended: {_reason}; look at the arm, then acknowledge";
        return _lease is { Active: true } holder ? $"{holder.Owner} has the arm" : _gates.Check(out _);
    }

    private string? WaitForProgram()
    {
        long deadline = HostClock.NowNs + 2_000_000_000;
        while (!_programAlive)
        {
            if (HostClock.NowNs > deadline)
                return "the control program was sent, but shows no sign of life; look at the pendant's log";
            Thread.Sleep(5);
        }
        return null;
    }

    /// <summary>The filter and the generator start from where the controller holds the arm; waits for the arm thread to have taken it.</summary>
    private string? Seed(in Vector6 from)
    {
        _filter.Reset(from, HostClock.NowNs);
        lock (_mailbox)
            (_target, _seed) = (null, from);
        long deadline = HostClock.NowNs + 500_000_000;
        while (HostClock.NowNs < deadline)
        {
            lock (_mailbox)
                if (_seed is null)
                    return null;
            Thread.Sleep(1);
        }
        return "the arm's thread does not run";
    }

    private void EndLease(string reason)
    {
        if (_lease is not { } lease)
            return;
        lease.End(reason);
        _lease = null;
        _freedrive = false;
        if (reason != "given back")
            _reason = reason;
    }

    private void Fault(string reason, bool needsPerson)
    {
        if (needsPerson)
        {
            _needsAcknowledge = true;
            _reason = reason;
        }
        _stopRequested = true;
        EndLease(reason);
    }

    private void Run(CancellationToken stop)
    {
        var grid = new AbsoluteGrid(_rateHz, HostClock.NowNs);
        long periodNs = (long)(1e9 / _rateHz);
        while (!stop.IsCancellationRequested)
        {
            grid.WaitNext();
            Volatile.Write(ref _missed, grid.Missed);
            Cycle(HostClock.NowNs, periodNs);
        }
    }

    /// <summary>One cycle of the arm: look, check, step, send.</summary>
    private void Cycle(long nowNs, long periodNs)
    {
        bool seen = _arm.States.TryGetNewest(out Sample<RobotState> state);
        bool fresh = seen && nowNs - state.ArrivalNs <= _limits.StateTimeoutMs * 1e6;
        WatchProgram(state.Value.Heartbeat, fresh, nowNs);
        if (_lease is not null || !_generator.AtRest)
            CheckHealth(state.Value, fresh);
        if (_force is not null && _force.Exceeded(out double newton) && _lease is not null)
            Fault($"force {newton:0} N beyond the limit of {_limits.ForceLimitN:0} N", needsPerson: true);

        double scaling = fresh ? Math.Clamp(state.Value.SpeedScaling * state.Value.TargetSpeedFraction, 0, 1) : 1;
        _lagNs += (long)((1 - scaling) * periodNs);
        TakeMail(nowNs - _lagNs);
        if (_freedrive)
            _generator.Reset(state.Value.Q);
        else if (_stopRequested)
            _generator.Stop();
        _generator.Step(nowNs - _lagNs);
        Publish();
        if (_sending)
            _control.Send(Mode(), _generator.Position, _generator.Velocity);
    }

    private ArmMode Mode() => _freedrive ? ArmMode.Freedrive : _lease is not null || !_generator.AtRest ? ArmMode.Servo : ArmMode.Hold;

    private void WatchProgram(int heartbeat, bool fresh, long nowNs)
    {
        if (fresh && heartbeat != _heartbeat)
            (_heartbeat, _heartbeatNs) = (heartbeat, nowNs);
        _programAlive = fresh && _sending && nowNs - _heartbeatNs < HeartbeatTimeoutNs && _heartbeatNs != 0;
    }

    private void CheckHealth(in RobotState state, bool fresh)
    {
        if (!fresh)
            Fault("the arm's state has not come for " + StaleText + "; its connection is lost", needsPerson: false);
        else if (!MotionGates.SafetyAllows(state.Safety))
            Fault(MotionGates.DescribeSafety(state.Safety), needsPerson: true);
        else if (!_programAlive)
            Fault("the control program on the controller has ended; its reason is in the pendant's log", needsPerson: false);
    }

    private string StaleText => $"{_limits.StateTimeoutMs:0} ms";

    private void TakeMail(long nowNs)
    {
        lock (_mailbox)
        {
            if (_seed is { } seed)
            {
                _generator.Reset(seed);
                _lagNs = 0;
                _seed = null;
            }
            else if (_target is { } target && !_stopRequested)
            {
                _generator.SetTarget(target.Q, target.DueNs, nowNs);
            }
            _target = null;
        }
    }

    private void Publish()
    {
        MotionState state = _freedrive ? MotionState.Freedrive
            : _generator.AtRest ? MotionState.Holding
            : _stopRequested ? MotionState.Stopping
            : MotionState.Moving;
        lock (_snapshotLock)
            _snapshot = (_generator.Position, _generator.Velocity, state);
    }
}
