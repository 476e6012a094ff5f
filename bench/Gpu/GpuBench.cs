using System.Diagnostics;
using System.Text.Json.Nodes;
using RobotWorldModel.Planner.Torch;
using RobotWorldModel.TorchDevices;
using TorchSharp;
using static TorchSharp.torch;

namespace RobotWorldModel.Bench.Gpu;

/// <summary>
/// Plans on libtorch, whole, from state in the processor's memory to actions there: operation by operation, recorded in a CUDA graph, and
/// beside PyTorch; all checked against float64 on the CPU.
/// </summary>
internal sealed class GpuBench(Results results, Device device, int plans, bool quick, JsonObject? peers)
{
    private const double Rounding = 10; // of 24 bits through 15 steps, in millionths
    private const double PlanRounding = 1000; // elites of almost equal returns change places

    private bool OnGpu => device.type == DeviceType.CUDA;

    public void Run(int runs)
    {
        bool goals = false;
        if (OnGpu)
        {
            var (name, capability) = Cuda.Describe(device.index);
            goals = name.Contains("H200", StringComparison.Ordinal) && !quick;
            results.Note($"{name}, compute capability {capability / 10.0:0.0}, libtorch {__version__}");
        }
        else
            results.Note($"libtorch {__version__} on the CPU: the script's own logic, no measurement of a GPU");
        if (quick)
            results.Note("far smaller problems than those named");
        set_num_threads(OnGpu ? Math.Min(8, Environment.ProcessorCount) : 1); // float64 on the CPU is what waits for them
        foreach (var problem in (Problem[])[Problem.P1(quick), Problem.TdMpc2(quick)])
        {
            Check(problem);
            for (int run = 0; run < runs; run++)
                Measure(problem, goals && problem.Name == "P1");
            Peers(problem.Name);
        }
    }

    /// <summary>The same candidates' returns, and the same plan from the same noise, as float64 on the CPU has them.</summary>
    private void Check(Problem problem)
    {
        using var exact = new Instance(problem, CPU, ScalarType.Float64, new() { SameNoise = true });
        using var real = new Instance(problem, device, ScalarType.Float32, new() { SameNoise = true, Graph = OnGpu });
        double[] truth = exact.Returns(), found = real.Returns();
        results.Add($"{problem.Name}: returns off float64's, of the largest", "ppm", Apart(truth, found), Goal.AtMost(Rounding));
        if (OnGpu)
        {
            backends.cuda.matmul.allow_tf32 = true;
            results.Add($"{problem.Name}: the same with TF32", "ppm", Apart(truth, real.Returns()));
            backends.cuda.matmul.allow_tf32 = false;
        }
        if (peers?[problem.Name] is JsonObject peer)
        {
            double[] theirs = [.. peer["returns"]!.AsArray().Select(x => x!.GetValue<double>())];
            results.Add($"{problem.Name}: PyTorch's float64 returns off ours", "ppm", Apart(truth, theirs), Goal.AtMost(Rounding));
        }
        exact.Planner.Plan(0);
        real.Planner.Plan(0);
        double best = exact.ReturnOf(exact.Planner.Actions), reached = exact.ReturnOf(real.Planner.Actions);
        results.Add($"{problem.Name}: the plan's return off float64's plan", "ppm",
            1e6 * Math.Abs(reached - best) / Math.Abs(best), Goal.AtMost(PlanRounding));
        double apart = 0;
        for (int i = 0; i < exact.Planner.Actions.Length; i++)
            apart = Math.Max(apart, Math.Abs((double)exact.Planner.Actions[i] - real.Planner.Actions[i]));
        results.Add($"{problem.Name}: actions apart from float64's plan, the largest", "ppm", 1e6 * apart);
    }

    private void Measure(Problem problem, bool goals)
    {
        double eager = Times(problem, "eager", new(), Math.Max(20, plans / 10), false, false);
        if (!OnGpu)
            return;
        double graph = Times(problem, "graph", new() { Graph = true }, plans, false, goals);
        results.Add($"{problem.Name}: graph against eager", "x", eager / graph, goals ? Goal.AtLeast(2.5) : null);
        Times(problem, "graph with TF32", new() { Graph = true }, plans, true, false);
    }

    /// <returns>The median, ms.</returns>
    private double Times(Problem problem, string how, TensorPlannerOptions options, int count, bool tf32, bool goals)
    {
        backends.cuda.matmul.allow_tf32 = tf32;
        using var instance = new Instance(problem, device, ScalarType.Float32, options);
        double[] ms = new double[quick ? Math.Min(count, 5) : count];
        for (int i = -10; i < ms.Length; i++)
        {
            long begun = Stopwatch.GetTimestamp();
            instance.Start();
            instance.Planner.Plan((ulong)(i + 10));
            if (i >= 0)
                ms[i] = Stopwatch.GetElapsedTime(begun).TotalMilliseconds;
        }
        backends.cuda.matmul.allow_tf32 = false;
        var times = new Distribution(ms, how);
        results.Add($"{problem.Name}: a plan, {how}, p50", "ms", times.Median, goals ? Goal.AtMost(4) : null);
        results.Add($"{problem.Name}: a plan, {how}, p99", "ms", times.P99, goals ? Goal.AtMost(6) : null);
        return times.Median;
    }

    private void Peers(string problem)
    {
        if (peers?[problem] is not JsonObject peer)
            return;
        foreach (var (how, ms) in peer["ms"]!.AsObject())
        {
            if (ms is JsonValue why) // PyTorch could not, and says why
            {
                results.Note($"{problem}: PyTorch {how}: {why}");
                continue;
            }
            var times = new Distribution(ms!.AsArray().Select(x => x!.GetValue<double>()), how);
            results.Add($"{problem}: a plan, PyTorch {how}, p50", "ms", times.Median);
            results.Add($"{problem}: a plan, PyTorch {how}, p99", "ms", times.P99);
        }
        results.Note($"PyTorch {peers["version"]}");
    }

    private static double Apart(double[] truth, double[] found)
    {
        if (truth.Length != found.Length)
            throw new InvalidDataException($"{found.Length} returns where there are {truth.Length} candidates");
        double apart = 0;
        for (int i = 0; i < truth.Length; i++)
            apart = Math.Max(apart, double.IsFinite(found[i]) ? Math.Abs(truth[i] - found[i]) : double.PositiveInfinity);
        return 1e6 * apart / truth.Max(Math.Abs);
    }

    /// <summary>A problem's model and planner on one device, in one type.</summary>
    private sealed class Instance : IDisposable
    {
        private readonly Problem _problem;
        private readonly nn.Module _model;
        private readonly TensorImagination _imagination;
        private readonly float[] _before;

        public Instance(Problem problem, Device device, ScalarType type, TensorPlannerOptions options)
        {
            _problem = problem;
            _model = problem.Model(device, type);
            _imagination = problem.Imagination(_model, device, type);
            Planner = problem.Planner(_imagination, options);
            _before = new float[problem.ActionSize];
            Start();
        }

        public TensorPlanner Planner { get; }

        public void Start() => _imagination.SetState(_problem.State, _before);

        public double[] Returns() => Score(_problem.Actions, _problem.Candidates);

        public double ReturnOf(ReadOnlySpan<float> actions) => Score(actions.ToArray(), 1)[0];

        public void Dispose()
        {
            Planner.Dispose();
            _imagination.Dispose();
            _model.Dispose();
        }

        private double[] Score(float[] actions, int count)
        {
            using var scope = NewDisposeScope();
            using var quiet = no_grad();
            _imagination.Upload();
            var given = tensor(actions, [count, _problem.Horizon, _problem.ActionSize], dtype: _imagination.Type,
                device: _imagination.Device);
            return [.. _imagination.Score(given).to(ScalarType.Float64).cpu().data<double>()];
        }
    }
}
