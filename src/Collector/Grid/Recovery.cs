using RobotWorldModel.Collector.Capture;
using RobotWorldModel.Collector.Episodes;
using RobotWorldModel.Collector.Files;

namespace RobotWorldModel.Collector.Grid;

/// <summary>A recording that was cut off and waits to be finished.</summary>
public sealed record CutOffRecording(string Id, string Folder);

/// <summary>The start-up scan: what a crash or a power cut left under a data root.</summary>
public static class Recovery
{
    private const int PatienceMs = 3000;

    /// <summary>
    /// Finishes half-done marks and lists the recordings that nobody works on; one that somebody does is skipped with a line. Committed
    /// episodes are never touched.
    /// </summary>
    public static IReadOnlyList<CutOffRecording> Scan(string dataRoot, Action<string> say)
    {
        string episodes = Path.Combine(dataRoot, EpisodeCatalog.Demonstrations);
        var found = new List<CutOffRecording>();
        if (Directory.Exists(dataRoot))
            EpisodeMark.FinishHalfDoneMarks(dataRoot, say); // of simulated episodes too
        if (!Directory.Exists(episodes))
            return found;
        foreach (string folder in Directory.EnumerateDirectories(episodes).Order(StringComparer.Ordinal))
        {
            string name = Path.GetFileName(folder);
            if (!EpisodeNaming.IsRecordingName(name))
                continue;
            using var encoder = TakePatiently(folder);
            if (!Directory.Exists(folder))
                continue; // committed while we waited
            using var writer = encoder is null ? null : FolderLock.TryTake(folder, FolderLock.Writer);
            if (writer is null)
                say($"{name} is being {(encoder is null ? "encoded" : "recorded")} by another process; it is left alone");
            else if (File.Exists(Path.Combine(folder, CaptureLog.FileName)) || File.Exists(Path.Combine(folder, EpisodeLayout.Metadata)))
                found.Add(new(Path.GetFileNameWithoutExtension(name), folder));
            else
                Discard(folder, dataRoot, say);
        }
        return found;
    }

    private static void Discard(string folder, string dataRoot, Action<string> say)
    {
        say($"{Path.GetFileName(folder)} has no log: nothing had been recorded; it goes to the trash");
        EpisodeNaming.Discard(folder, Path.Combine(dataRoot, EpisodeCatalog.Trash));
    }

    // The encoder of a service that was killed ends with it, but not in the same moment. It may commit in that time.
    private static FolderLock? TakePatiently(string folder)
    {
        long until = Environment.TickCount64 + PatienceMs;
        while (Directory.Exists(folder) && Environment.TickCount64 < until)
        {
            try
            {
                if (FolderLock.TryTake(folder) is { } taken)
                    return taken;
            }
            catch (IOException) when (!Directory.Exists(folder))
            {
                return null; // it did
            }
            Thread.Sleep(20);
        }
        return null;
    }
}
