using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.Sockets;
using RobotWorldModel.Drivers.Time;

namespace RobotWorldModel.Drivers.V4l2;

/// <summary>How pictures come from the camera.</summary>
public enum VideoPixels
{
    /// <summary>Two bytes a pixel, nothing lost but half of the colour's width.</summary>
    Yuyv,

    /// <summary>A JPEG a picture: a tenth of the bytes, for large pictures and shared USB buses.</summary>
    Mjpg,
}

public sealed class V4l2CameraOptions
{
    /// <summary>The camera's name: its stream is NAME_rgb.</summary>
    public string Name { get; set; } = "";

    /// <summary>/dev/v4l/by-id/…-video-index0, which stays the same camera; or /dev/videoN, which may become another.</summary>
    public string Device { get; set; } = "";

    public int Width { get; set; } = 640;

    public int Height { get; set; } = 480;

    /// <summary>Pictures a second.</summary>
    public double RateHz { get; set; } = 30;

    public VideoPixels Format { get; set; }

    /// <summary>Null: automatic, at the price of no picture.</summary>
    public int? ExposureUs { get; set; }

    /// <summary>In the camera's own unit; null: automatic where it can.</summary>
    public int? Gain { get; set; }

    /// <summary>Null: automatic.</summary>
    public int? WhiteBalanceK { get; set; }

    /// <summary>fx, fy, cx, cy in pixels, then Brown-Conrady k1, k2, p1, p2, k3 as far as known; null: nobody has measured them.</summary>
    public double[]? Intrinsics { get; set; }

    /// <summary>The constant part of the delay from exposure to the kernel's stamp, ms.</summary>
    public double LatencyMs { get; set; }

    /// <summary>base or flange.</summary>
    public string MountedOn { get; set; } = "base";

    /// <summary>The optical frame in the frame it is mounted on; null where nobody has measured it.</summary>
    public Pose? Extrinsics { get; set; }

    /// <summary>Pictures that readers may hold at a time.</summary>
    public int PoolFrames { get; set; } = 32;

    internal uint FourLetters => Format == VideoPixels.Mjpg ? Video.Mjpg : Video.Yuyv;
}

/// <summary>
/// A webcam, or whatever else the kernel shows as a capture device (V4L2). Colour alone, decoded on the camera's own thread into pooled
/// frames, with the kernel's monotonic stamps and picture numbers.
/// </summary>
public sealed class V4l2Camera : ICamera
{
    private const int FirstSilenceMs = 5000, SilenceMs = 2000;
    private const int MostDamagedInARow = 30;
    private const long FutureNs = 1_000_000, PastNs = 1_000_000_000;
    private const int LargestGap = 100_000; // an hour of pictures: more is a broken number, not a loss
    private static readonly ClockMapReport s_host = new("host", 0, 0, 0); // the kernel stamps on the clock that we read
    private readonly V4l2CameraOptions _options;
    private readonly IVideoSystem _system;
    private readonly string _jpegLibrary;
    private readonly ConnectedDevice<VideoStream> _device;
    private readonly FramePool _pool;
    private readonly PictureRate _rate = new();
    private JpegDecoder? _jpeg;
    private volatile CameraInfo? _info;
    private uint? _kernelSequence;
    private long _sequence = -1, _originatingNs = long.MinValue;
    private int _damaged;
    private bool? _saidSlow;

    private enum Damage { None, Marked, NotWhole, NoJpeg }

    /// <exception cref="ArgumentException">An option is missing or out of range; says which.</exception>
    public V4l2Camera(V4l2CameraOptions options)
        : this(options, new LinuxVideo())
    {
    }

    internal V4l2Camera(V4l2CameraOptions options, IVideoSystem system, string jpegLibrary = JpegDecoder.SystemLibrary)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(options.Name, "camera.name");
        ArgumentException.ThrowIfNullOrWhiteSpace(options.Device, "camera.device");
        if (options.Width is < 16 or > 8192 || options.Height is < 16 or > 8192 || options.Width % 2 != 0)
            throw new ArgumentException($"{options.Name}: width must be even and both sides 16 to 8192, they are {options.Width}x"
                + $"{options.Height}");
        if (options.RateHz is not (>= 1 and <= 500))
            throw new ArgumentException($"{options.Name}: fps must be 1 to 500, it is {options.RateHz}");
        if (options.Intrinsics is { Length: not (4 or 6 or 8 or 9 or 12) })
            throw new ArgumentException($"{options.Name}: intrinsics are fx, fy, cx, cy and 0, 2, 4, 5 or 8 of k1, k2, p1, p2, k3, k4, "
                + $"k5, k6; there are {options.Intrinsics.Length} numbers");
        if (options.PoolFrames is < 2 or > 1024)
            throw new ArgumentException($"{options.Name}: pool_frames must be 2 to 1024, it is {options.PoolFrames}");
        if (options.MountedOn is not ("base" or "flange"))
            throw new ArgumentException($"{options.Name}: mounted_on must be base or flange, it is '{options.MountedOn}'");
        (_options, _system, _jpegLibrary) = (options, system, jpegLibrary);
        Color = new($"{options.Name}_rgb", options.RateHz, options.LatencyMs);
        _pool = new(options.Width, options.Height, PixelFormat.Rgb8, options.PoolFrames);
        _device = new(options.Name, options.Device, _ => Open(), Session, ConnectedDevice.NearBackoffMs);
    }

    /// <summary>What decodes Motion-JPEG, as the loader looks for it.</summary>
    public const string JpegLibrary = JpegDecoder.SystemLibrary;

    /// <summary>Whether Motion-JPEG can be decoded here. Null, or what is missing and what to do.</summary>
    public static string? WhyNoJpeg()
    {
        try
        {
            new JpegDecoder().Dispose();
            return null;
        }
        catch (DeviceLostException e)
        {
            return e.Message;
        }
    }

    public string Name => _options.Name;

    public DeviceStatus Status => _device.Status;

    public SampleStream<ImageFrame> Color { get; }

    public SampleStream<ImageFrame>? Depth => null;

    public CameraInfo? Info => _info;

    public ClockMapReport? Clock => s_host;

    public void Start() => _device.Start();

    public void Dispose()
    {
        _device.Dispose();
        _jpeg?.Dispose();
    }

    private void Session(VideoStream stream, CancellationToken stop)
    {
        using var wake = stop.Register(stream.Wake);
        int silenceMs = FirstSilenceMs;
        while (true)
        {
            stop.ThrowIfCancellationRequested();
            if (TryReadPicture(stream, silenceMs))
                silenceMs = SilenceMs;
            else if (!stop.IsCancellationRequested)
                throw new DeviceLostException($"no picture for {silenceMs / 1000} s: unplug the camera and plug it in again");
        }
    }

    internal VideoStream Open()
    {
        if (_options.Format == VideoPixels.Mjpg)
            _jpeg ??= new(_jpegLibrary);
        var stream = new VideoStream(_system, _options);
        _kernelSequence = null;
        _saidSlow = null;
        _damaged = 0;
        Color.RateHz = stream.RateHz;
        _rate.Restart(stream.RateHz);
        CameraIntrinsics intrinsics = _options.Intrinsics is [var fx, var fy, var cx, var cy, .. var distortion]
            ? new(_options.Width, _options.Height, fx, fy, cx, cy, distortion)
            : CameraIntrinsics.Unknown(_options.Width, _options.Height);
        _info = new(_options.Name, stream.Card, stream.Serial, intrinsics, null, 0, _options.MountedOn, _options.Extrinsics)
        {
            ClockDomain = s_host.Domain,
        };
        return stream;
    }

    /// <returns>False: none came in that time.</returns>
    /// <exception cref="DeviceLostException">The camera is gone, or sends nothing but damaged pictures.</exception>
    internal bool TryReadPicture(VideoStream stream, int timeoutMs)
    {
        if (!stream.TryDequeue(timeoutMs, out VideoBuffer buffer))
            return false;
        long arrivalNs = HostClock.NowNs;
        Count(buffer.Sequence);
        Damage damage = Publish(stream, buffer, arrivalNs);
        stream.Requeue(buffer);
        _damaged = damage == Damage.None ? 0 : _damaged + 1;
        if (_damaged >= MostDamagedInARow)
            throw new DeviceLostException($"{_damaged} pictures in a row were damaged, the last: {Describe(damage)}; try another cable or "
                + "port");
        if (damage == Damage.None)
            Report(stream, buffer, arrivalNs);
        return true;
    }

    /// <summary>The kernel counts what the camera made, also what found no buffer. A driver that does not count repeats itself.</summary>
    private void Count(uint kernelSequence)
    {
        int step = _kernelSequence is { } before ? unchecked((int)(kernelSequence - before)) : 1;
        if (step is < 1 or > LargestGap)
            step = 1;
        _kernelSequence = kernelSequence;
        _sequence += step;
        Color.CountLost(step - 1);
    }

    /// <summary>Publishes the picture, or counts it as lost.</summary>
    private Damage Publish(VideoStream stream, in VideoBuffer buffer, long arrivalNs)
    {
        if (_pool.TryRent() is not { } frame)
        {
            Color.CountLost(1); // its readers hold all: nothing is wrong with the camera
            return Damage.None;
        }
        Damage damage = Decode(stream, buffer, frame.Pixels);
        if (damage != Damage.None)
        {
            frame.Release();
            Color.CountLost(1);
            return damage;
        }
        long? stampNs = Stamp(buffer, arrivalNs);
        long originating = Math.Min(stampNs ?? arrivalNs, arrivalNs) - (long)(_options.LatencyMs * 1e6);
        _originatingNs = Math.Max(originating, _originatingNs + 1);
        Color.Publish(new(frame, _originatingNs, stampNs ?? Sample<ImageFrame>.NoDeviceTime, arrivalNs, _sequence));
        return Damage.None;
    }

    private Damage Decode(VideoStream stream, in VideoBuffer buffer, Span<byte> rgb)
    {
        ReadOnlySpan<byte> bytes = stream.Bytes(buffer);
        if ((buffer.Flags & Video.FlagError) != 0)
            return Damage.Marked;
        if (_jpeg is not null)
            return _jpeg.TryDecode(bytes, _options.Width, _options.Height, rgb) ? Damage.None : Damage.NoJpeg;
        if (bytes.Length < stream.BytesPerLine * (_options.Height - 1) + _options.Width * 2)
            return Damage.NotWhole;
        Yuyv.ToRgb(bytes, stream.BytesPerLine, _options.Width, rgb);
        return Damage.None;
    }

    private string Describe(Damage damage) => damage switch
    {
        Damage.Marked => "the kernel marks it as damaged on its way",
        Damage.NotWhole => "it is not whole",
        _ => _jpeg!.WhyNot(_options.Width, _options.Height),
    };

    /// <summary>Null where the kernel's stamp is of another clock: uvcvideo can be told to use the wall clock.</summary>
    private static long? Stamp(in VideoBuffer buffer, long arrivalNs)
    {
        long stampNs = buffer.Seconds * 1_000_000_000 + buffer.Microseconds * 1000;
        return (buffer.Flags & Video.FlagTimestampMask) == Video.FlagTimestampMonotonic
            && arrivalNs - stampNs is >= -FutureNs and <= PastNs ? stampNs : null;
    }

    private void Report(VideoStream stream, in VideoBuffer buffer, long arrivalNs)
    {
        bool slow = _rate.IsSlow(_sequence, arrivalNs);
        if (slow == _saidSlow)
            return;
        _saidSlow = slow;
        if (slow)
        {
            _device.Found($"{stream.Card} makes {_rate.MeasuredHz:0.#} of {stream.RateHz:0.##} pictures a second: too little light for "
                + "its exposure, or too many cameras on its USB bus");
            return;
        }
        string stamped = Stamp(buffer, arrivalNs) is null
            ? "stamped on arrival, because the kernel's stamps are not of its monotonic clock"
            : (buffer.Flags & Video.FlagSourceMask) == Video.FlagStartOfExposure ? "stamped by the kernel at a picture's start"
            : "stamped by the kernel at a picture's end";
        _device.Found($"{stream.Card} {stream.Serial}".TrimEnd() + $" at {_options.Device}, colour {_options.Width}x{_options.Height} "
            + $"from {Video.FourLetters(_options.FourLetters)}, {stamped}");
    }
}
