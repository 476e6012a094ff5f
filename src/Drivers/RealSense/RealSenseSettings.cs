using System.Globalization;
using RobotWorldModel.Drivers.Sockets;

namespace RobotWorldModel.Drivers.RealSense;

/// <summary>
/// Sets a camera as the config wants it. What the config does not name and a program before may have changed is set to automatic, so that
/// a recording does not depend on who used the camera last.
/// </summary>
internal static class RealSenseSettings
{
    /// <param name="depth">Null for a camera without, or whose depth is not wanted.</param>
    /// <exception cref="DeviceLostException">The camera has no such setting or not such a value; says what it has.</exception>
    /// <exception cref="RealSenseException">It refused one.</exception>
    public static void Apply(RealSenseCameraOptions options, RealSenseSensor? depth, RealSenseSensor color)
    {
        if (depth == color && options.DepthExposureUs is not null)
            throw new DeviceLostException("depth_exposure_us: depth and colour of this camera come from one sensor: exposure_us is of "
                + "both");
        if (depth is not null)
            ApplyDepth(options, depth);
        if (color.CanSet(RsOption.AutoExposurePriority))
            color.Set(RsOption.AutoExposurePriority, 0); // else the colour camera halves its rate when it is dark
        // A colour camera counts in 100 µs, as UVC does; where colour comes from the depth module, that counts in µs.
        bool file = options.AdvancedJson.Length > 0; // what it sets and the config does not name is left as it is
        if (!file || options.ExposureUs is not null)
            Manual(color, RsOption.AutoExposure, RsOption.Exposure, "exposure_us", options.ExposureUs, color.IsDepth ? 1 : 100);
        if (options.Gain is { } gain)
            Set(color, RsOption.Gain, "gain", gain);
        if (!file || options.WhiteBalance is not null)
            Manual(color, RsOption.AutoWhiteBalance, RsOption.WhiteBalance, "white_balance", options.WhiteBalance);
        foreach (var sensor in depth is null || depth == color ? [color] : (RealSenseSensor[])[depth, color])
            if (sensor.CanSet(RsOption.GlobalTime))
                sensor.Set(RsOption.GlobalTime, options.GlobalTime ? 1 : 0);
    }

    private static void ApplyDepth(RealSenseCameraOptions options, RealSenseSensor depth)
    {
        if (options.AdvancedJson.Length == 0 && depth.CanSet(RsOption.AutoExposure))
            depth.Set(RsOption.AutoExposure, 1);
        if (options.Preset.Length > 0)
            SetPreset(depth, options.Preset);
        if (options.DepthExposureUs is { } exposure) // after the preset, which may have one of its own
            Manual(depth, RsOption.AutoExposure, RsOption.Exposure, "depth_exposure_us", exposure);
        if (options.Emitter is { } emitter)
            Set(depth, RsOption.Emitter, "emitter", (int)emitter);
        if (options.LaserPower is { } power)
            Set(depth, RsOption.LaserPower, "laser_power", power);
    }

    private static void SetPreset(RealSenseSensor depth, string wanted)
    {
        if (!depth.CanSet(RsOption.Preset))
            throw new DeviceLostException("preset: this camera has none; leave it out");
        var (min, max, _) = depth.Range(RsOption.Preset);
        var names = new List<string>();
        for (float value = min; value <= max; value++)
        {
            string name = depth.NameOf(RsOption.Preset, value).Replace(' ', '_').ToLowerInvariant();
            if (name == wanted)
            {
                depth.Set(RsOption.Preset, value);
                return;
            }
            if (name.Length > 0)
                names.Add(name);
        }
        throw new DeviceLostException($"preset: this camera has no '{wanted}'; it has {string.Join(", ", names)}");
    }

    private static void Manual(RealSenseSensor sensor, RsOption automatic, RsOption option, string key, int? value, int unit = 1)
    {
        if (sensor.CanSet(automatic))
            sensor.Set(automatic, value is null ? 1 : 0);
        if (value is { } given)
            Set(sensor, option, key, given, unit);
    }

    /// <param name="unit">Of the config's in one of the camera's.</param>
    private static void Set(RealSenseSensor sensor, RsOption option, string key, int value, int unit = 1)
    {
        if (!sensor.CanSet(option))
            throw new DeviceLostException($"{key}: this camera cannot be set so; leave it out");
        var (min, max, step) = sensor.Range(option);
        float wanted = (float)value / unit;
        if (wanted < min || wanted > max)
            throw new DeviceLostException(string.Create(CultureInfo.InvariantCulture,
                $"{key}: {value} is outside {min * unit} … {max * unit} of this camera"));
        sensor.Set(option, step > 0 ? min + MathF.Round((wanted - min) / step) * step : wanted);
    }
}
