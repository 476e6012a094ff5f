using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace RobotWorldModel.WorldModel.TdMpc2;

/// <summary>Q heads, each on [z, a]: what is still to come, discounted, when a is done in z and the policy acts from then on.</summary>
public sealed class ValueEnsemble : Module
{
    private readonly List<Sequential> _heads = [];

    internal ValueEnsemble(TdMpc2Config config, int inputs) : base(nameof(ValueEnsemble))
    {
        for (var i = 0; i < config.Values; i++)
        {
            var head = NormedMlp.Of(inputs, config.Hidden, config.Bins, config.Dropout, fromZero: true);
            _heads.Add(head);
            register_module($"q{i}", head);
        }
    }

    /// <summary>Logits over bins, [..., bins] of each head, from [z, a] [..., L + A].</summary>
    public IEnumerable<Tensor> Logits(Tensor input) => _heads.Select(head => head.call(input));

    /// <summary>The mean of all heads, [...].</summary>
    public Tensor Mean(Tensor input) => stack(Logits(input).Select(SymlogBins.Expected), 0).mean([0L]);

    /// <summary>The mean of two heads that are drawn by lot, [...].</summary>
    public Tensor MeanOfTwo(Tensor input)
    {
        var (one, other) = Two(input);
        return (one + other) / 2;
    }

    /// <summary>The smaller of two heads that are drawn by lot, [...]: a target that one head's error does not raise.</summary>
    public Tensor SmallerOfTwo(Tensor input)
    {
        var (one, other) = Two(input);
        return one.minimum(other);
    }

    /// <summary>Takes another's parameters as they are.</summary>
    internal void Copy(ValueEnsemble other)
    {
        using var quiet = no_grad();
        foreach (var (own, theirs) in parameters().Zip(other.parameters()))
            own.copy_(theirs);
    }

    /// <summary>Moves the parameters by a share of the way to another's.</summary>
    internal void Follow(ValueEnsemble other, double rate)
    {
        using var quiet = no_grad();
        foreach (var (own, theirs) in parameters().Zip(other.parameters()))
        {
            using var part = theirs * rate;
            own.mul_(1 - rate).add_(part);
        }
    }

    internal void Learns(bool learns)
    {
        foreach (var parameter in parameters())
            parameter.requires_grad_(learns);
    }

    private (Tensor One, Tensor Other) Two(Tensor input)
    {
        using var lots = rand([_heads.Count]);
        var (values, places) = lots.topk(2);
        using (values)
        using (places)
        {
            var chosen = places.data<long>().ToArray();
            return (Of(chosen[0]), Of(chosen[1]));
        }
        Tensor Of(long head) => SymlogBins.Expected(_heads[(int)head].call(input));
    }
}
