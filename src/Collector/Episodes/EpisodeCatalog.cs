using IOPath = System.IO.Path;

namespace RobotWorldModel.Collector.Episodes;

/// <param name="Path">The episode's folder.</param>
/// <param name="RelativePath">From where was looked, with '/': demonstrations/demo_000; '.' for one episode given by itself.</param>
public sealed record EpisodeEntry(string Path, string RelativePath)
{
    public string Id => IOPath.GetFileName(Path);
}

/// <summary>Finds committed episodes. Recordings and the trash are never among them.</summary>
public static class EpisodeCatalog
{
    public const string Demonstrations = "demonstrations", Simulation = "simulation", Trash = "trash";

    /// <summary>All episodes under a data root, in a folder of episodes, or the one episode given; by path.</summary>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    public static IReadOnlyList<EpisodeEntry> Find(string path)
    {
        path = IOPath.TrimEndingDirectorySeparator(IOPath.GetFullPath(path));
        if (!Directory.Exists(path))
            throw new DirectoryNotFoundException($"{path} is not there. Give a data root, a folder of episodes, or one episode.");
        if (IsEpisode(path))
            return [new EpisodeEntry(path, ".")];
        string[] folders = [.. FoldersOf(path)];
        return [.. (folders.Length > 0 ? folders : [path]).SelectMany(Directory.EnumerateDirectories)
            .Where(d => EpisodeNaming.IsEpisodeName(IOPath.GetFileName(d)))
            .Select(d => new EpisodeEntry(d, IOPath.GetRelativePath(path, d)))
            .OrderBy(e => IOPath.GetDirectoryName(e.RelativePath), StringComparer.Ordinal)
            .ThenBy(e => EpisodeNaming.NumberOf(e.Id))];
    }

    /// <summary>Whether a folder is a data root: it has episodes in the standard's layout, or had.</summary>
    public static bool IsRoot(string path) => FoldersOf(path).Any();

    /// <summary>The folders of episodes that a data root has.</summary>
    internal static IEnumerable<string> FoldersOf(string root) =>
        new[] { Demonstrations, Simulation }.Select(f => IOPath.Combine(root, f)).Where(Directory.Exists);

    /// <summary>The data root that an episode or recording lies in by the standard's layout; null where it lies elsewhere.</summary>
    public static string? RootOf(string episode)
    {
        string? folder = IOPath.GetDirectoryName(IOPath.TrimEndingDirectorySeparator(IOPath.GetFullPath(episode)));
        return IOPath.GetFileName(folder) is Demonstrations or Simulation ? IOPath.GetDirectoryName(folder) : null;
    }

    /// <summary>Recordings that were not committed, in the same places.</summary>
    public static IReadOnlyList<string> FindRecordings(string path)
    {
        string[] folders = [.. new[] { Demonstrations, Simulation }.Select(f => IOPath.Combine(path, f)), path];
        return [.. folders.Where(Directory.Exists).SelectMany(Directory.EnumerateDirectories)
            .Where(d => EpisodeNaming.IsRecordingName(IOPath.GetFileName(d)))
            .Order(StringComparer.Ordinal)];
    }

    // A damaged episode is still one: by its name, or, copied under another name, by what only an episode has.
    private static bool IsEpisode(string folder) =>
        EpisodeNaming.IsEpisodeName(IOPath.GetFileName(folder))
        || File.Exists(IOPath.Combine(folder, EpisodeLayout.Frames))
            && !EpisodeNaming.IsRecordingName(IOPath.GetFileName(folder));
}
