using RobotWorldModel.Drivers.Modbus;
using RobotWorldModel.Drivers.Robotiq;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Drivers.Tests.Robotiq;

public class Ft300FrameReaderTests
{
    private static byte[] Frame(params short[] counts)
    {
        byte[] frame = [0x20, 0x4E, .. counts.SelectMany(c => new[] { (byte)c, (byte)(c >> 8) }), 0, 0];
        Crc16.Close(frame);
        return frame;
    }

    private static List<Wrench> Read(Ft300FrameReader reader, ReadOnlySpan<byte> bytes, int piece)
    {
        var wrenches = new List<Wrench>();
        while (bytes.Length > 0)
        {
            int length = Math.Min(piece, Math.Min(bytes.Length, reader.Free.Length));
            bytes[..length].CopyTo(reader.Free);
            reader.Added(length);
            bytes = bytes[length..];
            while (reader.TryNext(out Wrench wrench))
                wrenches.Add(wrench);
        }
        return wrenches;
    }

    [Fact]
    public void The_manuals_frame_and_scales()
    {
        byte[] zero = Convert.FromHexString("204E00000000000000000000000062AF");
        Assert.Equal([default(Wrench), new Wrench(300, -300, 0.01, 30, -30, 0.001)],
            Read(new(), [.. zero, .. Frame(30000, -30000, 1, 30000, -30000, 1)], 16));
    }

    [Fact]
    public void However_it_is_cut_and_whatever_lies_between_no_whole_frame_is_lost()
    {
        var random = new Random(1);
        var bytes = new List<byte>();
        var expected = new List<Wrench>();
        for (int i = 0; i < 500; i++)
        {
            byte[] frame = Frame((short)i, 0x4E20, 0x4E20, 0x204E, -1, (short)random.Next(-32768, 32768));
            if (i % 7 == 3)
                frame[random.Next(2, 14)] ^= (byte)(1 << random.Next(8)); // broken: the frame after it must still come
            else
                expected.Add(Ft300Line.ToWrench((short)i, 0x4E20, 0x4E20, 0x204E, -1, (short)(frame[12] | frame[13] << 8)));
            bytes.AddRange(frame);
            if (i % 5 == 0)
                bytes.AddRange([0x20, 0x4E, 0x20, 0xFF, 0x20]);
        }
        byte[] all = [.. bytes];
        for (int piece = 1; piece < 40; piece++)
        {
            var reader = new Ft300FrameReader();
            Assert.Equal(expected, Read(reader, all, piece));
            Assert.InRange(all.Length - expected.Count * Ft300FrameReader.FrameBytes - reader.Skipped, 0, Ft300FrameReader.FrameBytes - 1);
        }
    }

    [Fact]
    public void Reading_allocates_nothing()
    {
        byte[] frame = Frame(1, 2, 3, 4, 5, 6);
        var reader = new Ft300FrameReader();
        Assert.Equal(0, Allocations.OfOneRound(() =>
        {
            for (int i = 0; i < 1000; i++)
            {
                frame.CopyTo(reader.Free);
                reader.Added(frame.Length);
                Assert.True(reader.TryNext(out _));
            }
        }));
    }
}
