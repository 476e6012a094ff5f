namespace RobotWorldModel.Drivers.Robotiq;

/// <summary>
/// The steps of an activation between two polls, with the pauses that ur_rtde's client keeps: reset, 0.5 s, activate, wait for STA 3.
/// </summary>
internal sealed class GripperActivation
{
    public const int LongestMs = 15_000;
    private const long PauseNs = 500_000_000;
    private long _startedNs, _resetNs;

    internal enum Stage { Idle, Resetting, Pausing, Activating }

    public Stage Now { get; private set; }

    /// <summary>The last one did not end in time.</summary>
    public bool Failed { get; private set; }

    public void Reset() => (Now, Failed) = (Stage.Idle, false);

    public void Begin(GripperLink link, long nowNs)
    {
        link.Reset();
        (Now, Failed, _startedNs) = (Stage.Resetting, false, nowNs);
    }

    /// <summary>One look, with the registers read anew. False when it has just been given up.</summary>
    public bool Advance(GripperLink link, ref GripperRegisters registers, long nowNs)
    {
        if (Now == Stage.Idle)
            return true;
        link.ReadActivation(ref registers);
        if (Now == Stage.Resetting && registers is { Status: 0, Activated: 0 })
            (Now, _resetNs) = (Stage.Pausing, nowNs);
        else if (Now == Stage.Pausing && nowNs - _resetNs > PauseNs)
        {
            link.Activate();
            Now = Stage.Activating;
        }
        else if (Now == Stage.Activating && registers.Status == 3)
            Now = Stage.Idle;
        if (Now == Stage.Idle || nowNs - _startedNs <= LongestMs * 1_000_000L)
            return true;
        (Now, Failed) = (Stage.Idle, true);
        return false;
    }
}
