using RobotWorldModel.WorldModel.Data;
using RobotWorldModel.WorldModel.Evaluation.Report;
using RobotWorldModel.WorldModel.Rssm;
using RobotWorldModel.WorldModel.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace RobotWorldModel.WorldModel.Evaluation;

public sealed record EvaluationOptions
{
    /// <summary>Which episodes, by the model's own split; null for all.</summary>
    public DataPart? Part { get; init; } = DataPart.Validation;

    /// <summary>Windows to look at, at most: spread over all episodes, the same every time.</summary>
    public int Windows { get; init; } = 256;
}

/// <summary>What came of an evaluation.</summary>
/// <param name="Result">All numbers.</param>
/// <param name="Report">One HTML page that needs nothing else.</param>
public sealed record EvaluationReport(EvaluationResult Result, string Report)
{
    /// <summary>In a run's folder, where no other is named.</summary>
    public const string Folder = "evaluation";

    public const string ReportFile = "report.html", NumbersFile = "evaluation.json";

    /// <summary>Writes both files into a folder, which is made where it is not there.</summary>
    public void Save(string folder)
    {
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, NumbersFile), Result.ToJson());
        File.WriteAllText(Path.Combine(folder, ReportFile), Report);
    }
}

/// <summary>
/// Open-loop evaluation: a model is shown the first steps of a window and imagines the rest under the actions that were taken; what it
/// imagined is compared with what came.
/// </summary>
public static class Evaluator
{
    /// <summary>Steps that are imagined, H: the table's last.</summary>
    public const int Horizon = 16;

    private const int LeastContext = 5, Examples = 3;
    private const ulong Order = 1; // of windows: shuffled, so that the first ones are of many episodes, and always the same

    /// <param name="card">The model's, from <see cref="ModelCard.Open"/>.</param>
    /// <param name="weights">Its weights' file.</param>
    /// <param name="root">The data root.</param>
    /// <param name="say">Told a line for each episode or recording that is left out.</param>
    /// <param name="progress">Told windows done, and windows in all.</param>
    /// <exception cref="InvalidDataException">
    /// Data that does not fit the model (the message says what differs), too little of it, or predictions that are no numbers.
    /// </exception>
    /// <exception cref="DirectoryNotFoundException">There is no such data.</exception>
    /// <exception cref="ArgumentException">An option that cannot be.</exception>
    /// <exception cref="OperationCanceledException">The stop.</exception>
    public static EvaluationReport Run(
        ModelCard card, string weights, string root, EvaluationOptions options, Action<string> say, Action<int, int> progress,
        CancellationToken stop)
    {
        if (options.Windows < 1)
            throw new ArgumentException($"{options.Windows} windows are none: at least 1 is needed");
        if (card.Config.Kind != ModelKind.Rssm)
        {
            throw new InvalidDataException($"{card.Config.Model} expects no observations: there is nothing to compare with what was seen. "
                + "Its card (model.json) has the errors of its latent state, rewards and values, 'robot simulate' how it acts");
        }
        Dataset data = Dataset.Open(root, card.Config.Data, say);
        if (DataFit.Mismatch(card.Data, data.Summary) is { } mismatch)
            throw new InvalidDataException(mismatch);
        WindowOptions trained = card.Config.Windows;
        int context = Math.Max(LeastContext, (trained.Length + trained.Horizon) / 2);
        WindowList windows = data.Windows(options.Part, trained with { Length = context, Horizon = Horizon, Stride = Horizon });
        if (windows.Count == 0)
            throw new InvalidDataException(
                $"{NameOf(options.Part)} of {root} has no window of {context} steps to see and {Horizon} to imagine"
                    + $"{(windows.LeftOut is { } why ? $": {why}" : "")}. Give longer episodes, or --part all.");
        var scores = new Scores(data.Modalities, card.Normalisation, context, Horizon);
        var examples = new ExampleWindows(card.Normalisation, Examples);
        var episodes = new HashSet<string>();
        int count = Math.Min(options.Windows, windows.Count), done = 0;
        foreach (ImaginedBatch batch in Imagine(card, weights, windows, count, context, stop))
        {
            scores.Add(batch);
            examples.Add(batch);
            episodes.UnionWith(batch.Origins.Select(one => one.Episode));
            progress(done += batch.Origins.Length, count);
        }
        EvaluationResult result = scores.Result(new EvaluationSubject
        {
            Model = card.Config.Model,
            Step = card.Step,
            Sha256 = card.Sha256,
            Data = data.Summary.Name,
            DataDigest = data.Summary.Digest,
            OwnData = data.Summary.Digest == card.Data.Digest,
            Part = options.Part?.ToString().ToLowerInvariant() ?? "all",
            Episodes = episodes.Count,
            Windows = count,
            WindowsThere = windows.Count,
            Context = context,
            Horizon = Horizon,
            StepSeconds = trained.FrameSkip / data.Summary.RateHz,
        });
        return new EvaluationReport(result, HtmlReport.Of(result, card, examples.Kept));
    }

    private static IEnumerable<ImaginedBatch> Imagine(
        ModelCard card, string weights, WindowList windows, int count, int context, CancellationToken stop)
    {
        set_num_threads(card.Config.Threads);
        bool hasDevice = !card.Config.Device.StartsWith("cuda", StringComparison.Ordinal) || cuda.is_available();
        Device where = device(hasDevice ? card.Config.Device : "cpu");
        using var model = new RssmModel(card.Config.Rssm, card.Shape);
        model.load(weights);
        model.to(where);
        using var loader = new BatchLoader(windows, card.Normalisation, new LoaderOptions
        {
            BatchSize = Math.Min(count, card.Shape.Images.Count > 0 ? 8 : 32),
            Seed = Order,
            Epochs = 1,
            KeepPartial = true,
            Ahead = 2,
        });
        for (int done = 0; done < count;)
        {
            using Batch batch = loader.Next(stop)!; // there are at least as many windows as are counted to
            batch.Count = Math.Min(batch.Count, count - done);
            done += batch.Count;
            yield return ImaginedBatch.Of(model, card.Normalisation, batch, where, context);
        }
    }

    private static string NameOf(DataPart? part) => part is { } one ? $"the {one.ToString().ToLowerInvariant()} part" : "all";
}
