using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Drivers.Tests.Samples;

public class SampleStreamTests
{
    [Fact]
    public void The_newest_sample_and_the_counters_are_there_for_anyone()
    {
        var stream = new SampleStream<double>("force", 100, 8);
        Assert.False(stream.TryGetNewest(out _));
        Assert.Null(stream.NewestOriginatingNs);
        stream.Publish(At(1, 1000));
        stream.Publish(At(2, 3000));
        stream.CountLost(5);
        Assert.True(stream.TryGetNewest(out var newest));
        Assert.Equal((2.0, 3000L, (long?)3000), (newest.Value, newest.OriginatingNs, stream.NewestOriginatingNs));
        Assert.Equal(new StreamCounters(2, 5, 0), stream.Counters);
        Assert.Equal(("force", 100.0, 8.0), (stream.Name, stream.RateHz, stream.LatencyMs));
    }

    [Fact]
    public void Each_subscriber_gets_every_sample_from_then_on_in_order()
    {
        var stream = new SampleStream<double>("force", 100, 0);
        stream.Publish(At(0, 0));
        var early = stream.Subscribe(16);
        stream.Publish(At(1, 1));
        var late = stream.Subscribe(16);
        stream.Publish(At(2, 2));
        stream.Unsubscribe(early);
        stream.Publish(At(3, 3));
        Assert.Equal(0, early.Count);
        Assert.Equal([2.0, 3.0], Drain(late));
    }

    [Fact]
    public void A_full_queue_drops_the_new_and_counts_it()
    {
        var stream = new SampleStream<double>("robot", 500, 0);
        var queue = stream.Subscribe(5); // rounded up to 8
        for (int i = 0; i < 20; i++)
            stream.Publish(At(i, i));
        Assert.Equal((8, 12L, 12L), (queue.Count, queue.Overrun, stream.Counters.Overrun));
        Assert.Equal([0.0, 1, 2, 3, 4, 5, 6, 7], Drain(queue));
        stream.Publish(At(20, 20));
        Assert.Equal([20.0], Drain(queue));
    }

    [Fact]
    public void One_thread_writes_while_another_reads_and_nothing_is_lost_or_torn()
    {
        const int Samples = 300_000;
        var stream = new SampleStream<(long A, long B)>("robot", 500, 0);
        var queue = stream.Subscribe(1 << 19);
        var writer = new Thread(() =>
        {
            for (int i = 0; i < Samples; i++)
                stream.Publish(new((i, ~(long)i), i, i, i, i));
        });
        writer.Start();
        long next = 0;
        Eventually.True(() =>
        {
            while (queue.TryDequeue(out var sample))
            {
                Assert.Equal((next, ~next, next), (sample.Value.A, sample.Value.B, sample.Sequence));
                next++;
            }
            Assert.True(!stream.TryGetNewest(out var newest) || newest.Value.B == ~newest.Value.A, "the slot is torn");
            return next == Samples;
        }, "all samples");
        writer.Join();
    }

    [Fact]
    public void Publishing_allocates_nothing()
    {
        var stream = new SampleStream<RobotState>("robot", 500, 0);
        var queue = stream.Subscribe(64);
        Assert.Equal(0, Allocations.OfOneRound(() =>
        {
            for (int i = 0; i < 3000; i++)
            {
                stream.Publish(new(default, i, i, i, i));
                queue.TryDequeue(out _);
                stream.TryGetNewest(out _);
            }
        }));
    }

    [Fact]
    public void Every_frame_comes_back_to_its_pool_whoever_held_it()
    {
        var pool = new FramePool(8, 4, PixelFormat.Rgb8, 12);
        var stream = new SampleStream<ImageFrame>("wrist_rgb", 30, 25);
        var queue = stream.Subscribe(4);
        int published = 0;
        for (int i = 0; i < 100; i++)
        {
            if (pool.TryRent() is { } frame)
            {
                stream.Publish(new(frame, i, i, i, i));
                published++;
            }
            if (i % 3 == 0 && queue.TryDequeue(out var read))
                read.Value.Release();
        }
        Assert.True(stream.TryGetNewest(out var newest));
        Assert.Equal(100, published); // a full queue holds no frame back
        Assert.Equal((3, 12 - 3 - 1), (queue.Count, pool.Free)); // the newest found the queue full: it is in the slot alone
        stream.Unsubscribe(queue);
        Assert.Equal(11, pool.Free);
        newest.Value.Release();
        Assert.Equal(11, pool.Free); // the slot still holds it
    }

    [Fact]
    public void Subscribers_that_come_and_go_lose_no_frame()
    {
        var pool = new FramePool(2, 2, PixelFormat.Depth16, 32);
        var stream = new SampleStream<ImageFrame>("wrist_depth", 30, 25);
        bool done = false;
        var camera = new Thread(() =>
        {
            for (int i = 0; !Volatile.Read(ref done); i++)
            {
                if (pool.TryRent() is { } frame)
                    stream.Publish(new(frame, i, i, i, i));
            }
        });
        camera.Start();
        for (int i = 0; i < 3000 || stream.Counters.Received < 1000; i++)
        {
            var queue = stream.Subscribe(8);
            for (int k = 0; k < 3; k++)
                if (queue.TryDequeue(out var sample))
                    sample.Value.Release();
            stream.Unsubscribe(queue);
        }
        Volatile.Write(ref done, true);
        camera.Join();
        Assert.Equal(pool.Capacity - 1, pool.Free); // the newest stays
    }

    [Fact]
    public void An_empty_pool_says_so_and_a_frame_knows_who_holds_it()
    {
        var pool = new FramePool(4, 3, PixelFormat.Depth16, 2);
        Assert.Equal((24, 2, 2), (pool.FrameBytes, pool.Capacity, pool.Free));
        ImageFrame a = pool.TryRent()!, b = pool.TryRent()!;
        Assert.Null(pool.TryRent());
        Assert.Equal((4, 3, PixelFormat.Depth16, 24), (a.Width, a.Height, a.Format, a.Pixels.Length));
        a.AddReference();
        a.Release();
        Assert.Equal(0, pool.Free);
        a.Release();
        Assert.Equal(1, pool.Free);
        Assert.Throws<InvalidOperationException>(a.Release);
        Assert.Same(a, pool.TryRent());
        b.Release();
    }

    private static Sample<double> At(double value, long ns) => new(value, ns, Sample<double>.NoDeviceTime, ns, (long)value);

    private static double[] Drain(SampleQueue<double> queue)
    {
        var values = new List<double>();
        while (queue.TryDequeue(out var sample))
            values.Add(sample.Value);
        return [.. values];
    }
}
