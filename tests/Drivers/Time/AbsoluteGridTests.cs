using RobotWorldModel.Drivers.Time;

namespace RobotWorldModel.Drivers.Tests.Time;

public class AbsoluteGridTests
{
    [Fact]
    public void Thirty_hertz_does_not_drift()
    {
        var grid = new AbsoluteGrid(30, 17);
        Assert.Equal(17, grid.TimeOf(0));
        Assert.Equal(17 + 33_333_333, grid.TimeOf(1));
        Assert.Equal(17 + 1_000_000_000L, grid.TimeOf(30));
        Assert.Equal(17 + 3_600_000_000_000L * 24 * 365, grid.TimeOf(30L * 3600 * 24 * 365));
    }

    [Theory]
    [InlineData(30)]
    [InlineData(125)]
    [InlineData(500)]
    [InlineData(29.97)]
    public void A_slot_is_found_by_its_time(double rate)
    {
        var grid = new AbsoluteGrid(rate, 1_000_000);
        foreach (long slot in (long[])[0, 1, 29, 30, 12_345, 1_000_000_007, -3])
        {
            Assert.Equal(slot, grid.SlotAt(grid.TimeOf(slot)));
            Assert.Equal(slot, grid.SlotAt(grid.TimeOf(slot + 1) - 1));
            Assert.Equal(slot - 1, grid.SlotAt(grid.TimeOf(slot) - 1));
        }
    }

    [Fact]
    public void A_time_is_off_the_nearest_slot_by_half_a_period_at_most()
    {
        var grid = new AbsoluteGrid(500, 17);
        Assert.Equal(0, grid.OffSlot(grid.TimeOf(5)));
        Assert.Equal(999_999, grid.OffSlot(grid.TimeOf(5) + 999_999));
        Assert.Equal(-999_999, grid.OffSlot(grid.TimeOf(5) - 999_999));
        Assert.Equal(-1_000_000, grid.OffSlot(grid.TimeOf(5) + 1_000_000));
        Assert.Equal(-300_000, grid.OffSlot(grid.TimeOf(-5) - 300_000));
    }

    [Theory]
    [InlineData(50e-6)]
    [InlineData(-50e-6)]
    public void A_grid_that_is_shifted_stays_in_step_with_a_clock_that_drifts(double drift)
    {
        var grid = new AbsoluteGrid(500, 0);
        double theirs = 900_000; // nearly half a period away
        long worst = 0;
        for (int slot = 0; slot < 100_000; slot++)
        {
            theirs += 2_000_000 * (1 + drift);
            grid.Shift(grid.OffSlot((long)theirs) / 500);
            if (slot > 5000)
                worst = Math.Max(worst, Math.Abs(grid.OffSlot((long)theirs)));
        }
        Assert.InRange(worst, 0, 60_000);
    }

    [Fact]
    public void Waiting_returns_at_or_after_each_slot_in_turn()
    {
        var grid = new AbsoluteGrid(200, HostClock.NowNs + 10_000_000);
        long last = -1;
        for (int i = 0; i < 20; i++)
        {
            long slot = grid.WaitNext();
            Assert.True(HostClock.NowNs >= grid.TimeOf(slot), "woken early");
            Assert.Equal(slot, grid.Slot);
            Assert.True(slot > last);
            last = slot;
        }
        Assert.Equal(19 + grid.Missed, last);
    }

    [Fact]
    public void Slots_that_have_passed_are_skipped_and_counted_not_caught_up()
    {
        long origin = HostClock.NowNs;
        var grid = new AbsoluteGrid(100, origin);
        Assert.Equal(0, grid.WaitNext());
        AbsoluteGrid.SleepUntil(grid.TimeOf(7) + 1_000_000);
        long slot = grid.WaitNext();
        Assert.True(slot >= 7, $"slot {slot}");
        Assert.Equal(slot - 1, grid.Missed);
        Assert.True(grid.WaitNext() > slot);
    }

    [Fact]
    public void A_grid_that_began_long_ago_starts_with_the_newest_slot_and_has_missed_none()
    {
        var grid = new AbsoluteGrid(1000, HostClock.NowNs - 5_000_000_000);
        Assert.True(grid.WaitNext() >= 4999);
        Assert.Equal(0, grid.Missed);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-30)]
    public void A_rate_must_be_positive(double rate) => Assert.Throws<ArgumentOutOfRangeException>(() => new AbsoluteGrid(rate, 0));
}
