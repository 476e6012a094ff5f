using System.CommandLine;
using RobotWorldModel.Drivers.Time;
using RobotWorldModel.Runtime.Core;
using RobotWorldModel.Runtime.Desk;
using RobotWorldModel.Runtime.Processes;
using RobotWorldModel.Runtime.Protocol;

namespace RobotWorldModel.Runtime.Commands;

/// <summary>robot desk: API and dashboard of a running core, started by core as a process of its own.</summary>
internal static class DeskCommand
{
    public static Command Create()
    {
        var listen = new Option<string>("--listen") { Required = true };
        var core = new Option<string>("--core") { Required = true };
        var data = new Option<string>("--data") { Required = true };
        var runtime = new Option<string>("--runtime") { Required = true };
        var config = new Option<string>("--config") { Required = true };
        var runs = new Option<string>("--runs") { Required = true };
        var command = new Command("desk", "API and dashboard; core starts it.") { listen, core, data, runtime, config, runs };
        command.Hidden = true;
        command.SetAction(async (parsed, cancel) =>
        {
            RealTime.LowerProcess();
            using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            ChildProcess.WhenParentEnds(ended.Cancel);
            try
            {
                await DeskServer.RunAsync(
                    new(parsed.GetValue(listen)!, parsed.GetValue(core)!, parsed.GetValue(data)!, parsed.GetValue(runtime)!,
                        parsed.GetValue(config)!, parsed.GetValue(runs)!),
                    () => Console.WriteLine(DeskSupervisor.Listens), ended.Token);
                return ExitCode.Done;
            }
            catch (DeskException e)
            {
                throw new RobotException(e.ExitCode, e.Message);
            }
        });
        return command;
    }
}
