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
        string episodes = Path.Combine(dataRoot, "demonstrations");
        var found = new List<CutOffRecording>();
        if (!Directory.Exists(episodes))
            return found;
        EpisodeMark.FinishHalfDoneMarks(episodes);
        foreach (string folder in Directory.EnumerateDirectories(episodes).Order(StringComparer.Ordinal))
        {
            string name = Path.GetFileName(folder);
            if (!EpisodeNaming.IsRecordingName(name))
                continue;
            if (!File.Exists(Path.Combine(folder, CaptureLog.FileName)))
            {
                say($"{name} has no log: nothing had been recorded; it goes to the trash");
                EpisodeNaming.Discard(folder, Path.Combine(dataRoot, "trash"));
                continue;
            }
            using var writer = TakePatiently(folder, FolderLock.Writer);
            using var encoder = TakePatiently(folder, FolderLock.Encoder);
            if (writer is null || encoder is null)
                say($"{name} is being {(writer is null ? "recorded" : "encoded")} by another process; it is left alone");
            else
                found.Add(new(Path.GetFileNameWithoutExtension(name), folder));
        }
        return found;
    }

    // The encoder of a service that was killed ends with it, but not in the same moment.
    private static FolderLock? TakePatiently(string folder, string name)
    {
        long until = Environment.TickCount64 + PatienceMs;
        while (true)
        {
            if (FolderLock.TryTake(folder, name) is { } taken)
                return taken;
            if (Environment.TickCount64 > until)
                return null;
            Thread.Sleep(20);
        }
    }
}
