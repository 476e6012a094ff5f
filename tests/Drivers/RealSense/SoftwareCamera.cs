using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using RobotWorldModel.Drivers.RealSense;

namespace RobotWorldModel.Drivers.Tests.RealSense;

/// <summary>
/// librealsense2's own software device in the driver's context: the same calls to the stand-in and to the original. Its pictures are the
/// test's, handed over on the test's thread.
/// </summary>
internal sealed unsafe class SoftwareCamera : IDisposable
{
    public const string Serial = "software-1";
    public const int Width = 64, Height = 48, Fps = 30;
    private const int DepthUnits = 28, AutoExposurePriority = 30, DepthColorMatcher = 1, Buffers = 8;
    private static readonly List<nint> s_added = [];
    private readonly nint _library, _device, _depthProfile, _colorProfile;
    private readonly RealSenseHub _hub;
    private readonly nint _depthBuffers = Marshal.AllocHGlobal(Buffers * Width * Height * 2);
    private readonly nint _colorBuffers = Marshal.AllocHGlobal(Buffers * Width * Height * 3);
    private readonly delegate* unmanaged[Cdecl]<nint, Frame, nint*, void> _onFrame;
    private readonly delegate* unmanaged[Cdecl]<nint, int, long, nint*, void> _setMetadata;
    private int _next;

    [StructLayout(LayoutKind.Sequential)]
    private struct VideoStream
    {
        public int Type, Index, Uid, Width, Height, Fps, Bpp, Format;
        public RsIntrinsics Intrinsics;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Frame
    {
        public nint Pixels;
        public delegate* unmanaged[Cdecl]<nint, void> Deleter;
        public int Stride, Bpp;
        public double Timestamp;
        public int Domain, Number;
        public nint Profile;
        public float DepthUnits;
    }

    /// <param name="path">The library's, as the camera under test has it.</param>
    public SoftwareCamera(string path)
    {
        _hub = RealSenseHub.Acquire(path, pollMs: 40);
        _library = NativeLibrary.Load(_hub.Library.Path);
        // The context keeps a device of software only as long as somebody keeps the list in which it was told of.
        nint context = _hub.Context.DangerousGetHandle(), error = 0;
        _hub.Library.SetDevicesChanged(context, (delegate* unmanaged[Cdecl]<nint, nint, nint, void>)&Keep,
            (nint)_hub.Library.DeleteDeviceList, &error);
        Check(error);
        _onFrame = (delegate* unmanaged[Cdecl]<nint, Frame, nint*, void>)Export("rs2_software_sensor_on_video_frame");
        _setMetadata = (delegate* unmanaged[Cdecl]<nint, int, long, nint*, void>)Export("rs2_software_sensor_set_metadata");
        _device = ((delegate* unmanaged[Cdecl]<nint*, nint>)Export("rs2_create_software_device"))(&error);
        Check(error);
        foreach (var (info, text) in new[] { (0, "Software"), (1, Serial), (2, "1.0"), (4, "none"), (7, "0B07"), (9, "3.2") })
            Register(info, text);
        DepthSensor = AddSensor("Stereo Module");
        ColorSensor = AddSensor("RGB Camera");
        _depthProfile = AddStream(DepthSensor, RsStream.Depth, RsFormat.Z16, 2, RsLens.BrownConrady);
        _colorProfile = AddStream(ColorSensor, RsStream.Color, RsFormat.Rgb8, 3, RsLens.InverseBrownConrady);
        ((delegate* unmanaged[Cdecl]<nint, int, float, nint*, void>)Export("rs2_software_sensor_add_read_only_option"))(
            DepthSensor, DepthUnits, 0.001f, &error);
        Check(error);
        ((delegate* unmanaged[Cdecl]<nint, int, float, float, float, float, int, nint*, void>)Export("rs2_software_sensor_add_option"))(
            ColorSensor, AutoExposurePriority, 0, 1, 1, 1, 1, &error);
        Check(error);
        ((delegate* unmanaged[Cdecl]<nint, nint, RsExtrinsics, nint*, void>)Export("rs2_register_extrinsics"))(
            _depthProfile, _colorProfile, new(1, 0, 0, 0, 1, 0, 0, 0, 1, 0.015f, 0.001f, 0), &error);
        Check(error);
        ((delegate* unmanaged[Cdecl]<nint, int, nint*, void>)Export("rs2_software_device_create_matcher"))(
            _device, DepthColorMatcher, &error);
        Check(error);
        ((delegate* unmanaged[Cdecl]<nint, nint, nint*, void>)Export("rs2_context_add_software_device"))(context, _device, &error);
        Check(error);
    }

    public nint DepthSensor { get; }

    public nint ColorSensor { get; }

    public float AutoExposurePriorityNow
    {
        get
        {
            nint error = 0;
            float value = ((delegate* unmanaged[Cdecl]<nint, int, nint*, float>)Export("rs2_get_option"))(
                ColorSensor, AutoExposurePriority, &error);
            Check(error);
            return value;
        }
    }

    /// <summary>Hands over depth, then colour: pixels of one value, stamped by the camera's clock.</summary>
    /// <param name="us">The camera's clock, of which it counts 32 bits.</param>
    public void Send(int number, double us)
    {
        _next = (_next + 1) % Buffers;
        SendOne(DepthSensor, _depthProfile, _depthBuffers + _next * Width * Height * 2, 2, number, us - 1000);
        SendOne(ColorSensor, _colorProfile, _colorBuffers + _next * Width * Height * 3, 3, number, us);
    }

    public void Dispose()
    {
        lock (s_added)
        {
            s_added.ForEach(list => _hub.Library.DeleteDeviceList(list));
            s_added.Clear();
        }
        _hub.Library.DeleteSensor(DepthSensor);
        _hub.Library.DeleteSensor(ColorSensor);
        _hub.Library.DeleteDevice(_device);
        _hub.Release();
        Marshal.FreeHGlobal(_depthBuffers);
        Marshal.FreeHGlobal(_colorBuffers);
    }

    private void SendOne(nint sensor, nint profile, nint pixels, int bpp, int number, double us)
    {
        new Span<byte>((void*)pixels, Width * Height * bpp).Fill((byte)number);
        nint error = 0;
        _setMetadata(sensor, 1, (long)(us % 4294967296), &error);
        Check(error);
        _setMetadata(sensor, 2, (long)((us - 4000) % 4294967296), &error);
        Check(error);
        _onFrame(sensor, new()
        {
            Pixels = pixels,
            Deleter = &Nothing,
            Stride = Width * bpp,
            Bpp = bpp,
            Timestamp = us % 4294967296 / 1000,
            Number = number,
            Profile = profile,
            DepthUnits = 0.001f,
        }, &error);
        Check(error);
    }

    private void Register(int info, string text)
    {
        nint error = 0;
        fixed (byte* t = (byte[])[.. System.Text.Encoding.UTF8.GetBytes(text), 0])
            ((delegate* unmanaged[Cdecl]<nint, int, byte*, nint*, void>)Export("rs2_software_device_register_info"))(
                _device, info, t, &error);
        Check(error);
    }

    private nint AddSensor(string name)
    {
        nint error = 0, sensor;
        fixed (byte* n = (byte[])[.. System.Text.Encoding.UTF8.GetBytes(name), 0])
            sensor = ((delegate* unmanaged[Cdecl]<nint, byte*, nint*, nint>)Export("rs2_software_device_add_sensor"))(_device, n, &error);
        Check(error);
        return sensor;
    }

    private nint AddStream(nint sensor, RsStream stream, RsFormat format, int bpp, RsLens lens)
    {
        nint error = 0;
        nint profile = ((delegate* unmanaged[Cdecl]<nint, VideoStream, int, nint*, nint>)Export(
            "rs2_software_sensor_add_video_stream_ex"))(sensor, new()
            {
                Type = (int)stream,
                Uid = (int)stream,
                Width = Width,
                Height = Height,
                Fps = Fps,
                Bpp = bpp,
                Format = (int)format,
                Intrinsics = new(Width, Height, 31.5f, 23.5f, 60, 61, lens, 0, 0, 0, 0, 0),
            }, 1, &error);
        Check(error);
        return profile;
    }

    private nint Export(string name) => NativeLibrary.GetExport(_library, name);

    private void Check(nint error) => _hub.Library.Check(error);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Nothing(nint pixels)
    {
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Keep(nint removed, nint added, nint delete)
    {
        ((delegate* unmanaged[Cdecl]<nint, void>)delete)(removed);
        lock (s_added)
            s_added.Add(added);
    }
}
