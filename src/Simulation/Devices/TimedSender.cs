using System.Net.Sockets;

namespace RobotWorldModel.Simulation.Devices;

/// <summary>
/// Sends short messages to all clients of a stream socket, each when it is due. The producer never waits; a client that does not take its
/// bytes is closed.
/// </summary>
internal sealed class TimedSender : IDisposable
{
    public const int LongestMessage = TimedQueue.LongestMessage;

    private const int Capacity = 1024; // 10 s of 100 Hz
    private const int MostPending = 8192, KernelBuffer = 16384;
    private readonly TimedQueue _queue;
    private readonly Lock _lock = new();
    private readonly List<Client> _clients = [];

    private sealed class Client(Socket socket)
    {
        public readonly Socket Socket = socket;
        public readonly byte[] Pending = new byte[MostPending];
        public int Length;
    }

    public TimedSender(string name) => _queue = new(name, Capacity, SendToAll);

    public int Clients
    {
        get
        {
            lock (_lock)
                return _clients.Count;
        }
    }

    public void Start() => _queue.Start();

    public void Add(Socket client)
    {
        client.NoDelay = true;
        client.SendBufferSize = KernelBuffer;
        lock (_lock)
            _clients.Add(new Client(client));
    }

    /// <inheritdoc cref="TimedQueue.Enqueue"/>
    public bool Enqueue(long dueNs, ReadOnlySpan<byte> message) => _queue.Enqueue(dueNs, message);

    public void Dispose()
    {
        _queue.Dispose();
        foreach (var client in _clients)
            client.Socket.Dispose();
        _clients.Clear();
    }

    private void SendToAll(ReadOnlySpan<byte> message)
    {
        lock (_lock)
        {
            for (int i = _clients.Count - 1; i >= 0; i--)
            {
                if (Send(_clients[i], message))
                    continue;
                _clients[i].Socket.Dispose();
                _clients.RemoveAt(i);
            }
        }
    }

    private static bool Send(Client client, ReadOnlySpan<byte> message)
    {
        if (client.Length + message.Length > MostPending)
            return false;
        message.CopyTo(client.Pending.AsSpan(client.Length));
        client.Length += message.Length;
        int sent = client.Socket.Send(client.Pending.AsSpan(0, client.Length), SocketFlags.None, out SocketError error);
        if (error == SocketError.WouldBlock)
            return true;
        if (error != SocketError.Success)
            return false;
        client.Pending.AsSpan(sent, client.Length - sent).CopyTo(client.Pending);
        client.Length -= sent;
        return true;
    }
}
