using RobotWorldModel.Drivers.Sockets;

namespace RobotWorldModel.Drivers.V4l2;

/// <summary>
/// Sets exposure, gain and white balance. A camera keeps what the last program set, so what the config leaves out is put on automatic.
/// </summary>
internal static unsafe class VideoControls
{
    private const int MicrosecondsPerUnit = 100; // of V4L2_CID_EXPOSURE_ABSOLUTE

    /// <exception cref="DeviceLostException">The config asks for what the camera does not have; says its range.</exception>
    public static void Apply(IVideoDevice device, V4l2CameraOptions options)
    {
        if (options.ExposureUs is { } exposure)
        {
            Set(device, Video.ExposureAuto, Video.ExposureModeManual, "exposure_us", 1);
            Set(device, Video.ExposureAbsolute, (exposure + MicrosecondsPerUnit / 2) / MicrosecondsPerUnit, "exposure_us",
                MicrosecondsPerUnit);
        }
        else if (!TrySet(device, Video.ExposureAuto, Video.ExposureModeAperturePriority)) // what UVC calls automatic
        {
            TrySet(device, Video.ExposureAuto, Video.ExposureModeAuto);
        }
        TrySet(device, Video.ExposureAutoPriority, 0); // in the dark it would make fewer pictures for longer exposures
        if (options.Gain is { } gain)
        {
            TrySet(device, Video.AutoGain, 0);
            Set(device, Video.Gain, gain, "gain", 1);
        }
        else
        {
            TrySet(device, Video.AutoGain, 1);
        }
        TrySet(device, Video.AutoWhiteBalance, options.WhiteBalanceK is null ? 1 : 0);
        if (options.WhiteBalanceK is { } kelvin)
            Set(device, Video.WhiteBalanceTemperature, kelvin, "white_balance", 1);
    }

    /// <summary>False: the camera has no such control or value, which is no fault where nobody asked for it.</summary>
    private static bool TrySet(IVideoDevice device, uint id, int value)
    {
        var control = new VideoControl { Id = id, Value = value };
        return device.Call(Video.SetControl, &control) == 0;
    }

    /// <param name="unit">What one step of the control is in the config's unit.</param>
    private static void Set(IVideoDevice device, uint id, int value, string key, int unit)
    {
        var range = new VideoControlRange { Id = id };
        if (device.Call(Video.QueryControl, &range) != 0 || (range.Flags & (Video.ControlDisabled | Video.ControlReadOnly)) != 0)
            throw new DeviceLostException($"it has no control for {key}: remove the key from the config");
        if (value < range.Minimum || value > range.Maximum)
            throw new DeviceLostException($"{key}: {(long)value * unit} is outside what it can do, {(long)range.Minimum * unit} to "
                + $"{(long)range.Maximum * unit}");
        var control = new VideoControl { Id = id, Value = value };
        int error = device.Call(Video.SetControl, &control);
        control.Value = int.MinValue;
        if (error == 0)
            error = device.Call(Video.GetControl, &control);
        if (error != 0)
            throw new DeviceLostException($"it did not take {key}: {VideoStream.Describe(error)}");
        if (Math.Abs((long)control.Value - value) > Math.Max(0, range.Step - 1))
            throw new DeviceLostException($"{key}: it was set to {(long)value * unit} and says {(long)control.Value * unit}: "
                + "this camera does not obey; remove the key from the config");
    }
}
