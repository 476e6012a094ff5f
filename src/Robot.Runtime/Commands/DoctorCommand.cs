using System.CommandLine;
using RobotWorldModel.Runtime.Doctor;

namespace RobotWorldModel.Runtime.Commands;

/// <summary>robot doctor: a config held against the world.</summary>
internal static class DoctorCommand
{
    public static Command Create()
    {
        var config = SharedOptions.Config(required: false);
        var data = SharedOptions.Data();
        var json = new Option<bool>("--json") { Description = "One JSON object, for scripts" };
        var pictures = new Option<string>("--pictures")
        {
            Description = "Where a picture of each camera goes",
            DefaultValueFactory = _ => "doctor-pictures",
            HelpName = "FOLDER",
        };
        var command = new Command("doctor", "Holds a config against the world: says what is right, what is wrong and what to do. "
            + "Looks at this computer, its disk, the arm and every device for some seconds, moves nothing, and takes a picture with each "
            + "camera. Exit code 1 where there are faults.") { config, data, json, pictures };
        command.SetAction(async (parsed, cancel) =>
        {
            bool forMachines = parsed.GetValue(json);
            bool terminal = !Console.IsErrorRedirected && !forMachines;
            var run = new DoctorRun(new(parsed.GetValue(config), parsed.GetValue(data)!, parsed.GetValue(pictures)!), new Machine(),
                Kernel.Real, line => Say(terminal, line));
            DoctorReport report = await run.LookAsync(cancel);
            if (forMachines)
                Console.WriteLine(report.ToJson());
            else
                report.Write(Console.Out, color: !Console.IsOutputRedirected && Environment.GetEnvironmentVariable("NO_COLOR") is null);
            return report.ExitCode;
        });
        return command;
    }

    private static void Say(bool terminal, string line)
    {
        if (terminal)
            Console.Error.WriteLine(line);
    }
}
