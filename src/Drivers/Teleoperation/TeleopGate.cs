using RobotWorldModel.Drivers.Motion;
using RobotWorldModel.Drivers.Time;

namespace RobotWorldModel.Drivers.Teleoperation;

/// <summary>
/// Between a dead man's switch and a lease: nothing moves but while the switch is held, and a thread of its own halts the arm as soon as
/// it is not, its device is gone, or nothing shows that the device is being read. After each halt the switch must be let go and pressed
/// again. The tick's thread asks whether it may move; the two meet in one number.
/// </summary>
/// <param name="staleNs">Without a sign of life of the device for so long its switch counts as let go.</param>
public sealed class TeleopGate(ITeleopDevice device, MotionLease lease, long staleNs = TeleopGate.StaleNs) : IDisposable
{
    /// <summary>Ten missed looks of the device's thread, twenty states of a leading arm.</summary>
    public const long StaleNs = 40_000_000;

    /// <summary>
    /// No joint of a teleoperated arm is made to move faster, rad/s: the controller stops it from there at 8 rad/s² in 75 ms, and a
    /// release is noticed, sent and obeyed within 25 ms.
    /// </summary>
    public const double JointSpeed = 0.6;

    private const int LookMs = 4;
    private const int None = -1;
    private DeviceThread? _thread;
    private int _engaged = None; // the press that moves the arm
    private int _served = device.Read().Press; // the last one that did, or was too old to
    private long _reactionNs;
    private int _halts;

    /// <summary>How often it has halted the arm: after each, what it was commanded to before counts no more.</summary>
    public int Halts => Volatile.Read(ref _halts);

    /// <summary>The switch is held, and the arm moves with it.</summary>
    public bool Engaged => Volatile.Read(ref _engaged) != None;

    /// <summary>From the newest release, by its device's stamp, to the order to halt, ns; 0 before the first.</summary>
    public long ReactionNs => Volatile.Read(ref _reactionNs);

    public void Start()
    {
        _thread = new("dead man", Watch);
        _thread.Start();
    }

    /// <summary>By the tick's thread: whether what the person does now may move the arm.</summary>
    /// <param name="input">The newest of the device.</param>
    /// <param name="begins">It may from now on: whatever is measured from the press begins here.</param>
    public bool MayMove(in TeleopInput input, out bool begins)
    {
        begins = false;
        Look(input);
        if (Engaged)
            return true;
        if (!IsHeld(input) || input.Press == _served || lease.Halting || !lease.Active)
            return false;
        _served = input.Press;
        Volatile.Write(ref _engaged, input.Press);
        begins = true;
        return true;
    }

    /// <summary>Ends what the present press moves; the next press begins anew.</summary>
    public void Release()
    {
        if (Interlocked.Exchange(ref _engaged, None) == None)
            return;
        Interlocked.Increment(ref _halts);
        lease.Halt();
    }

    public void Dispose() => _thread?.Dispose();

    private void Watch(CancellationToken stop)
    {
        while (!stop.WaitHandle.WaitOne(LookMs))
            Look(device.Read());
    }

    private void Look(in TeleopInput input)
    {
        int engaged = Volatile.Read(ref _engaged);
        if (engaged == None || (IsHeld(input) && input.Press == engaged))
            return;
        Release();
        if (input is { Connected: true, Held: false })
            Volatile.Write(ref _reactionNs, HostClock.NowNs - input.ChangedNs);
    }

    private bool IsHeld(in TeleopInput input) =>
        input is { Connected: true, Held: true } && HostClock.NowNs - input.AliveNs <= staleNs;
}
