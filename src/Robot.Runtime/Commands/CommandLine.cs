using System.CommandLine;
using RobotWorldModel.Runtime.Configuration;
using RobotWorldModel.Runtime.Processes;
using RobotWorldModel.Runtime.Protocol;

namespace RobotWorldModel.Runtime.Commands;

/// <summary>The program's commands. Each is a class of its own that makes its <see cref="Command"/>.</summary>
internal static class CommandLine
{
    /// <summary>
    /// After Ctrl-C or SIGTERM: a recording is encoded and committed before the process ends. Whoever cannot wait kills it; nothing is
    /// lost.
    /// </summary>
    private static readonly TimeSpan s_timeToEnd = TimeSpan.FromMinutes(10);

    public static async Task<int> RunAsync(string[] args)
    {
        ChildProcess.LeaveTerminal();
        var root = new RootCommand(
            "Records demonstrations from a robot cell at 30 Hz, replays them, and controls the arm. Start with:  make demo,  or\n"
            + "  robot sim --config hardware-configs/sim-cell.yaml      a cell without hardware\n"
            + "  robot run --config hardware-configs/sim-cell.yaml      the service: recording, dashboard on http://127.0.0.1:8080")
        {
            SimCommand.Create(),
            RunCommand.Create(),
            DoctorCommand.Create(),
            StatusCommand.Create(),
            StopCommand.Create(
                "stop", "Stops the arm now, saves a running recording and leaves the service idle.", CoreMethods.Stop, "stopped"),
            StopCommand.Create(
                "acknowledge", "After a force or safety stop: a person has looked, and motion may be asked for again.",
                CoreMethods.Acknowledge, "acknowledged"),
            StopCommand.Create("shutdown", "Ends the service; a running recording is saved.", CoreMethods.Shutdown, "ended"),
            RecordCommand.Create(),
            TeleopCommand.Create(),
            ReplayCommand.Create(),
            ArmCommand.Create(),
            GripperCommand.Create(),
            ForceCommand.Create(),
            CalibrateCommand.Create(),
            EpisodesCommand.Create(),
            SimulateCommand.Create(),
            ModelsCommand.Create(),
            TrainCommand.Create(),
            EvaluateCommand.Create(),
            MpcCommand.Create(),
            ReplanCommand.Create(),
            DemoCommand.Create(),
            DeskCommand.Create(),
            EncodeCommand.Create(),
        };
        var parsed = root.Parse(args);
        if (parsed.Errors.Count > 0)
        {
            foreach (var error in parsed.Errors)
                Console.Error.WriteLine($"robot: {error.Message}");
            Console.Error.WriteLine($"Try: robot {string.Join(' ', args.TakeWhile(a => !a.StartsWith('-')).Append("--help"))}");
            return ExitCode.Usage;
        }
        var invocation = new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = s_timeToEnd };
        try
        {
            return await parsed.InvokeAsync(invocation);
        }
        catch (RobotException e)
        {
            Console.Error.WriteLine($"robot: {e.Message}");
            return e.Code;
        }
        catch (ConfigException e)
        {
            foreach (string line in e.Message.Split('\n'))
                Console.Error.WriteLine($"robot: {line}");
            return ExitCode.Config;
        }
        catch (OperationCanceledException)
        {
            return ExitCode.Interrupted;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine($"robot: {e.Message}");
            return ExitCode.Disk;
        }
    }
}

/// <summary>Options that several commands share.</summary>
internal static class SharedOptions
{
    public static Option<string> Config(bool required = true) => new("--config", "-c")
    {
        Description = "The cell's file, e.g. hardware-configs/sim-cell.yaml",
        Required = required,
        HelpName = "FILE",
    };

    public static Option<string> Data() => new("--data")
    {
        Description = "The dataset's root folder",
        DefaultValueFactory = _ => "data",
        HelpName = "ROOT",
    };
}
