using System.Net;
using System.Net.Sockets;

namespace RobotWorldModel.Simulation.Controller;

internal enum Progress { Pending, Done, Failed }

/// <summary>
/// One connection that a program opened. Never blocks: each method does what can be done now and says whether that was all.
/// </summary>
internal sealed class ScriptSocket : IDisposable
{
    private const int MaxReceived = 256 * 1024; // what a program leaves unread stays in the kernel beyond that
    private readonly int _port;
    private readonly Task<IPAddress[]> _resolving;
    private Socket? _socket;
    private bool _connected, _refused, _closedByPeer;
    private byte[] _received = new byte[1024];
    private int _from, _to;

    /// <param name="host">A name or an address; names are looked up in the background.</param>
    public ScriptSocket(string host, int port)
    {
        _port = port;
        _resolving = IPAddress.TryParse(host, out IPAddress? address) ? Task.FromResult<IPAddress[]>([address])
            : Task.Run(() => Dns.GetHostAddressesAsync(host, AddressFamily.InterNetwork));
    }

    /// <summary>What has been received and not taken yet; valid until the next <see cref="Receive"/>.</summary>
    public ReadOnlySpan<byte> Received => _received.AsSpan(_from, _to - _from);

    public Progress Connect()
    {
        try
        {
            if (_connected || _refused)
                return _connected ? Progress.Done : Progress.Failed;
            if (!_resolving.IsCompleted)
                return Progress.Pending;
            if (_socket == null)
                Begin();
            if (!_socket!.Poll(0, SelectMode.SelectWrite) && !_socket.Poll(0, SelectMode.SelectError))
                return Progress.Pending;
            _connected = (int)_socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.Error)! == 0;
        }
        catch (Exception e) when (e is SocketException or AggregateException)
        {
            _connected = false; // no such host, or nobody listens: socket_open says False
        }
        _refused = !_connected;
        return _connected ? Progress.Done : Progress.Failed;
    }

    /// <summary>Sends as much as the connection takes now.</summary>
    /// <param name="sent">In: how much of it went out before. Out: how much now.</param>
    public Progress Send(ReadOnlySpan<byte> data, ref int sent)
    {
        while (sent < data.Length)
        {
            if (!_connected)
                return Progress.Failed;
            int count = _socket!.Send(data[sent..], SocketFlags.None, out SocketError error);
            if (error == SocketError.WouldBlock)
                return Progress.Pending;
            if (error != SocketError.Success)
                return Progress.Failed;
            sent += count;
        }
        return Progress.Done;
    }

    /// <summary>Takes in what has arrived. Failed: the connection is closed, and nothing more will come.</summary>
    public Progress Receive()
    {
        while (_connected && !_closedByPeer)
        {
            if (_to - _from >= MaxReceived)
                return Progress.Pending;
            MakeRoom();
            int count = _socket!.Receive(_received.AsSpan(_to), SocketFlags.None, out SocketError error);
            if (error == SocketError.WouldBlock)
                return Progress.Pending;
            _closedByPeer = error != SocketError.Success || count == 0;
            _to += count;
        }
        return Progress.Failed;
    }

    public void Take(int count) => _from += count;

    public void Dispose()
    {
        (_connected, _refused) = (false, true); // whoever still waits for it is told so
        _socket?.Dispose();
    }

    private void Begin()
    {
        IPAddress address = _resolving.Result is [var first, ..] ? first : throw new SocketException((int)SocketError.HostNotFound);
        _socket = new(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, Blocking = false };
        try
        {
            _socket.Connect(new IPEndPoint(address, _port));
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress)
        {
            // goes on in the background; the next calls look whether it is done
        }
    }

    private void MakeRoom()
    {
        if (_from > 0)
        {
            _received.AsSpan(_from, _to - _from).CopyTo(_received);
            (_from, _to) = (0, _to - _from);
        }
        if (_to == _received.Length)
            Array.Resize(ref _received, _received.Length * 2);
    }
}
