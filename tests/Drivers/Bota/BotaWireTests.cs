using RobotWorldModel.Drivers.Bota;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.Time;

namespace RobotWorldModel.Drivers.Tests.Bota;

/// <summary>Frames out of bytes, and times and losses out of stamps.</summary>
public class BotaWireTests
{
    private const long Ms = 1_000_000;

    private static byte[] Frame(uint stampUs, BotaStatus status = 0, double fx = 1)
    {
        byte[] bytes = new byte[BotaWire.FrameBytes];
        BotaWire.Write(new(status, new(fx, 2, 3, 0.25, 0.5, 0.75), stampUs, 30), bytes);
        return bytes;
    }

    private static List<uint> Read(BotaFrameReader reader, ReadOnlySpan<byte> bytes, int atOnce)
    {
        var stamps = new List<uint>();
        for (; bytes.Length > 0; bytes = bytes[Math.Min(atOnce, bytes.Length)..])
        {
            ReadOnlySpan<byte> piece = bytes[..Math.Min(atOnce, bytes.Length)];
            piece.CopyTo(reader.Free);
            reader.Added(piece.Length);
            while (reader.TryNext(out BotaFrame frame))
                stamps.Add(frame.StampUs);
        }
        return stamps;
    }

    [Fact]
    public void The_sum_is_that_of_the_catalogue() => Assert.Equal(0x906E, BotaWire.Sum("123456789"u8)); // CRC-16/X-25, its check value

    /// <summary>Bytes from Python: struct.pack of the example's fields, and a sum computed bit by bit.</summary>
    [Fact]
    public void A_frame_has_its_fields_in_the_examples_places()
    {
        byte[] bytes = Convert.FromHexString(
            "AA" + "0200" + "00002041" + "0000A0C1" + "0000F041" + "0000803E" + "000000BF" + "0000403F"
            + "15CD5B07" + "0000FC41" + "3CE0");
        Assert.True(BotaWire.TryRead(bytes, out BotaFrame frame));
        Assert.Equal(new BotaFrame(BotaStatus.Overrange, new Wrench(10, -20, 30, 0.25, -0.5, 0.75), 123456789, 31.5f), frame);
        byte[] written = new byte[BotaWire.FrameBytes];
        BotaWire.Write(frame, written);
        Assert.Equal(bytes, written);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(36)]
    [InlineData(37)]
    [InlineData(500)]
    public void Frames_are_found_however_they_are_cut_and_whatever_is_between(int atOnce)
    {
        byte[] spoilt = Frame(3);
        spoilt[20] ^= 1;
        byte[] bytes = [0xAA, .. Frame(1), 0xAA, 0xAA, .. Frame(2), .. spoilt, .. Frame(4), .. Frame(5)[..20], .. Frame(6)];
        var reader = new BotaFrameReader();
        Assert.Equal([1u, 2, 4, 6], Read(reader, bytes, atOnce));
        Assert.Equal(1 + 2 + 37 + 20, reader.Skipped);
        Assert.False(reader.HasBooted);
    }

    [Theory]
    [InlineData("\r\nApp Init", true)]
    [InlineData("AppApp Init", true)]
    [InlineData("App Ini", false)]
    public void A_start_is_told_by_its_text(string text, bool boots)
    {
        var reader = new BotaFrameReader();
        byte[] bytes = [.. Frame(1), .. System.Text.Encoding.ASCII.GetBytes(text), .. Frame(2)];
        Assert.Equal([1u, 2], Read(reader, bytes, 16));
        Assert.Equal(boots, reader.HasBooted);
    }

    [Fact]
    public void Losses_are_told_by_the_stamps_also_where_these_turn_over()
    {
        var clock = new BotaClock(0);
        clock.Begin(1250);
        uint stamp = uint.MaxValue - 3000;
        long now = 1000 * Ms;
        Assert.Equal(1, clock.Add(stamp, now, out _));
        Assert.Equal(1, clock.Add(stamp += 1250, now += 1250_000, out long device));
        Assert.Equal(4, clock.Add(stamp += 4 * 1250 + 20, now += 5_020_000, out long turned)); // three lost, and 20 µs of jitter
        Assert.Equal(device + 5_020_000, turned);
        Assert.Equal(0, clock.Add(stamp, now + Ms, out _));
        Assert.Equal(1, clock.Add(stamp + 1250, now + 2 * Ms, out _));
    }

    [Theory]
    [InlineData(0u)] // back
    [InlineData(2_000_000_000u)] // ahead of the time that has passed: behind by more than half of its range
    public void A_clock_that_starts_anew_is_told(uint stamp)
    {
        var clock = new BotaClock(0);
        clock.Begin(2500);
        clock.Add(1_000_000_000, 1000 * Ms, out _);
        Assert.Equal(-1, clock.Add(stamp, 1003 * Ms, out _));
        clock.Begin(2500);
        Assert.Equal(1, clock.Add(stamp, 1100 * Ms, out _));
    }

    [Fact]
    public void Times_follow_the_sensors_clock_and_not_the_arrivals()
    {
        var random = new Random(3);
        var clock = new BotaClock(800_000);
        clock.Begin(2500);
        long worst = 0, before = long.MinValue;
        for (int read = 0; read < 2000; read++)
        {
            // It runs 40 ppm fast; an adapter collects four frames for 10 ms, and the host is late by chance.
            long TrueNs(int frame) => 5000 * Ms + (long)(frame * 2_500_000.0 * (1 - 40e-6));
            long arrival = TrueNs(4 * read + 3) + 800_000 + (long)(Math.Pow(random.NextDouble(), 2) * 9e6);
            long[] devices = new long[4];
            for (int i = 0; i < 4; i++)
                Assert.Equal(1, clock.Add((uint)(7_000_000 + (4 * read + i) * 2500), arrival, out devices[i]));
            for (int i = 0; i < 4; i++)
            {
                long originating = clock.NextOriginating(devices[i], arrival);
                Assert.True(originating > before && originating <= arrival - 800_000);
                before = originating;
                if (read > 1000)
                    worst = Math.Max(worst, Math.Abs(originating - TrueNs(4 * read + i)));
            }
        }
        Assert.InRange(worst, 0, Ms / 2);
    }

    [Fact]
    public void A_status_is_said_in_words() =>
        Assert.Equal("0x0016 (force or torque out of range, invalid measurements, bits that are not known here)",
            BotaWire.Describe((BotaStatus)0x16));
}
