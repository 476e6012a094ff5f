using RobotWorldModel.WorldModel.Rssm;
using static TorchSharp.torch;

namespace RobotWorldModel.WorldModel.Training;

/// <summary>What a batch costs a model, without learning from it.</summary>
/// <param name="Parts">As numbers; "loss" is all of them together.</param>
/// <param name="States">[B, T, ...], to find the step where they stop being numbers.</param>
internal sealed record Cost(IReadOnlyDictionary<string, double> Parts, Tensor States);

/// <summary>A model with all that it learns by, as <see cref="Trainer"/> needs it.</summary>
internal interface ILearner : IDisposable
{
    nn.Module Model { get; }

    /// <summary>See <see cref="RunState.ReturnRange"/>.</summary>
    double? ReturnRange { get; }

    /// <summary>
    /// Whether a smaller validation loss means a better model. Else the model kept as the best is the one that was validated last.
    /// </summary>
    bool LossRanks { get; }

    /// <summary>One step of the optimizer from so many batches of sequences. Gives the numbers of the last.</summary>
    /// <param name="step">Steps done before.</param>
    /// <exception cref="NotFiniteNumberException">A loss or gradient is none; the trainer finds where.</exception>
    Dictionary<string, double> Step(IReadOnlyList<Sequences> batches, long step);

    /// <param name="step">Steps done before: for what changes in the course of a run.</param>
    Cost CostOf(Sequences batch, long step);

    /// <summary>Adds what the expectation of each next step was off, as <see cref="ValidationResult.OneStepError"/> has it.</summary>
    void AddOneStepErrors(Sequences batch, List<float> errors);

    /// <summary>Writes what it takes to go on, but for the model itself.</summary>
    void Save(string folder);

    /// <summary>Goes on where <see cref="Save"/> was.</summary>
    void Load(string folder, RunState state);
}

/// <summary>What learners have in common.</summary>
internal static class Learner
{
    private const string Noise = "noise.dat";

    public static ILearner Of(TrainConfig config, ModelShape shape) => config.Kind switch
    {
        ModelKind.Rssm => new RssmLearner(config, shape),
        ModelKind.TdMpc2 => new TdMpc2Learner(config, shape),
        _ => throw new ArgumentException($"there is no kind of model {config.Kind}"),
    };

    /// <summary>Learning rate of a step, warm-up and cosine.</summary>
    public static double Rate(TrainConfig config, long step) => Schedule.WarmupCosine(
        step + 1, config.Optimizer.LearningRate, config.Optimizer.LearningRate * config.Optimizer.Floor, config.Optimizer.Warmup,
        config.Steps);

    public static void SaveNoise(string folder)
    {
        using Tensor noise = get_rng_state();
        File.WriteAllBytes(Path.Combine(folder, Noise), noise.data<byte>().ToArray());
    }

    public static void LoadNoise(string folder)
    {
        byte[] noise = File.ReadAllBytes(Path.Combine(folder, Noise));
        using Tensor then = tensor(noise, [noise.Length]);
        set_rng_state(then);
    }

    /// <summary>Of [B, T] those that count.</summary>
    public static void AddCounted(Tensor errors, Tensor counted, List<float> to)
    {
        float[] values = errors.flatten().cpu().data<float>().ToArray(), counts = counted.flatten().cpu().data<float>().ToArray();
        for (int i = 0; i < values.Length; i++)
            if (counts[i] > 0)
                to.Add(values[i]);
    }
}
