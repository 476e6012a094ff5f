using RobotWorldModel.Drivers.UniversalRobots;

namespace RobotWorldModel.Drivers.Tests.UniversalRobots;

public class RoundTripsTests
{
    [Fact]
    public void Trips_are_copied_once_each_and_in_order()
    {
        var trips = new RoundTrips();
        var into = new long[trips.Capacity];
        long count = 0;
        Time(trips, 1, 10);
        Assert.Equal(10, trips.CopySince(ref count, into));
        Assert.Equal(Enumerable.Range(1, 10).Select(i => (long)i), into[..10]);
        Assert.Equal(0, trips.CopySince(ref count, into));

        Time(trips, 11, 2 * trips.Capacity); // more than are kept: the newest
        Assert.Equal(trips.Capacity, trips.CopySince(ref count, into));
        Assert.Equal(2 * trips.Capacity, into[^1]);
        Assert.Equal(trips.Capacity + 1, into[0]);
        Assert.Equal(trips.Count, count);
    }

    // The trip of each counter lasts as many ns as it is high.
    private static void Time(RoundTrips trips, int from, int to)
    {
        for (int counter = from; counter <= to; counter++)
        {
            trips.Sent(counter, 1_000_000);
            trips.Echoed(counter, 1_000_000 + counter);
        }
    }
}
