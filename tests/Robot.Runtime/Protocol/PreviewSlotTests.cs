using RobotWorldModel.Runtime.Protocol;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Runtime.Tests.Protocol;

public sealed class PreviewSlotTests : IDisposable
{
    private readonly TempFolder _folder = new();

    [Theory]
    [InlineData(640, 480, 2)]
    [InlineData(1920, 1080, 2)]
    [InlineData(1920, 1200, 3)] // larger than the slot was made for: thinner, never beyond it
    [InlineData(2448, 2048, 4)]
    [InlineData(8192, 8192, 12)]
    [InlineData(3, 1, 2)] // nothing is left of it
    public void A_picture_of_any_size_is_thinned_until_it_fits(int width, int height, int step)
    {
        using var slot = PreviewSlot.Create(_folder["slot"], 960, 540);
        byte[] rgb = new byte[width * height * 3];
        for (int y = 0; y < height; y++)
            for (int x = 0; x < width; x++)
                Value(x, y).CopyTo(rgb, (y * width + x) * 3);
        slot.Write(rgb, width, height, 2, 7, 123);

        byte[] read = new byte[slot.CapacityBytes];
        Assert.True(slot.TryRead(6, read, out int w, out int h, out long sequence, out long time));
        Assert.Equal((width / step, height / step, 7, 123), (w, h, sequence, time));
        for (int y = 0; y < h; y += 7)
            for (int x = 0; x < w; x += 7)
                Assert.Equal(Value(x * step, y * step), read[((y * w + x) * 3)..][..3]);
        Assert.False(slot.TryRead(7, read, out _, out _, out _, out _), "each picture once");
    }

    public void Dispose() => _folder.Dispose();

    private static byte[] Value(int x, int y) => [(byte)x, (byte)y, (byte)(x / 256 + y / 256)];
}
