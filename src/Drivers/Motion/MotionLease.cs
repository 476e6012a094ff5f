namespace RobotWorldModel.Drivers.Motion;

/// <summary>
/// The right to move the arm, held by one owner at a time; ends when disposed, when someone stops the arm, or when something is wrong. A
/// lease that has ended stays so.
/// </summary>
public sealed class MotionLease : IDisposable
{
    private readonly ArmMotion _motion;
    private readonly MotionSession _session;

    internal MotionLease(ArmMotion motion, MotionSession session, string owner)
    {
        (_motion, _session) = (motion, session);
        Owner = owner;
    }

    public string Owner { get; }

    public bool Active => _session.EndedBecause is null;

    /// <summary>One line; null while active.</summary>
    public string? EndedBecause => _session.EndedBecause;

    /// <summary>
    /// A command for the arm, once a tick; without one for <see cref="MotionLimits.TargetTimeoutMs"/> the arm stops. It is checked before
    /// it is taken. One thread at a time; no allocation unless refused.
    /// </summary>
    public SendResult Send(in Command command) => _motion.Send(_session, command);

    /// <summary>
    /// Drives the arm once a cycle of the controller (500 or 125 Hz), on the calling thread, until the callback ends it, something stops
    /// it or it is cancelled; each way the arm ramps to rest and is still held by this lease afterwards, unless that itself has ended. The
    /// loop keeps the time: what was missed is counted and never made up for. Each command passes the safety filter: one that goes too
    /// far or too fast is shortened, and the callback is told; one that cannot be meant ends the motion. No allocation. While it runs the
    /// lease is not used for anything else.
    /// </summary>
    /// <exception cref="InvalidOperationException">Another thread is inside this method.</exception>
    /// <remarks>What the callback throws is passed on when the arm stands.</remarks>
    public ControlReport Control(ControlCallback callback, CancellationToken cancel = default) =>
        _motion.Control(_session, callback, cancel);

    /// <summary>
    /// Goes along a motion to its end and waits until the arm stands there, as <see cref="Control"/> does it. Ends before where a limit
    /// would shorten the way.
    /// </summary>
    /// <param name="motion">Made anew, e.g. by <see cref="ArmMotion.MoveTo"/>: it begins where the arm is held.</param>
    /// <exception cref="InvalidOperationException">Another thread is inside this method.</exception>
    public ControlReport Move(IMotion motion, CancellationToken cancel = default)
    {
        var arrival = new Arrival();
        var report = Control(Next, cancel);
        return report.Finished && arrival.Failed is { } why ? report with { Finished = false, Why = why } : report;

        Command? Next(in ControlCycle now)
        {
            if (now.Cycle > 0)
                arrival.Sent(now.Clamped, now.Commanded);
            arrival.Look(motion.Done, now.State, fresh: true, now.DueNs); // what is stale ends the lease
            return arrival.Arrived || arrival.Failed is not null ? null : motion.Next(now.DueNs, speedFraction: now.State.SpeedFraction);
        }
    }

    /// <summary>
    /// Lets a person lead the arm, or takes it back where it then stands. False where the arm moves or the lease has ended: it stays as
    /// it was.
    /// </summary>
    public bool SetFreedrive(bool on) => _motion.SetFreedrive(_session, on);

    /// <summary>
    /// Stops the arm and fingers that move, from any thread, without giving the arm back: the controller decelerates each joint by itself
    /// (<see cref="UniversalRobots.UrArmOptions.StopDeceleration"/>), sooner than set-points within the limit of jerk could. Commands are
    /// refused until the arm stands; the next begins there.
    /// </summary>
    public void Halt() => _motion.Halt(_session);

    /// <summary>It was halted and does not stand yet.</summary>
    public bool Halting => _session.HaltWanted;

    /// <summary>
    /// Gives the arm back; it ramps to a stop if it moves. A gripper that moves goes on; one that was only to be activated is not.
    /// </summary>
    public void Dispose() => _motion.Release(_session);
}
