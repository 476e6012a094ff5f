using System.Net;
using System.Net.Sockets;

namespace RobotWorldModel.Tests.Shared;

/// <summary>
/// The network before a gateway or another device: a port of its own, from which everything goes on to the device and back. Pulled, no
/// byte passes, nobody is told, and new connections are not answered.
/// </summary>
public sealed class NetworkCable : IDisposable
{
    private readonly IPEndPoint _device, _here;
    private readonly Socket _listener = Tcp();
    private readonly ManualResetEventSlim _whole = new(true);
    private readonly List<Socket> _sockets = [], _fillers = [];
    private volatile bool _disposed;

    /// <param name="port">Of the device, on 127.0.0.1.</param>
    public NetworkCable(int port)
    {
        _device = new(IPAddress.Loopback, port);
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(1);
        _here = (IPEndPoint)_listener.LocalEndPoint!;
        Run(Accept);
    }

    public int Port => _here.Port;

    public void Pull()
    {
        _whole.Reset();
        // The kernel answers in the place of who listens, until as many wait as it keeps; then it answers no more.
        for (bool answered = true; answered;)
        {
            Socket filler = Tcp();
            _fillers.Add(filler);
            Task connects = filler.ConnectAsync(_here);
            answered = Task.WhenAny(connects, Task.Delay(200)).GetAwaiter().GetResult() == connects;
        }
    }

    public void Plug()
    {
        _fillers.ForEach(f => f.Dispose());
        _fillers.Clear();
        _whole.Set();
    }

    public void Dispose()
    {
        _disposed = true;
        _listener.Dispose();
        lock (_sockets)
            _sockets.ForEach(s => s.Dispose());
        Plug(); // the event is not disposed: whoever waits at it leaves now
    }

    private static Socket Tcp() => new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    private static void Run(Action action) => new Thread(() => action()) { IsBackground = true, Name = "cable" }.Start();

    private void Accept()
    {
        try
        {
            while (true)
            {
                Socket client = _listener.Accept();
                _whole.Wait();
                Join(client);
            }
        }
        catch (Exception e) when (_disposed && e is SocketException or ObjectDisposedException)
        {
            // the test is over
        }
    }

    private void Join(Socket client)
    {
        Socket device = Tcp();
        lock (_sockets)
            _sockets.AddRange([client, device]);
        try
        {
            device.Connect(_device);
        }
        catch (SocketException)
        {
            client.Dispose();
            return;
        }
        client.NoDelay = device.NoDelay = true;
        Run(() => Carry(client, device));
        Run(() => Carry(device, client));
    }

    private void Carry(Socket from, Socket to)
    {
        byte[] bytes = new byte[4096];
        try
        {
            while (from.Receive(bytes) is > 0 and var read)
            {
                _whole.Wait();
                to.Send(bytes.AsSpan(0, read));
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // either side has hung up
        }
        _whole.Wait();
        from.Dispose();
        to.Dispose();
    }
}
