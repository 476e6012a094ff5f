using RobotWorldModel.WorldModel.Rssm;
using static TorchSharp.torch;

namespace RobotWorldModel.WorldModel.Tests.Rssm;

public class TransformTests : NoLeaks
{
    [Fact]
    public void Symexp_undoes_symlog()
    {
        using var scope = NewDisposeScope();
        float[] values = [-1000, -1, -0.01f, 0, 0.5f, 30];
        var squeezed = Transforms.Symlog(tensor(values, [6]));

        Assert.Equal(-Math.Log(1001), squeezed[0].item<float>(), 1e-5);
        Assert.All(values.Zip(Transforms.Symexp(squeezed).data<float>()), pair => Assert.Equal(pair.First, pair.Second, 1e-2));
    }

    [Theory]
    [InlineData(255)]
    [InlineData(64)]
    public void Two_hot_says_the_number_it_was_made_of(int count)
    {
        using var scope = NewDisposeScope();
        var bins = tensor(Transforms.Bins(count), [count]);
        float[] values = [-300, -1.2f, 0, 0.003f, 1, 77, 5000];
        var weights = Transforms.TwoHot(tensor(values, [7]), bins);

        Assert.All(weights.sum(-1).data<float>(), sum => Assert.Equal(1, sum, 1e-6));
        Assert.All((weights > 0).to(float32).sum(-1).data<float>(), used => Assert.InRange(used, 1, 2));
        var logits = (weights + 1e-30).log();
        Assert.All(values.Zip(Transforms.Expected(logits, bins).data<float>()),
            pair => Assert.Equal(pair.First, pair.Second, 1e-4 * (1 + Math.Abs(pair.First))));
    }

    [Fact]
    public void Beyond_the_last_bin_all_weight_is_on_it()
    {
        using var scope = NewDisposeScope();
        var bins = tensor([-2f, 0, 2], [3]);

        Assert.Equal([0f, 0, 1, 1, 0, 0], Transforms.TwoHot(tensor([5f, -7], [2]), bins).data<float>());
    }

    [Theory]
    [InlineData(255)]
    [InlineData(254)]
    public void Equal_weights_on_bins_of_any_size_are_exactly_zero(int count)
    {
        using var scope = NewDisposeScope();

        Assert.Equal(0f, Transforms.Expected(zeros([count]), tensor(Transforms.Bins(count), [count])).item<float>());
    }

    [Fact]
    public void Lambda_returns_are_one_step_at_0_and_all_steps_at_1()
    {
        using var scope = NewDisposeScope();
        var (r, c, v) = (tensor([1f, 2, 3], [1, 3]), tensor([1f, 0.5f, 1], [1, 3]), tensor([10f, 20, 30], [1, 3]));

        // r + γ c v
        Assert.Equal([10f, 11, 30], ActorCritic.LambdaReturns(r, c, v, 0.9, 0).data<float>(), Near);
        // G3 = 3 + 27 = 30, G2 = 2 + 0.45 * 30, G1 = 1 + 0.9 G2
        Assert.Equal([14.95f, 15.5f, 30], ActorCritic.LambdaReturns(r, c, v, 0.9, 1).data<float>(), Near);
        // G2 = 2 + 0.45 (0.5 * 20 + 0.5 * 30), G1 = 1 + 0.9 (0.5 * 10 + 0.5 * G2)
        Assert.Equal([11.4625f, 13.25f, 30], ActorCritic.LambdaReturns(r, c, v, 0.9, 0.5).data<float>(), Near);

        static bool Near(float a, float b) => Math.Abs(a - b) < 1e-4;
    }

    [Fact]
    public void Divergences_are_their_formulas()
    {
        using var scope = NewDisposeScope();
        var p = new Latent(tensor([0.5f], [1, 1]), tensor([1.2f], [1, 1]), null);
        var q = new Latent(tensor([-0.3f], [1, 1]), tensor([0.7f], [1, 1]), null);
        Assert.Equal(Math.Log(0.7 / 1.2) + ((1.44 + 0.64) / (2 * 0.49)) - 0.5, p.Divergence(q).item<float>(), 1e-5);

        var config = new RssmConfig { Stochastic = 1, Classes = 2, Unimix = 0.1f };
        var a = Latent.From(config, tensor([1f, 0], [1, 2]));
        var b = Latent.From(config, tensor([0f, 2], [1, 2]));
        var (p1, q1) = ((0.9 / (1 + Math.Exp(-1))) + 0.05, (0.9 / (1 + Math.Exp(2))) + 0.05);
        var expected = (p1 * Math.Log(p1 / q1)) + ((1 - p1) * Math.Log((1 - p1) / (1 - q1)));
        Assert.Equal(expected, a.Divergence(b).item<float>(), 1e-5);
    }

    [Fact]
    public void A_categorical_draw_is_one_of_each_group_as_often_as_it_is_likely()
    {
        using var scope = NewDisposeScope();
        var config = new RssmConfig { Stochastic = 2, Classes = 3, Unimix = 0 };
        var latent = Latent.From(config, tensor([0f, 1, 2, 5, 5, -5], [1, 6]).expand(4000, 6));
        var drawn = latent.Sample();

        Assert.All(drawn.unflatten(-1, 2, 3).sum(-1).data<float>(), sum => Assert.Equal(1, sum, 1e-6));
        var often = drawn.mean([0L]).data<float>().ToArray();
        double[] likely = [0.090, 0.245, 0.665, 0.5, 0.5, 0];
        Assert.All(likely.Zip(often), pair => Assert.Equal(pair.First, pair.Second, 0.03));
    }
}
