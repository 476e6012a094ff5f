namespace RobotWorldModel.WorldModel.Data;

/// <summary>
/// Where the windows of a part of a dataset begin: in each episode at frame 0 and every stride on, and at the last frame that leaves a
/// whole window, so that how episodes end is learned too. No window goes over the end of an episode.
/// </summary>
public sealed class WindowList
{
    private readonly List<(int Episode, int Start)> _windows = [];

    internal WindowList(Dataset dataset, IReadOnlyList<int> episodes, WindowOptions options)
    {
        (Dataset, Options) = (dataset, options);
        foreach (int episode in episodes)
            Add(episode);
        LeftOut = TooShort == 0 && WithoutActions == 0 ? null
            : $"{TooShort} episodes are shorter than a window of {options.Reach} frames, and {WithoutActions} windows lack an action";
    }

    public int Count => _windows.Count;

    /// <summary>Episodes that have no room for a window.</summary>
    public int TooShort { get; private set; }

    /// <summary>Windows that <see cref="WindowOptions.RequireActions"/> left out.</summary>
    public int WithoutActions { get; private set; }

    /// <summary>What was left out, in a line; null where nothing was.</summary>
    public string? LeftOut { get; }

    internal Dataset Dataset { get; }

    internal WindowOptions Options { get; }

    internal (int Episode, int Start) this[int index] => _windows[index];

    /// <summary>The order of an epoch: as they stand, or shuffled by the seed and the epoch's number.</summary>
    internal int[] Order(int epoch, ulong? seed)
    {
        int[] order = [.. Enumerable.Range(0, Count)];
        if (seed is { } s)
            new SplitMix64(SplitMix64.Mix(s) ^ (ulong)epoch).Shuffle(order);
        return order;
    }

    private void Add(int episode)
    {
        TrainingEpisode e = Dataset.Episodes[episode];
        int last = e.Frames - Options.Reach;
        if (last < 0)
        {
            TooShort++;
            return;
        }
        for (int start = 0; ; start = Math.Min(start + Options.Stride, last))
        {
            // The action of the last step leads out of the window: it need not be known.
            if (!Options.RequireActions || e.ActsFrom(start, start + Options.Reach - 1))
                _windows.Add((episode, start));
            else
                WithoutActions++;
            if (start == last)
                return;
        }
    }
}
