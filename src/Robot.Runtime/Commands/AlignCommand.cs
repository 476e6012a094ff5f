using System.CommandLine;
using RobotWorldModel.Collector.Alignment;
using RobotWorldModel.Collector.Episodes;
using RobotWorldModel.Runtime.Protocol;
using Spectre.Console;

namespace RobotWorldModel.Runtime.Commands;

/// <summary>robot episodes align: depth laid over colour, beside the episodes.</summary>
internal static class AlignCommand
{
    public static Command Create(Argument<string> path, Func<string, IReadOnlyList<string>> find)
    {
        var target = new Option<string>("--out")
        {
            Description = "A folder of its own: EPISODE/CAMERA/NNNNNN.npz are written into it",
            DefaultValueFactory = _ => "aligned",
            HelpName = "FOLDER",
        };
        var camera = new Option<string?>("--camera") { Description = "Only this one; else all that have depth", HelpName = "NAME" };
        var command = new Command(
            "align", "Lays each depth picture over its colour picture, into a folder beside the episodes, which stay as they are.")
        {
            path, target, camera,
        };
        command.SetAction((parsed, cancel) => Task.Run(
            () => Run(find(parsed.GetValue(path)!), parsed.GetValue(target)!, parsed.GetValue(camera), cancel), cancel));
        return command;
    }

    private static int Run(IReadOnlyList<string> folders, string target, string? only, CancellationToken cancel)
    {
        var failed = new List<string>();
        bool any = false;
        AnsiConsole.Progress().AutoClear(true).Start(bars =>
        {
            ProgressContext? context = Console.IsOutputRedirected ? null : bars; // a bar in a file is many lines
            foreach (string folder in folders)
            {
                try
                {
                    var episode = EpisodeReader.Open(folder);
                    foreach (CameraDescription camera in EpisodeAlignment.CamerasOf(episode).Where(c => only is null || c.Name == only))
                    {
                        any = true;
                        Align(episode, camera, Path.Combine(target, Path.GetFileName(folder), camera.Name), context, cancel);
                    }
                }
                catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException)
                {
                    failed.Add(e is InvalidDataException ? $"{folder}: {e.Message}" : e.Message);
                }
            }
        });
        failed.ForEach(line => Console.Error.WriteLine($"robot: {line}"));
        if (!any && failed.Count == 0)
            throw new RobotException(ExitCode.Usage, only is null
                ? "no camera of these episodes has both colour and depth"
                : $"no camera '{only}' of these episodes has both colour and depth");
        return failed.Count == 0 ? ExitCode.Done : ExitCode.FaultsFound;
    }

    private static void Align(
        EpisodeReader episode, CameraDescription camera, string folder, ProgressContext? context, CancellationToken cancel)
    {
        string name = $"{episode.Metadata.Id} {camera.Name}";
        ProgressTask? task = context?.AddTask(Markup.Escape(name));
        int all = 0;
        int made = EpisodeAlignment.Align(episode, camera, folder, Show, cancel);
        task?.StopTask();
        Console.WriteLine($"{name}: {all} depth pictures in {folder}, {made} of them made now");

        void Show(int done, int of)
        {
            all = of;
            if (task is not null)
                (task.MaxValue, task.Value) = (of, done);
        }
    }
}
