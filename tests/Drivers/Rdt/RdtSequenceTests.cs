using RobotWorldModel.Drivers.Rdt;

namespace RobotWorldModel.Drivers.Tests.Rdt;

public class RdtSequenceTests
{
    private readonly RdtSequence _sequence = new();

    private (RdtPlace Place, long Lost) Take(uint rdt, uint ft, int counts = 0)
    {
        RdtPlace place = _sequence.Take(new(rdt, ft, 0, counts, 0, 0, 0, 0, 0), out long lost);
        return (place, lost);
    }

    [Fact]
    public void Gaps_are_counted_and_the_index_keeps_their_place()
    {
        Assert.Equal((RdtPlace.Next, 0), Take(5, 35)); // whatever is first
        Assert.Equal((RdtPlace.Next, 0), Take(6, 42));
        Assert.Equal((RdtPlace.Next, 3), Take(10, 70));
        Assert.Equal(5, _sequence.Index);
        Assert.Equal((RdtPlace.Next, 39_989), Take(40_000, 300_000)); // 40 s in which nobody read
    }

    [Fact]
    public void Both_numbers_may_wrap()
    {
        Take(uint.MaxValue - 1, uint.MaxValue - 3);
        Assert.Equal((RdtPlace.Next, 0), Take(uint.MaxValue, 3));
        Assert.Equal((RdtPlace.Next, 1), Take(1, 17));
        Assert.Equal(3, _sequence.Index);
    }

    [Fact]
    public void What_comes_twice_and_what_comes_late_is_told_apart()
    {
        Take(100, 700);
        Take(102, 714);
        Assert.Equal((RdtPlace.Late, 0), Take(101, 707));
        Assert.Equal((RdtPlace.Duplicate, 0), Take(101, 707));
        Assert.Equal((RdtPlace.Duplicate, 0), Take(102, 714));
        Assert.Equal((RdtPlace.Next, 0), Take(103, 721));
        Assert.Equal((RdtPlace.Duplicate, 0), Take(100, 700));
        Assert.Equal(3, _sequence.Index);
    }

    [Fact]
    public void A_sample_number_that_stands_is_a_repeat_where_the_counts_stand_too()
    {
        Take(1, 7, 50);
        Assert.Equal((RdtPlace.Repeat, 0), Take(2, 7, 50));
        Assert.Equal((RdtPlace.Next, 0), Take(3, 7, 51)); // a sensor that does not number its samples
    }

    [Fact]
    public void A_second_answer_to_the_start_is_a_new_count_however_near()
    {
        for (uint i = 1; i <= 30; i++)
            Take(i, 7 * i);
        Assert.Equal((RdtPlace.Restart, 0), Take(1, 7 * 31));
        Assert.Equal((RdtPlace.Next, 0), Take(2, 7 * 32));
        Assert.Equal(31, _sequence.Index);
    }

    [Fact]
    public void A_sensor_that_restarted_is_a_new_count()
    {
        Take(50_000, 350_000);
        Assert.Equal((RdtPlace.Restart, 0), Take(1, 7));
        Assert.Equal((RdtPlace.Restart, 0), Take(2, 3)); // its converter alone
        Assert.Equal((RdtPlace.Restart, 0), Take(3_000_000_000, 21)); // no gap is as large
    }

    [Fact]
    public void Without_sample_numbers_a_new_count_near_by_is_found_after_a_few_records()
    {
        for (uint i = 1; i <= 40; i++)
            Take(i, 0, (int)i);
        int old = 0;
        for (uint i = 1; Take(i, 0, 1000 + (int)i).Place != RdtPlace.Restart; i++)
            old++;
        Assert.Equal(15, old);
    }

    [Fact]
    public void A_new_request_begins_where_it_likes_and_the_index_goes_on()
    {
        Take(500, 3500);
        Take(501, 3507);
        _sequence.Begin();
        Assert.Equal((RdtPlace.Next, 0), Take(1, 90_000));
        Assert.Equal(2, _sequence.Index);
    }
}
