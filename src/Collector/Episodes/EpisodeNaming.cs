using System.Globalization;
using System.Text.RegularExpressions;
using RobotWorldModel.Collector.Files;

namespace RobotWorldModel.Collector.Episodes;

/// <summary>
/// Numbers of episodes: one more than the highest among episodes, recordings and trash, never used twice, whoever else creates, commits or
/// discards at the same time.
/// </summary>
public static partial class EpisodeNaming
{
    /// <summary>Creates the next recording's folder (<c>demo_007.recording</c>) and returns its path.</summary>
    /// <param name="episodes">The folder of episodes; created where it is missing.</param>
    /// <param name="trash">The trash, which need not be there yet.</param>
    public static string CreateRecording(string episodes, string trash)
    {
        DurableFiles.MakeFolder(episodes);
        for (; ; )
        {
            int number = Highest(episodes, trash, except: null) + 1;
            string recording = Path.Combine(episodes, Name(number) + EpisodeLayout.RecordingSuffix);
            if (!DurableFiles.TryCreateFolder(recording))
                continue; // another was faster
            // Another may have created, committed or even discarded this number since the look above. From here on nobody else can take
            // it, so a second look decides. First the exact name: a listing may miss what is renamed while it is read.
            if (!Path.Exists(Path.Combine(episodes, Name(number))) && Highest(episodes, trash, except: recording) < number)
            {
                DurableFiles.SyncFolder(episodes);
                return recording;
            }
            Directory.Delete(recording);
        }
    }

    /// <summary>Moves an episode or a recording to the trash and returns its new path. A name that is taken there gets ~2, ~3 …</summary>
    /// <exception cref="IOException">It could not be moved: the trash must be on the same disk.</exception>
    public static string Discard(string folder, string trash)
    {
        folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        if (NumberOf(Path.GetFileName(folder)) is null)
            throw new ArgumentException($"{folder} is no episode: its name is not demo_NNN", nameof(folder));
        DurableFiles.MakeFolder(trash);
        string target = Path.Combine(trash, Path.GetFileName(folder));
        for (int copy = 2; !DurableFiles.TryRename(folder, target); copy++)
            target = Path.Combine(trash, $"{Path.GetFileName(folder)}~{copy}");
        DurableFiles.SyncFolder(trash);
        DurableFiles.SyncFolder(Path.GetDirectoryName(folder)!);
        return target;
    }

    /// <summary>demo_ and the number in at least three digits.</summary>
    public static string Name(int number) => $"demo_{number.ToString("D3", CultureInfo.InvariantCulture)}";

    /// <summary>The number of an episode's, a recording's or a discarded folder; null for any other name.</summary>
    public static int? NumberOf(string folderName) =>
        NamePattern().Match(folderName) is { Success: true } match
            ? int.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture)
            : null;

    /// <summary>Whether the name is that of a committed episode.</summary>
    public static bool IsEpisodeName(string folderName) => NumberOf(folderName) is { } number && folderName == Name(number);

    /// <summary>Whether the name is that of a recording that is not committed.</summary>
    public static bool IsRecordingName(string folderName) =>
        NumberOf(folderName) is { } number && folderName == Name(number) + EpisodeLayout.RecordingSuffix;

    // What is renamed goes from the episodes to the trash: looked at in this order, it is seen at least once.
    private static int Highest(string episodes, string trash, string? except) =>
        Math.Max(Highest(episodes, except), Directory.Exists(trash) ? Highest(trash, null) : -1);

    private static int Highest(string folder, string? except)
    {
        int highest = -1;
        foreach (string entry in Directory.EnumerateFileSystemEntries(folder))
            if (entry != except && NumberOf(Path.GetFileName(entry)) is { } number)
                highest = Math.Max(highest, number);
        return highest;
    }

    [GeneratedRegex(@"^demo_(\d{3,9})(?:\.recording)?(?:~\d+)?$", RegexOptions.CultureInvariant)]
    private static partial Regex NamePattern();
}
