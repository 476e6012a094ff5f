using RobotWorldModel.Planner.Planners;
using TorchSharp;
using static TorchSharp.torch;

namespace RobotWorldModel.Planner.Torch;

/// <summary><see cref="CemPlanner"/> on libtorch, with all of its options.</summary>
public sealed class TensorCemPlanner : TensorPlanner
{
    private readonly CemOptions _options;
    private readonly ColoredNoise _colored;
    private readonly Tensor? _shape;
    private readonly int _kept;

    public TensorCemPlanner(CemOptions options, TensorImagination imagination, ulong seed, TensorPlannerOptions? run = null)
        : base(imagination, options.Horizon, NormalsOf(options, imagination.ActionSize), 1 + Kept(options), seed, run)
    {
        CemPlanner.Check(options);
        (_options, _kept) = (options, Kept(options));
        _colored = new(options.NoiseExponent, options.Horizon, ActionSize);
        if (_colored.Shape is { } shape)
        {
            _shape = tensor([.. shape.Select(x => (float)x)], [Horizon, Horizon], dtype: imagination.Type, device: imagination.Device)
                .DetachFromDisposeScope();
        }
    }

    private protected override int Iterations => _options.Iterations;

    public override void Dispose()
    {
        _shape?.Dispose();
        base.Dispose();
    }

    private protected override (Tensor Sequences, Tensor Best, Tensor Share) Search(Tensor remembered)
    {
        var plan = remembered.narrow(0, 0, 1);
        var mean = _options.WarmStart ? remembered.narrow(0, 1, 1) : Full(0, 1, Size);
        var kept = remembered.narrow(0, 2, _kept);
        var std = Full(_options.Std, 1, Size);
        var best = Full(double.NegativeInfinity, 1);
        for (int i = 0, at = 0; i < _options.Iterations; i++)
        {
            int count = CemPlanner.Drawn(_options, i);
            var noise = Normals(at, count * Size);
            at += count * Size;
            if (_shape is not null)
                noise = _shape.matmul(noise.reshape(count, Horizon, ActionSize));
            List<Tensor> parts = [Spread(noise.reshape(count, Size), mean, std)];
            if (_kept > 0 && (i > 0 || _options.WarmStart))
                parts.Add(i > 0 ? kept : WithNewLastAction(kept, mean, std));
            if (_options.MeanLast && i == _options.Iterations - 1)
                parts.Add(mean);
            var candidates = parts.Count == 1 ? parts[0] : cat(parts, 0);
            var returns = Score(candidates);
            if (i == 0 && parts.Count > 1 && _kept > 0 && _options.WarmStart)
                returns = WithoutCold(returns, count);
            var (values, order) = returns.topk(Math.Min(_options.Elites, (int)candidates.shape[0]));
            var elites = candidates.index_select(0, order);
            var (top, first) = (values.narrow(0, 0, 1), elites.narrow(0, 0, 1));
            var any = top > double.NegativeInfinity; // else there is nothing to follow
            var better = top > best;
            (mean, std) = (where(any, Mixed(mean, elites.mean([0L], keepdim: true)), mean), where(any, Mixed(std, Deviation(elites)), std));
            if (_options.LeastStd > 0)
                std = std.clamp(min: _options.LeastStd);
            if (_kept > 0)
                kept = where(any, elites.narrow(0, 0, _kept), kept);
            plan = _options.ReturnBest ? where(better, first, plan) : where(any, mean, plan);
            best = best.maximum(top);
        }
        return (cat([plan, mean, kept], 0), where(best > double.NegativeInfinity, best, Full(double.NaN, 1)), Full(double.NaN, 1));
    }

    private protected override float Draw(NormalNoise noise, Span<float> normals)
    {
        int end = normals.Length - _kept * ActionSize;
        for (int i = 0, at = 0; i < _options.Iterations; i++)
        {
            int count = CemPlanner.Drawn(_options, i) * Size;
            noise.Fill(normals.Slice(at, count));
            at += count;
            for (int k = 0; k < _kept && i == 0 && _options.WarmStart && Memory[0] != 0; k++)
                noise.Fill(normals.Slice(end + k * ActionSize, ActionSize));
        }
        return 0;
    }

    private static int NormalsOf(CemOptions options, int actionSize)
    {
        int candidates = Enumerable.Range(0, options.Iterations).Sum(i => CemPlanner.Drawn(options, i));
        return candidates * options.Horizon * actionSize + Kept(options) * actionSize;
    }

    private static int Kept(CemOptions options) => (int)(options.KeptElites * options.Elites);

    private static Tensor Spread(Tensor noise, Tensor mean, Tensor std) => (mean + std * noise).clamp(-1, 1);

    private static Tensor Deviation(Tensor elites) => elites.std([0L], unbiased: false, keepdim: true);

    private Tensor Mixed(Tensor old, Tensor now) =>
        _options.Momentum == 0 ? now : old * _options.Momentum + now * (1 - _options.Momentum);

    // Elites of the plan before were shifted: their last action is drawn anew.
    private Tensor WithNewLastAction(Tensor kept, Tensor mean, Tensor std)
    {
        int end = NormalsOf(_options, ActionSize) - _kept * ActionSize, last = Size - ActionSize;
        var noise = Normals(end, _kept * ActionSize).reshape(_kept, ActionSize);
        var drawn = Spread(noise, mean.narrow(1, last, ActionSize), std.narrow(1, last, ActionSize));
        return cat([kept.narrow(1, 0, last), drawn], 1);
    }

    // Where there is no plan before, its elites are none.
    private Tensor WithoutCold(Tensor returns, int drawn)
    {
        var carried = returns.narrow(0, drawn, _kept);
        var counted = where(Warm > 0, carried, Full(double.NegativeInfinity, 1));
        long rest = returns.shape[0] - drawn - _kept;
        return cat([returns.narrow(0, 0, drawn), counted, returns.narrow(0, drawn + _kept, rest)], 0);
    }
}
