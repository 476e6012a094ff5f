using RobotWorldModel.Collector.Files;

namespace RobotWorldModel.Collector.Episodes;

/// <summary>
/// Turns a finished recording into an episode: SHA256SUMS last, everything to the disk, then the rename that is the commit. Each step may
/// be cut off at any moment and the whole run again.
/// </summary>
public static class EpisodeCommit
{
    /// <summary>Commits <c>demo_007.recording</c>, whose metadata.json is written, and returns the path of <c>demo_007</c>.</summary>
    /// <param name="knownDigests">SHA-256, in lower-case hex, of files just written, by relative name: those are not read again.</param>
    /// <exception cref="InvalidDataException">The folder has no valid metadata of its own.</exception>
    /// <exception cref="IOException">The disk failed or is full, or there is an episode of that name: nothing is lost or
    /// replaced.</exception>
    public static string Commit(string recording, IReadOnlyDictionary<string, string>? knownDigests = null)
    {
        foreach (string step in Steps(recording, knownDigests))
            _ = step; // each is named for tests, which stop between any two
        return EpisodeOf(recording);
    }

    internal static IEnumerable<string> Steps(string recording, IReadOnlyDictionary<string, string>? knownDigests)
    {
        string episode = EpisodeOf(recording), parent = Path.GetDirectoryName(episode)!;
        if (!Directory.Exists(recording) && Directory.Exists(episode))
        {
            DurableFiles.SyncFolder(parent); // cut off between the rename and its sync
            yield return "committed before";
            yield break;
        }
        RemoveTemporaries(recording);
        CheckMetadata(recording, Path.GetFileName(episode));
        yield return "checked";

        byte[] sums = MakeSums(recording, knownDigests);
        DurableFiles.WriteSynced(Path.Combine(recording, EpisodeLayout.Sums + EpisodeLayout.TemporarySuffix), sums);
        yield return "sums written beside";
        DurableFiles.Replace(Path.Combine(recording, EpisodeLayout.Sums), sums);
        yield return "sums written";

        DurableFiles.SyncFileSystem(recording);
        foreach (string folder in Directory.EnumerateDirectories(recording, "*", SearchOption.AllDirectories).Append(recording))
            DurableFiles.SyncFolder(folder);
        yield return "synced";

        if (!DurableFiles.TryRename(recording, episode))
            throw new IOException(
                $"{episode} exists already: {recording} stays as it is. Move one of them away, then run `robot episodes recover`.");
        yield return "renamed";
        DurableFiles.SyncFolder(parent);
        yield return "committed";
    }

    /// <summary>demo_007 of demo_007.recording.</summary>
    internal static string EpisodeOf(string recording)
    {
        string path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(recording));
        return path.EndsWith(EpisodeLayout.RecordingSuffix, StringComparison.Ordinal)
            ? path[..^EpisodeLayout.RecordingSuffix.Length]
            : throw new ArgumentException(
                $"{recording} is no recording: its name does not end in {EpisodeLayout.RecordingSuffix}", nameof(recording));
    }

    private static void RemoveTemporaries(string recording)
    {
        foreach (string file in Directory.EnumerateFiles(recording, "*" + EpisodeLayout.TemporarySuffix, SearchOption.AllDirectories))
            File.Delete(file);
    }

    private static void CheckMetadata(string recording, string id)
    {
        EpisodeMetadata metadata = EpisodeMetadata.Read(recording);
        if (metadata.Id != id)
            throw new InvalidDataException($"{recording}/{EpisodeLayout.Metadata} is that of '{metadata.Id}'");
    }

    private static byte[] MakeSums(string recording, IReadOnlyDictionary<string, string>? known)
    {
        var digests = new Dictionary<string, string>();
        foreach (string name in EpisodeSums.Files(recording))
        {
            if (name == EpisodeLayout.Sums + EpisodeLayout.TemporarySuffix)
                continue;
            digests[name] = known?.GetValueOrDefault(name) ?? EpisodeSums.DigestOf(Path.Combine(recording, name));
        }
        return EpisodeSums.Format(digests);
    }
}
