using System.Diagnostics;
using RobotWorldModel.Planner;
using RobotWorldModel.Planner.Engine;
using RobotWorldModel.Planner.Planners;
using RobotWorldModel.Planner.Tests.Engine;
using RobotWorldModel.WorldModel.Rssm;

namespace RobotWorldModel.Bench;

/// <summary>
/// The CPU imagination engine on the standard problem: GRU 256 fed [s, a], prior 256-512-64, Gaussian 32, action 7, reward 288-512-512-1;
/// 512 candidates, 15 steps, 6 iterations of CEM.
/// </summary>
internal static class ImaginationBench
{
    private const int Candidates = 512, Steps = 15, Iterations = 6, ActionSize = 7;
    private const double MultiplyAdds = 800_512; // of one candidate-step
    private const double StepsPerSecond = 95_000; // on two cores

    public static void Run(Results results, int runs, CancellationToken cancel)
    {
        var config = new RssmConfig();
        var weights = RandomModel.Make(config, ActionSize);
        results.Note($"{RssmEngine.Widest}; random weights, injected noise; {MultiplyAdds} multiply-adds a candidate-step");
        int cores = Environment.ProcessorCount;
        for (int run = 0; run < runs; run++)
        {
            double rate = 0;
            foreach (int threads in new[] { 1, cores }.Distinct())
            {
                cancel.ThrowIfCancellationRequested();
                var options = new EngineOptions { Threads = threads, MostSteps = Steps };
                using var engine = new RssmEngine(weights, config, new() { Actions = ActionSize }, options);
                engine.SetNoise(RandomModel.Normal(Steps * engine.NoiseWidth, run));
                rate = Scores(results, engine, threads, threads == 2);
                Plans(results, engine, threads);
            }
            Libtorch(results, config, cores, rate);
            Kernels(results);
        }
    }

    /// <summary>Both arrangements of libtorch that one process can have; no PyTorch, no other BLAS library.</summary>
    private static void Libtorch(Results results, RssmConfig config, int cores, double rate)
    {
        using var torch = new TorchImagination(config, ActionSize);
        double[] seconds =
        [
            torch.OneThreadACore(cores, Candidates, Steps, 4),
            torch.LibtorchsThreads(cores, Candidates, Steps, 4),
        ];
        results.Add("libtorch: candidate-steps, one thread of ours a core", "1/s", Candidates * Steps / seconds[0]);
        results.Add("libtorch: candidate-steps, its own threads", "1/s", Candidates * Steps / seconds[1]);
        results.Add("the engine's rate over libtorch's faster one", "x", seconds.Min() * rate / (Candidates * Steps), Goal.AtLeast(1.2));
    }

    private static double Scores(Results results, RssmEngine engine, int threads, bool judged)
    {
        float[] actions = RandomModel.Actions(Candidates * Steps * ActionSize, 1), returns = new float[Candidates];
        engine.Score(actions, Candidates, Steps, returns);
        double seconds = Fastest(6, () => engine.Score(actions, Candidates, Steps, returns));
        double rate = Candidates * Steps / seconds;
        results.Add($"candidate-steps, {threads} thread(s)", "1/s", rate, judged ? Goal.AtLeast(StepsPerSecond) : null);
        results.Add($"speed, {threads} thread(s)", "GFLOP/s", rate * 2 * MultiplyAdds / 1e9);
        return rate;
    }

    private static void Plans(Results results, RssmEngine engine, int threads)
    {
        var options = new CemOptions { Horizon = Steps, Candidates = Candidates, Elites = 64, Iterations = Iterations };
        var planner = new CemPlanner(options, ActionSize, 1);
        ulong number = 0;
        Action plan = () => planner.Plan(engine, new(number++));
        plan();
        long before = GC.GetTotalAllocatedBytes(precise: true);
        double seconds = Fastest(2, plan);
        long allocated = GC.GetTotalAllocatedBytes(precise: true) - before;
        results.Add($"a plan of CEM, {threads} thread(s)", "ms", seconds * 1e3);
        results.Add($"allocated by two plans, {threads} thread(s)", "bytes", allocated, Goal.Exactly(0));
    }

    /// <summary>
    /// What one core's kernels do on data that lies in its first cache: the most there is to reach, and what activations cost.
    /// </summary>
    private static unsafe void Kernels(Results results)
    {
        const int inputs = 256, rows = 12;
        using var memory = new NativeBuffer(64 * 1024);
        memory.Span.Fill(0.01f);
        float* a = memory.Start, w = a + rows * 272, c = w + inputs * 32, bias = c + rows * 48;
        double product = Fastest(20, () =>
        {
            for (int i = 0; i < 200; i++)
            {
                if (RssmEngine.Widest == VectorWidth.Bits512)
                    Tile.Twelve<Lanes512>(new(a, 272, inputs), default, w, bias, 0, c, 48);
                else
                {
                    Tile.Six<Lanes256>(new(a, 272, inputs), default, w, bias, 0, c, 48);
                    Tile.Six<Lanes256>(new(a + 6 * 272, 272, inputs), default, w, bias, 0, c, 48);
                }
            }
        });
        double columns = RssmEngine.Widest == VectorWidth.Bits512 ? 32 : 16;
        results.Add("a product's tile in the first cache, one core", "GFLOP/s", 2 * 200 * rows * inputs * columns / product / 1e9);
        // ELU of prior and reward, the gates, and the prior's deviations: of one candidate-step.
        using var x = new NativeBuffer(8 * 1024);
        double each = Fastest(20, () =>
        {
            for (int i = 0; i < 100; i++)
                Activations(x.Start);
        });
        results.Add("activations of a candidate-step, one core", "us", each / 100 * 1e6);
    }

    private static unsafe void Activations(float* x)
    {
        if (RssmEngine.Widest == VectorWidth.Bits512)
            Of<Lanes512>(x);
        else
            Of<Lanes256>(x);

        static void Of<T>(float* x) where T : unmanaged, ILanes<T>
        {
            Rows.Activate<T>(Activation.Elu, x, 0, 1, 512 + 512 + 512);
            Rows.Gates<T>(1, 256, x, 0, x + 2048, 0, x + 3072, 0, x + 4096, 0, x + 5120, 0);
            Rows.Gaussian<T>(1, 32, x, 0, 0.1f, x + 64, x + 6144, 0);
        }
    }

    /// <summary>Seconds of the fastest of some rounds: on a machine that others use the only number that is the program's own.</summary>
    private static double Fastest(int rounds, Action round)
    {
        double fastest = double.PositiveInfinity;
        for (int i = 0; i < rounds; i++)
        {
            long begun = Stopwatch.GetTimestamp();
            round();
            fastest = Math.Min(fastest, Stopwatch.GetElapsedTime(begun).TotalSeconds);
        }
        return fastest;
    }
}
