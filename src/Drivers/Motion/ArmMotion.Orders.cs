using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.Time;

namespace RobotWorldModel.Drivers.Motion;

// What a person has the controller do or set besides motion.
public sealed partial class ArmMotion
{
    private const long SeenNs = 1_000_000_000;
    private long _beatNs = long.MinValue / 2; // arrival of the last state with another heartbeat of our program; by the arm's thread
    private int _beat;
    private volatile bool _leaving; // our program is to end, so that another can run

    /// <summary>
    /// Has the controller do what a person has asked for, and waits until it is done: up to a minute. Unlocking and restarting are no
    /// acknowledgement. Power off stops the arm first, whoever holds it; the others are refused while somebody does. A program of the
    /// controller's ends ours, which the next lease starts again; it is stopped whoever is only taking the arm.
    /// </summary>
    /// <param name="text">The name or text of orders that have one.</param>
    /// <returns>Null when it is done, else one line: what is in the way and what to do about it.</returns>
    public string? Obey(ArmOrder order, CancellationToken cancel, string text = "")
    {
        if (!_enabled || order == ArmOrder.PlayProgram) // which moves the arm, so a stop bars it
        {
            if (Barred() is { } barred)
                return barred;
        }
        if (order == ArmOrder.PowerOff)
            Stop("the arm is being switched off");
        else if (Held() is { } held)
            return held;
        return order is ArmOrder.LoadProgram or ArmOrder.PlayProgram or ArmOrder.PauseProgram
            ? WithFreeArm("the controller's own program",
                stopped => LeaveController(stopped) ?? Told(_control.Obey(order, text, stopped)), cancel)
            : Told(_control.Obey(order, text, cancel));
    }

    /// <summary>
    /// The controller shows a program that runs or is paused, and no sign of life of ours; also where it has shown nothing for a while.
    /// </summary>
    public bool AnotherProgramRuns
    {
        get
        {
            if (!_arm.States.TryGetNewest(out var newest) || HostClock.NowNs - newest.ArrivalNs > _limits.StateTimeoutMs * 1e6)
                return true;
            return newest.Value.Runtime is not (RuntimeState.Stopped or RuntimeState.Stopping) && !OursRuns(newest);
        }
    }

    // By its heartbeat, and not by what was asked of it: a start may have been refused.
    private bool OursRuns(in Sample<RobotState> newest) => newest.ArrivalNs - Volatile.Read(ref _beatNs) <= HeartbeatTimeoutNs;

    /// <summary>Asks the controller what its pendant shows; blocks for some seconds at most.</summary>
    public PendantReport LookAtPendant() => _control.LookAtPendant();

    /// <summary>
    /// Moves the controller's speed slider, whoever holds the arm: plans slow down with it, and never get faster than the limits.
    /// </summary>
    /// <param name="fraction">0..1; one percent is the least that is set.</param>
    /// <returns>Null when the controller shows it, else one line: what is in the way and what to do about it.</returns>
    public string? SetSpeed(double fraction, CancellationToken cancel) => _enabled ? Told(_control.SetSpeed(fraction, cancel)) : Barred();

    /// <summary>
    /// Has the controller make a setting, starting our program on it where it does not run: may take seconds. Allowed while somebody holds
    /// the arm, but for those that <see cref="ArmSetting.NeedsFreeArm"/>.
    /// </summary>
    /// <returns>Null when it is made, else one line: what is in the way and what to do about it.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There is no such output.</exception>
    public string? Set(ArmSetting setting, CancellationToken cancel)
    {
        setting.Validate();
        if (Barred() is { } barred)
            return barred;
        if (Held() is { } held)
            return setting.NeedsFreeArm ? held : Told(_control.Set(setting, cancel));
        return WithFreeArm("a setting", stopped => StandReady(stopped) ?? Told(_control.Set(setting, stopped)), cancel);
    }

    /// <summary>
    /// Gives the controller the TCP and payload of the limits, and waits until it shows them where it does. Where they have no centre of
    /// mass the controller keeps its own.
    /// </summary>
    /// <returns>Null when it is done, else one line: what is in the way and what to do about it.</returns>
    public string? SetTool(CancellationToken cancel) => Barred() ?? Held() ?? WithFreeArm("a setting", GiveTool, cancel);

    /// <summary>Where the controller's TCP, payload or centre of mass differs from the config's; null where none that it tells does.
    /// </summary>
    public string? ToolDifference(in RobotState state)
    {
        if (state.TcpOffset.IsFinite)
        {
            Pose theirs = Pose.FromVector(state.TcpOffset), ours = _limits.FlangeToTcp;
            double turned = (theirs.Rotation * ours.Rotation.Inverse).ToRotationVector().Length;
            if ((theirs.Position - ours.Position).Length > TcpToleranceM || turned > TcpToleranceRad)
                return $"the controller's TCP is {state.TcpOffset}, the config's robot.tcp {ours.ToVector()}";
        }
        if (Math.Abs(state.Payload - _limits.ExpectedPayloadKg) > PayloadToleranceKg)
            return $"the controller's payload is {state.Payload:0.###} kg, "
                + $"the config's robot.payload_kg {_limits.ExpectedPayloadKg:0.###}";
        if ((state.PayloadCog - _limits.PayloadCog).Length > CogToleranceM)
            return $"the controller's centre of mass is {state.PayloadCog}, the config's robot.payload_cog {_limits.PayloadCog}";
        return null;
    }

    private string? Held() => Volatile.Read(ref _session) is { EndedBecause: null } session
        ? $"{_arm.Name}: {session.Lease?.Owner} holds the arm; stop that first"
        : null;

    private string? Told(string? refusal) => refusal is null ? null : $"{_arm.Name}: {refusal}";

    private RobotState Newest() => _arm.States.TryGetNewest(out var newest) ? newest.Value : default;

    private static bool IsKnown(Vec3 v) => double.IsFinite(v.Length);

    /// <summary>Does something for which nobody may hold or take the arm; a stop cancels it.</summary>
    private string? WithFreeArm(string what, Func<CancellationToken, string?> act, CancellationToken cancel)
    {
        CancellationTokenSource stop;
        lock (_acquireLock)
        {
            if (_acquiring is not null)
                return $"{_arm.Name}: {_acquiring} is taking the arm just now";
            _acquiring = what;
            _acquireCancel = stop = CancellationTokenSource.CreateLinkedTokenSource(_thread.Stopping, cancel);
        }
        try
        {
            return WaitForOwner(stop.Token) ?? act(stop.Token);
        }
        finally
        {
            lock (_acquireLock)
                (_acquiring, _acquireCancel) = (null, null);
            stop.Dispose();
        }
    }

    // The program is started anew only where nothing moves: it replaces whatever runs on the controller.
    private string? StandReady(CancellationToken cancel)
    {
        bool any = _arm.States.TryGetNewest(out var state);
        if (!any || HostClock.NowNs - state.ArrivalNs > _limits.StateTimeoutMs * 1e6)
            return $"{_arm.Name}: no state from the arm ({_arm.Status.Message})";
        if (ControllerGate(state.Value) is { } gate)
            return gate;
        if (!(state.Value.Qd.MaxAbs < RestRadPerS))
            return $"{_arm.Name}: the arm moves ({state.Value.Qd.MaxAbs:0.###} rad/s); wait until it stands";
        _sending = true; // the program ends by itself where it hears no counter
        return Told(_control.StartProgram(cancel));
    }

    /// <summary>Ends our program on the controller where it runs: as long as it does, no other can be played.</summary>
    private string? LeaveController(CancellationToken cancel)
    {
        if (!_sending)
            return null;
        _leaving = true;
        try
        {
            long askedNs = HostClock.NowNs, deadline = askedNs + EndNs;
            while (HostClock.NowNs < deadline)
            {
                if (cancel.WaitHandle.WaitOne(5))
                    return "interrupted";
                if (!_arm.States.TryGetNewest(out var newest) || newest.ArrivalNs - askedNs <= HeartbeatTimeoutNs || OursRuns(newest))
                    continue;
                _sending = false;
                return null;
            }
            return $"{_arm.Name}: our program on the controller has not ended ({_arm.Status.Message}); try again, or end it there";
        }
        finally
        {
            _leaving = false;
        }
    }

    private string? GiveTool(CancellationToken cancel)
    {
        if (StandReady(cancel) is { } problem)
            return problem;
        bool weighed = !double.IsNaN(_limits.ExpectedPayloadKg);
        Vec3 centre = IsKnown(_limits.PayloadCog) ? _limits.PayloadCog : Newest().PayloadCog;
        if (weighed && !IsKnown(centre)) // before anything is changed
            return $"{_arm.Name}: the controller does not tell the payload's centre of mass; set robot.payload_cog in the config";
        return Told(_control.Set(ArmSetting.Tcp(_limits.FlangeToTcp), cancel))
            ?? (weighed ? Told(_control.Set(ArmSetting.Payload(_limits.ExpectedPayloadKg, centre), cancel)) : null)
            ?? AwaitTool(cancel);
    }

    private string? AwaitTool(CancellationToken cancel)
    {
        long deadline = HostClock.NowNs + SeenNs;
        while (ToolDifference(Newest()) is { } difference)
        {
            if (HostClock.NowNs > deadline || cancel.WaitHandle.WaitOne(2))
                return $"{_arm.Name}: it was given to the controller, but {difference}: look at its pendant";
        }
        return null;
    }
}
