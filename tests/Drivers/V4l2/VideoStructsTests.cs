using System.Runtime.CompilerServices;
using RobotWorldModel.Drivers.V4l2;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Drivers.Tests.V4l2;

public class VideoStructsTests
{
    [SkippableFact]
    public void Every_size_offset_and_number_is_the_kernel_headers()
    {
        using var peer = new PeerProcess(CPeer.Build("peers/v4l2_layout.c"));
        var theirs = peer.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Split(' ')).ToDictionary(words => words[0], words => ulong.Parse(words[1]));
        var ours = Ours();
        Assert.Equal(theirs.Keys.Order(), ours.Keys.Order());
        Assert.All(ours, pair => Assert.Equal((pair.Key, theirs[pair.Key]), (pair.Key, pair.Value)));
    }

    [Fact]
    public void Formats_and_names_are_read_as_text()
    {
        Assert.Equal(["YUYV", "MJPG", "Y16"], ((uint[])[Video.Yuyv, Video.Mjpg, 0x20363159]).Select(Video.FourLetters));
        var text = default(Text32);
        "HD Pro Webcam C920\0rest"u8.CopyTo(text);
        Assert.Equal("HD Pro Webcam C920", text.ToString());
        ((Span<byte>)text).Fill((byte)'x');
        Assert.Equal(new string('x', 32), text.ToString());
    }

    private static Dictionary<string, ulong> Ours()
    {
        var found = new Dictionary<string, ulong>();
        Add("v4l2_capability", default(VideoCapability), (ref VideoCapability s) => [
            ("card", At(ref s, ref s.Card)), ("capabilities", At(ref s, ref s.Capabilities)),
            ("device_caps", At(ref s, ref s.DeviceCaps))]);
        Add("v4l2_format", default(VideoFormat), (ref VideoFormat s) => [
            ("fmt.pix.width", At(ref s, ref s.Width)), ("fmt.pix.height", At(ref s, ref s.Height)),
            ("fmt.pix.pixelformat", At(ref s, ref s.PixelFormat)), ("fmt.pix.field", At(ref s, ref s.Field)),
            ("fmt.pix.bytesperline", At(ref s, ref s.BytesPerLine)), ("fmt.pix.sizeimage", At(ref s, ref s.SizeImage))]);
        Add("v4l2_fmtdesc", default(VideoFormatDescription), (ref VideoFormatDescription s) => [
            ("pixelformat", At(ref s, ref s.PixelFormat))]);
        Add("v4l2_frmsizeenum", default(VideoFrameSize), (ref VideoFrameSize s) => [
            ("pixel_format", At(ref s, ref s.PixelFormat)), ("type", At(ref s, ref s.Type)),
            ("discrete.width", At(ref s, ref s.Width)), ("discrete.height", At(ref s, ref s.Height))]);
        Add("v4l2_streamparm", default(VideoParameters), (ref VideoParameters s) => [
            ("parm.capture.capability", At(ref s, ref s.Capability)),
            ("parm.capture.timeperframe.numerator", At(ref s, ref s.Numerator)),
            ("parm.capture.timeperframe.denominator", At(ref s, ref s.Denominator))]);
        Add("v4l2_requestbuffers", default(VideoRequest), (ref VideoRequest s) => [
            ("count", At(ref s, ref s.Count)), ("type", At(ref s, ref s.Type)), ("memory", At(ref s, ref s.Memory))]);
        Add("v4l2_buffer", default(VideoBuffer), (ref VideoBuffer s) => [
            ("index", At(ref s, ref s.Index)), ("type", At(ref s, ref s.Type)), ("bytesused", At(ref s, ref s.BytesUsed)),
            ("flags", At(ref s, ref s.Flags)), ("timestamp.tv_sec", At(ref s, ref s.Seconds)),
            ("timestamp.tv_usec", At(ref s, ref s.Microseconds)), ("sequence", At(ref s, ref s.Sequence)),
            ("memory", At(ref s, ref s.Memory)), ("m.offset", At(ref s, ref s.Offset)), ("length", At(ref s, ref s.Length))]);
        Add("v4l2_control", default(VideoControl), (ref VideoControl s) => [("value", At(ref s, ref s.Value))]);
        Add("v4l2_queryctrl", default(VideoControlRange), (ref VideoControlRange s) => [
            ("minimum", At(ref s, ref s.Minimum)), ("maximum", At(ref s, ref s.Maximum)), ("step", At(ref s, ref s.Step)),
            ("flags", At(ref s, ref s.Flags))]);
        foreach (var (name, value) in Constants())
            found.Add(name, value);
        return found;

        void Add<T>(string name, T value, Offsets<T> offsets)
            where T : unmanaged
        {
            found.Add(name, (ulong)Unsafe.SizeOf<T>());
            foreach (var (field, offset) in offsets(ref value))
                found.Add($"{name}.{field}", offset);
        }
    }

    private delegate (string Field, ulong Offset)[] Offsets<T>(ref T value);

    private static ulong At<T, TField>(ref T value, ref TField field) =>
        (ulong)Unsafe.ByteOffset(ref Unsafe.As<T, byte>(ref value), ref Unsafe.As<TField, byte>(ref field));

    private static (string, uint)[] Constants() =>
    [
        ("VIDIOC_QUERYCAP", Video.QueryCapability), ("VIDIOC_ENUM_FMT", Video.EnumerateFormat), ("VIDIOC_S_FMT", Video.SetFormat),
        ("VIDIOC_REQBUFS", Video.RequestBuffers), ("VIDIOC_QUERYBUF", Video.QueryBuffer), ("VIDIOC_QBUF", Video.Queue),
        ("VIDIOC_DQBUF", Video.Dequeue), ("VIDIOC_STREAMON", Video.StreamOn), ("VIDIOC_STREAMOFF", Video.StreamOff),
        ("VIDIOC_S_PARM", Video.SetParameters), ("VIDIOC_G_CTRL", Video.GetControl), ("VIDIOC_S_CTRL", Video.SetControl),
        ("VIDIOC_QUERYCTRL", Video.QueryControl), ("VIDIOC_ENUM_FRAMESIZES", Video.EnumerateFrameSize),
        ("V4L2_CAP_VIDEO_CAPTURE", Video.CapabilityCapture), ("V4L2_CAP_STREAMING", Video.CapabilityStreaming),
        ("V4L2_CAP_DEVICE_CAPS", Video.CapabilityDeviceCaps), ("V4L2_BUF_TYPE_VIDEO_CAPTURE", Video.CaptureBuffer),
        ("V4L2_MEMORY_MMAP", Video.MappedMemory), ("V4L2_CAP_TIMEPERFRAME", Video.TimePerFrame),
        ("V4L2_FRMSIZE_TYPE_DISCRETE", Video.DiscreteSize), ("V4L2_BUF_FLAG_ERROR", Video.FlagError),
        ("V4L2_BUF_FLAG_TIMESTAMP_MASK", Video.FlagTimestampMask), ("V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC", Video.FlagTimestampMonotonic),
        ("V4L2_BUF_FLAG_TSTAMP_SRC_MASK", Video.FlagSourceMask), ("V4L2_BUF_FLAG_TSTAMP_SRC_SOE", Video.FlagStartOfExposure),
        ("V4L2_CTRL_FLAG_DISABLED", Video.ControlDisabled), ("V4L2_CTRL_FLAG_READ_ONLY", Video.ControlReadOnly),
        ("V4L2_CID_AUTO_WHITE_BALANCE", Video.AutoWhiteBalance), ("V4L2_CID_AUTOGAIN", Video.AutoGain), ("V4L2_CID_GAIN", Video.Gain),
        ("V4L2_CID_WHITE_BALANCE_TEMPERATURE", Video.WhiteBalanceTemperature), ("V4L2_CID_EXPOSURE_AUTO", Video.ExposureAuto),
        ("V4L2_CID_EXPOSURE_ABSOLUTE", Video.ExposureAbsolute), ("V4L2_CID_EXPOSURE_AUTO_PRIORITY", Video.ExposureAutoPriority),
        ("V4L2_EXPOSURE_AUTO", Video.ExposureModeAuto), ("V4L2_EXPOSURE_MANUAL", Video.ExposureModeManual),
        ("V4L2_EXPOSURE_APERTURE_PRIORITY", Video.ExposureModeAperturePriority),
        ("V4L2_PIX_FMT_YUYV", Video.Yuyv), ("V4L2_PIX_FMT_MJPEG", Video.Mjpg),
    ];
}
