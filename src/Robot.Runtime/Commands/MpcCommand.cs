using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using RobotWorldModel.Drivers.Time;
using RobotWorldModel.Runtime.Configuration;
using RobotWorldModel.Runtime.Processes;
using RobotWorldModel.Runtime.Protocol;
using RobotWorldModel.Simulation.Tasks;
using Spectre.Console;

namespace RobotWorldModel.Runtime.Commands;

/// <summary>robot mpc: the arm is controlled by planning in a learned model, 30 times a second.</summary>
internal static class MpcCommand
{
    public static Command Create()
    {
        var config = SharedOptions.Config();
        var data = SharedOptions.Data();
        var model = new Option<string>("--model")
        {
            Description = "A run of 'robot train', or a model's folder",
            DefaultValueFactory = _ => Shipped.Path(Shipped.ReachModel),
            HelpName = "RUN",
        };
        var task = new Option<string>("--task") { Description = "What the model is to do", DefaultValueFactory = _ => "reach" };
        task.AcceptOnlyFromAmong("reach");
        var goal = new Option<string?>("--goal")
        {
            Description = "YAML or JSON with one goal [x, y, z] or several, m in the base frame; the arm goes there from where it stands",
            HelpName = "FILE",
        };
        var seed = new Option<long>("--seed") { Description = "Without --goal: the first of the task's own starts and goals" };
        var episodes = new Option<int>("--episodes") { Description = "How many of them", DefaultValueFactory = _ => 5 };
        var seconds = new Option<double>("--seconds") { Description = "For each goal", DefaultValueFactory = _ => ReachTask.Seconds };
        var delay = new Option<int>("--delay-ticks")
        {
            Description = "Ticks by which commands take effect later than where the model learned",
        };
        var record = new Option<bool>("--record")
        {
            Description = "Make an episode of each goal, with what was planned: 'robot replan' plans it again",
        };
        var yes = new Option<bool>("--yes") { Description = "Do not ask before the real arm moves" };
        var command = new Command("mpc",
            "Controls the arm by planning in a learned model: observe, filter, plan, guard, command, 30 times a second. Ctrl-C stops it.\n"
            + "Example:  robot mpc --config hardware-configs/sim-cell.yaml --model runs/reach --episodes 5")
        {
            config, data, model, task, goal, seed, episodes, seconds, delay, record, yes,
        };
        command.SetAction(async (parsed, cancel) =>
        {
            var cell = CellConfig.Load(parsed.GetValue(config)!);
            var asked = Asked(parsed.GetValue(goal), parsed.GetValue(seed), parsed.GetValue(episodes));
            asked["model"] = Path.GetFullPath(parsed.GetValue(model)!);
            asked["seconds"] = parsed.GetValue(seconds);
            asked["delay_ticks"] = parsed.GetValue(delay);
            asked["record"] = parsed.GetValue(record);
            await using var service = await ServiceConnection.OpenAsync(
                cell, parsed.GetValue(data)!, parsed.GetResult(data) is { Implicit: false }, cancel);
            await service.Core.SubscribeAsync(cancel);
            await MotionWarning.AskAsync(cell, service, needed: true, parsed.GetValue(yes),
                $"go to goals by a learned model, {parsed.GetValue(seconds):0.#} s each, the tool at most {ReachTask.AxisSpeed} m/s",
                cancel);
            MpcStatus end = await RunAsync(service, asked, cancel);
            Tell(end);
            foreach (string id in end.Episodes)
                Console.WriteLine(Recordings.Describe(await Recordings.WaitAsync(service, id).WaitAsync(cancel)));
            return end.Code;
        });
        return command;
    }

    /// <summary>Controls until all goals are done; Ctrl-C stops the arm.</summary>
    /// <exception cref="RobotException">Core refused.</exception>
    public static async Task<MpcStatus> RunAsync(ServiceConnection service, JsonObject asked, CancellationToken cancel)
    {
        await service.StartWhenReadyAsync(CoreMethods.MpcStart, asked, cancel);
        long startedNs = HostClock.NowNs;
        try
        {
            if (Console.IsOutputRedirected)
                return await EndAsync(service, startedNs, Print(), cancel);
            return await AnsiConsole.Live(new Text("")).AutoClear(true).StartAsync(live => EndAsync(service, startedNs,
                status => live.UpdateTarget(TerminalView.Render(status, service.Info.Url, "Ctrl-C stops the arm")), cancel));
        }
        catch (OperationCanceledException)
        {
            await service.Core.CallAsync(CoreMethods.Stop, null, CancellationToken.None);
            foreach (string id in service.Core.Status is { } status && status.TimeNs > startedNs ? status.Mpc?.Episodes ?? [] : [])
                Console.WriteLine(Recordings.Describe(await Recordings.WaitAsync(service, id)));
            throw;
        }
    }

    private static JsonObject Asked(string? file, long seed, int episodes)
    {
        if (file is null)
        {
            return seed >= 0 && episodes is >= 1 and <= 1000
                ? new JsonObject { ["seeds"] = new JsonArray([.. Enumerable.Range(0, episodes).Select(i => (JsonNode)(seed + i))]) }
                : throw new RobotException(
                    ExitCode.Usage, $"{episodes} episodes from seed {seed} on are out of range; 1 to 1000 from 0 on are allowed");
        }
        JsonNode read = YamlFile.Read(file);
        JsonNode? goals = read is JsonObject named ? named["goals"] ?? named["goal"] : read;
        if (goals is not JsonArray { Count: > 0 } list)
            throw new RobotException(ExitCode.Usage, $"{file} has no goals: write  goals: [[-0.5, 0.1, 0.3]]");
        return new JsonObject { ["goals"] = list[0] is JsonArray ? list.DeepClone() : new JsonArray(list.DeepClone()) };
    }

    private static async Task<MpcStatus> EndAsync(
        ServiceConnection service, long startedNs, Action<CoreStatus> show, CancellationToken cancel)
    {
        while (!service.Core.Closed.IsCompleted)
        {
            await Task.Delay(100, cancel);
            if (service.Core.Status is not { } status || status.TimeNs < startedNs) // not one of before the start
                continue;
            show(status);
            if (status.Mpc is { State: "done" or "stopped" } end)
                return end;
        }
        throw CoreClient.Gone();
    }

    /// <summary>A line for each goal that is done.</summary>
    private static Action<CoreStatus> Print()
    {
        int done = 0;
        return status =>
        {
            for (; status.Mpc is { } mpc && done < mpc.Outcomes.Count; done++)
                Console.WriteLine(Line(done, mpc.Outcomes[done]));
        };
    }

    private static string Line(int index, MpcOutcome o) => string.Create(CultureInfo.InvariantCulture,
        $"goal {index + 1}: {(o.Reached ? "reached" : "missed")}, {o.ErrorM * 1000:0.0} mm off at the end, return {o.Return:0.0}");

    private static void Tell(MpcStatus end)
    {
        foreach (string line in TerminalView.Mpc(end).Skip(1))
            Console.WriteLine(line);
        Console.WriteLine($"{end.State}: {end.Message}");
    }
}
