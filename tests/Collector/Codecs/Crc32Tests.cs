using System.Text;
using RobotWorldModel.Collector.Codecs;

namespace RobotWorldModel.Collector.Tests.Codecs;

public class Crc32Tests
{
    [Fact]
    public void Check_value_of_the_catalogue() => Assert.Equal(0xCBF43926, Crc32.Compute(Encoding.ASCII.GetBytes("123456789")));

    [Fact]
    public void Every_length_and_alignment_agrees_with_the_definition()
    {
        byte[] data = new byte[700];
        new Random(1).NextBytes(data);
        for (int from = 0; from < 17; from++)
        {
            for (int length = 0; length + from <= data.Length; length += length < 200 ? 1 : 37)
            {
                var part = data.AsSpan(from, length);
                uint expected = BitByBit(part);
                Assert.Equal(expected, Crc32.Compute(part));
                Assert.Equal(expected, Crc32.AppendByTable(0, part));
            }
        }
    }

    [Fact]
    public void Parts_add_up_to_the_whole()
    {
        byte[] data = new byte[100_000];
        var random = new Random(2);
        random.NextBytes(data);
        uint whole = Crc32.Compute(data);
        Assert.Equal(whole, Crc32.AppendByTable(0, data));
        for (int i = 0; i < 50; i++)
        {
            int cut = random.Next(data.Length);
            Assert.Equal(whole, Crc32.Append(Crc32.Compute(data.AsSpan(0, cut)), data.AsSpan(cut)));
        }
    }

    private static uint BitByBit(ReadOnlySpan<byte> data)
    {
        uint crc = uint.MaxValue;
        foreach (byte b in data)
        {
            crc ^= b;
            for (int bit = 0; bit < 8; bit++)
                crc = (crc & 1) != 0 ? (crc >> 1) ^ 0xEDB88320 : crc >> 1;
        }
        return ~crc;
    }
}
