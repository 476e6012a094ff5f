using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using RobotWorldModel.WorldModel.Metrics;

namespace RobotWorldModel.WorldModel.Evaluation;

/// <summary>Which model, on which data: what all numbers of an evaluation are about.</summary>
public sealed record EvaluationSubject
{
    /// <summary>Preset that the model began as.</summary>
    public required string Model { get; init; }

    /// <summary>Steps that it learned.</summary>
    public required long Step { get; init; }

    /// <summary>Of its weights' file, lower-case hex.</summary>
    public required string Sha256 { get; init; }

    /// <summary>Name of the dataset's folder.</summary>
    public required string Data { get; init; }

    /// <summary>Digest of its episodes.</summary>
    public required string DataDigest { get; init; }

    /// <summary>Whether these are the very episodes that the model's run had, and the part is its own.</summary>
    public required bool OwnData { get; init; }

    /// <summary>train, validation, test or all.</summary>
    public required string Part { get; init; }

    /// <summary>Episodes of which windows were looked at.</summary>
    public required int Episodes { get; init; }

    /// <summary>Windows that were looked at.</summary>
    public required int Windows { get; init; }

    /// <summary>Windows that there are.</summary>
    public required int WindowsThere { get; init; }

    /// <summary>Steps that the model was shown of each window, T.</summary>
    public required int Context { get; init; }

    /// <summary>Steps after them that it imagined, H.</summary>
    public required int Horizon { get; init; }

    /// <summary>Of one step, s.</summary>
    public required double StepSeconds { get; init; }
}

/// <summary>Errors of some numbers of a modality that have one unit.</summary>
/// <param name="Rows">A step each, of those that some window had an observation at; so all rows here.</param>
public sealed record UnitErrors(string Unit, IReadOnlyList<string> Columns, IReadOnlyList<OpenLoopRow> Rows);

/// <summary>
/// How alike imagined and real pictures are, held within 0 … 1 (depth: as a share of the farthest point seen in training); PSNR in dB
/// with MAX = 1.
/// </summary>
public sealed record PictureRow(int Step, long Windows, double Psnr, double PsnrRepeatLast, double Ssim, double SsimRepeatLast);

/// <summary>
/// Mean of ‖(x̂[t+1] − x̂[t]) − (x[t+1] − x[t])‖ over imagined steps: of vectors normalised, of pictures 0 … 1. Repeating the last
/// frame gives how much really moves.
/// </summary>
/// <param name="Windows">Of which every imagined step was observed.</param>
public sealed record TemporalConsistency(long Windows, double Model, double RepeatLast);

public sealed record ModalityResult
{
    public required string Name { get; init; }

    /// <summary>vector, color or depth.</summary>
    public required string Kind { get; init; }

    /// <summary>Windows left out because one of the last two steps seen had no value to go on from.</summary>
    public required long LeftOut { get; init; }

    /// <summary>All its numbers together, as the model sees them.</summary>
    public required IReadOnlyList<OpenLoopRow> Normalised { get; init; }

    /// <summary>In its own units, apart where they differ; pictures 0 … 1, depth in m.</summary>
    public required IReadOnlyList<UnitErrors> Units { get; init; }

    /// <summary>Empty for vectors.</summary>
    public required IReadOnlyList<PictureRow> Pictures { get; init; }

    /// <summary>Null where no window was observed all the way.</summary>
    public required TemporalConsistency? Temporal { get; init; }
}

/// <param name="Rows">Errors of the reward received on entering each imagined step, in the task's unit.</param>
/// <param name="Calibration">Over all imagined steps.</param>
public sealed record RewardResult(IReadOnlyList<OpenLoopRow> Rows, RewardCalibration Calibration);

/// <summary>Nats, means over windows.</summary>
/// <param name="OneStep">KL(posterior ‖ prior) at each step of a window when all before was seen, [T + H].</param>
/// <param name="Imagined">KL(posterior ‖ prior) at each imagined step, the prior imagined all the way, [H].</param>
public sealed record KlResult(IReadOnlyList<double> OneStep, IReadOnlyList<double> Imagined);

/// <param name="True">RMSE, normalised (of the reward in its unit), with the actions that were taken.</param>
/// <param name="Other">With those of another window.</param>
public sealed record DependenceRow(int Step, double True, double Other);

/// <summary>How much what is predicted of one thing depends on the actions.</summary>
/// <param name="Name">Modality, or reward.</param>
/// <param name="Ratio">RMSE over all steps with another window's actions to that with the true ones; null where that is 0.</param>
/// <param name="Apart">Root mean square of what both predictions differ by: 0 where actions change nothing.</param>
public sealed record Dependence(string Name, double? Ratio, double Apart, IReadOnlyList<DependenceRow> Rows);

/// <param name="ActionsApart">Root mean square of what both windows' actions differ by, of -1 … 1.</param>
public sealed record ActionDependence(double ActionsApart, IReadOnlyList<Dependence> Predictions);

/// <summary>All numbers of an evaluation: evaluation.json.</summary>
public sealed record EvaluationResult
{
    /// <summary>Steps after the last one seen that tables show.</summary>
    public static IReadOnlyList<int> TableSteps { get; } = [1, 4, 8, 16];

    /// <summary>Form of this file.</summary>
    public int Format { get; init; } = 1;

    public required EvaluationSubject Subject { get; init; }

    public required IReadOnlyList<ModalityResult> Modalities { get; init; }

    /// <summary>Null where the episodes have no rewards.</summary>
    public required RewardResult? Reward { get; init; }

    public required KlResult Kl { get; init; }

    /// <summary>Null where there was no other window to take actions from, or their actions are all alike.</summary>
    public required ActionDependence? Actions { get; init; }

    /// <summary>A line for each thing that a person should know before using the model.</summary>
    public required IReadOnlyList<string> Warnings { get; init; }

    public string ToJson() => JsonSerializer.Serialize(this, EvaluationJson.Readable.EvaluationResult);

    /// <exception cref="JsonException">It is none.</exception>
    public static EvaluationResult Parse(string json) =>
        JsonSerializer.Deserialize(json, EvaluationJson.Readable.EvaluationResult) ?? throw new JsonException("it holds nothing");
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(EvaluationResult))]
internal sealed partial class EvaluationJson : JsonSerializerContext
{
    private static EvaluationJson? s_readable;

    public static EvaluationJson Readable => s_readable ??= new EvaluationJson(
        new JsonSerializerOptions(Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}
