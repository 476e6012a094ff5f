using System.Globalization;
using System.Text;
using RobotWorldModel.Drivers.Robotiq;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Drivers.Tests.Robotiq;

public class WrenchTupleReaderTests
{
    private static List<Wrench?> Read(byte[] bytes, Func<int> nextCut)
    {
        var reader = new WrenchTupleReader();
        var found = new List<Wrench?>();
        for (int at = 0; at < bytes.Length;)
        {
            int n = Math.Min(Math.Min(nextCut(), bytes.Length - at), reader.Free.Length);
            bytes.AsSpan(at, n).CopyTo(reader.Free);
            reader.Added(n);
            at += n;
            while (reader.Next(out var wrench) is not TupleResult.NeedBytes and var result)
                found.Add(result == TupleResult.Wrench ? wrench : null);
        }
        return found;
    }

    private static List<Wrench?> Read(string text) => Read(Encoding.ASCII.GetBytes(text), () => int.MaxValue);

    [Theory]
    [InlineData("( 1.5 , -2 , 3 , 0.1 , -0.2 , 0.3 )")]
    [InlineData("(1.5,-2,3,.1,-.2,.3)")]
    [InlineData("(+1.5E+00\t,\r\n-20e-1 ,3.,1E-1,-2e-1,  3.0e-01 )\r\n")]
    [InlineData(" 9 , 9 )junk\0\u0001(1.5,-2,3,0.1,-0.2,0.3)more")]
    public void All_spellings_are_the_same_tuple(string text) =>
        Assert.Equal([new Wrench(1.5, -2, 3, 0.1, -0.2, 0.3)], Read(text));

    [Theory]
    [InlineData("()")]
    [InlineData("(1,2,3,4,5)")]
    [InlineData("(1,2,3,4,5,6,7)")]
    [InlineData("(1,2,3,4,5,NaN)")]
    [InlineData("(1,2,3,4,5,1e999)")]
    [InlineData("(1,2,3,,5,6)")]
    [InlineData("(1 2 3 4 5 6)")]
    [InlineData("(1,2,3,4,5,6x)")]
    [InlineData("(1,2,3,4,+-5,6)")]
    [InlineData("(--1,2,3,4,5,6)")]
    [InlineData("(1,2,3,4,5,")]
    public void What_is_not_six_numbers_is_one_broken_sample_and_the_next_is_whole(string broken) =>
        Assert.Equal([null, new Wrench(1, 2, 3, 4, 5, 6)], Read(broken + "(1,2,3,4,5,6)"));

    [Fact]
    public void Any_cut_of_the_stream_gives_the_same_tuples()
    {
        var random = new Random(7);
        for (int round = 0; round < 200; round++)
        {
            var text = new StringBuilder();
            var expected = new List<Wrench?>();
            for (int i = 0; i < 50; i++)
            {
                double[] v = [.. Enumerable.Range(0, 6).Select(_ => (random.NextDouble() - 0.5) * Math.Pow(10, random.Next(-6, 6)))];
                string format = random.Next(3) switch { 0 => "R", 1 => "E8", _ => "F6" };
                string[] texts = [.. v.Select(x => x.ToString(format, CultureInfo.InvariantCulture))];
                double[] w = [.. texts.Select(x => double.Parse(x, CultureInfo.InvariantCulture))];
                expected.Add(new Wrench(w[0], w[1], w[2], w[3], w[4], w[5]));
                string space = new(' ', random.Next(3));
                text.Append('(').Append(space).AppendJoin($"{space},{space}", texts).Append(space).Append(')');
                text.Append(random.Next(3) switch { 0 => "\n", 1 => "\r\n", _ => "" });
            }
            Assert.Equal(expected, Read(Encoding.ASCII.GetBytes(text.ToString()), () => random.Next(1, 90)));
        }
    }

    [Fact]
    public void Noise_never_throws_and_the_reader_finds_its_way_back()
    {
        var random = new Random(8);
        byte[] letters = Encoding.ASCII.GetBytes("((()),,..--+eE0123456789 \r\n\0xN");
        for (int round = 0; round < 300; round++)
        {
            byte[] noise = new byte[random.Next(1, 20_000)];
            for (int i = 0; i < noise.Length; i++)
                noise[i] = round % 2 == 0 ? letters[random.Next(letters.Length)] : (byte)random.Next(256);
            byte[] all = [.. noise, .. Encoding.ASCII.GetBytes(")(1,2,3,4,5,6)")];
            Assert.Equal(new Wrench(1, 2, 3, 4, 5, 6), Read(all, () => random.Next(1, 4000))[^1]);
        }
    }

    [Fact]
    public void Reading_allocates_nothing()
    {
        var reader = new WrenchTupleReader();
        byte[] text = Encoding.ASCII.GetBytes("( -12.5 , 0.25 , 103.125 , 0.01 , -0.02 , 3.5e-3 )");
        var clock = new FixedRateClock(100, 8);
        long arrival = 0;
        void Take(int samples)
        {
            for (int i = 0; i < samples; i++)
            {
                text.CopyTo(reader.Free);
                reader.Added(text.Length);
                Assert.True(reader.Next(out _) == TupleResult.Wrench);
                clock.Add(1, arrival += 10_000_000);
                clock.NextOriginating(0, arrival);
            }
        }
        Assert.Equal(0, Allocations.OfOneRound(() => Take(10_000)));
    }
}
