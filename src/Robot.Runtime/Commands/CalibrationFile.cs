using RobotWorldModel.Runtime.Configuration;
using RobotWorldModel.Runtime.Protocol;

namespace RobotWorldModel.Runtime.Commands;

/// <summary>Writes what a command has measured beside the config.</summary>
internal static class CalibrationFile
{
    /// <summary>Changes its own part; what was measured before stays.</summary>
    /// <exception cref="RobotException">The file cannot be written (74).</exception>
    public static void Update(CellConfig cell, Func<CellCalibration, CellCalibration> change)
    {
        try
        {
            change(CellCalibration.Load(cell.File)).Save(cell.File);
        }
        catch (IOException e)
        {
            throw new RobotException(ExitCode.Disk, e.Message);
        }
    }

    /// <summary>What was measured of one cell says nothing of another.</summary>
    /// <exception cref="RobotException">It was recorded in another cell (64).</exception>
    public static void CheckCell(CellConfig cell, string recorded, string folder)
    {
        if (recorded != cell.Cell)
            throw new RobotException(ExitCode.Usage, $"{folder} was recorded in the cell {recorded}, and {cell.File} is of {cell.Cell}");
    }

    /// <summary>Where it is, and from when on it is used.</summary>
    public static void SayStored(ServiceCommand.Given given) => SayStored(given.Cell, runs: !given.Service.Owned);

    /// <summary>Says so where the service was started before the newest calibration, and goes by an older one.</summary>
    public static void SayPending(ServiceCommand.Given given)
    {
        var stored = new FileInfo(CellCalibration.FileOf(given.Cell.File));
        if (stored.Exists && stored.LastWriteTimeUtc > File.GetLastWriteTimeUtc(given.Service.Info.Socket)) // made at its start
            Console.WriteLine("  this service was started before the newest calibration, and uses what there was then");
    }

    /// <param name="runs">A service runs, which has read the file before.</param>
    public static void SayStored(CellConfig cell, bool runs) => Console.WriteLine(
        $"stored in {CellCalibration.FileOf(cell.File)}; used from the service's next start"
        + (runs ? $": end the one that runs (./robot shutdown --config {cell.File}) and start it again" : ""));
}
