using System.Runtime.InteropServices;
using RobotWorldModel.Collector.Codecs;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Collector.Tests.Codecs;

public class PictureTests
{
    public static TheoryData<string, int, int> Pictures()
    {
        var data = new TheoryData<string, int, int>();
        foreach (string kind in new[] { "flat", "noise", "ramp", "stripes", "skewed", "sparse", "nearly flat" })
            foreach ((int width, int height) in new[]
            {
                (1, 1), (1, 37), (37, 1), (10, 7), (11, 3), (32, 32), (33, 20), (641, 5), (213, 119),
            })
                data.Add(kind, width, height);
        data.Add("noise", 640, 480);
        data.Add("skewed", 640, 480);
        data.Add("flat", 1280, 720);
        return data;
    }

    [Theory]
    [MemberData(nameof(Pictures))]
    public void Colour_comes_back_to_the_bit_and_is_the_same_without_vectors(string kind, int width, int height)
    {
        byte[] rgb = Make(kind, width * 3, height);
        byte[] png = new PngEncoder().Encode(rgb, width, height).ToArray();
        RgbPicture decoded = new PngDecoder().Decode(png);
        Assert.Equal((width, height), (decoded.Width, decoded.Height));
        Assert.True(decoded.Pixels.Span.SequenceEqual(rgb));
        Assert.True(new PngEncoder(useVectors: false).Encode(rgb, width, height).Span.SequenceEqual(png));
    }

    [Theory]
    [MemberData(nameof(Pictures))]
    public void Depth_comes_back_to_the_bit(string kind, int width, int height)
    {
        byte[] depth = Make(kind, width * 2, height);
        DepthPicture decoded = new NpzReader().Read(new NpzEncoder().Encode(depth, width, height).ToArray());
        Assert.Equal((width, height), (decoded.Width, decoded.Height));
        Assert.True(MemoryMarshal.AsBytes(decoded.Values.Span).SequenceEqual(depth));
    }

    [SkippableFact]
    public void Other_decoders_agree_to_the_bit()
    {
        using var folder = new TempFolder();
        var png = new PngEncoder();
        var npz = new NpzEncoder();
        int count = 0;
        foreach (object[] row in Pictures())
        {
            (string kind, int width, int height) = ((string)row[0], (int)row[1], (int)row[2]);
            if (width * height > 40_000)
                continue; // pure Python takes its time
            byte[] rgb = Make(kind, width * 3, height), depth = Make(kind, width * 2, height);
            Write("png", png.Encode(rgb, width, height), rgb);
            Write("npz", npz.Encode(depth, width, height), depth);

            void Write(string ending, ReadOnlyMemory<byte> file, byte[] raw)
            {
                string stem = folder[$"{count++:D3}"];
                File.WriteAllBytes($"{stem}.{ending}", file.Span);
                File.WriteAllBytes($"{stem}.raw", raw);
                File.WriteAllText($"{stem}.size", $"{width} {height}");
            }
        }
        Assert.StartsWith($"{count} pictures", Peer.RunPython("episode_pictures.py", folder.Path), StringComparison.Ordinal);
    }

    [SkippableFact]
    public void Files_of_NumPy_and_PIL_are_read()
    {
        Skip.IfNot(File.Exists("/usr/lib/python3/dist-packages/numpy/__init__.py")
            && File.Exists("/usr/lib/python3/dist-packages/PIL/__init__.py"),
            "python3-numpy or python3-pil is not installed");
        using var folder = new TempFolder();
        Peer.RunPython("episode_numpy.py", folder.Path);
        foreach (string name in new[] { "depth.npz", "stored.npz" })
        {
            DepthPicture depth = new NpzReader().Read(File.ReadAllBytes(folder[name]));
            Assert.Equal((64, 48), (depth.Width, depth.Height));
            Assert.True(MemoryMarshal.AsBytes(depth.Values.Span).SequenceEqual(File.ReadAllBytes(folder["depth.raw"])));
        }
        RgbPicture picture = new PngDecoder().Decode(File.ReadAllBytes(folder["filters.png"]));
        Assert.Equal((200, 150), (picture.Width, picture.Height));
        Assert.True(picture.Pixels.Span.SequenceEqual(File.ReadAllBytes(folder["filters.raw"])));
    }

    [Fact]
    public void Encoding_colour_again_and_again_allocates_nothing()
    {
        var png = new PngEncoder();
        byte[] rgb = Make("noise", 64 * 3, 48);
        Assert.Equal(0, Allocations.OfOneRound(() =>
        {
            for (int i = 0; i < 100; i++)
                png.Encode(rgb, 64, 48);
        }));
    }

    [Fact]
    public void Every_flipped_byte_of_a_PNG_and_every_shorter_file_is_refused()
    {
        byte[] rgb = Make("ramp", 21 * 3, 9), png = new PngEncoder().Encode(rgb, 21, 9).ToArray();
        var decoder = new PngDecoder();
        for (int at = 0; at < png.Length; at++)
        {
            byte[] damaged = [.. png];
            damaged[at] ^= (byte)(1 << at % 8);
            Assert.Throws<InvalidDataException>(() => decoder.Decode(damaged));
            Assert.Throws<InvalidDataException>(() => decoder.Decode(png.AsSpan(0, at)));
        }
        Assert.Throws<InvalidDataException>(() => decoder.Decode([.. png, 0]));
        Assert.True(decoder.Decode(png).Pixels.Span.SequenceEqual(rgb));
    }

    [Fact]
    public void Damaged_depth_is_refused()
    {
        byte[] depth = Make("noise", 21 * 2, 9), npz = new NpzEncoder().Encode(depth, 21, 9).ToArray();
        var reader = new NpzReader();
        for (int at = 45; at < npz.Length - 90; at++) // the array's own bytes
        {
            byte[] damaged = [.. npz];
            damaged[at] ^= (byte)(1 << at % 8);
            Assert.Throws<InvalidDataException>(() => reader.Read(damaged));
        }
        for (int length = 0; length < npz.Length; length++)
            Assert.Throws<InvalidDataException>(() => reader.Read(npz[..length]));
    }

    [Fact]
    public void Wrong_sizes_are_refused()
    {
        Assert.Throws<ArgumentException>(() => new PngEncoder().Encode(new byte[11], 2, 2));
        Assert.Throws<ArgumentException>(() => new PngEncoder().Encode([], 0, 0));
        Assert.Throws<ArgumentException>(() => new NpzEncoder().Encode(new byte[11], 2, 3));
    }

    private static byte[] Make(string kind, int rowBytes, int rows)
    {
        var random = new Random(rowBytes * 31 + rows);
        var bytes = new byte[rowBytes * rows];
        for (int i = 0; i < bytes.Length; i++)
        {
            int x = i % rowBytes, y = i / rowBytes;
            bytes[i] = kind switch
            {
                "flat" => 77,
                "noise" => (byte)random.Next(256),
                "ramp" => (byte)(x + 2 * y + random.Next(3)),
                "stripes" => (byte)(x / 6 % 2 * 255),
                // every code length up to the limit: each value half as often as the one before
                "skewed" => (byte)(System.Numerics.BitOperations.LeadingZeroCount((uint)random.Next(1, int.MaxValue)) * 9 * (1 + y % 2)),
                "sparse" => (byte)(random.Next(900) == 0 ? random.Next(256) : 0),
                "nearly flat" => (byte)(77 + (random.Next(400) == 0 ? 1 : 0)),
                _ => throw new ArgumentException(kind),
            };
        }
        return bytes;
    }
}
