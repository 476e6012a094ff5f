using System.Net.Sockets;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.Time;

namespace RobotWorldModel.Drivers.Sockets;

/// <summary>The connection is of no more use: the message says why, and what to do.</summary>
public sealed class DeviceLostException(string message) : IOException(message);

/// <summary>
/// A device behind a connection that may break. Its one thread connects, runs the session until that throws, says why in
/// <see cref="Status"/>, and tries again after 0.05 s, doubling to 1 s, until disposed.
/// </summary>
public abstract class ConnectedDevice : IDisposable
{
    public const int FirstBackoffMs = 50, LongestBackoffMs = 1000, ConnectTimeoutMs = 1000;

    /// <summary>
    /// The longest where asking again costs nobody anything: on this computer, and of a gateway, whose device then sends within half a
    /// second of the cable's return.
    /// </summary>
    public const int NearBackoffMs = 200;

    private readonly string _name, _address;
    private readonly int _longestBackoffMs;
    private readonly DeviceThread _thread;
    private volatile DeviceStatus _status;
    private int _found;
    private string _lastLoss = "";
    private bool _started, _disposed;

    /// <param name="address">As a person would write it.</param>
    /// <param name="longestBackoffMs">Least time between two tries to connect, once it has been away for long.</param>
    protected ConnectedDevice(string name, string address, int longestBackoffMs)
    {
        (_name, _address, _longestBackoffMs) = (name, address, longestBackoffMs);
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
        Say(false, $"connecting to {_address}");
        _thread.Start();
    }

    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        _thread.Dispose();
        OnEnded();
        Say(false, "stopped");
        GC.SuppressFinalize(this);
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

    /// <summary>Gives back what was kept from one connection to the next; the thread has ended.</summary>
    protected virtual void OnEnded()
    {
    }

    /// <summary>One connection from its beginning to the exception that ends it.</summary>
    protected abstract void ConnectAndTalk(CancellationToken stop);

    private void Run(CancellationToken stop)
    {
        int backoffMs = FirstBackoffMs;
        while (!stop.IsCancellationRequested)
        {
            int foundBefore = _found;
            try
            {
                ConnectAndTalk(stop);
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
            backoffMs = Math.Min(backoffMs * 2, _longestBackoffMs);
        }
    }
}

/// <inheritdoc/>
/// <typeparam name="TConnection">What the session talks through; disposed after it.</typeparam>
/// <param name="connect">Opens the connection; IOException and SocketException: it cannot be had now.</param>
/// <param name="session">
/// Talks to the device and calls <see cref="ConnectedDevice.Found"/> when data flows. Ends only by an exception: IOException and
/// SocketException are a loss, OperationCanceledException the stop.
/// </param>
public class ConnectedDevice<TConnection>(string name, string address, Func<CancellationToken, TConnection> connect,
    Action<TConnection, CancellationToken> session, int longestBackoffMs = ConnectedDevice.LongestBackoffMs)
    : ConnectedDevice(name, address, longestBackoffMs) where TConnection : IDisposable
{
    protected override void ConnectAndTalk(CancellationToken stop)
    {
        using TConnection connection = connect(stop);
        session(connection, stop);
    }
}
