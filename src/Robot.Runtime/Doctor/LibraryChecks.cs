using System.Runtime.InteropServices;
using System.Text;
using RobotWorldModel.Drivers.RealSense;
using RobotWorldModel.Drivers.V4l2;
using RobotWorldModel.Vision.Detection;

namespace RobotWorldModel.Runtime.Doctor;

/// <summary>Libraries of the system that are looked up at run time, where something of the config needs them.</summary>
internal static class LibraryChecks
{
    public static void Look(Section computer, Needs needs)
    {
        if (needs.RealSense)
            RealSense(computer, needs.RealSenseLibrary);
        else
            computer.Skip("librealsense2", "no camera of this config needs it");
        if (needs.Jpeg)
            Jpeg(computer);
        else
            computer.Skip("libturbojpeg", "no camera of this config sends Motion-JPEG");
        if (needs.AprilTag)
            AprilTag(computer);
        else
            computer.Skip("libapriltag", "this config has no camera to calibrate against an arm");
    }

    private static void RealSense(Section computer, string library)
    {
        try
        {
            computer.Ok("librealsense2", $"{RealSenseCamera.LibraryVersion(library)}{(library.Length > 0 ? $" from {library}" : "")}");
        }
        catch (DllNotFoundException e)
        {
            computer.Fault("librealsense2", e.Message, "without it no RealSense camera is opened");
        }
    }

    private static void Jpeg(Section computer)
    {
        if (V4l2Camera.WhyNoJpeg() is { } why)
            computer.Fault("libturbojpeg", why, "sudo apt-get install libturbojpeg0, or format: yuyv");
        else if (FileOf(V4l2Camera.JpegLibrary) is { } file)
            computer.Ok("libturbojpeg", $"{TextIn(file, "libjpeg-turbo version "u8) ?? "version not told"} from {file}");
        else
            computer.Ok("libturbojpeg", "it loads and has what is needed");
    }

    private static void AprilTag(Section computer) => computer.Judge("libapriltag",
        BoardDetector.WhyNot() ?? FileOf(BoardDetector.Library) ?? "it loads and has what is needed", CheckState.Warning,
        BoardDetector.WhyNot() is null ? null
            : "./robot calibrate camera needs it, and nothing else: sudo apt-get install libapriltag3");

    /// <summary>The file behind a library's name, as the loader finds it: its own name tells more. Null where that is not seen.</summary>
    internal static string? FileOf(string library)
    {
        if (!NativeLibrary.TryLoad(library, out nint handle))
            return null;
        try
        {
            return File.ReadLines("/proc/self/maps").Where(l => l.Contains('/')).Select(l => l[l.IndexOf('/')..])
                .FirstOrDefault(f => Path.GetFileName(f).StartsWith(library, StringComparison.Ordinal));
        }
        finally
        {
            NativeLibrary.Free(handle);
        }
    }

    /// <summary>
    /// The word after a text in a file; null where it is not in it. The library has no function that tells its version, but carries it
    /// for the comment that it writes.
    /// </summary>
    private static string? TextIn(string file, ReadOnlySpan<byte> before)
    {
        ReadOnlySpan<byte> bytes = File.ReadAllBytes(file);
        int at = bytes.IndexOf(before);
        if (at < 0)
            return null;
        ReadOnlySpan<byte> rest = bytes[(at + before.Length)..];
        int end = rest.IndexOfAny((byte)' ', (byte)0);
        return end > 0 ? Encoding.ASCII.GetString(rest[..end]) : null;
    }
}
