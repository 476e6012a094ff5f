using RobotWorldModel.Collector.Capture;
using RobotWorldModel.Collector.Episodes;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.Time;

namespace RobotWorldModel.Collector.Grid;

/// <summary>What stands at a log's end, where it was ended.</summary>
/// <param name="Footer">Null where the log was cut off.</param>
/// <param name="Counters">Null where the log was cut off.</param>
/// <param name="Damage">No checksum covers the end: what of it cannot be read; null where all can.</param>
internal sealed record LogEnding(RecordingFooter? Footer, LogCounters? Counters, string? Damage)
{
    public static LogEnding Of(CaptureReader log)
    {
        if (log.End is not { } end)
            return new(null, null, null);
        try
        {
            return new(RecordingFooter.Parse(end.Json), RecordingJson.Parse(end.Counters, RecordingJson.Default.LogCounters, "end"), null);
        }
        catch (InvalidDataException e)
        {
            return new(null, null, e.Message);
        }
    }
}

/// <summary>An episode's metadata as far as its log tells it; counts, times and statistics of the rows are the writer's.</summary>
internal sealed class EpisodeDraft(RecordingHeader header, WallClockAnchor anchor, LogEnding ending)
{
    public bool CutOff { get; init; }

    public bool NeverAllFresh { get; init; }

    /// <summary>What of the log is damaged; null where nothing is.</summary>
    public string? Damage { get; init; }

    public EpisodeMetadata Of(RowWriter rows) => new()
    {
        SchemaVersion = EpisodeMetadata.CurrentSchema,
        Id = header.Id,
        Task = header.Task,
        Outcome = ending.Footer?.Outcome ?? Outcome.Unknown,
        End = ending.Footer?.End,
        Return = rows.Return,
        Note = ending.Footer?.Note,
        Start = DateTimeOffset.UnixEpoch.AddTicks(anchor.ToUnixNs(rows.T0Ns) / 100),
        StartMonotonicNs = rows.T0Ns,
        Anchor = anchor,
        Clock = EpisodeClock.Host,
        RateHz = header.RateHz,
        Frames = rows.Frames,
        Duration = rows.Frames / header.RateHz,
        Configuration = header.Configuration,
        Robot = header.Robot,
        Cameras = header.Cameras,
        ForceSensor = header.ForceSensor,
        Action = header.Action,
        Motion = ending.Footer?.Motion,
        Streams = header.Streams.ToDictionary(s => s.Key, s => new StreamReport(
            s.Value.RateHz, s.Value.LatencyMs, ClockOf(s.Key), CountsOf(s.Key, rows.Streams.Counts[s.Key]))),
        Tables = header.Tables ?? new Dictionary<string, TableDescription>(),
        Tick = new(0, 0, 0, 0), // filled in by the writer from its rows
        Software = header.Software,
        Recovered = CutOff,
        NeverAllFresh = NeverAllFresh,
        Quality = new(QualityVerdict.NotJudged, Reasons()),
        CaptureLog = header.Keep,
        Planner = header.Planner,
        Simulation = header.Simulation,
        Statistics = new Dictionary<string, ModalityStatistics>(),
    };

    private List<string> Reasons()
    {
        var reasons = new List<string>();
        if (NeverAllFresh)
            reasons.Add("there was no slot at which every stream was fresh: t0 is the first slot recorded");
        if (ending.Counters?.Refused is > 0 and var refused)
            reasons.Add($"{refused} ticks, commands, plans or events found no room in the log's queue: their rows are skipped, or without "
                + "action or plan");
        if (Damage is not null)
            reasons.Add($"the log is damaged, and the rows end there: {Damage}");
        if (ending.Damage is not null)
            reasons.Add($"outcome, note and losses are not known: {ending.Damage}");
        return reasons;
    }

    /// <summary>As it was at the end; of a recording that was cut off, as it was at the start.</summary>
    private ClockMapReport? ClockOf(string stream) =>
        ending.Footer?.Clocks.GetValueOrDefault(stream) ?? header.Clocks?.GetValueOrDefault(stream);

    /// <summary>Dropped: what the device says was lost on the way, and what this host had no room for.</summary>
    private StreamCounts CountsOf(string stream, RecordedStreams.StreamCount count)
    {
        long lost = ending.Footer is { } footer ? footer.Lost.GetValueOrDefault(stream) : count.Lost;
        // A device's clock takes losses back that turn out to be none: those of before the recording too.
        return new(count.Received, 0, Math.Max(0, lost) + (ending.Counters?.Streams?.GetValueOrDefault(stream)?.Dropped ?? 0), 0, 0, 0);
    }
}
