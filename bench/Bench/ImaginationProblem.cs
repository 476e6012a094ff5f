using System.Runtime.InteropServices;
using RobotWorldModel.Planner.Tests.Engine;
using RobotWorldModel.WorldModel.Checkpoints;
using RobotWorldModel.WorldModel.Rssm;

namespace RobotWorldModel.Bench;

/// <summary>
/// The standard problem: GRU 256 fed [s, a], prior 256-512-64, Gaussian 32, action 7, reward 288-512-512-1; 512 candidates, 15 steps. In
/// files too, for peers in processes of their own: weights.dat, actions.f32 [candidates, steps, action], noise.f32 [steps, 32].
/// </summary>
internal sealed class ImaginationProblem : IDisposable
{
    public const int Candidates = 512, Steps = 15, ActionSize = 7;
    public const double MultiplyAdds = 800_512; // of one candidate-step
    private const string WeightsFile = "weights.dat", ActionsFile = "actions.f32", NoiseFile = "noise.f32";

    public ImaginationProblem()
    {
        Weights.Write(Path.Combine(Folder, WeightsFile));
        Write(ActionsFile, Actions);
        Write(NoiseFile, Noise);
    }

    public static RssmConfig Config { get; } = new();

    /// <summary>What it sees is of no account here; a model of the whole checkpoint has to see something.</summary>
    public static ModelShape Shape { get; } = new() { Actions = ActionSize, Vectors = [new("robot", 1)] };

    public string Folder { get; } = Directory.CreateTempSubdirectory("rwm-imagination-").FullName;

    public WeightFile Weights { get; } = RandomModel.Make(Config, ActionSize, policy: true, vectors: 1);

    public float[] Actions { get; } = RandomModel.Actions(Candidates * Steps * ActionSize, 1);

    public float[] Noise { get; } = RandomModel.Normal(Steps * Config.Stochastic, 0);

    public static string WeightsIn(string folder) => Path.Combine(folder, WeightsFile);

    public static float[] ActionsIn(string folder) => Read(folder, ActionsFile);

    public static float[] NoiseIn(string folder) => Read(folder, NoiseFile);

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    private static float[] Read(string folder, string name) =>
        MemoryMarshal.Cast<byte, float>(File.ReadAllBytes(Path.Combine(folder, name))).ToArray();

    private void Write(string name, float[] values) =>
        File.WriteAllBytes(Path.Combine(Folder, name), MemoryMarshal.AsBytes<float>(values).ToArray());
}
