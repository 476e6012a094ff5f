using System.CommandLine;
using System.Text.Json;
using RobotWorldModel.Runtime.Configuration;
using RobotWorldModel.Runtime.Processes;
using RobotWorldModel.Runtime.Protocol;

namespace RobotWorldModel.Runtime.Commands;

/// <summary>What the commands that have the service do something share.</summary>
internal static class ServiceCommand
{
    private static readonly TimeSpan s_statusDeadline = TimeSpan.FromSeconds(10);

    /// <summary>What every one of them is given.</summary>
    /// <param name="Stops">How often the arm had been stopped when the command began: a series of motions passes it on with each, and ends
    /// with a stop between two of them.</param>
    public sealed record Given(CellConfig Cell, ServiceConnection Service, bool Yes, int Stops, CancellationToken Cancel);

    /// <inheritdoc cref="Subcommand(string, string, Func{Given, ParseResult, Task{int}}, bool, Func{CellConfig, ParseResult, int?})"/>
    public static Command Subcommand(string name, string description, Func<Given, Task<int>> run, bool asks = true) =>
        Subcommand(name, description, (given, _) => run(given), asks);

    /// <summary>A command that talks to the cell's service, which is started for it where none runs.</summary>
    /// <param name="asks">It moves or changes something, and takes --yes.</param>
    /// <param name="alone">Does without the service what can be done so, and says how it ended; null where the service is needed.</param>
    public static Command Subcommand(
        string name, string description, Func<Given, ParseResult, Task<int>> run, bool asks = true,
        Func<CellConfig, ParseResult, int?>? alone = null)
    {
        var config = SharedOptions.Config();
        var data = SharedOptions.Data();
        var yes = new Option<bool>("--yes") { Description = "Do not ask before the real arm is moved, powered or unlocked" };
        var command = new Command(name, description) { config, data };
        if (asks)
            command.Add(yes);
        command.SetAction(async (parsed, cancel) =>
        {
            var cell = CellConfig.Load(parsed.GetValue(config)!);
            if (alone?.Invoke(cell, parsed) is { } ended)
                return ended;
            await using var service = await ServiceConnection.OpenAsync(
                cell, parsed.GetValue(data)!, parsed.GetResult(data) is { Implicit: false }, cancel);
            await service.Core.SubscribeAsync(cancel);
            var status = (await service.Core.CallAsync(CoreMethods.Status, null, cancel)).Deserialize(ProtocolJson.Default.CoreStatus)!;
            return await run(new(cell, service, asks && parsed.GetValue(yes), status.Stops, cancel), parsed);
        });
        return command;
    }

    /// <summary>Waits; Ctrl-C stops the arm.</summary>
    public static async Task UntilStoppedAsync(Given given, Task moving)
    {
        try
        {
            await moving;
        }
        catch (OperationCanceledException)
        {
            await given.Service.Core.CallAsync(CoreMethods.Stop, null, CancellationToken.None);
            throw;
        }
    }

    public static Task AskAsync(Given given, string what, bool moves = false) =>
        MotionWarning.AskAsync(given.Cell, given.Service, needed: true, given.Yes, what, given.Cancel, moves);

    /// <summary>Core's status of from now on, once the arm has been asked who it is, or after some seconds.</summary>
    public static async Task<CoreStatus> NewestAsync(Given given)
    {
        long deadline = Environment.TickCount64 + (long)s_statusDeadline.TotalMilliseconds;
        long from = Drivers.Time.HostClock.NowNs;
        while (given.Service.Core.Status is not { } status || status.TimeNs < from
            || (status.Motion.Arm is "disconnected" or "connecting" && given.Service.Owned && Environment.TickCount64 < deadline))
        {
            if (given.Service.Core.Closed.IsCompleted)
                throw CoreClient.Gone();
            await Task.Delay(50, given.Cancel);
        }
        return given.Service.Core.Status!;
    }
}
