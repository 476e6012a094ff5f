using RobotWorldModel.Collector.Tests.Episodes;
using RobotWorldModel.WorldModel.Data;

namespace RobotWorldModel.WorldModel.Tests.Data;

public class WindowTests
{
    private static readonly DataOptions s_options = new() { Modalities = ["task:speed,angle"], Validation = 0 };
    private static readonly NormalisationOptions s_raw = new() { Vectors = Scaling.None };

    [Fact]
    public void A_step_has_its_observation_the_action_given_from_it_and_the_reward_on_entering_it()
    {
        using var folder = new MemoryFolder();
        new TinyEpisode { Number = 2, Frames = 8, Terminal = true }.Commit(folder.Path);
        Batch[] batches = Batches(folder.Path, new() { Length = 4, Stride = 3 });
        Assert.Equal([0, 3, 4], batches.SelectMany(b => b.Origins.Take(b.Count)).Select(o => o.Frame)); // the last ends with the episode
        foreach (Batch b in batches)
            for (int t = 0; t < 4; t++)
            {
                int k = b.Origins[0].Frame + t;
                Assert.Equal([TinyEpisode.Speed(2, k), TinyEpisode.Angle(2, k)], b["task:speed,angle"].Values[(2 * t)..(2 * t + 2)]);
                Assert.Equal(TinyEpisode.Action(2, k, 0) / 2, b.Actions[2 * t], 1e-6f); // its bounds are ±2; of a1, what was seen: ±1
                Assert.Equal(TinyEpisode.Action(2, k, 1), b.Actions[2 * t + 1], 1e-6f);
                Assert.Equal(TinyEpisode.Reward(2, k), b.Rewards[t]);
                Assert.Equal(k == 7 ? 0 : 1, b.Continues[t]);
                Assert.Equal(t == 0 ? 1 : 0, b.IsFirst[t]);
                Assert.Equal((1f, 1f, 1f), (b.ActionMask[t], b.RewardMask[t], b["task:speed,angle"].Mask[t]));
                Assert.Equal($"simulation/demo_002, frame {k}", b.Describe(0, t));
            }
    }

    [Fact]
    public void With_a_frame_skip_actions_stand_side_by_side_and_rewards_add_up()
    {
        using var folder = new MemoryFolder();
        new TinyEpisode { Number = 1, Frames = 11, Terminal = true }.Commit(folder.Path);
        Batch[] batches = Batches(folder.Path, new() { Length = 2, Horizon = 1, FrameSkip = 4, Stride = 100 });
        Assert.Equal([0, 2], batches.Select(b => b.Origins[0].Frame));
        Batch last = batches[1]; // frames 2, 6, 10; the action of 10 would reach beyond the episode
        Assert.Equal([1, 1, 0], last.ActionMask);
        Assert.All(last.Actions[16..], a => Assert.Equal(0, a));
        for (int j = 0; j < 4; j++)
            Assert.Equal(TinyEpisode.Action(1, 6 + j, 0) / 2, last.Actions[8 + 2 * j], 1e-6f);
        Assert.Equal(Enumerable.Range(7, 4).Sum(k => TinyEpisode.Reward(1, k)), last.Rewards[2]);
        Assert.Equal(Enumerable.Range(0, 3).Sum(k => TinyEpisode.Reward(1, k)), last.Rewards[0]);
        Assert.Equal([1, 1, 0], last.Continues);
        Assert.Equal("simulation/demo_001, frame 10", last.Describe(0, 2));
    }

    [Fact]
    public void What_is_not_known_is_masked_or_left_out()
    {
        using var folder = new MemoryFolder();
        new TinyEpisode { Number = 0, Frames = 3 }.Commit(folder.Path);
        new TinyEpisode { Number = 1, Frames = 12, NoAction = [5] }.Commit(folder.Path);
        new TinyEpisode { Number = 2, Frames = 4, Extra = true, Rewards = false }.Commit(folder.Path);
        DataOptions options = s_options with { Modalities = ["task:angle", "extra"] };
        Dataset data = Dataset.Open(folder.Path, options, Assert.Fail);
        WindowList windows = data.Windows(DataPart.Train, new() { Length = 4 });
        Assert.Equal((1, 3), (windows.TooShort, windows.WithoutActions)); // starts 3, 4 and 5 need row 5; to start 2 it is the last
        Assert.Contains("3 windows lack an action", windows.LeftOut, StringComparison.Ordinal);
        Assert.Equal(7, windows.Count);

        Batch[] all = Batches(folder.Path, new() { Length = 4, RequireActions = false }, options);
        Batch gap = all.Single(b => b.Origins[0] == new WindowOrigin("simulation/demo_001", 3));
        Assert.Equal([1, 1, 0, 1], gap.ActionMask);
        Assert.Equal([0, 0], gap.Actions[4..6]);
        Assert.Equal([0, 0, 0, 0], gap["extra"].Mask);
        Assert.Equal([0, 0, 0, 0], gap["extra"].Values);
        Batch sparse = all.Single(b => b.Origins[0].Episode == "simulation/demo_002");
        Assert.Equal([1, 0, 1, 1], sparse["extra"].Mask);
        Assert.Equal([0, 0, 2, 3], sparse["extra"].Values);
        Assert.Equal([0, 0, 0, 0], sparse.RewardMask);
        Assert.Equal([1, 1, 1, 1], sparse.Continues);
    }

    [Fact]
    public void Impossible_windows_are_refused()
    {
        using var folder = new MemoryFolder();
        new TinyEpisode().Commit(folder.Path);
        Dataset data = Dataset.Open(folder.Path, s_options, Assert.Fail);
        foreach (WindowOptions options in new WindowOptions[] { new() { Length = 0 }, new() { Length = 1 }, new() { Stride = 0 },
            new() { FrameSkip = 0 }, new() { Horizon = -1 } })
            Assert.Throws<ArgumentException>(() => data.Windows(DataPart.Train, options));
    }

    /// <summary>Each window as a batch of its own.</summary>
    private static Batch[] Batches(string root, WindowOptions options, DataOptions? data = null)
    {
        Dataset d = Dataset.Open(root, data ?? s_options, Assert.Fail);
        WindowList windows = d.Windows(DataPart.Train, options);
        using var loader = new BatchLoader(windows, DataNormalisation.Fit(d, s_raw),
            new() { BatchSize = 1, Epochs = 1, Ahead = windows.Count });
        return [.. Enumerable.Range(0, windows.Count).Select(_ => loader.Next()!)];
    }
}
