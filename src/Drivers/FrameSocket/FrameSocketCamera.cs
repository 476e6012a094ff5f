using System.Net.Sockets;
using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.Sockets;
using RobotWorldModel.Drivers.Time;

namespace RobotWorldModel.Drivers.FrameSocket;

public sealed class FrameSocketCameraOptions
{
    /// <summary>The camera's name: its streams are NAME_rgb and NAME_depth.</summary>
    public string Name { get; set; } = "";

    /// <summary>Unix-domain stream socket on which the camera process listens.</summary>
    public string SocketPath { get; set; } = "";

    /// <summary>The constant part of the delay from exposure to host, ms.</summary>
    public double LatencyMs { get; set; }

    /// <summary>Whether depth is wanted; false reads it away where the camera sends it.</summary>
    public bool Depth { get; set; } = true;

    /// <summary>base or flange.</summary>
    public string MountedOn { get; set; } = "base";

    /// <summary>The optical frame in the frame it is mounted on; null where nobody has measured it.</summary>
    public Pose? Extrinsics { get; set; }

    /// <summary>Pictures that readers may hold at a time, of each kind.</summary>
    public int PoolFrames { get; set; } = 32;
}

/// <summary>
/// A camera behind a frame socket (docs/frame-socket.md): any process that listens, says hello and sends pictures. Pixels go from the
/// socket straight into pooled frames.
/// </summary>
public sealed class FrameSocketCamera : ICamera
{
    private const int SilenceMs = 2000, ScratchBytes = 1 << 16;
    private const ulong LargestGap = 100_000; // an hour of pictures: more is a broken number, not a loss
    private const long LargestStepNs = 3_600_000_000_000;
    private readonly FrameSocketCameraOptions _options;
    private readonly SocketDevice _device;
    private readonly ClockMap _map = new();
    private readonly byte[] _header = new byte[FrameHeader.Bytes];
    private readonly byte[] _scratch = new byte[ScratchBytes];
    private readonly KindState _color, _depth;
    private readonly Lock _reportLock = new();
    private ClockMapReport? _report;
    private (string Domain, long OffsetNs, double DriftPpm, long ResidualNs)? _fit;
    private long _mappedDevice;
    private FrameHello? _hello;
    private (bool Color, bool Depth)? _saidSlow;
    private volatile CameraInfo? _info;

    /// <summary>What is kept of one of the two kinds of picture.</summary>
    private sealed class KindState(SampleStream<ImageFrame> stream, PixelFormat format)
    {
        public readonly SampleStream<ImageFrame> Stream = stream;
        public readonly PixelFormat Format = format;
        public readonly PictureRate Rate = new();
        public FramePool? Pool;
        public long Sequence = -1, DeviceNs, OriginatingNs = long.MinValue;
    }

    /// <exception cref="ArgumentException">A name is missing, the path too long, or an option out of range; says which.</exception>
    public FrameSocketCamera(FrameSocketCameraOptions options)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(options.Name, "camera.name");
        if (options.PoolFrames is < 2 or > 1024)
            throw new ArgumentException($"{options.Name}: pool_frames must be 2 to 1024, it is {options.PoolFrames}");
        if (options.MountedOn is not ("base" or "flange"))
            throw new ArgumentException($"{options.Name}: mounted_on must be base or flange, it is '{options.MountedOn}'");
        _options = options;
        _color = new(new($"{options.Name}_rgb", 0, options.LatencyMs), PixelFormat.Rgb8);
        _depth = new(new($"{options.Name}_depth", 0, options.LatencyMs), PixelFormat.Depth16);
        _device = new(options.Name, DeviceAddress.Unix(options.SocketPath, "the camera process"), Session);
    }

    public string Name => _options.Name;

    public DeviceStatus Status => _device.Status;

    public SampleStream<ImageFrame> Color => _color.Stream;

    public SampleStream<ImageFrame>? Depth => _options.Depth ? _depth.Stream : null;

    public CameraInfo? Info => _info;

    public ClockMapReport? Clock
    {
        get
        {
            lock (_reportLock)
            {
                if (_report is null && _fit is var (domain, offset, drift, residual))
                    _report = new(domain, offset, drift, residual);
                return _report;
            }
        }
    }

    public void Start() => _device.Start();

    public void Dispose() => _device.Dispose();

    private void Session(Socket socket, CancellationToken stop)
    {
        try
        {
            ReadHello(socket, stop);
            while (true)
            {
                ReadPicture(socket, stop);
                Report();
            }
        }
        catch (InvalidDataException e)
        {
            _hello = null; // nothing that it said is believed on
            throw new DeviceLostException($"{e.Message}; the connection was closed: check the program behind {_options.SocketPath}");
        }
    }

    internal void ReadHello(Socket socket, CancellationToken stop)
    {
        ReadExactly(socket, _header, stop);
        var header = FrameHeader.Read(_header);
        if (header.Kind != FrameKind.Hello)
            throw new InvalidDataException($"its first message is {header.Kind} instead of a hello");
        if (header.PayloadBytes > FrameHello.LongestBytes)
            throw new InvalidDataException($"its hello has {header.PayloadBytes} bytes, more than {FrameHello.LongestBytes}");
        byte[] json = new byte[header.PayloadBytes];
        ReadExactly(socket, json, stop);
        var hello = FrameHello.Parse(json);
        if (_hello is null || hello.Session.Length == 0 || hello.Session != _hello.Session)
        {
            _map.Reset();
            _mappedDevice = long.MinValue;
            _color.Sequence = _depth.Sequence = -1;
        }
        _hello = hello;
        _saidSlow = null;
        _color.Rate.Restart(hello.RateHz);
        _depth.Rate.Restart(hello.RateHz);
        _color.Stream.RateHz = _depth.Stream.RateHz = hello.RateHz;
        Provide(_color, hello.Color);
        if (_options.Depth && hello.Depth is not null)
            Provide(_depth, hello.Depth);
        _info = new(_options.Name, hello.Model, hello.Serial, hello.Color, _options.Depth ? hello.Depth : null,
            _options.Depth ? hello.DepthScale : 0, _options.MountedOn, _options.Extrinsics)
        {
            ClockDomain = hello.ClockDomain,
        };
    }

    /// <summary>Says what is there with the first picture, and again where a kind becomes slow or fast. Looked at with every picture of
    /// either kind: one of them may stop.</summary>
    private void Report()
    {
        long now = HostClock.NowNs;
        FrameHello hello = _hello!;
        (bool Color, bool Depth) slow = (_color.Rate.IsSlow(_color.Sequence, now),
            _options.Depth && hello.Depth is not null && _depth.Rate.IsSlow(_depth.Sequence, now));
        if (slow == _saidSlow)
            return;
        _saidSlow = slow;
        string depth = hello.Depth is { } d ? $" and depth {d.Width}x{d.Height}" : _options.Depth ? ", no depth" : "";
        string kinds = slow switch { (true, true) => "colour and depth", (true, _) => "colour", (_, true) => "depth", _ => "" };
        double rate = !slow.Depth || (slow.Color && _color.Rate.MeasuredHz < _depth.Rate.MeasuredHz)
            ? _color.Rate.MeasuredHz
            : _depth.Rate.MeasuredHz;
        _device.Found($"{hello.Model} {hello.Serial} at {_options.SocketPath}, colour {hello.Color.Width}x{hello.Color.Height}{depth}"
            + (kinds.Length == 0 ? "" : $"; it makes {rate:0.#} of {hello.RateHz:0.##} pictures a second of {kinds}: "
                + "too little light for its exposure, a shared USB bus, or a busy computer"));
    }

    private void Provide(KindState kind, CameraIntrinsics size)
    {
        if (kind.Pool?.Width != size.Width || kind.Pool.Height != size.Height)
            kind.Pool = new FramePool(size.Width, size.Height, kind.Format, _options.PoolFrames);
    }

    internal void ReadPicture(Socket socket, CancellationToken stop)
    {
        ReadExactly(socket, _header, stop);
        long headerArrival = HostClock.NowNs;
        var header = FrameHeader.Read(_header);
        bool isColor = header.Kind == FrameKind.Color;
        KindState kind = isColor ? _color : _depth;
        Check(header, isColor ? _hello!.Color : _hello!.Depth, kind);
        if (!isColor && !_options.Depth)
        {
            ReadAway(socket, header.PayloadBytes, stop);
            return;
        }
        if (kind.Sequence >= 0)
            kind.Stream.CountLost((long)header.Sequence - kind.Sequence - 1);
        kind.Sequence = (long)header.Sequence;
        kind.DeviceNs = header.DeviceNs;
        MapClock(header.DeviceNs, headerArrival);

        ImageFrame? frame = kind.Pool!.TryRent();
        if (frame is null)
        {
            kind.Stream.CountLost(1);
            ReadAway(socket, header.PayloadBytes, stop);
            return;
        }
        try
        {
            ReadExactly(socket, frame.Pixels, stop);
        }
        catch (Exception e)
        {
            frame.Release();
            if (e is IOException)
                kind.Stream.CountLost(1); // its header was here: it was made, and is not coming
            throw;
        }
        long arrival = HostClock.NowNs;
        long originating = Math.Min(_map.ToHost(header.DeviceNs), headerArrival) - (long)(_options.LatencyMs * 1e6);
        kind.OriginatingNs = Math.Max(originating, kind.OriginatingNs + 1); // a refit must not turn two pictures round
        kind.Stream.Publish(new(frame, kind.OriginatingNs, header.DeviceNs, arrival, kind.Sequence));
    }

    private static void Check(in FrameHeader header, CameraIntrinsics? size, KindState kind)
    {
        if (header.Kind == FrameKind.Hello)
            throw new InvalidDataException("it says hello a second time");
        if (size is null)
            throw new InvalidDataException("it sends depth, but its hello has none");
        int bytesPerPixel = kind.Format == PixelFormat.Rgb8 ? 3 : 2;
        if (header.Width != size.Width || header.Height != size.Height || header.PayloadBytes != size.Width * size.Height * bytesPerPixel)
            throw new InvalidDataException($"a {header.Kind} picture of {header.Width}x{header.Height} with {header.PayloadBytes} bytes; "
                + $"its hello says {size.Width}x{size.Height}, which is {size.Width * size.Height * bytesPerPixel} bytes");
        if (kind.Sequence < 0)
            return;
        if ((long)header.Sequence <= kind.Sequence || header.Sequence - (ulong)kind.Sequence > LargestGap)
            throw new InvalidDataException($"{header.Kind} sequence {header.Sequence} after {kind.Sequence}: "
                + "it must rise, by one a capture");
        if (header.DeviceNs < kind.DeviceNs || header.DeviceNs - kind.DeviceNs > LargestStepNs)
            throw new InvalidDataException($"{header.Kind} stamp {header.DeviceNs} ns after {kind.DeviceNs} ns: "
                + "it must rise with the camera's clock");
    }

    /// <summary>
    /// The header's arrival, not the last byte's, is the pair's: how long a megabyte takes to copy says nothing about the clock. Depth may
    /// be stamped a little before the colour that came first; such a pair adds nothing.
    /// </summary>
    private void MapClock(long deviceNs, long headerArrival)
    {
        if (deviceNs >= _mappedDevice)
        {
            _map.Add(deviceNs, headerArrival);
            _mappedDevice = deviceNs;
        }
        lock (_reportLock)
        {
            _fit = (_hello!.ClockDomain, _map.OffsetNs, _map.DriftPpm, _map.ResidualNs);
            _report = null;
        }
    }

    private void ReadAway(Socket socket, int bytes, CancellationToken stop)
    {
        while (bytes > 0)
        {
            Span<byte> into = _scratch.AsSpan(0, Math.Min(bytes, ScratchBytes));
            ReadExactly(socket, into, stop);
            bytes -= into.Length;
        }
    }

    private void ReadExactly(Socket socket, Span<byte> into, CancellationToken stop)
    {
        while (into.Length > 0)
        {
            int read = SocketDevice.Receive(socket, into, SilenceMs, stop);
            if (read == 0)
                throw new DeviceLostException($"nothing came for {SilenceMs / 1000} s from {_options.SocketPath}: "
                    + "look at the camera process");
            into = into[read..];
        }
    }
}
