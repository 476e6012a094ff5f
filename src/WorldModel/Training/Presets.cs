using RobotWorldModel.WorldModel.Data;
using RobotWorldModel.WorldModel.Rssm;
using RobotWorldModel.WorldModel.TdMpc2;

namespace RobotWorldModel.WorldModel.Training;

/// <summary>A model by name, and what it is for.</summary>
public sealed record Preset(string Name, string Purpose, TrainConfig Config);

/// <summary>The models that can be trained by name.</summary>
public static class Presets
{
    public static IReadOnlyList<Preset> All { get; } =
    [
        new("rssm-small", "state observations; small, for planning on a CPU", new TrainConfig
        {
            Model = "rssm-small",
            Rssm = new RssmConfig
            {
                Deterministic = 96, Stochastic = 16, Hidden = 96, Heads = [96, 96], Vectors = [128], VectorEmbedding = 64,
            },
            Optimizer = new OptimizerConfig { LearningRate = 1e-3 },
            Windows = new WindowOptions { Length = 24, Stride = 6 },
            Batch = 32,
        }),
        new("rssm", "state observations; PlaNet's size", new TrainConfig
        {
            Model = "rssm",
            Rssm = new RssmConfig { Deterministic = 256, Stochastic = 32, Hidden = 512, Heads = [512, 512] },
            Windows = new WindowOptions { Length = 32, Stride = 8 },
        }),
        new("rssm-pictures", "joint state and both cameras at 64x64", new TrainConfig
        {
            Model = "rssm-pictures",
            Rssm = new RssmConfig { Deterministic = 256, Stochastic = 32, Hidden = 512, Heads = [512, 512], ImageDepth = 16 },
            Data = new DataOptions { Modalities = ["joint_position", "joint_velocity", "wrist_rgb", "scene_rgb"], PictureSide = 64 },
            Windows = new WindowOptions { Length = 24, Stride = 8 },
            Batch = 8,
        }),
        new("rssm-categorical", "DreamerV3's latents, norms and two-hot rewards, with a policy; wants a GPU", new TrainConfig
        {
            Model = "rssm-categorical",
            Rssm = new RssmConfig
            {
                Deterministic = 512, Stochastic = 32, Classes = 32, Hidden = 512, InputLayer = 512, Heads = [512, 512],
                Activation = Activation.Silu, Norm = true, Bins = 255, Symlog = true,
            },
            Data = new DataOptions { Modalities = ["joint_position", "joint_velocity", "wrist_rgb", "scene_rgb"], PictureSide = 64 },
            Windows = new WindowOptions { Length = 64, Stride = 16 },
            Behaviour = true,
        }),
        Latent("tdmpc2-1m", "state observations; TD-MPC2 with policy and values, small enough to learn on a CPU", 1),
        Latent("tdmpc2-5m", "state observations; TD-MPC2 in the size of its paper's single tasks; wants a GPU to learn", 5),
    ];

    // A window is the horizon of three steps and the observation before it; Adam at a constant rate, as in the paper.
    private static Preset Latent(string name, string purpose, int millions) => new(name, purpose, new TrainConfig
    {
        Model = name,
        Kind = ModelKind.TdMpc2,
        TdMpc2 = TdMpc2Config.Sized(millions),
        Windows = new WindowOptions { Length = 4 },
        Optimizer = new OptimizerConfig { LearningRate = 3e-4, Floor = 1, Warmup = 0, WeightDecay = 0, Clip = 20, Actor = 3e-4 },
        Batch = 256,
    });

    /// <exception cref="ArgumentException">There is none of that name; the message has those that there are.</exception>
    public static Preset Named(string name) => All.FirstOrDefault(one => one.Name == name)
        ?? throw new ArgumentException($"there is no model '{name}'; there are {string.Join(", ", All.Select(one => one.Name))}");
}
