using RobotWorldModel.Collector.Capture;
using RobotWorldModel.Drivers.Time;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Collector.Tests.Capture;

/// <summary>Counts what the whole process allocates, so nothing else may run beside it.</summary>
[CollectionDefinition("alone", DisableParallelization = true)]
public class AloneCollection;

[Collection("alone")]
public class AllocationTests
{
    [Fact]
    public async Task Writing_samples_allocates_next_to_nothing()
    {
        using var folder = new TempFolder();
        var cell = new Cell();
        using var log = CaptureLog.Start(
            folder["demo_000.recording"], cell.Streams, "{}", WallClockAnchor.Now(), plans: new PlanShape(96, 10, 3, 3, 8, 30));
        const int Samples = 20_000;
        const long Most = Samples * 8; // room for the chunks' entries in the summary and for the test's own doings
        long allocated = Allocations.Least(() =>
        {
            long before = GC.GetTotalAllocatedBytes(precise: true);
            Round(cell, log, Samples);
            return GC.GetTotalAllocatedBytes(precise: true) - before;
        }, enough: Most);
        Assert.True(allocated <= Most, $"{allocated} bytes for {Samples} samples");
        var result = await log.Stop("{}");
        Assert.True(result.Streams[0].Written > Samples, $"{result.Streams[0]}");
    }

    private static void Round(Cell cell, CaptureLog log, int samples)
    {
        for (int n = 0; n < samples; n++)
        {
            cell.PublishRobot(n);
            if (n % 5 == 0)
                cell.PublishForce(n);
            if (n % 16 == 0)
            {
                log.Write(new TickRecord(n, HostClock.NowNs, HostClock.NowNs, 0, 0, 30, 1));
                log.Write(new CommandRecord { Tick = n, Source = "scripted", HandedOverNs = HostClock.NowNs });
                if (log.RentDecision() is { } decision)
                    log.Write(decision);
                if (log.RentPlan() is { } plan)
                    log.Write(plan);
                PublishImage(cell);
            }
            if (n % 100 == 99)
                AbsoluteGrid.SleepUntil(HostClock.NowNs + 10_000_000); // two polls of the log
        }
    }

    private static void PublishImage(Cell cell)
    {
        if (cell.ColorPool.TryRent() is not { } frame)
            return;
        long now = HostClock.NowNs;
        cell.Color.Publish(new(frame, now, now, now, 1));
    }
}
