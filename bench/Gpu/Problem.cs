using System.Runtime.InteropServices;
using RobotWorldModel.Planner.Planners;
using RobotWorldModel.Planner.Torch;
using RobotWorldModel.WorldModel.Rssm;
using RobotWorldModel.WorldModel.TdMpc2;
using TorchSharp;
using static TorchSharp.torch;

namespace RobotWorldModel.Bench.Gpu;

/// <summary>A planning problem with random weights, state and noise, on any device and in any type.</summary>
internal abstract class Problem
{
    /// <summary>P1: GRU 256 fed [s, a], prior 256-512-64, Gaussian 32, action 7, reward 288-512-512-1; CEM of 512 x 15 x 6.</summary>
    public static Problem P1(bool quick) => new RssmProblem(quick);

    /// <summary>
    /// TD-MPC2's planner on its model of 5 million parameters: 512 candidates, 24 of them the policy's, 3 steps, 6 rounds.
    /// </summary>
    public static Problem TdMpc2(bool quick) => new LatentProblem(quick);

    public abstract string Name { get; }

    public abstract int Candidates { get; }

    public abstract int Horizon { get; }

    public abstract int ActionSize { get; }

    /// <summary>Where sequences start.</summary>
    public abstract float[] State { get; }

    /// <summary>Writes weights, state, noise and actions where a peer reads them.</summary>
    public void Export(string folder)
    {
        using var model = Model(CPU, ScalarType.Float32);
        model.save(Path.Combine(folder, $"{Name}.dat"));
        foreach (var (what, values) in (IEnumerable<(string, float[])>)[("state", State), ("noise", Noise), ("actions", Actions)])
            File.WriteAllBytes(Path.Combine(folder, $"{Name}.{what}"), MemoryMarshal.AsBytes(values.AsSpan()));
    }

    /// <summary>Candidates to score, [N, H, A].</summary>
    public float[] Actions => field ??= [.. Normal(Candidates * Horizon * ActionSize, 3).Select(x => Math.Clamp(x, -1, 1))];

    /// <summary>What every candidate's steps get.</summary>
    public abstract float[] Noise { get; }

    /// <summary>The model with its one set of weights.</summary>
    public abstract nn.Module Model(Device device, ScalarType type);

    public abstract TensorImagination Imagination(nn.Module model, Device device, ScalarType type);

    public abstract TensorPlanner Planner(TensorImagination imagination, TensorPlannerOptions options);

    private protected static float[] Normal(int count, ulong seed)
    {
        float[] values = new float[count];
        new NormalNoise(seed).Fill(values);
        return values;
    }

    // Heads begin at zero, which would agree on anything.
    private protected static T Varied<T>(T model, Device device, ScalarType type) where T : nn.Module
    {
        using var quiet = no_grad();
        foreach (var parameter in model.parameters())
        {
            using var scope = NewDisposeScope();
            parameter.add_(randn(parameter.shape) * 0.02);
        }
        model.eval();
        return model.to(type).to(device);
    }

    private sealed class RssmProblem(bool quick) : Problem
    {
        private readonly CemOptions _cem = new()
        {
            Horizon = quick ? 4 : 15,
            Candidates = quick ? 48 : 512,
            Elites = quick ? 8 : 64,
            Iterations = quick ? 2 : 6,
        };

        public override string Name => "P1";

        public override int Candidates => _cem.Candidates;

        public override int Horizon => _cem.Horizon;

        public override int ActionSize => 7;

        public override float[] State => field ??= [.. Normal(288, 1).Select(MathF.Tanh)];

        public override float[] Noise => field ??= Normal(Horizon * 32, 2);

        public override nn.Module Model(Device device, ScalarType type)
        {
            manual_seed(1);
            var shape = new ModelShape { Actions = ActionSize, Vectors = [new("robot", 1)] };
            return Varied(new RssmModel(new RssmConfig(), shape), device, type);
        }

        public override TensorImagination Imagination(nn.Module model, Device device, ScalarType type)
        {
            var imagination = new RssmImagination((RssmModel)model, Horizon, device, type);
            imagination.SetNoise(Noise);
            return imagination;
        }

        public override TensorPlanner Planner(TensorImagination imagination, TensorPlannerOptions options) =>
            new TensorCemPlanner(_cem, imagination, 1, options);
    }

    private sealed class LatentProblem(bool quick) : Problem
    {
        private readonly TdMpc2Options _search = quick
            ? new() { Candidates = 48, PolicyCandidates = 4, Elites = 8, Iterations = 2 } : new();

        public override string Name => "TD-MPC2-5M";

        public override int Candidates => _search.Candidates;

        public override int Horizon => _search.Horizon;

        public override int ActionSize => 6;

        public override float[] State => field ??= Simplex();

        public override float[] Noise => [];

        public override nn.Module Model(Device device, ScalarType type)
        {
            manual_seed(2);
            var shape = new ModelShape { Actions = ActionSize, Vectors = [new("robot", 24)] };
            return Varied(new TdMpc2Model(TdMpc2Config.Sized(5), shape), device, type);
        }

        public override TensorImagination Imagination(nn.Module model, Device device, ScalarType type) =>
            new TdMpc2Imagination((TdMpc2Model)model, device, type);

        public override TensorPlanner Planner(TensorImagination imagination, TensorPlannerOptions options) =>
            new TensorTdMpc2Planner(_search, imagination, 1, options);

        // A state as the encoder ends: the values of each group of 8 sum to 1.
        private static float[] Simplex()
        {
            float[] z = [.. Normal(512, 1).Select(MathF.Exp)];
            for (int i = 0; i < z.Length; i += 8)
            {
                float sum = z.AsSpan(i, 8).ToArray().Sum();
                for (int k = i; k < i + 8; k++)
                    z[k] /= sum;
            }
            return z;
        }
    }
}
