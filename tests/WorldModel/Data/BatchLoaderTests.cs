using System.Diagnostics;
using RobotWorldModel.Collector.Tests.Episodes;
using RobotWorldModel.Tests.Shared;
using RobotWorldModel.WorldModel.Data;

namespace RobotWorldModel.WorldModel.Tests.Data;

public sealed class BatchLoaderTests : IDisposable
{
    private readonly MemoryFolder _folder = new();
    private readonly Dataset _data;

    public BatchLoaderTests()
    {
        for (int i = 0; i < 3; i++)
            SyntheticEpisode.Commit(_folder.Path, seed: i, frames: 24);
        _data = Open();
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Order_and_content_do_not_depend_on_the_number_of_workers()
    {
        List<float[]> one = Read(Loader(workers: 1));
        Assert.Equal(one, Read(Loader(workers: 2)));
        Assert.Equal(one, Read(Loader(workers: 4, data: Open(pictureBytes: 0))));
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
        using var loader = new BatchLoader(windows, DataNormalisation.Fit(_data, new()),
            new() { BatchSize = size, Seed = 1, Epochs = 2, KeepPartial = true });
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
        PictureReport none = After(0), some = After(10 * Picture), all = After(1 << 20);
        Assert.Equal((0L, 0L), (none.Found, none.Bytes));
        Assert.InRange(some.Bytes, 1, 10 * Picture);
        Assert.InRange(some.Found, 1, all.Found - 1);
        Assert.Equal(none.Decoded, all.Decoded + all.Found);
        Assert.Empty(all.Damaged);

        PictureReport After(long pictureBytes)
        {
            Dataset data = Open(pictureBytes);
            Read(Loader(data: data));
            return data.PictureReport();
        }
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
        Assert.Equal([file], _data.PictureReport().Damaged.Keys);
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
    public void A_batch_that_is_ready_is_no_wait()
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
        Assert.Throws<OperationCanceledException>(() => loader.Next(stop.Token));
        Assert.Equal(before, loader.Position);
    }

    [Fact]
    public async Task A_consumer_that_waits_is_counted_and_can_stop()
    {
        // A pipe in a picture's place holds the worker up until somebody writes to it, as a slow disk would.
        WindowList windows = _data.Windows(DataPart.Train, new() { Length = 4, Stride = 2 });
        int from = Math.Max(windows[2].Start + 4, windows[3].Start); // of the second batch of three alone
        int frame = Array.FindIndex(_data.Episodes[0].Pictures[2]!, from, known => known);
        Assert.True(frame < windows[3].Start + 4, "the second batch has no picture of its own");
        string pipe = Path.Combine(_data.Episodes[0].Folder, "rgb", "wrist", $"{frame:D6}.png");
        File.Delete(pipe);
        using (Process make = Process.Start("mkfifo", [pipe]))
            make.WaitForExit();
        using BatchLoader loader = Loader(seed: null);
        using var slow = new SlowPicture(pipe);
        loader.Next()!.Dispose();
        using (var stop = new CancellationTokenSource())
        {
            Task waiting = Task.Run(() => loader.Next(stop.Token));
            Eventually.True(() => loader.IsWaitedFor, "the wait");
            stop.Cancel();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        }
        Task next = Task.Run(() => loader.Next());
        Eventually.True(() => loader.IsWaitedFor, "the second wait");
        slow.Dispose();
        await Task.WhenAny(next); // it fails where the worker had come to the pipe, which is no picture; else that is a gap
        LoaderReport report = loader.Report();
        Assert.Equal((2L, 2L), (report.Batches, report.Waits));
        Assert.True(report.LongestWait > TimeSpan.Zero && report.Waited > report.LongestWait);
    }

    [Fact]
    public void Too_few_windows_and_impossible_positions_are_refused()
    {
        WindowList windows = _data.Windows(DataPart.Train, new() { Length = 1000 });
        Assert.Contains("shorter than a window of 1000", Assert.Throws<InvalidDataException>(
            () => new BatchLoader(windows, DataNormalisation.Fit(_data, new()), new())).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => Loader(from: new(0, 1000)));
        Assert.Throws<ArgumentException>(() => Loader(workers: 0));
    }

    private Dataset Open(long pictureBytes = 1 << 20) => Dataset.Open(_folder.Path, new()
    {
        Modalities = ["joint_position", "wrench", "wrist_rgb", "wrist_depth"],
        PictureSide = 8,
        PictureBytes = pictureBytes,
        Validation = 0,
    }, Assert.Fail);

    private BatchLoader Loader(int workers = 1, ulong? seed = 7, int ahead = 4, DataPosition from = default, Dataset? data = null) =>
        new((data ?? _data).Windows(DataPart.Train, new() { Length = 4, Stride = 2 }), DataNormalisation.Fit(_data, new()),
            new() { BatchSize = 3, Epochs = 2, Seed = seed, Workers = workers, Ahead = ahead }, from);

    /// <summary>A pipe that whoever opens it waits at until this is disposed of, which a test must not end without.</summary>
    private sealed class SlowPicture(string pipe) : IDisposable
    {
        public void Dispose()
        {
            if (!File.Exists(pipe))
                return;
            using FileStream both = File.Open(pipe, FileMode.Open, FileAccess.ReadWrite); // which a pipe grants at once
            File.Delete(pipe); // for who comes after
        }
    }

    /// <summary>All that is left in a loader, each batch as one row of numbers.</summary>
    private static List<float[]> Read(BatchLoader loader)
    {
        using BatchLoader whole = loader;
        var all = new List<float[]>();
        while (loader.Next() is { } batch)
            using (batch)
                all.Add([.. batch.Modalities.SelectMany(m => m.Values.Concat(m.Mask).Concat(m.Pixels.Select(p => (float)p))),
                    .. batch.Actions, .. batch.ActionMask, .. batch.Rewards, .. batch.Continues, .. batch.IsFirst,
                    .. batch.Origins.Select(o => (float)o.Frame)]);
        return all;
    }
}
