using System.CommandLine;
using RobotWorldModel.Collector.Episodes;
using RobotWorldModel.Collector.Files;
using RobotWorldModel.Collector.Grid;
using RobotWorldModel.Drivers.Time;
using RobotWorldModel.Runtime.Core;
using RobotWorldModel.Runtime.Processes;
using RobotWorldModel.Runtime.Protocol;
using Spectre.Console;

namespace RobotWorldModel.Runtime.Commands;

/// <summary>robot episodes: what lies on the disk. PATH is a dataset's root, a folder of episodes, or one episode.</summary>
internal static class EpisodesCommand
{
    public static Command Create() => new("episodes", "Lists, shows, verifies, recovers, marks, indexes and aligns recorded episodes.")
    {
        List(), Show(), Verify(), Recover(), Mark(), Index(), AlignCommand.Create(PathArgument(), Find),
    };

    private static Argument<string> PathArgument() => new("PATH")
    {
        Description = "A dataset's root, a folder of episodes, or one episode",
        DefaultValueFactory = _ => "data",
    };

    private static Command List()
    {
        var path = PathArgument();
        var command = new Command("list", "One line an episode.") { path };
        command.SetAction(parsed =>
        {
            var table = new Table().Border(TableBorder.Simple)
                .AddColumns("episode", "task", "frames", "seconds", "outcome", "dropped", "started (UTC)");
            var damaged = new List<string>();
            foreach (string folder in Find(parsed.GetValue(path)!))
            {
                try
                {
                    AddRow(table, EpisodeMetadata.Read(folder));
                }
                catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException)
                {
                    damaged.Add(e.Message);
                }
            }
            AnsiConsole.Write(table);
            damaged.ForEach(line => Console.Error.WriteLine($"robot: {line}"));
            return damaged.Count == 0 ? ExitCode.Done : ExitCode.FaultsFound;
        });
        return command;
    }

    private static void AddRow(Table table, EpisodeMetadata m) => table.AddRow(
        Markup.Escape(m.Id), Markup.Escape(m.Task), $"{m.Frames}", $"{m.Duration:0.0}",
        m.Outcome.ToString().ToLowerInvariant() + (m.Recovered ? " (recovered)" : ""),
        $"{m.Streams.Values.Sum(s => s.Counts.Dropped)}", $"{m.Start:yyyy-MM-dd HH:mm:ss}");

    private static Command Show()
    {
        var path = PathArgument();
        var command = new Command("show", "All that an episode's metadata says.") { path };
        command.SetAction(parsed =>
        {
            int damaged = 0;
            foreach (string folder in Find(parsed.GetValue(path)!))
                damaged += TryShow(folder) ? 0 : 1;
            return damaged == 0 ? ExitCode.Done : ExitCode.FaultsFound;
        });
        return command;
    }

    /// <summary>False, and a line, where it is damaged; what there is of it is shown all the same.</summary>
    private static bool TryShow(string folder)
    {
        try
        {
            Console.WriteLine(File.ReadAllText(Path.Combine(folder, EpisodeLayout.Metadata)).TrimEnd());
            EpisodeMetadata.Read(folder);
            return true;
        }
        catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine($"robot: {Damaged(folder, e)}");
            return false;
        }
    }

    private static string Damaged(string folder, Exception e) =>
        $"{folder}: {e.Message.TrimEnd('.')}; './robot episodes verify {folder}' says all that is wrong with it";

    private static Command Verify()
    {
        var path = PathArgument();
        var command = new Command(
            "verify", "Checks every byte and every row; names what is wrong with file and row. Exit code 1 when something is.") { path };
        command.SetAction((parsed, cancel) => Task.Run(() =>
        {
            int faulty = 0, count = 0;
            foreach (string folder in Find(parsed.GetValue(path)!))
            {
                cancel.ThrowIfCancellationRequested();
                var findings = EpisodeVerifier.Verify(folder, LogReference.For(folder));
                foreach (var finding in findings)
                    Console.WriteLine($"{folder}/{finding}");
                if (findings.Count == 0)
                    Console.WriteLine($"{folder}: ok");
                else
                    faulty++;
                count++;
            }
            Console.WriteLine(faulty == 0 ? $"{count} episodes, all good" : $"{count} episodes, {faulty} with faults");
            return faulty == 0 ? ExitCode.Done : ExitCode.FaultsFound;
        }, cancel));
        return command;
    }

    private static Command Recover()
    {
        var path = new Argument<string>("PATH") { Description = "A dataset's root", DefaultValueFactory = _ => "data" };
        var command = new Command(
            "recover", "Finishes recordings that a crash or a power cut left; committed episodes are never touched.") { path };
        command.SetAction((parsed, cancel) => Task.Run(() =>
        {
            string root = Path.GetFullPath(parsed.GetValue(path)!);
            if (!Directory.Exists(root))
                throw new RobotException(ExitCode.Usage, $"{root}: there is no such folder");
            using var claim = Claim.Take(Path.Combine(root, ".robot.lock"), $"data root {root}");
            var found = Recovery.Scan(root, line => Console.Error.WriteLine($"robot: {line}"));
            int[] codes = [.. found.Select(recording => TryRecover(recording, cancel))];
            if (EpisodeCatalog.IsRoot(root))
                DatasetIndex.RefreshOf(root, Console.Error.WriteLine); // marks may have been finished, or an entry be missing
            Console.WriteLine($"{codes.Count(code => code == ExitCode.Done)} of {found.Count} recordings recovered");
            return codes.DefaultIfEmpty(ExitCode.Done).Max(); // a disk's fault is more than a damaged log
        }, cancel));
        return command;
    }

    /// <summary>The exit code, and a line where it cannot be: the others are not kept waiting for it.</summary>
    private static int TryRecover(CutOffRecording recording, CancellationToken cancel)
    {
        try
        {
            using var encoder = new EpisodeEncoder(recording.Folder, _ => { });
            var episode = encoder.Run(cancel);
            Console.WriteLine($"{recording.Id}: recovered {episode.Metadata?.Frames ?? 0} frames into {episode.Path}");
            return ExitCode.Done;
        }
        catch (DamagedLogException e)
        {
            Console.Error.WriteLine($"robot: {e.Message}");
            return ExitCode.FaultsFound;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            Console.Error.WriteLine($"robot: {recording.Folder}: {e.Message}; it stays as it is");
            return ExitCode.Disk;
        }
    }

    private static Command Mark()
    {
        var path = new Argument<string>("PATH") { Description = "One episode" };
        var outcome = new Option<string>("--outcome") { Description = "success, failure or unknown" };
        outcome.AcceptOnlyFromAmong("success", "failure", "unknown");
        var note = new Option<string>("--note") { Description = "Whatever the next reader should know" };
        var command = new Command("mark", "Sets an episode's outcome and note.") { path, outcome, note };
        command.SetAction(parsed =>
        {
            if (parsed.GetValue(outcome) is null && parsed.GetValue(note) is null)
                throw new RobotException(ExitCode.Usage, "give --outcome, --note or both");
            string folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(parsed.GetValue(path)!));
            Outcome? value = parsed.GetValue(outcome) is { } text ? Enum.Parse<Outcome>(text, ignoreCase: true) : null;
            CheckMarkable(folder);
            try
            {
                EpisodeMark.Mark(folder, value, parsed.GetValue(note));
            }
            catch (Exception e) when (e is InvalidDataException or FileNotFoundException)
            {
                throw new RobotException(ExitCode.FaultsFound, Damaged(folder, e));
            }
            DatasetIndex.RefreshAfter(folder, Console.Error.WriteLine);
            Console.WriteLine($"{folder}: marked");
            return ExitCode.Done;
        });
        return command;
    }

    /// <exception cref="RobotException">It is no committed episode (64), or somebody changes it just now (75).</exception>
    private static void CheckMarkable(string folder)
    {
        if (Directory.Exists(folder) && EpisodeNaming.IsRecordingName(Path.GetFileName(folder)))
            throw new RobotException(ExitCode.Busy, $"{folder} is not committed yet; mark it when it is");
        if (Find(folder) is not [var one] || one != folder)
            throw new RobotException(ExitCode.Usage, $"{folder}: is no episode; name one, e.g. data/demonstrations/demo_000");
        using FolderLock held = FolderLock.TryTake(folder)
            ?? throw new RobotException(ExitCode.Busy, $"{folder} is being changed by another process; try again when it is done");
    }

    private static Command Index()
    {
        var path = new Argument<string>("PATH") { Description = "A dataset's root", DefaultValueFactory = _ => "data" };
        var command = new Command("index", "Writes metadata.json of the dataset anew: its episodes, totals and statistics.") { path };
        command.SetAction(parsed =>
        {
            RealTime.LowerProcess(); // core starts it too, and has better things to do
            ChildProcess.WhenParentEnds(() => Environment.Exit(ExitCode.Interrupted)); // the next start writes it
            string root = Path.GetFullPath(parsed.GetValue(path)!);
            if (!Directory.Exists(root))
                throw new RobotException(ExitCode.Usage, $"{root}: there is no such folder");
            try
            {
                DatasetIndex index = DatasetIndex.Refresh(root);
                Console.WriteLine($"{root}: {index.Totals.Episodes} episodes, {index.Totals.Frames} frames");
                foreach ((string episode, string why) in index.Unreadable)
                    Console.WriteLine($"{episode}: {why}");
                return index.Unreadable.Count == 0 ? ExitCode.Done : ExitCode.FaultsFound;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new RobotException(ExitCode.Disk, $"{root}: {e.Message}");
            }
        });
        return command;
    }

    private static IReadOnlyList<string> Find(string path)
    {
        if (!Directory.Exists(path))
            throw new RobotException(ExitCode.Usage,
                $"{path}: there is no such folder; name a dataset's root, a folder of episodes, or one episode");
        string[] found = [.. EpisodeCatalog.Find(path).Select(e => e.Path)];
        return found.Length > 0 ? found : throw new RobotException(ExitCode.Usage,
            $"{path}: no episodes there; name a dataset's root, a folder of episodes, or one episode");
    }
}
