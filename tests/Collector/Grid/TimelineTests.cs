using RobotWorldModel.Collector.Episodes;
using RobotWorldModel.Collector.Grid;

namespace RobotWorldModel.Collector.Tests.Grid;

public class TimelineTests
{
    private const double RateHz = 100;
    private const long PeriodNs = 10_000_000;
    private readonly Timeline<double> _line = new(RateHz);

    [Fact]
    public void Between_two_samples_a_row_is_interpolated()
    {
        Add(0, 1, 2);
        var cell = _line.Around(PeriodNs + PeriodNs / 4, out var before, out var after, out double fraction);
        Assert.Equal(new StreamCell(1, 0, StreamStatus.Interpolated), cell);
        Assert.Equal((1.0, 2.0, 0.25), (before.Value, after.Value, fraction));
    }

    [Fact]
    public void On_a_sample_a_row_is_that_sample()
    {
        Add(0, 1);
        var cell = _line.Around(PeriodNs, out var before, out var after, out double fraction);
        Assert.Equal(new StreamCell(1, 0, StreamStatus.Interpolated), cell);
        Assert.Equal((1.0, 1.0, 0.0), (before.Value, after.Value, fraction));
        Assert.True(_line.IsFresh(PeriodNs, interpolated: true));
    }

    [Theory]
    [InlineData(15, "Interpolated")]
    [InlineData(16, "Stale")]
    [InlineData(500, "Stale")]
    [InlineData(501, "Missing")]
    public void Over_a_gap_a_row_is_no_guess(int ageMs, string status)
    {
        _line.Add(0, 0, 0);
        _line.Add(1_000_000_000, 1, 100);
        var cell = _line.Around(ageMs * 1_000_000L, out var before, out var after, out _);
        Assert.Equal(status, cell.Status.ToString());
        Assert.Equal(status == "Interpolated" ? 100.0 : before.Value, after.Value);
    }

    [Fact]
    public void After_the_last_sample_there_is_nothing_to_interpolate_to()
    {
        Add(0, 1);
        Assert.False(_line.IsFresh(PeriodNs + 1, interpolated: true));
        Assert.True(_line.IsFresh(PeriodNs + 1, interpolated: false));
        var cell = _line.Around(PeriodNs + 1, out var before, out var after, out _);
        Assert.Equal((StreamStatus.Stale, 1L, 1.0, 1.0), (cell.Status, cell.AgeNs, before.Value, after.Value));
    }

    [Fact]
    public void Before_the_first_sample_everything_is_missing()
    {
        Assert.Equal(StreamCell.Missing, _line.Newest(0, out _));
        _line.Add(1, 0, 0);
        Assert.Equal(StreamCell.Missing, _line.Newest(0, out _));
        Assert.Equal(StreamCell.Missing, _line.Around(0, out _, out _, out _));
        Assert.False(_line.IsFresh(0, interpolated: false));
    }

    [Fact]
    public void The_newest_sample_is_ok_then_repeated_then_stale_then_missing()
    {
        _line.Add(0, 7, 1);
        (long AgeNs, StreamStatus Status)[] expected =
        [
            (0, StreamStatus.Ok), (PeriodNs, StreamStatus.Repeated), (2 * PeriodNs, StreamStatus.Stale),
            (StreamRules.MissingAfterNs, StreamStatus.Stale), (StreamRules.MissingAfterNs + 1, StreamStatus.Missing),
        ];
        foreach (var (age, status) in expected)
        {
            var cell = _line.Newest(age, out _);
            Assert.Equal(status, cell.Status);
            Assert.Equal(status == StreamStatus.Missing ? StreamCell.Missing : new(7, age, status), cell);
        }
    }

    [Fact]
    public void A_number_that_is_given_again_is_not_the_same_sample()
    {
        _line.Add(0, 5, 1);
        _line.Add(PeriodNs, 5, 2); // the device was started anew
        Assert.Equal(StreamStatus.Ok, _line.Newest(0, out _).Status);
        Assert.Equal(StreamStatus.Ok, _line.Newest(PeriodNs, out var sample).Status);
        Assert.Equal(2, sample.Value);
        Assert.Equal(StreamStatus.Repeated, _line.Newest(PeriodNs + 1, out _).Status);
    }

    [Fact]
    public void Samples_that_come_out_of_order_stand_in_order()
    {
        foreach (int n in (int[])[0, 2, 1, 4, 3])
            _line.Add(n * PeriodNs, n, n);
        Assert.Equal(4 * PeriodNs, _line.NewestNs);
        for (int n = 0; n < 4; n++)
        {
            _line.Around(n * PeriodNs + 1, out var before, out var after, out _);
            Assert.Equal((n, n + 1.0), (before.Value, after.Value));
        }
    }

    [Fact]
    public void What_no_later_row_needs_is_let_go_once()
    {
        var gone = new List<int>();
        var line = new Timeline<int>(RateHz, gone.Add);
        for (int n = 0; n < 5; n++)
            line.Add(n * PeriodNs, n, n);
        line.Forget(2 * PeriodNs + 1);
        Assert.Equal([0, 1], gone);
        line.Newest(3 * PeriodNs, out _);
        line.Clear();
        Assert.Equal([0, 1, 2, 3, 4], gone);
    }

    private void Add(params int[] samples)
    {
        foreach (int n in samples)
            _line.Add(n * PeriodNs, n, n);
    }
}
