using System.Collections.Concurrent;
using System.Text.Json;
using RobotWorldModel.Runtime.Desk.Episodes;
using RobotWorldModel.WorldModel.Evaluation;
using RobotWorldModel.WorldModel.Training;

namespace RobotWorldModel.Runtime.Desk.Runs;

/// <summary>
/// Training runs in a folder and the folders in it, as the page needs them: read from their files alone, so that a run may be anybody's and
/// may be killed. Nothing outside the folder is opened.
/// </summary>
internal sealed class RunStore(string root)
{
    private const int MostDeep = 3;

    private readonly DataPaths _paths = new(root);
    private readonly ConcurrentDictionary<string, RunMetrics> _metrics = new();

    /// <summary>Where it looks, absolute.</summary>
    public string Root => _paths.Root;

    /// <summary>The newest first.</summary>
    public IReadOnlyList<RunListing> List()
    {
        var found = new List<RunListing>();
        Look(new DirectoryInfo(Root), [], found);
        return [.. found.OrderByDescending(run => run.Updated, StringComparer.Ordinal)];
    }

    /// <summary>A run's numbers over its steps; null where there is no such run.</summary>
    /// <param name="points">At most so many for each.</param>
    /// <exception cref="InvalidDataException">Its log is damaged.</exception>
    public RunSeries? Series(string id, int points) => Folder(id) is { } run ? Metrics(run).Series(points) : null;

    /// <summary>evaluation.json or report.html of a run; null where there is none.</summary>
    public string? EvaluationFile(string id, string file) => _paths.Find([.. id.Split('/'), EvaluationReport.Folder, file]);

    private void Look(DirectoryInfo folder, ReadOnlySpan<string> names, List<RunListing> found)
    {
        if (!folder.Exists)
            return;
        foreach (DirectoryInfo one in folder.EnumerateDirectories().OrderBy(d => d.Name, StringComparer.Ordinal))
        {
            string[] parts = [.. names, one.Name];
            string id = string.Join('/', parts);
            if (Folder(id) is { } run)
                found.Add(Listing(id, run));
            else if (parts.Length < MostDeep && _paths.Find(parts) is not null)
                Look(one, parts, found);
        }
    }

    private RunFolder? Folder(string id)
    {
        string[] parts = id.Split('/');
        return parts.Length <= MostDeep && _paths.Find(parts) is { } path && _paths.Find([.. parts, "config.json"]) is not null
            && _paths.Find([.. parts, "metrics.jsonl"]) is not null ? new(path) : null;
    }

    private RunMetrics Metrics(RunFolder run) => _metrics.GetOrAdd(run.Path, _ => new(run.MetricsFile));

    private RunListing Listing(string id, RunFolder run)
    {
        try
        {
            TrainConfig config = run.ReadConfig();
            RunMetrics metrics = Metrics(run);
            metrics.Read();
            RunProgress? progress = File.Exists(run.ProgressFile) ? RunProgress.Parse(File.ReadAllText(run.ProgressFile)) : null;
            long step = Math.Max(metrics.Step, progress?.Step ?? 0);
            string state = State(progress, step, config.Steps);
            bool running = state == "running";
            return new RunListing(id, config.Model, config.Kind == ModelKind.TdMpc2 ? "TD-MPC2" : "RSSM", state, step, config.Steps,
                running ? progress!.StepsPerSecond : null,
                running && progress!.StepsPerSecond > 0 ? (config.Steps - step) / progress.StepsPerSecond : null,
                metrics.Latest("loss"), metrics.Latest("validation_loss"),
                (progress?.Updated ?? File.GetLastWriteTimeUtc(run.MetricsFile)).ToString("O"), progress?.Message ?? "",
                EvaluationFile(id, EvaluationReport.NumbersFile) is not null, Readable: true);
        }
        catch (Exception e) when (e is InvalidDataException or JsonException or IOException or UnauthorizedAccessException)
        {
            return new RunListing(id, "", "", "unreadable", 0, 0, null, null, null, null, "", e.Message, Evaluated: false, Readable: false);
        }
    }

    // A run of before progress was kept, or whose process was killed, tells by its numbers how far it came.
    private static string State(RunProgress? progress, long step, long steps) => progress switch
    {
        { Phase: RunPhase.Running, IsAlive: true } => "running",
        { Phase: RunPhase.Running } => "killed",
        { Phase: RunPhase.Failed } => "failed",
        { Phase: RunPhase.Done } => "done",
        { Phase: RunPhase.Stopped } => "stopped",
        _ => step >= steps ? "done" : "stopped",
    };
}

/// <summary>A row of the page's list.</summary>
/// <param name="Id">Folders below the runs' own, with / between.</param>
/// <param name="State">running, done, stopped, killed, failed, unreadable.</param>
/// <param name="StepsPerSecond">While it runs.</param>
/// <param name="SecondsLeft">While it runs.</param>
/// <param name="Loss">Of the newest step.</param>
/// <param name="ValidationLoss">Of the newest validation.</param>
/// <param name="Updated">UTC, ISO 8601.</param>
/// <param name="Message">Why it failed, or cannot be read.</param>
/// <param name="Evaluated">It has numbers of 'robot evaluate'.</param>
internal sealed record RunListing(
    string Id, string Model, string Kind, string State, long Step, long Steps, double? StepsPerSecond, double? SecondsLeft, double? Loss,
    double? ValidationLoss, string Updated, string Message, bool Evaluated, bool Readable);
