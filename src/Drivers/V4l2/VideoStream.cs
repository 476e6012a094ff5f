using System.Runtime.InteropServices;
using RobotWorldModel.Drivers.Sockets;

namespace RobotWorldModel.Drivers.V4l2;

/// <summary>
/// A video device from its opening to its closing: checked, set, and streaming into buffers that the kernel shares with us. Whatever the
/// device refuses is said in words.
/// </summary>
internal sealed unsafe class VideoStream : IDisposable
{
    internal const int NoSuchFile = 2, InputOutput = 5, NoSuchAddress = 6, TryAgain = 11, NotAllowed = 13, Busy = 16, NoSuchDevice = 19;
    internal const int Invalid = 22, NoIoctl = 25, NoSpace = 28, BrokenPipe = 32, Protocol = 71;
    private const int WantedBuffers = 4, FewestBuffers = 2;
    private const double RateTolerance = 0.01;
    private readonly IVideoDevice _device;
    private readonly V4l2CameraOptions _options;
    private readonly (nint Address, uint Bytes)[] _buffers;
    private bool _on;

    /// <exception cref="DeviceLostException">It is not there, not ours, or not what the config says; says what to do.</exception>
    public VideoStream(IVideoSystem system, V4l2CameraOptions options)
    {
        _options = options;
        _buffers = [];
        int error = system.Open(options.Device, out IVideoDevice? device);
        if (error != 0)
            throw new DeviceLostException(WhyNotOpen(error));
        _device = device!;
        try
        {
            Identify();
            SetFormat();
            SetRate();
            VideoControls.Apply(_device, options);
            _buffers = new (nint, uint)[RequestBuffers()];
            for (uint i = 0; i < _buffers.Length; i++)
                MapAndQueue(i);
            uint type = Video.CaptureBuffer;
            Must(Video.StreamOn, &type, "starting the stream");
            _on = true;
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public string Card { get; private set; } = "";

    public string Serial => _device.Serial;

    /// <summary>Of a row of YUYV, padding included.</summary>
    public int BytesPerLine { get; private set; }

    public double RateHz { get; private set; }

    /// <summary>Ends a wait for pictures, from any thread.</summary>
    public void Wake() => _device.Wake();

    /// <summary>The oldest picture that waits; its memory is ours until <see cref="Requeue"/>.</summary>
    /// <returns>False: none came in that time, or the wait was woken.</returns>
    /// <exception cref="DeviceLostException">The device is gone or its stream broken.</exception>
    public bool TryDequeue(int timeoutMs, out VideoBuffer buffer)
    {
        buffer = new() { Type = Video.CaptureBuffer, Memory = Video.MappedMemory };
        int error = _device.Wait(timeoutMs, out bool ready);
        if (error != 0)
            throw new DeviceLostException($"waiting for a picture failed: {Describe(error)}");
        if (!ready)
            return false;
        fixed (VideoBuffer* b = &buffer)
            Must(Video.Dequeue, b, "taking a picture");
        return buffer.Index < _buffers.Length
            ? true
            : throw new DeviceLostException($"its driver gave buffer {buffer.Index} of {_buffers.Length}: look at the kernel's log");
    }

    /// <summary>What the camera wrote into a buffer; empty where it claims more than the buffer holds.</summary>
    public ReadOnlySpan<byte> Bytes(in VideoBuffer buffer)
    {
        var (address, bytes) = _buffers[buffer.Index];
        return buffer.BytesUsed <= bytes ? new((void*)address, (int)buffer.BytesUsed) : default;
    }

    /// <exception cref="DeviceLostException">The device is gone.</exception>
    public void Requeue(in VideoBuffer buffer)
    {
        var again = new VideoBuffer { Index = buffer.Index, Type = Video.CaptureBuffer, Memory = Video.MappedMemory };
        Must(Video.Queue, &again, "giving a buffer back");
    }

    public void Dispose()
    {
        uint type = Video.CaptureBuffer;
        if (_on)
            _ = _device.Call(Video.StreamOff, &type); // of a camera that is gone it fails, and that has been said
        _on = false;
        for (int i = 0; i < _buffers.Length; i++)
        {
            if (_buffers[i].Address != 0)
                _device.Unmap((byte*)_buffers[i].Address, _buffers[i].Bytes);
            _buffers[i] = default;
        }
        _device.Dispose();
    }

    internal static string Describe(int error) => $"{Marshal.GetPInvokeErrorMessage(error)} (errno {error})";

    private void Identify()
    {
        VideoCapability capability = default;
        int error = _device.Call(Video.QueryCapability, &capability);
        if (error is NoIoctl or Invalid)
            throw new DeviceLostException($"{_options.Device} is no video device: name one of /dev/v4l/by-id/");
        Check(error, "asking what it is");
        Card = capability.Card.ToString();
        uint can = (capability.Capabilities & Video.CapabilityDeviceCaps) != 0 ? capability.DeviceCaps : capability.Capabilities;
        if ((can & Video.CapabilityCapture) == 0)
            throw new DeviceLostException($"{_options.Device} ({Card}) takes no pictures: webcams have a second device for metadata; "
                + "name the one that ends in -video-index0");
        if ((can & Video.CapabilityStreaming) == 0)
            throw new DeviceLostException($"{_options.Device} ({Card}) cannot stream into mapped buffers: use a process of your own "
                + "(docs/frame-socket.md)");
    }

    private void SetFormat()
    {
        var wanted = new VideoFormat
        {
            Type = Video.CaptureBuffer,
            Width = (uint)_options.Width,
            Height = (uint)_options.Height,
            PixelFormat = _options.FourLetters,
        };
        Must(Video.SetFormat, &wanted, "setting the format");
        if (wanted.PixelFormat != _options.FourLetters)
            throw new DeviceLostException($"{Card} has no {Video.FourLetters(_options.FourLetters)}; it has {Formats()}");
        if (wanted.Width != _options.Width || wanted.Height != _options.Height)
            throw new DeviceLostException($"{Card} has no {_options.Width}x{_options.Height} in {Video.FourLetters(wanted.PixelFormat)}; "
                + $"it has {Sizes()} (width, height)");
        BytesPerLine = (int)Math.Max(wanted.BytesPerLine, _options.Width * 2u);
    }

    private void SetRate()
    {
        var wanted = new VideoParameters
        {
            Type = Video.CaptureBuffer,
            Numerator = 1000,
            Denominator = (uint)Math.Round(_options.RateHz * 1000),
        };
        Must(Video.SetParameters, &wanted, "setting the rate");
        if ((wanted.Capability & Video.TimePerFrame) == 0 || wanted.Numerator == 0)
            throw new DeviceLostException($"{Card} does not say how many pictures a second it makes: use a process of your own "
                + "(docs/frame-socket.md)");
        RateHz = (double)wanted.Denominator / wanted.Numerator;
        if (!(Math.Abs(RateHz / _options.RateHz - 1) <= RateTolerance))
            throw new DeviceLostException($"{Card} makes {RateHz:0.##} pictures a second at {_options.Width}x{_options.Height} in "
                + $"{Video.FourLetters(_options.FourLetters)}, not {_options.RateHz:0.##}: change fps, size or format");
    }

    private int RequestBuffers()
    {
        var request = new VideoRequest { Count = WantedBuffers, Type = Video.CaptureBuffer, Memory = Video.MappedMemory };
        Must(Video.RequestBuffers, &request, "reserving buffers");
        return request.Count is >= FewestBuffers and <= 32
            ? (int)request.Count
            : throw new DeviceLostException($"{Card}: the kernel gave {request.Count} buffers of {WantedBuffers}: is memory short?");
    }

    private void MapAndQueue(uint index)
    {
        var buffer = new VideoBuffer { Index = index, Type = Video.CaptureBuffer, Memory = Video.MappedMemory };
        Must(Video.QueryBuffer, &buffer, "asking for a buffer");
        int error = _device.Map(buffer.Length, buffer.Offset, out byte* address);
        Check(error, "mapping a buffer");
        _buffers[index] = ((nint)address, buffer.Length);
        Requeue(buffer);
    }

    /// <summary>Its formats by their four letters.</summary>
    private string Formats()
    {
        var names = new List<string>();
        var format = new VideoFormatDescription { Type = Video.CaptureBuffer };
        for (; format.Index < 64 && _device.Call(Video.EnumerateFormat, &format) == 0; format.Index++)
            names.Add(Video.FourLetters(format.PixelFormat));
        return names.Count > 0 ? string.Join(", ", names) : "none that it names";
    }

    private string Sizes()
    {
        var sizes = new List<string>();
        var size = new VideoFrameSize { PixelFormat = _options.FourLetters };
        for (; size.Index < 64 && _device.Call(Video.EnumerateFrameSize, &size) == 0 && size.Type == Video.DiscreteSize; size.Index++)
            sizes.Add($"{size.Width}x{size.Height}");
        return sizes.Count > 0 ? string.Join(", ", sizes) : "none that it names";
    }

    private void Must(uint request, void* argument, string what) => Check(_device.Call(request, argument), what);

    private void Check(int error, string what)
    {
        if (error != 0)
            throw new DeviceLostException(error switch
            {
                NoSuchDevice or NoSuchAddress => "the camera is gone: look at its plug, and at the hub's power",
                Busy => $"another program has the camera (fuser -v {_options.Device} shows which); it serves one at a time",
                NoSpace => "the USB bus has no room for its pictures beside the others': use format: mjpg, a smaller size, or a port "
                    + "of another controller (lsusb -t)",
                InputOutput or Protocol or BrokenPipe => $"{what} failed on the USB bus ({Describe(error)}): try another cable or port",
                TryAgain => "its driver reports an error on the stream: the camera has stopped",
                _ => $"{what} failed: {Describe(error)}",
            });
    }

    private string WhyNotOpen(int error) => error switch
    {
        NoSuchFile => $"there is no {_options.Device}: is the camera plugged in? ls /dev/v4l/by-id/ shows those that are",
        NoSuchDevice or NoSuchAddress => $"there is no camera behind {_options.Device}: unplug it and plug it in again",
        NotAllowed => $"this user may not open {_options.Device}: sudo usermod -aG video $USER, then log in anew",
        Busy => $"another program has the camera (fuser -v {_options.Device} shows which); it serves one at a time",
        _ => $"{_options.Device} cannot be opened: {Describe(error)}",
    };
}
