using System.Net.Sockets;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.Time;

namespace RobotWorldModel.Drivers.Sockets;

/// <summary>The connection is of no more use: the message says why, and what to do.</summary>
internal sealed class DeviceLostException(string message) : IOException(message);

/// <summary>
/// A device behind a stream socket. Its one thread connects, runs the session until that throws, says why in <see cref="Status"/>, and
/// tries again after 0.05 s, doubling to 1 s, until disposed.
/// </summary>
internal sealed class SocketDevice : IDisposable
{
    internal const int FirstBackoffMs = 50, LongestBackoffMs = 1000, ConnectTimeoutMs = 1000;
    private const int StopLookMs = 50; // how long a wait for bytes may overlook a stop
    private readonly string _name;
    private readonly DeviceAddress _address;
    private readonly Action<Socket, CancellationToken> _session;
    private readonly DeviceThread _thread;
    private volatile DeviceStatus _status;
    private int _found;
    private string _lastLoss = "";
    private bool _started, _disposed;

    /// <param name="session">
    /// Talks to the device, non-blocking, and calls <see cref="Found"/> when data flows. Ends only by an exception: IOException and
    /// SocketException are a loss, OperationCanceledException the stop.
    /// </param>
    public SocketDevice(string name, DeviceAddress address, Action<Socket, CancellationToken> session)
    {
        (_name, _address, _session) = (name, address, session);
        _status = new(false, $"{name}: not started", 0);
        _thread = new DeviceThread(name, Run);
    }

    public DeviceStatus Status => _status;

    public void Start()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (_started)
            return;
        _started = true;
        Say(false, $"connecting to {_address.Text}");
        _thread.Start();
    }

    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        _thread.Dispose();
        Say(false, "stopped");
    }

    /// <summary>Data flows (again).</summary>
    public void Found(string message)
    {
        if (!_status.Connected)
            _found++;
        Say(true, message);
    }

    /// <summary>Replaces the line that a person reads; the name is put in front.</summary>
    public void Say(bool connected, string message)
    {
        string line = $"{_name}: {message}";
        DeviceStatus old = _status;
        int reconnects = Math.Max(0, _found - 1);
        if (old.Connected != connected || old.Message != line || old.Reconnects != reconnects)
            _status = new(connected, line, reconnects, _lastLoss);
    }

    /// <summary>Reads what there is, waiting for it where there is nothing. Allocates nothing.</summary>
    /// <returns>Bytes read, or 0 after <paramref name="waitMs"/> of silence.</returns>
    /// <exception cref="DeviceLostException">The other side closed, or the network failed.</exception>
    public static int Receive(Socket socket, Span<byte> into, int waitMs, CancellationToken stop)
    {
        long deadline = HostClock.NowNs + waitMs * 1_000_000L;
        while (true)
        {
            int read = socket.Receive(into, SocketFlags.None, out SocketError error);
            if (read > 0)
                return read;
            if (error == SocketError.Success)
                throw new DeviceLostException("the other side closed the connection");
            if (error is not (SocketError.WouldBlock or SocketError.Interrupted or SocketError.IOPending))
                throw new DeviceLostException($"the connection broke ({new SocketException((int)error).Message})");
            stop.ThrowIfCancellationRequested();
            long leftUs = (deadline - HostClock.NowNs) / 1000;
            if (leftUs <= 0)
                return 0;
            socket.Poll((int)Math.Min(leftUs + 1, StopLookMs * 1000), SelectMode.SelectRead);
        }
    }

    /// <summary>Writes all of a short request.</summary>
    /// <exception cref="DeviceLostException">The other side closed or takes nothing.</exception>
    public static void Send(Socket socket, ReadOnlySpan<byte> bytes, int waitMs, CancellationToken stop)
    {
        long deadline = HostClock.NowNs + waitMs * 1_000_000L;
        while (bytes.Length > 0)
        {
            int sent = socket.Send(bytes, SocketFlags.None, out SocketError error);
            if (error == SocketError.Success)
            {
                bytes = bytes[sent..];
                continue;
            }
            if (error is not (SocketError.WouldBlock or SocketError.Interrupted or SocketError.IOPending))
                throw new DeviceLostException($"the connection broke ({new SocketException((int)error).Message})");
            stop.ThrowIfCancellationRequested();
            if (HostClock.NowNs > deadline)
                throw new DeviceLostException($"it took no bytes for {waitMs} ms");
            socket.Poll(StopLookMs * 1000, SelectMode.SelectWrite);
        }
    }

    private void Run(CancellationToken stop)
    {
        int backoffMs = FirstBackoffMs;
        while (!stop.IsCancellationRequested)
        {
            int foundBefore = _found;
            try
            {
                using Socket socket = _address.Connect(ConnectTimeoutMs, stop);
                _session(socket, stop);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception failure) when (failure is IOException or SocketException)
            {
                if (_found > foundBefore)
                    (backoffMs, _lastLoss) = (FirstBackoffMs, failure.Message);
                Say(false, _found > 0 ? $"lost: {failure.Message}; trying again" : $"{failure.Message}; trying again");
            }
            stop.WaitHandle.WaitOne(backoffMs);
            backoffMs = Math.Min(backoffMs * 2, LongestBackoffMs);
        }
    }
}
