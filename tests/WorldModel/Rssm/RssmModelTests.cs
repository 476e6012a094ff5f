using RobotWorldModel.WorldModel.Rssm;
using static TorchSharp.torch;

namespace RobotWorldModel.WorldModel.Tests.Rssm;

public class RssmModelTests : NoLeaks
{
    private static readonly RssmConfig Small = new()
    {
        Deterministic = 32,
        Stochastic = 8,
        Hidden = 32,
        Heads = [32],
        Vectors = [32],
        VectorEmbedding = 16,
        ImageDepth = 4,
    };

    public static TheoryData<string> Kinds => ["gaussian", "categorical", "input", "norm", "two-hot", "symlog"];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void It_learns_a_world_and_what_it_predicts_depends_on_the_actions(string kind)
    {
        using var model = new RssmModel(Of(kind), Drift.Shape);
        using var optimizer = optim.AdamW(model.WorldParameters().Select(one => one.Parameter), lr: 3e-3);
        var weights = new RssmLossConfig { ConsistencySteps = kind == "gaussian" ? 4 : 0, AnnealSteps = 20 };
        for (var step = 0; step < 160; step++)
        {
            using var scope = NewDisposeScope();
            optimizer.zero_grad();
            RssmLoss.Of(model, weights, Drift.Draw(step, 16, 12), step).Loss.backward();
            nn.utils.clip_grad_norm_(model.WorldParameters().Select(one => one.Parameter), 10);
            optimizer.step();
        }

        using var outer = NewDisposeScope();
        using var quiet = no_grad();
        var seen = Drift.Draw(10_000, 64, 12);
        var right = OpenLoopError(model, seen, seen.Actions);
        var repeated = RepeatError(seen);
        var others = OpenLoopError(model, seen, seen.Actions.flip(0));
        var none = OpenLoopError(model, seen, zeros_like(seen.Actions));
        Assert.True(right < 0.75 * repeated, $"imagined {right}, repeating the last {repeated}");
        Assert.True(right < 0.6 * others, $"imagined {right}, with the actions of others {others}");
        Assert.True(right < 0.8 * none, $"imagined {right}, without actions {none}");
    }

    [Fact]
    public void Pictures_are_encoded_and_imagined()
    {
        using var model = new RssmModel(Small, Drift.Pictured);
        using var optimizer = optim.AdamW(model.WorldParameters().Select(one => one.Parameter), lr: 3e-3);
        double first = 0, last = 0;
        for (var step = 0; step < 60; step++)
        {
            using var scope = NewDisposeScope();
            optimizer.zero_grad();
            var learned = RssmLoss.Of(model, new RssmLossConfig(), Drift.Draw(step, 8, 8, pictures: true), step);
            learned.Loss.backward();
            optimizer.step();
            last = learned.Parts["camera"];
            first = step == 0 ? last : first;
        }
        Assert.True(last < 0.6 * first, $"a picture cost {first} before and {last} after");
        using var outer = NewDisposeScope();
        var features = model.Initial(3).Features();
        Assert.Equal([3, 3, 16, 16], model.DecodeImages(features).Single().Expected.shape);
    }

    [Fact]
    public void An_episode_that_begins_forgets_what_was_before()
    {
        using var scope = NewDisposeScope();
        using var model = new RssmModel(Small, Drift.Shape);
        var seen = Drift.Draw(3, 4, 10);
        var embeddings = model.Encode(RssmLoss.Flat(seen.Observations)).unflatten(0, 4, 10);
        var first = seen.First.clone();
        first.select(1, 6).fill_(1);

        var whole = model.Filter(embeddings, seen.Actions, first, sample: false);
        var part = model.Filter(embeddings.narrow(1, 6, 4), seen.Actions.narrow(1, 6, 4), zeros([4, 4]), sample: false);
        var without = model.Filter(embeddings, seen.Actions, seen.First, sample: false);

        Assert.Equal(part.States.H.data<float>(), whole.States.H.narrow(1, 6, 4).data<float>());
        Assert.NotEqual(part.States.H.data<float>(), without.States.H.narrow(1, 6, 4).data<float>());
    }

    [Fact]
    public void What_is_missing_has_no_part_in_what_is_learned()
    {
        using var scope = NewDisposeScope();
        using var model = new RssmModel(Small, Drift.Pictured);
        var batch = Drift.Draw(3, 2, 6, pictures: true);
        batch.Observations.Masks["camera"].select(1, 2).zero_();
        var there = Loss();
        batch.Observations.Images["camera"].select(1, 2).fill_(0.7);
        Assert.Equal(there, Loss());
        batch.Observations.Images["camera"].select(1, 3).fill_(0.7);
        Assert.NotEqual(there, Loss());

        double Loss()
        {
            manual_seed(5);
            return RssmLoss.Of(model, new RssmLossConfig(), batch, 0).Parts["loss"];
        }
    }

    [Fact]
    public void What_it_filters_does_not_depend_on_what_comes_later()
    {
        using var scope = NewDisposeScope();
        using var model = new RssmModel(Small, Drift.Shape);
        var seen = Drift.Draw(3, 2, 8);
        var embeddings = model.Encode(RssmLoss.Flat(seen.Observations)).unflatten(0, 2, 8);
        var whole = model.Filter(embeddings, seen.Actions, seen.First, sample: false);
        var begun = model.Filter(embeddings.narrow(1, 0, 5), seen.Actions.narrow(1, 0, 5), seen.First.narrow(1, 0, 5), sample: false);

        Assert.Equal(begun.States.S.data<float>(), whole.States.S.narrow(1, 0, 5).data<float>());
    }

    [Fact]
    public void Free_nats_of_the_sum_and_of_each_latent_are_different_things()
    {
        using var scope = NewDisposeScope();
        using var model = new RssmModel(Small, Drift.Shape);
        var batch = Drift.Draw(3, 2, 6);
        double Kl(RssmLossConfig weights)
        {
            manual_seed(5);
            return RssmLoss.Of(model, weights, batch, 0).Parts["kl_dynamics"];
        }

        Assert.True(Kl(new RssmLossConfig { FreeNats = 1000 }) == 1000);
        Assert.True(Kl(new RssmLossConfig { FreeNats = 1000, FreePerLatent = true }) == 8000);
        Assert.True(Kl(new RssmLossConfig { FreeNats = 0 }) < Kl(new RssmLossConfig { FreeNats = 0.5, FreePerLatent = true }));
    }

    private static RssmConfig Of(string kind) => kind switch
    {
        "categorical" => Small with { Stochastic = 4, Classes = 8 },
        "input" => Small with { InputLayer = 24, Activation = Activation.Silu },
        "norm" => Small with { Norm = true },
        "two-hot" => Small with { Bins = 63 },
        "symlog" => Small with { Symlog = true },
        _ => Small,
    };

    // Filters six steps, imagines the other six under the actions, and compares the position.
    private static double OpenLoopError(RssmModel model, Sequences seen, Tensor actions)
    {
        var (b, t) = (seen.Actions.shape[0], seen.Actions.shape[1]);
        var embeddings = model.Encode(RssmLoss.Flat(seen.Observations)).unflatten(0, b, t);
        var filtered = model.Filter(embeddings, seen.Actions, seen.First, sample: false);
        var start = new RssmState(filtered.States.H.select(1, 5), filtered.States.S.select(1, 5));
        var (states, _) = model.Imagine(start, actions.narrow(1, 5, 6), sample: false);
        var expected = model.DecodeVectors(states.Features().flatten(0, 1)).Single().Expected.unflatten(0, b, 6);
        var truth = RssmLoss.Target(model, seen.Observations.Vectors["state"].narrow(1, 6, 6));
        return (expected - truth).square().mean().item<float>();
    }

    private static double RepeatError(Sequences seen)
    {
        var state = seen.Observations.Vectors["state"];
        return (state.narrow(1, 5, 1) - state.narrow(1, 6, 6)).square().mean().item<float>();
    }
}
