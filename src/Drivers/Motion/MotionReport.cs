using RobotWorldModel.Drivers.Geometry;

namespace RobotWorldModel.Drivers.Motion;

public enum MotionState
{
    /// <summary>Motion is not enabled, or the arm has never been ready.</summary>
    Off,

    /// <summary>At rest; nobody, or a lease whose owner wants nothing, moves it.</summary>
    Holding,

    Moving,

    /// <summary>On its way to rest: targets stopped coming, or a stop was asked for.</summary>
    Stopping,

    Freedrive,

    /// <summary>Safety or force ended motion; a person must look and acknowledge.</summary>
    Fault,
}

/// <summary>The state of motion for people and for the record.</summary>
/// <param name="Owner">Who holds the lease; null: nobody.</param>
/// <param name="Reason">Why it stopped or cannot move; empty where all is well.</param>
/// <param name="Commanded">The last set-point, rad.</param>
/// <param name="MissedCycles">Of the arm thread, in all.</param>
public sealed record MotionReport(
    bool Enabled, MotionState State, string? Owner, string Reason, bool NeedsAcknowledge, Vector6 Commanded,
    long Clamped, long Refused, long Timeouts, long MissedCycles);

/// <summary>
/// The right to move the arm, held by one owner at a time. It ends when it is disposed, or when motion ends for a reason of safety; then it is
/// worth nothing any more, and a new one must be acquired.
/// </summary>
public sealed class MotionLease : IDisposable
{
    private readonly ArmMotion _motion;
    private string? _endedBecause;

    internal MotionLease(ArmMotion motion, string owner) => (_motion, Owner) = (motion, owner);

    public string Owner { get; }

    /// <summary>Commands are taken.</summary>
    public bool Active => Volatile.Read(ref _endedBecause) is null;

    /// <summary>Null while it is active.</summary>
    public string? EndedBecause => Volatile.Read(ref _endedBecause);

    /// <summary>Hands a tick's command to the safety filter, and what is left of it to the arm. From the tick's thread.</summary>
    public SendResult Send(in Command command) => _motion.Send(this, command);

    /// <summary>Lets a person lead the arm, or takes it back. False: the lease has ended, or the arm moves.</summary>
    public bool SetFreedrive(bool on) => _motion.SetFreedrive(this, on);

    /// <summary>Gives the arm back: it ramps to a stop and holds.</summary>
    public void Dispose() => _motion.Release(this, "given back");

    internal void End(string why) => Interlocked.CompareExchange(ref _endedBecause, why, null);
}
