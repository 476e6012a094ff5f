using System.CommandLine;
using RobotWorldModel.Runtime.Configuration;
using RobotWorldModel.Runtime.Processes;
using RobotWorldModel.Runtime.Protocol;

namespace RobotWorldModel.Runtime.Commands;

/// <summary>robot record: episodes, one after the other, with keys and a live view where there is a terminal.</summary>
internal static class RecordCommand
{
    public static Command Create()
    {
        var config = SharedOptions.Config();
        var data = SharedOptions.Data();
        var task = new Option<string>("--task")
        {
            Description = "What is being shown, e.g. \"pick the cube\"",
            Required = true,
            HelpName = "NAME",
        };
        var episodes = new Option<int?>("--episodes", "-n")
        {
            Description = "How many; as many as keys start, or 1 where they end by themselves (--seconds, --source scripted)",
        };
        var seconds = new Option<double?>("--seconds") { Description = "End each after this long" };
        var source = new Option<string>("--source")
        {
            Description = "Who moves the arm: scripted (pick and place, simulated cell only), freedrive (a person leads it), "
                + "jog (arrow keys), teleop (the config's gamepad, SpaceMouse or leading arm), none (nobody, or the pendant)",
            DefaultValueFactory = _ => "none",
        };
        source.AcceptOnlyFromAmong("scripted", "freedrive", "jog", "teleop", "none");
        var yes = new Option<bool>("--yes") { Description = "Do not ask before the real arm moves" };
        var command = new Command("record", "Records episodes into ROOT/demonstrations.")
        {
            config, data, task, episodes, seconds, source, yes,
        };
        command.SetAction((parsed, cancel) => RunAsync(
            CellConfig.Load(parsed.GetValue(config)!),
            new(parsed.GetValue(task)!, parsed.GetValue(episodes), Recordings.CheckSeconds(parsed.GetValue(seconds)),
                parsed.GetValue(source)!, parsed.GetValue(yes)),
            parsed.GetValue(data)!, parsed.GetResult(data) is { Implicit: false }, cancel));
        return command;
    }

    private static async Task<int> RunAsync(CellConfig config, RecordPlan plan, string data, bool dataIsGiven, CancellationToken cancel)
    {
        bool terminal = !Console.IsInputRedirected && !Console.IsOutputRedirected;
        if (!terminal && !plan.ByItself)
            throw new RobotException(ExitCode.Usage,
                "without a terminal there are no keys to end an episode with; give --seconds, or --source scripted");
        if (plan.Episodes < 1)
            throw new RobotException(ExitCode.Usage, $"--episodes {plan.Episodes} is out of range; 1 or more is allowed");
        if (plan.Source == "scripted" && config.Simulation is null)
            throw new RobotException(ExitCode.Usage,
                "--source scripted is for the simulated cell only; use freedrive, jog or none on a real arm");
        await using var service = await ServiceConnection.OpenAsync(config, data, dataIsGiven, cancel);
        await service.Core.SubscribeAsync(cancel);
        await MotionWarning.AskAsync(config, service, plan.Source is "scripted" or "jog" or "teleop" or "freedrive", plan.Yes,
            plan.Source == "jog" ? "move in steps of 5 mm at most at 20 mm/s"
            : plan.Source == "teleop" ? TeleopCommand.WhatItDoes(config)
            : "be moved by whoever leads it, or by the script", cancel);
        if (plan.ByItself)
            plan = plan with { Episodes = plan.Episodes ?? 1 };
        using var session = new RecordSession(service, plan, terminal);
        return await session.RunAsync(cancel);
    }
}
