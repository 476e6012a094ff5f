using RobotWorldModel.Drivers.FrameSocket;
using RobotWorldModel.Drivers.Samples;

namespace RobotWorldModel.Drivers.Tests.FrameSocket;

public class PictureStampTests
{
    [Theory]
    [InlineData(PixelFormat.Rgb8, 48)]
    [InlineData(PixelFormat.Depth16, 32)]
    public void What_was_written_is_read_and_only_the_first_16_pixels_change(PixelFormat format, int bytes)
    {
        var random = new Random(1);
        byte[] pixels = new byte[1000], before = new byte[1000];
        for (int i = 0; i < 200; i++)
        {
            random.NextBytes(pixels);
            pixels.CopyTo(before, 0);
            ulong sequence = (ulong)random.NextInt64();
            long time = random.NextInt64(long.MinValue, long.MaxValue);
            PictureStamp.Write(pixels, format, sequence, time);
            Assert.True(PictureStamp.TryRead(pixels, format, out ulong readSequence, out long readTime));
            Assert.Equal((sequence, time), (readSequence, readTime));
            Assert.Equal(before[bytes..], pixels[bytes..]);
        }
    }

    [Fact]
    public void Any_flipped_bit_is_noticed()
    {
        foreach (var format in (PixelFormat[])[PixelFormat.Rgb8, PixelFormat.Depth16])
        {
            byte[] pixels = new byte[format == PixelFormat.Rgb8 ? 48 : 32];
            PictureStamp.Write(pixels, format, 12345, 987654321);
            for (int bit = 0; bit < pixels.Length * 8; bit++)
            {
                pixels[bit / 8] ^= (byte)(1 << (bit % 8));
                Assert.False(PictureStamp.TryRead(pixels, format, out _, out _), $"bit {bit}");
                pixels[bit / 8] ^= (byte)(1 << (bit % 8));
            }
        }
    }

    [Fact]
    public void Other_pictures_have_no_stamp()
    {
        byte[] pixels = new byte[48];
        Assert.False(PictureStamp.TryRead(pixels, PixelFormat.Rgb8, out _, out _));
        PictureStamp.Write(pixels, PixelFormat.Rgb8, 1, 2);
        Assert.False(PictureStamp.TryRead(pixels, PixelFormat.Depth16, out _, out _));
        Assert.False(PictureStamp.TryRead(pixels.AsSpan(0, 47), PixelFormat.Rgb8, out _, out _));
        Assert.Throws<ArgumentException>(() => PictureStamp.Write(new byte[31], PixelFormat.Depth16, 1, 2));
    }
}
