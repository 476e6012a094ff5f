using System.Globalization;
using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Samples;

namespace RobotWorldModel.Drivers.Motion;

/// <summary>
/// Decides once a cycle of the controller what the arm does next. Runs on the thread that called <see cref="MotionLease.Control"/>, and
/// has one cycle to answer (2 ms at 500 Hz): it must not wait, read files or allocate much. A little late is bridged; very late stops the
/// arm.
/// </summary>
/// <returns>The command for the next cycle, whose time the loop fills in; null ends the motion: the arm ramps to rest.</returns>
public delegate Command? ControlCallback(in ControlCycle now);

/// <summary>What a <see cref="ControlCallback"/> decides from.</summary>
public readonly struct ControlCycle
{
    /// <summary>The arm's newest state.</summary>
    public required RobotState State { get; init; }

    /// <summary>How long ago it arrived, s; motion ends where it is older than <see cref="MotionLimits.StateTimeoutMs"/>.</summary>
    public required double StateAge { get; init; }

    /// <summary>
    /// Of the motion so far, s, on the controller's own clock: it runs slower where speed slider or limiter slow the arm, and stands with
    /// them at zero. A plan that is a function of it never runs away from the arm.
    /// </summary>
    public required double Seconds { get; init; }

    /// <summary>By how much <see cref="Seconds"/> has grown since the last call; 0 in the first.</summary>
    public required double Step { get; init; }

    /// <summary>Host time, ns, at which the arm should be where the command says.</summary>
    public required long DueNs { get; init; }

    /// <summary>Where the last command sends the arm, rad, limits applied; in the first call where it is held.</summary>
    public required Vector6 Commanded { get; init; }

    /// <summary>Which limits shortened the last command.</summary>
    public required Clamp Clamped { get; init; }

    /// <summary>Calls so far, this one not counted.</summary>
    public required long Cycle { get; init; }
}

/// <summary>How a motion by callback went. The arm holds when it is returned.</summary>
/// <param name="Finished">The callback ended it; false: something else did.</param>
/// <param name="Why">One line, where it did not finish.</param>
/// <param name="Cycles">Calls of the callback.</param>
/// <param name="Missed">Cycles that passed without a call, because the last one took too long or the thread was not run.</param>
/// <param name="Clamped">Commands that a limit shortened.</param>
/// <param name="LongestCallMs">Of the callback alone.</param>
public readonly record struct ControlReport(bool Finished, string? Why, long Cycles, long Missed, long Clamped, double LongestCallMs)
{
    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"{(Finished ? "finished" : "ended: " + Why)}; {Cycles} cycles, {Missed} missed, {Clamped} commands shortened by a limit, ")
        + string.Create(CultureInfo.InvariantCulture, $"the longest call took {LongestCallMs:0.00} ms");
}
