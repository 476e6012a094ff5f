using System.CommandLine;
using System.Text.Json.Nodes;
using RobotWorldModel.Runtime.Configuration;
using RobotWorldModel.Runtime.Core;
using RobotWorldModel.Runtime.Protocol;
using RobotWorldModel.Simulation.Cell;

namespace RobotWorldModel.Runtime.Commands;

/// <summary>robot sim fault: lets something go wrong in the running simulated cell.</summary>
internal static class SimFaultCommand
{
    public static Command Create()
    {
        var name = new Argument<string>("NAME") { Description = "One of the faults above" };
        var seconds = new Option<double?>("--seconds") { Description = "How long it lasts, s; each fault has its own default" };
        var value = new Option<double?>("--value") { Description = "How much of it, where the fault says so" };
        var config = SharedOptions.Config();
        var command = new Command("fault", Describe()) { name, seconds, value, config };
        command.SetAction(parsed =>
        {
            CellFault fault = Find(parsed.GetValue(name)!);
            var cell = CellConfig.Load(parsed.GetValue(config)!);
            if (cell.Simulation is null)
                throw new RobotException(ExitCode.Config,
                    $"{cell.File}: has no simulation section; faults on order are the simulated cell's");
            var order = new JsonObject { ["name"] = fault.Name };
            if (parsed.GetValue(seconds) is { } s)
                order["seconds"] = s;
            if (parsed.GetValue(value) is { } v)
                order["value"] = v;
            SimulatedWorld.Ask(cell, "fault", order);
            Console.WriteLine($"{cell.Cell}: {fault.Name}: {fault.Help}");
            return ExitCode.Done;
        });
        return command;
    }

    private static CellFault Find(string name)
    {
        try
        {
            return CellFault.ByName(name);
        }
        catch (ArgumentException e)
        {
            throw new RobotException(ExitCode.Usage, e.Message);
        }
    }

    private static string Describe()
    {
        int width = CellFault.All.Max(f => f.Name.Length) + 2;
        return "Lets something go wrong in the running simulated cell:\n"
            + string.Join('\n', CellFault.All.Select(f => $"  {f.Name.PadRight(width)}{f.Help}{Lasting(f)}"));
    }

    private static string Lasting(CellFault fault) => fault.Seconds > 0 ? $"; {fault.Seconds} s" : "";
}
