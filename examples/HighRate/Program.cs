// Draws a circle in the air, the tool's pose decided once a cycle of the controller (500 Hz). With the simulated cell:
//   ./robot sim &   dotnet run -c Release --project examples/HighRate -- hardware-configs/sim-cell.yaml
using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Motion;
using RobotWorldModel.Runtime.Programs;
using RobotWorldModel.Runtime.Protocol;

const double Radius = 0.04, Seconds = 4;
try
{
    using var cell = ArmCell.Open(args.FirstOrDefault() ?? "hardware-configs/sim-cell.yaml");
    using var lease = cell.Take("circle", "draw a circle of 8 cm, upwards from where it stands, in 4 s", args.Contains("--yes"));
    Pose start = cell.Motion.CommandedTcp;

    Command? Circle(in ControlCycle now) // state in, command out; null when there is nothing left to do
    {
        double x = Math.Min(1, now.Seconds / Seconds), turn = Math.Tau * x * x * (3 - 2 * x); // from rest to rest
        var way = new Vec3(0, Math.Sin(turn), 1 - Math.Cos(turn)) * Radius;
        return now.Seconds < Seconds + 0.1 ? Command.Tcp(start with { Position = start.Position + way }) : null;
    }

    ControlReport report = lease.Control(Circle, cell.Interrupted);
    Console.WriteLine(report);
    return report.Finished ? ExitCode.Done : ExitCode.Device;
}
catch (RobotException e)
{
    Console.Error.WriteLine($"circle: {e.Message}");
    return e.Code;
}
