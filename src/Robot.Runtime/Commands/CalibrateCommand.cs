using System.CommandLine;

namespace RobotWorldModel.Runtime.Commands;

/// <summary>robot calibrate: what is measured once of a cell, and kept beside its config.</summary>
internal static class CalibrateCommand
{
    public static Command Create() => new(
        "calibrate", "Measures what is constant in a cell, and keeps it beside the config as NAME.calibration.json.")
    {
        CalibrateWrench.Create(),
        CalibrateLatency.Create(),
        CalibrateCamera.Create(),
    };
}
