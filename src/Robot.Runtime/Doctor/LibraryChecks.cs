using RobotWorldModel.Drivers.RealSense;
using RobotWorldModel.Drivers.V4l2;

namespace RobotWorldModel.Runtime.Doctor;

/// <summary>Libraries of the system that are looked up at run time, where a device of the config needs them.</summary>
internal static class LibraryChecks
{
    public static void Look(Section computer, Needs needs)
    {
        if (needs.RealSense)
            RealSense(computer, needs.RealSenseLibrary);
        else
            computer.Skip("librealsense2", "no camera of this config needs it");
        if (needs.Jpeg)
            computer.Judge("libturbojpeg", V4l2Camera.WhyNoJpeg() ?? "it loads and has what is needed", CheckState.Fault,
                V4l2Camera.WhyNoJpeg() is null ? null : "sudo apt-get install libturbojpeg0, or format: yuyv");
        else
            computer.Skip("libturbojpeg", "no camera of this config sends Motion-JPEG");
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
}
