using System.Runtime.InteropServices;

namespace RobotWorldModel.Drivers.RealSense;

// Names and numbers of librealsense2's C API, as far as the driver uses them; none has changed from 2.50 to 2.58.

internal enum RsStream { Any, Depth, Color }

internal enum RsFormat { Any = 0, Z16 = 1, Yuyv = 4, Rgb8 = 5, Bgr8 = 6 }

internal enum RsInfo
{
    Name = 0, Serial = 1, Firmware = 2, Port = 4, ProductId = 7, UsbType = 9,
}

internal enum RsOption
{
    Exposure = 3, Gain = 4, WhiteBalance = 9, AutoExposure = 10, AutoWhiteBalance = 11, Preset = 12, LaserPower = 13, Emitter = 18,
    AutoExposurePriority = 30, GlobalTime = 53,
}

internal enum RsMetadata { FrameTimestamp = 1, SensorTimestamp = 2 }

internal enum RsExtension { DepthSensor = 7, AdvancedMode = 13 }

/// <summary>Whose clock a frame's stamp is on.</summary>
internal enum RsDomain
{
    /// <summary>The camera's: 32 bits of microseconds.</summary>
    HardwareClock,

    /// <summary>The host's wall clock at arrival: the kernel passes no metadata on.</summary>
    SystemTime,

    /// <summary>The camera's, which the library has fitted to the host's wall clock.</summary>
    GlobalTime,
}

internal static class RsDomains
{
    /// <summary>As the clock is called in what is recorded and said.</summary>
    public static string Text(this RsDomain domain) => domain switch
    {
        RsDomain.HardwareClock => "camera",
        RsDomain.GlobalTime => "wall",
        _ => "host", // the library's wall clock at arrival, which is not used: our own arrival is
    };
}

/// <summary>Kinds of failure; what is none of these is a plain exception of the library.</summary>
internal enum RsError { Unknown, Disconnected, Backend, InvalidValue, WrongSequence, NotImplemented, RecoveryMode, Io }

internal enum RsLens { None, ModifiedBrownConrady, InverseBrownConrady, Ftheta, BrownConrady }

/// <param name="Model">A <see cref="RsLens"/>.</param>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct RsIntrinsics(
    int Width, int Height, float Cx, float Cy, float Fx, float Fy, RsLens Model, float K1, float K2, float P1, float P2, float K3);

/// <summary>Rotation by columns, translation in m: point in the second = R · point in the first + t.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct RsExtrinsics(
    float R00, float R10, float R20, float R01, float R11, float R21, float R02, float R12, float R22, float Tx, float Ty, float Tz);

/// <summary>The library said no.</summary>
internal sealed class RealSenseException(RsError kind, string function, string message) : Exception($"{function}: {message}")
{
    public RsError Kind { get; } = kind;

    public string Said { get; } = message;
}
