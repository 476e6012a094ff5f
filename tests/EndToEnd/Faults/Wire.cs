using System.Net;
using System.Net.Sockets;
using RobotWorldModel.Drivers.Time;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.EndToEnd.Tests.Faults;

/// <summary>
/// The network between a service and a controller: a loopback address of its own on which everything passes through, both ways, until
/// one way is held up or spoilt. What is held up is not lost: it comes when the way is free, as TCP has it.
/// </summary>
internal sealed class Wire : IDisposable
{
    private const int Rtde = 30004;
    private static readonly int[] s_ports = [29999, 30001, 30002, Rtde];
    private readonly IPAddress _controller;
    private readonly List<TcpListener> _listeners = [];
    private readonly List<Socket> _sockets = [];
    private readonly ManualResetEventSlim _toService = new(true), _toController = new(true);
    private byte[]? _garbage;
    private volatile bool _disposed;

    public Wire(string controller)
    {
        _controller = IPAddress.Parse(controller);
        foreach (int port in s_ports)
        {
            var listener = new TcpListener(IPAddress.Parse(Host), port);
            listener.Start();
            _listeners.Add(listener);
            Run(() => Accept(listener, port));
        }
    }

    public string Host { get; } = Ports.FreeLoopbackAddress();

    /// <summary>Nothing that the controller sends arrives.</summary>
    public bool ServiceIsDeaf
    {
        set => Hold(_toService, value);
    }

    /// <summary>Nothing that the service sends arrives.</summary>
    public bool ControllerIsDeaf
    {
        set => Hold(_toController, value);
    }

    /// <summary>Puts bytes in front of what the controller sends next over RTDE.</summary>
    public void Spoil(byte[] with) => Volatile.Write(ref _garbage, with);

    public void Dispose()
    {
        _disposed = true;
        foreach (var listener in _listeners)
            listener.Stop();
        lock (_sockets)
            _sockets.ForEach(s => s.Dispose());
        _toService.Set(); // not disposed: whoever waits at them leaves now
        _toController.Set();
    }

    private static void Hold(ManualResetEventSlim way, bool held)
    {
        if (held)
            way.Reset();
        else
            way.Set();
    }

    // It plays hardware, as the simulated cell does: what it holds up is for a test to say, not for what else the machine does.
    private static void Run(Action action) => new Thread(() =>
    {
        RealTime.RaiseThreadOntoOneCore();
        action();
    })
    { IsBackground = true, Name = "wire" }.Start();

    private void Accept(TcpListener listener, int port)
    {
        try
        {
            while (true)
                Join(listener.AcceptSocket(), port);
        }
        catch (Exception e) when (_disposed && e is SocketException or ObjectDisposedException or InvalidOperationException)
        {
            // the test is over
        }
    }

    private void Join(Socket service, int port)
    {
        var controller = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        service.NoDelay = controller.NoDelay = true;
        lock (_sockets)
            _sockets.AddRange([service, controller]);
        try
        {
            controller.Connect(_controller, port);
        }
        catch (SocketException)
        {
            service.Dispose(); // nobody is there, and whoever asked is told
            return;
        }
        Run(() => Pass(service, controller, _toController, false));
        Run(() => Pass(controller, service, _toService, port == Rtde));
    }

    private void Pass(Socket from, Socket to, ManualResetEventSlim way, bool mayBeSpoilt)
    {
        byte[] buffer = new byte[1 << 16];
        try
        {
            while (true)
            {
                int n = from.Receive(buffer);
                way.Wait();
                if (mayBeSpoilt && Interlocked.Exchange(ref _garbage, null) is { } garbage)
                    to.Send(garbage);
                if (n == 0)
                {
                    to.Shutdown(SocketShutdown.Send); // the other way may go on
                    return;
                }
                to.Send(buffer.AsSpan(0, n));
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            from.Dispose(); // one of the two is gone: so is the connection
            to.Dispose();
        }
    }
}
