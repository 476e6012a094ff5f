using RobotWorldModel.Drivers.Force;
using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.Time;

namespace RobotWorldModel.Drivers.Motion;

/// <summary>
/// All motion of one arm and its gripper. Lends the arm to one owner at a time, filters what the owner sends, and serves the controller at
/// its own rate from a thread of its own that stops the arm whenever something is missing or wrong.
/// </summary>
public sealed partial class ArmMotion : IDisposable
{
    private readonly IRobotArm _arm;
    private readonly IArmControl _control;
    private readonly IGripperControl? _gripper;
    private readonly IForceTorqueSensor? _force;
    private readonly MotionLimits _limits;
    private readonly ExternalForce? _external;
    private readonly bool _enabled;
    private readonly Lock _acquireLock = new();
    private readonly DeviceThread _thread;
    private readonly Published<Snapshot> _published = new();
    private MotionSession? _session; // set by who acquires, cleared by the arm's thread
    private string? _acquiring, _reason;
    private readonly ArmStateMachine _state = new();
    private readonly DelayWatch? _delay; // null where motion is not enabled
    private volatile bool _sending;
    private CancellationTokenSource? _acquireCancel;
    private long _clamped, _refused;

    // After a request the fingers' state may be of before it for this long.
    private const long FingersStartNs = 300_000_000;

    /// <param name="arm">A driver of this assembly that can be commanded.</param>
    /// <param name="gripper">As the arm; null without one.</param>
    /// <param name="force">Watched while the arm moves; null without one.</param>
    /// <param name="enabled">motion.enabled of the config: false lends the arm to nobody.</param>
    /// <param name="external">Takes the tool's weight from what the sensor reads: then turning the tool is no force. Null: the raw
    /// values are watched.</param>
    /// <exception cref="ArgumentException">A driver that cannot be commanded, or limits that make no sense.</exception>
    public ArmMotion(
        IRobotArm arm, IGripper? gripper, IForceTorqueSensor? force, MotionLimits limits, bool enabled, ExternalForce? external = null)
    {
        limits.Validate();
        _control = arm as IArmControl ?? throw new ArgumentException($"{arm.Name}: this driver only reads; it cannot move the arm");
        if (gripper is not null)
            _gripper = gripper as IGripperControl
                ?? throw new ArgumentException($"{gripper.Name}: this driver only reads; it cannot move the gripper");
        (_arm, _force, _limits, _enabled, _external) = (arm, force, limits, enabled, external);
        _wrenches = enabled ? force?.Wrenches.Subscribe(1024) : null; // only the thread that drives the arm drains it
        _delay = enabled ? new(arm.States) : null;
        _thread = new("arm", Serve);
        _published.Write(new() { SpeedFraction = 1 });
    }

    public bool Enabled => _enabled;

    public MotionLimits Limits => _limits;

    /// <summary>Nobody gets the arm before a person has looked and <see cref="Acknowledge"/> was called.</summary>
    public bool NeedsAcknowledge => _state.NeedsAcknowledge;

    /// <summary>
    /// The arm's state. Where motion is not enabled nobody watches for stops: then it is what the controller shows just now.
    /// </summary>
    public ArmState State => _enabled ? _state.State : ArmStateMachine.Seen(Signs(HostClock.NowNs));

    /// <summary>The set-point last sent; where nobody drives the arm, where it was last seen. rad.</summary>
    public Vector6 CommandedJoints
    {
        get
        {
            Snapshot now = _published.Read();
            return now.Session is null && _arm.States.TryGetNewest(out var state) ? state.Value.Q : now.Joints;
        }
    }

    /// <summary>The TCP of <see cref="CommandedJoints"/> in the base frame.</summary>
    public Pose CommandedTcp => TcpOf(CommandedJoints);

    /// <summary>The TCP in the base frame for joints in rad.</summary>
    public Pose TcpOf(in Vector6 joints) => _arm.Kinematics.Flange(joints) * _limits.FlangeToTcp;

    /// <summary>A joint move as fast as a share of this cell's limits allows, the TCP's among them.</summary>
    public MoveTo MoveTo(in Vector6 to, double share) => Motion.MoveTo.Within(CommandedJoints, to, _limits, _arm.Kinematics, share);

    /// <summary>A straight move of the tool as fast as a share of this cell's limits allows it.</summary>
    public MoveLine MoveLine(in Pose to, double share) => Motion.MoveLine.Within(CommandedTcp, to, _limits, share);

    /// <summary>Serves the arm from now on; where motion is not enabled the controller's registers are left alone.</summary>
    public void Start()
    {
        if (!_enabled)
            return;
        WarmUp();
        _thread.Start();
        _delay!.Start();
    }

    // What runs for the first time is compiled, which takes tens of milliseconds in a program that was not compiled ahead: not while the
    // first motion waits for it.
    private void WarmUp()
    {
        const long Period = 2_000_000;
        var session = new MotionSession(_arm.Kinematics, _limits, UsualRateHz) { EveryCycle = true };
        Vector6 q = new(0, -Math.PI / 2, Math.PI / 2, -Math.PI / 2, -Math.PI / 2, 0);
        session.Filter.Seed(q);
        session.Generator.Seed(q);
        for (long n = 1; n <= 200; n++)
        {
            CommandKind kind = n % 2 == 0 ? CommandKind.JointVelocity : CommandKind.TcpVelocity;
            Command command = new(kind, new(0, 0.1 * Math.Sin(n), 0, 0, 0, 0), double.NaN, (n + 1) * Period);
            session.TryPost(session.Filter.Check(command, n * Period).Guarded, command.DueNs);
            while (session.TryTake(out Vector6 target, out long dueNs))
                session.Generator.Add(target, dueNs, n * Period, session.EveryCycle);
            session.Generator.Step(n * Period);
        }
    }

    /// <summary>
    /// Takes the arm for an owner if every gate is open, starting our program on the controller where it does not run and letting the arm
    /// come to rest after the owner before: may take seconds, and must not be called on the tick's thread.
    /// </summary>
    /// <param name="owner">Named to others who ask meanwhile.</param>
    /// <param name="refusal">One line, what is in the way and what to do; null where the lease is given.</param>
    /// <param name="jointSpeed">This lease is kept below it, rad/s, where the cell's limit is higher.</param>
    public MotionLease? TryAcquire(string owner, out string? refusal, double jointSpeed = double.PositiveInfinity)
    {
        CancellationTokenSource cancel;
        lock (_acquireLock)
        {
            refusal = Barred() ?? (_acquiring is null ? null : $"{_arm.Name}: {_acquiring} is taking the arm just now");
            if (refusal is not null)
                return null;
            _acquiring = owner; // from here on a stop is heard
            _acquireCancel = cancel = CancellationTokenSource.CreateLinkedTokenSource(_thread.Stopping);
        }
        try
        {
            refusal = WaitForOwner(cancel.Token) ?? Barred() ?? StandingGates(out _);
            if (refusal is null && !cancel.IsCancellationRequested)
            {
                _sending = true; // the program ends by itself where it hears no counter
                refusal = _control.StartProgram(cancel.Token) ?? WaitForFreshState(cancel.Token);
            }
            if (cancel.IsCancellationRequested)
                refusal = $"{_arm.Name}: the arm was stopped while it was being taken";
            return refusal is null ? Begin(owner, jointSpeed, out refusal) : null;
        }
        finally
        {
            lock (_acquireLock)
            {
                _acquiring = null;
                _acquireCancel = null;
            }
            cancel.Dispose();
        }
    }

    /// <summary>Stops the arm now, from any thread: it ramps to rest, and whoever holds it loses it.</summary>
    /// <param name="reason">One line, told to the owner and in the report.</param>
    public void Stop(string reason)
    {
        lock (_acquireLock)
        {
            _acquireCancel?.Cancel();
            MotionSession? session = Volatile.Read(ref _session);
            if (session is not null && session.End(reason))
                Volatile.Write(ref _reason, reason);
            if (_enabled) // the fingers may still close for who had the arm before
                _gripper?.Halt();
        }
    }

    /// <summary>
    /// A person has looked at the cell and lets motion begin again. Clears our own mark only; unlocks nothing on the controller.
    /// </summary>
    /// <returns>Null, or one line: the controller itself still reports a stop, and how to leave it.</returns>
    public string? Acknowledge()
    {
        if (!_state.Acknowledge(Signs(HostClock.NowNs)))
            return $"{_arm.Name}: the controller is still stopped ({_arm.Status.Message})";
        Volatile.Write(ref _reason, null);
        return null;
    }

    public MotionReport Report()
    {
        Snapshot now = _published.Read();
        MotionSession? session = Volatile.Read(ref _session);
        MotionState state = session is null ? NeedsAcknowledge ? MotionState.Fault : MotionState.Off : now.State;
        string reason = !_enabled ? "motion.enabled is false in the config; recording works without it" : Volatile.Read(ref _reason) ?? "";
        return new(_enabled, State, state, session?.Lease?.Owner, reason, NeedsAcknowledge, CommandedJoints,
            Interlocked.Read(ref _clamped), Interlocked.Read(ref _refused), now.Timeouts, now.Missed, now.SpeedFraction,
            _delay?.DelayNs * 1e-6 ?? double.NaN, _control.RoundTripNs * 1e-6 ?? double.NaN);
    }

    /// <summary>Stops the arm, ends our program on the controller and the thread.</summary>
    public void Dispose()
    {
        Stop("the service ends");
        _thread.Dispose();
        _delay?.Dispose();
        if (_wrenches is not null)
            _force!.Wrenches.Unsubscribe(_wrenches);
    }

    internal SendResult Send(MotionSession session, in Command command)
    {
        lock (session.SendLock)
        {
            Snapshot now = _published.Read();
            string? refusal = session.EndedBecause;
            if (refusal is null && (session.FreedriveWanted || now.Freedrive))
                refusal = session.FreedriveWanted
                    ? "a person leads the arm: end freedrive first"
                    : "the arm is not at rest yet after freedrive";
            if (refusal is null && session.HaltWanted)
                refusal = "the arm was halted; it takes commands when it stands";
            if (refusal is null && now.State == MotionState.Stopping)
                refusal = MotionSession.IsStopping;
            if (refusal is not null)
                return Count(new(false, Clamp.None, now.Joints, refusal));
            if (now.State == MotionState.Holding && now.Taken == session.Posted)
                session.Filter.Seed(now.Joints);
            SendResult result = session.Filter.Check(command, HostClock.NowNs, now.SpeedFraction);
            if (result.Accepted && !session.TryPost(result.Guarded, command.DueNs))
                result = new(false, Clamp.None, now.Joints, "the arm's thread does not keep up: see its missed cycles");
            if (result.Accepted && !double.IsNaN(command.Gripper))
                RequestGripper(session, Math.Clamp(command.Gripper, 0, 1));
            if (session.EndedBecause is not null || (session.HaltWanted && _gripper is not null && FingersMayMove(session)))
                _gripper?.Halt(); // it ended while this command passed: its request must not outlive that
            return Count(result);
        }
    }

    internal void Release(MotionSession session)
    {
        if (session.End("released by its owner"))
            _gripper?.Withdraw();
    }

    internal void Halt(MotionSession session)
    {
        if (session.EndedBecause is not null)
            return; // it ramps to rest already
        session.HaltWanted = true;
        if (_gripper is not null && FingersMayMove(session))
            _gripper.Halt();
    }

    // Fingers that stand are left alone: they may hold something.
    private bool FingersMayMove(MotionSession session) =>
        HostClock.NowNs - Volatile.Read(ref session.GripperAskedNs) < FingersStartNs
        || !_gripper!.States.TryGetNewest(out var state) || state.Value.Moving;

    private void RequestGripper(MotionSession session, double position)
    {
        if (_gripper is null)
            return;
        if (position != session.GripperAsked)
            (session.GripperAsked, session.GripperAskedNs) = (position, HostClock.NowNs);
        _gripper.Request(position, session.MayActivateGripper);
    }

    internal bool SetFreedrive(MotionSession session, bool on)
    {
        lock (session.SendLock)
        {
            Snapshot now = _published.Read();
            bool standing = now.State == MotionState.Holding && now.Taken == session.Posted;
            if (session.EndedBecause is not null || (on && !session.FreedriveWanted && !standing))
                return false;
            session.FreedriveWanted = on;
            return true;
        }
    }

    private SendResult Count(in SendResult result)
    {
        if (!result.Accepted)
            Interlocked.Increment(ref _refused);
        else if (result.Clamped != Clamp.None)
            Interlocked.Increment(ref _clamped);
        return result;
    }

    // Written by the arm's thread every cycle.
    private struct Snapshot
    {
        public MotionSession? Session;
        public Vector6 Joints;
        public MotionState State;
        public bool Freedrive;
        public double SpeedFraction;
        public long Taken, Timeouts, Missed;
    }
}
