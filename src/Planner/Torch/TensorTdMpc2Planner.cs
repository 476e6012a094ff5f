using RobotWorldModel.Planner.Planners;
using TorchSharp;
using static TorchSharp.torch;

namespace RobotWorldModel.Planner.Torch;

/// <summary><see cref="TdMpc2Planner"/> on libtorch, with all of its options.</summary>
public sealed class TensorTdMpc2Planner : TensorPlanner
{
    private readonly TdMpc2Options _options;
    private readonly int _policy;

    public TensorTdMpc2Planner(TdMpc2Options options, TensorImagination imagination, ulong seed, TensorPlannerOptions? run = null)
        : base(imagination, options.Horizon, NormalsOf(options, imagination), 1, seed, run)
    {
        TdMpc2Planner.Check(options);
        (_options, _policy) = (options, PolicyOf(options, imagination));
    }

    private protected override int Iterations => TdMpc2Planner.IterationsOf(_options, ActionSize);

    private protected override (Tensor Sequences, Tensor Best, Tensor Share) Search(Tensor remembered)
    {
        int drawn = _options.Candidates - _policy, at = _policy * Size;
        var mean = remembered.narrow(0, 1, 1);
        var std = Full(_options.MostStd, 1, Size);
        var best = Full(double.NegativeInfinity, 1);
        var policy = _policy == 0 ? null
            : Imagination.SamplePolicy(Normals(0, at).reshape(_policy, Horizon, ActionSize)).reshape(_policy, Size);
        Tensor elites = null!, weights = null!, sum = null!;
        for (int i = 0; i < Iterations; i++, at += drawn * Size)
        {
            var spread = (mean + std * Normals(at, drawn * Size).reshape(drawn, Size)).clamp(-1, 1);
            var candidates = policy is null ? spread : cat([policy, spread], 0);
            var (values, order) = Score(candidates).topk(_options.Elites);
            elites = candidates.index_select(0, order);
            var top = values.narrow(0, 0, 1);
            var any = top > double.NegativeInfinity;
            weights = where(any, ((values - top) * _options.Temperature).exp(), Full(0, 1)).unsqueeze(1);
            sum = weights.sum();
            var average = (elites * weights).sum([0L], keepdim: true) / sum;
            var deviation = (((elites - average).square() * weights).sum([0L], keepdim: true) / sum).sqrt();
            mean = where(any, average, mean);
            std = where(any, deviation.clamp(_options.LeastStd, _options.MostStd), std);
            best = best.maximum(top);
        }
        // One of the elites by its weight: the first whose share of the sum, with those before it, exceeds the lot.
        var passed = (weights.cumsum(0).flatten() <= Lot * sum).to(int64).sum(0L, keepdim: true).clamp(0, _options.Elites - 1);
        var plan = elites.index_select(0, passed);
        if (_options.Explore)
            plan = Explored(plan, std, at);
        var share = sum * sum / weights.square().sum() / _options.Elites;
        var found = best > double.NegativeInfinity;
        plan = where(found, plan, remembered.narrow(0, 0, 1));
        return (cat([plan, mean], 0), where(found, best, Full(double.NaN, 1)), share.reshape(1));
    }

    private protected override float Draw(NormalNoise noise, Span<float> normals)
    {
        int drawn = (_options.Candidates - _policy) * Size;
        noise.Fill(normals[..(_policy * Size)]);
        for (int i = 0; i < Iterations; i++)
            noise.Fill(normals.Slice(_policy * Size + i * drawn, drawn));
        float lot = noise.NextUniform();
        noise.Fill(normals[^ActionSize..]);
        return lot;
    }

    // What shifts into the mean is 0 here, and so is the mean where there was no plan.
    private protected override void Shifted(Span<float> memory, int shift)
    {
        var mean = memory.Slice(1 + Size, Size);
        mean[(Size - Math.Min(shift, Horizon) * ActionSize)..].Clear();
        if (memory[0] == 0)
            mean.Clear();
    }

    private Tensor Explored(Tensor plan, Tensor std, int at)
    {
        var first = plan.narrow(1, 0, ActionSize) + std.narrow(1, 0, ActionSize) * Normals(at, ActionSize);
        return cat([first.clamp(-1, 1), plan.narrow(1, ActionSize, Size - ActionSize)], 1);
    }

    private static int PolicyOf(TdMpc2Options options, TensorImagination imagination) =>
        imagination.HasPolicy ? options.PolicyCandidates : 0;

    private static int NormalsOf(TdMpc2Options options, TensorImagination imagination)
    {
        int size = options.Horizon * imagination.ActionSize, policy = PolicyOf(options, imagination);
        int iterations = TdMpc2Planner.IterationsOf(options, imagination.ActionSize);
        return (policy + iterations * (options.Candidates - policy)) * size + imagination.ActionSize;
    }
}
