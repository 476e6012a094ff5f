using System.Text.Json;
using System.Text.Json.Serialization;
using RobotWorldModel.Collector.Episodes;

namespace RobotWorldModel.WorldModel.Data;

/// <summary>What actions are scaled by to -1 … 1.</summary>
public enum ActionRange
{
    /// <summary>The action space's bounds; by what was seen where a number has none.</summary>
    Bounds,

    /// <summary>What was seen. Where bounds are far wider, as of joint positions, a planner then samples what the model knows.</summary>
    Seen,
}

public sealed record NormalisationOptions
{
    public Scaling Vectors { get; init; } = Scaling.ZScore;

    public Scaling Pictures { get; init; } = Scaling.None;

    [JsonConverter(typeof(SnakeCaseEnum<ActionRange>))]
    public ActionRange Actions { get; init; } = ActionRange.Bounds;
}

/// <summary>Normalisation of all that a model sees, fitted on the training episodes alone and stored with the model.</summary>
/// <param name="Modalities">By name.</param>
/// <param name="Actions">Of the columns of one frame's action, to -1 … 1 (beyond, where an action was beyond its range).</param>
/// <param name="Rewards">Of none: what was seen. Null where no training episode has rewards.</param>
public sealed record DataNormalisation(
    IReadOnlyDictionary<string, Normaliser> Modalities, Normaliser Actions, Normaliser? Rewards)
{
    /// <exception cref="InvalidDataException">No training episode has any value of a modality or action.</exception>
    public static DataNormalisation Fit(Dataset data, NormalisationOptions options)
    {
        var modalities = new SortedDictionary<string, Normaliser>(StringComparer.Ordinal);
        for (int m = 0; m < data.Modalities.Count; m++)
        {
            (Modality modality, int i) = (data.Modalities[m], m);
            modalities[modality.Name] = modality.Kind switch
            {
                ModalityKind.Vector => Normaliser.For(options.Vectors, Seen(data, e => e.Vectors[i], modality.Name)),
                ModalityKind.Color => Normaliser.ForColor(options.Pictures, SeenPictures(data, modality)),
                _ => Normaliser.ForDepth(SeenPictures(data, modality)),
            };
        }
        return new(modalities, OfActions(data, options.Actions), data.In(DataPart.Train).Any(e => e.Rewards?.Known.Contains(true) == true)
            ? Normaliser.For(Scaling.None, Seen(data, e => e.Rewards, "rewards", columns: 1)) : null);
    }

    public string ToJson() => JsonSerializer.Serialize(this, DataJson.Readable.DataNormalisation);

    /// <exception cref="JsonException">It is none.</exception>
    public static DataNormalisation Parse(string json) =>
        JsonSerializer.Deserialize(json, DataJson.Readable.DataNormalisation) ?? throw new JsonException("it holds nothing");

    private static Normaliser OfActions(Dataset data, ActionRange range)
    {
        ModalityStatistics seen = Seen(data, e => e.Actions, "actions");
        double[] lower = [.. seen.Min], upper = [.. seen.Max];
        for (int i = 0; i < lower.Length && range == ActionRange.Bounds; i++)
            if (data.Actions.Lower[i] is { } least && data.Actions.Upper[i] is { } greatest)
                (lower[i], upper[i]) = (least, greatest);
        return Normaliser.MinMax(lower, upper, seen);
    }

    private static ModalityStatistics Seen(Dataset data, Func<TrainingEpisode, Track?> of, string name, int? columns = null)
    {
        TableStatistics? statistics = null;
        var row = Array.Empty<double>();
        foreach (Track track in data.In(DataPart.Train).Select(of).OfType<Track>())
        {
            if (track.Known.Length == 0)
                continue;
            statistics ??= new(columns ?? track.Size);
            Array.Resize(ref row, columns ?? track.Size);
            for (int k = 0; k < track.Known.Length; k++)
            {
                if (!track.Known[k])
                    continue;
                for (int i = 0; i < row.Length; i++)
                    row[i] = track.Row(k)[i];
                statistics.Add(row);
            }
        }
        return statistics?.Result() is { Count: > 0 } seen
            ? seen : throw new InvalidDataException($"no training episode has a value of {name}");
    }

    /// <summary>
    /// From the episodes' own metadata, where the recorder wrote it while the whole pictures passed: it need not read any, and the mean of
    /// what a smaller picture shows is the same but for what the crop leaves out.
    /// </summary>
    private static ModalityStatistics SeenPictures(Dataset data, Modality modality)
    {
        ModalityStatistics? all = null;
        foreach (TrainingEpisode episode in data.In(DataPart.Train))
            if (episode.Metadata.Statistics.GetValueOrDefault(modality.Name) is { Count: > 0 } seen
                && seen.Min.Length == modality.Columns.Count)
                all = all?.Merge(seen) ?? seen;
        return all ?? throw new InvalidDataException(
            $"no training episode's {EpisodeLayout.Metadata} has statistics of {modality.Name}, which a recording with such pictures has");
    }
}
