using RobotWorldModel.Drivers.Samples;

namespace RobotWorldModel.Simulation.Controller;

/// <summary>Power, brakes and safety states, and what leads from one to the other.</summary>
internal sealed class PowerAndSafety(bool startRunning, double powerUpS)
{
    /// <summary>How long a protective stop must have lasted before it can be unlocked, s.</summary>
    public const double UnlockAfterS = 5;

    private RobotMode _goal = startRunning ? RobotMode.Running : RobotMode.PowerOff;
    private double _inModeS, _stoppedForS;

    public RobotMode Mode { get; private set; } = startRunning ? RobotMode.Running : RobotMode.PowerOff;

    public SafetyMode Safety { get; private set; } = SafetyMode.Normal;

    public bool MayMove => Mode == RobotMode.Running && Safety is SafetyMode.Normal or SafetyMode.Reduced;

    public SafetyStatusBits SafetyBits => Safety switch
    {
        SafetyMode.Normal => SafetyStatusBits.Normal,
        SafetyMode.Reduced => SafetyStatusBits.Reduced,
        SafetyMode.ProtectiveStop => SafetyStatusBits.ProtectiveStop | SafetyStatusBits.StoppedDueToSafety,
        SafetyMode.RobotEmergencyStop =>
            SafetyStatusBits.RobotEmergencyStop | SafetyStatusBits.EmergencyStopped | SafetyStatusBits.StoppedDueToSafety,
        SafetyMode.Violation => SafetyStatusBits.Violation | SafetyStatusBits.StoppedDueToSafety,
        _ => SafetyStatusBits.Fault | SafetyStatusBits.StoppedDueToSafety,
    };

    /// <summary>Nothing happens while the emergency stop is pressed.</summary>
    public void PowerOn() => GoTo(Mode == RobotMode.Running ? RobotMode.Running : RobotMode.Idle);

    /// <summary>Powers on first where needed.</summary>
    public void ReleaseBrakes() => GoTo(RobotMode.Running);

    public void PowerOff() => (Mode, _goal, _inModeS) = (RobotMode.PowerOff, RobotMode.PowerOff, 0);

    public void ProtectiveStop()
    {
        if (Safety is SafetyMode.Normal or SafetyMode.Reduced)
            (Safety, _stoppedForS) = (SafetyMode.ProtectiveStop, 0);
    }

    /// <summary>False within five seconds of the stop.</summary>
    public bool UnlockProtectiveStop()
    {
        if (Safety != SafetyMode.ProtectiveStop)
            return true;
        if (_stoppedForS < UnlockAfterS)
            return false;
        Safety = SafetyMode.Normal;
        return true;
    }

    /// <summary>The button is pressed: power goes.</summary>
    public void EmergencyStop()
    {
        Safety = SafetyMode.RobotEmergencyStop;
        PowerOff();
    }

    /// <summary>The button is pulled out again: what stays is an arm without power.</summary>
    public void ReleaseEmergencyStop()
    {
        if (Safety == SafetyMode.RobotEmergencyStop)
            Safety = SafetyMode.Normal;
    }

    /// <summary>After a fault or violation: all is normal again, without power.</summary>
    public void RestartSafety()
    {
        PowerOff();
        if (Safety != SafetyMode.RobotEmergencyStop)
            Safety = SafetyMode.Normal;
    }

    public void Step(double dt)
    {
        _stoppedForS += dt;
        _inModeS += dt;
        if (Mode == _goal || _inModeS < powerUpS)
            return;
        Mode = Mode switch
        {
            RobotMode.PowerOff => RobotMode.PowerOn,
            RobotMode.PowerOn => RobotMode.Idle,
            _ => RobotMode.Running,
        };
        _inModeS = 0;
    }

    private void GoTo(RobotMode goal) => _goal = Safety == SafetyMode.RobotEmergencyStop ? _goal : goal;
}
