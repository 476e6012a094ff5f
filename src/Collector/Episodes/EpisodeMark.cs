using System.Text.Json;
using System.Text.Json.Nodes;
using RobotWorldModel.Collector.Files;

namespace RobotWorldModel.Collector.Episodes;

/// <summary>
/// Marks committed episodes: metadata.json and SHA256SUMS are replaced, each by a rename. Both new files are written beside the old ones
/// first, SHA256SUMS.new last, so that whoever finds it can finish. Cut off anywhere, the episode is the old or the new one.
/// </summary>
public static class EpisodeMark
{
    /// <summary>Sets what is given; null leaves it as it is.</summary>
    /// <exception cref="InvalidDataException">The metadata is damaged, or not the one that SHA256SUMS knows: marking would hide
    /// that.</exception>
    /// <exception cref="IOException">Another process marks this episode now, or the disk failed.</exception>
    public static void Mark(string episode, Outcome? outcome, string? note)
    {
        if (EpisodeNaming.IsRecordingName(Path.GetFileName(Path.TrimEndingDirectorySeparator(episode))))
            throw new InvalidDataException($"{episode} is not committed yet; mark it when it is");
        using FolderLock held = FolderLock.TryTake(episode)
            ?? throw new IOException($"{episode} is being changed by another process; try again when it is done.");
        Finish(episode);
        foreach (string step in Steps(episode, outcome, note))
            _ = step; // named for tests, which stop between any two
    }

    /// <summary>The start-up scan: finishes or takes back what a marking left half done. Returns the episodes that it changed.</summary>
    /// <param name="path">A data root, a folder of episodes, or one episode.</param>
    /// <param name="say">Takes a line for each that cannot be finished; it stays as it is.</param>
    public static IReadOnlyList<string> FinishHalfDoneMarks(string path, Action<string> say)
    {
        var finished = new List<string>();
        foreach (EpisodeEntry entry in EpisodeCatalog.Find(path))
        {
            if (!HasLeftovers(entry.Path))
                continue;
            using FolderLock? held = FolderLock.TryTake(entry.Path);
            if (held is null)
                continue; // somebody is marking it right now
            try
            {
                Finish(entry.Path);
                finished.Add(entry.Path);
            }
            catch (Exception e) when (e is InvalidDataException or IOException)
            {
                say($"{entry.Id}: a marking that was cut off cannot be finished: {e.Message}; run ./robot episodes verify {entry.Path}");
            }
        }
        return finished;
    }

    internal static IEnumerable<string> Steps(string episode, Outcome? outcome, string? note)
    {
        string metadataPath = Path.Combine(episode, EpisodeLayout.Metadata), sumsPath = Path.Combine(episode, EpisodeLayout.Sums);
        byte[] before = File.ReadAllBytes(metadataPath);
        SortedDictionary<string, string> digests = ReadSums(sumsPath);
        if (!digests.TryGetValue(EpisodeLayout.Metadata, out string? known) || known != EpisodeSums.DigestOf(before))
            throw new InvalidDataException(
                $"{metadataPath} is not the one that {EpisodeLayout.Sums} knows: run `robot episodes verify {episode}` first.");
        byte[] after = Change(before, outcome, note, metadataPath);
        digests[EpisodeLayout.Metadata] = EpisodeSums.DigestOf(after);

        DurableFiles.WriteSynced(Path.Combine(episode, EpisodeLayout.NewMetadata), after);
        yield return "metadata written beside";
        DurableFiles.Replace(Path.Combine(episode, EpisodeLayout.NewSums), EpisodeSums.Format(digests));
        DurableFiles.SyncFolder(episode);
        yield return "sums written beside";
        File.Move(Path.Combine(episode, EpisodeLayout.NewMetadata), metadataPath, overwrite: true);
        DurableFiles.SyncFolder(episode);
        yield return "metadata replaced";
        File.Move(Path.Combine(episode, EpisodeLayout.NewSums), sumsPath, overwrite: true);
        DurableFiles.SyncFolder(episode);
        yield return "sums replaced";
    }

    /// <summary>
    /// Whether SHA256SUMS.new is that of a marking under way: it differs from SHA256SUMS in metadata.json alone, and the metadata that is
    /// there now, or lies beside, is the one it knows. Returns the digest of the new metadata.
    /// </summary>
    internal static string? NewMetadataDigest(string episode, SortedDictionary<string, string> sums)
    {
        string path = Path.Combine(episode, EpisodeLayout.NewSums);
        if (!File.Exists(path))
            return null;
        bool whole = true;
        SortedDictionary<string, string> next = EpisodeSums.Parse(File.ReadAllBytes(path), (_, _) => whole = false);
        whole &= next.Count == sums.Count
            && next.All(n => n.Key == EpisodeLayout.Metadata ? sums.ContainsKey(n.Key) : sums.GetValueOrDefault(n.Key) == n.Value);
        if (!whole || !next.TryGetValue(EpisodeLayout.Metadata, out string? digest))
            return null;
        string[] candidates = [EpisodeLayout.Metadata, EpisodeLayout.NewMetadata];
        return candidates.Select(c => Path.Combine(episode, c)).Any(c => File.Exists(c) && EpisodeSums.DigestOf(c) == digest)
            ? digest
            : null;
    }

    /// <summary>Names of files that a marking may leave behind.</summary>
    internal static bool IsLeftover(string name) =>
        name is EpisodeLayout.NewSums or EpisodeLayout.NewMetadata or EpisodeLayout.NewSums + EpisodeLayout.TemporarySuffix;

    private static bool HasLeftovers(string episode) => Directory.EnumerateFiles(episode).Any(f => IsLeftover(Path.GetFileName(f)));

    private static void Finish(string episode)
    {
        if (!HasLeftovers(episode))
            return;
        string metadataPath = Path.Combine(episode, EpisodeLayout.Metadata);
        string newMetadata = Path.Combine(episode, EpisodeLayout.NewMetadata);
        string sumsPath = Path.Combine(episode, EpisodeLayout.Sums), newSums = Path.Combine(episode, EpisodeLayout.NewSums);
        if (NewMetadataDigest(episode, ReadSums(sumsPath)) is { } digest)
        {
            if (!File.Exists(metadataPath) || EpisodeSums.DigestOf(metadataPath) != digest)
                File.Move(newMetadata, metadataPath, overwrite: true);
            DurableFiles.SyncFolder(episode);
            File.Move(newSums, sumsPath, overwrite: true);
        }
        foreach (string file in Directory.EnumerateFiles(episode).Where(f => IsLeftover(Path.GetFileName(f))).ToList())
            File.Delete(file);
        DurableFiles.SyncFolder(episode);
    }

    private static SortedDictionary<string, string> ReadSums(string path) =>
        EpisodeSums.Parse(File.ReadAllBytes(path), (line, what) => throw new InvalidDataException($"{path}:{line}: {what}"));

    /// <summary>Edits the tree, not the record: fields that this version does not know stay.</summary>
    private static byte[] Change(byte[] metadata, Outcome? outcome, string? note, string path)
    {
        try
        {
            EpisodeMetadata.Parse(metadata);
            JsonNode root = JsonNode.Parse(metadata)!;
            if (outcome is { } o)
                root["outcome"] = JsonNamingPolicy.SnakeCaseLower.ConvertName(o.ToString());
            if (note is not null)
                root["note"] = note;
            string text = root.ToJsonString(new JsonSerializerOptions(EpisodeJson.Readable.Options));
            return System.Text.Encoding.UTF8.GetBytes(text + "\n");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{path}: {e.Message}", e);
        }
    }
}
