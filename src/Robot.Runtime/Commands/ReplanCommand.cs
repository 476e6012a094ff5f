using System.CommandLine;
using RobotWorldModel.Runtime.Core.Mpc;
using RobotWorldModel.Runtime.Protocol;

namespace RobotWorldModel.Runtime.Commands;

/// <summary>robot replan: makes an episode's plans once more, and says whether they are the same.</summary>
internal static class ReplanCommand
{
    public static Command Create()
    {
        var episode = new Argument<string>("EPISODE") { Description = "An episode of 'robot mpc --record'" };
        var model = new Option<string?>("--model")
        {
            Description = "A run of 'robot train', or a model's folder; without it the one that the episode names",
            HelpName = "RUN",
        };
        var command = new Command("replan",
            "Plans again from what an episode has of each plan, and compares to the bit. Ends with 1 where a plan is another one.")
        {
            episode, model,
        };
        command.SetAction((parsed, cancel) =>
        {
            string folder = Path.GetFullPath(parsed.GetValue(episode)!);
            using var again = Replanning.Open(folder, parsed.GetValue(model));
            ReplanReport report = again.Run(cancel);
            foreach (string line in report.Lines)
                Console.WriteLine(line);
            return Task.FromResult(report.AllEqual ? ExitCode.Done : ExitCode.FaultsFound);
        });
        return command;
    }
}
