using RobotWorldModel.Drivers.Geometry;

namespace RobotWorldModel.Drivers.Motion;

/// <summary>What the arm is doing for whoever holds it.</summary>
public enum MotionState
{
    /// <summary>Nobody holds the arm.</summary>
    Off,

    /// <summary>Held, and standing.</summary>
    Holding,

    Moving,

    /// <summary>Ramping to a stop: targets stopped coming, or the lease ended.</summary>
    Stopping,

    /// <summary>A person leads the arm.</summary>
    Freedrive,

    /// <summary>Ended by a safety state or a force; a person must look and acknowledge.</summary>
    Fault,
}

/// <summary>Motion at one moment.</summary>
/// <param name="Enabled">motion.enabled of the config.</param>
/// <param name="Arm">As <see cref="ArmMotion.State"/>.</param>
/// <param name="State">What the arm does for whoever holds it.</param>
/// <param name="Owner">Who holds the arm; null where nobody does.</param>
/// <param name="Reason">Why motion last ended or cannot begin; empty where all is well.</param>
/// <param name="NeedsAcknowledge">Nobody gets the arm until a person has acknowledged.</param>
/// <param name="Commanded">As <see cref="ArmMotion.CommandedJoints"/>, rad.</param>
/// <param name="Clamped">Commands that were shortened.</param>
/// <param name="Refused">Commands that were refused.</param>
/// <param name="Timeouts">How often the arm stopped because no command came.</param>
/// <param name="MissedCycles">Set-points that could not be sent because their time had passed.</param>
/// <param name="SpeedFraction">How fast the controller's time runs, 0..1 (its speed slider and limiter): owners slow their plans by
/// it.</param>
/// <param name="DelayMs">From a set-point to the arm's being there, servoj's lag and the transport together; NaN before the arm has
/// moved.</param>
/// <param name="RoundTripMs">From a set-point's sending to the first state that shows that the program has it: the transport alone; NaN
/// before the first.</param>
public readonly record struct MotionReport(
    bool Enabled, ArmState Arm, MotionState State, string? Owner, string Reason, bool NeedsAcknowledge, Vector6 Commanded,
    long Clamped, long Refused, long Timeouts, long MissedCycles, double SpeedFraction,
    double DelayMs, double RoundTripMs);
