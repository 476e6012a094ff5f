using System.Diagnostics;
using RobotWorldModel.WorldModel.Rssm;
using static TorchSharp.torch;

namespace RobotWorldModel.Bench;

/// <summary>The same imagination on libtorch, operation by operation: the peer of <see cref="ImaginationBench"/>.</summary>
internal sealed class TorchImagination(RssmConfig config, int actionSize) : IDisposable
{
    private readonly RssmModel _model = new(config, new ModelShape { Actions = actionSize, Vectors = [new("robot", 1)] });

    /// <summary>Seconds of the fastest of some scores, candidates spread over threads of ours with one of libtorch's each.</summary>
    public double OneThreadACore(int threads, int candidates, int steps, int rounds) => Fastest(rounds, () =>
    {
        var workers = Enumerable.Range(0, threads).Select(_ => new Thread(() =>
        {
            set_num_threads(1);
            Score(candidates / threads, steps);
        })).ToArray();
        foreach (var worker in workers)
            worker.Start();
        foreach (var worker in workers)
            worker.Join();
    });

    /// <summary>The same from one thread of ours, with so many of libtorch's and of its BLAS library's.</summary>
    public double LibtorchsThreads(int threads, int candidates, int steps, int rounds)
    {
        set_num_threads(threads);
        double seconds = Fastest(rounds, () => Score(candidates, steps));
        set_num_threads(1);
        return seconds;
    }

    public void Dispose() => _model.Dispose();

    private void Score(int candidates, int steps)
    {
        using var quiet = inference_mode();
        using var scope = NewDisposeScope();
        var state = _model.Initial(candidates);
        var action = rand([candidates, actionSize]);
        var noise = randn([config.Stochastic]);
        var sum = zeros([candidates]);
        for (int t = 0; t < steps; t++)
        {
            var (h, prior) = _model.Advance(state, action);
            state = new RssmState(h, prior.Mean! + (prior.Std! * noise));
            sum = sum + _model.Reward(state.Features());
        }
        if (!float.IsFinite(sum.mean().item<float>()))
            throw new InvalidOperationException("libtorch imagined returns that are no numbers");
    }

    private static double Fastest(int rounds, Action round)
    {
        double fastest = double.PositiveInfinity;
        for (int i = 0; i <= rounds; i++)
        {
            long begun = Stopwatch.GetTimestamp();
            round();
            if (i > 0) // the first one sets up
                fastest = Math.Min(fastest, Stopwatch.GetElapsedTime(begun).TotalSeconds);
        }
        return fastest;
    }
}
