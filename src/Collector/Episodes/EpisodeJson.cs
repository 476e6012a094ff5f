using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace RobotWorldModel.Collector.Episodes;

/// <summary>How metadata is written: snake_case names and enums, indented, nulls kept, letters beyond ASCII as they are.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true, RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    Converters = [typeof(SnakeCaseEnum<Outcome>), typeof(SnakeCaseEnum<EpisodeEnd>), typeof(SnakeCaseEnum<EpisodeClock>),
        typeof(SnakeCaseEnum<ActionKind>), typeof(SnakeCaseEnum<QualityVerdict>)])]
[JsonSerializable(typeof(EpisodeMetadata))]
[JsonSerializable(typeof(DatasetIndex))]
internal sealed partial class EpisodeJson : JsonSerializerContext
{
    private static EpisodeJson? s_readable;

    // Not made by a field's initialiser: the order of those against the generated ones is undefined.
    public static EpisodeJson Readable =>
        s_readable ??= new EpisodeJson(new JsonSerializerOptions(Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}

internal sealed class SnakeCaseEnum<T>() : JsonStringEnumConverter<T>(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false)
    where T : struct, Enum;
