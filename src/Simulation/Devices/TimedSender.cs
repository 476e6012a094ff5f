using System.Net.Sockets;
using RobotWorldModel.Drivers.Time;

namespace RobotWorldModel.Simulation.Devices;

/// <summary>
/// Sends short messages to all clients, each when it is due, from a thread of its own: the cell's 2 ms cycle would otherwise show in the
/// arrivals. The producer never waits; a client that does not take its bytes is closed.
/// </summary>
internal sealed class TimedSender : IDisposable
{
    public const int LongestMessage = 192;

    private const int Capacity = 1024; // 10 s of 100 Hz
    private const int MostPending = 8192, KernelBuffer = 16384;
    private readonly DeviceThread _thread;
    private readonly AutoResetEvent _added = new(false);
    private readonly Lock _lock = new();
    private readonly List<Client> _clients = [];
    private readonly byte[][] _messages = new byte[Capacity][];
    private readonly int[] _lengths = new int[Capacity];
    private readonly long[] _due = new long[Capacity];
    private long _head, _tail;

    private sealed class Client(Socket socket)
    {
        public readonly Socket Socket = socket;
        public readonly byte[] Pending = new byte[MostPending];
        public int Length;
    }

    public TimedSender(string name)
    {
        for (int i = 0; i < Capacity; i++)
            _messages[i] = new byte[LongestMessage];
        _thread = new DeviceThread(name, Run, timed: true);
    }

    public int Clients
    {
        get
        {
            lock (_lock)
                return _clients.Count;
        }
    }

    public void Start() => _thread.Start();

    public void Add(Socket client)
    {
        client.NoDelay = true;
        client.SendBufferSize = KernelBuffer;
        lock (_lock)
            _clients.Add(new Client(client));
    }

    /// <summary>False where 1024 messages wait already: the delay asked for is longer than anyone rehearses.</summary>
    public bool Enqueue(long dueNs, ReadOnlySpan<byte> message)
    {
        lock (_lock)
        {
            if (_tail - _head == Capacity)
                return false;
            int slot = (int)(_tail++ % Capacity);
            message.CopyTo(_messages[slot]);
            (_lengths[slot], _due[slot]) = (message.Length, dueNs);
        }
        _added.Set();
        return true;
    }

    public void Dispose()
    {
        _thread.Dispose();
        _added.Dispose();
        foreach (var client in _clients)
            client.Socket.Dispose();
        _clients.Clear();
    }

    private void Run(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            long due = NextDue();
            if (due == long.MaxValue)
                _added.WaitOne(50);
            else if (due - HostClock.NowNs > 50_000_000)
                stop.WaitHandle.WaitOne(20); // a long way off: look at the stop now and then
            else
            {
                AbsoluteGrid.SleepUntil(due);
                SendFirst();
            }
        }
    }

    private long NextDue()
    {
        lock (_lock)
            return _head == _tail ? long.MaxValue : _due[_head % Capacity];
    }

    private void SendFirst()
    {
        lock (_lock)
        {
            int slot = (int)(_head++ % Capacity);
            for (int i = _clients.Count - 1; i >= 0; i--)
            {
                if (Send(_clients[i], _messages[slot].AsSpan(0, _lengths[slot])))
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
