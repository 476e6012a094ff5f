using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using RobotWorldModel.Collector.Episodes;
using RobotWorldModel.Collector.Grid;
using RobotWorldModel.Runtime.Configuration;
using RobotWorldModel.Runtime.Core;
using RobotWorldModel.Runtime.Processes;
using RobotWorldModel.Runtime.Protocol;
using Spectre.Console;

namespace RobotWorldModel.Runtime.Commands;

/// <summary>
/// robot demo: the whole way once, on the simulated cell: record three demonstrations, verify them, replay the first, and reach goals by
/// planning in a learned model.
/// </summary>
internal static class DemoCommand
{
    private const int Demonstrations = 3, Goals = 5, MostGoals = 100;
    private const ulong FirstGoal = 30_000; // of reach's seeds
    private static readonly string[] s_columns =
        ["episode", "frames", "s", "outcome", "dropped", "stale", "sent=received", "late p99/max"];
    private static readonly JsonSerializerOptions s_indented = new(ProtocolJson.Lenient) { WriteIndented = true };
    private static readonly TimeSpan s_cellDeadline = TimeSpan.FromSeconds(20), s_devicesDeadline = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan s_dashboardDeadline = TimeSpan.FromSeconds(10);

    /// <summary>One line of report.json's episodes.</summary>
    private sealed record EpisodeReport(
        string Id, string Path, long Frames, double Seconds, long Dropped, long Stale, Dictionary<string, long> Sent,
        Dictionary<string, long> Received, LatenessSummary LatenessMs, string Outcome);

    /// <summary>How much is shown.</summary>
    private sealed record Extent(string Folder, double? Seconds, int Goals);

    private sealed record ReplayReport(string Episode, double RmsRad, double MaxRad);

    private sealed record PlanTimes(double? P50, double? P99);

    private sealed record MpcReport(int Goals, int Reached, IReadOnlyList<double> FinalErrorM, PlanTimes PlanMs, long Misses);

    private sealed record Report(int Schema, IReadOnlyList<EpisodeReport> Episodes, ReplayReport? Replay, MpcReport? Mpc);

    public static Command Create()
    {
        var folder = new Option<string?>("--out")
        {
            Description = "Where episodes (DIR/data) and DIR/report.json go; a folder in the temporary folder",
            HelpName = "DIR",
        };
        var seconds = new Option<double?>("--seconds") { Description = "Cap each demonstration; until the script is done" };
        var goals = new Option<int>("--goals")
        {
            Description = "Goals that are reached by planning in the shipped model; 0 for none",
            DefaultValueFactory = _ => Goals,
        };
        var keep = new Option<bool>("--keep") { Description = "Leave cell and service up until Ctrl-C" };
        var config = new Option<string>("--config", "-c")
        {
            Description = "A simulated cell's file",
            DefaultValueFactory = _ => Shipped.Path("hardware-configs/sim-cell.yaml"),
            HelpName = "FILE",
        };
        var command = new Command(
            "demo", "Starts a simulated cell, records three demonstrations, verifies them, replays the first, reaches goals by planning "
            + "in a learned model, and says how it went.")
        {
            folder, seconds, goals, keep, config,
        };
        command.SetAction((parsed, cancel) => RunAsync(
            CellConfig.Load(parsed.GetValue(config)!),
            new(Path.GetFullPath(parsed.GetValue(folder) ?? Path.Combine(Path.GetTempPath(), $"robot-demo-{Environment.ProcessId}")),
                Recordings.CheckSeconds(parsed.GetValue(seconds)), CheckGoals(parsed.GetValue(goals))),
            parsed.GetValue(keep), cancel));
        return command;
    }

    private static int CheckGoals(int goals) => goals is >= 0 and <= MostGoals
        ? goals : throw new RobotException(ExitCode.Usage, $"{goals} goals are out of range; 0 to {MostGoals} are allowed");

    private static async Task<int> RunAsync(CellConfig config, Extent extent, bool keep, CancellationToken cancel)
    {
        string folder = extent.Folder;
        if (config.Simulation is null)
            throw new RobotException(ExitCode.Usage,
                $"{config.File}: the demo moves the arm by a script; it is for a simulated cell only");
        if (ServiceFile.Find(config.Cell) is { } running)
            throw new RobotException(ExitCode.Busy,
                $"{config.Cell}: a service runs already (pid {running.Pid}); './robot shutdown' ends it");
        Directory.CreateDirectory(folder);
        Console.WriteLine("starting the simulated cell …");
        using var cell = await StartCellAsync(config, cancel);
        int exit;
        try
        {
            await using var service = await ServiceConnection.OpenAsync(config, Path.Combine(folder, "data"), insist: true, cancel);
            await service.Core.SubscribeAsync(cancel);
            bool dashboard = await WaitForDashboardAsync(service, cancel);
            if (dashboard)
                Console.WriteLine($"dashboard: {service.Info.Url}");
            await WaitForDevicesAsync(service, cancel);
            exit = await RunAsync(service, config, extent, cancel);
            if (keep)
            {
                Console.WriteLine($"\nCell and service stay up{(dashboard ? $": look at {service.Info.Url}" : "")}; Ctrl-C ends them.");
                while (!service.Core.Closed.IsCompleted && !cancel.IsCancellationRequested)
                {
                    service.SayWhatItSaid();
                    await Task.WhenAny(service.Core.Closed, Task.Delay(500, cancel));
                }
            }
        }
        finally
        {
            await cell.StopAsync(TimeSpan.FromSeconds(5));
        }
        return exit;
    }

    private static async Task<int> RunAsync(ServiceConnection service, CellConfig config, Extent extent, CancellationToken cancel)
    {
        bool terminal = !Console.IsOutputRedirected;
        var episodes = new List<EpisodeReport>();
        for (int i = 0; i < Demonstrations; i++)
        {
            Console.WriteLine($"recording demonstration {i + 1} of {Demonstrations} …");
            var summary = await Recordings.RecordAsync(
                service, "pick the cube and place it on the target", "scripted", extent.Seconds, terminal, cancel);
            service.SayWhatItSaid();
            episodes.Add(Compare(summary, config));
        }
        WriteReport(extent.Folder, episodes, null, null);
        int faults = Verify(episodes);
        ReplayReport? replayed = await ReplayAsync(service, episodes[0], cancel);
        WriteReport(extent.Folder, episodes, replayed, null);
        MpcReport? reached = extent.Goals == 0 ? null : await ReachAsync(service, extent.Goals, cancel);
        WriteReport(extent.Folder, episodes, replayed, reached);
        Show(episodes, faults);
        Console.WriteLine($"report: {Path.Combine(extent.Folder, "report.json")}");
        return faults == 0 && replayed is not null && (reached is null || reached.Reached == reached.Goals)
            ? ExitCode.Done : ExitCode.FaultsFound;
    }

    /// <summary>Null where it was stopped.</summary>
    private static async Task<ReplayReport?> ReplayAsync(ServiceConnection service, EpisodeReport episode, CancellationToken cancel)
    {
        Console.WriteLine($"replaying {episode.Id} …");
        var replay = await ReplayCommand.RunAsync(service, episode.Path, 1, cancel);
        service.SayWhatItSaid();
        Console.WriteLine($"replay {replay.State}: {replay.Message}");
        return replay.State == "done" ? new(episode.Id, replay.RmsRad, replay.MaxRad) : null;
    }

    /// <summary>The shipped model acts, as far as it comes.</summary>
    private static async Task<MpcReport> ReachAsync(ServiceConnection service, int goals, CancellationToken cancel)
    {
        Console.WriteLine($"reaching {goals} goals by planning in a learned model …");
        MpcStatus end = await MpcCommand.RunAsync(service, new JsonObject
        {
            ["model"] = Shipped.Path(Shipped.ReachModel),
            ["seeds"] = new JsonArray([.. Enumerable.Range(0, goals).Select(i => (JsonNode)(FirstGoal + (ulong)i))]),
        }, cancel);
        service.SayWhatItSaid();
        Console.WriteLine($"reach {end.State}: {end.Message}");
        return new(goals, end.Outcomes.Count(o => o.Reached), [.. end.Outcomes.Select(o => o.ErrorM)],
            new(end.PlanP50Ms, end.PlanP99Ms), end.Late + end.Held);
    }

    private static async Task<ChildProcess> StartCellAsync(CellConfig config, CancellationToken cancel)
    {
        var ready = new TaskCompletionSource();
        var lines = new List<string>();
        var cell = ChildProcess.Start(["sim", "--config", config.File], line =>
        {
            lock (lines)
                lines.Add(line);
            if (line.Contains("is ready", StringComparison.Ordinal))
                ready.TrySetResult();
        });
        try
        {
            var exited = cell.WaitAsync(cancel);
            if (await Task.WhenAny(ready.Task, exited, Task.Delay(s_cellDeadline, cancel)) == ready.Task)
                return cell;
            cancel.ThrowIfCancellationRequested();
            int code = exited.IsCompleted ? await exited : ExitCode.Device;
            lock (lines)
                throw new RobotException(code == ExitCode.Done ? ExitCode.Device : code,
                    $"the simulated cell did not start: {(lines.Count > 0 ? lines[^1] : "it said nothing")}");
        }
        catch
        {
            await cell.StopAsync(TimeSpan.FromSeconds(5));
            cell.Dispose();
            throw;
        }
    }

    /// <summary>Whether the page at the service's address is this service's own: another program may have it.</summary>
    private static async Task<bool> WaitForDashboardAsync(ServiceConnection service, CancellationToken cancel)
    {
        long deadline = Environment.TickCount64 + (long)s_dashboardDeadline.TotalMilliseconds;
        while (Environment.TickCount64 < deadline && service.Core.Status?.Dashboard is not ({ Up: true } or { Message.Length: > 0 }))
            await Task.Delay(50, cancel);
        service.SayWhatItSaid();
        return service.Core.Status?.Dashboard is { Up: true };
    }

    private static async Task WaitForDevicesAsync(ServiceConnection service, CancellationToken cancel)
    {
        long deadline = Environment.TickCount64 + (long)s_devicesDeadline.TotalMilliseconds;
        while (service.Core.Status?.Streams.All(s => s.Fresh) != true)
        {
            if (Environment.TickCount64 > deadline)
            {
                var away = service.Core.Status?.Streams.Where(s => !s.Fresh).Select(s => $"{s.Name}: {s.Message}") ?? ["no status"];
                throw new RobotException(ExitCode.Device, $"not every device came up: {string.Join("; ", away)}");
            }
            await Task.Delay(100, cancel);
        }
    }

    /// <summary>What the cell sent between the first and the last sample of the log, stream by stream.</summary>
    private static EpisodeReport Compare(EpisodeSummary summary, CellConfig config)
    {
        var sent = new Dictionary<string, long>();
        foreach (var (stream, first) in summary.FirstNs)
        {
            // The force sensor and the gripper stamp nothing: their samples are counted by when they were true, with half a period's
            // room.
            bool stamped = stream is not ("force" or "gripper");
            long room = stream switch { "force" => 5_000_000, "gripper" => 8_000_000, _ => 0 };
            sent[stream] = (long)SimulatedWorld.Ask(config, "sent", new JsonObject
            {
                ["stream"] = stream,
                ["from"] = first - room,
                ["to"] = summary.LastNs[stream] + room,
                ["device_time"] = stamped,
            })!;
        }
        return new(summary.Id, summary.Path, summary.Frames, summary.Seconds, summary.Dropped, summary.Stale, sent,
            summary.Received.ToDictionary(), summary.LatenessMs, summary.Outcome);
    }

    private static int Verify(List<EpisodeReport> episodes)
    {
        int faults = 0;
        foreach (var episode in episodes)
        {
            var findings = EpisodeVerifier.Verify(episode.Path, LogReference.For(episode.Path));
            foreach (var finding in findings)
                Console.WriteLine($"{episode.Path}/{finding}");
            faults += findings.Count;
        }
        Console.WriteLine($"verified {episodes.Count} episodes: {(faults == 0 ? "all good" : $"{faults} faults")}");
        return faults;
    }

    private static void WriteReport(string folder, IReadOnlyList<EpisodeReport> episodes, ReplayReport? replay, MpcReport? mpc)
    {
        string json = JsonSerializer.Serialize(new Report(1, episodes, replay, mpc), s_indented);
        File.WriteAllText(Path.Combine(folder, "report.json"), json + "\n");
    }

    private static void Show(List<EpisodeReport> episodes, int faults)
    {
        var table = new Table().Border(TableBorder.Simple)
            .AddColumns([.. s_columns.Select(c => new TableColumn(c).NoWrap().Padding(0, 0))]);
        foreach (var e in episodes)
        {
            var unequal = e.Sent.Where(s => e.Received.GetValueOrDefault(s.Key) != s.Value)
                .Select(s => $"{s.Key} {s.Value} / {e.Received.GetValueOrDefault(s.Key)}");
            string equal = unequal.Any() ? string.Join(", ", unequal) : $"yes ({e.Sent.Values.Sum()})";
            table.AddRow(e.Id, $"{e.Frames}", $"{e.Seconds:0.0}", e.Outcome, $"{e.Dropped}", $"{e.Stale}", equal,
                $"{e.LatenessMs.P99:0.0}/{e.LatenessMs.Max:0.0} ms");
        }
        AnsiConsole.Write(table);
        Console.WriteLine(faults == 0 ? "" : $"{faults} faults were found");
    }
}
