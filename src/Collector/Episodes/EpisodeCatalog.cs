namespace RobotWorldModel.Collector.Episodes;

/// <param name="Path">The episode's folder.</param>
/// <param name="RelativePath">From where was looked, with '/': demonstrations/demo_000; '.' for one episode given by itself.</param>
public sealed record EpisodeEntry(string Path, string RelativePath)
{
    public string Id => System.IO.Path.GetFileName(Path);
}

/// <summary>Finds committed episodes. Recordings and the trash are never among them.</summary>
public static class EpisodeCatalog
{
    public const string Demonstrations = "demonstrations", Simulation = "simulation", Trash = "trash";

    /// <summary>All episodes under a data root, in a folder of episodes, or the one episode given; by path.</summary>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    public static IReadOnlyList<EpisodeEntry> Find(string path)
    {
        path = System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(path));
        if (!Directory.Exists(path))
            throw new DirectoryNotFoundException($"{path} is not there. Give a data root, a folder of episodes, or one episode.");
        if (IsEpisode(path))
            return [new EpisodeEntry(path, ".")];
        string[] folders = [.. new[] { Demonstrations, Simulation }.Select(f => System.IO.Path.Combine(path, f)).Where(Directory.Exists)];
        return [.. (folders.Length > 0 ? folders : [path]).SelectMany(Directory.EnumerateDirectories)
            .Where(d => EpisodeNaming.IsEpisodeName(System.IO.Path.GetFileName(d)))
            .Select(d => new EpisodeEntry(d, System.IO.Path.GetRelativePath(path, d)))
            .OrderBy(e => System.IO.Path.GetDirectoryName(e.RelativePath), StringComparer.Ordinal)
            .ThenBy(e => EpisodeNaming.NumberOf(e.Id))];
    }

    /// <summary>Recordings that were not committed, in the same places.</summary>
    public static IReadOnlyList<string> FindRecordings(string path)
    {
        string[] folders = [.. new[] { Demonstrations, Simulation }.Select(f => System.IO.Path.Combine(path, f)).Append(path).Where(Directory.Exists)];
        return [.. folders.SelectMany(Directory.EnumerateDirectories).Where(d => EpisodeNaming.IsRecordingName(System.IO.Path.GetFileName(d)))
            .Order(StringComparer.Ordinal)];
    }

    // A damaged episode is still one: by its name, or, copied under another name, by what only an episode has.
    private static bool IsEpisode(string folder) =>
        EpisodeNaming.IsEpisodeName(System.IO.Path.GetFileName(folder))
        || File.Exists(System.IO.Path.Combine(folder, EpisodeLayout.Frames)) && !EpisodeNaming.IsRecordingName(System.IO.Path.GetFileName(folder));
}
