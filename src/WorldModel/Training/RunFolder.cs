using System.Text.Json;
using RobotWorldModel.WorldModel.Data;

namespace RobotWorldModel.WorldModel.Training;

/// <summary>Where a run stands, kept with each checkpoint.</summary>
public sealed record RunState
{
    public required long Step { get; init; }

    public required DataPosition Position { get; init; }

    /// <summary>Least validation loss so far; null before the first.</summary>
    public required double? Best { get; init; }

    /// <summary>Range of returns that a policy's are scaled by; null where none learns, or before its first step.</summary>
    public double? ReturnRange { get; init; }

    /// <summary>Of the data that it learns from: the sequence of losses goes on only with the same.</summary>
    public required string DataDigest { get; init; }
}

/// <summary>
/// A run's files: config.json, metrics.jsonl, progress.json, events (TensorBoard), best/ and last/, each a model with its card; last/
/// also has what it takes to go on. Of a model whose loss does not rank it, best/ is the one that was validated last. A checkpoint is
/// written aside and put in place in one step, so that a kill leaves the one before or the new one.
/// </summary>
public sealed class RunFolder
{
    private const string Last = "last", Best = "best", StateFile = "run.json";

    public RunFolder(string path)
    {
        Path = System.IO.Path.GetFullPath(path);
    }

    public string Path { get; }

    public string ConfigFile => In("config.json");

    public string MetricsFile => In("metrics.jsonl");

    public string ProgressFile => In("progress.json");

    /// <summary>The checkpoint to go on from, or null.</summary>
    public string? Checkpoint =>
        new[] { In(Last), In(Last + ".before") }.FirstOrDefault(one => File.Exists(System.IO.Path.Combine(one, StateFile)));

    /// <summary>Best, else last: where a path is a run; else the path itself.</summary>
    public static string ModelOf(string path)
    {
        foreach (string name in (string[])[Best, Last, Last + ".before"])
            if (File.Exists(System.IO.Path.Combine(path, name, ModelCard.CardFile)))
                return System.IO.Path.Combine(path, name);
        return path;
    }

    public TrainConfig ReadConfig()
    {
        try
        {
            return TrainConfig.Parse(File.ReadAllText(ConfigFile));
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{ConfigFile} is no run's configuration: {e.Message}", e);
        }
    }

    public static RunState ReadState(string checkpoint) =>
        JsonSerializer.Deserialize(File.ReadAllText(System.IO.Path.Combine(checkpoint, StateFile)), TrainJson.Readable.RunState)
        ?? throw new InvalidDataException($"{checkpoint}/{StateFile} holds nothing");

    public void SaveLast(RunState state, Action<string> write) => Replace(Last, folder =>
    {
        write(folder);
        File.WriteAllText(System.IO.Path.Combine(folder, StateFile), JsonSerializer.Serialize(state, TrainJson.Readable.RunState));
    });

    /// <summary>Whoever reads it while it is written sees the one before or this one.</summary>
    public void SaveProgress(RunProgress progress)
    {
        string next = ProgressFile + ".next";
        File.WriteAllText(next, progress.ToJson());
        File.Move(next, ProgressFile, overwrite: true);
    }

    public void SaveBest(Action<string> write) => Replace(Best, write);

    private string In(string name) => System.IO.Path.Combine(Path, name);

    private void Replace(string name, Action<string> write)
    {
        string folder = In(name), next = folder + ".next", before = folder + ".before";
        Remove(next);
        Directory.CreateDirectory(next);
        write(next);
        foreach (string file in Directory.GetFiles(next))
        {
            using FileStream written = new(file, FileMode.Open, FileAccess.ReadWrite);
            written.Flush(flushToDisk: true);
        }
        Remove(before);
        if (Directory.Exists(folder))
            Directory.Move(folder, before); // from here to the next line `before` is the checkpoint
        Directory.Move(next, folder);
        Remove(before);
    }

    private static void Remove(string folder)
    {
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
    }
}
