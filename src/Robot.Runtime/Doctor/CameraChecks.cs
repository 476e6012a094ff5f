using System.Globalization;
using System.Runtime.InteropServices;
using RobotWorldModel.Collector.Codecs;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.V4l2;
using RobotWorldModel.Runtime.Configuration;

namespace RobotWorldModel.Runtime.Doctor;

/// <summary>A camera's picture, its depth and its way to this computer.</summary>
internal static class CameraChecks
{
    private const double Black = 12, Flat = 3, MuchSaturated = 0.5, White = 243, LittleDepth = 0.1;
    private const double UsableShare = 0.6; // of a USB bus, for pictures

    /// <summary>Writes the picture and says what it looks like.</summary>
    /// <param name="small">Where it is one of half the size; else empty.</param>
    public static void Picture(
        Section cameras, string camera, ReadOnlySpan<byte> rgb, int width, int height, string folder, string small = "")
    {
        PictureLook look = PictureLook.Of(rgb, width, height);
        string file = Path.Combine(folder, $"{camera}.png");
        try
        {
            Directory.CreateDirectory(folder);
            File.WriteAllBytes(file, new PngEncoder().Encode(rgb, width, height).Span);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            cameras.Warn($"{camera} picture file", e.Message, "name a folder that you may write with --pictures");
            (file, small) = ("not written", "");
        }
        Judge(cameras, camera, look, $"{file}{small}");
    }

    public static void Judge(Section cameras, string camera, PictureLook look, string file)
    {
        string found = string.Create(CultureInfo.InvariantCulture, $"{look.Width}x{look.Height}, brightness {look.Mean:0} of 255 "
            + $"(±{look.Spread:0}), {look.Saturated * 100:0.#} % saturated, sharpness {look.Sharpness:0.0}: {file}");
        cameras.Judge($"{camera} picture", found, CheckState.Warning,
            look.Mean < Black ? "black: is its cap on, or the light off? A fixed exposure_us may be too short"
            : look.Mean > White || look.Saturated > MuchSaturated ? "overexposed: less light, or a shorter exposure_us"
            : look.Spread < Flat ? "one colour all over: what does it look at?"
            : null);
    }

    /// <param name="depth">16 bits a pixel; 0 where nothing came back.</param>
    public static void Depth(Section cameras, string camera, ReadOnlySpan<byte> depth, double scale)
    {
        ReadOnlySpan<ushort> pixels = MemoryMarshal.Cast<byte, ushort>(depth);
        int seen = pixels.Length - pixels.Count((ushort)0);
        double share = (double)seen / pixels.Length;
        ushort[] sorted = [.. pixels.ToArray().Where(d => d != 0).Order()];
        string middle = seen == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $", half of it nearer than "
            + $"{sorted[seen / 2] * scale:0.00} m");
        cameras.Judge($"{camera} depth", string.Create(CultureInfo.InvariantCulture, $"{share * 100:0} % of the pixels have one{middle}"),
            CheckState.Warning, share >= LittleDepth ? null
                : "nearly nothing comes back: is it nearer than the camera can see, its projector off or covered, or the surface a "
                    + "mirror?");
    }

    /// <param name="usb">As the camera says it: 3.2, 2.1 …; empty where it does not.</param>
    /// <param name="hasMetadata">Its own stamps arrive; null where its driver does not distinguish.</param>
    public static void Usb(Section cameras, Machine machine, CameraConfig config, string usb, bool? hasMetadata)
    {
        string name = $"{config.Name} USB";
        if (usb.Length > 0)
            cameras.Judge(name, $"USB {usb}", CheckState.Warning, usb[0] >= '3' ? null
                : "a USB 3 camera on USB 2 has a cheap or long cable, a plug that was pushed in slowly (pull it out and push it in "
                    + "quickly), or a hub");
        else if (config.Device.Length == 0)
            cameras.Skip(name, "this camera's driver does not tell how it is connected");
        else if (machine.UsbSpeedOf(config.Device) is not { } mbit)
            cameras.Skip(name, $"{config.Device} is not on USB");
        else
        {
            double needs = config.Format == VideoPixels.Yuyv ? config.Width * config.Height * 2.0 * config.Fps : 0;
            string found = string.Create(CultureInfo.InvariantCulture, $"{mbit:0} Mbit/s"
                + $"{(needs > 0 ? $", {needs / 1e6:0} MB/s of pictures" : "")}");
            cameras.Judge(name, found, CheckState.Warning, needs * 8 <= mbit * 1e6 * UsableShare ? null
                : "more than this connection carries: format: mjpg, a smaller picture, or a USB 3 port and camera");
        }
        if (hasMetadata == false)
            cameras.Warn($"{config.Name} stamps", "the host's: the camera's own do not arrive", "times are known to some milliseconds "
                + "only: docs/realsense.md says how to build librealsense2 so that they arrive (FORCE_RSUSB_BACKEND)");
    }
}
