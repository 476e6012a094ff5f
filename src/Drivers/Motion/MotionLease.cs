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
    /// Lets a person lead the arm, or takes it back where it then stands. False where the arm moves or the lease has ended: it stays as
    /// it was.
    /// </summary>
    public bool SetFreedrive(bool on) => _motion.SetFreedrive(_session, on);

    /// <summary>
    /// Gives the arm back; it ramps to a stop if it moves. A gripper that moves goes on; one that was only to be activated is not.
    /// </summary>
    public void Dispose() => _motion.Release(_session);
}
