using System.Net.Sockets;
using RobotWorldModel.Drivers.FrameSocket;
using RobotWorldModel.Drivers.Time;

namespace RobotWorldModel.Simulation.Devices;

public sealed class FrameSocketServerOptions
{
    /// <summary>The camera's name: its streams in the log are NAME_rgb and NAME_depth.</summary>
    public string Name { get; set; } = "";

    public string SocketPath { get; set; } = "";

    /// <summary>From capture to the first byte on the socket; a picture handed over later than that leaves at once.</summary>
    public TransportOptions Transport { get; set; } = new() { DelayMsMin = 25, DelayMsMax = 40 };

    public int Seed { get; set; } = 1;
}

/// <summary>
/// One simulated camera's frame socket. Its renderer publishes from any one thread and never waits; each client has a thread and a short
/// queue, and a client that cannot keep up misses pictures, alone.
/// </summary>
public sealed class FrameSocketServer : ISimulatedDevice
{
    private const int MostBehind = 30; // framesets that a client may be late with: a second, for machines that stall
    private readonly FrameSocketServerOptions _options;
    private readonly TransportDraw _transport;
    private readonly byte[] _hello;
    private readonly int _queueLength;
    private readonly PicturePool _color, _depth;
    private readonly SentLog _colorLog = new(), _depthLog = new();
    private readonly Dictionary<string, SentLog> _sentByName;
    private readonly Lock _lock = new();
    private readonly List<FrameClient> _clients = [];
    private readonly DeviceThread _acceptor;
    private Socket? _listener;
    private ulong _drawnFor = ulong.MaxValue;
    private long _delayNs;

    /// <exception cref="ArgumentException">An option out of range.</exception>
    public FrameSocketServer(FrameSocketServerOptions options, FrameHello hello)
    {
        TransportDraw.Validated(options.Name, options.Transport);
        _options = options;
        _transport = new(options.Transport, options.Seed);
        _hello = FrameClient.Hello(hello);
        int underWay = 2 + (int)((options.Transport.DelayMsMax + options.Transport.ExtraDelayMs) * 1e-3 * hello.RateHz);
        _queueLength = (hello.Depth is null ? 1 : 2) * (underWay + MostBehind);
        int buffers = 2 * underWay + MostBehind; // one client far behind takes nothing from those that keep up
        _color = new(hello.Color.Width, hello.Color.Height, 3, buffers);
        _depth = new(hello.Depth?.Width ?? 0, hello.Depth?.Height ?? 0, 2, hello.Depth is null ? 0 : buffers);
        _sentByName = new() { [$"{options.Name}_rgb"] = _colorLog };
        if (hello.Depth is not null)
            _sentByName[$"{options.Name}_depth"] = _depthLog;
        _acceptor = new($"sim-{options.Name}", Accept);
    }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, SentLog> Sent => _sentByName;

    public int Clients
    {
        get
        {
            lock (_lock)
                return _clients.Count;
        }
    }

    /// <summary>Pictures that some client was too slow for.</summary>
    public long Skipped { get; private set; }

    public void Start()
    {
        _listener = Listening.Unix(_options.Name, _options.SocketPath);
        _acceptor.Start();
    }

    /// <summary>Nothing to do: pictures come by <see cref="Publish"/>.</summary>
    public void Step(long nowNs, double dt)
    {
    }

    /// <summary>
    /// Puts a picture on its way to every client; copies the pixels and never waits. Both pictures of a frameset (one sequence) share the
    /// drawn delay; each is dropped or not by itself. One thread.
    /// </summary>
    /// <param name="trueNs">When it was captured, host monotonic ns: its delay counts from here.</param>
    /// <param name="deviceNs">The same moment on the camera's clock.</param>
    /// <exception cref="ArgumentException">Not as many bytes as the hello says.</exception>
    public void Publish(FrameKind kind, ulong sequence, long trueNs, long deviceNs, ReadOnlySpan<byte> pixels)
    {
        bool isColor = kind == FrameKind.Color;
        PicturePool pool = isColor ? _color : _depth;
        if (kind == FrameKind.Hello || pixels.Length != pool.PixelBytes || pixels.Length == 0)
            throw new ArgumentException($"{_options.Name}: a {kind} picture of {pixels.Length} bytes; its hello says {pool.PixelBytes}");
        if (sequence != _drawnFor)
            (_drawnFor, _delayNs) = (sequence, _transport.DelayNs());
        long due = _transport.Due(trueNs, _delayNs);
        Picture? picture = _transport.Drops() ? null : pool.TryRent();
        (isColor ? _colorLog : _depthLog).Add(trueNs, deviceNs, dropped: picture is null);
        if (picture is null)
            return;
        picture.DueNs = due;
        new FrameHeader(kind, sequence, deviceNs, pool.Width, pool.Height, pixels.Length).Write(picture.Message);
        pixels.CopyTo(picture.Message.AsSpan(FrameHeader.Bytes));
        lock (_lock)
            foreach (var client in _clients)
                if (!client.TryEnqueue(picture))
                    Skipped++;
        picture.Release();
    }

    public void Dispose()
    {
        _acceptor.Dispose();
        _listener?.Dispose();
        FrameClient[] left;
        lock (_lock)
            left = [.. _clients];
        foreach (var client in left)
            client.Dispose();
        if (_listener is not null)
            File.Delete(_options.SocketPath);
    }

    private void Accept(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            if (!_listener!.Poll(50_000, SelectMode.SelectRead) || Listening.TryAccept(_listener) is not { } socket)
                continue;
            var client = new FrameClient($"sim-{_options.Name}", socket, _hello, _queueLength, Remove);
            lock (_lock)
                _clients.Add(client);
            client.Start();
        }
    }

    private void Remove(FrameClient client)
    {
        lock (_lock)
            _clients.Remove(client);
    }
}
