using RobotWorldModel.WorldModel.Data;
using RobotWorldModel.WorldModel.Rssm;
using TorchSharp;
using static TorchSharp.torch;

namespace RobotWorldModel.WorldModel.Training;

/// <summary>Where a loss that is no number comes from.</summary>
internal static class NotFinite
{
    /// <summary>A line that names the episode and frame, or says that none of them is to blame.</summary>
    public static string Find(ILearner learner, IReadOnlyList<Batch> batches, IReadOnlyList<Sequences> sequences, long step)
    {
        using var quiet = no_grad();
        for (int i = 0; i < batches.Count; i++)
        {
            if (InData(batches[i], sequences[i]) is { } seen)
                return $"step {step + 1}: {seen}";
            if (InLoss(learner, batches[i], sequences[i], step) is { } lost)
                return $"step {step + 1}: {lost}";
        }
        return $"step {step + 1}: the gradient is no finite number, and no single window of the batch is to blame. "
            + "Go on from the last checkpoint with a lower optimizer.learning_rate or optimizer.clip.";
    }

    private static string? InData(Batch batch, Sequences seen)
    {
        IEnumerable<(string Name, Tensor Values)> all = seen.Observations.Vectors.Select(one => (one.Key, one.Value))
            .Concat(seen.Observations.Images.Select(one => (one.Key, one.Value)))
            .Append(("the action", seen.Actions)).Append(("the reward", seen.Rewards));
        foreach ((string name, Tensor values) in all)
        {
            using var scope = NewDisposeScope();
            if (First(values) is { } at)
                return $"{name} is not a finite number at {batch.Describe(at.Window, at.Step)}. Leave the episode out, or mark the gap.";
        }
        return null;
    }

    private static string? InLoss(ILearner learner, Batch batch, Sequences seen, long step)
    {
        for (int window = 0; window < batch.Count; window++)
        {
            using var scope = NewDisposeScope();
            Sequences one = Only(seen, window);
            Cost alone = learner.CostOf(one, step);
            if (double.IsFinite(alone.Parts["loss"]))
                continue;
            string part = alone.Parts.First(p => !double.IsFinite(p.Value)).Key;
            int frame = First(alone.States)?.Step ?? 0;
            return $"the loss ({part}) is not a finite number in the window at {batch.Describe(window, 0)}"
                + $" (from {batch.Describe(window, frame)}). Look at that episode, or go on from the last checkpoint with a lower "
                + "optimizer.learning_rate.";
        }
        return null;
    }

    private static (int Window, int Step)? First(Tensor values)
    {
        Tensor bad = values.isfinite().logical_not();
        bool[] steps = (values.dim() > 2 ? bad.flatten(2).any(-1) : bad).cpu().data<bool>().ToArray();
        int at = Array.IndexOf(steps, true);
        int t = (int)values.shape[1];
        return at < 0 ? null : (at / t, at % t);
    }

    private static Sequences Only(Sequences all, int window)
    {
        Tensor One(Tensor tensor) => tensor.narrow(0, window, 1);
        Dictionary<string, Tensor> Each(IReadOnlyDictionary<string, Tensor> tensors) =>
            tensors.ToDictionary(t => t.Key, t => One(t.Value));
        return new Sequences(
            new Observations(Each(all.Observations.Vectors), Each(all.Observations.Images), Each(all.Observations.Masks)),
            One(all.Actions), One(all.Rewards), One(all.RewardMask), One(all.Continues), One(all.First));
    }
}
