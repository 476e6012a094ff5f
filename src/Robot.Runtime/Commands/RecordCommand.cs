using System.CommandLine;
using RobotWorldModel.Runtime.Configuration;
using RobotWorldModel.Runtime.Processes;
using RobotWorldModel.Runtime.Protocol;
using Spectre.Console;

namespace RobotWorldModel.Runtime.Commands;

/// <summary>robot record: episodes, one after the other, with keys and a live view where there is a terminal.</summary>
internal static class RecordCommand
{
    public static Command Create()
    {
        var config = SharedOptions.Config();
        var data = SharedOptions.Data();
        var task = new Option<string>("--task") { Description = "What is being shown, e.g. \"pick the cube\"", Required = true, HelpName = "NAME" };
        var episodes = new Option<int>("--episodes", "-n") { Description = "How many", DefaultValueFactory = _ => 1 };
        var seconds = new Option<double?>("--seconds") { Description = "End each after this long" };
        var source = new Option<string>("--source")
        {
            Description = "Who moves the arm: scripted (pick and place, simulated cell only), freedrive (a person leads it), jog (arrow keys), "
                + "none (nobody, or the pendant)",
            DefaultValueFactory = _ => "none",
        };
        source.AcceptOnlyFromAmong("scripted", "freedrive", "jog", "none");
        var yes = new Option<bool>("--yes") { Description = "Do not ask before the real arm moves" };
        var command = new Command("record", "Records episodes into ROOT/demonstrations.") { config, data, task, episodes, seconds, source, yes };
        command.SetAction((parsed, cancel) => RunAsync(
            CellConfig.Load(parsed.GetValue(config)!),
            new(parsed.GetValue(task)!, parsed.GetValue(episodes), parsed.GetValue(seconds), parsed.GetValue(source)!, parsed.GetValue(yes)),
            parsed.GetValue(data)!, cancel));
        return command;
    }

    private sealed record Plan(string Task, int Episodes, double? Seconds, string Source, bool Yes);

    private static async Task<int> RunAsync(CellConfig config, Plan plan, string data, CancellationToken cancel)
    {
        bool terminal = !Console.IsInputRedirected && !Console.IsOutputRedirected;
        if (!terminal && plan.Seconds is null && plan.Source != "scripted")
            throw new RobotException(ExitCode.Usage, "without a terminal there are no keys to end an episode with; give --seconds, or --source scripted");
        if (plan.Source == "scripted" && config.Simulation is null)
            throw new RobotException(ExitCode.Usage, "--source scripted is for the simulated cell only; use freedrive, jog or none on a real arm");
        await using var service = await ServiceConnection.OpenAsync(config, data, cancel);
        await service.Core.SubscribeAsync(cancel);
        await MotionWarning.AskAsync(config, service, plan.Source is "scripted" or "jog" or "freedrive", plan.Yes,
            plan.Source == "jog" ? "move in steps of 5 mm at most at 20 mm/s" : "be moved by whoever leads it, or by the script", cancel);
        return terminal && plan.Source != "scripted" && plan.Seconds is null
            ? await new RecordKeys(service, plan.Task, plan.Source, plan.Episodes).RunAsync(cancel)
            : await RecordAllAsync(service, plan, terminal, cancel);
    }

    private static async Task<int> RecordAllAsync(ServiceConnection service, Plan plan, bool terminal, CancellationToken cancel)
    {
        for (int i = 0; i < plan.Episodes; i++)
        {
            var recorded = await Recordings.RecordOneAsync(service, plan.Task, plan.Source, plan.Seconds, terminal, cancel);
            Console.WriteLine(recorded);
        }
        return ExitCode.Done;
    }
}
