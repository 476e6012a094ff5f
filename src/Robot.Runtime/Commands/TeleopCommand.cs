using System.CommandLine;
using RobotWorldModel.Drivers.Teleoperation;
using RobotWorldModel.Drivers.Time;
using RobotWorldModel.Runtime.Configuration;
using RobotWorldModel.Runtime.Devices;
using RobotWorldModel.Runtime.Processes;
using RobotWorldModel.Runtime.Protocol;
using Spectre.Console;

namespace RobotWorldModel.Runtime.Commands;

/// <summary>robot teleop: a gamepad, a SpaceMouse or a second arm moves the arm, without recording.</summary>
internal static class TeleopCommand
{
    public static Command Create()
    {
        var config = SharedOptions.Config();
        var data = SharedOptions.Data();
        var yes = new Option<bool>("--yes") { Description = "Do not ask before the real arm moves" };
        var command = new Command("teleop",
            "Moves the arm with the config's teleoperation device (a gamepad, a SpaceMouse, a second arm in freedrive) until Ctrl-C.\n"
            + "Hold the dead man's switch, and push; the arm stops when you let it go. docs/teleoperation.md has the buttons and axes.\n"
            + "To record what you do: robot record --source teleop")
        {
            config, data, yes,
        };
        command.SetAction((parsed, cancel) => RunAsync(CellConfig.Load(parsed.GetValue(config)!), parsed.GetValue(data)!,
            parsed.GetResult(data) is { Implicit: false }, parsed.GetValue(yes), cancel));
        return command;
    }

    /// <summary>Completes "the arm will …".</summary>
    public static string WhatItDoes(CellConfig config) => config.Teleoperation switch
    {
        null => "be led", // core says what the config lacks
        { Driver: TeleopDrivers.Leader } led =>
            $"follow the arm at {led.Host} while its dead man's switch is held, joints at most {TeleopGate.JointSpeed} rad/s",
        var hand => $"be moved by the {hand.Driver} while its dead man's switch is held, {hand.LinearScale} m/s and "
            + $"{hand.AngularScale} rad/s at full deflection",
    };

    private static async Task<int> RunAsync(CellConfig config, string data, bool dataIsGiven, bool yes, CancellationToken cancel)
    {
        if (config.Teleoperation is null)
            throw new RobotException(ExitCode.Config,
                $"{config.File} has no teleoperation section; docs/teleoperation.md says what to write there");
        await using var service = await ServiceConnection.OpenAsync(config, data, dataIsGiven, cancel);
        await service.Core.SubscribeAsync(cancel);
        await MotionWarning.AskAsync(config, service, needed: true, yes, WhatItDoes(config), cancel);
        await service.StartWhenReadyAsync(CoreMethods.Teleop, new { }, cancel);
        long startedNs = HostClock.NowNs;
        try
        {
            if (Console.IsOutputRedirected)
                return await UntilItEndsAsync(service, startedNs, Print(), cancel);
            return await AnsiConsole.Live(new Text("")).AutoClear(true).StartAsync(live => UntilItEndsAsync(service, startedNs,
                status => live.UpdateTarget(TerminalView.Render(status, service.Info.Url, "Ctrl-C stops the arm and ends")), cancel));
        }
        catch (OperationCanceledException)
        {
            await service.Core.CallAsync(CoreMethods.Stop, null, CancellationToken.None);
            throw;
        }
    }

    private static async Task<int> UntilItEndsAsync(
        ServiceConnection service, long startedNs, Action<CoreStatus> show, CancellationToken cancel)
    {
        while (!service.Core.Closed.IsCompleted)
        {
            await Task.Delay(100, cancel);
            if (service.Core.Status is not { } status || status.TimeNs < startedNs) // not one of before the start
                continue;
            show(status);
            if (status.Teleop is not { State: not "off" })
                throw new RobotException(ExitCode.Device, $"teleoperation has ended: {status.Motion.Reason}");
        }
        throw CoreClient.Gone();
    }

    /// <summary>A line for each change.</summary>
    private static Action<CoreStatus> Print()
    {
        string last = "";
        return status =>
        {
            string line = TerminalView.Teleop(status.Teleop!);
            if (line == last)
                return;
            Console.WriteLine(line);
            last = line;
        };
    }
}
