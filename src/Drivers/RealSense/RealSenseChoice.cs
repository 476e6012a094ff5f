using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.Sockets;

namespace RobotWorldModel.Drivers.RealSense;

/// <summary>Which sensors of a camera stream what. Borrows the sensors and the lists of their profiles.</summary>
/// <param name="Depth">Null where it is not wanted.</param>
internal sealed record RealSenseChoice(
    RealSenseSensor ColorSensor, RealSenseProfiles ColorProfiles, RealSenseProfile Color,
    RealSenseSensor? DepthSensor, RealSenseProfiles? DepthProfiles, RealSenseProfile? Depth)
{
    /// <exception cref="DeviceLostException">The camera has no such stream; says which it has.</exception>
    public static RealSenseChoice Of(RealSenseCameraOptions options, RealSenseSensor[] sensors, RealSenseProfiles[] profiles)
    {
        var (color, colorProfile) = Find(
            RsStream.Color, RsFormat.Rgb8, options.Width, options.Height, options.Fps, profiles);
        if (!options.Depth)
            return new(sensors[color], profiles[color], colorProfile, null, null, null);
        var (depth, depthProfile) = Find(RsStream.Depth, RsFormat.Z16, options.DepthWidth ?? options.Width,
            options.DepthHeight ?? options.Height, options.Fps, profiles);
        return new(sensors[color], profiles[color], colorProfile, sensors[depth], profiles[depth], depthProfile);
    }

    /// <summary>What each sensor is to be opened with: of some cameras one makes both.</summary>
    public IEnumerable<(RealSenseSensor Sensor, RealSenseProfile[] Profiles)> BySensor() =>
        DepthSensor is null ? [(ColorSensor, [Color])]
        : DepthSensor == ColorSensor ? [(ColorSensor, [Depth!.Value, Color])]
        : [(DepthSensor, [Depth!.Value]), (ColorSensor, [Color])];

    public CameraInfo Describe(RealSenseCameraOptions options, RealSenseDevice device, RealSenseLibrary library)
    {
        CameraIntrinsics color = LensModel.Describe(ColorProfiles.Intrinsics(Color));
        CameraIntrinsics? depth = Depth is { } d ? LensModel.Describe(DepthProfiles!.Intrinsics(d)) : null;
        return new(options.Name, device.Info(RsInfo.Name), device.Info(RsInfo.Serial), color, depth, DepthSensor?.DepthScale ?? 0,
            options.MountedOn, options.Extrinsics)
        {
            DepthInColor = Depth is { } from ? ToPose(DepthProfiles!.Extrinsics(from, Color)) : null,
            Firmware = device.Info(RsInfo.Firmware),
            Usb = device.Info(RsInfo.UsbType),
            Port = device.Info(RsInfo.Port),
            Library = $"librealsense {library.Version}",
        };
    }

    private static (int Sensor, RealSenseProfile Profile) Find(
        RsStream stream, RsFormat format, int width, int height, int fps, RealSenseProfiles[] profiles)
    {
        for (int i = 0; i < profiles.Length; i++)
            foreach (var p in profiles[i].All)
                if (p.Stream == stream && p.Format == format && p.Width == width && p.Height == height && p.Fps == fps)
                    return (i, p);
        string name = stream == RsStream.Color ? "colour" : "depth";
        string[] sizes = [.. profiles.SelectMany(list => list.All).Where(p => p.Stream == stream && p.Format == format)
            .GroupBy(p => (p.Width, p.Height)).OrderByDescending(g => g.Key)
            .Select(g => $"{g.Key.Width}x{g.Key.Height} at {string.Join("/", g.Select(p => p.Fps).Distinct().Order())}")];
        throw new DeviceLostException(sizes.Length == 0
            ? $"it has no {name} as {format}" + (stream == RsStream.Depth ? "; set depth: false for a camera without" : "")
            : $"it has no {name} of {width}x{height} at {fps} Hz, but {string.Join(", ", sizes)}");
    }

    private static Pose ToPose(in RsExtrinsics x)
    {
        // A rotation so near to none that the trace is positive, as between two lenses of one camera (Shepperd's method, first case).
        double w = Math.Sqrt(Math.Max(0, 1 + x.R00 + x.R11 + x.R22)) / 2;
        return w < 0.5
            ? throw new DeviceLostException("its depth and colour cameras are said to look different ways: calibrate it anew")
            : new(new(x.Tx, x.Ty, x.Tz), new Quat((x.R21 - x.R12) / (4 * w), (x.R02 - x.R20) / (4 * w), (x.R10 - x.R01) / (4 * w), w)
                .Normalized);
    }
}
