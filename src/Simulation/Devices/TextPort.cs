using System.Net.Sockets;
using System.Text;

namespace RobotWorldModel.Simulation.Devices;

/// <summary>What a device answers to a line.</summary>
/// <param name="dropped">The transport will lose the answer.</param>
internal delegate string TextAnswer(string line, long nowNs, bool dropped);

/// <summary>
/// A TCP port that answers lines of text, as URCaps do; served from the cell's loop without ever waiting. Answers leave when their delay
/// is over. A client that sends lines without end, or does not take its answers, is closed.
/// </summary>
internal sealed class TextPort(string device, string host, int port, TextAnswer answer, TransportDraw? transport = null)
    : IDisposable
{
    private const int LongestLine = 4096, MostWaiting = 256, AcceptEvery = 5; // steps: 10 ms at 500 Hz
    private readonly List<Client> _clients = [];
    private readonly byte[] _read = new byte[4096];
    private Socket? _listener;
    private int _step;

    private sealed record Client(Socket Socket)
    {
        public readonly StringBuilder Line = new();
        public readonly Queue<(long DueNs, byte[] Text)> Waiting = new();
        public int Sent; // bytes of the first waiting answer
    }

    public int Clients => _clients.Count;

    public void Start() => _listener = Listening.Tcp(device, host, port);

    public void Step(long nowNs)
    {
        if (_step++ % AcceptEvery == 0 && Listening.TryAccept(_listener!) is { } socket)
        {
            socket.NoDelay = true;
            _clients.Add(new Client(socket));
        }
        for (int i = _clients.Count - 1; i >= 0; i--)
        {
            if (Read(_clients[i], nowNs) && Write(_clients[i], nowNs))
                continue;
            _clients[i].Socket.Dispose();
            _clients.RemoveAt(i);
        }
    }

    public void Dispose()
    {
        _listener?.Dispose();
        foreach (var client in _clients)
            client.Socket.Dispose();
        _clients.Clear();
    }

    private bool Read(Client client, long nowNs)
    {
        int read = client.Socket.Receive(_read, SocketFlags.None, out SocketError error);
        if (error == SocketError.WouldBlock)
            return true;
        if (error != SocketError.Success || read == 0)
            return false;
        foreach (byte b in _read.AsSpan(0, read))
        {
            if (b != '\n')
            {
                client.Line.Append((char)b);
                continue;
            }
            bool dropped = transport?.Drops() == true;
            string text = answer(client.Line.ToString().Trim(), nowNs, dropped);
            client.Line.Clear();
            if (dropped)
                continue;
            long due = transport?.Due(nowNs, transport.DelayNs()) ?? nowNs;
            client.Waiting.Enqueue((due, Encoding.Latin1.GetBytes(text)));
        }
        return client.Line.Length <= LongestLine && client.Waiting.Count <= MostWaiting;
    }

    private static bool Write(Client client, long nowNs)
    {
        while (client.Waiting.TryPeek(out var first) && first.DueNs <= nowNs)
        {
            int sent = client.Socket.Send(first.Text.AsSpan(client.Sent), SocketFlags.None, out SocketError error);
            if (error == SocketError.WouldBlock)
                return true; // the queue's bound closes a client that never takes
            if (error != SocketError.Success)
                return false;
            client.Sent += sent;
            if (client.Sent < first.Text.Length)
                return true;
            client.Waiting.Dequeue();
            client.Sent = 0;
        }
        return true;
    }
}
