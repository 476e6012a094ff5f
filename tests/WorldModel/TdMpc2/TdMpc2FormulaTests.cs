using RobotWorldModel.WorldModel.Rssm;
using RobotWorldModel.WorldModel.TdMpc2;
using RobotWorldModel.WorldModel.Tests.Rssm;
using static TorchSharp.torch;

namespace RobotWorldModel.WorldModel.Tests.TdMpc2;

/// <summary>Against the formulas in plain loops.</summary>
public sealed class TdMpc2FormulaTests : NoLeaks
{
    private static readonly TdMpc2Config s_small = new() { Encoder = [16], Hidden = [16, 16], Latent = 16, Values = 3, Bins = 21 };

    [Fact]
    public void SimNorm_is_a_softmax_over_each_group()
    {
        using var scope = NewDisposeScope();
        var x = randn([3, 24]) * 4;
        using var norm = new SimNorm(8);
        var y = norm.call(x).data<float>().ToArray();
        var given = x.data<float>().ToArray();
        for (var group = 0; group < 9; group++)
        {
            double[] powers = [.. given.AsSpan(group * 8, 8).ToArray().Select(one => Math.Exp(one))];
            for (var i = 0; i < 8; i++)
                Assert.Equal(powers[i] / powers.Sum(), y[(group * 8) + i], 1e-6);
        }
    }

    [Fact]
    public void Numbers_are_two_hot_in_symlog_space()
    {
        using var scope = NewDisposeScope();
        float[] targets = [-1e6f, -30, -0.7f, 0, 0.05f, 2.4f, 800];
        var logits = randn([7, 101]);
        var (losses, means) = (SymlogBins.Loss(logits, tensor(targets, [7])).data<float>().ToArray(),
            SymlogBins.Expected(logits).data<float>().ToArray());
        var all = logits.data<float>().ToArray();
        for (var row = 0; row < 7; row++)
        {
            var own = all.AsSpan(row * 101, 101).ToArray();
            var sum = own.Sum(one => Math.Exp(one));
            var place = (Math.Clamp(Math.Sign(targets[row]) * Math.Log(1 + Math.Abs(targets[row])), -10, 10) + 10) / 0.2;
            var (below, above) = ((int)Math.Floor(place), (int)Math.Ceiling(place));
            var share = place - below;
            var loss = -((1 - share) * Math.Log(Math.Exp(own[below]) / sum)) - (share * Math.Log(Math.Exp(own[above]) / sum));
            Assert.Equal(loss, losses[row], 1e-3);
            var mean = own.Select((one, i) => Math.Exp(one) / sum * (-10 + (0.2 * i))).Sum();
            Assert.Equal(Math.Sign(mean) * (Math.Exp(Math.Abs(mean)) - 1), means[row], 1e-4);
        }
    }

    [Fact]
    public void A_target_is_the_smaller_of_two_heads()
    {
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        using var model = new TdMpc2Model(s_small, Drift.Shape);
        Shake(model);
        var input = randn([5, 17]);
        float[][] heads = [.. model.Values.Logits(input).Select(one => SymlogBins.Expected(one).data<float>().ToArray())];
        (int, int)[] all = [(0, 1), (0, 2), (1, 2)];
        var pairs = new HashSet<(int, int)>();
        for (var draw = 0; draw < 30; draw++)
        {
            var smaller = model.Values.SmallerOfTwo(input).data<float>().ToArray();
            pairs.Add(all.Single(pair => smaller.SequenceEqual(heads[pair.Item1].Zip(heads[pair.Item2], Math.Min))));
        }
        Assert.Equal(3, pairs.Count);
        Assert.All(model.Values.Mean(input).data<float>().ToArray().Select((mean, i) => (mean, heads.Average(one => one[i]))),
            pair => Assert.Equal(pair.Item2, pair.mean, 1e-5));
    }

    [Fact]
    public void A_policys_density_is_that_of_the_tanh_of_a_normal_variate()
    {
        using var scope = NewDisposeScope();
        var policy = SquashedPolicy.From(tensor([0.3f, -2, 0.6f, -0.5f], [1, 4]));
        double[] stds = [Math.Exp(-10 + (6 * (Math.Tanh(0.6) + 1))), Math.Exp(-10 + (6 * (Math.Tanh(-0.5) + 1)))];
        var (action, density) = policy.Draw();
        double expected = 0;
        for (var i = 0; i < 2; i++)
        {
            double a = action.data<float>().ToArray()[i], u = Math.Atanh(a), mean = i == 0 ? 0.3 : -2;
            expected += (-0.5 * Math.Pow((u - mean) / stds[i], 2)) - Math.Log(stds[i] * Math.Sqrt(2 * Math.PI)) - Math.Log(1 - (a * a));
        }
        Assert.Equal(expected, density.item<float>(), 1e-3);
        Assert.Equal([(float)Math.Tanh(0.3), (float)Math.Tanh(-2)], policy.Action().data<float>(), (a, b) => Math.Abs(a - b) < 1e-6);
    }

    [Fact]
    public void The_loss_is_its_sum_over_the_horizon()
    {
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        using var model = new TdMpc2Model(s_small with { Values = 2 }, Drift.Shape);
        using var targets = model.NewValues();
        Shake(model);
        targets.Copy(model.Values);
        targets.eval();
        var batch = Drift.Draw(3, 5, 4);
        batch.RewardMask[0, 2].fill_(0);
        var weights = new TdMpc2LossConfig { Discount = 0.9 };
        manual_seed(3);
        var parts = TdMpc2Loss.Of(model, targets, weights, batch).Parts;

        manual_seed(3);
        var seen = model.Encode(RssmLoss.Flat(batch.Observations)).unflatten(0, 5, 4);
        var drawn = model.Policy(seen.narrow(1, 1, 3)).Draw().Action;
        var (consistency, reward, value) = (0.0, 0.0, 0.0);
        var z = seen.select(1, 0);
        for (long t = 0; t < 3; t++)
        {
            var (a, weight) = (batch.Actions.select(1, t), Math.Pow(0.5, t) / 3);
            var known = batch.RewardMask.select(1, t + 1);
            var r = batch.Rewards.select(1, t + 1);
            var after = targets.SmallerOfTwo(cat([seen.select(1, t + 1), drawn.select(1, t)], -1)); // of two heads it is always the same
            double Mean(Tensor losses) => ((losses * known).sum() / known.sum()).item<float>();
            reward += weight * Mean(SymlogBins.Loss(model.RewardLogits(z, a), r));
            foreach (var logits in model.Values.Logits(cat([z, a], -1)))
                value += weight * Mean(SymlogBins.Loss(logits, r + (after * 0.9))) / 2;
            z = model.Next(z, a);
            consistency += weight * (z - seen.select(1, t + 1)).square().mean().item<float>();
        }
        Assert.Equal(consistency, parts["consistency"], 1e-6);
        Assert.Equal(reward, parts["reward"], 1e-4);
        Assert.Equal(value, parts["value"], 1e-4);
        Assert.Equal((20 * consistency) + (0.1 * reward) + (0.1 * value), parts["loss"], 1e-4);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    public void Sizes_are_about_what_they_are_called(int millions)
    {
        using var model = new TdMpc2Model(TdMpc2Config.Sized(millions), new ModelShape { Vectors = [new("state", 24)], Actions = 6 });
        Assert.InRange(model.parameters().Sum(one => one.numel()) / 1e6, 0.75 * millions, 1.25 * millions);
    }

    // Heads that begin at zero would agree on everything.
    private static void Shake(TdMpc2Model model)
    {
        foreach (var parameter in model.parameters())
            parameter.add_((rand(parameter.shape) - 0.5f) * 0.6f);
    }
}
