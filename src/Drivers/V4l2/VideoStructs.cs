using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace RobotWorldModel.Drivers.V4l2;

/// <summary>
/// What linux/videodev2.h and linux/v4l2-controls.h define of capture by mapped buffers, for 64-bit Linux. A test compiles a C program
/// against the machine's own headers and compares every size, offset and number here.
/// </summary>
internal static class Video
{
    // VIDIOC_ numbers: direction << 30 | size << 16 | 'V' << 8 | number.
    public const uint QueryCapability = 0x80685600, EnumerateFormat = 0xC0405602, SetFormat = 0xC0D05605, RequestBuffers = 0xC0145608;
    public const uint QueryBuffer = 0xC0585609, Queue = 0xC058560F, Dequeue = 0xC0585611, StreamOn = 0x40045612, StreamOff = 0x40045613;
    public const uint SetParameters = 0xC0CC5616, GetControl = 0xC008561B, SetControl = 0xC008561C, QueryControl = 0xC0445624;
    public const uint EnumerateFrameSize = 0xC02C564A;

    public const uint CapabilityCapture = 0x1, CapabilityStreaming = 0x04000000, CapabilityDeviceCaps = 0x80000000;
    public const uint CaptureBuffer = 1, MappedMemory = 1, TimePerFrame = 0x1000, DiscreteSize = 1;
    public const uint FlagError = 0x40, FlagTimestampMask = 0xE000, FlagTimestampMonotonic = 0x2000;
    public const uint FlagSourceMask = 0x70000, FlagStartOfExposure = 0x10000;
    public const uint ControlDisabled = 0x1, ControlReadOnly = 0x4;

    public const uint AutoWhiteBalance = 0x0098090C, AutoGain = 0x00980912, Gain = 0x00980913, WhiteBalanceTemperature = 0x0098091A;
    public const uint ExposureAuto = 0x009A0901, ExposureAbsolute = 0x009A0902, ExposureAutoPriority = 0x009A0903;
    public const int ExposureModeAuto = 0, ExposureModeManual = 1, ExposureModeAperturePriority = 3;

    public const uint Yuyv = 0x56595559, Mjpg = 0x47504A4D;

    /// <summary>A format's four letters.</summary>
    public static string FourLetters(uint format) =>
        string.Create(4, format, (text, f) =>
        {
            for (int i = 0; i < 4; i++)
                text[i] = (char)(f >> 8 * i & 0x7F) is var c && c >= ' ' ? c : '?';
        }).TrimEnd();
}

/// <summary>struct v4l2_capability.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct VideoCapability
{
    public Text16 Driver;
    public Text32 Card, BusInfo;
    public uint Version, Capabilities, DeviceCaps;
    public uint Reserved0, Reserved1, Reserved2;
}

/// <summary>struct v4l2_format of a capture device; the kernel's is a union of 200 bytes, 8-byte aligned.</summary>
[StructLayout(LayoutKind.Explicit, Size = 208)]
internal struct VideoFormat
{
    [FieldOffset(0)] public uint Type;
    [FieldOffset(8)] public uint Width;
    [FieldOffset(12)] public uint Height;
    [FieldOffset(16)] public uint PixelFormat;
    [FieldOffset(20)] public uint Field;
    [FieldOffset(24)] public uint BytesPerLine;
    [FieldOffset(28)] public uint SizeImage;
}

/// <summary>struct v4l2_fmtdesc.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct VideoFormatDescription
{
    public uint Index, Type, Flags;
    public Text32 Description;
    public uint PixelFormat, MbusCode;
    public uint Reserved0, Reserved1, Reserved2;
}

/// <summary>struct v4l2_frmsizeenum, read as a discrete size.</summary>
[StructLayout(LayoutKind.Explicit, Size = 44)]
internal struct VideoFrameSize
{
    [FieldOffset(0)] public uint Index;
    [FieldOffset(4)] public uint PixelFormat;
    [FieldOffset(8)] public uint Type;
    [FieldOffset(12)] public uint Width;
    [FieldOffset(16)] public uint Height;
}

/// <summary>struct v4l2_streamparm with struct v4l2_captureparm.</summary>
[StructLayout(LayoutKind.Explicit, Size = 204)]
internal struct VideoParameters
{
    [FieldOffset(0)] public uint Type;
    [FieldOffset(4)] public uint Capability;
    [FieldOffset(8)] public uint CaptureMode;
    [FieldOffset(12)] public uint Numerator;
    [FieldOffset(16)] public uint Denominator;
}

/// <summary>struct v4l2_requestbuffers.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct VideoRequest
{
    public uint Count, Type, Memory, Capabilities, FlagsAndReserved;
}

/// <summary>struct v4l2_buffer of mapped memory.</summary>
[StructLayout(LayoutKind.Explicit, Size = 88)]
internal struct VideoBuffer
{
    [FieldOffset(0)] public uint Index;
    [FieldOffset(4)] public uint Type;
    [FieldOffset(8)] public uint BytesUsed;
    [FieldOffset(12)] public uint Flags;
    [FieldOffset(16)] public uint Field;
    [FieldOffset(24)] public long Seconds;
    [FieldOffset(32)] public long Microseconds;
    [FieldOffset(56)] public uint Sequence;
    [FieldOffset(60)] public uint Memory;
    [FieldOffset(64)] public uint Offset;
    [FieldOffset(72)] public uint Length;
}

/// <summary>struct v4l2_control.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct VideoControl
{
    public uint Id;
    public int Value;
}

/// <summary>struct v4l2_queryctrl.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct VideoControlRange
{
    public uint Id, Type;
    public Text32 Name;
    public int Minimum, Maximum, Step, Default;
    public uint Flags, Reserved0, Reserved1;
}

/// <summary>char[16], ended by a zero unless full.</summary>
[InlineArray(16)]
internal struct Text16
{
    private byte _first;
}

/// <summary>char[32], ended by a zero unless full.</summary>
[InlineArray(32)]
internal struct Text32
{
    private byte _first;

    public override readonly string ToString()
    {
        ReadOnlySpan<byte> bytes = this;
        int end = bytes.IndexOf((byte)0);
        return System.Text.Encoding.UTF8.GetString(end < 0 ? bytes : bytes[..end]);
    }
}
