using System.Security.Cryptography;
using System.Text.Json;
using RobotWorldModel.WorldModel.Data;
using RobotWorldModel.WorldModel.Rssm;
using static TorchSharp.torch;

namespace RobotWorldModel.WorldModel.Training;

/// <summary>How well a model does on episodes that it did not learn from.</summary>
public sealed record ValidationResult
{
    /// <summary>The training loss without annealing.</summary>
    public required double Loss { get; init; }

    /// <summary>Each part of it.</summary>
    public required IReadOnlyDictionary<string, double> Parts { get; init; }

    /// <summary>
    /// Root mean square of what was expected less what was seen one step later, over all normalised vectors that an RSSM's prior expects,
    /// or over the latent state of a TD-MPC2, which expects no observations: the value under which 50, 90, 99 and 99.9 % of steps lie, and
    /// the largest. Live control holds where its own goes above.
    /// </summary>
    public required IReadOnlyDictionary<string, double> OneStepError { get; init; }
}

/// <summary>What a model is: the JSON beside its weights.</summary>
public sealed record ModelCard
{
    public const string WeightsFile = "model.dat";
    public const string CardFile = "model.json";

    /// <summary>Form of this file.</summary>
    public int Format { get; init; } = 1;

    public required TrainConfig Config { get; init; }

    public required ModelShape Shape { get; init; }

    public required DataNormalisation Normalisation { get; init; }

    /// <summary>What it learned from: robot, rate, action space, modalities, episodes.</summary>
    public required DatasetSummary Data { get; init; }

    /// <summary>Steps learned.</summary>
    public required long Step { get; init; }

    /// <summary>Null where there was no validation part.</summary>
    public required ValidationResult? Validation { get; init; }

    /// <summary>Of the weights' file, lower-case hex.</summary>
    public required string Sha256 { get; init; }

    /// <summary>When it was saved, UTC.</summary>
    public required DateTime Saved { get; init; }

    /// <summary>Numbers that it learned.</summary>
    public required long Parameters { get; init; }

    /// <summary>Writes both files.</summary>
    public static void Save(string folder, nn.Module model, Func<string, ModelCard> card)
    {
        string weights = Path.Combine(folder, WeightsFile);
        model.save(weights);
        File.WriteAllText(Path.Combine(folder, CardFile), JsonSerializer.Serialize(card(Checksum(weights)), TrainJson.Readable.ModelCard));
    }

    /// <summary>Reads the card of a model's folder, of a run (its best model) or of a checkpoint.</summary>
    /// <exception cref="InvalidDataException">There is none, it is damaged, or the weights are not those that it was written
    /// for.</exception>
    public static (ModelCard Card, string Weights) Open(string path)
    {
        string folder = RunFolder.ModelOf(path);
        string file = Path.Combine(folder, CardFile), weights = Path.Combine(folder, WeightsFile);
        if (!File.Exists(file) || !File.Exists(weights))
            throw new InvalidDataException($"{path} has no model: {CardFile} and {WeightsFile} belong there. './robot train' makes one.");
        ModelCard card;
        try
        {
            card = JsonSerializer.Deserialize(File.ReadAllText(file), TrainJson.Readable.ModelCard)
                ?? throw new JsonException("it holds nothing");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{file} is no model's card: {e.Message}", e);
        }
        if (Checksum(weights) is var sum && sum != card.Sha256)
            throw new InvalidDataException($"{weights} is not the file that {file} was written for "
                + $"(SHA-256 {sum[..12]}…, not {card.Sha256[..12]}…): copy both again");
        return (card, weights);
    }

    internal static string Checksum(string file)
    {
        using FileStream stream = File.OpenRead(file);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }
}
