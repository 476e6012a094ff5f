using RobotWorldModel.Drivers.Samples;

namespace RobotWorldModel.Drivers.Motion;

/// <summary>The arm as a person should see it; docs/safety.md says what leads out of each.</summary>
public enum ArmState
{
    /// <summary>The controller cannot be reached; it is tried again and again.</summary>
    Disconnected,

    /// <summary>The controller is there and sends no data yet: it is being asked, or it boots.</summary>
    Connecting,

    PoweredOff,

    /// <summary>Powered, its brakes not released, or in a mode in which it takes no motion.</summary>
    Idle,

    /// <summary>It stands, and takes motion.</summary>
    Ready,

    /// <summary>It moves, whoever moves it.</summary>
    Moving,

    /// <summary>Stopped by its safety functions or a safeguard: a person unlocks it.</summary>
    ProtectiveStop,

    /// <summary>The button is pressed, or was and no person has acknowledged since.</summary>
    EmergencyStop,

    /// <summary>A fault or violation of the safety system, or a stop of ours such as the force limit.</summary>
    Fault,
}

/// <summary>What is seen of an arm at one moment.</summary>
/// <param name="Reached">The controller has taken the connection.</param>
/// <param name="Fresh">A state has come in the last moment; without it the rest means nothing.</param>
/// <param name="Speed">Of the fastest joint, rad/s.</param>
internal readonly record struct ArmSigns(bool Reached, bool Fresh, RobotMode Mode, SafetyStatusBits Safety, double Speed);

/// <summary>
/// From what is seen to what a person should know. Every state follows from the signs alone, but for a stop: it stays, through losses of
/// the connection too, until the controller is normal again and a person has acknowledged. Safe from any thread.
/// </summary>
internal sealed class ArmStateMachine
{
    /// <summary>Above this the arm moves, rad/s.</summary>
    public const double RestRadPerS = 0.02;

    private const SafetyStatusBits Emergency =
        SafetyStatusBits.EmergencyStopped | SafetyStatusBits.SystemEmergencyStop | SafetyStatusBits.RobotEmergencyStop;

    private const SafetyStatusBits Stopped = SafetyStatusBits.ProtectiveStop | SafetyStatusBits.SafeguardStop | SafetyStatusBits.Recovery
        | SafetyStatusBits.StoppedDueToSafety;

    private const int NoStop = 0xff;

    // What is seen, and above it the stop that nobody has acknowledged, in one: the arm's thread must not wait for who reads.
    private int _both = Both(ArmState.Disconnected, NoStop);

    /// <summary>What the last signs show, or the stop that nobody has acknowledged.</summary>
    public ArmState State
    {
        get
        {
            int both = Volatile.Read(ref _both), stop = both >> 8;
            var seen = (ArmState)(both & 0xff);
            return stop == NoStop || seen is ArmState.Disconnected or ArmState.Connecting ? seen : (ArmState)stop;
        }
    }

    /// <summary>There has been a stop, and no person has acknowledged it.</summary>
    public bool NeedsAcknowledge => Volatile.Read(ref _both) >> 8 != NoStop;

    /// <summary>Takes in what is seen. True where it is a stop, and the first since a person acknowledged.</summary>
    public bool Advance(in ArmSigns signs)
    {
        ArmState seen = Seen(signs);
        while (true)
        {
            int both = Volatile.Read(ref _both), stop = both >> 8;
            // An emergency stop outweighs the protective stop that it often comes with.
            int next = IsStop(seen) && (stop is NoStop or (int)ArmState.ProtectiveStop) ? (int)seen : stop;
            if (Interlocked.CompareExchange(ref _both, Both(seen, next), both) == both)
                return stop == NoStop && next != NoStop;
        }
    }

    /// <summary>Stops for a reason of our own. True where it is the first stop since a person acknowledged.</summary>
    public bool Fault()
    {
        while (true)
        {
            int both = Volatile.Read(ref _both);
            if (both >> 8 != NoStop)
                return false;
            if (Interlocked.CompareExchange(ref _both, Both((ArmState)(both & 0xff), (int)ArmState.Fault), both) == both)
                return true;
        }
    }

    /// <summary>A person has looked. False where the controller still reports a stop: that comes first.</summary>
    /// <param name="signs">Of this moment.</param>
    public bool Acknowledge(in ArmSigns signs)
    {
        ArmState seen = Seen(signs);
        if (IsStop(seen))
            return false;
        Volatile.Write(ref _both, Both(seen, NoStop));
        return true;
    }

    /// <summary>What the signs alone show.</summary>
    public static ArmState Seen(in ArmSigns signs)
    {
        if (!signs.Fresh)
            return signs.Reached ? ArmState.Connecting : ArmState.Disconnected;
        if ((signs.Safety & Emergency) != 0)
            return ArmState.EmergencyStop;
        if ((signs.Safety & (SafetyStatusBits.Fault | SafetyStatusBits.Violation)) != 0)
            return ArmState.Fault;
        if ((signs.Safety & Stopped) != 0)
            return ArmState.ProtectiveStop;
        return signs.Mode switch
        {
            RobotMode.NoController or RobotMode.Disconnected or RobotMode.ConfirmSafety or RobotMode.Booting
                or RobotMode.UpdatingFirmware => ArmState.Connecting,
            RobotMode.PowerOff => ArmState.PoweredOff,
            RobotMode.Running when IsSafe(signs.Safety) => signs.Speed < RestRadPerS ? ArmState.Ready : ArmState.Moving,
            _ => ArmState.Idle,
        };
    }

    /// <summary>Normal or reduced, and nothing else.</summary>
    public static bool IsSafe(SafetyStatusBits bits)
    {
        const SafetyStatusBits Good = SafetyStatusBits.Normal | SafetyStatusBits.Reduced;
        return (bits & Good) != 0 && (bits & ~Good) == 0;
    }

    private static bool IsStop(ArmState state) => state is ArmState.ProtectiveStop or ArmState.EmergencyStop or ArmState.Fault;

    private static int Both(ArmState seen, int stop) => (int)seen | stop << 8;
}
