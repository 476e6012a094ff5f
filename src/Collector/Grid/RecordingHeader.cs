using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
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
    string Keep)
{
    public string ToJson() => JsonSerializer.Serialize(this, RecordingJson.Default.RecordingHeader);

    /// <exception cref="JsonException">Not a header of this program.</exception>
    /// <exception cref="InvalidDataException">It is not one of this version.</exception>
    public static RecordingHeader Parse(string json) => RecordingJson.Parse(json, RecordingJson.Default.RecordingHeader, "head");
}

/// <param name="RateHz">Native.</param>
/// <param name="LatencyMs">As configured.</param>
public sealed record RecordedStream(double RateHz, double LatencyMs);

/// <summary>What is known when a recording ends; stands at the end of its log. A log that was cut off has none.</summary>
/// <param name="LastSlot">The last slot that belongs to the episode.</param>
/// <param name="Clocks">By stream: the fitted map from its device's clock.</param>
/// <param name="Lost">By stream: samples that the device made during the recording but that never arrived.</param>
public sealed record RecordingFooter(
    Outcome Outcome,
    EpisodeEnd End,
    string? Note,
    long LastSlot,
    IReadOnlyDictionary<string, ClockMapReport> Clocks,
    IReadOnlyDictionary<string, long> Lost)
{
    public string ToJson() => JsonSerializer.Serialize(this, RecordingJson.Default.RecordingFooter);

    /// <exception cref="JsonException">Not a footer of this program.</exception>
    /// <exception cref="InvalidDataException">It is not one of this version.</exception>
    public static RecordingFooter Parse(string json) => RecordingJson.Parse(json, RecordingJson.Default.RecordingFooter, "end");
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    Converters = [typeof(SnakeCaseEnum<Outcome>), typeof(SnakeCaseEnum<EpisodeEnd>), typeof(SnakeCaseEnum<ActionKind>)])]
[JsonSerializable(typeof(RecordingHeader))]
[JsonSerializable(typeof(RecordingFooter))]
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
