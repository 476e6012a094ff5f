using System.Diagnostics;
using RobotWorldModel.Drivers.RealSense;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Drivers.Tests.RealSense;

/// <summary>What goes wrong with cameras; docs/faults.md has a row for each.</summary>
public class FaultTests(StandInFixture fixture) : RealSenseTest(fixture)
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_cable_that_is_pulled_is_said_and_the_camera_found_again(bool told)
    {
        PlugIn();
        using var camera = Open(timings: told ? Quick : Impatient);
        Streams(camera);
        Assert.True(camera.Color.TryGetNewest(out var before));
        before.Value.Release();
        Bus.Unplug(Serial, told);
        Says(camera, "no RealSense is connected: look at its cable");
        Assert.Contains(told ? "left the USB bus" : "picture for 0.2 s", camera.Status.LastLoss);
        Bus.Plug(Serial, told);
        Streams(camera);
        Assert.Equal(1, camera.Status.Reconnects);
        Assert.True(camera.Color.TryGetNewest(out var after));
        after.Value.Release();
        Assert.True(after.Sequence > before.Sequence && after.OriginatingNs > before.OriginatingNs);
        Assert.Equal(0, Bus.Ask("rwm_resets", Serial));
    }

    [Fact]
    public void Power_that_is_lost_while_calls_are_under_way_is_no_hang()
    {
        PlugIn();
        using var camera = Open(timings: Impatient);
        for (int round = 0; round < 3; round++) // at other moments of opening
        {
            Streams(camera, round);
            Bus.Unplug(Serial, tell: false);
            Eventually.True(() => !camera.Status.Connected, "the loss", 20);
            Bus.Plug(Serial, tell: false);
            Eventually.True(() => Bus.Ask("rwm_opens", Serial) > 2 * (round + 1), "the camera being opened", 20);
            Bus.Unplug(Serial);
            Bus.Plug(Serial);
        }
        Streams(camera);
    }

    [Theory]
    [InlineData(1, 0)] // until its streams are started anew
    [InlineData(2, 1)] // until it is reset
    public void A_frozen_camera_is_started_anew_and_then_reset(int until, int resets)
    {
        PlugIn();
        using var camera = Open(timings: Impatient);
        Streams(camera);
        Bus.Freeze(Serial, until);
        Eventually.True(() => !camera.Status.Connected, "the loss", 20);
        Assert.Contains("picture for 0.2 s", camera.Status.LastLoss);
        Streams(camera);
        Assert.Equal(resets, Bus.Ask("rwm_resets", Serial));
        Assert.Equal(1, camera.Status.Reconnects);
    }

    [Fact]
    public void A_camera_that_cannot_be_opened_is_reset_before_a_person_is_asked()
    {
        PlugIn();
        Bus.Fail("rs2_open_multiple", 2, "no", times: -1);
        using var camera = Open(timings: Impatient);
        Says(camera, "though its streams were started anew and it was reset");
        Assert.Equal(1, Bus.Ask("rwm_resets", Serial));
        Bus.Mend();
        Streams(camera);
    }

    [Fact]
    public void A_camera_that_stays_frozen_is_left_to_a_person()
    {
        PlugIn();
        using var camera = Open(timings: Impatient);
        Streams(camera);
        Bus.Freeze(Serial, until: 3);
        Says(camera, "unplug it, wait two seconds, plug it in again");
        Assert.Equal(1, Bus.Ask("rwm_resets", Serial));
        Bus.Unplug(Serial);
        Says(camera, "no RealSense is connected");
        Bus.Plug(Serial);
        Streams(camera);
        Assert.Equal(1, Bus.Ask("rwm_resets", Serial));
    }

    [Theory]
    [InlineData(2, "no depth picture")]
    [InlineData(4, "no colour picture")]
    public void One_stream_that_stops_is_a_fault_too(int stream, string said)
    {
        PlugIn();
        using var camera = Open(timings: Impatient);
        Streams(camera);
        Bus.Freeze(Serial, until: 1, stream);
        Says(camera, said);
        Eventually.True(() => camera.Status.Reconnects == 1, "the streams started anew", 20);
        Assert.Contains($"{said} for 0.2 s", camera.Status.LastLoss);
    }

    [Theory]
    [InlineData(1, "Rgb8 431x240 with rows of 1272 bytes where Rgb8 424x240 was asked for")]
    [InlineData(2, "rows of 636 bytes")]
    [InlineData(3, "Rgb8 424x240")]
    [InlineData(4, "Yuyv 424x240|a picture of a stream that was not asked for|Rgb8 424x240 with rows of 1272 bytes where Z16")]
    [InlineData(5, "the same picture twice")]
    [InlineData(6, "rows of 1073741824 bytes")]
    public void Garbage_is_no_picture(int how, string said)
    {
        PlugIn();
        using var camera = Open();
        Streams(camera);
        long lost = camera.Color.Counters.Lost;
        int pictures = how == 5 ? 1 : 5;
        Bus.Garble(Serial, StandIn.Color, how, pictures);
        Says(camera, $"; {pictures} broken pictures");
        Assert.Contains(said.Split('|'), s => camera.Status.Message.Contains(s));
        Streams(camera);
        Assert.Equal(lost + pictures, camera.Color.Counters.Lost);
        Assert.Equal(0, camera.Status.Reconnects);
    }

    [Fact]
    public void Nothing_but_garbage_is_as_good_as_nothing()
    {
        PlugIn();
        using var camera = Open(timings: Impatient);
        Streams(camera);
        Bus.Garble(Serial, StandIn.Depth, 1, -1);
        Says(camera, "were broken: Z16 431x240");
        Says(camera, "unplug it, wait two seconds");
        Bus.Garble(Serial, StandIn.Depth, 0, 0);
        Streams(camera);
    }

    [Fact]
    public void A_camera_that_restarts_by_itself_is_found_again()
    {
        PlugIn();
        using var camera = Open();
        Streams(camera);
        Bus.Unplug(Serial, tell: false); // the event of the loss is missing, that of the return is doubled
        Bus.Clock(Serial, -Bus.DeviceUs(Serial), 0);
        Bus.Plug(Serial);
        Bus.Order("rwm_false_event");
        Eventually.True(() => camera.Status.Reconnects == 1, camera.Status.Message, 20);
        Streams(camera);
        Assert.DoesNotContain("believed", camera.Status.Message);
    }

    [Fact]
    public void A_slow_camera_is_said()
    {
        PlugIn();
        using var camera = Open();
        Streams(camera);
        Bus.Rate(Serial, 30);
        Says(camera, "Hz of colour; is it dark?");
        Assert.True(camera.Status.Connected);
        Bus.Rate(Serial, 0);
        Eventually.True(() => !camera.Status.Message.Contains("dark"), camera.Status.Message, 20);
    }

    [Fact]
    public void A_clock_that_jumps_is_doubted_and_then_believed()
    {
        PlugIn();
        using var camera = Open();
        Streams(camera);
        Bus.Clock(Serial, 20_000_000, 0);
        var doubted = Follow(camera, camera.Color, s => s.DeviceNs == long.MinValue);
        var all = Follow(camera, camera.Color, s => s.DeviceNs > 0);
        Assert.All(all.SkipLast(1), s => Assert.Equal(s.ArrivalNs - 5_000_000, s.OriginatingNs)); // only the exposure is known of them
        Assert.InRange(all[^1].ArrivalNs - all[^1].OriginatingNs, 0, RealSenseClock.FarNs);
        Says(camera, "pictures without a stamp to be believed");
        Assert.True(doubted[^1].OriginatingNs < all[^1].OriginatingNs);
        Assert.Equal(0, camera.Status.Reconnects);
    }

    [Theory]
    [InlineData("rs2_stop")]
    [InlineData("rs2_close")]
    [InlineData("rs2_open_multiple")]
    public void A_library_that_hangs_hangs_nobody(string function)
    {
        PlugIn();
        if (function == "rs2_open_multiple")
            Bus.Hang(function);
        var camera = Open(timings: Impatient with { Open = 300 });
        if (function != "rs2_open_multiple")
        {
            Streams(camera);
            Bus.Hang(function);
            Bus.Freeze(Serial, until: 1);
        }
        Says(camera, "the library does not let go of the camera: unplug it");
        Assert.Equal(1, Bus.Ask("rwm_resets", Serial)); // it was tried from outside
        using (var other = Open(o => (o.Name, o.Serial) = ("scene", Serial)))
            Says(other, "in use as wrist"); // it is not opened beside the call that hangs
        Bus.Mend(); // as it is when the cable is pulled
        Streams(camera);
        Assert.Equal(0, Bus.Ask("rwm_double_opens", Serial));
    }

    [Fact]
    public void An_end_waits_for_a_library_that_hangs_no_longer_than_it_may()
    {
        PlugIn();
        var camera = Open();
        Streams(camera);
        Bus.Hang("rs2_stop");
        var clock = Stopwatch.StartNew();
        camera.Dispose();
        Assert.InRange(clock.Elapsed.TotalSeconds, 0.15, 5);
        Assert.Equal(1, Bus.Ask("rwm_hanging"));
        Bus.Mend(); // and what was held is given back when the call returns: the test's end looks at that
    }

    [Fact]
    public void What_the_camera_says_of_itself_is_passed_on()
    {
        PlugIn();
        using var camera = Open();
        Streams(camera);
        Bus.Order("rwm_notify", Serial, 2, "Depth stream start failure: laser hot");
        Says(camera, "it says: Depth stream start failure: laser hot");
    }
}
