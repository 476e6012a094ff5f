using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace RobotWorldModel.WorldModel.Data;

/// <summary>As episodes' metadata is written: snake_case names, indented, letters beyond ASCII as they are.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true, RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(DatasetSummary))]
[JsonSerializable(typeof(DataNormalisation))]
internal sealed partial class DataJson : JsonSerializerContext
{
    private static DataJson? s_readable;

    public static DataJson Readable =>
        s_readable ??= new DataJson(
            new JsonSerializerOptions(Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}
