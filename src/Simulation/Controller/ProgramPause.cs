namespace RobotWorldModel.Simulation.Controller;

/// <summary>
/// A running program that can be held: its threads keep their place, and motion slows down on its path and goes on later.
/// </summary>
internal interface IProgramPause
{
    bool IsPaused { get; }

    /// <summary>False where no program runs, or it is paused already.</summary>
    bool Pause();

    /// <summary>False where no program is paused.</summary>
    bool Resume();
}
