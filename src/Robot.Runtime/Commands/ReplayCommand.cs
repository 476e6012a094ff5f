using System.CommandLine;
using RobotWorldModel.Drivers.Time;
using RobotWorldModel.Drivers.UniversalRobots;
using RobotWorldModel.Runtime.Configuration;
using RobotWorldModel.Runtime.Core;
using RobotWorldModel.Runtime.Core.Policies;
using RobotWorldModel.Runtime.Processes;
using RobotWorldModel.Runtime.Protocol;
using Spectre.Console;

namespace RobotWorldModel.Runtime.Commands;

/// <summary>
/// robot replay: an episode's actions on the arm, on the recorded clock, and how near the arm came to the recorded path.
/// </summary>
internal static class ReplayCommand
{
    public static Command Create()
    {
        var episode = new Argument<string>("EPISODE") { Description = "An episode's folder, e.g. data/demonstrations/demo_000" };
        var config = SharedOptions.Config();
        var data = SharedOptions.Data();
        var speed = new Option<double>("--speed") { Description = "1.0 is as recorded", DefaultValueFactory = _ => 1.0 };
        var dryRun = new Option<bool>("--dry-run")
        {
            Description = "Check that it is of this robot and tool and what the cell's limits would do to it, and say how far and fast "
                + "it would move; nothing moves",
        };
        var yes = new Option<bool>("--yes") { Description = "Do not ask before the real arm moves" };
        var command = new Command(
            "replay", "Eases to an episode's first pose, plays its actions through the safety filter, and reports the path error.")
        {
            episode, config, data, speed, dryRun, yes,
        };
        command.SetAction(async (parsed, cancel) =>
        {
            var cell = CellConfig.Load(parsed.GetValue(config)!);
            string folder = Path.GetFullPath(parsed.GetValue(episode)!);
            var plan = ReplayLoader.Load(folder, cell);
            double pace = ReplayRun.CheckSpeed(parsed.GetValue(speed));
            Console.WriteLine($"{folder}: {plan.Rows} actions, {plan.Seconds / pace:0.0} s at speed {pace:0.##}; "
                + ReplayLoader.Describe(plan));
            bool only = parsed.GetValue(dryRun);
            Rehearse(plan, cell, pace, only);
            if (only)
                return ExitCode.Done;
            if (plan.Scene is not null && cell.Simulation is not null)
                Console.WriteLine("the simulated cell's objects are put where the episode found them");
            await using var service = await ServiceConnection.OpenAsync(
                cell, parsed.GetValue(data)!, parsed.GetResult(data) is { Implicit: false }, cancel);
            await service.Core.SubscribeAsync(cancel);
            await MotionWarning.AskAsync(cell, service, needed: true, parsed.GetValue(yes),
                $"ease to the first pose and play {plan.Seconds / pace:0.0} s", cancel);
            var end = await RunAsync(service, folder, pace, cancel);
            Console.WriteLine($"replay {end.State}: {end.Message}");
            return end.Code;
        });
        return command;
    }

    // With the nominal kinematics, and the arm's own calibration moves its TCP by millimetres: the service, which knows it, decides.
    private static void Rehearse(ReplayPlan plan, CellConfig cell, double speed, bool only)
    {
        var kinematics = new UrKinematics(UrModel.ByName(cell.Robot!.Model));
        var rehearsal = ReplayRehearsal.Of(plan, kinematics, CellDevices.Limits(cell), speed);
        if (only && rehearsal.Obstruction is { } obstruction)
            throw new RobotException(ExitCode.Usage, obstruction);
        Console.WriteLine(rehearsal.Obstruction ?? (rehearsal.Shortened == 0 ? "every target keeps the cell's limits" : $"{rehearsal}"));
    }

    /// <summary>Replays and waits for the end; Ctrl-C stops the arm.</summary>
    /// <exception cref="RobotException">Core refused.</exception>
    public static async Task<ReplayStatus> RunAsync(ServiceConnection service, string folder, double speed, CancellationToken cancel)
    {
        await service.StartWhenReadyAsync(CoreMethods.ReplayStart, new { episode = folder, speed }, cancel);
        long startedNs = HostClock.NowNs;
        try
        {
            if (Console.IsOutputRedirected)
                return await EndOfReplayAsync(service, startedNs, null, cancel);
            return await AnsiConsole.Live(new Text("")).AutoClear(true).StartAsync(
                live => EndOfReplayAsync(service, startedNs, live, cancel));
        }
        catch (OperationCanceledException)
        {
            await service.Core.CallAsync(CoreMethods.Stop, null, CancellationToken.None);
            throw;
        }
    }

    private static async Task<ReplayStatus> EndOfReplayAsync(
        ServiceConnection service, long startedNs, LiveDisplayContext? live, CancellationToken cancel)
    {
        while (!service.Core.Closed.IsCompleted)
        {
            await Task.Delay(100, cancel);
            if (service.Core.Status is not { } status || status.TimeNs < startedNs) // not one of before the start
                continue;
            live?.UpdateTarget(TerminalView.Render(status, service.Info.Url, "Ctrl-C stops the arm"));
            if (status.Replay is { State: "done" or "stopped" } end)
                return end;
        }
        throw new RobotException(ExitCode.Device, "the service went away during the replay; the arm has stopped");
    }
}
