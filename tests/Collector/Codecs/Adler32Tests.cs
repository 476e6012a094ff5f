using RobotWorldModel.Collector.Codecs;

namespace RobotWorldModel.Collector.Tests.Codecs;

public class Adler32Tests
{
    [Fact]
    public void Known_values()
    {
        byte[] check = System.Text.Encoding.ASCII.GetBytes("123456789");
        Assert.Equal(0x091E01DEu, Adler32.Compute(check));
        Assert.Equal(0x11E60398u, Adler32.Compute(System.Text.Encoding.ASCII.GetBytes("Wikipedia")));
        Assert.Equal(1u, Adler32.Compute([]));
    }

    [Fact]
    public void Fast_and_portable_ways_agree_at_every_length_and_in_parts()
    {
        var bytes = new byte[6000];
        new Random(3).NextBytes(bytes);
        for (int length = 0; length < bytes.Length; length += length < 300 ? 1 : 97)
        {
            ReadOnlySpan<byte> data = bytes.AsSpan(1, Math.Min(length, bytes.Length - 1)); // not aligned
            Assert.Equal(Adler32.AppendPortable(1, data), Adler32.Compute(data));
            int cut = length / 3;
            Assert.Equal(Adler32.Compute(data), Adler32.Append(Adler32.Compute(data[..cut]), data[cut..]));
        }
    }

    [Fact]
    public void Adler_does_not_overflow_on_the_brightest_picture()
    {
        var white = new byte[200_000];
        Array.Fill<byte>(white, 255);
        Assert.Equal(Adler32.AppendPortable(1, white), Adler32.Compute(white));
        ulong a = 1, b = 0;
        foreach (byte x in white)
            b = (b + (a = (a + x) % 65521)) % 65521;
        Assert.Equal((uint)(b << 16 | a), Adler32.Compute(white));
    }
}
