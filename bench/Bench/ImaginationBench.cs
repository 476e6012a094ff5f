using System.Diagnostics;
using RobotWorldModel.Planner;
using RobotWorldModel.Planner.Engine;
using RobotWorldModel.Planner.Planners;
using RobotWorldModel.Runtime.Protocol;
using RobotWorldModel.WorldModel.Rssm;

namespace RobotWorldModel.Bench;

/// <summary>
/// The CPU imagination engine on the standard problem (<see cref="ImaginationProblem"/>), with 6 iterations of CEM, beside libtorch in
/// every arrangement that it has here.
/// </summary>
internal static class ImaginationBench
{
    private const int Candidates = ImaginationProblem.Candidates, Steps = ImaginationProblem.Steps, Iterations = 6, Rounds = 20;
    private const double StepsPerSecond = 95_000; // on two cores
    private static readonly TimeSpan s_most = TimeSpan.FromSeconds(3);

    public static async Task RunAsync(Results results, int runs, CancellationToken cancel)
    {
        using var problem = new ImaginationProblem();
        results.Note(
            $"{RssmEngine.Widest}; random weights, injected noise; {ImaginationProblem.MultiplyAdds} multiply-adds a candidate-step");
        int cores = Environment.ProcessorCount;
        for (int run = 0; run < runs; run++)
        {
            foreach (int threads in new[] { 1, cores }.Distinct())
            {
                cancel.ThrowIfCancellationRequested();
                using var engine = Engine(problem, threads);
                Scores(results, engine, problem, threads);
                Plans(results, engine, threads);
            }
            await LibtorchAsync(results, problem, cores, run, cancel);
            Kernels(results);
        }
    }

    /// <summary>
    /// Every arrangement of libtorch, one after the other, the engine's scores taken anew before each, so that both had the same machine.
    /// </summary>
    private static async Task LibtorchAsync(Results results, ImaginationProblem problem, int cores, int run, CancellationToken cancel)
    {
        using var engine = Engine(problem, cores);
        float[] returns = new float[Candidates];
        void Score() => engine.Score(problem.Actions, Candidates, Steps, returns);
        (double Sum, double Magnitude) Expected(int from, int to) =>
            (returns[from..to].Sum(r => (double)r), returns[from..to].Sum(r => Math.Abs((double)r)));
        var (least, fastest, leastCpu, ownCpu) =
            (double.PositiveInfinity, double.PositiveInfinity, double.PositiveInfinity, double.PositiveInfinity);
        string? best = null;
        foreach (var arrangement in TorchArrangement.All)
        {
            double ours = Fastest(Rounds, Score, out double cpu);
            ownCpu = Math.Min(ownCpu, cpu);
            try
            {
                (double seconds, cpu) = await arrangement.FastestAsync(problem, cores, Rounds, s_most, Expected, cancel);
                results.Add($"{arrangement}", "1/s", Candidates * Steps / seconds);
                if (seconds < fastest)
                    (fastest, best) = (seconds, $"{arrangement}");
                (least, leastCpu) = (Math.Min(least, seconds / ours), Math.Min(leastCpu, cpu));
            }
            catch (RobotException e)
            {
                results.Note($"not measured: {arrangement}: {e.Message}");
            }
        }
        if (best is null)
            return;
        results.Note($"run {run + 1}: the fastest of libtorch was {best}");
        results.Add("the engine's rate over the fastest of libtorch's", "x", least, Goal.AtLeast(1.2));
        results.Add($"processor time of a candidate-step, {cores} thread(s)", "us", ownCpu / (Candidates * Steps) * 1e6);
        results.Add("processor time of a candidate-step, libtorch's least", "us", leastCpu / (Candidates * Steps) * 1e6);
    }

    private static RssmEngine Engine(ImaginationProblem problem, int threads)
    {
        var engine = new RssmEngine(problem.Weights, ImaginationProblem.Config, new() { Actions = ImaginationProblem.ActionSize },
            new() { Threads = threads, MostSteps = Steps });
        engine.SetNoise(problem.Noise);
        engine.Objective = new() { Discount = 1 };
        return engine;
    }

    private static void Scores(Results results, RssmEngine engine, ImaginationProblem problem, int threads)
    {
        float[] returns = new float[Candidates];
        Action score = () => engine.Score(problem.Actions, Candidates, Steps, returns);
        score();
        double rate = Candidates * Steps / Fastest(Rounds, score);
        results.Add($"candidate-steps, {threads} thread(s)", "1/s", rate, threads == 2 ? Goal.AtLeast(StepsPerSecond) : null);
        results.Add($"speed, {threads} thread(s)", "GFLOP/s", rate * 2 * ImaginationProblem.MultiplyAdds / 1e9);
    }

    private static void Plans(Results results, RssmEngine engine, int threads)
    {
        var options = new CemOptions { Horizon = Steps, Candidates = Candidates, Elites = 64, Iterations = Iterations };
        var planner = new CemPlanner(options, ImaginationProblem.ActionSize, 1);
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
    private static double Fastest(int rounds, Action round) => Fastest(rounds, round, out _);

    /// <param name="cpuSeconds">Of a round, on average.</param>
    private static double Fastest(int rounds, Action round, out double cpuSeconds)
    {
        double fastest = double.PositiveInfinity;
        var cpu = Environment.CpuUsage.TotalTime;
        long first = Stopwatch.GetTimestamp();
        int done = 0;
        for (; done < rounds && (done < 2 || Stopwatch.GetElapsedTime(first) < s_most); done++)
        {
            long begun = Stopwatch.GetTimestamp();
            round();
            fastest = Math.Min(fastest, Stopwatch.GetElapsedTime(begun).TotalSeconds);
        }
        cpuSeconds = (Environment.CpuUsage.TotalTime - cpu).TotalSeconds / done;
        return fastest;
    }
}
