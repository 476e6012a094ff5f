using System.Text.Json;
using System.Text.Json.Nodes;
using RobotWorldModel.Collector.Episodes;
using RobotWorldModel.Collector.Files;
using RobotWorldModel.Runtime.Core;
using RobotWorldModel.Runtime.Protocol;
using RobotWorldModel.Simulation.Environments;
using TickStatus = RobotWorldModel.Collector.Episodes.TickStatus;

namespace RobotWorldModel.Runtime.Simulate;

/// <summary>
/// A run's episodes below a data root: those that are there from before are found by what their metadata says, the others get the numbers
/// that they would have had. The same bytes whatever the number of workers, and however often the run was killed. Holds the folder's lock.
/// </summary>
internal sealed class SimulatedEpisodes : IDisposable
{
    private readonly string _folder;
    private readonly FolderLock _lock;
    private readonly SimulatedTask _task;
    private readonly PolicyKind _policy;
    private readonly double _noise;
    private readonly double _rateHz;
    private readonly int _actions;
    private readonly int? _pictures;
    private readonly Dictionary<ulong, int> _numbers = [];
    private readonly Dictionary<ulong, (double Return, bool? Succeeded)> _kept = [];

    /// <param name="seeds">Of all episodes of the run.</param>
    /// <param name="pictures">Width and height of what two cameras see, pixels; null: there are none. Of reach alone.</param>
    /// <exception cref="RobotException">Another run writes there.</exception>
    public SimulatedEpisodes(
        string root, SimulatedTask task, IEnvironment environment, PolicyKind policy, double noise, IReadOnlyList<ulong> seeds,
        int? pictures = null)
    {
        _pictures = pictures;
        (_folder, _task, _policy, _noise) = (Path.Combine(Path.GetFullPath(root), EpisodeCatalog.Simulation), task, policy, noise);
        (_rateHz, _actions) = (1 / environment.SecondsPerDecision, environment.ActionSize);
        DurableFiles.MakeFolder(_folder);
        _lock = FolderLock.TryTake(_folder) ?? throw new RobotException(
            ExitCode.Busy, $"{_folder} is being written by another 'robot simulate': let it end, or give another --data");
        try
        {
            RemoveUnfinished();
            Find(seeds);
            Number(Path.Combine(Path.GetFullPath(root), EpisodeCatalog.Trash), seeds);
        }
        catch
        {
            _lock.Dispose();
            throw;
        }
    }

    /// <summary>Return and success of those that are there from before, by seed.</summary>
    public IReadOnlyDictionary<ulong, (double Return, bool? Succeeded)> Kept => _kept;

    /// <summary>Writes and commits one. Thread-safe for episodes of different seeds.</summary>
    public void Save(PlayedEpisode played)
    {
        int number = _numbers[played.Seed], rows = played.Rewards.Length + 1, o = _task.Columns.Count;
        string recording = Path.Combine(_folder, EpisodeNaming.Name(number) + EpisodeLayout.RecordingSuffix);
        DurableFiles.TryCreateFolder(recording);
        ReachPictures? pictures = _pictures is { } side ? new(played, o, _rateHz, side) : null;
        EpisodeMetadata draft = Draft(played, number, pictures);
        using var writer = new EpisodeWriter(recording, EpisodeShape.Of(draft));
        double[] seen = new double[o], action = new double[_actions];
        for (int k = 0; k < rows; k++)
        {
            double slot = StreamRules.Slot(k, _rateHz);
            writer.Frame(TickStatus.Ok, 0, pictures?.Cells(k) ?? []);
            pictures?.Write(writer, k);
            Copy(played.Observations.AsSpan(k * o, o), seen);
            writer.Table("task", slot, seen);
            if (k == 0)
                writer.Table("rewards", slot, []); // nothing led here
            else
                writer.Table("rewards", slot, [played.Rewards[k - 1], played.Terminated && k == rows - 1 ? 1 : 0,
                    played.Successes?[k - 1] == true ? 1 : 0]);
            if (k < rows - 1)
                Copy(played.Actions.AsSpan(k * _actions, _actions), action);
            writer.Action(slot, k < rows - 1 ? action : []);
        }
        writer.Complete(draft);
        EpisodeCommit.Commit(recording, writer.Digests);
    }

    public void Dispose() => _lock.Dispose();

    /// <summary>What a run that was killed left half written: it is made again. With a capture log it is no simulated one.</summary>
    private void RemoveUnfinished()
    {
        foreach (string recording in EpisodeCatalog.FindRecordings(_folder))
            if (!File.Exists(Path.Combine(recording, EpisodeLayout.CaptureLog)))
                Directory.Delete(recording, recursive: true);
    }

    private void Find(IReadOnlyList<ulong> seeds)
    {
        var wanted = seeds.ToHashSet();
        foreach (EpisodeEntry entry in EpisodeCatalog.Find(_folder))
        {
            EpisodeMetadata metadata = EpisodeMetadata.Read(entry.Path);
            if (metadata.Task != _task.Name || metadata.Return is not { } value || metadata.Simulation is not { } simulation
                || !simulation.TryGetProperty("seed", out JsonElement seed) || !seed.TryGetUInt64(out ulong number)
                || !wanted.Contains(number) || !JsonNode.DeepEquals(Describe(number), JsonNode.Parse(simulation.GetRawText())))
                continue;
            _numbers[number] = EpisodeNaming.NumberOf(entry.Id)!.Value;
            _kept[number] = (value, metadata.Outcome == Outcome.Unknown ? null : metadata.Outcome == Outcome.Success);
        }
    }

    private void Number(string trash, IReadOnlyList<ulong> seeds)
    {
        ulong[] missing = [.. seeds.Where(seed => !_numbers.ContainsKey(seed))];
        if (missing.Length == 0)
            return;
        string probe = EpisodeNaming.CreateRecording(_folder, trash);
        Directory.Delete(probe);
        int next = EpisodeNaming.NumberOf(Path.GetFileName(probe))!.Value;
        // With episodes of the run there, each of the others has its place before or behind them, where nobody has taken it.
        long offset = _numbers.Count > 0 ? _numbers.First() is var (seed, number) ? number - (long)seed : 0 : next - (long)seeds[0];
        foreach (ulong wanted in missing)
        {
            long place = (long)wanted + offset;
            bool free = place >= 0 && place < int.MaxValue && !Path.Exists(Path.Combine(_folder, EpisodeNaming.Name((int)place)))
                && !Path.Exists(Path.Combine(trash, EpisodeNaming.Name((int)place))) && !_numbers.ContainsValue((int)place);
            _numbers[wanted] = free ? (int)place : next++;
        }
    }

    private JsonObject Describe(ulong seed)
    {
        var described = new JsonObject
        {
            ["task"] = _task.Name,
            ["seed"] = seed,
            ["policy"] = _policy.Settings.DeepClone(),
            ["action_noise"] = _noise,
        };
        if (_pictures is { } side)
            described["pictures"] = side;
        return described;
    }

    private EpisodeMetadata Draft(PlayedEpisode played, int number, ReachPictures? pictures) => new()
    {
        SchemaVersion = EpisodeMetadata.CurrentSchema,
        Id = EpisodeNaming.Name(number),
        Task = _task.Name,
        Outcome = played.Succeeded switch { true => Outcome.Success, false => Outcome.Failure, null => Outcome.Unknown },
        End = played.Terminated ? EpisodeEnd.Terminal : EpisodeEnd.Timeout,
        Return = played.Return,
        Note = null,
        Start = DateTimeOffset.UnixEpoch.AddSeconds(number),
        StartMonotonicNs = null,
        Anchor = null,
        Clock = EpisodeClock.Simulated,
        RateHz = _rateHz,
        Frames = 0,
        Duration = 0,
        Configuration = null,
        Robot = _task.Robot is null ? null : new(_task.Robot, "simulated", "none", [0, 0, 0, 0, 0, 0], 0),
        Cameras = pictures?.Cameras ?? [],
        ForceSensor = null,
        Action = new(ActionKind.Environment, _actions, EpisodeLayout.NumberedActionNames(_actions),
            [.. Enumerable.Repeat<double?>(-1, _actions)], [.. Enumerable.Repeat<double?>(1, _actions)], _policy.Source),
        Streams = pictures?.Streams ?? new Dictionary<string, StreamReport>(),
        Tables = new Dictionary<string, TableDescription>
        {
            ["task"] = new(_task.Columns, _task.Units, null),
            ["rewards"] = new(["reward", "terminal", "success"], ["-", "-", "-"], _task.Reward),
        },
        Tick = null,
        Software = BuildInfo.Software,
        Recovered = false,
        Quality = Quality.NotJudged,
        CaptureLog = "none",
        Planner = null, // that names plan.npz, which a simulated episode has not: simulation has the policy
        Simulation = JsonSerializer.SerializeToElement(Describe(played.Seed)),
        Statistics = new Dictionary<string, ModalityStatistics>(),
    };

    private static void Copy(ReadOnlySpan<float> from, Span<double> to)
    {
        for (int i = 0; i < from.Length; i++)
            to[i] = from[i];
    }
}
