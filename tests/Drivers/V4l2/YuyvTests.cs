using RobotWorldModel.Drivers.V4l2;

namespace RobotWorldModel.Drivers.Tests.V4l2;

public class YuyvTests
{
    [Fact]
    public void Every_colour_is_within_one_of_the_standards_formula()
    {
        // All Y at once in 256 pixels, for many U and V: the vector path and, in the last pixels, the scalar one.
        byte[] yuyv = new byte[512], rgb = new byte[768];
        for (int u = 0; u < 256; u += 3)
            for (int v = 0; v < 256; v += 5)
            {
                for (int y = 0; y < 256; y++)
                    (yuyv[2 * y], yuyv[2 * y + 1]) = ((byte)y, (byte)(y % 2 == 0 ? u : v));
                Yuyv.ToRgb(yuyv, 512, 256, rgb);
                for (int y = 0; y < 256; y++)
                {
                    var (r, g, b) = Bt601(y, u, v);
                    if (Math.Abs(rgb[3 * y] - r) > 1 || Math.Abs(rgb[3 * y + 1] - g) > 1 || Math.Abs(rgb[3 * y + 2] - b) > 1)
                        Assert.Fail($"Y {y} U {u} V {v}: {rgb[3 * y]}, {rgb[3 * y + 1]}, {rgb[3 * y + 2]} instead of {r}, {g}, {b}");
                }
            }
    }

    [Theory]
    [InlineData(16, 128, 128, 0, 0, 0)]
    [InlineData(235, 128, 128, 255, 255, 255)]
    [InlineData(81, 90, 240, 255, 0, 0)]
    [InlineData(145, 54, 34, 0, 255, 0)]
    [InlineData(41, 240, 110, 0, 0, 255)]
    [InlineData(0, 128, 128, 0, 0, 0)]
    [InlineData(255, 128, 128, 255, 255, 255)]
    public void Black_white_and_the_primaries_are_themselves(byte y, byte u, byte v, byte r, byte g, byte b)
    {
        byte[] rgb = new byte[6];
        Yuyv.ToRgb([y, u, y, v], 4, 2, rgb);
        Assert.All(rgb.Zip((byte[])[r, g, b, r, g, b]), pair => Assert.InRange(pair.First, pair.Second - 1, pair.Second + 1));
    }

    [Theory]
    [InlineData(2, 1, 0)]
    [InlineData(6, 3, 4)]
    [InlineData(8, 2, 0)]
    [InlineData(10, 4, 16)]
    [InlineData(32, 5, 0)]
    [InlineData(34, 5, 6)]
    public void Every_width_and_padding_gives_the_pixels_of_one_row_each(int width, int height, int padding)
    {
        var random = new Random(width);
        int stride = width * 2 + padding;
        byte[] yuyv = new byte[stride * height - padding], rgb = new byte[width * height * 3];
        random.NextBytes(yuyv);
        Yuyv.ToRgb(yuyv, stride, width, rgb);
        for (int y = 0; y < height; y++)
            for (int x = 0; x < width; x++)
            {
                int at = y * stride + x / 2 * 4;
                byte[] two = new byte[6];
                Yuyv.ToRgb(yuyv.AsSpan(at, 4), 4, 2, two); // two pixels alone are scalar
                Assert.Equal(two[(x % 2 * 3)..][..3], rgb[((y * width + x) * 3)..][..3]);
            }
    }

    // ITU-R BT.601: R = 1.164 (Y - 16) + 1.596 (V - 128) and so on, in full precision.
    private static (int R, int G, int B) Bt601(int y, int u, int v)
    {
        double c = (y - 16) * 255.0 / 219, d = (u - 128) * 255.0 / 224, e = (v - 128) * 255.0 / 224;
        const double Kr = 0.299, Kb = 0.114, Kg = 1 - Kr - Kb;
        return (To8(c + 2 * (1 - Kr) * e), To8(c - 2 * Kb * (1 - Kb) / Kg * d - 2 * Kr * (1 - Kr) / Kg * e), To8(c + 2 * (1 - Kb) * d));
    }

    private static int To8(double value) => (int)Math.Round(Math.Clamp(value, 0, 255));
}
