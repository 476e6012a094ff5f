using System.Net;
using System.Net.Sockets;

namespace RobotWorldModel.Simulation.Controller;

/// <summary>The cable between the controller and everyone else.</summary>
internal sealed class NetworkCable
{
    /// <summary>
    /// Pulled: nothing is read, and what is sent is lost; neither side gets an end of the stream. TCP's own retransmission is not
    /// simulated: what was sent meanwhile does not come later.
    /// </summary>
    public volatile bool IsPulled;
}

/// <summary>
/// A client's TCP connection that never makes the control cycle wait: the socket does not block, and what the client does not take at
/// once is kept in a bounded buffer. Writing is safe from any thread.
/// </summary>
internal sealed class ClientConnection : IDisposable
{
    private const int BufferBytes = 256 * 1024;
    private readonly Socket _socket;
    private readonly NetworkCable _cable;
    private readonly Lock _lock = new();
    private readonly byte[] _pending = new byte[BufferBytes];
    private int _from, _to;
    private long _stalledSinceNs;

    public ClientConnection(Socket socket, NetworkCable cable)
    {
        (_socket, _cable) = (socket, cable);
        socket.Blocking = false;
        socket.NoDelay = true;
        socket.SendBufferSize = 64 * 1024; // a client that stopped reading shall be noticed
    }

    public bool Closed { get; private set; }

    /// <summary>Reads what is there; 0 for nothing. <see cref="Closed"/> says whether more can come.</summary>
    public int Receive(Span<byte> into)
    {
        if (Closed || _cable.IsPulled)
            return 0;
        int read = _socket.Receive(into, SocketFlags.None, out SocketError error);
        if (error == SocketError.Success && read > 0)
            return read;
        Closed |= error != SocketError.WouldBlock; // an end of the stream is a success with no bytes
        return 0;
    }

    /// <summary>Sends now, or as soon as the client takes it.</summary>
    /// <returns>False when the client lags so far behind that the message was dropped whole.</returns>
    public bool Send(ReadOnlySpan<byte> message, long nowNs)
    {
        lock (_lock)
        {
            if (Closed)
                return false;
            if (_cable.IsPulled)
                return true;
            if (_from < _to && !FlushLocked(nowNs))
                return Keep(message);
            int sent = _socket.Send(message, SocketFlags.None, out SocketError error);
            if (error is not (SocketError.Success or SocketError.WouldBlock))
            {
                Closed = true;
                return false;
            }
            sent = error == SocketError.Success ? sent : 0;
            if (sent == message.Length)
                return true;
            _stalledSinceNs = nowNs;
            return Keep(message[sent..]);
        }
    }

    /// <summary>Sends what was kept; and says for how long the client has taken nothing of it, ns.</summary>
    public long Flush(long nowNs)
    {
        lock (_lock)
            return Closed || _cable.IsPulled || _from == _to || FlushLocked(nowNs) ? 0 : nowNs - _stalledSinceNs;
    }

    public void Dispose()
    {
        lock (_lock)
            Closed = true;
        _socket.Dispose();
    }

    private bool FlushLocked(long nowNs)
    {
        int sent = _socket.Send(_pending.AsSpan(_from, _to - _from), SocketFlags.None, out SocketError error);
        if (error == SocketError.WouldBlock)
            return false;
        if (error != SocketError.Success)
        {
            Closed = true;
            return false;
        }
        _from += sent;
        _stalledSinceNs = nowNs;
        return _from == _to;
    }

    private bool Keep(ReadOnlySpan<byte> message)
    {
        if (_from > 0)
        {
            _pending.AsSpan(_from, _to - _from).CopyTo(_pending);
            (_from, _to) = (0, _to - _from);
        }
        if (message.Length > BufferBytes - _to)
            return false;
        message.CopyTo(_pending.AsSpan(_to));
        _to += message.Length;
        return true;
    }
}

/// <summary>A listening socket that is asked, never waited for.</summary>
internal sealed class ClientListener : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly NetworkCable _cable;

    /// <exception cref="IOException">The address is taken or not ours.</exception>
    public ClientListener(string host, int port, string service, NetworkCable cable)
    {
        _cable = cable;
        try
        {
            _socket.Bind(new IPEndPoint(IPAddress.Parse(host), port));
            _socket.Listen(16);
            _socket.Blocking = false;
        }
        catch (Exception e) when (e is SocketException or FormatException)
        {
            _socket.Dispose();
            throw new IOException($"simulated controller: {service} cannot listen on {host}:{port} ({e.Message}). "
                + "Is another cell running there? Stop it, or give this one another host.", e);
        }
    }

    /// <summary>A client that waits at the door, or null.</summary>
    public ClientConnection? Accept()
    {
        if (_cable.IsPulled || !_socket.Poll(0, SelectMode.SelectRead))
            return null;
        try
        {
            return new ClientConnection(_socket.Accept(), _cable);
        }
        catch (SocketException)
        {
            return null; // it left again while it waited
        }
    }

    public void Dispose() => _socket.Dispose();
}
