using RobotWorldModel.WorldModel.Checkpoints;
using RobotWorldModel.WorldModel.Rssm;

namespace RobotWorldModel.Planner.Engine;

/// <summary>A head with one value: a single output, or logits over bins whose expectation it is (two-hot, Hafner et al. 2023).</summary>
internal sealed unsafe class ScalarHead : IDisposable
{
    private readonly Mlp _network;
    private readonly NativeBuffer? _bins;
    private readonly bool _symlog;

    /// <param name="bins">What each output stands for, symmetric about 0; null where the only output is the value.</param>
    /// <param name="symlog">Whether the expectation is a symlog of the value.</param>
    public ScalarHead(Mlp network, float[]? bins, bool symlog = false)
    {
        (_network, _symlog) = (network, symlog);
        if (bins is null)
            return;
        _bins = new NativeBuffer(bins.Length);
        bins.CopyTo(_bins.Span);
    }

    public int Widest => _network.Widest;

    /// <summary>A head on z = [h, s] of an RSSM.</summary>
    /// <param name="bins">Symexp-spaced; 0 for a plain number.</param>
    public static ScalarHead OnFeatures(WeightFile weights, string name, RssmConfig config, int bins, int panelWidth) => new(
        Mlp.OnFeatures(weights, name, config, config.Heads, Math.Max(bins, 1), panelWidth), bins == 0 ? null : Transforms.Bins(bins));

    /// <summary>The value of each row.</summary>
    public void Evaluate<T>(int rows, Features features, MlpScratch scratch, float* values) where T : unmanaged, ILanes<T>
    {
        if (_bins is null)
        {
            _network.RunSingle<T>(rows, features, scratch, values);
            return;
        }
        Rows.Expectation<T>(rows, _network.Outputs, _bins.Start, _network.Run<T>(rows, features, scratch), scratch.Stride, values);
        for (int i = 0; i < rows && _symlog; i++)
            values[i] = (float)Math.CopySign(double.ExpM1(Math.Abs((double)values[i])), values[i]);
    }

    public void Dispose()
    {
        _network.Dispose();
        _bins?.Dispose();
    }
}
