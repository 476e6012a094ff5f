using RobotWorldModel.WorldModel.Rssm;

namespace RobotWorldModel.Planner.Engine;

/// <summary>
/// Where rollouts start, and the noise that all of them share: with the same random numbers for every candidate their differences are
/// their actions' (common random numbers).
/// </summary>
internal sealed unsafe class LatentState : IDisposable
{
    private readonly RssmConfig _config;
    private readonly NativeBuffer _features, _noise;
    private readonly int[] _classes;
    private int _noiseSteps;

    public LatentState(RssmConfig config, int horizon)
    {
        _config = config;
        _features = new(config.Deterministic + (config.Classes > 0 ? 0 : config.Stochastic));
        _classes = new int[config.Classes > 0 ? config.Stochastic : 0];
        _noise = new((nint)horizon * config.StochasticWidth);
        Reset();
    }

    /// <summary>h, and s behind it where it is Gaussian.</summary>
    public Span<float> Features => _features.Span;

    /// <summary>
    /// Of a categorical latent the index of each group's class in the groups laid side by side; their width for no class.
    /// </summary>
    public Span<int> Classes => _classes;

    /// <summary>Values of noise a step: ε, or a Gumbel variate for each class.</summary>
    public int NoiseWidth => _config.StochasticWidth;

    /// <summary>The state before anything was seen: zeros, and no class.</summary>
    public void Reset()
    {
        Features.Clear();
        Classes.Fill(_config.StochasticWidth);
    }

    /// <summary>Takes h and s; of a categorical s, which is one-hot, the largest of each group, or no class where all are 0.</summary>
    public void Set(ReadOnlySpan<float> h, ReadOnlySpan<float> s)
    {
        if (h.Length != _config.Deterministic || s.Length != _config.StochasticWidth)
        {
            throw new ArgumentException($"a state of this model has {_config.Deterministic} values of h and "
                + $"{_config.StochasticWidth} of s; {h.Length} and {s.Length} were given");
        }
        h.CopyTo(Features);
        if (_config.Classes == 0)
            s.CopyTo(Features[h.Length..]);
        for (int g = 0; g < _classes.Length; g++)
        {
            var group = s.Slice(g * _config.Classes, _config.Classes);
            int best = 0;
            for (int c = 1; c < group.Length; c++)
                if (group[c] > group[best])
                    best = c;
            _classes[g] = group[best] > 0 ? g * _config.Classes + best : _config.StochasticWidth;
        }
    }

    /// <summary>Gives h and s as <see cref="Set"/> takes them.</summary>
    public void Get(Span<float> h, Span<float> s)
    {
        Features[..h.Length].CopyTo(h);
        if (_config.Classes == 0)
            Features[h.Length..].CopyTo(s);
        else
            s.Clear();
        foreach (int picked in _classes)
            if (picked < s.Length)
                s[picked] = 1;
    }

    /// <summary>
    /// Sets the noise of the steps to come: [steps, <see cref="NoiseWidth"/>]; none for the mean, or the most likely classes.
    /// </summary>
    public void SetNoise(ReadOnlySpan<float> noise)
    {
        if (noise.Length % NoiseWidth != 0 || noise.Length > _noise.Count)
            throw new ArgumentException($"noise is {NoiseWidth} values a step for at most {_noise.Count / NoiseWidth} steps");
        _noiseSteps = noise.Length / NoiseWidth;
        noise.CopyTo(_noise.Span);
        // The largest of logit + Gumbel is the largest of p · e^Gumbel, which needs no logarithm of a mixed p.
        if (_config.Classes > 0)
            foreach (ref float value in _noise.Span[..noise.Length])
                value = MathF.Exp(value);
    }

    /// <summary>Noise of a step; null where there is none.</summary>
    public float* NoiseAt(int step) => _noiseSteps == 0 ? null : _noise.Start + (nint)step * NoiseWidth;

    /// <summary>Steps that the noise is enough for; all, where there is none.</summary>
    public int NoiseSteps => _noiseSteps == 0 ? int.MaxValue : _noiseSteps;

    public void Dispose()
    {
        _features.Dispose();
        _noise.Dispose();
    }
}
