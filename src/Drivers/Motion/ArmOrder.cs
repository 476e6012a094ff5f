namespace RobotWorldModel.Drivers.Motion;

/// <summary>What a person has the controller do, as with the buttons of its pendant. None but <see cref="PlayProgram"/> moves the arm.
/// </summary>
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

    /// <summary>A program of the controller's disk becomes the one that is played; with the name.</summary>
    LoadProgram,

    /// <summary>Plays the loaded program, or one that is paused on: it moves the arm as it likes, and none of our limits hold.</summary>
    PlayProgram,

    PauseProgram,
    StopProgram,

    /// <summary>Shows a line on the pendant until somebody closes it; with the text.</summary>
    ShowPopup,

    /// <summary>Closes a popup, and that of a safety stop, which stays a stop.</summary>
    ClosePopup,
}

/// <summary>What the controller's dashboard says at a moment.</summary>
/// <param name="RemoteControl">It takes orders and programs from here; null where it does not know the difference (CB3) or was not
/// asked.</param>
/// <param name="Loaded">The loaded program's path; empty: none, or not known.</param>
/// <param name="Program">PLAYING, PAUSED or STOPPED, and the program's name; empty where not known.</param>
/// <param name="Note">Why it could not be asked and what to do; empty where it was.</param>
public sealed record PendantReport(bool? RemoteControl, string Loaded, string Program, string Note);
