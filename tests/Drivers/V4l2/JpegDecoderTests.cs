using RobotWorldModel.Drivers.Sockets;
using RobotWorldModel.Drivers.V4l2;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Drivers.Tests.V4l2;

public class JpegDecoderTests
{
    [SkippableTheory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void Decodes_to_what_Pillow_decodes_to_with_and_without_Huffman_tables(int subsampling)
    {
        const int W = 70, H = 38;
        JpegPicture picture = JpegPicture.Make(W, H, subsampling);
        using var decoder = new JpegDecoder();
        byte[] rgb = new byte[W * H * 3];
        Assert.True(decoder.TryDecode(picture.Jpeg, W, H, rgb), decoder.WhyNot(W, H));
        Assert.Equal(picture.Rgb, rgb);
        rgb.AsSpan().Clear();
        Assert.True(decoder.TryDecode(picture.WithoutTables(), W, H, rgb), decoder.WhyNot(W, H));
        Assert.Equal(picture.Rgb, rgb);
    }

    [SkippableFact]
    public void Damage_is_refused_with_the_librarys_words_and_filling_is_not()
    {
        const int W = 64, H = 48;
        JpegPicture picture = JpegPicture.Make(W, H);
        using var decoder = new JpegDecoder();
        byte[] rgb = new byte[W * H * 3], jpeg = picture.Jpeg;
        Assert.True(decoder.TryDecode([.. jpeg[..^2], 0, 0, 0, .. jpeg[^2..]], W, H, rgb)); // some webcams fill up so
        Assert.Equal(picture.Rgb, rgb);
        Assert.True(decoder.TryDecode([.. jpeg, .. new byte[500]], W, H, rgb));
        Assert.False(decoder.TryDecode(jpeg.AsSpan(0, jpeg.Length * 2 / 3), W, H, rgb));
        Assert.Contains("remature end", decoder.WhyNot(W, H));
        Assert.False(decoder.TryDecode([], W, H, rgb));
        Assert.False(decoder.TryDecode("not a picture"u8, W, H, rgb));
        Assert.Contains("JPEG", decoder.WhyNot(W, H));
        Assert.False(decoder.TryDecode(JpegPicture.Make(32, 48).Jpeg, W, H, rgb));
        Assert.Equal("a JPEG of 32x48", decoder.WhyNot(W, H));
        byte[] holed = [.. jpeg];
        holed.AsSpan(holed.Length - 300, 200).Fill(0xFF); // in the middle of the pixels
        Assert.False(decoder.TryDecode(holed, W, H, rgb));
        Assert.True(decoder.TryDecode(jpeg, W, H, rgb), "what came before leaves no trace");
        Assert.Equal(picture.Rgb, rgb);
    }

    [SkippableFact]
    public void Random_damage_never_goes_beyond_the_picture()
    {
        const int W = 48, H = 32;
        JpegPicture picture = JpegPicture.Make(W, H);
        using var decoder = new JpegDecoder();
        var random = new Random(5);
        byte[] guarded = new byte[W * H * 3 + 64];
        guarded.AsSpan(W * H * 3).Fill(0xA5);
        for (int i = 0; i < 2000; i++)
        {
            byte[] bytes = [.. picture.Jpeg];
            for (int n = random.Next(1, 6); n > 0; n--)
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            decoder.TryDecode(bytes.AsSpan(0, random.Next(3) == 0 ? random.Next(bytes.Length) : bytes.Length), W, H,
                guarded.AsSpan(0, W * H * 3));
        }
        Assert.All(guarded[(W * H * 3)..], b => Assert.Equal(0xA5, b));
    }

    [Fact]
    public void Without_the_library_it_says_what_to_install() =>
        Assert.Contains("sudo apt-get install libturbojpeg0, or set format: yuyv",
            Assert.Throws<DeviceLostException>(() => new JpegDecoder("libturbojpeg-that-is-not.so.0")).Message);
}
