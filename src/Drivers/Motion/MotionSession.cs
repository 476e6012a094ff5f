using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.UniversalRobots;

namespace RobotWorldModel.Drivers.Motion;

/// <summary>
/// What belongs to one lease: the owner's thread filters and posts, the arm's thread takes and drives. Made anew for each lease, so
/// nothing of an old one can reach the arm.
/// </summary>
internal sealed class MotionSession(UrKinematics kinematics, MotionLimits limits, double rateHz)
{
    /// <summary>Why a command is refused while the arm brakes.</summary>
    public const string IsStopping = "the arm is stopping because no command came in time; it takes new ones when it stands";

    private readonly (long DueNs, Vector6 Q)[] _posted = new (long, Vector6)[64];
    private long _tail, _head;
    private string? _endedBecause;

    public readonly Lock SendLock = new(); // among owners; the arm's thread never takes it

    public double RateHz { get; } = rateHz;

    public SafetyFilter Filter { get; } = new(kinematics, limits);

    public SetpointGenerator Generator { get; } = new(kinematics, limits, rateHz);

    public MotionLease? Lease { get; set; }

    /// <summary>What the owner asked for last; the arm's thread gets there when it can.</summary>
    public volatile bool FreedriveWanted;

    /// <summary>The owner's commands come once a cycle and not once a tick. Changed by the owner where the arm holds.</summary>
    public volatile bool EveryCycle;

    /// <summary>Set by the owner: ramp to rest and hold. Cleared by the arm's thread when the set-points stand.</summary>
    public volatile bool BrakeWanted;

    /// <summary>
    /// Set by whoever halts the arm: the controller stops it itself, and no target counts until it stands. Cleared then by the arm's
    /// thread.
    /// </summary>
    public volatile bool HaltWanted;

    private int _controlled;

    /// <summary>False where a loop of the owner's runs already.</summary>
    public bool TryBeginControl() => Interlocked.Exchange(ref _controlled, 1) == 0;

    public void EndControl() => Volatile.Write(ref _controlled, 0);

    /// <summary>The arm's thread alone: the gripper has been active since the lease began.</summary>
    public bool GripperObeyed;

    /// <summary>
    /// A request may run a gripper that is not active through its whole stroke: as long as it was there, and has not been active, since
    /// the lease began. Cleared by the arm's thread: one that comes back later must not move because somebody once asked for something.
    /// </summary>
    public volatile bool MayActivateGripper = true;

    /// <summary>The owner's thread alone: what the gripper was asked for last, 0..1.</summary>
    public double GripperAsked = double.NaN;

    /// <summary>When that was, host ns.</summary>
    public long GripperAskedNs = long.MinValue / 2;

    /// <summary>The arm's thread alone.</summary>
    public MotionPhase Phase;

    /// <summary>
    /// The arm's thread alone: when the program's heartbeat last changed, and to what; when the arm was last seen to move;
    /// when the set-points of a lease that had ended came to rest, 0 before.
    /// </summary>
    public long BeatNs, MovedNs, RestNs;
    public int Beat;

    /// <summary>The arm's thread alone: the force when the lease began, N; unknown until the first sample.</summary>
    public Vec3? Tare;

    public string? EndedBecause => Volatile.Read(ref _endedBecause);

    /// <summary>Commands posted so far.</summary>
    public long Posted => Volatile.Read(ref _tail);

    /// <summary>Commands taken so far.</summary>
    public long Taken => Volatile.Read(ref _head);

    /// <summary>Ends the lease, from any thread; the first reason stays. True where this was the first.</summary>
    public bool End(string reason) => Interlocked.CompareExchange(ref _endedBecause, reason, null) is null;

    /// <summary>By the owner. False where the arm's thread has not taken the last 64, 128 ms of one a cycle: it does not run.</summary>
    public bool TryPost(in Vector6 q, long dueNs)
    {
        if (_tail - Volatile.Read(ref _head) == _posted.Length)
            return false;
        _posted[_tail % _posted.Length] = (dueNs, q);
        Volatile.Write(ref _tail, _tail + 1);
        return true;
    }

    /// <summary>By the arm's thread.</summary>
    public bool TryTake(out Vector6 q, out long dueNs)
    {
        (q, dueNs) = (default, 0);
        if (_head == Volatile.Read(ref _tail))
            return false;
        (dueNs, q) = _posted[_head % _posted.Length];
        Volatile.Write(ref _head, _head + 1);
        return true;
    }
}

internal enum MotionPhase
{
    /// <summary>Set-points go to the arm.</summary>
    Driving,

    Freedrive,

    /// <summary>After freedrive: until the arm stands, and its pose is where set-points begin.</summary>
    Settling,

    /// <summary>The controller stops the arm: no set-points until it stands, and they begin there.</summary>
    Halting,
}
