using System.Net.Sockets;
using RobotWorldModel.Drivers.Time;

namespace RobotWorldModel.Drivers.UniversalRobots;

/// <summary>
/// Listens to the primary interface (30001) of one controller: who it is, how it is calibrated, and what it complains about. Written by
/// one thread, read by any.
/// </summary>
internal sealed class PrimaryClient(string host, int port)
{
    private const int ConnectTimeoutMs = 1000, SilenceMs = 2000, Kept = 32;
    private readonly byte[] _buffer = new byte[1 << 16];
    private readonly Lock _lock = new();
    private readonly Queue<ControllerMessage> _messages = new();
    private int _end;
    private long _skip;

    /// <summary>A whole robot state has been read on the present connection.</summary>
    public bool Listening { get; private set; }

    /// <summary>robotType of the configuration data; null before it has been read.</summary>
    public int? RobotType { get; private set; }

    public UrCalibration? Calibration { get; private set; }

    /// <summary>The first problem that the controller reported from a moment on (host ns), else null.</summary>
    public ControllerMessage? FirstProblemSince(long sinceNs)
    {
        lock (_lock)
            return _messages.FirstOrDefault(m => m.IsProblem && m.ArrivalNs >= sinceNs);
    }

    /// <summary>The newest error code that was sent within a time, else null: why the arm has stopped.</summary>
    public ControllerMessage? NewestErrorCode(long withinNs)
    {
        long since = HostClock.NowNs - withinNs;
        lock (_lock)
            return _messages.LastOrDefault(m => m.Kind == ControllerMessageKind.ErrorCode && m.IsProblem && m.ArrivalNs >= since);
    }

    /// <summary>Connects and listens until cancelled or until the connection is lost.</summary>
    /// <exception cref="DeviceFaultException">Not reached, lost or silent.</exception>
    /// <exception cref="InvalidDataException">What arrives is not the primary interface.</exception>
    public void Listen(Action onState, CancellationToken cancel)
    {
        using Socket socket = DeviceSocket.Connect(host, port, ConnectTimeoutMs,
            "The primary interface is on 30001 (PolyScope: Settings, Security, Services)");
        socket.ReceiveTimeout = SilenceMs;
        using var wake = cancel.Register(() => Shut(socket));
        (_end, _skip) = (0, 0);
        try
        {
            while (!cancel.IsCancellationRequested)
            {
                int n = socket.Receive(_buffer.AsSpan(_end), SocketFlags.None, out SocketError error);
                if (cancel.IsCancellationRequested)
                    return;
                if (n <= 0 || error != SocketError.Success)
                    throw new DeviceFaultException($"{host}:{port} stopped sending ({(error == SocketError.Success ? "closed" : error)})");
                _end += n;
                if (TakePackages())
                {
                    Listening = true;
                    onState();
                }
            }
        }
        finally
        {
            Listening = false;
        }
    }

    // True when a robot state was among them.
    private bool TakePackages()
    {
        long arrivalNs = HostClock.NowNs;
        bool state = false;
        int at = 0;
        while (true)
        {
            if (_skip > 0)
            {
                int part = (int)Math.Min(_skip, _end - at);
                at += part;
                _skip -= part;
            }
            if (_end - at < PrimaryWire.HeaderBytes)
                break;
            var (size, type) = PrimaryWire.ReadHeader(_buffer.AsSpan(at));
            if (size > _buffer.Length) // program variables of a large program: nothing of ours
            {
                _skip = size;
                continue;
            }
            if (_end - at < size)
                break;
            ReadOnlySpan<byte> body = _buffer.AsSpan(at + PrimaryWire.HeaderBytes, size - PrimaryWire.HeaderBytes);
            if (type == PrimaryWire.RobotState)
            {
                ReadState(body);
                state = true;
            }
            else if (type == PrimaryWire.RobotMessage)
            {
                Keep(PrimaryWire.ReadMessage(body, arrivalNs));
            }
            at += size;
        }
        _buffer.AsSpan(at, _end - at).CopyTo(_buffer);
        _end -= at;
        return state;
    }

    private void ReadState(ReadOnlySpan<byte> state)
    {
        while (PrimaryWire.NextPart(ref state, out byte type, out var data))
        {
            if (type == PrimaryWire.Configuration)
                RobotType = PrimaryWire.ReadRobotType(data) ?? RobotType;
            else if (type == PrimaryWire.KinematicsInfo && Calibration is null)
                Calibration = PrimaryWire.ReadCalibration(data);
        }
    }

    /// <summary>Another controller may stand behind the same address after a loss.</summary>
    public void Forget() => (RobotType, Calibration) = (null, null);

    private void Keep(ControllerMessage message)
    {
        if (message.Kind == ControllerMessageKind.Other)
            return;
        lock (_lock)
        {
            if (_messages.Count == Kept)
                _messages.Dequeue();
            _messages.Enqueue(message);
        }
    }

    private static void Shut(Socket socket)
    {
        try
        {
            socket.Shutdown(SocketShutdown.Both);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // it is closed already, which is what was wanted
        }
    }
}
