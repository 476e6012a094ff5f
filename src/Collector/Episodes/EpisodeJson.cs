using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace RobotWorldModel.Collector.Episodes;

/// <summary>How metadata is written: snake_case names and enums, indented, nulls kept, letters beyond ASCII as they are.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true, RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    Converters = [typeof(SnakeCaseEnum<Outcome>), typeof(SnakeCaseEnum<EpisodeEnd>), typeof(SnakeCaseEnum<EpisodeClock>),
        typeof(SnakeCaseEnum<ActionKind>), typeof(VerdictWords)])]
[JsonSerializable(typeof(EpisodeMetadata))]
[JsonSerializable(typeof(DatasetIndex))]
internal sealed partial class EpisodeJson : JsonSerializerContext
{
    private static EpisodeJson? s_readable;

    // Not made by a field's initialiser: the order of those against the generated ones is undefined.
    public static EpisodeJson Readable =>
        s_readable ??= new EpisodeJson(
            new JsonSerializerOptions(Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}

/// <summary>Enums in the format's words: joint_position.</summary>
public sealed class SnakeCaseEnum<T>() : JsonStringEnumConverter<T>(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false)
    where T : struct, Enum;

/// <summary>A verdict in the format's words, "not judged". Files of before have '_' between them, and read as well.</summary>
internal sealed class VerdictWords : JsonConverter<QualityVerdict>
{
    private static readonly QualityVerdict[] s_verdicts = Enum.GetValues<QualityVerdict>();

    public override QualityVerdict Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options)
    {
        string? words = reader.TokenType == JsonTokenType.String ? reader.GetString()?.Replace('_', ' ') : null;
        int known = Array.FindIndex(s_verdicts, v => Words(v) == words);
        return known >= 0 ? s_verdicts[known] : throw new JsonException("it is no verdict: not judged, good or poor");
    }

    public override void Write(Utf8JsonWriter writer, QualityVerdict value, JsonSerializerOptions options) =>
        writer.WriteStringValue(Words(value));

    private static string Words(QualityVerdict verdict) =>
        JsonNamingPolicy.SnakeCaseLower.ConvertName(verdict.ToString()).Replace('_', ' ');
}
