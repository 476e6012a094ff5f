using System.CommandLine;
using RobotWorldModel.Runtime.Protocol;
using RobotWorldModel.WorldModel.Training;
using Spectre.Console;

namespace RobotWorldModel.Runtime.Commands;

/// <summary>robot models: those that can be trained, by name, and what can be set of them.</summary>
internal static class ModelsCommand
{
    public static Command Create()
    {
        var list = new Command("list", "The models that './robot train' knows.");
        list.SetAction(_ => List());
        var name = new Argument<string>("MODEL") { Description = "One of the list, or the folder of a run or a model" };
        var show = new Command("show", "All that can be set of a model, as JSON: a file for 'train --config', keys for '--set'.") { name };
        show.SetAction(parsed => Show(parsed.GetValue(name)!));
        return new Command("models", "World models that can be trained.") { list, show };
    }

    private static int List()
    {
        Table table = new Table().Border(TableBorder.None).AddColumns("model", "latent", "plans with", "for").HideFooters();
        foreach (Preset preset in Presets.All)
        {
            var r = preset.Config.Rssm;
            table.AddRow(
                preset.Name,
                $"{r.Deterministic} + {(r.Classes == 0 ? $"{r.Stochastic} gaussian" : $"{r.Stochastic}x{r.Classes}")}",
                string.Join(", ", preset.Config.Data.Modalities), preset.Purpose);
        }
        AnsiConsole.Write(table);
        Console.WriteLine("\nrobot models show MODEL tells what can be set; robot train MODEL --data ROOT --out RUN trains it.");
        return ExitCode.Done;
    }

    private static int Show(string name)
    {
        if (!Directory.Exists(name))
        {
            Console.WriteLine(TrainCommand.Preset(name).Config.ToJson());
            return ExitCode.Done;
        }
        try
        {
            (ModelCard card, _) = ModelCard.Open(name);
            Console.WriteLine(card.Config.ToJson());
            return ExitCode.Done;
        }
        catch (InvalidDataException e)
        {
            throw new RobotException(ExitCode.Usage, e.Message);
        }
    }
}
