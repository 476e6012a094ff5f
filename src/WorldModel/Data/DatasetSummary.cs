using System.Text.Json;

namespace RobotWorldModel.WorldModel.Data;

/// <summary>What a model was trained on: for its card, and for refusing what does not fit it.</summary>
public sealed record DatasetSummary
{
    /// <summary>Of the root's folder.</summary>
    public required string Name { get; init; }

    public required int Episodes { get; init; }

    /// <summary>Episodes to train on; so the other two.</summary>
    public required int Train { get; init; }

    public required int Validation { get; init; }

    public required int Test { get; init; }

    public required long Frames { get; init; }

    public required double Hours { get; init; }

    /// <summary>Of the grid; a step is frame_skip of its slots.</summary>
    public required double RateHz { get; init; }

    /// <summary>The arm's model, UR5e …; null where no arm was there.</summary>
    public required string? Robot { get; init; }

    /// <summary>Episodes by task.</summary>
    public required IReadOnlyDictionary<string, int> Tasks { get; init; }

    /// <summary>Episodes by who moved the arm: demonstrated, scripted …</summary>
    public required IReadOnlyDictionary<string, int> ActionSources { get; init; }

    public required ActionSpace Actions { get; init; }

    public required IReadOnlyList<Modality> Modalities { get; init; }

    /// <summary>A line for each episode or recording that was left out.</summary>
    public required IReadOnlyList<string> LeftOut { get; init; }

    /// <summary>
    /// SHA-256 over names and SHA256SUMS of the episodes: the same only for the same episodes. A run that goes on with another one does
    /// not go on bit-identically.
    /// </summary>
    public required string Digest { get; init; }

    public string ToJson() => JsonSerializer.Serialize(this, DataJson.Readable.DatasetSummary);

    /// <exception cref="JsonException">It is none.</exception>
    public static DatasetSummary Parse(string json) =>
        JsonSerializer.Deserialize(json, DataJson.Readable.DatasetSummary) ?? throw new JsonException("it holds nothing");
}
