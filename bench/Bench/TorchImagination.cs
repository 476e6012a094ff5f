using System.Globalization;
using RobotWorldModel.Planner.Engine;
using RobotWorldModel.Runtime.Protocol;
using RobotWorldModel.WorldModel.Rssm;
using static TorchSharp.torch;

namespace RobotWorldModel.Bench;

/// <summary>
/// The same imagination on libtorch, operation by operation, as a process of its own: a peer of <see cref="ImaginationBench"/>, which
/// starts it. It says what BLAS library it has, then scores its candidates once for each line that it reads, and prints their returns'
/// sum.
/// </summary>
internal sealed class TorchImagination : IDisposable
{
    public const string CommandName = "imagination-peer";
    private readonly RssmModel _model = new(ImaginationProblem.Config, ImaginationProblem.Shape);
    private readonly ThreadTeam _team;
    private readonly Tensor[] _noise;
    private readonly Tensor[][] _actions; // of each thread, of each step
    private readonly double[] _sums;

    private TorchImagination(string folder, int first, int count, int threads, int torchThreads)
    {
        _model.load(ImaginationProblem.WeightsIn(folder));
        float[] actions = ImaginationProblem.ActionsIn(folder);
        _noise = [.. ImaginationProblem.NoiseIn(folder).Chunk(ImaginationProblem.Config.Stochastic).Select(n => tensor(n, [n.Length]))];
        _sums = new double[threads];
        _actions = [.. Enumerable.Range(0, threads).Select(i =>
            Steps(actions, first + count * i / threads, first + count * (i + 1) / threads))];
        _team = new ThreadTeam(threads, member =>
        {
            set_num_threads(torchThreads); // holds for the calling thread
            _sums[member] = Score(_actions[member]);
        }, nice: null);
    }

    /// <param name="folder">Of an <see cref="ImaginationProblem"/>.</param>
    /// <param name="first">Of the candidates that are this process's.</param>
    /// <param name="threads">Threads of ours that share them.</param>
    /// <param name="torchThreads">Of libtorch and its BLAS library for each of ours.</param>
    public static int Run(string folder, int first, int count, int threads, int torchThreads)
    {
        using var torch = new TorchImagination(folder, first, count, threads, torchThreads);
        torch._team.Run();
        Console.WriteLine($"ready {Blas()}");
        while (Console.ReadLine() is not null)
        {
            torch._team.Run();
            Console.WriteLine(torch._sums.Sum().ToString("R", CultureInfo.InvariantCulture));
        }
        return ExitCode.Done;
    }

    public void Dispose()
    {
        _team.Dispose();
        foreach (var tensor in _actions.SelectMany(a => a).Concat(_noise))
            tensor.Dispose();
        _model.Dispose();
    }

    private static Tensor[] Steps(float[] actions, int from, int to)
    {
        const int size = ImaginationProblem.ActionSize, steps = ImaginationProblem.Steps;
        return [.. Enumerable.Range(0, steps).Select(t => tensor(
            [.. Enumerable.Range(from, to - from).SelectMany(i => actions.AsSpan((i * steps + t) * size, size).ToArray())],
            [to - from, size]))];
    }

    private double Score(Tensor[] actions)
    {
        using var quiet = inference_mode();
        using var scope = NewDisposeScope();
        var state = _model.Initial(actions[0].shape[0]);
        var sum = zeros([actions[0].shape[0]]);
        for (int t = 0; t < actions.Length; t++)
        {
            using var step = NewDisposeScope(); // what a step leaves is the next one's memory
            var (h, prior) = _model.Advance(state, actions[t]);
            state = new RssmState(h.MoveToOuterDisposeScope(), (prior.Mean! + (prior.Std! * _noise[t])).MoveToOuterDisposeScope());
            sum.add_(_model.Reward(state.Features()));
        }
        return sum.sum().item<float>();
    }

    /// <summary>The file of the OpenBLAS that this process has loaded, or a dash.</summary>
    private static string Blas() => File.ReadLines("/proc/self/maps").Select(l => l[(l.LastIndexOf(' ') + 1)..])
        .FirstOrDefault(path => Path.GetFileName(path).StartsWith("libopenblas", StringComparison.Ordinal)) ?? "-";
}
