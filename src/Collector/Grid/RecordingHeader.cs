using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using RobotWorldModel.Collector.Capture;
using RobotWorldModel.Collector.Episodes;
using RobotWorldModel.Drivers.Samples;

namespace RobotWorldModel.Collector.Grid;

/// <summary>
/// What is known when a recording starts; stands as JSON at the head of its log, so that the log alone is enough to make the episode.
/// </summary>
/// <param name="Id">demo_007</param>
/// <param name="GridOriginNs">Host monotonic time of slot 0 of the live grid; its slots are origin + k / rate.</param>
/// <param name="FirstSlot">The first slot that may become t0.</param>
/// <param name="Action">Its source is who was to move the arm.</param>
/// <param name="Streams">Every stream that the cell records, in the order of frames.csv.</param>
/// <param name="Keep">What is to stay of the log: numbers, all, none.</param>
/// <param name="Clocks">By stream: the map from its device's clock as it was at the start; null in logs of before.</param>
/// <param name="Simulation">What a simulated cell says of itself; null in a real one.</param>
/// <param name="Planner">Who plans; null where nobody does.</param>
/// <param name="Tables">task and rewards, which go with a planner.</param>
public sealed record RecordingHeader(
    string Id,
    string Task,
    double RateHz,
    long GridOriginNs,
    long FirstSlot,
    JsonElement Configuration,
    RobotDescription? Robot,
    IReadOnlyList<CameraDescription> Cameras,
    ForceSensorDescription? ForceSensor,
    ActionDescription? Action,
    IReadOnlyDictionary<string, RecordedStream> Streams,
    SoftwareVersion Software,
    string Keep,
    IReadOnlyDictionary<string, ClockMapReport>? Clocks = null,
    JsonElement? Simulation = null,
    PlannerDescription? Planner = null,
    IReadOnlyDictionary<string, TableDescription>? Tables = null)
{
    /// <summary>Names of the tables of a planner's task, without .csv.</summary>
    public const string TaskTable = "task", RewardTable = "rewards";

    public string ToJson() => JsonSerializer.Serialize(this, RecordingJson.Default.RecordingHeader);

    /// <exception cref="InvalidDataException">It is not one of this version, or is damaged.</exception>
    public static RecordingHeader Parse(string json)
    {
        var header = RecordingJson.Parse(json, RecordingJson.Default.RecordingHeader, "head");
        return header.Damage() is { } what ? throw new InvalidDataException($"the log's head is damaged: {what}") : header;
    }

    /// <summary>No checksum covers the head in its log: what rows cannot be made by is found here. Null where all is well.</summary>
    private string? Damage()
    {
        if (!(RateHz is >= 0.01 and <= 10_000))
            return $"rate_hz is {RateHz}";
        if (Keep is not ("numbers" or "all" or "none"))
            return $"keep is '{Keep}'";
        if (Action is { } action && (action.Dimension is not (6 or 7) || action.Names.Count != action.Dimension
            || action.Names.Contains(null!)))
            return $"its action has {action.Dimension} numbers and {action.Names.Count} names";
        if (Cameras.Any(c => c is null || !IsPlain(c.Name)) || Cameras.DistinctBy(c => c.Name).Count() < Cameras.Count)
            return "its cameras' names are not plain words, each once";
        if (Planner is { } planner && (planner.Shape.Damage() ?? DamageOfTables(planner.Shape)) is { } what)
            return what;
        if (Planner is null && Tables is { Count: > 0 })
            return "it has tables and no planner";
        foreach (var (name, stream) in Streams)
            if (stream is not { RateHz: > 0, LatencyMs: >= 0 and <= 60_000 } || !IsKnown(name))
                return $"its stream '{name}' is none of arm, force sensor, gripper and cameras, or has no rate";
        return null;
    }

    private string? DamageOfTables(PlanShape shape) => Tables is { Count: 2 }
        && Tables.GetValueOrDefault(TaskTable) is { } task && task.Columns.Count == shape.Observation && !task.Columns.Contains(null!)
        && Tables.GetValueOrDefault(RewardTable) is { } rewards && rewards.Columns.SequenceEqual(EpisodeLayout.RewardColumns.Skip(2))
        ? null : "its tables are not those of a planner's task";

    private bool IsKnown(string stream) =>
        stream is EpisodeLayout.RobotStream or EpisodeLayout.ForceStream or EpisodeLayout.GripperStream
        || Cameras.Any(c => stream == EpisodeLayout.RgbStream(c.Name)
            || stream == EpisodeLayout.DepthStream(c.Name) && c.DepthScale is > 0);

    /// <summary>It becomes a folder's name.</summary>
    private static bool IsPlain(string name) => name.Length > 0 && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_');
}

/// <param name="RateHz">Native.</param>
/// <param name="LatencyMs">As configured.</param>
public sealed record RecordedStream(double RateHz, double LatencyMs);

/// <summary>What is known when a recording ends; stands at the end of its log. A log that was cut off has none.</summary>
/// <param name="LastSlot">The last slot that belongs to the episode.</param>
/// <param name="Clocks">By stream: the fitted map from its device's clock.</param>
/// <param name="Lost">By stream: samples that the device made during the recording but that never arrived.</param>
/// <param name="Motion">How far behind its set-points the arm was; null where nothing had been commanded.</param>
public sealed record RecordingFooter(
    Outcome Outcome,
    EpisodeEnd End,
    string? Note,
    long LastSlot,
    IReadOnlyDictionary<string, ClockMapReport> Clocks,
    IReadOnlyDictionary<string, long> Lost,
    MotionTiming? Motion = null)
{
    public string ToJson() => JsonSerializer.Serialize(this, RecordingJson.Default.RecordingFooter);

    /// <exception cref="InvalidDataException">It is not one of this version, or is damaged.</exception>
    public static RecordingFooter Parse(string json) => RecordingJson.Parse(json, RecordingJson.Default.RecordingFooter, "end");
}

/// <summary>What the log's writer counted; of it what an episode says.</summary>
/// <param name="Refused">Ticks, commands, plans, decisions and events that found no room.</param>
internal sealed record LogCounters(IReadOnlyDictionary<string, LogCounters.Stream>? Streams = null, long Refused = 0)
{
    /// <param name="Dropped">Samples that found no room.</param>
    internal sealed record Stream(long Dropped);
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    Converters = [typeof(SnakeCaseEnum<Outcome>), typeof(SnakeCaseEnum<EpisodeEnd>), typeof(SnakeCaseEnum<ActionKind>)])]
[JsonSerializable(typeof(RecordingHeader))]
[JsonSerializable(typeof(RecordingFooter))]
[JsonSerializable(typeof(LogCounters))]
internal sealed partial class RecordingJson : JsonSerializerContext
{
    public static T Parse<T>(string json, JsonTypeInfo<T> type, string what)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(json, type) ?? throw new JsonException("it is empty");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"the log's {what} is not one that this version knows: {e.Message}", e);
        }
    }
}
