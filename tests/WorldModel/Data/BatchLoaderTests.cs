using RobotWorldModel.Collector.Tests.Episodes;
using RobotWorldModel.Tests.Shared;
using RobotWorldModel.WorldModel.Data;

namespace RobotWorldModel.WorldModel.Tests.Data;

public sealed class BatchLoaderTests : IDisposable
{
    private readonly MemoryFolder _folder = new();
    private readonly Dataset _data;
    private readonly DataNormalisation _normalisation;

    public BatchLoaderTests()
    {
        for (int i = 0; i < 3; i++)
            SyntheticEpisode.Commit(_folder.Path, seed: i, frames: 24);
        _data = Dataset.Open(_folder.Path,
            new() { Modalities = ["joint_position", "wrench", "wrist_rgb", "wrist_depth"], PictureSide = 8, Validation = 0 }, Assert.Fail);
        _normalisation = DataNormalisation.Fit(_data, new());
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Order_and_content_do_not_depend_on_the_number_of_workers()
    {
        List<float[]> one = Read(Loader(workers: 1)), two = Read(Loader(workers: 2)), four = Read(Loader(workers: 4, pictureBytes: 0));
        Assert.Equal(one, two);
        Assert.Equal(one, four);
        Assert.NotEqual(one, Read(Loader(workers: 1, seed: 8)));
    }

    [Fact]
    public void A_run_that_goes_on_sees_what_it_would_have_seen()
    {
        List<float[]> whole = Read(Loader());
        int perEpoch = whole.Count / 2;
        foreach (int after in new[] { 1, perEpoch - 1, perEpoch, perEpoch + 2 })
        {
            DataPosition position = default;
            using (BatchLoader first = Loader())
                for (int i = 0; i < after; i++)
                    using (Batch batch = first.Next()!)
                        position = batch.Next;
            Assert.Equal(new(after / perEpoch, after % perEpoch), position);
            Assert.Equal(whole[after..], Read(Loader(from: position)));
        }
    }

    [Fact]
    public void An_epoch_shows_each_window_once_in_an_order_of_its_own()
    {
        var windows = _data.Windows(DataPart.Train, new() { Length = 4 });
        int size = windows.Count - 2; // an epoch is a full batch and one of two windows
        using var loader = new BatchLoader(windows, _normalisation, new() { BatchSize = size, Seed = 1, Epochs = 2, KeepPartial = true });
        var epochs = new List<WindowOrigin>[] { [], [] };
        while (true)
        {
            int epoch = loader.Position.Epoch;
            using Batch? batch = loader.Next();
            if (batch is null)
                break;
            Assert.Equal(batch.Next.Batch == 0 ? 2 : size, batch.Count);
            epochs[epoch].AddRange(batch.Origins.Take(batch.Count));
        }
        Assert.Equal(windows.Count, epochs[0].Distinct().Count());
        Assert.Equal(windows.Count, epochs[0].Count);
        Assert.Equal(epochs[0].ToHashSet(), epochs[1].ToHashSet());
        Assert.NotEqual(epochs[0], epochs[1]);
    }

    [Fact]
    public void The_store_keeps_pictures_up_to_its_limit()
    {
        const int Picture = 8 * 8 * 3;
        using BatchLoader none = Loader(pictureBytes: 0), some = Loader(pictureBytes: 10 * Picture), all = Loader();
        foreach (BatchLoader loader in new[] { none, some, all })
            Read(loader, dispose: false);
        Assert.Equal((0L, 0L), (none.Report().Found, none.Report().Bytes));
        Assert.InRange(some.Report().Bytes, 1, 10 * Picture);
        Assert.InRange(some.Report().Found, 1, all.Report().Found - 1);
        Assert.Equal(none.Report().Decoded, all.Report().Decoded + all.Report().Found);
        Assert.Empty(all.Report().Damaged);
    }

    [Fact]
    public void A_damaged_picture_is_a_gap_and_named()
    {
        string file = Path.Combine(_data.Episodes[0].Folder, "rgb", "wrist", "000003.png");
        byte[] content = File.ReadAllBytes(file);
        content[^20] ^= 1;
        File.WriteAllBytes(file, content);
        using BatchLoader loader = Loader(seed: null);
        using Batch batch = loader.Next()!;
        Assert.Equal(new("demonstrations/demo_000", 0), batch.Origins[0]);
        Assert.Equal(0, batch["wrist_rgb"].Mask[3]);
        Assert.All(batch["wrist_rgb"].Pixels[(3 * 192)..(4 * 192)], p => Assert.Equal(0, p));
        Assert.Equal([file], loader.Report().Damaged.Keys);
    }

    [Fact]
    public void What_fails_beneath_reaches_the_caller()
    {
        Directory.Delete(Path.Combine(_data.Episodes[0].Folder, "rgb"), recursive: true); // as a disk that went
        using BatchLoader loader = Loader(seed: null);
        var failure = Assert.Throws<InvalidOperationException>(() => loader.Next());
        Assert.Contains("000000.png", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Buffers_are_reused_and_must_come_back()
    {
        using BatchLoader loader = Loader(ahead: 1);
        Batch a = loader.Next()!, b = loader.Next()!;
        Assert.Contains("dispose", Assert.Throws<InvalidOperationException>(() => loader.Next()).Message, StringComparison.Ordinal);
        a.Dispose();
        a.Dispose(); // twice is once
        Batch c = loader.Next()!;
        Assert.Same(a, c);
        Assert.Equal(3, loader.Report().Batches);
        b.Dispose();
        c.Dispose();
    }

    [Fact]
    public void Waits_are_counted_and_can_be_broken_off()
    {
        using BatchLoader loader = Loader(ahead: 1);
        Assert.Equal(0, loader.Report().Waits);
        using (loader.Next())
        {
        }
        Eventually.True(() => loader.IsReady, "the next batch");
        using (loader.Next())
        {
        }
        Assert.Equal(0, loader.Report().Waits); // the first is never ready, the second was
        using var stop = new CancellationTokenSource();
        stop.Cancel();
        DataPosition before = loader.Position;
        try
        {
            loader.Next(stop.Token)!.Dispose(); // it may be ready
        }
        catch (OperationCanceledException)
        {
            Assert.Equal(before, loader.Position);
        }
        LoaderReport report = loader.Report();
        Assert.Equal(report.Waits > 0, report.Waited > TimeSpan.Zero);
        Assert.True(report.LongestWait <= report.Waited);
    }

    [Fact]
    public void Too_few_windows_and_impossible_positions_are_refused()
    {
        WindowList windows = _data.Windows(DataPart.Train, new() { Length = 1000 });
        Assert.Contains("shorter than a window of 1000", Assert.Throws<InvalidDataException>(
            () => new BatchLoader(windows, _normalisation, new())).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => Loader(from: new(0, 1000)));
        Assert.Throws<ArgumentException>(() => Loader(workers: 0));
    }

    private BatchLoader Loader(
        int workers = 1, ulong? seed = 7, long pictureBytes = 1 << 20, int ahead = 4, DataPosition from = default) =>
        new(_data.Windows(DataPart.Train, new() { Length = 4, Stride = 2 }), _normalisation,
            new() { BatchSize = 3, Epochs = 2, Seed = seed, Workers = workers, PictureBytes = pictureBytes, Ahead = ahead }, from);

    /// <summary>All that is left in a loader, each batch as one row of numbers.</summary>
    private static List<float[]> Read(BatchLoader loader, bool dispose = true)
    {
        var all = new List<float[]>();
        while (loader.Next() is { } batch)
            using (batch)
                all.Add([.. batch.Modalities.SelectMany(m => m.Values.Concat(m.Mask).Concat(m.Pixels.Select(p => (float)p))),
                    .. batch.Actions, .. batch.ActionMask, .. batch.Rewards, .. batch.Continues, .. batch.IsFirst,
                    .. batch.Origins.Select(o => (float)o.Frame)]);
        if (dispose)
            loader.Dispose();
        return all;
    }
}
