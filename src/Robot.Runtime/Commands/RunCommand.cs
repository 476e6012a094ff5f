using System.CommandLine;
using RobotWorldModel.Runtime.Configuration;
using RobotWorldModel.Runtime.Core;
using RobotWorldModel.Runtime.Processes;

namespace RobotWorldModel.Runtime.Commands;

/// <summary>robot run: the service of one cell, until it is asked to end.</summary>
internal static class RunCommand
{
    public static Command Create()
    {
        var config = SharedOptions.Config();
        var data = SharedOptions.Data();
        var runs = new Option<string>("--runs")
        {
            Description = "Folder of 'robot train' runs that the dashboard shows",
            DefaultValueFactory = _ => "runs",
            HelpName = "FOLDER",
        };
        var quiet = new Option<bool>("--quiet") { Description = "Say only what is wrong", Hidden = true };
        var command = new Command("run",
            "Runs the service of a cell: connects its devices in any order, records, replays, and serves the dashboard.")
        {
            config, data, runs, quiet,
        };
        command.SetAction(async (parsed, cancel) =>
        {
            using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            ChildProcess.WhenParentEnds(ended.Cancel);
            using var service = new CoreService(
                CellConfig.Load(parsed.GetValue(config)!), parsed.GetValue(data)!, parsed.GetValue(runs)!, parsed.GetValue(quiet));
            return await service.RunAsync(ended.Token);
        });
        return command;
    }
}
