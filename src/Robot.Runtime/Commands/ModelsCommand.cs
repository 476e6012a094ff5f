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
        Table table = new Table().Border(TableBorder.None).AddColumns("model", "what it is, and for what").HideFooters();
        table.Columns[0].NoWrap();
        foreach (Preset preset in Presets.All)
        {
            table.AddRow(preset.Name, $"{preset.Purpose}\n{Shape(preset.Config)}\nsees "
                + string.Join(", ", preset.Config.Data.Modalities)).AddEmptyRow();
        }
        AnsiConsole.Write(table);
        Console.WriteLine("robot models show MODEL tells what can be set;\nrobot train MODEL --data ROOT --out RUN trains it.");
        return ExitCode.Done;
    }

    private static string Shape(TrainConfig config) => config.Kind switch
    {
        ModelKind.TdMpc2 =>
            $"TD-MPC2: latent {config.TdMpc2.Latent} in groups of {config.TdMpc2.Group}, {config.TdMpc2.Values} value heads",
        _ when config.Rssm is { Classes: 0 } r => $"RSSM: latent {r.Deterministic} + {r.Stochastic} Gaussian",
        _ => $"RSSM: latent {config.Rssm.Deterministic} + {config.Rssm.Stochastic} of {config.Rssm.Classes} classes",
    };

    private static int Show(string name)
    {
        if (!Directory.Exists(name))
        {
            Console.WriteLine(TrainCommand.Preset(name).Config.OwnJson());
            return ExitCode.Done;
        }
        try
        {
            (ModelCard card, _) = ModelCard.Open(name);
            Console.WriteLine(card.Config.OwnJson());
            return ExitCode.Done;
        }
        catch (InvalidDataException e)
        {
            throw new RobotException(ExitCode.Usage, e.Message);
        }
    }
}
