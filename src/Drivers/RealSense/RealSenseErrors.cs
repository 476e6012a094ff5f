namespace RobotWorldModel.Drivers.RealSense;

/// <summary>The library's words, and what to do about them.</summary>
internal static class RealSenseErrors
{
    /// <summary>By the texts of librealsense's two ways to the camera, V4L2 and libusb; its kinds alone say too little.</summary>
    public static string Explain(RealSenseException e)
    {
        if (Says(e, "RS2_USB_STATUS_ACCESS", "Permission denied", "errno=13"))
            return $"this user may not open it ({e.Said}): install the udev rules (docs/realsense.md), then plug it in again";
        if (Says(e, "resource busy", "errno=16", "RS2_USB_STATUS_BUSY"))
            return $"another program has it open ({e.Said}): end realsense-viewer, ROS nodes or a second service";
        if (Says(e, "set power state"))
            return $"it does not wake up ({e.Said}): another program may have it open, or this user may not open it "
                + "(udev rules, docs/realsense.md)";
        if (e.Kind == RsError.RecoveryMode)
            return "it is in firmware recovery: load its firmware anew with realsense-viewer";
        return e.Kind == RsError.Disconnected ? $"it has left the USB bus ({e.Said}): look at its cable" : e.Message;
    }

    /// <summary>A product id of a camera whose firmware is broken: it shows no streams and no serial number.</summary>
    public static bool IsRecovery(string product) =>
        product.Equals("0ADB", StringComparison.OrdinalIgnoreCase) || product.Equals("0ADC", StringComparison.OrdinalIgnoreCase);

    private static bool Says(RealSenseException e, params ReadOnlySpan<string> words)
    {
        foreach (string word in words)
            if (e.Said.Contains(word, StringComparison.OrdinalIgnoreCase))
                return true;
        return false;
    }
}
