namespace RobotWorldModel.Drivers.Motion;

/// <summary>What a person has the controller do, as with the buttons of its pendant. None of them moves the arm by itself.</summary>
public enum ArmOrder
{
    /// <summary>Power, then the brakes: the arm may settle by some millimetres.</summary>
    PowerOn,

    /// <summary>The brakes close where the arm is.</summary>
    PowerOff,

    /// <summary>Ends a protective stop whose cause has been seen to; a controller allows it 5 s after the stop.</summary>
    UnlockProtectiveStop,

    /// <summary>After a fault or violation of the safety system; leaves the arm without power.</summary>
    RestartSafety,
}
