using RobotWorldModel.Drivers.Samples;

namespace RobotWorldModel.Simulation.Controller;

/// <summary>
/// What a person at the pendant, the cell around the arm, or fate does to the controller. Each may be called from any thread and acts at
/// the start of the next cycle.
/// </summary>
public sealed partial class UrController
{
    /// <summary>As a collision would: motion stops, the program ends, and 5 s later it may be unlocked.</summary>
    public void ProtectiveStop() =>
        Enqueue(() => StopForSafety("C157: collision detected by joint: as asked of the simulated controller"));

    /// <summary>The red button of the pendant.</summary>
    public void EmergencyStop() => Enqueue(() => StopInEmergency(ofSystem: false));

    /// <summary>The red button of the machine around it.</summary>
    public void SystemEmergencyStop() => Enqueue(() => StopInEmergency(ofSystem: true));

    /// <summary>Pulls the red button out again; the arm then waits to be powered.</summary>
    public void ReleaseEmergencyStop() => Enqueue(_power.ReleaseEmergencyStop);

    /// <summary>Someone stands in the light curtain: the arm stops under power, and its program is paused.</summary>
    public void SafeguardStop() => Enqueue(() =>
    {
        _power.SafeguardStop();
        _programs.Pause();
    });

    /// <summary>Nobody stands there any more: the program goes on, as with automatic reset.</summary>
    public void ReleaseSafeguardStop() => Enqueue(() =>
    {
        _power.ReleaseSafeguardStop();
        if (_power.MayMove)
            _programs.Resume();
    });

    /// <summary>The safety system finds a fault in itself: power goes, until the safety system is restarted.</summary>
    public void SafetyFault() => Enqueue(() => Fail(SafetyMode.Fault));

    /// <summary>A safety limit is broken: power goes, until the safety system is restarted.</summary>
    public void SafetyViolation() => Enqueue(() => Fail(SafetyMode.Violation));

    /// <summary>The pendant's buttons for power and brakes, which work in local control too.</summary>
    public void PressPowerOn() => Enqueue(_power.PowerOn);

    public void PressPowerOff() => Enqueue(_power.PowerOff);

    public void PressBrakeRelease() => Enqueue(_power.ReleaseBrakes);

    /// <summary>Unlocks a protective stop, as the dashboard does; within five seconds of the stop it does nothing.</summary>
    public void PressUnlock() => Enqueue(() => _power.UnlockProtectiveStop());

    public void PressStop() => Enqueue(_programs.Stop);

    public void PressClosePopup() => Enqueue(_messages.ClosePopup);

    /// <summary>Local or remote control. Script connections that have seen local control stay read-only.</summary>
    public void SetRemoteControl(bool remote) => Enqueue(() => _remoteControl = remote);

    /// <summary>The slider, 0..1.</summary>
    public void SetSpeedSlider(double fraction) => Enqueue(() => _state.SpeedFraction = Math.Clamp(fraction, 0, 1));

    /// <summary>
    /// Power of the controller goes and comes back after some seconds: every connection is closed, its ports are gone meanwhile, then it
    /// boots with its clock and its registers at zero and ends up without power to the arm. Infinity: it stays off.
    /// </summary>
    public void Restart(double downS) => Enqueue(() => GoDown(downS));

    /// <summary>The clock starts anew at zero; nothing else notices.</summary>
    public void RestartClock() => Enqueue(() => _clock.Set(_nowNs, 0));

    /// <summary>The clock jumps, s.</summary>
    public void StepClock(double seconds) => Enqueue(() => _clock.Set(_nowNs, _clock.ToDevice(_nowNs) + (long)(seconds * 1e9)));

    /// <summary>The network cable: while it is pulled no byte passes, and nobody is told.</summary>
    public void PullCable(bool pulled) => Enqueue(() => _cable.IsPulled = pulled);

    /// <summary>Share of RTDE data packages that get lost, 0..1.</summary>
    public void LosePackages(double share) => Enqueue(() => _rtde.LostShare = share);

    /// <summary>RTDE data packages come so much later, ms; at most 1500, for the wire keeps a few seconds of them.</summary>
    public void DelayPackages(double ms) => Enqueue(() => _rtde.ExtraDelayMs = ms);

    /// <summary>
    /// Another RTDE client wants the registers for external clients (24-47, bits 64-127): it has those that nobody has, and takes the
    /// others when their owner leaves.
    /// </summary>
    public void LetAnotherClientHaveRegisters(bool has) => Enqueue(() => _rtde.AnotherClientHasRegisters = has);

    /// <summary>Standard deviation of the noise on the arm's own force sensor, N; torques have a twenty-fifth of it, N·m.</summary>
    public void SetForceNoise(double forceN) => Enqueue(() => _forceNoiseN = forceN);

    private void Enqueue(Action order) => _orders.Enqueue(order);

    private void StopInEmergency(bool ofSystem)
    {
        _power.EmergencyStop(ofSystem);
        EndMotion();
    }

    private void Fail(SafetyMode how)
    {
        _power.Fail(how);
        EndMotion();
    }

    private void GoDown(double seconds)
    {
        EndMotion();
        _power.PowerOff();
        _dashboard.Stop();
        _scripts.Stop();
        _rtde.Close();
        _downForS = Math.Max(seconds, double.Epsilon); // however short, it is off for this cycle
    }

    // Nothing of the controller runs; the brakes hold the arm.
    private void StepWithoutController(double dt)
    {
        Move(dt);
        _downForS -= dt;
        if (_downForS > 0)
        {
            UpdateStates();
            return;
        }
        _downForS = 0;
        _clock.Set(_nowNs, 0);
        _state.Reset(new(_options.TcpOffset), _options.PayloadKg, PayloadCogOf(_options));
        _power.Boot();
        OpenPorts();
    }

    private void OpenPorts()
    {
        _rtde.Open();
        _scripts.Start();
        if (!Version.IsPolyScopeX)
            _dashboard.Start();
    }
}
