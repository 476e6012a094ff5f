using System.CommandLine;
using RobotWorldModel.Runtime.Processes;
using RobotWorldModel.Runtime.Protocol;
using Spectre.Console;

namespace RobotWorldModel.Runtime.Commands;

/// <summary>robot status: what the running service sees, once or as it goes.</summary>
internal static class StatusCommand
{
    public static Command Create()
    {
        var config = SharedOptions.Config(required: false);
        var watch = new Option<bool>("--watch", "-w") { Description = "Keep showing it until Ctrl-C" };
        var json = new Option<bool>("--json") { Description = "One JSON object, for scripts" };
        var command = new Command("status", "Shows the running service: devices, rates, motion, recording.") { config, watch, json };
        command.SetAction(async (parsed, cancel) =>
        {
            await using var service = await ServiceConnection.FindAsync(parsed.GetValue(config), cancel);
            if (parsed.GetValue(json))
            {
                Console.WriteLine((await service.Core.CallAsync(CoreMethods.Status, null, cancel)).ToString());
                return ExitCode.Done;
            }
            var first = new TaskCompletionSource<CoreStatus>();
            service.Core.StatusReceived += s => first.TrySetResult(s);
            await service.Core.SubscribeAsync(cancel);
            if (await Task.WhenAny(first.Task, service.Core.Closed).WaitAsync(cancel) != first.Task)
                throw CoreClient.Gone();
            var status = await first.Task;
            if (!parsed.GetValue(watch))
            {
                AnsiConsole.Write(TerminalView.Render(status, service.Info.Url, keys: null));
                return ExitCode.Done;
            }
            await AnsiConsole.Live(TerminalView.Render(status, service.Info.Url, keys: null)).StartAsync(async live =>
            {
                while (!service.Core.Closed.IsCompleted && !cancel.IsCancellationRequested)
                {
                    live.UpdateTarget(TerminalView.Render(service.Core.Status!, service.Info.Url, keys: null));
                    await Task.WhenAny(service.Core.Closed, Task.Delay(200, cancel));
                }
            });
            return cancel.IsCancellationRequested ? ExitCode.Interrupted : throw CoreClient.Gone();
        });
        return command;
    }
}

/// <summary>robot stop and robot shutdown: one request to the running service.</summary>
internal static class StopCommand
{
    public static Command Create(string name, string description, string method, string done)
    {
        var config = SharedOptions.Config(required: false);
        var command = new Command(name, description) { config };
        command.SetAction(async (parsed, cancel) =>
        {
            await using var service = await ServiceConnection.FindAsync(parsed.GetValue(config), cancel);
            await service.Core.CallAsync(method, null, cancel);
            if (method == CoreMethods.Shutdown)
                await service.WaitForEndAsync(cancel);
            Console.WriteLine($"{service.Info.Cell}: {done}");
            return ExitCode.Done;
        });
        return command;
    }
}
