using System.Text.Json;
using RobotWorldModel.Collector.Files;

namespace RobotWorldModel.Collector.Episodes;

/// <summary>
/// metadata.json of a dataset: derived, and rebuilt from the episodes at any time. Only the name and the split are kept from before.
/// </summary>
public sealed record DatasetIndex
{
    public const int CurrentSchema = 1;

    public required int SchemaVersion { get; init; }

    public required string Name { get; init; }

    public required IReadOnlyList<IndexedEpisode> Episodes { get; init; }

    public required DatasetTotals Totals { get; init; }

    /// <summary>By name: joints, force, actions, wrist_rgb …</summary>
    public required IReadOnlyDictionary<string, DatasetModality> Modalities { get; init; }

    /// <summary>Null where none was made.</summary>
    public required DatasetSplit? Split { get; init; }

    /// <summary>Episodes that could not be read, by path, with the reason.</summary>
    public required IReadOnlyDictionary<string, string> Unreadable { get; init; }

    /// <summary>Goes through the episodes under a data root.</summary>
    public static DatasetIndex Rebuild(string root)
    {
        root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(root));
        DatasetIndex? before = TryRead(root);
        var episodes = new List<IndexedEpisode>();
        var unreadable = new SortedDictionary<string, string>(StringComparer.Ordinal);
        var modalities = new SortedDictionary<string, DatasetModality>(StringComparer.Ordinal);
        var totals = new DatasetTotals(0, 0, 0, 0, 0, 0);
        foreach (EpisodeEntry entry in EpisodeCatalog.Find(root))
        {
            try
            {
                EpisodeMetadata m = EpisodeMetadata.Read(entry.Path);
                string digest = EpisodeSums.DigestOf(Path.Combine(entry.Path, EpisodeLayout.Sums));
                episodes.Add(new IndexedEpisode(entry.RelativePath, m.Id, m.Task, m.Frames, m.Outcome, m.Quality.Verdict, digest));
                totals = totals.Add(m);
                AddModalities(modalities, m);
            }
            catch (Exception e) when (e is InvalidDataException or IOException)
            {
                unreadable[entry.RelativePath] = e.Message;
            }
        }
        return new DatasetIndex
        {
            SchemaVersion = CurrentSchema,
            Name = before?.Name ?? Path.GetFileName(root),
            Episodes = episodes,
            Totals = totals,
            Modalities = modalities,
            Split = before?.Split?.Keep([.. episodes.Select(e => e.Path), .. unreadable.Keys]),
            Unreadable = unreadable,
        };
    }

    /// <summary>Rebuilds and writes it, whole before it replaces what was there; after another process that is at it.</summary>
    /// <exception cref="IOException">
    /// The disk is full or failed, there is no such folder, or it is an episode's, whose metadata.json is another.
    /// </exception>
    public static DatasetIndex Refresh(string root)
    {
        string[] ofEpisodes = [EpisodeLayout.Frames, EpisodeLayout.Sums, EpisodeLayout.CaptureLog];
        if (EpisodeNaming.NumberOf(Path.GetFileName(Path.TrimEndingDirectorySeparator(root))) is not null
            || ofEpisodes.Any(f => File.Exists(Path.Combine(root, f))))
            throw new IOException($"{root} is an episode; an index belongs to the folder of a whole dataset");
        using var alone = FolderLock.Take(root);
        DatasetIndex index = Rebuild(root);
        index.Write(root);
        return index;
    }

    /// <summary>
    /// Whether episodes have come, gone or been marked since it was written, by the folders' times: of thousands none is opened.
    /// </summary>
    public static bool IsBehind(string root)
    {
        DateTime written = File.GetLastWriteTimeUtc(Path.Combine(root, EpisodeLayout.Metadata)); // long ago where there is none
        return EpisodeCatalog.FoldersOf(root).Select(f => new DirectoryInfo(f)).Any(folder => folder.LastWriteTimeUtc > written
            || folder.EnumerateDirectories().Any(e => EpisodeNaming.IsEpisodeName(e.Name) && e.LastWriteTimeUtc > written));
    }

    /// <summary>After a change to an episode: refreshes the index of the dataset that it lies in, as <see cref="RefreshOf"/>.</summary>
    /// <param name="episode">An episode's folder, which may be gone; one that lies in no dataset is no error.</param>
    public static void RefreshAfter(string episode, Action<string> say)
    {
        if (EpisodeCatalog.RootOf(episode) is { } root)
            RefreshOf(root, say);
    }

    /// <summary>
    /// Refreshes a dataset's index after something else was done. The index is derived, so where that fails a line says so, and nothing
    /// else fails.
    /// </summary>
    public static void RefreshOf(string root, Action<string> say)
    {
        try
        {
            Refresh(root);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            say($"{root}/{EpisodeLayout.Metadata}: {e.Message}; './robot episodes index {root}' writes it anew");
        }
    }

    public void Write(string root)
    {
        DurableFiles.Replace(Path.Combine(root, EpisodeLayout.Metadata),
            [.. JsonSerializer.SerializeToUtf8Bytes(this, EpisodeJson.Readable.DatasetIndex), (byte)'\n']);
        DurableFiles.SyncFolder(root);
    }

    /// <summary>What was written last; null where there is nothing, or nothing that can be read (it is derived: rebuild it).</summary>
    public static DatasetIndex? TryRead(string root)
    {
        string path = Path.Combine(root, EpisodeLayout.Metadata);
        if (!File.Exists(path))
            return null;
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), EpisodeJson.Readable.DatasetIndex);
        }
        catch (JsonException)
        {
            File.Move(path, path + ".unreadable", overwrite: true); // its name and split may be worth a person's look
            return null;
        }
    }

    /// <summary>A dataset's split; null where none was made, or there is no index that can be read. Changes nothing.</summary>
    public static DatasetSplit? SplitOf(string root)
    {
        try
        {
            return JsonSerializer.Deserialize(
                File.ReadAllBytes(Path.Combine(root, EpisodeLayout.Metadata)), EpisodeJson.Readable.DatasetIndex)?.Split;
        }
        catch (Exception e) when (e is JsonException or FileNotFoundException)
        {
            return null; // it is derived, and whoever writes it anew says what was wrong
        }
    }

    private static void AddModalities(SortedDictionary<string, DatasetModality> modalities, EpisodeMetadata m)
    {
        foreach ((string file, IReadOnlyList<string> columns) in EpisodeShape.Of(m).AllTables())
        {
            string name = Path.GetFileNameWithoutExtension(file);
            Add(name, new DatasetModality("float64", [columns.Count - 2], [.. columns.Skip(2)], m.Statistics.GetValueOrDefault(name)));
        }
        foreach (CameraDescription camera in m.Cameras)
        {
            string color = EpisodeLayout.RgbStream(camera.Name), depth = EpisodeLayout.DepthStream(camera.Name);
            if (m.Streams.ContainsKey(color) && camera.Color is { } c)
                Add(color, new DatasetModality(
                    "uint8", [c.Height, c.Width, 3], ["red", "green", "blue"], m.Statistics.GetValueOrDefault(color)));
            if (m.Streams.ContainsKey(depth) && camera.Depth is { } d)
                Add(depth, new DatasetModality("uint16", [d.Height, d.Width], ["depth"], m.Statistics.GetValueOrDefault(depth)));
        }

        void Add(string name, DatasetModality modality) =>
            modalities[name] = modalities.TryGetValue(name, out DatasetModality? known) ? known.Merge(modality) : modality;
    }
}

/// <param name="Path">Relative to the dataset's root.</param>
/// <param name="Digest">SHA-256 of its SHA256SUMS.</param>
public sealed record IndexedEpisode(
    string Path, string Id, string Task, int Frames, Outcome Outcome, QualityVerdict Quality, string Digest);

/// <param name="Duration">s.</param>
public sealed record DatasetTotals(int Episodes, long Frames, double Duration, int Success, int Failure, int Unknown)
{
    internal DatasetTotals Add(EpisodeMetadata m) => new(
        Episodes + 1, Frames + m.Frames, Duration + m.Duration, Success + (m.Outcome == Outcome.Success ? 1 : 0),
        Failure + (m.Outcome == Outcome.Failure ? 1 : 0), Unknown + (m.Outcome == Outcome.Unknown ? 1 : 0));
}

/// <summary>One row's or frame's type and shape, and statistics over all episodes.</summary>
/// <param name="Shape">Null where episodes differ.</param>
/// <param name="Columns">Or channels. Null where episodes differ.</param>
/// <param name="Statistics">Colour 0-255, depth in m; null where episodes differ in columns or in those that have values, or one has
/// none.</param>
public sealed record DatasetModality(string Type, int[]? Shape, string[]? Columns, ModalityStatistics? Statistics)
{
    internal DatasetModality Merge(DatasetModality other)
    {
        bool sameShape = Shape is not null && other.Shape is not null && Shape.SequenceEqual(other.Shape);
        bool sameColumns = Columns is not null && other.Columns is not null && Columns.SequenceEqual(other.Columns);
        return this with
        {
            Shape = sameShape ? Shape : null,
            Columns = sameColumns ? Columns : null,
            Statistics = sameColumns && Statistics is not null && other.Statistics is not null && Statistics.IsLike(other.Statistics)
                ? Statistics.Merge(other.Statistics) : null,
        };
    }
}

/// <summary>Paths of episodes.</summary>
public sealed record DatasetSplit(IReadOnlyList<string> Train, IReadOnlyList<string> Val, IReadOnlyList<string> Test)
{
    internal DatasetSplit Keep(HashSet<string> paths) =>
        new([.. Train.Where(paths.Contains)], [.. Val.Where(paths.Contains)], [.. Test.Where(paths.Contains)]);
}
