using RobotWorldModel.Drivers.Samples;

namespace RobotWorldModel.Simulation.Controller;

/// <summary>Power, brakes and safety states, and what leads from one to the other.</summary>
internal sealed class PowerAndSafety(ControllerStart start, double powerUpS, double bootS)
{
    /// <summary>How long a protective stop must have lasted before it can be unlocked, s.</summary>
    public const double UnlockAfterS = 5;

    private RobotMode _goal = start == ControllerStart.Running ? RobotMode.Running : RobotMode.PowerOff;
    private double _inModeS, _stoppedForS;

    public RobotMode Mode { get; private set; } = start switch
    {
        ControllerStart.Running => RobotMode.Running,
        ControllerStart.Booting => RobotMode.Booting,
        _ => RobotMode.PowerOff,
    };

    public SafetyMode Safety { get; private set; } = SafetyMode.Normal;

    public bool MayMove => Mode == RobotMode.Running && Safety is SafetyMode.Normal or SafetyMode.Reduced;

    /// <summary>One of the red buttons is pressed.</summary>
    public bool IsEmergencyStopped => Safety is SafetyMode.RobotEmergencyStop or SafetyMode.SystemEmergencyStop;

    public SafetyStatusBits SafetyBits => Safety switch
    {
        SafetyMode.Normal => SafetyStatusBits.Normal,
        SafetyMode.Reduced => SafetyStatusBits.Reduced,
        SafetyMode.ProtectiveStop => SafetyStatusBits.ProtectiveStop | SafetyStatusBits.StoppedDueToSafety,
        SafetyMode.SafeguardStop => SafetyStatusBits.SafeguardStop | SafetyStatusBits.StoppedDueToSafety,
        SafetyMode.SystemEmergencyStop =>
            SafetyStatusBits.SystemEmergencyStop | SafetyStatusBits.EmergencyStopped | SafetyStatusBits.StoppedDueToSafety,
        SafetyMode.RobotEmergencyStop =>
            SafetyStatusBits.RobotEmergencyStop | SafetyStatusBits.EmergencyStopped | SafetyStatusBits.StoppedDueToSafety,
        SafetyMode.Violation => SafetyStatusBits.Violation | SafetyStatusBits.StoppedDueToSafety,
        _ => SafetyStatusBits.Fault | SafetyStatusBits.StoppedDueToSafety,
    };

    /// <summary>Nothing happens while an emergency stop is pressed, in a fault or violation, or while the controller boots.</summary>
    public void PowerOn() => GoTo(Mode == RobotMode.Running ? RobotMode.Running : RobotMode.Idle);

    /// <summary>Powers on first where needed.</summary>
    public void ReleaseBrakes() => GoTo(RobotMode.Running);

    public void PowerOff()
    {
        if (Mode != RobotMode.Booting)
            (Mode, _goal, _inModeS) = (RobotMode.PowerOff, RobotMode.PowerOff, 0);
    }

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

    /// <summary>A light curtain is broken: the arm stands still under power until it is free again.</summary>
    public void SafeguardStop()
    {
        if (Safety is SafetyMode.Normal or SafetyMode.Reduced)
            Safety = SafetyMode.SafeguardStop;
    }

    public void ReleaseSafeguardStop()
    {
        if (Safety == SafetyMode.SafeguardStop)
            Safety = SafetyMode.Normal;
    }

    /// <summary>A red button is pressed, the pendant's or the system's: power goes.</summary>
    public void EmergencyStop(bool ofSystem)
    {
        if (Safety is SafetyMode.Violation or SafetyMode.Fault)
            return;
        Safety = ofSystem ? SafetyMode.SystemEmergencyStop : SafetyMode.RobotEmergencyStop;
        PowerOff();
    }

    /// <summary>The button is pulled out again: what stays is an arm without power.</summary>
    public void ReleaseEmergencyStop()
    {
        if (IsEmergencyStopped)
            Safety = SafetyMode.Normal;
    }

    /// <summary>The safety system found something wrong with itself (fault) or with the arm's motion (violation): power goes.</summary>
    public void Fail(SafetyMode how)
    {
        Safety = how;
        PowerOff();
    }

    /// <summary>After a fault or violation: all is normal again, without power.</summary>
    public void RestartSafety()
    {
        PowerOff();
        if (!IsEmergencyStopped)
            Safety = SafetyMode.Normal;
    }

    /// <summary>The controller is switched on: it boots, and ends up without power to the arm. A pressed button stays pressed.</summary>
    public void Boot()
    {
        (Mode, _goal, _inModeS) = (RobotMode.Booting, RobotMode.PowerOff, 0);
        if (!IsEmergencyStopped)
            Safety = SafetyMode.Normal;
    }

    public void Step(double dt)
    {
        _stoppedForS += dt;
        _inModeS += dt;
        if (Mode == _goal || _inModeS < (Mode == RobotMode.Booting ? bootS : powerUpS))
            return;
        Mode = Mode switch
        {
            RobotMode.Booting => RobotMode.PowerOff,
            RobotMode.PowerOff => RobotMode.PowerOn,
            RobotMode.PowerOn => RobotMode.Idle,
            _ => RobotMode.Running,
        };
        _inModeS = 0;
    }

    private void GoTo(RobotMode goal)
    {
        bool refused = Mode == RobotMode.Booting || IsEmergencyStopped || Safety is SafetyMode.Fault or SafetyMode.Violation;
        _goal = refused ? _goal : goal;
    }
}
