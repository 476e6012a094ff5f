using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Simulation.Cell;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Simulation.Tests.Cell;

public class MotionLogTests
{
    private const double Dt = 0.002;

    [Fact]
    public void It_tells_when_the_arm_moved_and_how_fast()
    {
        var log = new MotionLog(1000);
        Add(log, from: 0, count: 10, speed: 0);
        Add(log, from: 10, count: 5, speed: 0.5);
        Add(log, from: 15, count: 5, speed: 0);
        Add(log, from: 20, count: 1, speed: 2);
        Add(log, from: 21, count: 4, speed: 0);
        MotionLog.Account all = log.Between(0, long.MaxValue);
        Assert.Equal([Time(10), Time(20)], all.Began);
        Assert.Equal([Time(15), Time(21)], all.Ceased);
        Assert.Equal(2, all.MaxJointSpeed, 1e-4);
        Assert.Equal(25, all.Cycles);
        MotionLog.Account middle = log.Between(Time(12), Time(16));
        Assert.Equal([Time(12)], middle.Began); // it moved from the outset
        Assert.Equal([Time(15)], middle.Ceased);
        Assert.Equal(0.5, middle.MaxJointSpeed, 1e-4);
        Assert.Equal((5, 0), ((int)middle.Cycles, (int)log.Between(Time(30), Time(40)).Cycles));
    }

    [Fact]
    public void It_keeps_the_last_cycles_and_says_how_many_it_knows()
    {
        var log = new MotionLog(100);
        Add(log, from: 0, count: 50, speed: 1);
        Add(log, from: 50, count: 100, speed: 0.01);
        MotionLog.Account account = log.Between(0, long.MaxValue);
        Assert.Equal((100, 0.01), ((int)account.Cycles, Math.Round(account.MaxJointSpeed, 4)));
    }

    [Fact]
    public void It_knows_where_the_arm_was()
    {
        var log = new MotionLog(MotionLog.KeptPlaces + 10);
        Add(log, from: 0, count: MotionLog.KeptPlaces + 5, speed: 1);
        Assert.Equal([(Time(100), 0.202), (Time(101), 0.204)],
            log.PlacesBetween(Time(100), Time(101)).Select(place => (place.TimeNs, Math.Round(place.Q[1], 6))));
        Assert.Equal(Time(5), log.PlacesBetween(0, long.MaxValue)[0].TimeNs); // the speeds go back further
    }

    [Fact]
    public void It_allocates_nothing()
    {
        var log = new MotionLog(100);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Add(log, from: 0, count: 1000, speed: 1);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private double _q;

    private void Add(MotionLog log, int from, int count, double speed)
    {
        for (int i = from; i < from + count; i++)
            log.Add(Time(i), new(0, _q += speed * Dt, 0, 0, 0, 0), Dt);
    }

    private static long Time(int cycle) => 1_000_000 + cycle * 2_000_000L;
}
